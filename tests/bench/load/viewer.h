/*
 * One WHEP viewer (draft-ietf-wish-whep) with a socket of its own: POST of an offer, ICE, DTLS, then
 * counting. Headers of all packets are read in clear; payloads are decrypted until the first picture
 * is whole, and after that only by viewers that are sampled, for the stamps. Sends what a browser
 * sends: receiver reports, transport-wide feedback, NACK, and PLI while there is no picture.
 *
 *   crowd → viewer_join → http_poster → peer_client → viewer_read → figures, tally
 *
 * One thread; borrows everything in viewer_params.
 */
#ifndef DUET_TESTS_BENCH_LOAD_VIEWER_H
#define DUET_TESTS_BENCH_LOAD_VIEWER_H

#include "tests/bench/load/gro_receiver.h"
#include "tests/bench/load/histogram.h"
#include "tests/bench/load/http_poster.h"
#include "tests/support/peer_client.h"

#include <stdbool.h>
#include <stdint.h>

enum viewer_state {
    VIEWER_IDLE,
    VIEWER_ASKING,     /* the offer is out */
    VIEWER_CONNECTING, /* ICE and DTLS */
    VIEWER_WATCHING,
    VIEWER_FAILED,
};

/* From the publisher's stamp, taken just before encryption, to the arrival at the viewer's socket as the
 * kernel saw it: the relay, and both ways through the kernel. */
struct viewer_tally {
    struct histogram video_delay_ns;
    struct histogram audio_delay_ns;
};

struct viewer_params {
    struct peer_context *context;
    struct http_poster *poster;
    struct gro_receiver *receiver;
    struct viewer_tally *tally;
    const char *url;
    int epoll_fd; /* the viewer's socket is added with the viewer as data.ptr */
    bool sampled;
};

/* Since the last join, but for the totals. */
struct viewer_figures {
    enum viewer_state state;
    uint64_t asked_us; /* 0: not yet, as all times here */
    uint64_t answered_us;
    uint64_t checked_us; /* ICE done, DTLS begins */
    uint64_t connected_us;
    uint64_t first_frame_us;
    uint64_t longest_gap_us; /* between whole pictures, since viewer_restart_gap() */
    size_t header_bytes;     /* RTP header with extensions, of the newest video packet */
    char error[120];
};

struct viewer_totals {
    uint64_t packets; /* RTP, RTX included */
    uint64_t bytes;   /* of them, as UDP payload */
    uint64_t lost;    /* holes that nothing filled */
    uint64_t repaired;
    uint64_t repeated;
    uint64_t unreadable; /* wrong tag */
    uint64_t nacks;      /* packets asked for */
    uint64_t plis;
};

struct viewer;

/* Returns 0 or -ENOMEM. */
int viewer_create(const struct viewer_params *params, struct viewer **ret_viewer);
void viewer_destroy(struct viewer *viewer);

void viewer_join(struct viewer *viewer, uint64_t now_us);
/* DELETEs the session and closes; idle then. */
void viewer_leave(struct viewer *viewer);

/* When the socket is readable. True when more is waiting. */
bool viewer_read(struct viewer *viewer);
/* Every 10 ms or so. */
void viewer_tick(struct viewer *viewer, uint64_t now_us);

/* A gap that is under way begins anew. */
void viewer_restart_gap(struct viewer *viewer, uint64_t now_us);

const struct viewer_figures *viewer_figures(const struct viewer *viewer);
/* Of all its sessions so far. */
struct viewer_totals viewer_totals(const struct viewer *viewer);

#endif
