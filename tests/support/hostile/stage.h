/*
 * A publisher and a viewer of ARENA_SOURCE: 30 pictures a second, a keyframe with each thirtieth, so that
 * an attack can see whether forwarding goes on. Used between arena_join and the attacks; one thread.
 */
#ifndef DUET_TESTS_SUPPORT_HOSTILE_STAGE_H
#define DUET_TESTS_SUPPORT_HOSTILE_STAGE_H

#include "tests/support/hostile/arena.h"

#include <stdbool.h>

struct stage {
    struct arena *arena;                    /* borrowed */
    struct participant *publisher, *viewer; /* the arena's */

    /* What the viewer got. */
    uint64_t media_packets, media_bytes;
    uint64_t resent_packets, resent_bytes;
    uint64_t duplicates; /* a sequence number that it had already, media and RTX */
    uint64_t forbidden;  /* NAL types that no depayloader should see */
    uint16_t last_sequence;
    bool seen[2][65536];
    /* What the publisher was asked. */
    uint64_t keyframe_requests;

    uint64_t next_picture_us;
    unsigned pictures;
};

/* Both are connected and media flows, or a negative errno. */
int stage_open(struct stage *stage, struct arena *arena);
/* Both leave politely. */
void stage_close(struct stage *stage);

/* arena_turn() with the pictures that are due. */
void stage_turn(struct stage *stage);
void stage_run(struct stage *stage, unsigned ms);

/* Half a second later, or a little more: are both still connected, and does what one sends reach the other? */
bool stage_is_alive(struct stage *stage);

#endif
