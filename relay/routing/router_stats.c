/* The figures of a router as JSON: one entry per lesson however many viewers it has. Control path. */
#include "relay/routing/figures.h"

#include <string.h>

static json_t *number(uint64_t value)
{
    return json_integer((json_int_t)value);
}

static json_t *counts_json(const uint64_t counts[LESSON_COUNTS])
{
    json_t *object = json_object();
    json_t *drops = json_object();

    for (size_t i = 0; i < LESSON_DROPS; i++)
        json_object_set_new(object, lesson_count_names[i], number(counts[i]));
    for (size_t i = LESSON_DROPS; i < LESSON_COUNTS; i++) {
        if (counts[i] > 0)
            json_object_set_new(drops, lesson_count_names[i], number(counts[i]));
    }
    json_object_set_new(object, "drops", drops);
    return object;
}

static json_t *gauges_json(const struct lesson_gauges *gauges)
{
    json_t *pictures = json_array();
    json_t *object;

    for (size_t i = 0; i < MEDIA_MAX_LAYERS; i++)
        json_array_append_new(pictures, number(gauges->pictures[i]));
    object = json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:o}", "sources",
        (json_int_t)gauges->sources, "active_sources", (json_int_t)gauges->active_sources,
        "bitrate_in_bps", (json_int_t)gauges->bitrate_in_bps, "viewers",
        (json_int_t)gauges->viewers, "waiting", (json_int_t)gauges->waiting, "estimates",
        (json_int_t)gauges->estimates, "pictures", pictures);
    if (gauges->estimates > 0) {
        json_object_set_new(
            object, "estimate_bps", number(gauges->estimate_sum_bps / gauges->estimates));
        json_object_set_new(object, "estimate_min_bps", number(gauges->estimate_min_bps));
    }
    if (gauges->round_trips > 0) {
        json_object_set_new(object, "rtt_us", number(gauges->rtt_sum_us / gauges->round_trips));
        json_object_set_new(object, "rtt_max_us", number(gauges->rtt_max_us));
    }
    return object;
}

static json_t *lesson_json(const struct lesson_figures *figures)
{
    json_t *object = counts_json(figures->now);
    json_t *gauges = gauges_json(&figures->gauges);

    json_object_update(object, gauges);
    json_decref(gauges);
    json_object_set_new(object, "lesson", json_string(figures->lesson));
    return object;
}

static json_t *totals_json(const struct lesson_book *book)
{
    uint64_t sums[LESSON_COUNTS];

    memcpy(sums, book->forgotten, sizeof(sums));
    list_for_each(node, &book->lessons)
    {
        const struct lesson_figures *figures = list_entry(node, struct lesson_figures, node);

        for (size_t i = 0; i < LESSON_COUNTS; i++)
            sums[i] += figures->now[i];
    }
    return counts_json(sums);
}

/* Those with people in them come first. */
static json_t *lessons_json(const struct lesson_book *book, size_t max, size_t *ret_left_out)
{
    json_t *lessons = json_array();
    size_t left_out = 0;

    for (int idle = 0; idle < 2; idle++) {
        list_for_each(node, &book->lessons)
        {
            const struct lesson_figures *figures = list_entry(node, struct lesson_figures, node);

            if ((figures->users == 0) != (idle == 1))
                continue;
            if (json_array_size(lessons) < max)
                json_array_append_new(lessons, lesson_json(figures));
            else
                left_out++;
        }
    }
    *ret_left_out = left_out;
    return lessons;
}

json_t *router_stats(struct router *router, size_t max_lessons, uint64_t now_us)
{
    struct lesson_book *book = &router->lessons;
    size_t left_out = 0;
    json_t *lessons;

    lesson_book_tick(book, now_us);
    figures_collect(router, now_us);
    lessons = lessons_json(book, max_lessons, &left_out);
    return json_pack("{s:o, s:I, s:o, s:o, s:o, s:{s:I, s:I}, s:I}", "lessons", lessons,
        "lessons_left_out", (json_int_t)left_out, "totals", totals_json(book), "connect",
        histogram_to_json(&book->connect), "join", histogram_to_json(&book->join), "packet_buffers",
        "in_use", (json_int_t)packet_pool_in_use(router->pool), "allocated",
        (json_int_t)packet_pool_allocated(router->pool), "parcels_lost",
        (json_int_t)router->parcels_lost);
}
