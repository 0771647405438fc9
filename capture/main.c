/*
 * duet-capture: publishes a camera and a microphone, the screen, a file or a sample lesson.
 */
#include <getopt.h>
#include <gio/gio.h>
#include <glib-unix.h>
#include <gst/gst.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "capture/capture.h"
#include "capture/devices.h"
#include "capture/follow.h"
#include "capture/settings.h"
#include "capture/source_spec.h"
#include "common/log.h"
#include "media/device_identity.h"
#include "media/enrol_command.h"
#include "media/program_restart.h"

#define TOKEN_VARIABLE "DUET_TOKEN"

enum exit_code {
    EXIT_FINE = 0,
    EXIT_USAGE = 1,   /* settings that cannot be */
    EXIT_SOURCE = 2,  /* a device or file that is not there */
    EXIT_REFUSED = 3, /* the server said no for good */
    EXIT_BROKEN = 4,
    EXIT_ANEW = PROGRAM_RESTART_EXIT, /* started again by itself, or by whoever watches it */
};

struct options {
    struct capture_settings settings;
    const char *stats_path;
    bool json_lines;
    bool list_devices;
    bool print_config;
    const char *enrol;  /* code, link or "camera"; NULL: not now */
    const char *server; /* to enrol at */
    guint seconds;      /* 0: until a signal */
};

struct run {
    GMainLoop *loop;
    enum exit_code code;
};

enum option_code {
    OPTION_CONFIG = 256,
    OPTION_SET,
    OPTION_STATS,
    OPTION_SECONDS,
    OPTION_JSON_LINES,
    OPTION_LIST_DEVICES,
    OPTION_STRIPE,
    OPTION_PRINT_CONFIG,
    OPTION_ENROL,
    OPTION_SERVER,
    OPTION_HELP,
    OPTION_VERSION,
    OPTION_SETTING, /* this and above: short for a setting, see shorthands */
};

static const char *const shorthands[] = {"whip.url", "whip.token", "whip.token_file",
    "whip.ca_file", "video.camera", "audio.microphone", "video.layers"};

static const struct option long_options[] = {
    {"config", required_argument, NULL, OPTION_CONFIG},
    {"set", required_argument, NULL, OPTION_SET},
    {"stats", required_argument, NULL, OPTION_STATS},
    {"seconds", required_argument, NULL, OPTION_SECONDS},
    {"json-lines", no_argument, NULL, OPTION_JSON_LINES},
    {"list-devices", no_argument, NULL, OPTION_LIST_DEVICES},
    {"stripe", no_argument, NULL, OPTION_STRIPE},
    {"print-config", no_argument, NULL, OPTION_PRINT_CONFIG},
    {"enrol", required_argument, NULL, OPTION_ENROL},
    {"server", required_argument, NULL, OPTION_SERVER},
    {"help", no_argument, NULL, OPTION_HELP},
    {"version", no_argument, NULL, OPTION_VERSION},
    {"whip", required_argument, NULL, OPTION_SETTING},
    {"token", required_argument, NULL, OPTION_SETTING + 1},
    {"token-file", required_argument, NULL, OPTION_SETTING + 2},
    {"ca-file", required_argument, NULL, OPTION_SETTING + 3},
    {"camera", required_argument, NULL, OPTION_SETTING + 4},
    {"microphone", required_argument, NULL, OPTION_SETTING + 5},
    {"layers", required_argument, NULL, OPTION_SETTING + 6},
    {NULL, 0, NULL, 0},
};

static void print_help(void)
{
    printf(
        "duet-capture publishes a camera and a microphone to a lesson, with WHIP.\n\n"
        "  duet-capture --whip URL [--token T | --token-file F] [options]\n"
        "  duet-capture --enrol CODE --server URL [--ca-file F]   once, on a classroom's machine\n"
        "  duet-capture [options]   there: publishes the lessons of its room by the bell\n\n"
        "  --whip URL            where to publish: https://server/whip/LESSON/SOURCE\n"
        "  --token T             bearer token; better --token-file F or DUET_TOKEN in the "
        "environment,\n"
        "                        which others do not see\n"
        "  --camera WHAT         auto, sample, screen, none, file:PATH, /dev/videoN or a name\n"
        "  --microphone WHAT     auto, sample, none, file:PATH or a name\n"
        "  --layers H[,H[,H]]    heights of the simulcast layers, 720,360,180\n"
        "  --enrol CODE          enrols this machine with the six digits of the coordinator's "
        "page,\n"
        "                        its link duet-enrol:SERVER#CODE, or camera: reads the QR code\n"
        "  --server URL          the server to enrol at; with a link the only one it may name\n"
        "  --list-devices        cameras and microphones of this machine\n"
        "  --ca-file F           CA of a server with a certificate of its own\n"
        "  --stripe              draw the machine-readable time stripe\n"
        "  --seconds N           stop after N seconds\n"
        "  --stats FILE          write a JSON object with all figures at the end\n"
        "  --json-lines          figures as JSON lines, also on a terminal\n"
        "  --config FILE         settings from a YAML file; --print-config shows one\n"
        "  --set KEY=VALUE       one setting\n"
        "  --version\n\n"
        "Settings:\n");
    config_print_help(capture_settings_table(), stdout);
}

