#include "relay/routing/layer_demand.h"

#include "common/clock.h"

static void enter(struct layer_demand *demand, enum layer_demand_state state)
{
    demand->state = state;
    demand->asked = 0;
    if (state == LAYER_RUNNING)
        demand->ours = false;
}

static bool is_due(const struct layer_demand *demand, uint64_t now_us)
{
    uint64_t interval_us =
        demand->asked < LAYER_DEMAND_MAX_ASKED ? LAYER_DEMAND_REPEAT_US : LAYER_DEMAND_SLOW_US;

    return demand->asked == 0 || clock_elapsed_us(now_us, demand->asked_us) >= interval_us;
}

static enum layer_demand_action ask(
    struct layer_demand *demand, enum layer_demand_action action, uint64_t now_us)
{
    if (!is_due(demand, now_us))
        return LAYER_DEMAND_NOTHING;
    demand->asked_us = now_us;
    demand->asked++;
    return action;
}

/* Some publishers answer a=rtcp-fb and do nothing: they are left alone for a while. */
static enum layer_demand_action give_up(struct layer_demand *demand, uint64_t now_us)
{
    demand->not_before_us = now_us + LAYER_DEMAND_RETRY_US;
    enter(demand, LAYER_RUNNING);
    return LAYER_DEMAND_NOTHING;
}

static enum layer_demand_action begin_pause(struct layer_demand *demand, uint64_t now_us)
{
    demand->pause_id = (uint16_t)(demand->numbered ? demand->pause_id + 1 : 0);
    demand->numbered = true;
    demand->ours = true;
    enter(demand, LAYER_PAUSING);
    return ask(demand, LAYER_DEMAND_PAUSE, now_us);
}

static enum layer_demand_action resume(struct layer_demand *demand, uint64_t now_us)
{
    if (demand->state != LAYER_RESUMING)
        enter(demand, LAYER_RESUMING);
    return ask(demand, LAYER_DEMAND_RESUME, now_us);
}

/* Packets that were on their way at the pause looked as if it had ended: the request to go on may be
 * lost. */
static bool fell_silent(
    const struct layer_demand *demand, const struct layer_demand_input *input, uint64_t now_us)
{
    return demand->numbered &&
           clock_elapsed_us(now_us, input->last_packet_us) >= LAYER_DEMAND_SETTLE_US;
}

static bool is_back(const struct layer_demand *demand, const struct layer_demand_input *input)
{
    return demand->state == LAYER_RESUMING && demand->asked > 0 &&
           input->last_packet_us > demand->asked_us;
}

static enum layer_demand_action keep_running(
    struct layer_demand *demand, const struct layer_demand_input *input, uint64_t now_us)
{
    switch (demand->state) {
    case LAYER_RUNNING:
        if (fell_silent(demand, input, now_us))
            return resume(demand, now_us);
        return LAYER_DEMAND_NOTHING;
    case LAYER_RESUMING:
        if (is_back(demand, input)) {
            enter(demand, LAYER_RUNNING);
            return LAYER_DEMAND_NOTHING;
        }
        return resume(demand, now_us);
    case LAYER_PAUSING:
    case LAYER_PAUSED:
        break;
    }
    return resume(demand, now_us);
}

static enum layer_demand_action let_rest(
    struct layer_demand *demand, const struct layer_demand_input *input, uint64_t now_us)
{
    uint64_t silent_us = clock_elapsed_us(now_us, input->last_packet_us);

    switch (demand->state) {
    case LAYER_RUNNING:
    case LAYER_RESUMING:
        if (is_back(demand, input)) {
            /* who would like it could not say so while it was away */
            enter(demand, LAYER_RUNNING);
            demand->wanted_us = now_us;
        }
        if (!layer_demand_is_paused(demand) && fell_silent(demand, input, now_us))
            return resume(demand, now_us);
        /* a layer that is silent by itself needs no pause */
        if (silent_us < LAYER_DEMAND_SILENT_US && now_us >= demand->not_before_us &&
            clock_elapsed_us(now_us, demand->wanted_us) >= LAYER_DEMAND_IDLE_US)
            return begin_pause(demand, now_us);
        return LAYER_DEMAND_NOTHING;
    case LAYER_PAUSING:
        if (silent_us >= LAYER_DEMAND_SILENT_US) {
            enter(demand, LAYER_PAUSED);
            return LAYER_DEMAND_NOTHING;
        }
        if (demand->asked >= LAYER_DEMAND_MAX_ASKED)
            return clock_elapsed_us(now_us, demand->asked_us) >= LAYER_DEMAND_REPEAT_US
                       ? give_up(demand, now_us)
                       : LAYER_DEMAND_NOTHING;
        return ask(demand, LAYER_DEMAND_PAUSE, now_us);
    case LAYER_PAUSED:
        /* it goes on by itself: a publisher that started anew, or thinks otherwise */
        if (input->last_packet_us > demand->asked_us + LAYER_DEMAND_SETTLE_US)
            return begin_pause(demand, now_us);
        return LAYER_DEMAND_NOTHING;
    }
    return LAYER_DEMAND_NOTHING;
}

enum layer_demand_action layer_demand_step(
    struct layer_demand *demand, const struct layer_demand_input *input, uint64_t now_us)
{
    if (!input->negotiated)
        return LAYER_DEMAND_NOTHING;
    if (demand->wanted_us == 0)
        demand->wanted_us = now_us;
    if (!input->wanted && !input->lowest)
        return let_rest(demand, input, now_us);
    demand->wanted_us = now_us;
    return keep_running(demand, input, now_us);
}

void layer_demand_told(struct layer_demand *demand, bool paused, uint16_t pause_id, uint64_t now_us)
{
    if (demand->state != LAYER_PAUSING || pause_id != demand->pause_id)
        return;
    if (paused)
        enter(demand, LAYER_PAUSED);
    else
        give_up(demand, now_us);
}

bool layer_demand_is_paused(const struct layer_demand *demand)
{
    return demand->ours &&
           (demand->state != LAYER_RESUMING || demand->asked < LAYER_DEMAND_MAX_ASKED);
}
