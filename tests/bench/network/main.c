/*
 * network-cell: what one viewer of the relay sees and hears over a bad line, in virtual time.
 *
 *   network-cell [--loss PERCENT] [--burst PACKETS] [--rtt-ms N] [--jitter-ms N] [--queue-ms N]
 *                [--seed N] [--trace] --segment SECONDS:KBPS …
 *
 * KBPS 0 is no limit. Prints a JSON array, an object per segment. tests/bench/network.py runs a grid of it.
 */
#include "tests/bench/network/cell.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

enum cell_option { LOSS = 1, BURST, RTT, JITTER, QUEUE, SEED, TRACE, SEGMENT };

static const struct option options[] = {
    {"loss", required_argument, NULL, LOSS},
    {"burst", required_argument, NULL, BURST},
    {"rtt-ms", required_argument, NULL, RTT},
    {"jitter-ms", required_argument, NULL, JITTER},
    {"queue-ms", required_argument, NULL, QUEUE},
    {"seed", required_argument, NULL, SEED},
    {"trace", no_argument, NULL, TRACE},
    {"segment", required_argument, NULL, SEGMENT},
    {NULL, 0, NULL, 0},
};

static bool add_segment(struct cell_params *params, const char *text)
{
    unsigned seconds, kbps;
    char end;

    if (params->segment_count == CELL_MAX_SEGMENTS ||
        sscanf(text, "%3u:%7u%c", &seconds, &kbps, &end) != 2 || seconds == 0 ||
        seconds > CELL_MAX_SECONDS)
        return false;
    params->segments[params->segment_count++] =
        (struct cell_segment){.seconds = seconds, .rate_bps = (uint64_t)kbps * 1000};
    return true;
}

static bool read_number(const char *text, double most, double *ret_value)
{
    char *end;
    double value = strtod(text, &end);

    if (end == text || *end != '\0' || !(value >= 0 && value <= most))
        return false;
    *ret_value = value;
    return true;
}

static bool read_option(struct cell_params *params, int option)
{
    double value = 0;

    if (option == TRACE) {
        params->trace = true;
        return true;
    }
    if (option == SEGMENT)
        return add_segment(params, optarg);
    if (option == '?' || !read_number(optarg, option == LOSS ? 100 : 1e9, &value))
        return false;
    switch (option) {
    case LOSS:
        params->line.loss = value / 100;
        break;
    case BURST:
        params->line.burst_packets = value;
        break;
    case RTT:
        params->line.delay_us = (uint64_t)(value * 500);
        break;
    case JITTER:
        params->line.jitter_us = (uint64_t)(value * 1000);
        break;
    case QUEUE:
        params->line.queue_us = (uint64_t)(value * 1000);
        break;
    default:
        params->seed = (uint64_t)value;
        break;
    }
    return true;
}

int main(int argc, char **argv)
{
    struct cell_params params = {.line = {.queue_us = 1000000}, .seed = 1};
    int option;

    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
        if (!read_option(&params, option)) {
            fprintf(stderr, "network-cell: wrong option; see tests/bench/network/main.c\n");
            return 2;
        }
    }
    if (params.segment_count == 0 || optind != argc) {
        fprintf(stderr, "network-cell: --segment SECONDS:KBPS is needed\n");
        return 2;
    }
    json_t *result = cell_run(&params);
    if (result == NULL || json_dumpf(result, stdout, JSON_INDENT(2) | JSON_REAL_PRECISION(6)) < 0)
        return 1;
    puts("");
    json_decref(result);
    return 0;
}
