#include "relay/session_slots.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct session_slots {
    size_t count;
    struct shown {
        size_t line;  /* index of the m-line */
        size_t place; /* among the offer's m-lines of its kind, rejected ones counted */
        enum media_kind kind;
        char source[MEDIA_NAME_CHARS + 1];
        const char *state; /* static */
    } shown[];
};

int session_slots_create(const struct negotiation *negotiation, struct session_slots **ret_slots)
{
    struct session_slots *slots =
        calloc(1, sizeof(*slots) + negotiation->accepted_count * sizeof(slots->shown[0]));

    size_t places[] = {[MEDIA_AUDIO] = 0, [MEDIA_VIDEO] = 0};

    if (slots == NULL)
        return -ENOMEM;
    for (size_t i = 0; i < negotiation->media_count; i++) {
        const struct negotiated_media *media = &negotiation->media[i];
        size_t *place = &places[media->offer->kind == SDP_AUDIO ? MEDIA_AUDIO : MEDIA_VIDEO];

        if (media->accepted) {
            slots->shown[slots->count++] = (struct shown){
                .line = i, .place = *place, .kind = media->track.kind, .state = "empty"};
            session_slots_set_source(slots, slots->count - 1, media->source);
        }
        if (media->offer->kind == SDP_AUDIO || media->offer->kind == SDP_VIDEO)
            ++*place;
    }
    *ret_slots = slots;
    return 0;
}

void session_slots_destroy(struct session_slots *slots)
{
    free(slots);
}

void session_slots_set_source(struct session_slots *slots, size_t slot, const char *source)
{
    struct shown *shown;

    if (slots == NULL || slot >= slots->count)
        return;
    shown = &slots->shown[slot];
    if (strcmp(shown->source, source) == 0)
        return;
    snprintf(shown->source, sizeof(shown->source), "%s", source);
    shown->state = "empty"; /* routing tells when something of the new one goes out */
}

void session_slots_set_state(struct session_slots *slots, size_t slot, const char *state)
{
    if (slots != NULL && slot < slots->count)
        slots->shown[slot].state = state;
}

json_t *session_slots_to_json(const struct session_slots *slots)
{
    json_t *list = slots != NULL ? json_array() : NULL;

    for (size_t i = 0; list != NULL && i < slots->count; i++) {
        const struct shown *shown = &slots->shown[i];
        json_t *item = json_pack("[I, s, I, s, s]", (json_int_t)shown->line,
            shown->kind == MEDIA_AUDIO ? "audio" : "video", (json_int_t)shown->place, shown->source,
            shown->state);

        if (json_array_append_new(list, item) < 0) {
            json_decref(list);
            return NULL;
        }
    }
    return list;
}
