#include "tests/bench/load/crowd_internal.h"

#include "common/clock.h"

#include <stdio.h>
#include <string.h>

void crowd_take_sums(struct crowd *crowd, uint64_t now_us, struct crowd_sums *ret_sums)
{
    struct crowd_sums sums = {.now_us = now_us};

    for (size_t i = 0; i < crowd->member_count; i++) {
        struct viewer_totals totals = viewer_totals(crowd->members[i].viewer);

        sums.totals.packets += totals.packets;
        sums.totals.bytes += totals.bytes;
        sums.totals.lost += totals.lost;
        sums.totals.repaired += totals.repaired;
        sums.totals.repeated += totals.repeated;
        sums.totals.unreadable += totals.unreadable;
        sums.totals.nacks += totals.nacks;
        sums.totals.plis += totals.plis;
    }
    if (crowd->params->cpu_of > 0 && cpu_meter_read(&crowd->meter, &sums.cpu) < 0)
        fprintf(stderr, "duet-bench: process %d is gone\n", (int)crowd->params->cpu_of);
    *ret_sums = sums;
}

static size_t count_state(const struct crowd *crowd, enum viewer_state state)
{
    size_t count = 0;

    for (size_t i = 0; i < crowd->member_count; i++)
        count += viewer_figures(crowd->members[i].viewer)->state == state;
    return count;
}

/* Holes may be filled after the window's start: then fewer are open at its end. */
static json_int_t difference(uint64_t from, uint64_t to)
{
    return (json_int_t)to - (json_int_t)from;
}

static json_t *traffic_json(const struct crowd_sums *from, const struct crowd_sums *to)
{
    double seconds = (double)(to->now_us - from->now_us) / 1e6;
    json_int_t packets = difference(from->totals.packets, to->totals.packets);
    json_int_t lost = difference(from->totals.lost, to->totals.lost);
    double expected = (double)(packets + (lost > 0 ? lost : 0));

    return json_pack("{s:f, s:I, s:f, s:f, s:I, s:f, s:I, s:I, s:I, s:I, s:I}", "seconds", seconds,
        "packets", packets, "packets_per_s", seconds > 0 ? (double)packets / seconds : 0.0,
        "mbit_per_s",
        seconds > 0 ? (double)(to->totals.bytes - from->totals.bytes) * 8 / 1e6 / seconds : 0.0,
        "lost", lost, "loss_percent", expected > 0 ? 100.0 * (double)lost / expected : 0.0,
        "repaired", difference(from->totals.repaired, to->totals.repaired), "repeated",
        difference(from->totals.repeated, to->totals.repeated), "nacked",
        difference(from->totals.nacks, to->totals.nacks), "plis",
        difference(from->totals.plis, to->totals.plis), "unreadable",
        difference(from->totals.unreadable, to->totals.unreadable));
}

void crowd_print_interval(struct crowd *crowd, uint64_t now_us)
{
    struct crowd_sums sums;
    json_t *line;
    char *text;

    crowd_take_sums(crowd, now_us, &sums);
    line = json_pack("{s:s, s:I, s:I, s:I, s:o, s:o, s:o}", "type", "interval", "watching",
        (json_int_t)count_state(crowd, VIEWER_WATCHING), "failed",
        (json_int_t)count_state(crowd, VIEWER_FAILED), "left", (json_int_t)crowd->left, "traffic",
        traffic_json(&crowd->interval_from, &sums), "video_delay_us",
        histogram_json(&crowd->tally.video_delay_ns, 1e3), "audio_delay_us",
        histogram_json(&crowd->tally.audio_delay_ns, 1e3));
    text = json_dumps(line, JSON_COMPACT);
    if (text != NULL) {
        puts(text);
        fflush(stdout);
    }
    free(text);
    json_decref(line);
    histogram_merge(&crowd->window.video_delay_ns, &crowd->tally.video_delay_ns);
    histogram_merge(&crowd->window.audio_delay_ns, &crowd->tally.audio_delay_ns);
    memset(&crowd->tally, 0, sizeof(crowd->tally));
    crowd->interval_from = sums;
}

/* ---- joining ---- */

static void add_span(struct histogram *histogram, uint64_t from_us, uint64_t to_us)
{
    if (from_us != 0 && to_us > from_us)
        histogram_add(histogram, to_us - from_us);
}

