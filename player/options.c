#include "player/options.h"

#include <string.h>

/* GOption writes ints through its gboolean pointers. */
struct flags {
    gboolean headless, stripe, json_lines, windowed, silent, content, version;
    char *token_file;
};

static const char description[] =
    "Shows a live lesson: the screen teacher beside the local classroom.\n"
    "\n"
    "Keys: arrows and Enter move and press, F1 takeover, F4 layout, Space pause,\n"
    "M or the Mute key sound, F11 full screen, Esc closes.\n"
    "\n"
    "Without a display use --headless. The token may also come from --token-file or\n"
    "from DUET_TOKEN in the environment, so that it is not seen in the process list.";

static bool read_token(struct player_options *options, const char *file, GError **error)
{
    if (file && options->token) {
        g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
            "give either --token or --token-file, not both");
        return false;
    }
    if (file && !g_file_get_contents(file, &options->token, NULL, error)) {
        g_prefix_error(error, "--token-file: ");
        return false;
    }
    if (!options->token)
        options->token = g_strdup(g_getenv("DUET_TOKEN"));
    if (options->token)
        g_strstrip(options->token);
    return true;
}

static bool check(const struct player_options *options, GError **error)
{
    const char *problem = NULL;

    if (!options->whep_url)
        problem = "--whep URL is missing: where should the lesson come from?";
    else if (options->seconds < 0)
        problem = "--seconds must not be negative";
    else if (options->layout < 1 || options->layout > 4)
        problem = "--layout must be 1, 2, 3 or 4";
    else if (strcmp(options->language, "zh-CN") != 0 && strcmp(options->language, "en") != 0)
        problem = "--language must be zh-CN or en";
    else if (options->lesson_name && !g_utf8_validate(options->lesson_name, -1, NULL))
        problem = "--lesson-name is not UTF-8";
    else if (options->ca_file && !g_file_test(options->ca_file, G_FILE_TEST_IS_REGULAR))
        problem = "--ca-file: no such file";
    if (problem)
        g_set_error_literal(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, problem);
    return !problem;
}

static bool parse(
    int argc, char **argv, struct player_options *options, struct flags *flags, GError **error)
{
    const GOptionEntry entries[] = {
        {"whep", 0, 0, G_OPTION_ARG_STRING, &options->whep_url, "WHEP address of the lesson",
            "URL"},
        {"token", 0, 0, G_OPTION_ARG_STRING, &options->token, "bearer token", "T"},
        {"token-file", 0, 0, G_OPTION_ARG_FILENAME, &flags->token_file, "file with the token",
            "FILE"},
        {"ca-file", 0, 0, G_OPTION_ARG_FILENAME, &options->ca_file,
            "trust this certificate authority (PEM)", "FILE"},
        {"local", 0, 0, G_OPTION_ARG_FILENAME, &options->local,
            "local pane: auto, none, pipewire, /dev/videoN, a video or an image (auto)", "SOURCE"},
        {"layout", 0, 0, G_OPTION_ARG_INT, &options->layout,
            "1 side by side, 2 teacher large, 3 local large, 4 board (1)", "N"},
        {"language", 0, 0, G_OPTION_ARG_STRING, &options->language, "zh-CN or en (zh-CN)", "L"},
        {"lesson-name", 0, 0, G_OPTION_ARG_FILENAME, &options->lesson_name,
            "name of the lesson for the status line", "TEXT"},
        {"content", 0, 0, G_OPTION_ARG_NONE, &flags->content,
            "also receive courseware (a lesson's address only)", NULL},
        {"windowed", 0, 0, G_OPTION_ARG_NONE, &flags->windowed, "a window, not full screen", NULL},
        {"silent", 0, 0, G_OPTION_ARG_NONE, &flags->silent, "decode sound but do not play it",
            NULL},
        {"headless", 0, 0, G_OPTION_ARG_NONE, &flags->headless,
            "no display and no sound, figures only", NULL},
        {"stripe", 0, 0, G_OPTION_ARG_NONE, &flags->stripe,
            "measure delay with capture's time stripe", NULL},
        {"stats", 0, 0, G_OPTION_ARG_FILENAME, &options->stats_file,
            "write the final figures as JSON (- is standard output)", "FILE"},
        {"seconds", 0, 0, G_OPTION_ARG_INT, &options->seconds, "stop after N seconds", "N"},
        {"json-lines", 0, 0, G_OPTION_ARG_NONE, &flags->json_lines,
            "one JSON object per second on standard output", NULL},
        {"version", 0, 0, G_OPTION_ARG_NONE, &flags->version, "print the version", NULL},
        {NULL},
    };
    g_autoptr(GOptionContext) context = g_option_context_new("--whep URL --token T");

    g_option_context_set_summary(context, description);
    g_option_context_add_main_entries(context, entries, NULL);
    if (!g_option_context_parse(context, &argc, &argv, error))
        return false;
    if (argc > 1) {
        g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_UNKNOWN_OPTION, "unexpected argument: %s",
            argv[1]);
        return false;
    }
    if (flags->version) {
        g_print("duet-player " DUET_VERSION "\n");
        exit(0);
    }
    return true;
}

bool player_options_parse(int argc, char **argv, struct player_options *ret_options, GError **error)
{
    struct player_options *options = ret_options;
    struct flags flags = {0};

    *options = (struct player_options){.layout = 1};
    bool ok = parse(argc, argv, options, &flags, error);
    if (!options->language)
        options->language = g_strdup("zh-CN");
    if (!options->local)
        options->local = g_strdup("auto");
    ok = ok && read_token(options, flags.token_file, error) && check(options, error);
    options->headless = flags.headless;
    options->stripe = flags.stripe;
    options->json_lines = flags.json_lines;
    options->windowed = flags.windowed;
    options->silent = flags.silent;
    options->content = flags.content;
    g_free(flags.token_file);
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
    *options = (struct player_options){0};
}
