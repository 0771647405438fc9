#include "signaling/commands.h"

#include "common/log.h"
#include "signaling/service.h"

#include <sodium.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    const char *name;
    int (*run)(const struct signaling_settings *settings, int argc, char **argv);
} commands[] = {
    {"token", command_token},
    {"lesson", command_lesson},
};

static const char usage[] =
    "Usage: duet-signaling [--config FILE] [--set KEY=VALUE]… [COMMAND …]\n"
    "\n"
    "Without a command: serves pages, WHIP, WHEP and the relay link until SIGINT or SIGTERM.\n"
    "\n"
    "Commands:\n"
    "  token --lesson ID [--publish a,b] [--watch a,b|'*'] [--role ROLE] [--ttl 2h] [--subject "
    "NAME]\n"
    "                               prints a media token\n"
    "  lesson add ID --title TEXT   adds a lesson\n"
    "  lesson list                  lists the lessons\n"
    "  person add NAME --role ROLE [--lesson ID]…\n"
    "                               adds a person and prints a random password\n"
    "  cert [--out DIR] [--host NAME|IP]…\n"
    "                               makes a local CA and a certificate for HTTPS on a LAN\n"
    "\n"
    "Options:\n"
    "  --config FILE     YAML file of settings\n"
    "  --set KEY=VALUE   one setting; may be repeated, overrides the file\n"
    "  --print-config    prints the commented default file\n"
    "  --version, --help\n"
    "\n"
    "Settings:\n";

int command_misused(const char *format, ...)
{
    va_list args;

    fputs("duet-signaling: ", stderr);
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fputs("; see duet-signaling --help\n", stderr);
    return 2;
}

int command_failed(const char *format, ...)
{
    va_list args;

    fputs("duet-signaling: ", stderr);
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fputc('\n', stderr);
    return 1;
}

/* --config first, whatever the order, so that --set always wins. */
static int read_config(struct signaling_settings *settings, int argc, char **argv)
{
    struct config_error error = {""};

    for (int i = 1; i + 1 < argc; i++) {
        int r;

        if (strcmp(argv[i], "--config") != 0)
            continue;
        r = config_load(signaling_settings_table(), settings, argv[i + 1], &error);
        if (r < 0)
            return *error.text ? command_failed("%s", error.text)
                               : command_failed("--config: %s: %s", argv[i + 1], strerror(-r));
    }
    return 0;
}

/* Reads the options before the command. Returns the index of the command, or -1 - status to end. */
static int read_options(struct signaling_settings *settings, int argc, char **argv)
{
    const struct config_table *table = signaling_settings_table();
    struct config_error error;
    int i = 1;

    for (; i < argc && argv[i][0] == '-'; i++) {
        if (strcmp(argv[i], "--help") == 0) {
            fputs(usage, stdout);
            config_print_help(table, stdout);
            return -1;
        }
        if (strcmp(argv[i], "--version") == 0) {
            printf("duet-signaling %s\n", DUET_VERSION);
            return -1;
        }
        if (strcmp(argv[i], "--print-config") == 0) {
            config_print_file(table, stdout);
            return -1;
        }
        if (strcmp(argv[i], "--config") != 0 && strcmp(argv[i], "--set") != 0)
            return -1 - command_misused("%s is not an option", argv[i]);
        if (i + 1 == argc)
            return -1 - command_misused("%s needs a value", argv[i]);
        if (strcmp(argv[i], "--set") == 0 && config_set(table, settings, argv[i + 1], &error) < 0)
            return -1 - command_failed("--set: %s", error.text);
        i++;
    }
    return i;
}

static int run(const struct signaling_settings *settings, int argc, char **argv)
{
    if (*settings->log_levels && log_set_levels(settings->log_levels) < 0)
        return command_failed("log.levels: \"%s\" is not a list of levels", settings->log_levels);
    if (argc == 0)
        return service_run(settings);
    for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
        if (strcmp(commands[i].name, argv[0]) == 0)
            return commands[i].run(settings, argc - 1, argv + 1);
    }
    return command_misused("%s is not a command", argv[0]);
}

int commands_main(int argc, char **argv)
{
    struct signaling_settings settings = {0};
    int status;
    int first;

    log_init("duet-signaling");
    if (sodium_init() < 0 || config_init(signaling_settings_table(), &settings) < 0)
        return command_failed("out of memory");
    status = read_config(&settings, argc, argv);
    if (status == 0) {
        first = read_options(&settings, argc, argv);
        status = first < 0 ? -1 - first : run(&settings, argc - first, argv + first);
    }
    config_free(signaling_settings_table(), &settings);
    return status;
}
