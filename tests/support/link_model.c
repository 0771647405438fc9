#include "tests/support/link_model.h"

#include <string.h>

/* splitmix64: small, seedable and good enough for losses. */
static uint64_t next_random(struct link_model *model)
{
    uint64_t z = (model->random += UINT64_C(0x9e3779b97f4a7c15));

    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

static double next_unit(struct link_model *model)
{
    return (double)(next_random(model) >> 11) / (double)(UINT64_C(1) << 53);
}

void link_model_init(struct link_model *model, const struct link_params *params, uint64_t seed)
{
    memset(model, 0, sizeof(*model));
    model->params = *params;
    model->random = seed;
}

void link_model_set(struct link_model *model, const struct link_params *params)
{
    model->params = *params;
}

/* Gilbert: in a burst everything is lost; its mean length and the loss share give both transitions. */
static bool is_lost(struct link_model *model)
{
    const struct link_params *p = &model->params;

    if (p->loss <= 0.0) {
        model->in_burst = false;
        return false;
    }
    if (p->loss >= 1.0)
        return true;
    if (p->burst_packets <= 1.0)
        return next_unit(model) < p->loss;
    double leave = 1.0 / p->burst_packets;
    double enter = leave * p->loss / (1.0 - p->loss);
    model->in_burst = next_unit(model) < (model->in_burst ? 1.0 - leave : enter);
    return model->in_burst;
}

bool link_model_send(
    struct link_model *model, size_t len_bytes, uint64_t now_us, uint64_t *ret_arrival_us)
{
    const struct link_params *p = &model->params;

    if (is_lost(model)) {
        model->lost++;
        return false;
    }
    uint64_t start_us = now_us;
    if (p->rate_bps > 0) {
        if (model->free_at_us > start_us)
            start_us = model->free_at_us;
        if (start_us - now_us > p->queue_us) {
            model->overflowed++;
            return false;
        }
        start_us += (uint64_t)len_bytes * 8 * 1000000 / p->rate_bps;
        model->free_at_us = start_us;
    }
    uint64_t arrival_us = start_us + p->delay_us;
    if (p->jitter_us > 0)
        arrival_us += (uint64_t)(next_unit(model) * (double)p->jitter_us);
    if (arrival_us < model->last_arrival_us)
        arrival_us = model->last_arrival_us;
    model->last_arrival_us = arrival_us;
    model->sent++;
    *ret_arrival_us = arrival_us;
    return true;
}