/* One group's way to its first picture, in milliseconds. */
static json_t *joins_json(const struct crowd *crowd, enum member_group group)
{
    struct histogram answer = {0}, connect = {0}, frame = {0};
    uint64_t first_us = UINT64_MAX, last_us = 0;
    json_int_t joined = 0, failed = 0, connected = 0;

    for (size_t i = 0; i < crowd->member_count; i++) {
        const struct viewer_figures *figures = viewer_figures(crowd->members[i].viewer);

        if (crowd->members[i].group != group || figures->asked_us == 0)
            continue;
        joined++;
        failed += figures->first_frame_us == 0;
        add_span(&answer, figures->asked_us, figures->answered_us);
        add_span(&connect, figures->asked_us, figures->connected_us);
        add_span(&frame, figures->asked_us, figures->first_frame_us);
        if (figures->connected_us == 0)
            continue;
        connected++;
        if (figures->checked_us < first_us)
            first_us = figures->checked_us;
        if (figures->connected_us > last_us)
            last_us = figures->connected_us;
    }
    if (joined == 0)
        return json_null();
    return json_pack("{s:I, s:I, s:o, s:o, s:o, s:f}", "viewers", joined, "without_picture", failed,
        "answer_ms", histogram_json(&answer, 1e3), "connected_ms", histogram_json(&connect, 1e3),
        "first_frame_ms", histogram_json(&frame, 1e3), "handshakes_per_s",
        last_us > first_us ? (double)connected * 1e6 / (double)(last_us - first_us) : 0.0);
}

/* The first failure's words stand for all. */
static const char *first_error(const struct crowd *crowd)
{
    for (size_t i = 0; i < crowd->member_count; i++) {
        const struct viewer_figures *figures = viewer_figures(crowd->members[i].viewer);

        if (figures->state == VIEWER_FAILED)
            return figures->error;
    }
    return "";
}

static uint64_t longest_gap(const struct crowd *crowd)
{
    uint64_t longest_us = 0;

    for (size_t i = 0; i < crowd->member_count; i++) {
        const struct viewer_figures *figures = viewer_figures(crowd->members[i].viewer);

        if (figures->longest_gap_us > longest_us)
            longest_us = figures->longest_gap_us;
    }
    return longest_us;
}

json_t *crowd_figures(const struct crowd *crowd)
{
    uint64_t packets = crowd->to.totals.packets - crowd->from.totals.packets;
    json_t *figures = json_pack("{s:I, s:I, s:I, s:s, s:o, s:o, s:o, s:I, s:f, s:I, s:I}",
        "viewers", (json_int_t)crowd->member_count, "watching",
        (json_int_t)count_state(crowd, VIEWER_WATCHING), "failed",
        (json_int_t)count_state(crowd, VIEWER_FAILED), "first_error", first_error(crowd), "traffic",
        traffic_json(&crowd->from, &crowd->to), "video_delay_us",
        histogram_json(&crowd->window.video_delay_ns, 1e3), "audio_delay_us",
        histogram_json(&crowd->window.audio_delay_ns, 1e3), "header_bytes",
        (json_int_t)viewer_figures(crowd->members[0].viewer)->header_bytes, "longest_gap_ms",
        (double)longest_gap(crowd) / 1e3, "mass_start_us", (json_int_t)crowd->mass_start_us,
        "mass_end_us", (json_int_t)crowd->mass_end_us);

    json_object_set_new(figures, "join", joins_json(crowd, MEMBER_MASS));
    json_object_set_new(figures, "join_alone", joins_json(crowd, MEMBER_ALONE));
    json_object_set_new(figures, "join_early", joins_json(crowd, MEMBER_EARLY));
    if (crowd->params->early > 0) {
        json_object_set_new(figures, "early_gap_ms", json_real((double)crowd->early_gap_us / 1e3));
        json_object_set_new(
            figures, "early_gap_before_ms", json_real((double)crowd->early_gap_before_us / 1e3));
    }
    if (crowd->params->churn_seconds > 0) {
        json_object_set_new(figures, "left", json_integer((json_int_t)crowd->left));
        json_object_set_new(figures, "rejoin_ms", histogram_json(&crowd->rejoin_us, 1e3));
    }
    if (crowd->params->cpu_of > 0)
        json_object_set_new(figures, "cpu",
            cpu_meter_json(&crowd->meter, &crowd->from.cpu, &crowd->to.cpu, packets));
    return figures;
}
