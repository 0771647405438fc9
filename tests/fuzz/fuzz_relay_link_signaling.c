/* Messages of the relay link as signaling reads them, and the records that relays send back. */
#include "signaling/relays/link_messages.h"
#include "signaling/relays/sessions.h"

#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void on_unwanted(void *user, const char *id)
{
    (void)user;
    if (!link_is_hex(id, RANDOM_ID_CHARS))
        abort();
}

static void read_slots(const json_t *json)
{
    struct link_slot slots[LINK_MAX_SLOTS];
    size_t count = 0;

    if (link_slots_from_json(json, slots, &count) < 0)
        return;
    for (size_t i = 0; i < count; i++) {
        if (slots[i].line >= LINK_MAX_SLOTS || slots[i].place >= LINK_MAX_SLOTS ||
            (*slots[i].source && !token_is_name(slots[i].source)))
            abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct link_message message;
    struct json_error error;
    struct media_sessions *sessions;

    if (link_message_parse((const char *)data, size, &message, &error) < 0)
        return 0;
    if (message.type == LINK_REPLY)
        read_slots(message.reply.slots);
    if (message.type == LINK_SLOT_STATE && message.event.slot >= LINK_MAX_SLOTS)
        abort();
    if (message.type == LINK_REGISTER && message.registration.sessions) {
        sessions = media_sessions_create();
        media_sessions_restore(sessions, "relay", message.registration.sessions, on_unwanted, NULL);
        media_sessions_forget_relay(sessions, "relay");
        if (media_sessions_count(sessions) != 0)
            abort();
        media_sessions_destroy(sessions);
    }
    link_message_finish(&message);
    return 0;
}
