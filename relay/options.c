#include "relay/options.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>

enum {
    OPTION_CONFIG = 256,
    OPTION_SET,
    OPTION_STATS,
    OPTION_JSON,
    OPTION_WATCH,
    OPTION_LESSON,
    OPTION_PRINT_CONFIG,
    OPTION_HELP,
    OPTION_VERSION,
};

static const struct option options[] = {
    {"config", required_argument, NULL, OPTION_CONFIG},
    {"set", required_argument, NULL, OPTION_SET},
    {"stats", no_argument, NULL, OPTION_STATS},
    {"json", no_argument, NULL, OPTION_JSON},
    {"watch", no_argument, NULL, OPTION_WATCH},
    {"lesson", required_argument, NULL, OPTION_LESSON},
    {"print-config", no_argument, NULL, OPTION_PRINT_CONFIG},
    {"help", no_argument, NULL, OPTION_HELP},
    {"version", no_argument, NULL, OPTION_VERSION},
    {0},
};

static void print_help(void)
{
    puts("Usage: duet-relay [--config FILE] [--set KEY=VALUE]… [--stats [--watch | --json]]\n"
         "\n"
         "Forwards lessons: takes the media of publishers and sends it to viewers. Dials\n"
         "signaling, and prints \"ready\" once signaling has taken it.\n"
         "\n"
         "  --config FILE     YAML file with settings\n"
         "  --set KEY=VALUE   one setting; stands above the file\n"
         "  --stats           print the state of the relay that runs here with these settings\n"
         "    --watch         again every second\n"
         "    --json          as JSON, once\n"
         "    --lesson ID     the single viewers of that lesson too, the worst first\n"
         "  --print-config    print the file with all defaults, commented\n"
         "  --version         print the version\n"
         "  --help            print this\n"
         "\n"
         "Settings:");
    config_print_help(relay_settings_table(), stdout);
}

static int load(struct relay_settings *settings, const char *path)
{
    struct config_error error = {0};
    int err = config_load(relay_settings_table(), settings, path, &error);

    if (err == 0)
        return 0;
    if (err == -EINVAL)
        fprintf(stderr, "duet-relay: %s\n", error.text);
    else
        fprintf(stderr, "duet-relay: cannot read %s: %s\n", path, strerror(-err));
    return err;
}

/* Assignments stand above the file wherever they are, so the file is read first. */
static int read_files(int argc, char **argv, struct relay_settings *settings)
{
    int option;

    optind = 1;
    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
        if (option == '?')
            return -EINVAL;
        if (option == OPTION_CONFIG && load(settings, optarg) < 0)
            return -EINVAL;
    }
    if (optind < argc) {
        fprintf(stderr, "duet-relay: unexpected argument \"%s\"; see --help\n", argv[optind]);
        return -EINVAL;
    }
    return 0;
}

/* --json, --watch and --lesson mean nothing without --stats. */
static enum options_result check_stats(bool wanted, const struct stats_options *stats)
{
    if (wanted && !(stats->json && stats->watch))
        return OPTIONS_STATS;
    if (wanted)
        fprintf(stderr, "duet-relay: --watch prints tables: leave --json away\n");
    else if (stats->json || stats->watch || stats->lesson != NULL)
        fprintf(stderr, "duet-relay: --json, --watch and --lesson go with --stats\n");
    else
        return OPTIONS_RUN;
    return OPTIONS_FAILED;
}

static enum options_result read_rest(
    int argc, char **argv, struct relay_settings *settings, struct stats_options *stats)
{
    struct config_error error = {0};
    enum options_result result;
    bool wants_stats = false;
    int option;

    optind = 1;
    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
        switch (option) {
        case OPTION_SET:
            if (config_set(relay_settings_table(), settings, optarg, &error) < 0) {
                fprintf(stderr, "duet-relay: %s\n", error.text);
                return OPTIONS_FAILED;
            }
            break;
        case OPTION_STATS:
            wants_stats = true;
            break;
        case OPTION_JSON:
            stats->json = true;
            break;
        case OPTION_WATCH:
            stats->watch = true;
            break;
        case OPTION_LESSON:
            stats->lesson = optarg;
            break;
        case OPTION_PRINT_CONFIG:
            config_print_file(relay_settings_table(), stdout);
            return OPTIONS_DONE;
        case OPTION_HELP:
            print_help();
            return OPTIONS_DONE;
        case OPTION_VERSION:
            puts("duet-relay " DUET_VERSION);
            return OPTIONS_DONE;
        default:
            break;
        }
    }
    result = check_stats(wants_stats, stats);
    if (result != OPTIONS_RUN)
        return result;
    if (relay_settings_check(settings, &error) < 0) {
        fprintf(stderr, "duet-relay: %s\n", error.text);
        return OPTIONS_FAILED;
    }
    return OPTIONS_RUN;
}

enum options_result options_read(
    int argc, char **argv, struct relay_settings *ret_settings, struct stats_options *ret_stats)
{
    struct stats_options stats = {0};
    struct relay_settings settings = {0};
    enum options_result result = OPTIONS_FAILED;

    if (config_init(relay_settings_table(), &settings) < 0) {
        fprintf(stderr, "duet-relay: out of memory\n");
        return OPTIONS_FAILED;
    }
    if (read_files(argc, argv, &settings) == 0)
        result = read_rest(argc, argv, &settings, &stats);
    *ret_stats = stats;
    if (result == OPTIONS_RUN || result == OPTIONS_STATS)
        *ret_settings = settings;
    else
        config_free(relay_settings_table(), &settings);
    return result;
}
