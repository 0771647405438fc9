/*
 * Finds room above the estimate: for some milliseconds a viewer is sent more than its media, filled
 * up with RTX padding, and its feedback tells at which rate that arrived. Two steps at the start,
 * then whenever the viewer could use more than the estimate: 3 s after a decrease, 1.5, 4 and 5 s after
 * failures, and at once again while each step succeeds.
 *
 *   probing_start()? → probing_padding() / probing_on_sent() until enough is sent
 *                    → probing_on_received() from feedback → probing_result()
 *
 * One cluster at a time. At low rates the packets are small and the cluster lasts longer, so that it
 * never puts more than about 50 ms on a line. Part of struct bandwidth_estimator; pure.
 */
#ifndef DUET_RELAY_ROUTING_PROBING_H
#define DUET_RELAY_ROUTING_PROBING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum probing_state {
    PROBING_IDLE,
    PROBING_SENDING,
    PROBING_WAITING, /* for feedback */
};

struct probing {
    enum probing_state state;
    uint8_t cluster; /* 1 to 3 in turn: marks the packets */
    unsigned steps;  /* clusters since the start */
    unsigned failed; /* in a row, up to 2 */
    bool unsent;     /* nobody padded the last one: a viewer without RTX */
    uint64_t next_us;
    /* the cluster */
    uint64_t estimate_bps; /* before it */
    uint64_t rate_bps;
    size_t target_bytes;
    size_t packet_bytes;
    size_t sent_bytes;
    unsigned sent_packets;
    uint64_t started_us;
    uint64_t begun_us; /* 0 until its first packet */
    uint64_t sent_us;  /* its last packet */
    size_t last_bytes; /* of its last packet */
    /* what feedback said */
    unsigned received_packets;
    unsigned reported_packets; /* with those lost */
    size_t received_bytes;
    size_t first_bytes; /* of the first that arrived */
    int64_t first_arrival_us;
    int64_t last_arrival_us;
};

struct probing_input {
    uint64_t estimate_bps;
    uint64_t wanted_bps;
    bool congested;        /* a queue grows or stands: not now */
    uint64_t decreased_us; /* last decrease of the estimate; 0 = never */
};

void probing_init(struct probing *probing, uint64_t now_us);

/* Begins a cluster when one is due. */
void probing_start(struct probing *probing, const struct probing_input *input, uint64_t now_us);

/* Bytes of padding to send now; 0 = none. */
size_t probing_padding(const struct probing *probing, uint64_t now_us);

/* Any packet to the viewer while PROBING_SENDING, media too. */
void probing_on_sent(struct probing *probing, size_t bytes, uint64_t now_us);

/* A packet that was marked with the current cluster. */
void probing_on_received(struct probing *probing, size_t bytes, int64_t arrival_us);
void probing_on_lost(struct probing *probing);

/* After feedback and on ticks. True once per cluster that got through; *ret_bps is what the line
 * carries at least. usual_loss: the share that is lost anyway, at any rate. */
bool probing_result(struct probing *probing, uint64_t rtt_us, double usual_loss, uint64_t now_us,
    uint64_t *ret_bps);

/* Gives up a cluster that is under way. */
void probing_cancel(struct probing *probing, uint64_t now_us);

#endif
