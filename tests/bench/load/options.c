#include "tests/bench/load/options.h"

#include "tests/bench/load/cpu_meter.h"
#include "tests/bench/load/crowd.h"
#include "tests/bench/load/limit_sender.h"
#include "tests/bench/load/trace.h"

#include <errno.h>
#include <getopt.h>
#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TOKEN_BYTES 4000

static const char help[] =
    "duet-bench: load for WHIP and WHEP servers; prints one JSON object.\n"
    "\n"
    "  duet-bench watch --url URL [--token-file F] --viewers N --seconds S\n"
    "      WHEP viewers in one process: packets, losses, joins, delays of stamped packets\n"
    "      --early N         viewers that are there before (0)\n"
    "      --alone N         viewers that join one by one before the mass (0)\n"
    "      --join-seconds S  in which the mass joins (a hundred a second)\n"
    "      --settle S        between the last join and the measurement (3)\n"
    "      --sample N        one viewer in N reads the stamps (about twenty in all)\n"
    "      --churn S         viewers stay S seconds on average and come back (0: they stay)\n"
    "      --report S        a line of JSON every S seconds (0: none)\n"
    "      --cpu-of PID      measures that process too, pinned to --cpus\n"
    "  duet-bench publish --url URL [--token-file F] --bitrate KBPS --seconds S\n"
    "      one WHIP publisher of a stamped trace: 30 pictures a second, H.264 and Opus packets\n"
    "  duet-bench limit --viewers N --bitrate KBPS --seconds S\n"
    "      the same trace encrypted and sent by the shortest way, without a relay\n"
    "      --header-bytes N  RTP header with extensions (28)\n"
    "      --openssl 1       AES-GCM by OpenSSL, where this machine has a faster one too (0)\n"
    "      --run N           packets in one message at most (64)\n"
    "      --batch N         messages in one system call at most (64)\n"
    "\n"
    "  --profile gcm|cm    SRTP profile (watch: either; limit: gcm)\n"
    "  --cpus LIST         CPUs of what is measured, as 0 or 0,1 (0)\n"
    "  --own-cpus LIST     CPUs of this program (any)\n";

struct number_option {
    const char *name;
    double min, max;
    size_t offset;
    bool whole; /* an unsigned, else a double */
};

#define AT(member) offsetof(struct options, member)

static const struct number_option numbers[] = {
    {"viewers", 1, CROWD_MAX_VIEWERS, AT(viewers), true},
    {"early", 0, CROWD_MAX_VIEWERS, AT(early), true},
    {"alone", 0, 100, AT(alone), true},
    {"sample", 0, CROWD_MAX_VIEWERS, AT(sample), true},
    {"bitrate", TRACE_MIN_KBPS, TRACE_MAX_KBPS, AT(kbps), true},
    {"header-bytes", 12, 100, AT(header_bytes), true},
    {"openssl", 0, 1, AT(openssl), true},
    {"run", 1, LIMIT_MAX_RUN, AT(run), true},
    {"batch", 1, LIMIT_MAX_BATCH, AT(batch), true},
    {"seconds", 0.1, CROWD_MAX_SECONDS, AT(seconds), false},
    {"settle", 0, 600, AT(settle_seconds), false},
    {"join-seconds", 0, 3600, AT(join_seconds), false},
    {"churn", 0, CROWD_MAX_SECONDS, AT(churn_seconds), false},
    {"report", 0, CROWD_MAX_SECONDS, AT(report_seconds), false},
};

#define NUMBER_COUNT (sizeof(numbers) / sizeof(numbers[0]))

enum text_option {
    TEXT_URL = NUMBER_COUNT,
    TEXT_TOKEN_FILE,
    TEXT_PROFILE,
    TEXT_CPU_OF,
    TEXT_CPUS,
    TEXT_OWN_CPUS,
    TEXT_HELP,
};

static const struct option texts[] = {
    {"url", required_argument, NULL, TEXT_URL},
    {"token-file", required_argument, NULL, TEXT_TOKEN_FILE},
    {"profile", required_argument, NULL, TEXT_PROFILE},
    {"cpu-of", required_argument, NULL, TEXT_CPU_OF},
    {"cpus", required_argument, NULL, TEXT_CPUS},
    {"own-cpus", required_argument, NULL, TEXT_OWN_CPUS},
    {"help", no_argument, NULL, TEXT_HELP},
};

#define TEXT_COUNT (sizeof(texts) / sizeof(texts[0]))

static int complain(const char *name, const char *what)
{
    fprintf(stderr, "duet-bench: --%s: %s; see duet-bench --help\n", name, what);
    return -EINVAL;
}

