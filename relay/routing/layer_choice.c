#include "relay/routing/layer_choice.h"

#include "common/clock.h"

#include <string.h>

#define MAX_SLOTS           64
#define RAISE_PERCENT       110 /* of the need, before a better layer is tried */
#define KEEP_PERCENT        95  /* of the need: a little less is borne for a moment */
#define SEVERE_PERCENT      75  /* of the need: less is not borne at all */
#define ROOMY_PERCENT       150 /* of the need: the worst layer need not wait after it failed */
#define SHORT_US            (300 * US_PER_MS)
#define PAUSE_SHORT_US      (1500 * US_PER_MS) /* before a picture goes that has no smaller one */
#define MAX_BACKLOG_MS      350
#define BACKLOG_PERCENT     85 /* of the need, when packets pile up though it seems to fit */
#define BACKLOG_INTERVAL_US (500 * US_PER_MS)
#define RAISE_FIRST_US      (500 * US_PER_MS) /* out of a pause, or never lowered yet */
#define RAISE_US            (2 * US_PER_S)
#define RAISE_INTERVAL_US   (500 * US_PER_MS) /* one slot after the other */
#define FAILED_WITHIN_US    (10 * US_PER_S)
#define FIRST_BACKOFF_US    (5 * US_PER_S)
#define MAX_BACKOFF_SHIFT   3
/* a layer whose rate nobody has measured */
#define GUESS_LOWEST_BPS 150000
#define GUESS_FACTOR     3

unsigned layer_choice_priority(const char *source)
{
    if (strcmp(source, "teacher-content") == 0)
        return 0;
    if (strcmp(source, "teacher-camera") == 0)
        return 1;
    return 2;
}

/* ---- what layers cost ---- */

static bool is_live(const struct slot_demand *demand, int layer)
{
    return layer >= 0 && (size_t)layer < demand->layer_count && demand->layers[layer].live;
}

static int lowest_of(const struct slot_demand *demand)
{
    for (int layer = (int)demand->layer_count - 1; layer >= 0; layer--) {
        if (is_live(demand, layer))
            return layer;
    }
    return LAYER_CHOICE_PAUSED;
}

static uint64_t guess_bps(const struct slot_demand *demand, int layer)
{
    uint64_t bps = GUESS_LOWEST_BPS;

    for (int worse = (int)demand->layer_count - 1; worse > layer; worse--)
        bps = GUESS_FACTOR * (demand->layers[worse].bps != 0 ? demand->layers[worse].bps : bps);
    return bps;
}

static uint64_t cost_of(
    const struct slot_demand *demand, int layer, const struct layer_choice_input *input)
{
    if (!is_live(demand, layer))
        return 0;
    uint64_t bps = demand->layers[layer].bps;
    if (bps == 0)
        bps = guess_bps(demand, layer);
    return bps * (1000 + input->overhead_permille) / 1000;
}

/* PAUSED is the worst, then the highest index. */
static bool is_better(int layer, int than)
{
    if (layer == LAYER_CHOICE_PAUSED)
        return false;
    return than == LAYER_CHOICE_PAUSED || layer < than;
}

uint64_t layer_choice_wanted_bps(
    const struct slot_demand *demands, size_t count, const struct layer_choice_input *input)
{
    uint64_t wanted_bps = input->audio_bps;

    for (size_t i = 0; i < count; i++) {
        for (int layer = 0; demands[i].wanted && layer < (int)demands[i].layer_count; layer++) {
            if (is_live(&demands[i], layer)) {
                wanted_bps += cost_of(&demands[i], layer, input);
                break;
            }
        }
    }
    return wanted_bps;
}

/* ---- one division of the budget ---- */

/* Indices in order of importance, the order of slots among equals. */
static void sort(const struct slot_demand *demands, size_t count, uint8_t order[MAX_SLOTS])
{
    for (size_t i = 0; i < count; i++) {
        size_t at = i;
        for (; at > 0 && demands[order[at - 1]].priority > demands[i].priority; at--)
            order[at] = order[at - 1];
        order[at] = (uint8_t)i;
    }
}

static uint64_t take(uint64_t budget_bps, uint64_t cost_bps)
{
    return budget_bps > cost_bps ? budget_bps - cost_bps : 0;
}

/* Everybody's lowest layer before anybody's better one. */
static void divide(const struct slot_demand *demands, const uint8_t *order, size_t count,
    const struct layer_choice_input *input, uint64_t budget_bps, int8_t layers[MAX_SLOTS])
{
    for (size_t n = 0; n < count; n++) {
        const struct slot_demand *demand = &demands[order[n]];
        int lowest = demand->wanted ? lowest_of(demand) : LAYER_CHOICE_PAUSED;
        uint64_t cost_bps = cost_of(demand, lowest, input);
        if (cost_bps > budget_bps && demand->may_pause)
            lowest = LAYER_CHOICE_PAUSED;
        else
            budget_bps = take(budget_bps, cost_bps);
        layers[order[n]] = (int8_t)lowest;
    }
    for (size_t n = 0; n < count; n++) {
        const struct slot_demand *demand = &demands[order[n]];
        int lowest = layers[order[n]];
        for (int layer = 0; layer < lowest; layer++) {
            if (!is_live(demand, layer))
                continue;
            uint64_t more_bps = take(cost_of(demand, layer, input), cost_of(demand, lowest, input));
            if (more_bps <= budget_bps) {
                budget_bps -= more_bps;
                layers[order[n]] = (int8_t)layer;
                break;
            }
        }
    }
}

