/*
 * What is counted for one lesson: the sums over its streams and viewers, those that have ended
 * included, so that a count never goes back while the lesson is known. A lesson nobody has been in for
 * LESSON_FIGURES_KEEP_US is forgotten; its counts stay in the sums over all lessons.
 *
 *   stream, subscriber → (as they end) lesson_figures.ended → router_stats
 *
 * Private to this folder; one book per router, on its thread. Nothing here runs per packet.
 */
#ifndef DUET_RELAY_ROUTING_LESSON_FIGURES_H
#define DUET_RELAY_ROUTING_LESSON_FIGURES_H

#include "common/histogram.h"
#include "relay/routing/list.h"
#include "relay/routing/media_params.h"

#include <stdbool.h>
#include <stdint.h>

#define LESSON_FIGURES_KEEP_US  UINT64_C(600000000)
#define LESSON_FIGURES_MAX_IDLE 256

/* Names and order: lesson_count_names. */
enum lesson_count {
    LESSON_RTP_IN_PACKETS,
    LESSON_RTP_IN_BYTES,
    LESSON_LOST_IN,     /* given up: repair did not bring them */
    LESSON_NACKS_OUT,   /* packets that publishers were asked for again */
    LESSON_REPAIRED_IN, /* packets that retransmission brought */
    LESSON_KEYFRAMES_IN,
    LESSON_KEYFRAME_REQUESTS_OUT, /* PLI and FIR to publishers */
    LESSON_RTP_OUT_PACKETS,
    LESSON_RTP_OUT_BYTES,
    LESSON_LOST_OUT,             /* by the viewers' reports */
    LESSON_NACKS_IN,             /* packets that viewers asked for again */
    LESSON_RTX_OUT_PACKETS,      /* of them sent again */
    LESSON_PADDING_OUT_PACKETS,  /* sent before, and again to try how much a line carries */
    LESSON_RTX_REFUSED,          /* of those asked for over the budget, or sent a moment ago */
    LESSON_RTX_MISSING,          /* of those asked for not in the cache any more */
    LESSON_KEYFRAME_REQUESTS_IN, /* PLI and FIR from viewers */
    LESSON_LAYER_SWITCHES,
    LESSON_REPLAYS,
    LESSON_JOINS,   /* viewers whose picture came */
    LESSON_JOIN_US, /* the time it took all of them together */

    LESSON_DROPS, /* from here on: packets dropped, by reason */
    LESSON_DROP_MALFORMED = LESSON_DROPS,
    LESSON_DROP_UNKNOWN_SSRC,
    LESSON_DROP_UNKNOWN_PAYLOAD_TYPE,
    LESSON_DROP_DUPLICATE,
    LESSON_DROP_LATE,
    LESSON_DROP_FORBIDDEN,
    LESSON_DROP_NO_BUFFER,
    LESSON_DROP_NO_CODEC,
    LESSON_DROP_SEND_FAILED,
    LESSON_COUNTS,
};

extern const char *const lesson_count_names[LESSON_COUNTS];

/* The state of this moment, over what is connected. */
struct lesson_gauges {
    unsigned sources; /* published */
    unsigned active_sources;
    uint64_t bitrate_in_bps;
    unsigned viewers;
    unsigned pictures[MEDIA_MAX_LAYERS]; /* video slots that show the best layer, the next, … */
    unsigned waiting;                    /* video slots whose source sends, without a picture */
    unsigned estimates;                  /* viewers whose line has been estimated */
    uint64_t estimate_sum_bps;
    uint64_t estimate_min_bps;
    unsigned round_trips; /* viewers whose round trip is known */
    uint64_t rtt_sum_us;
    uint64_t rtt_max_us;
};

struct lesson_figures {
    struct list_node node; /* of the book */
    char *lesson;          /* owned */
    unsigned users;
    uint64_t left_us; /* when the last user went */
    uint64_t ended[LESSON_COUNTS];

    /* while statistics are put together: with what is connected */
    uint64_t now[LESSON_COUNTS];
    struct lesson_gauges gauges;
};

struct lesson_book {
    struct list_node lessons;
    unsigned idle;
    uint64_t forgotten[LESSON_COUNTS];
    struct histogram connect; /* session made → transport connected */
    struct histogram join;    /* session made → first packet of video sent */
};

void lesson_book_init(struct lesson_book *book);
/* Every user must have left. */
void lesson_book_finish(struct lesson_book *book);

/* Finds or makes the lesson and counts the caller as user. Returns 0 or -ENOMEM. */
int lesson_figures_acquire(
    struct lesson_book *book, const char *lesson, struct lesson_figures **ret_figures);
/* figures may be NULL. */
void lesson_figures_release(
    struct lesson_book *book, struct lesson_figures *figures, uint64_t now_us);

/* Forgets the lessons that were left long ago. */
void lesson_book_tick(struct lesson_book *book, uint64_t now_us);

#endif
