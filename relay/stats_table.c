#define _GNU_SOURCE
#include "relay/stats_table.h"

#include "common/clock.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NAME_COLUMNS 24

struct sheet {
    FILE *out;
    double seconds;
};

/* The integer at "a/b/c", 0 when there is none. */
static json_int_t at(const json_t *object, const char *path)
{
    char key[64];

    while (*path != '\0') {
        size_t len = strcspn(path, "/");

        snprintf(key, sizeof(key), "%.*s", (int)len, path);
        object = json_object_get(object, key);
        path += len + (path[len] == '/' ? 1 : 0);
    }
    return json_integer_value(object);
}

static json_int_t grown(const json_t *before, const json_t *now, const char *path)
{
    json_int_t change = at(now, path) - at(before, path);

    return change > 0 ? change : 0;
}

static double rate(
    const struct sheet *sheet, const json_t *before, const json_t *now, const char *path)
{
    return sheet->seconds > 0 ? (double)grown(before, now, path) / sheet->seconds : 0;
}

static json_int_t bucket(const json_t *histogram, size_t i)
{
    return json_integer_value(json_array_get(json_object_get(histogram, "counts"), i));
}

/* The bound under which this share of what was added since `before` lies; -1 when nothing was, and 0
 * when it lies over the last bound. */
static json_int_t quantile_us(const json_t *before, const json_t *now, double share)
{
    const json_t *bounds = json_object_get(now, "bounds_us");
    json_int_t all = grown(before, now, "count");
    json_int_t seen = 0;

    if (all == 0)
        return -1;
    for (size_t i = 0; i < json_array_size(bounds); i++) {
        seen += bucket(now, i) - bucket(before, i);
        if ((double)seen >= share * (double)all)
            return json_integer_value(json_array_get(bounds, i));
    }
    return 0;
}

static void print_quantile(
    struct sheet *sheet, const json_t *before, const json_t *now, double share)
{
    json_int_t bound_us = quantile_us(before, now, share);

    if (bound_us < 0)
        fprintf(sheet->out, " %9s", "-");
    else if (bound_us == 0)
        fprintf(sheet->out, " %9s", "over 1 s");
    else
        fprintf(sheet->out, " %6.2f ms", (double)bound_us / (double)US_PER_MS);
}

static const json_t *find_by(const json_t *list, const char *key, const json_t *wanted)
{
    const json_t *item;
    size_t i;

    json_array_foreach(list, i, item)
    {
        if (json_equal(json_object_get(item, key), wanted))
            return item;
    }
    return NULL;
}

static json_int_t sum_of(const json_t *object)
{
    const char *key;
    json_t *value;
    json_int_t sum = 0;

    json_object_foreach((json_t *)object, key, value) sum += json_integer_value(value);
    return sum;
}

static void print_head(struct sheet *sheet, const json_t *now)
{
    const char *version = json_string_value(json_object_get(now, "version"));

    fprintf(sheet->out,
        "duet-relay %s   memory %.1f MiB   processor %.1f s   descriptors %lld of %lld\n\n",
        version != NULL ? version : "?", (double)at(now, "process/resident_bytes") / 1048576.0,
        (double)at(now, "process/cpu_us") / (double)US_PER_S,
        (long long)at(now, "process/open_descriptors"),
        (long long)at(now, "process/max_descriptors"));
}

