#include "signaling/metrics/exposition.h"

#include <string.h>

#define MAX_WHOLE 9007199254740992.0 /* 2^53: doubles are whole numbers up to here */

void exposition_family(
    struct text *out, const char *name, enum exposition_type type, const char *help)
{
    static const char *const names[] = {
        [EXPOSITION_COUNTER] = "counter",
        [EXPOSITION_GAUGE] = "gauge",
        [EXPOSITION_HISTOGRAM] = "histogram",
        [EXPOSITION_SUMMARY] = "summary",
    };

    text_format(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, names[type]);
}

static void append_escaped(struct text *out, const char *value)
{
    for (;;) {
        size_t plain = strcspn(value, "\\\"\n");

        text_append(out, value, plain);
        value += plain;
        if (*value == '\0')
            return;
        text_append(out, *value == '\n' ? "\\n" : *value == '"' ? "\\\"" : "\\\\", 2);
        value++;
    }
}

static void append_value(struct text *out, double value)
{
    if (value >= -MAX_WHOLE && value <= MAX_WHOLE && value == (double)(int64_t)value)
        text_format(out, " %.0f\n", value);
    else
        text_format(out, " %.9g\n", value);
}

void exposition_sample(struct text *out, const char *name, const char *suffix,
    const struct exposition_label *labels, size_t label_count, double value)
{
    text_format(out, "%s%s", name, suffix);
    for (size_t i = 0; i < label_count; i++) {
        text_format(out, "%s%s=\"", i == 0 ? "{" : ",", labels[i].name);
        append_escaped(out, labels[i].value);
        text_append(out, "\"", 1);
    }
    if (label_count > 0)
        text_append(out, "}", 1);
    append_value(out, value);
}
