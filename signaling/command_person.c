#include "common/clock.h"
#include "common/plain_text.h"
#include "common/random.h"
#include "signaling/accounts/credentials.h"
#include "signaling/accounts/people.h"
#include "signaling/commands.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PASSWORD_CHARS 16
#define MAX_LESSONS    64

struct options {
    struct person person;
    const char *lessons[MAX_LESSONS];
    size_t lesson_count;
};

static int read_options(struct options *options, int argc, char **argv)
{
    if (argc > 0)
        plain_text_trim(argv[0]);
    if (argc == 0 || !people_is_name(argv[0]))
        return command_misused("person add: give a NAME of 1 to %d bytes", PEOPLE_MAX_NAME_BYTES);
    memcpy(options->person.name, argv[0], strlen(argv[0]) + 1);
    memcpy(options->person.login, argv[0], strlen(argv[0]) + 1); /* never one that nobody is told */
    for (int i = 1; i < argc; i += 2) {
        if (i + 1 == argc)
            return command_misused("person add: %s needs a value", argv[i]);
        if (strcmp(argv[i], "--role") == 0) {
            if (!people_is_role(argv[i + 1]))
                return command_misused("--role: \"%s\" is none of system_admin, security_admin, "
                                       "audit_admin, coordinator, master_teacher, "
                                       "local_teacher, inspector",
                    argv[i + 1]);
            memcpy(options->person.role, argv[i + 1], strlen(argv[i + 1]) + 1);
        } else if (strcmp(argv[i], "--login") == 0) {
            plain_text_trim(argv[i + 1]);
            if (!people_is_name(argv[i + 1]))
                return command_misused("--login: give 1 to %d bytes", PEOPLE_MAX_NAME_BYTES);
            memcpy(options->person.login, argv[i + 1], strlen(argv[i + 1]) + 1);
        } else if (strcmp(argv[i], "--organisation") == 0) {
            char *end;

            options->person.organisation = strtoll(argv[i + 1], &end, 10);
            if (*end || options->person.organisation <= 0)
                return command_misused("--organisation: \"%s\" is no number", argv[i + 1]);
        } else if (strcmp(argv[i], "--lesson") == 0 && options->lesson_count < MAX_LESSONS) {
            options->lessons[options->lesson_count++] = argv[i + 1];
        } else {
            return command_misused("person add: %s is not an option", argv[i]);
        }
    }
    if (!*options->person.role)
        return command_misused("person add: name the role with --role");
    return 0;
}

static int add(struct store *store, struct options *options)
{
    char password[PASSWORD_CHARS + 1];
    int64_t id;
    int r;

    random_text(password, PASSWORD_CHARS);
    if (people_hash_password(password, options->person.password_hash) < 0)
        return command_failed("out of memory");
    r = people_add(store, &options->person, options->lessons, options->lesson_count, COMMAND_PERSON,
        clock_wall_s(), &id);
    if (r == 0)
        printf("%s\n", password);
    explicit_bzero(password, sizeof(password));
    if (r == -EEXIST)
        return command_failed("there is somebody who logs in as %s already; give another login "
                              "with --login",
            options->person.login);
    if (r == -ENOENT)
        return command_failed("--lesson or --organisation: what one of them names is not there");
    return r < 0 ? command_failed("store.path: %s", strerror(-r)) : 0;
}

/* For the last administrator who forgot theirs: whoever has the machine has the database. */
static int reset(const struct signaling_settings *settings, const char *name)
{
    char password[CREDENTIALS_ONE_TIME_CHARS + 1];
    struct config_error error;
    struct store *store = NULL;
    struct person person;
    int r;

    if (store_open(settings->store_path, &store, &error) < 0)
        return command_failed("%s", error.text);
    r = people_look_up(store, name, &person);
    r = r == 0 ? -ENOENT : r < 0 ? r : 0;
    if (r == 0)
        r = credentials_reset(store, &person, COMMAND_PERSON, clock_wall_s(), password);
    store_close(store);
    if (r == 0)
        printf("%s\n", password);
    explicit_bzero(password, sizeof(password));
    if (r == -ENOENT)
        return command_failed("there is nobody called %s who may log in", name);
    if (r == -ENOTUNIQ)
        return command_failed(
            "%s is the name of several; give what the one you mean logs in with", name);
    return r < 0 ? command_failed("store.path: %s", strerror(-r)) : 0;
}

int command_person(const struct signaling_settings *settings, int argc, char **argv)
{
    struct options options = {0};
    struct config_error error;
    struct store *store = NULL;
    int status;

    if (argc == 2 && strcmp(argv[0], "reset") == 0)
        return reset(settings, argv[1]);
    if (argc == 0 || strcmp(argv[0], "add") != 0)
        return command_misused("person: say add, or reset NAME");
    status = read_options(&options, argc - 1, argv + 1);
    if (status != 0)
        return status;
    if (store_open(settings->store_path, &store, &error) < 0)
        return command_failed("%s", error.text);
    status = add(store, &options);
    store_close(store);
    return status;
}