static void print_workers(struct sheet *sheet, const json_t *before, const json_t *now)
{
    const json_t *worker;
    size_t i;

    fprintf(sheet->out, "%-6s %8s %6s %10s %10s %10s %9s %9s %10s\n", "worker", "sessions", "cpu %",
        "in pkt/s", "out pkt/s", "out Mbit/s", "turn p50", "turn p99", "dropped");
    json_array_foreach(json_object_get(now, "workers"), i, worker)
    {
        const json_t *was =
            find_by(json_object_get(before, "workers"), "index", json_object_get(worker, "index"));

        fprintf(sheet->out, "%-6lld %8lld %6.1f %10.0f %10.0f %10.2f",
            (long long)at(worker, "index"), (long long)at(worker, "sessions/now"),
            rate(sheet, was, worker, "cpu_us") / 10000.0,
            rate(sheet, was, worker, "sessions/rtp_in_packets"),
            rate(sheet, was, worker, "sessions/rtp_out_packets"),
            rate(sheet, was, worker, "sessions/rtp_out_bytes") * 8 / 1e6);
        print_quantile(sheet, json_object_get(was, "loop"), json_object_get(worker, "loop"), 0.5);
        print_quantile(sheet, json_object_get(was, "loop"), json_object_get(worker, "loop"), 0.99);
        fprintf(sheet->out, " %10lld\n",
            (long long)(sum_of(json_object_get(worker, "drops")) +
                        sum_of(json_object_get(
                            json_object_get(json_object_get(worker, "routing"), "totals"),
                            "drops"))));
    }
}

static void print_lesson(
    struct sheet *sheet, const json_t *was, const json_t *lesson, size_t worker)
{
    const char *name = json_string_value(json_object_get(lesson, "lesson"));
    const json_t *pictures = json_object_get(lesson, "pictures");
    json_int_t joins = at(lesson, "joins");
    char layers[64];

    snprintf(layers, sizeof(layers), "%lld/%lld/%lld",
        (long long)json_integer_value(json_array_get(pictures, 0)),
        (long long)json_integer_value(json_array_get(pictures, 1)),
        (long long)json_integer_value(json_array_get(pictures, 2)));
    fprintf(sheet->out, "%-*.*s %2zu %3lld %7lld %10s %7lld %8.0f %8.0f", NAME_COLUMNS,
        NAME_COLUMNS, name != NULL ? name : "?", worker, (long long)at(lesson, "active_sources"),
        (long long)at(lesson, "viewers"), layers, (long long)at(lesson, "waiting"),
        (double)at(lesson, "bitrate_in_bps") / 1000.0,
        rate(sheet, was, lesson, "rtp_out_bytes") * 8 / 1000.0);
    fprintf(sheet->out, " %7lld %7lld %7lld %7lld %5lld %6.0f", (long long)at(lesson, "lost_in"),
        (long long)at(lesson, "lost_out"), (long long)at(lesson, "nacks_in"),
        (long long)at(lesson, "rtx_out_packets"), (long long)at(lesson, "keyframe_requests_in"),
        (double)at(lesson, "rtt_us") / (double)US_PER_MS);
    if (joins > 0)
        fprintf(sheet->out, " %7.0f\n",
            (double)at(lesson, "join_us") / (double)joins / (double)US_PER_MS);
    else
        fprintf(sheet->out, " %7s\n", "-");
}

static void print_lessons(struct sheet *sheet, const json_t *before, const json_t *now)
{
    const json_t *worker;
    const json_t *lesson;
    size_t i;
    size_t j;

    fprintf(sheet->out, "\n%-*s %2s %3s %7s %10s %7s %8s %8s %7s %7s %7s %7s %5s %6s %7s\n",
        NAME_COLUMNS, "lesson", "w", "src", "viewers", "best/…/low", "waiting", "in kb/s",
        "out kb/s", "lost in", "lost ou", "nacked", "resent", "pli", "rtt ms", "join ms");
    json_array_foreach(json_object_get(now, "workers"), i, worker)
    {
        const json_t *was =
            find_by(json_object_get(before, "workers"), "index", json_object_get(worker, "index"));
        const json_t *old = json_object_get(json_object_get(was, "routing"), "lessons");
        const json_t *routing = json_object_get(worker, "routing");

        json_array_foreach(json_object_get(routing, "lessons"), j, lesson)
        {
            print_lesson(
                sheet, find_by(old, "lesson", json_object_get(lesson, "lesson")), lesson, i);
        }
        if (at(routing, "lessons_left_out") > 0)
            fprintf(sheet->out, "… and %lld more on worker %zu\n",
                (long long)at(routing, "lessons_left_out"), i);
    }
}