/* ---- hysteresis ---- */

struct round {
    struct layer_choice *choice;
    const struct slot_demand *demands;
    struct layer_slot *slots;
    size_t count;
    const struct layer_choice_input *input;
    uint64_t now_us;
    uint64_t budget_bps;
    uint8_t order[MAX_SLOTS];
    bool changed;
};

static uint64_t need_bps(const struct round *round)
{
    uint64_t bps = 0;

    for (size_t i = 0; i < round->count; i++)
        bps += cost_of(&round->demands[i], round->slots[i].chosen, round->input);
    return bps;
}

static void set(struct round *round, size_t index, int layer)
{
    struct layer_slot *slot = &round->slots[index];

    if (slot->chosen == layer)
        return;
    slot->chosen = layer;
    slot->fits_us = 0;
    round->changed = true;
}

static void lower(struct round *round, size_t index, int layer)
{
    struct layer_slot *slot = &round->slots[index];

    if (round->input->outage && !slot->resumes) {
        slot->resumes = true;
        slot->resumed_layer = slot->chosen;
    }
    if (slot->raised_us != 0 && !round->input->outage) {
        /* what better layers failed at is not this one's fault */
        bool first = slot->failed_raises == 0 || is_better(slot->failed_layer, slot->chosen);

        slot->failed_raises = first ? 1 : slot->failed_raises + 1;
        slot->failed_layer = slot->chosen;
    }
    slot->raised_us = 0;
    slot->lowered_us = round->now_us;
    round->choice->lowered_us = round->now_us;
    set(round, index, layer);
}

/* Packets that wait for a moment are no reason to take a picture away that fits: its past would be lost, and
 * the way back takes seconds. A patient round takes none away at all. */
static void lower_to_fit(struct round *round, uint64_t budget_bps, bool patient)
{
    int8_t layers[MAX_SLOTS];
    int8_t fitting[MAX_SLOTS];

    divide(round->demands, round->order, round->count, round->input, budget_bps, layers);
    divide(round->demands, round->order, round->count, round->input, round->budget_bps, fitting);
    for (size_t i = 0; i < round->count; i++) {
        if (layers[i] == LAYER_CHOICE_PAUSED && (patient || fitting[i] != LAYER_CHOICE_PAUSED))
            layers[i] = (int8_t)lowest_of(&round->demands[i]);
        if (is_better(round->slots[i].chosen, layers[i]))
            lower(round, i, layers[i]);
    }
}

/* Slots that are new, whose source went away, or whose layer fell silent. */
static void follow_demands(struct round *round)
{
    int8_t layers[MAX_SLOTS];

    divide(round->demands, round->order, round->count, round->input, round->budget_bps, layers);
    for (size_t i = 0; i < round->count; i++) {
        struct layer_slot *slot = &round->slots[i];
        const struct slot_demand *demand = &round->demands[i];
        if (!slot->started)
            *slot = (struct layer_slot){.chosen = LAYER_CHOICE_PAUSED};
        bool silent = slot->chosen != LAYER_CHOICE_PAUSED && !is_live(demand, slot->chosen);
        if (!demand->wanted || lowest_of(demand) == LAYER_CHOICE_PAUSED)
            set(round, i, LAYER_CHOICE_PAUSED);
        else if (!slot->started || silent)
            set(round, i, layers[i]);
        slot->started = demand->wanted && lowest_of(demand) != LAYER_CHOICE_PAUSED;
    }
}

/* What an outage took away comes back in order of importance, as far as it fits. */
static void resume(struct round *round)
{
    for (size_t n = 0; n < round->count && !round->input->outage; n++) {
        size_t i = round->order[n];
        struct layer_slot *slot = &round->slots[i];
        const struct slot_demand *demand = &round->demands[i];
        uint64_t need = need_bps(round) - cost_of(demand, slot->chosen, round->input) +
                        cost_of(demand, slot->resumed_layer, round->input);

        if (!slot->resumes)
            continue;
        slot->resumes = false;
        if (is_live(demand, slot->resumed_layer) && is_better(slot->resumed_layer, slot->chosen) &&
            round->budget_bps >= need * KEEP_PERCENT / 100)
            set(round, i, slot->resumed_layer);
    }
}

/* A step up has proved itself when it has gone out for ten seconds. */
static void judge_raises(struct round *round)
{
    for (size_t i = 0; i < round->count; i++) {
        struct layer_slot *slot = &round->slots[i];
        if (slot->raised_us == 0)
            continue;
        if (round->demands[i].shown != slot->chosen) {
            slot->raised_us = round->now_us; /* its keyframe has not come */
        } else if (clock_elapsed_us(round->now_us, slot->raised_us) >= FAILED_WITHIN_US) {
            slot->raised_us = 0;
            if (!is_better(slot->failed_layer, slot->chosen))
                slot->failed_raises = 0;
        }
    }
}

