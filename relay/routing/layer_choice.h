/*
 * Which layer each video slot of one viewer gets for the bandwidth there is: audio is taken off
 * first, then every slot gets its lowest layer in order of importance, then better ones in the same
 * order. What does not fit is paused: the picture stands still and sound goes on.
 *
 *   down   at once when the estimate is far too small or packets pile up, after 300 ms when it is
 *          a little too small, and after 1.5 s when no smaller layer is left: the picture would be gone
 *          an outage takes away too, but that is no failure: when it is over the layer from before is
 *          back at once, if the estimate still allows it
 *   up     when the estimate was 1.1 times the need for 2 s (for 500 ms from a pause or a start);
 *          to a layer that failed, or a better one, only after 5, 10, 20, 40 s
 *
 * A function of its arguments and of small structs that the caller keeps by value, one per viewer and
 * one per slot. Call it every 50 to 150 ms, and after feedback when something is amiss.
 */
#ifndef DUET_RELAY_ROUTING_LAYER_CHOICE_H
#define DUET_RELAY_ROUTING_LAYER_CHOICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LAYER_CHOICE_MAX_LAYERS 3
#define LAYER_CHOICE_PAUSED     (-1)

/* Importance by the name of the source: 0 first (teacher-content, teacher-camera, rooms). */
unsigned layer_choice_priority(const char *source);

struct layer_rate {
    bool live;    /* packets come, or would if it was chosen; false = silent or not published */
    uint32_t bps; /* measured over about a second; 0 = not known yet: a guess is taken */
};

struct slot_demand {
    unsigned priority;
    bool wanted;    /* has a source with video that the viewer can take */
    bool may_pause; /* else it keeps its lowest layer whatever it costs */
    size_t layer_count;
    struct layer_rate layers[LAYER_CHOICE_MAX_LAYERS]; /* best first */
    int shown; /* the layer that goes out now, LAYER_CHOICE_PAUSED for none */
};

/* One slot; zero-initialise, and again when its source changes. */
struct layer_slot {
    bool started;
    int chosen;             /* the answer: index of a layer or LAYER_CHOICE_PAUSED */
    uint64_t fits_us;       /* since when a better one would fit; 0 = it does not */
    uint64_t raised_us;     /* last step up; 0 = none that could still fail */
    unsigned failed_raises; /* in a row */
    int failed_layer;       /* of the last of them */
    uint64_t lowered_us;    /* last step down; 0 = never */
    bool resumes;           /* an outage took its layer away: */
    int resumed_layer;      /* this one */
};

/* One viewer; zero-initialise. */
struct layer_choice {
    uint64_t short_us;   /* since when the estimate is too small; 0 = it is not */
    uint64_t raised_us;  /* last step up of any slot */
    uint64_t lowered_us; /* last step down of any slot */
};

struct layer_choice_input {
    uint64_t estimate_bps;
    uint64_t audio_bps;         /* of all audio slots */
    unsigned overhead_permille; /* RTX, FEC and headers on top of the layers' bitrates */
    uint64_t backlog_ms;        /* how long the oldest packet of media has waited for the pacer */
    bool outage; /* nothing is heard of the viewer: the estimate is a precaution, no measure */
};

/* slots[i].chosen is the answer for demands[i]. At most 64 slots. True when any changed. */
bool layer_choice_update(struct layer_choice *choice, const struct slot_demand *demands,
    struct layer_slot *slots, size_t count, const struct layer_choice_input *input,
    uint64_t now_us);

/* What the viewer could use: every slot's best layer, audio and overhead. For
 * bandwidth_estimator_set_wanted(). */
uint64_t layer_choice_wanted_bps(
    const struct slot_demand *demands, size_t count, const struct layer_choice_input *input);

#endif
