#include "common/clock.h"
#include "common/random.h"
#include "signaling/accounts/key_file.h"
#include "signaling/commands.h"
#include "signaling/lessons/lessons.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_TTL_S (30 * 24 * 3600)

/* "90", "90s", "15m", "2h", "7d" in seconds. */
static bool parse_ttl(const char *text, int64_t *ret_s)
{
    char *end = NULL;
    long long value = strtoll(text, &end, 10);
    int64_t unit = 1;

    if (end == text || !isdigit((unsigned char)text[0]) || value > MAX_TTL_S)
        return false;
    if (*end && end[1] != '\0')
        return false;
    switch (*end) {
    case '\0':
    case 's':
        break;
    case 'm':
        unit = 60;
        break;
    case 'h':
        unit = 3600;
        break;
    case 'd':
        unit = 24 * 3600;
        break;
    default:
        return false;
    }
    if (value * unit > MAX_TTL_S)
        return false;
    *ret_s = value * unit;
    return true;
}

static int set_name(char *ret_name, const char *option, const char *value)
{
    if (!token_is_name(value))
        return command_misused(
            "%s: \"%s\" is not a name of 1 to 64 letters, digits, - and _", option, value);
    memcpy(ret_name, value, strlen(value) + 1);
    return 0;
}

static int read_option(
    struct token_claims *claims, int64_t *ttl_s, const char *option, const char *value)
{
    if (strcmp(option, "--lesson") == 0)
        return set_name(claims->lesson, option, value);
    if (strcmp(option, "--role") == 0)
        return set_name(claims->role, option, value);
    if (strcmp(option, "--subject") == 0)
        return set_name(claims->subject, option, value);
    if (strcmp(option, "--publish") == 0 || strcmp(option, "--watch") == 0) {
        bool publish = strcmp(option, "--publish") == 0;

        if (token_sources_parse(value, publish ? &claims->publish : &claims->watch) < 0)
            return command_misused(
                "%s: \"%s\" is not a comma-separated list of sources", option, value);
        return 0;
    }
    if (strcmp(option, "--ttl") == 0) {
        if (!parse_ttl(value, ttl_s))
            return command_misused(
                "--ttl: \"%s\" is not a time like 90s, 15m, 2h or 7d, at most 30d", value);
        return 0;
    }
    return command_misused("token: %s is not an option", option);
}

/* A token for a lesson that is not there is of no use: say so, but an offline key may mint it. */
static void warn_unknown_lesson(const struct signaling_settings *settings, const char *lesson)
{
    struct config_error error;
    struct store *store = NULL;

    if (store_open(settings->store_path, &store, &error) == 0 && lessons_exists(store, lesson) == 0)
        fprintf(stderr,
            "duet-signaling: warning: there is no lesson %s yet; "
            "add it with: duet-signaling lesson add %s --title …\n",
            lesson, lesson);
    store_close(store);
}

int command_token(const struct signaling_settings *settings, int argc, char **argv)
{
    struct token_claims claims = {.role = "device"};
    struct config_error error = {""};
    uint8_t key[TOKEN_KEY_BYTES];
    int64_t ttl_s = 2 * 3600;
    char *token = NULL;
    int status;

    for (int i = 0; i < argc; i += 2) {
        if (i + 1 == argc)
            return command_misused("token: %s needs a value", argv[i]);
        status = read_option(&claims, &ttl_s, argv[i], argv[i + 1]);
        if (status != 0)
            return status;
    }
    if (!*claims.lesson)
        return command_misused("token: name the lesson with --lesson");
    if (claims.publish.count + claims.watch.count == 0)
        return command_misused("token: say what may be done with --publish, --watch or both");
    random_id(claims.id);
    if (!*claims.subject)
        snprintf(claims.subject, sizeof(claims.subject), "console-%.32s", claims.id);
    claims.issued_s = clock_wall_s();
    claims.expires_s = claims.issued_s + ttl_s;
    if (key_file_load(settings->token_key_file, key, &error) < 0)
        return command_failed("%s", error.text);
    warn_unknown_lesson(settings, claims.lesson);
    if (token_mint(key, &claims, &token) < 0)
        return command_failed("out of memory");
    printf("%s\n", token);
    explicit_bzero(key, sizeof(key));
    explicit_bzero(token, strlen(token));
    free(token);
    return 0;
}
