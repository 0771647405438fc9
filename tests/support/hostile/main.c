/*
 * duet-hostile: a hostile sender for tests, against a signaling and a relay on loopback.
 *
 *   duet-hostile ATTACK --http-port N --media-port N --lesson L --publish-token T --watch-token T
 *                [--count N] [--rate N] [--seed N]
 *
 * The tokens are for the source "room-stranger". Prints one JSON object with what it sent and saw (churn:
 * one per fifty cycles before it), and exits with 1 when the attack could not be carried out.
 */
#include "tests/support/hostile/attacks.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct attack {
    const char *name;
    int (*run)(struct arena *arena, json_t *report);
} attacks[] = {
    {"hellos", attack_hellos},
    {"fragments", attack_fragments},
    {"half-open", attack_half_open},
    {"records", attack_records},
    {"spray", attack_spray},
    {"tags", attack_tags},
    {"ssrcs", attack_ssrcs},
    {"roll-over", attack_roll_over},
    {"replay", attack_replay},
    {"keyframes", attack_keyframes},
    {"nacks", attack_nacks},
    {"payloads", attack_payloads},
    {"churn", attack_churn},
};

static const struct attack *find_attack(const char *name)
{
    for (size_t i = 0; i < sizeof(attacks) / sizeof(attacks[0]); i++) {
        if (strcmp(attacks[i].name, name) == 0)
            return &attacks[i];
    }
    return NULL;
}

static int print_usage(void)
{
    fprintf(stderr, "usage: duet-hostile ATTACK --http-port N --media-port N --lesson L\n"
                    "       --publish-token T --watch-token T [--count N] [--rate N] [--seed N]\n"
                    "attacks:");
    for (size_t i = 0; i < sizeof(attacks) / sizeof(attacks[0]); i++)
        fprintf(stderr, " %s", attacks[i].name);
    fprintf(stderr, "\n");
    return 2;
}

static int parse_options(int argc, char **argv, struct arena_options *options)
{
    static const struct option longs[] = {
        {"http-port", required_argument, NULL, 'h'},
        {"media-port", required_argument, NULL, 'm'},
        {"lesson", required_argument, NULL, 'l'},
        {"publish-token", required_argument, NULL, 'p'},
        {"watch-token", required_argument, NULL, 'w'},
        {"count", required_argument, NULL, 'c'},
        {"rate", required_argument, NULL, 'r'},
        {"seed", required_argument, NULL, 's'},
        {0},
    };
    int option;

    while ((option = getopt_long(argc, argv, "", longs, NULL)) != -1) {
        switch (option) {
        case 'h':
            options->http_port = (uint16_t)strtoul(optarg, NULL, 10);
            break;
        case 'm':
            options->media_port = (uint16_t)strtoul(optarg, NULL, 10);
            break;
        case 'l':
            options->lesson = optarg;
            break;
        case 'p':
            options->publish_token = optarg;
            break;
        case 'w':
            options->watch_token = optarg;
            break;
        case 'c':
            options->count = strtoull(optarg, NULL, 10);
            break;
        case 'r':
            options->rate = strtoull(optarg, NULL, 10);
            break;
        case 's':
            options->seed = strtoull(optarg, NULL, 10);
            break;
        default:
            return -1;
        }
    }
    return options->http_port != 0 && options->media_port != 0 && options->lesson != NULL &&
                   options->publish_token != NULL && options->watch_token != NULL
               ? 0
               : -1;
}

int main(int argc, char **argv)
{
    struct arena_options options = {.seed = 1};
    const struct attack *attack = argc > 1 ? find_attack(argv[1]) : NULL;
    struct arena arena;
    json_t *report;
    int err;

    if (attack == NULL || parse_options(argc - 1, argv + 1, &options) < 0)
        return print_usage();
    report = json_object();
    err = arena_init(&arena, &options, NULL);
    if (err == 0)
        err = attack->run(&arena, report);
    arena_finish(&arena);
    if (err < 0)
        fprintf(stderr, "duet-hostile %s: %s\n", attack->name, strerror(-err));
    json_dumpf(report, stdout, JSON_COMPACT);
    printf("\n");
    json_decref(report);
    return err < 0 ? 1 : 0;
}
