#include "signaling/commands.h"

#include "common/log.h"
#include "signaling/service.h"

#include <sodium.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_SETS      64
#define MAX_ARGUMENTS 256

static const struct {
    const char *name;
    int (*run)(const struct signaling_settings *settings, int argc, char **argv);
} commands[] = {
    {"token", command_token},
    {"lesson", command_lesson},
    {"person", command_person},
    {"cert", command_cert},
    {"backup", command_backup},
    {"restore", command_restore},
    {"audit", command_audit},
    {"export", command_export},
    {"seed", command_seed},
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
    "  person add NAME --role ROLE [--login LOGIN] [--organisation NUMBER] [--lesson ID]…\n"
    "                               adds a person, who logs in with the name where no LOGIN is "
    "given, "
    "and prints a\n"
    "                               random password\n"
    "  person reset LOGIN|NAME      prints a password for one login, in which another is chosen\n"
    "  seed --demo                  fills a new database with a county to look at; prints who may "
    "log in\n"
    "  cert [--out DIR] [--host NAME|IP]…\n"
    "                               makes a local CA and a certificate for HTTPS on a LAN\n"
    "  backup FILE                  copies the database, also while duet-signaling runs\n"
    "  export FILE                  writes everything as JSON, without passwords and secrets\n"
    "  restore FILE                 puts a backup in the place of the database, which is kept; "
    "stop\n"
    "                               duet-signaling first\n"
    "  audit verify [--expect HASH] tells whether the audit log is as it was written, and its "
    "last\n"
    "                               hash; a hash kept from earlier must still be in it\n"
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

/* What is left of the command line once options of the whole program are taken out of it. */
struct command_line {
    const char *config;
    const char *sets[MAX_SETS];
    size_t set_count;
    char *rest[MAX_ARGUMENTS]; /* the command and its own options */
    int rest_count;
};

/* Returns 0, or -1 - status to end with. */
static int print_and_end(const char *option)
{
    if (strcmp(option, "--help") == 0) {
        fputs(usage, stdout);
        config_print_help(signaling_settings_table(), stdout);
    } else if (strcmp(option, "--version") == 0) {
        printf("duet-signaling %s\n", DUET_VERSION);
    } else if (strcmp(option, "--print-config") == 0) {
        config_print_file(signaling_settings_table(), stdout);
    } else {
        return 0;
    }
    return -1;
}

/* Options of the program may stand before or after the command. */
static int read_command_line(struct command_line *line, int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        bool is_config = strcmp(argv[i], "--config") == 0;

        if (print_and_end(argv[i]) < 0)
            return -1;
        if (is_config || strcmp(argv[i], "--set") == 0) {
            if (i + 1 == argc)
                return -1 - command_misused("%s needs a value", argv[i]);
            i++;
            if (is_config)
                line->config = argv[i];
            else if (line->set_count == MAX_SETS)
                return -1 - command_misused("--set can be given %d times", MAX_SETS);
            else
                line->sets[line->set_count++] = argv[i];
        } else if (line->rest_count == MAX_ARGUMENTS) {
            return -1 - command_misused("too many arguments");
        } else {
            line->rest[line->rest_count++] = argv[i];
        }
    }
    if (line->rest_count > 0 && line->rest[0][0] == '-')
        return -1 - command_misused("%s is not an option", line->rest[0]);
    return 0;
}

/* The file first, so that --set wins wherever it stands. */
static int read_settings(struct signaling_settings *settings, const struct command_line *line)
{
    const struct config_table *table = signaling_settings_table();
    struct config_error error = {""};
    int r = line->config ? config_load(table, settings, line->config, &error) : 0;

    if (r < 0)
        return *error.text ? command_failed("%s", error.text)
                           : command_failed("--config: %s: %s", line->config, strerror(-r));
    for (size_t i = 0; i < line->set_count; i++) {
        if (config_set(table, settings, line->sets[i], &error) < 0)
            return command_failed("--set: %s", error.text);
    }
    return 0;
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
    struct command_line line = {0};
    int status;
    int r;

    log_init("duet-signaling");
    r = read_command_line(&line, argc, argv);
    if (r < 0)
        return -1 - r;
    if (sodium_init() < 0 || config_init(signaling_settings_table(), &settings) < 0)
        return command_failed("out of memory");
    status = read_settings(&settings, &line);
    if (status == 0)
        status = run(&settings, line.rest_count, line.rest);
    config_free(signaling_settings_table(), &settings);
    return status;
}
