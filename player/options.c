#include "player/options.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "media/device_identity.h"
#include "media/http_client.h"
#include "player/settings.h"

/* What GOption fills; it writes ints through its gboolean pointers. */
struct flags {
    gboolean headless, stripe, json_lines, version, print_config;
    int seconds;
    char *stats_file;
    char *config_file;
    char *enrol;
    char *server;
    GPtrArray *assignments; /* "key=value", in the order given */
};

static const char description[] =
    "Shows a live lesson: the screen teacher beside the local classroom.\n"
    "\n"
    "A classroom's machine is enrolled once (--enrol CODE --server URL). After that the player "
    "needs\n"
    "no options: it shows the day's lessons and joins each of them at the bell. With --server URL "
    "alone\n"
    "a machine that is not enrolled asks for the code on its screen.\n"
    "\n"
    "Keys: arrows and Enter move and press, F1 takeover, F4 layout, Space pause,\n"
    "M or the Mute key sound, I or F12 figures of the line, F11 full screen, Esc closes.\n"
    "\n"
    "Without a display use --headless. The token may also come from --token-file or\n"
    "from DUET_TOKEN in the environment, so that it is not seen in the process list.";

/* Options that are settings by another name. */
static const struct {
    const char *option;
    const char *key;
} option_keys[] = {
    {"--whep", "whep.url"},
    {"--token", "whep.token"},
    {"--token-file", "whep.token_file"},
    {"--ca-file", "whep.ca_file"},
    {"--content", "whep.content"},
    {"--shift", "whep.shift"},
    {"--layout", "screen.layout"},
    {"--language", "screen.language"},
    {"--windowed", "screen.windowed"},
    {"--local", "screen.local"},
    {"--lesson-name", "screen.lesson_name"},
    {"--silent", "sound.silent"},
};

static gboolean on_setting(const char *option, const char *value, gpointer data, GError **error)
{
    struct flags *flags = data;

    if (strcmp(option, "--set") == 0) {
        g_ptr_array_add(flags->assignments, g_strdup(value));
        return TRUE;
    }
    for (size_t i = 0; i < G_N_ELEMENTS(option_keys); i++)
        if (strcmp(option, option_keys[i].option) == 0)
            g_ptr_array_add(flags->assignments,
                g_strconcat(option_keys[i].key, "=", value ? value : "true", NULL));
    return TRUE;
}

#define SETTING(name, text, value)                                                                 \
    {                                                                                              \
        name, 0, 0, G_OPTION_ARG_CALLBACK, on_setting, text, value                                 \
    }
#define SWITCH(name, text)                                                                         \
    {                                                                                              \
        name, 0, G_OPTION_FLAG_NO_ARG, G_OPTION_ARG_CALLBACK, on_setting, text, NULL               \
    }

static bool parse(int argc, char **argv, struct flags *flags, GError **error)
{
    const GOptionEntry entries[] = {
        SETTING("whep", "WHEP address of the lesson", "URL"),
        SETTING("token", "bearer token", "T"),
        SETTING("token-file", "file with the token", "FILE"),
        SETTING("ca-file", "trust this certificate authority (PEM)", "FILE"),
        SETTING("local",
            "local pane: auto, none, pipewire, /dev/videoN, a video or an image (auto)", "SOURCE"),
        SETTING("layout", "1 side by side, 2 teacher large, 3 local large, 4 board (1)", "N"),
        SETTING("language", "zh-CN or en (zh-CN)", "L"),
        SETTING("lesson-name", "name of the lesson for the status line", "TEXT"),
        SWITCH("content", "also receive courseware (a lesson's address only)"),
        SETTING("shift", "play the lesson so many seconds later, at most 600 (0)", "SECONDS"),
        SWITCH("windowed", "a window, not full screen"),
        SWITCH("silent", "decode sound but do not play it"),
        {"headless", 0, 0, G_OPTION_ARG_NONE, &flags->headless,
            "no display and no sound, figures only", NULL},
        {"stripe", 0, 0, G_OPTION_ARG_NONE, &flags->stripe,
            "measure delay with capture's time stripe", NULL},
        {"stats", 0, 0, G_OPTION_ARG_FILENAME, &flags->stats_file,
            "write the final figures as JSON (- is standard output)", "FILE"},
        {"seconds", 0, 0, G_OPTION_ARG_INT, &flags->seconds, "stop after N seconds", "N"},
        {"json-lines", 0, 0, G_OPTION_ARG_NONE, &flags->json_lines,
            "one JSON object per second on standard output", NULL},
        {"config", 0, 0, G_OPTION_ARG_FILENAME, &flags->config_file, "YAML file of settings",
            "FILE"},
        SETTING("set", "one setting; may be repeated, overrides the file", "KEY=VALUE"),
        {"enrol", 0, 0, G_OPTION_ARG_STRING, &flags->enrol,
            "enrol this machine with the six digits of the coordinator's page, its link, or "
            "camera: reads the page's QR code",
            "CODE"},
        {"server", 0, 0, G_OPTION_ARG_STRING, &flags->server,
            "the server to enrol at; alone: asks for the code on the screen", "URL"},
        {"print-config", 0, 0, G_OPTION_ARG_NONE, &flags->print_config,
            "print the file with all defaults, commented", NULL},
        {"version", 0, 0, G_OPTION_ARG_NONE, &flags->version, "print the version", NULL},
        {NULL},
    };
    g_autoptr(GOptionContext) context = g_option_context_new("[--whep URL --token T]");
    GOptionGroup *group = g_option_group_new("player", "", "", flags, NULL);

    g_option_group_add_entries(group, entries);
    g_option_context_set_main_group(context, group);
    g_option_context_set_summary(context, description);
    if (!g_option_context_parse(context, &argc, &argv, error))
        return false;
    if (argc > 1) {
        g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_UNKNOWN_OPTION, "unexpected argument: %s",
            argv[1]);
        return false;
    }
    return true;
}

