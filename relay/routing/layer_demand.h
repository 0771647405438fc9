/*
 * When a publisher's layer is paused and resumed (RFC 7728): 5 s after the last viewer lost interest
 * the publisher is asked to pause it, and as soon as somebody wants it, to go on. The lowest layer is
 * never paused, so that whoever joins gets a picture at once; it is also the only one of a source
 * without simulcast. A layer that does not come back when it is asked to is dead to viewers, and is asked
 * now and then, wanted or not: nobody can want what is dead.
 *
 *   feedback tick → layer_demand_step per layer → PAUSE or RESUME to write (wire/rtcp_pause.h)
 *   what the publisher tells → layer_demand_told
 *
 * By value, one per layer, zeroed at first; sends nothing itself. Pure; one thread.
 */
#ifndef DUET_RELAY_ROUTING_LAYER_DEMAND_H
#define DUET_RELAY_ROUTING_LAYER_DEMAND_H

#include <stdbool.h>
#include <stdint.h>

#define LAYER_DEMAND_IDLE_US   UINT64_C(5000000)
#define LAYER_DEMAND_REPEAT_US UINT64_C(500000)
#define LAYER_DEMAND_SLOW_US   UINT64_C(5000000) /* after LAYER_DEMAND_MAX_ASKED requests to go on */
#define LAYER_DEMAND_SETTLE_US UINT64_C(1000000) /* what is on its way may still come */
#define LAYER_DEMAND_MAX_ASKED 6 /* without effect: this publisher does not pause this layer */
#define LAYER_DEMAND_RETRY_US  UINT64_C(60000000)
#define LAYER_DEMAND_SILENT_US UINT64_C(200000) /* no packet for so long: it does pause */

enum layer_demand_state {
    LAYER_RUNNING,
    LAYER_PAUSING, /* asked, packets still come */
    LAYER_PAUSED,
    LAYER_RESUMING, /* asked, nothing comes yet */
};

struct layer_demand {
    enum layer_demand_state state;
    uint64_t wanted_us; /* when it last was, or the first step; 0 = before that */
    uint64_t asked_us;
    unsigned asked; /* requests in this state */
    uint64_t not_before_us;
    uint16_t pause_id;
    bool numbered; /* pause_id was used */
    bool ours;     /* its silence is our doing */
};

enum layer_demand_action {
    LAYER_DEMAND_NOTHING,
    LAYER_DEMAND_PAUSE,
    LAYER_DEMAND_RESUME,
};

struct layer_demand_input {
    bool negotiated; /* a=rtcp-fb … ccm pause */
    bool lowest;     /* of the layers that arrive */
    bool wanted;     /* a slot shows it, or would if it came */
    uint64_t last_packet_us;
};

/* What to send now, with demand->pause_id; it counts as sent. */
enum layer_demand_action layer_demand_step(
    struct layer_demand *demand, const struct layer_demand_input *input, uint64_t now_us);

/* The publisher confirmed (PAUSED) or refused a request. */
void layer_demand_told(
    struct layer_demand *demand, bool paused, uint16_t pause_id, uint64_t now_us);

/* Whether silence of the layer is what we asked for: it is alive, and wanting it brings it back. No longer so
 * when LAYER_DEMAND_MAX_ASKED requests to go on had no effect. */
bool layer_demand_is_paused(const struct layer_demand *demand);

#endif
