/* What a relay answers to stats.get, as the page of metrics: no value in it may break a line. */
#include "signaling/metrics/relay_metrics.h"

#include "common/json.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define MAX_BYTES (512 * 1024)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_lines(const char *text)
{
    for (const char *line = text; line && *line; line = strchr(line, '\n')) {
        line += *line == '\n';
        if (*line && strncmp(line, "# HELP duet_", 12) != 0 &&
            strncmp(line, "# TYPE duet_", 12) != 0 && strncmp(line, "duet_", 5) != 0)
            abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct json_error error;
    struct relay_answer answer = {.relay = "r\"\n"};
    json_t *stats = json_parse((const char *)data, size, MAX_BYTES, &error);
    struct text out = {0};

    answer.stats = stats;
    relay_metrics_write(&out, &answer, 1);
    check_lines(out.data);
    text_finish(&out);
    json_decref(stats);
    return 0;
}
