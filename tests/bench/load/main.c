/* duet-bench: a load generator for WHIP and WHEP servers, and the limit that a relay is held against.
 * Its figures are one JSON object on standard output. */
#include "tests/bench/load/cpu_meter.h"
#include "tests/bench/load/crowd.h"
#include "tests/bench/load/limit.h"
#include "tests/bench/load/limit_sender.h"
#include "tests/bench/load/options.h"
#include "tests/bench/load/publisher.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static volatile int stop;

static void ask_to_stop(int number)
{
    stop = 1;
}

static int watch(const struct options *options, const char *token, json_t **ret_figures)
{
    const struct crowd_params params = {
        .url = options->url,
        .token = token,
        .srtp_profiles = options->profile == OPTIONS_GCM  ? "SRTP_AEAD_AES_128_GCM"
                         : options->profile == OPTIONS_CM ? "SRTP_AES128_CM_SHA1_80"
                                                          : NULL,
        .viewers = options->viewers,
        .early = options->early,
        .alone = options->alone,
        .join_seconds =
            options->join_seconds >= 0 ? options->join_seconds : (double)options->viewers / 100.0,
        .settle_seconds = options->settle_seconds,
        .seconds = options->seconds,
        .sample = options->sample,
        .churn_seconds = options->churn_seconds,
        .report_seconds = options->report_seconds,
        .cpu_of = options->cpu_of,
        .cpus = options->cpus,
        .stop = &stop,
    };

    return crowd_run(&params, ret_figures);
}

static int publish(const struct options *options, const char *token, json_t **ret_figures)
{
    const struct publisher_params params = {
        .url = options->url,
        .token = token,
        .kbps = options->kbps,
        .seconds = options->seconds,
        .stop = &stop,
    };

    return publisher_run(&params, ret_figures);
}

static int limit(const struct options *options, json_t **ret_figures)
{
    const struct limit_params params = {
        .profile = options->profile == OPTIONS_CM ? SRTP_EVP_CM : SRTP_EVP_GCM,
        .viewers = options->viewers,
        .kbps = options->kbps,
        .openssl = options->openssl != 0,
        .header_bytes = options->header_bytes,
        .run = options->run,
        .batch = options->batch,
        .settle_seconds = options->settle_seconds,
        .seconds = options->seconds,
        .cpus = options->cpus,
        .stop = &stop,
    };

    return limit_run(&params, ret_figures);
}

int main(int argc, char **argv)
{
    struct sigaction action = {.sa_handler = ask_to_stop};
    struct options options;
    json_t *figures = NULL;
    char *token = NULL, *text;
    int err = options_parse(argc, argv, &options, &token);

    if (err != 0)
        return err > 0 ? 0 : 2;
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    signal(SIGPIPE, SIG_IGN);
    if (options.own_cpus != 0)
        cpu_pin(options.own_cpus);
    if (options.command == OPTIONS_WATCH)
        err = watch(&options, token, &figures);
    else if (options.command == OPTIONS_PUBLISH)
        err = publish(&options, token, &figures);
    else
        err = limit(&options, &figures);
    free(token);
    text = figures != NULL ? json_dumps(figures, JSON_COMPACT | JSON_REAL_PRECISION(6)) : NULL;
    if (text != NULL)
        puts(text);
    free(text);
    json_decref(figures);
    return err < 0 ? 1 : 0;
}
