#include "relay/routing/lesson_figures.h"

#include "common/clock.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

const char *const lesson_count_names[LESSON_COUNTS] = {
    [LESSON_RTP_IN_PACKETS] = "rtp_in_packets",
    [LESSON_RTP_IN_BYTES] = "rtp_in_bytes",
    [LESSON_LOST_IN] = "lost_in",
    [LESSON_NACKS_OUT] = "nacks_out",
    [LESSON_REPAIRED_IN] = "repaired_in",
    [LESSON_KEYFRAMES_IN] = "keyframes_in",
    [LESSON_KEYFRAME_REQUESTS_OUT] = "keyframe_requests_out",
    [LESSON_RTP_OUT_PACKETS] = "rtp_out_packets",
    [LESSON_RTP_OUT_BYTES] = "rtp_out_bytes",
    [LESSON_LOST_OUT] = "lost_out",
    [LESSON_NACKS_IN] = "nacks_in",
    [LESSON_RTX_OUT_PACKETS] = "rtx_out_packets",
    [LESSON_PADDING_OUT_PACKETS] = "padding_out_packets",
    [LESSON_RTX_REFUSED] = "rtx_refused",
    [LESSON_RTX_MISSING] = "rtx_missing",
    [LESSON_KEYFRAME_REQUESTS_IN] = "keyframe_requests_in",
    [LESSON_LAYER_SWITCHES] = "layer_switches",
    [LESSON_REPLAYS] = "replays",
    [LESSON_JOINS] = "joins",
    [LESSON_JOIN_US] = "join_us",
    [LESSON_DROP_MALFORMED] = "malformed",
    [LESSON_DROP_UNKNOWN_SSRC] = "unknown_ssrc",
    [LESSON_DROP_UNKNOWN_PAYLOAD_TYPE] = "unknown_payload_type",
    [LESSON_DROP_DUPLICATE] = "duplicate",
    [LESSON_DROP_LATE] = "late",
    [LESSON_DROP_FORBIDDEN] = "forbidden",
    [LESSON_DROP_NO_BUFFER] = "no_buffer",
    [LESSON_DROP_NO_CODEC] = "no_codec",
    [LESSON_DROP_SEND_FAILED] = "send_failed",
};

/* A lesson on one machine takes milliseconds, one over a bad line seconds. */
static const uint64_t join_bounds_us[] = {10 * US_PER_MS, 25 * US_PER_MS, 50 * US_PER_MS,
    100 * US_PER_MS, 250 * US_PER_MS, 500 * US_PER_MS, US_PER_S, 2 * US_PER_S, 5 * US_PER_S,
    10 * US_PER_S};

void lesson_book_init(struct lesson_book *book)
{
    size_t bounds = sizeof(join_bounds_us) / sizeof(join_bounds_us[0]);

    memset(book, 0, sizeof(*book));
    list_init(&book->lessons);
    histogram_init(&book->connect, join_bounds_us, bounds);
    histogram_init(&book->join, join_bounds_us, bounds);
}

static void forget(struct lesson_book *book, struct lesson_figures *figures)
{
    for (size_t i = 0; i < LESSON_COUNTS; i++)
        book->forgotten[i] += figures->ended[i];
    book->idle--;
    list_remove(&figures->node);
    free(figures->lesson);
    free(figures);
}

void lesson_book_finish(struct lesson_book *book)
{
    while (!list_is_empty(&book->lessons)) {
        struct lesson_figures *figures =
            list_entry(book->lessons.next, struct lesson_figures, node);

        assert(figures->users == 0);
        forget(book, figures);
    }
}

static struct lesson_figures *find(struct lesson_book *book, const char *lesson)
{
    list_for_each(node, &book->lessons)
    {
        struct lesson_figures *figures = list_entry(node, struct lesson_figures, node);

        if (strcmp(figures->lesson, lesson) == 0)
            return figures;
    }
    return NULL;
}

int lesson_figures_acquire(
    struct lesson_book *book, const char *lesson, struct lesson_figures **ret_figures)
{
    struct lesson_figures *figures = find(book, lesson);

    if (figures == NULL) {
        figures = calloc(1, sizeof(*figures));
        if (figures == NULL)
            return -ENOMEM;
        figures->lesson = strdup(lesson);
        if (figures->lesson == NULL) {
            free(figures);
            return -ENOMEM;
        }
        list_insert_before(&book->lessons, &figures->node);
        book->idle++;
    }
    if (figures->users++ == 0)
        book->idle--;
    *ret_figures = figures;
    return 0;
}

static struct lesson_figures *longest_idle(struct lesson_book *book)
{
    struct lesson_figures *oldest = NULL;

    list_for_each(node, &book->lessons)
    {
        struct lesson_figures *figures = list_entry(node, struct lesson_figures, node);

        if (figures->users == 0 && (oldest == NULL || figures->left_us < oldest->left_us))
            oldest = figures;
    }
    return oldest;
}

void lesson_figures_release(
    struct lesson_book *book, struct lesson_figures *figures, uint64_t now_us)
{
    if (figures == NULL || --figures->users > 0)
        return;
    figures->left_us = now_us;
    book->idle++;
    if (book->idle > LESSON_FIGURES_MAX_IDLE)
        forget(book, longest_idle(book));
}

void lesson_book_tick(struct lesson_book *book, uint64_t now_us)
{
    struct lesson_figures *oldest;

    while (book->idle > 0) {
        oldest = longest_idle(book);
        if (clock_elapsed_us(now_us, oldest->left_us) < LESSON_FIGURES_KEEP_US)
            return;
        forget(book, oldest);
    }
}
