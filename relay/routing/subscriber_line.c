/* How the slots of one viewer share its line. */
#include "common/clock.h"
#include "relay/routing/subscriber.h"

/* Times the bitrate of redundant sound, below and above which it is sent without and with redundancy. */
#define PLAIN_BELOW     2
#define REDUNDANT_AGAIN 3
#define PLAIN_PERCENT   60 /* of its bitrate is left without */

static void describe(const struct slot *slot, struct slot_demand *demand, uint64_t now_us)
{
    struct track *track = slot->track;

    demand->priority = layer_choice_priority(slot->entry != NULL ? slot->entry->source : "");
    demand->wanted = slot->kind == MEDIA_VIDEO && track != NULL;
    demand->shown = LAYER_CHOICE_PAUSED;
    if (!demand->wanted)
        return;
    demand->layer_count = track->layer_count;
    for (size_t rank = 0; rank < track->layer_count; rank++) {
        const struct layer *layer = track_layer(track, rank);

        demand->layers[rank] = (struct layer_rate){
            .live = layer_is_available(layer, now_us),
            .bps = layer_bitrate_bps(layer, now_us),
        };
        if (layer == slot->current)
            demand->shown = (int)rank;
    }
}

/* As the source sends it. */
static uint64_t audio_bps(const struct slot *slot, uint64_t now_us)
{
    const struct layer *layer = slot->current;

    if (slot->kind != MEDIA_AUDIO || layer == NULL || !layer_is_active(layer, now_us))
        return 0;
    return reception_bitrate_bps(&layer->reception, now_us);
}

/* Where redundancy would take most of the line from the sound itself, each frame goes out once. What went
 * out in the other form is forgotten: a packet sent again without RTX must be the same to the bit. */
static void choose_redundancy(struct slot *slot, uint64_t estimate_bps, uint64_t bps)
{
    bool plain = estimate_bps != 0 &&
                 estimate_bps < bps * (slot->plain_audio ? REDUNDANT_AGAIN : PLAIN_BELOW);

    if (slot->kind != MEDIA_AUDIO || bps == 0 || slot->plain_audio == plain)
        return;
    slot->plain_audio = plain;
    slot_set_payload_types(slot);
    sent_history_forget(&slot->history);
}

/* Answers go back to the slots; none limits any where the line does not. */
static void give_choices(
    struct subscriber *subscriber, const struct layer_slot *choices, bool limited)
{
    for (size_t i = 0; i < subscriber->slot_count; i++) {
        struct slot *slot = &subscriber->slots[i];

        slot->choice = limited ? choices[i] : (struct layer_slot){0};
    }
}

void subscriber_choose(struct subscriber *subscriber, uint64_t now_us)
{
    struct slot_demand demands[MEDIA_MAX_SLOTS] = {0};
    struct layer_slot choices[MEDIA_MAX_SLOTS];
    uint64_t audio = 0;
    uint64_t held_us = 0;

    for (size_t i = 0; i < subscriber->slot_count; i++) {
        struct slot *slot = &subscriber->slots[i];
        uint64_t slot_us = slot_held_us(slot, now_us);
        uint64_t slot_bps = audio_bps(slot, now_us);

        describe(slot, &demands[i], now_us);
        choices[i] = slot->choice;
        choose_redundancy(slot, line_estimate_bps(&subscriber->line), slot_bps);
        audio += slot->plain_audio ? slot_bps * PLAIN_PERCENT / 100 : slot_bps;
        if (slot_us > held_us)
            held_us = slot_us;
    }
    give_choices(subscriber, choices,
        line_choose(
            &subscriber->line, demands, choices, subscriber->slot_count, audio, held_us, now_us));
    for (size_t i = 0; i < subscriber->slot_count; i++)
        slot_choose(&subscriber->slots[i], now_us);
}

void subscriber_pad(struct subscriber *subscriber, uint64_t now_us)
{
    size_t packet_bytes;
    size_t due = line_padding(&subscriber->line, now_us, &packet_bytes);

    for (size_t i = 0; i < subscriber->slot_count && due > 0; i++) {
        size_t sent = slot_send_padding(&subscriber->slots[i], due, now_us);

        due = due > sent ? due - sent : 0;
    }
}