static int fail_usage(const char *text)
{
    fprintf(stderr, "duet-capture: %s\n", text);
    return -EXIT_USAGE;
}

static int set_key(struct options *options, const char *key, const char *value)
{
    struct config_error error;
    /* The command line writes lists without brackets. */
    bool list = strcmp(key, "video.layers") == 0 && value[0] != '[';
    g_autofree char *assignment = g_strdup_printf(list ? "%s=[%s]" : "%s=%s", key, value);
    if (config_set(capture_settings_table(), &options->settings, assignment, &error) != 0)
        return fail_usage(error.text);
    return 0;
}

static int load_config(struct options *options, const char *path)
{
    struct config_error error = {.text = ""};
    int result = config_load(capture_settings_table(), &options->settings, path, &error);
    if (result == 0)
        return 0;
    if (!error.text[0])
        g_snprintf(error.text, sizeof error.text, "%s: %s", path, strerror(-result));
    return fail_usage(error.text);
}

/* 0: go on, 1: all done, negative: an exit code. */
static int take_option(struct options *options, int option, const char *value)
{
    struct config_error error;
    switch (option) {
    case OPTION_CONFIG:
        return load_config(options, value);
    case OPTION_SET:
        if (config_set(capture_settings_table(), &options->settings, value, &error) != 0)
            return fail_usage(error.text);
        return 0;
    case OPTION_STATS:
        options->stats_path = value;
        return 0;
    case OPTION_SECONDS:
        options->seconds = (guint)strtoul(value, NULL, 10);
        return options->seconds ? 0 : fail_usage("--seconds wants a whole number above 0");
    case OPTION_JSON_LINES:
        options->json_lines = true;
        return 0;
    case OPTION_ENROL:
        options->enrol = value;
        return 0;
    case OPTION_SERVER:
        options->server = value;
        return 0;
    case OPTION_LIST_DEVICES:
        options->list_devices = true;
        return 0;
    case OPTION_STRIPE:
        options->settings.stripe = true;
        return 0;
    case OPTION_PRINT_CONFIG:
        options->print_config = true;
        return 0;
    case OPTION_HELP:
        print_help();
        return 1;
    case OPTION_VERSION:
        printf("duet-capture %s\n", DUET_VERSION);
        return 1;
    default:
        break;
    }
    if (option >= OPTION_SETTING)
        return set_key(options, shorthands[option - OPTION_SETTING], value);
    fprintf(stderr, "duet-capture --help shows what there is.\n");
    return -EXIT_USAGE;
}

static int parse_options(struct options *options, int argc, char **argv)
{
    int option;
    while ((option = getopt_long(argc, argv, "", long_options, NULL)) != -1) {
        int result = take_option(options, option, optarg);
        if (result != 0)
            return result;
    }
    if (optind < argc)
        return fail_usage("there is an argument too many; duet-capture --help shows what there is");
    return 0;
}

static gboolean on_stop(gpointer user)
{
    struct run *run = user;
    g_main_loop_quit(run->loop);
    return G_SOURCE_CONTINUE;
}

static void on_end(void *user, enum capture_end end, const char *text)
{
    struct run *run = user;
    fprintf(stderr, "duet-capture: %s\n", text);
    run->code = end == CAPTURE_END_REFUSED   ? EXIT_REFUSED
                : end == CAPTURE_END_RESTART ? EXIT_ANEW
                                             : EXIT_BROKEN;
    g_main_loop_quit(run->loop);
}

static void run_until_stopped(const struct options *options, struct run *run)
{
    g_unix_signal_add(SIGINT, on_stop, run);
    g_unix_signal_add(SIGTERM, on_stop, run);
    if (options->seconds)
        g_timeout_add_seconds(options->seconds, on_stop, run);
    if (run->code == EXIT_FINE)
        g_main_loop_run(run->loop);
}

static enum exit_code publish_once(
    const struct options *options, const struct capture_params *params)
{
    struct run *run = params->user;
    g_autoptr(GError) error = NULL;
    struct capture *capture = capture_create(params, &error);
    if (!capture) {
        fprintf(stderr, "duet-capture: %s\n", error ? error->message : "cannot start");
        return EXIT_SOURCE;
    }
    run_until_stopped(options, run);
    capture_destroy(capture);
    return run->code;
}

static char *device_folder(const struct capture_settings *settings)
{
    return settings->device_folder[0] ? g_strdup(settings->device_folder)
                                      : device_identity_default_folder("capture");
}