static void print_reasons(struct sheet *sheet, size_t worker, const json_t *drops)
{
    const char *reason;
    json_t *count;

    json_object_foreach((json_t *)drops, reason, count)
    {
        if (json_integer_value(count) > 0)
            fprintf(sheet->out, "dropped on worker %zu: %s %lld\n", worker, reason,
                (long long)json_integer_value(count));
    }
}

static void print_drops(struct sheet *sheet, const json_t *now)
{
    const json_t *worker;
    size_t i;

    fputc('\n', sheet->out);
    json_array_foreach(json_object_get(now, "workers"), i, worker)
    {
        const json_t *routing = json_object_get(worker, "routing");

        print_reasons(sheet, i, json_object_get(worker, "drops"));
        print_reasons(sheet, i, json_object_get(json_object_get(routing, "totals"), "drops"));
    }
}

static const char *text_at(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));

    return text != NULL ? text : "";
}

/* Of a viewer the slots one below the other, since each has a source and a layer of its own. */
static void print_viewer(struct sheet *sheet, const json_t *viewer)
{
    const json_t *slot;
    size_t i;

    fprintf(sheet->out, "%-10.8s %-4s %10.0f %8.1f %10.0f %8lld %8lld %8lld",
        text_at(viewer, "session"), text_at(viewer, "protocol"),
        (double)at(viewer, "age_us") / (double)US_PER_S,
        (double)at(viewer, "rtt_us") / (double)US_PER_MS,
        (double)at(viewer, "estimate_bps") / 1000.0, (long long)at(viewer, "nacked"),
        (long long)at(viewer, "resent"), (long long)at(viewer, "keyframe_requests"));
    json_array_foreach(json_object_get(viewer, "slots"), i, slot)
    {
        if (!json_is_true(json_object_get(slot, "playing")))
            continue;
        fprintf(sheet->out, "  %s%s%s %.1f%%", text_at(slot, "source"),
            *text_at(slot, "layer") != '\0' ? ":" : "", text_at(slot, "layer"),
            (double)at(slot, "fraction_lost") * 100.0 / 256.0);
    }
    fputc('\n', sheet->out);
}

static void print_detail(struct sheet *sheet, const json_t *now)
{
    const json_t *worker;
    const json_t *viewer;
    bool headed = false;
    size_t i;
    size_t j;

    json_array_foreach(json_object_get(now, "workers"), i, worker)
    {
        const json_t *detail = json_object_get(worker, "detail");

        if (detail == NULL)
            continue;
        if (!headed)
            fprintf(sheet->out, "\n%-10s %-4s %10s %8s %10s %8s %8s %8s  %s\n", "viewer", "over",
                "seconds", "rtt ms", "line kb/s", "nacked", "resent", "pli", "shows, loss");
        headed = true;
        json_array_foreach(json_object_get(detail, "viewers"), j, viewer)
        {
            print_viewer(sheet, viewer);
        }
        if (at(detail, "left_out") > 0)
            fprintf(sheet->out, "… and %lld more sessions on worker %zu\n",
                (long long)at(detail, "left_out"), i);
    }
}

char *stats_table(const json_t *before, const json_t *now, double seconds)
{
    char *text = NULL;
    size_t len = 0;
    struct sheet sheet = {.out = open_memstream(&text, &len), .seconds = seconds};

    if (sheet.out == NULL)
        return NULL;
    print_head(&sheet, now);
    print_workers(&sheet, before, now);
    print_lessons(&sheet, before, now);
    print_drops(&sheet, now);
    print_detail(&sheet, now);
    if (fclose(sheet.out) != 0) {
        free(text);
        return NULL;
    }
    return text;
}