static void check_shortage(struct round *round)
{
    struct layer_choice *choice = round->choice;
    uint64_t need = need_bps(round);
    uint64_t budget_bps = round->budget_bps;
    bool piled_up = round->input->backlog_ms > MAX_BACKLOG_MS &&
                    (choice->lowered_us == 0 ||
                        clock_elapsed_us(round->now_us, choice->lowered_us) >= BACKLOG_INTERVAL_US);

    if (budget_bps >= need * KEEP_PERCENT / 100) {
        choice->short_us = 0;
    } else if (choice->short_us == 0) {
        choice->short_us = round->now_us;
    }
    uint64_t short_us =
        choice->short_us != 0 ? clock_elapsed_us(round->now_us, choice->short_us) : 0;
    bool lasting = short_us >= SHORT_US;
    bool severe = budget_bps < need * SEVERE_PERCENT / 100;

    if (need == 0 || (!piled_up && !lasting && !severe))
        return;
    if (piled_up && budget_bps > need * BACKLOG_PERCENT / 100)
        budget_bps = need * BACKLOG_PERCENT / 100;
    /* an estimate just below what arrives is one that a queue of a moment lowered: it comes up again by itself */
    bool patient = !piled_up && !severe && short_us < PAUSE_SHORT_US;
    lower_to_fit(round, budget_bps, patient);
    if (!patient)
        choice->short_us = 0;
}

/* Whether a better layer has fitted for long enough. */
static bool is_due(const struct layer_slot *slot, uint64_t now_us)
{
    bool first = slot->chosen == LAYER_CHOICE_PAUSED || slot->lowered_us == 0;

    return clock_elapsed_us(now_us, slot->fits_us) >= (first ? RAISE_FIRST_US : RAISE_US);
}

static bool waits_after_failure(const struct layer_slot *slot, uint64_t now_us)
{
    unsigned shift = slot->failed_raises - 1;

    if (slot->failed_raises == 0)
        return false;
    if (shift > MAX_BACKOFF_SHIFT)
        shift = MAX_BACKOFF_SHIFT;
    return clock_elapsed_us(now_us, slot->lowered_us) < FIRST_BACKOFF_US << shift;
}

/* The layer that failed is left alone for a while, and so are better ones: worse ones are not, or a picture
 * that was paused meanwhile would stand still for as long. Nor is the worst one where there is far more room: what
 * failed then was the moment. */
static int allowed_of(const struct round *round, size_t index, int layer)
{
    const struct slot_demand *demand = &round->demands[index];
    const struct layer_slot *slot = &round->slots[index];
    int lowest = lowest_of(demand);

    if (!waits_after_failure(slot, round->now_us))
        return layer;
    for (; layer >= 0 && layer < (int)demand->layer_count; layer++) {
        if (is_live(demand, layer) && is_better(slot->failed_layer, layer))
            return layer;
    }
    uint64_t need = need_bps(round) + cost_of(demand, lowest, round->input);
    bool roomy = round->budget_bps >= need * ROOMY_PERCENT / 100;
    return slot->chosen == LAYER_CHOICE_PAUSED && roomy ? lowest : LAYER_CHOICE_PAUSED;
}

static void raise_one(struct round *round)
{
    int8_t layers[MAX_SLOTS];
    bool may = round->choice->raised_us == 0 ||
               clock_elapsed_us(round->now_us, round->choice->raised_us) >= RAISE_INTERVAL_US;

    divide(round->demands, round->order, round->count, round->input,
        round->budget_bps * 100 / RAISE_PERCENT, layers);
    for (size_t n = 0; n < round->count; n++) {
        size_t i = round->order[n];
        struct layer_slot *slot = &round->slots[i];
        if (!is_better(layers[i], slot->chosen)) {
            slot->fits_us = 0;
            continue;
        }
        if (slot->fits_us == 0)
            slot->fits_us = round->now_us;
        int layer = allowed_of(round, i, layers[i]);
        if (!may || !is_due(slot, round->now_us) || !is_better(layer, slot->chosen))
            continue;
        may = false;
        slot->raised_us = round->now_us;
        round->choice->raised_us = round->now_us;
        set(round, i, layer);
        /* what more important slots gain, less important ones may have to give */
        if (need_bps(round) > round->budget_bps)
            lower_to_fit(round, round->budget_bps, false);
    }
}

bool layer_choice_update(struct layer_choice *choice, const struct slot_demand *demands,
    struct layer_slot *slots, size_t count, const struct layer_choice_input *input, uint64_t now_us)
{
    struct round round = {
        .choice = choice,
        .demands = demands,
        .slots = slots,
        .count = count < MAX_SLOTS ? count : MAX_SLOTS,
        .input = input,
        .now_us = now_us,
        .budget_bps = take(input->estimate_bps, input->audio_bps),
    };

    sort(demands, round.count, round.order);
    follow_demands(&round);
    resume(&round);
    judge_raises(&round);
    check_shortage(&round);
    raise_one(&round);
    return round.changed;
}