static enum exit_code follow_the_bell(
    const struct options *options, const struct capture_params *params)
{
    g_autofree char *folder = device_folder(&options->settings);
    struct run *run = params->user;
    g_autoptr(GError) error = NULL;
    struct follow *follow = follow_create(params, folder, &error);
    if (!follow && g_error_matches(error, G_FILE_ERROR, G_FILE_ERROR_NOENT))
        return -fail_usage(
            "--whip URL says where to publish; a machine that is to follow the bell is "
            "enrolled with --enrol CODE --server URL; --help shows the rest");
    if (!follow) {
        fprintf(stderr, "duet-capture: %s\n", error->message);
        return EXIT_BROKEN;
    }
    run_until_stopped(options, run);
    follow_destroy(follow);
    return run->code;
}

/* The camera of --camera or the settings, to read a QR code with. */
static GstElement *open_camera(void *user, GError **error)
{
    const struct capture_settings *settings = user;
    struct source_spec spec = source_spec_parse(settings->camera);
    GstElement *element = NULL;
    if (spec.kind == SOURCE_DEVICE || spec.kind == SOURCE_AUTO)
        return devices_open(DEVICE_CAMERA, spec.value, error);
    if (spec.kind == SOURCE_FILE && g_file_test(spec.value, G_FILE_TEST_IS_REGULAR))
        element = gst_element_factory_make("filesrc", NULL);
    if (element)
        g_object_set(element, "location", spec.value, NULL);
    else
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND,
            "--camera %s: nothing that a code could be read from", settings->camera);
    return element;
}

static enum exit_code enrol(struct options *options)
{
    g_autofree char *folder = device_folder(&options->settings);
    g_autoptr(GError) error = NULL;
    struct enrol_command command = {
        .program = "duet-capture",
        .what = options->enrol,
        .server = options->server,
        .ca_file = options->settings.ca_file,
        .folder = folder,
        .open_camera = open_camera,
        .user = &options->settings,
    };
    if (enrol_command_run(&command, &error))
        return EXIT_FINE;
    fprintf(stderr, "duet-capture: %s\n", error->message);
    return error->domain == G_OPTION_ERROR ? EXIT_USAGE : EXIT_REFUSED;
}

static enum exit_code run_with_token(struct options *options, struct capture_params *params)
{
    struct config_error error;
    enum exit_code code;
    char *token = NULL;
    if (!options->settings.whip_url[0])
        return follow_the_bell(options, params);
    if (capture_settings_token(&options->settings, &token, &error) != 0)
        return -fail_usage(error.text);
    params->token = token;
    code = publish_once(options, params);
    explicit_bzero(token, strlen(token));
    free(token);
    return code;
}

static enum exit_code publish(struct options *options)
{
    struct config_error error;
    struct layer_plan layers[CAPTURE_MAX_LAYERS];
    unsigned layer_count = 0;
    struct run run = {.code = EXIT_FINE};
    enum exit_code code;
    const struct capture_settings *settings = &options->settings;
    /* Not seen in the list of processes, unlike --token. */
    const char *given = getenv(TOKEN_VARIABLE);
    if (given && !settings->token[0] && !settings->token_file[0] &&
        set_key(options, "whip.token", given) != 0)
        return EXIT_USAGE;
    if (log_set_levels(settings->log_levels) != 0)
        return -fail_usage("log.levels: use for example info,media=debug");
    if (capture_settings_layers(settings, layers, &layer_count, &error) != 0)
        return -fail_usage(error.text);
    if (source_spec_parse(settings->camera).kind == SOURCE_NONE)
        layer_count = 0;
    run.loop = g_main_loop_new(NULL, FALSE);
    struct capture_params params = {
        .settings = settings,
        .layers = layers,
        .layer_count = layer_count,
        .stats_path = options->stats_path,
        .progress = progress_new(stdout, options->json_lines),
        .on_end = on_end,
        .user = &run,
    };
    code = run_with_token(options, &params);
    progress_free(params.progress);
    g_main_loop_unref(run.loop);
    return code;
}

int main(int argc, char **argv)
{
    struct options options = {.stats_path = NULL};
    log_init("duet-capture");
    if (config_init(capture_settings_table(), &options.settings) != 0)
        return EXIT_BROKEN;
    int result = parse_options(&options, argc, argv);
    enum exit_code code = result < 0 ? (enum exit_code) - result : EXIT_FINE;
    if (result == 0 && options.print_config) {
        config_print_file(capture_settings_table(), stdout);
    } else if (result == 0) {
        gst_init(NULL, NULL);
        if (options.list_devices)
            devices_print(stdout);
        else if (options.enrol)
            code = enrol(&options);
        else
            code = publish(&options);
    }
    config_free(capture_settings_table(), &options.settings);
    return code == EXIT_ANEW ? program_restart(argv) : (int)code;
}