static bool fail(GError **error, const char *text)
{
    g_set_error_literal(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, text);
    return false;
}

/* The file, then what the command line says. */
static bool read_settings(
    const struct flags *flags, struct player_settings *settings, GError **error)
{
    const struct config_table *table = player_settings_table();
    struct config_error wrong;

    if (flags->config_file && config_load(table, settings, flags->config_file, &wrong) < 0)
        return fail(error, wrong.text);
    for (guint i = 0; i < flags->assignments->len; i++)
        if (config_set(table, settings, g_ptr_array_index(flags->assignments, i), &wrong) < 0)
            return fail(error, wrong.text);
    if (*settings->log_levels && log_set_levels(settings->log_levels) < 0)
        return fail(error, "log.levels: expected for example info,media=debug");
    return true;
}

static bool read_token(
    const struct player_settings *settings, struct player_options *options, GError **error)
{
    if (*settings->token && *settings->token_file)
        return fail(error, "give either --token or --token-file, not both");
    if (*settings->token_file &&
        !g_file_get_contents(settings->token_file, &options->token, NULL, error)) {
        g_prefix_error(error, "--token-file: ");
        return false;
    }
    if (!options->token)
        options->token = g_strdup(*settings->token ? settings->token : g_getenv("DUET_TOKEN"));
    if (options->token)
        g_strstrip(options->token);
    return true;
}

static char *text_or_null(const char *text)
{
    return *text ? g_strdup(text) : NULL;
}

static void take_settings(const struct player_settings *settings, struct player_options *options)
{
    options->whep_url = text_or_null(settings->whep_url);
    options->ca_file = text_or_null(settings->ca_file);
    options->local = g_strdup(settings->local);
    options->language = g_strdup(settings->language);
    options->lesson_name = text_or_null(settings->lesson_name);
    options->device_folder = *settings->device_folder ? g_strdup(settings->device_folder)
                                                      : device_identity_default_folder("player");
    options->layout = (int)settings->layout;
    options->shift = (int)settings->shift;
    options->windowed = settings->windowed;
    options->silent = settings->silent;
    options->content = settings->content;
}

static bool check(const struct player_options *options, GError **error)
{
    if (!options->whep_url && !options->enrol &&
        !device_identity_is_there(options->device_folder) &&
        (options->headless || !options->server))
        return fail(error,
            "--whep URL is missing: where should the lesson come from? A machine that is to "
            "follow the bell is enrolled with --enrol CODE --server URL, or asks for the code on "
            "its screen when it is started with --server URL alone");
    if (options->server && !http_client_is_address(options->server))
        return fail(error, "--server: an address like https://school.example is expected");
    if (options->seconds < 0)
        return fail(error, "--seconds must not be negative");
    if (options->lesson_name && !g_utf8_validate(options->lesson_name, -1, NULL))
        return fail(error, "--lesson-name is not UTF-8");
    if (options->ca_file && !g_file_test(options->ca_file, G_FILE_TEST_IS_REGULAR))
        return fail(error, "--ca-file: no such file");
    return true;
}

static void print_and_exit(const struct flags *flags)
{
    if (flags->version)
        g_print("duet-player " DUET_VERSION "\n");
    else if (flags->print_config)
        config_print_file(player_settings_table(), stdout);
    else
        return;
    exit(0);
}

bool player_options_parse(int argc, char **argv, struct player_options *ret_options, GError **error)
{
    struct player_options *options = ret_options;
    g_autoptr(GPtrArray) assignments = g_ptr_array_new_with_free_func(g_free);
    struct flags flags = {.assignments = assignments};
    struct player_settings settings;
    bool ok = parse(argc, argv, &flags, error);

    *options = (struct player_options){
        .stats_file = flags.stats_file,
        .enrol = flags.enrol,
        .server = flags.server,
        .seconds = flags.seconds,
        .headless = flags.headless,
        .stripe = flags.stripe,
        .json_lines = flags.json_lines,
    };
    if (ok)
        print_and_exit(&flags);
    if (config_init(player_settings_table(), &settings) < 0)
        return fail(error, "out of memory");
    ok = ok && read_settings(&flags, &settings, error) && read_token(&settings, options, error);
    if (ok) {
        take_settings(&settings, options);
        ok = check(options, error);
    }
    explicit_bzero(settings.token, strlen(settings.token));
    config_free(player_settings_table(), &settings);
    g_free(flags.config_file);
    return ok;
}

void player_options_clear(struct player_options *options)
{
    if (options->token)
        memset(options->token, 0, strlen(options->token));
    g_free(options->whep_url);
    g_free(options->token);
    g_free(options->ca_file);
    g_free(options->stats_file);
    g_free(options->local);
    g_free(options->language);
    g_free(options->lesson_name);
    g_free(options->device_folder);
    g_free(options->enrol);
    g_free(options->server);
    *options = (struct player_options){0};
}