static int take_number(
    const struct number_option *number, const char *text, struct options *options)
{
    char *end, range[80];
    double value = strtod(text, &end);

    if (end == text || *end != '\0' || !(value >= number->min && value <= number->max) ||
        (number->whole && value != floor(value))) {
        snprintf(range, sizeof(range), "expected %s from %g to %g",
            number->whole ? "a whole number" : "a number", number->min, number->max);
        return complain(number->name, range);
    }
    if (number->whole)
        memcpy((char *)options + number->offset, &(unsigned){(unsigned)value}, sizeof(unsigned));
    else
        memcpy((char *)options + number->offset, &value, sizeof(value));
    return 0;
}

static int take_text(int which, const char *text, struct options *options)
{
    switch (which) {
    case TEXT_URL:
        options->url = text;
        return 0;
    case TEXT_TOKEN_FILE:
        options->token_file = text;
        return 0;
    case TEXT_PROFILE:
        if (strcmp(text, "gcm") != 0 && strcmp(text, "cm") != 0)
            return complain("profile", "expected gcm or cm");
        options->profile = text[0] == 'g' ? OPTIONS_GCM : OPTIONS_CM;
        return 0;
    case TEXT_CPU_OF:
        options->cpu_of = (pid_t)atoi(text);
        return options->cpu_of > 0 ? 0 : complain("cpu-of", "expected a process id");
    case TEXT_CPUS:
        return cpu_parse_list(text, &options->cpus) < 0 ? complain("cpus", "expected 0 or 0,1") : 0;
    case TEXT_OWN_CPUS:
        return cpu_parse_list(text, &options->own_cpus) < 0
                   ? complain("own-cpus", "expected 0 or 0,1")
                   : 0;
    default:
        fputs(help, stdout);
        return 1;
    }
}

static int take_command(const char *word, enum options_command *ret_command)
{
    static const char *const names[] = {"watch", "publish", "limit"};

    for (int i = 0; word != NULL && i < 3; i++) {
        if (strcmp(word, names[i]) == 0) {
            *ret_command = (enum options_command)i;
            return 0;
        }
    }
    fprintf(stderr, "duet-bench: expected watch, publish or limit; see duet-bench --help\n");
    return -EINVAL;
}

static int read_token(const char *path, char **ret_token)
{
    char line[TOKEN_BYTES] = "";
    FILE *file = fopen(path, "re");

    if (file == NULL || fgets(line, sizeof(line), file) == NULL) {
        fprintf(stderr, "duet-bench: %s: %s\n", path, file == NULL ? strerror(errno) : "empty");
        if (file != NULL)
            fclose(file);
        return -EINVAL;
    }
    fclose(file);
    line[strcspn(line, "\r\n")] = '\0';
    *ret_token = strdup(line);
    return *ret_token != NULL ? 0 : -EINVAL;
}

static int check(const struct options *options)
{
    if (options->command != OPTIONS_LIMIT && options->url == NULL)
        return complain("url", "is needed");
    if (options->command != OPTIONS_PUBLISH && options->viewers == 0)
        return complain("viewers", "is needed");
    if (options->viewers + options->early + options->alone > CROWD_MAX_VIEWERS)
        return complain("viewers", "with --early and --alone at most 2000");
    if (options->header_bytes % 4 != 0)
        return complain("header-bytes", "expected a multiple of four");
    return 0;
}

int options_parse(int argc, char **argv, struct options *ret_options, char **ret_token)
{
    struct option known[NUMBER_COUNT + TEXT_COUNT + 1] = {0};
    struct options options = {
        .kbps = 2000,
        .header_bytes = 28,
        .run = 64,
        .batch = 64,
        .seconds = 20,
        .settle_seconds = 3,
        .join_seconds = -1,
        .cpus = 1,
    };
    int which, err = 0;

    for (size_t i = 0; i < NUMBER_COUNT; i++)
        known[i] = (struct option){numbers[i].name, required_argument, NULL, (int)i};
    memcpy(known + NUMBER_COUNT, texts, sizeof(texts));
    while (err == 0 && (which = getopt_long(argc, argv, "", known, NULL)) != -1) {
        if (which == '?')
            return -EINVAL;
        err = which < (int)NUMBER_COUNT ? take_number(&numbers[which], optarg, &options)
                                        : take_text(which, optarg, &options);
    }
    if (err == 0)
        err = take_command(argv[optind], &options.command);
    if (err == 0)
        err = check(&options);
    if (err == 0 && options.token_file != NULL)
        err = read_token(options.token_file, ret_token);
    if (err == 0)
        *ret_options = options;
    return err;
}
