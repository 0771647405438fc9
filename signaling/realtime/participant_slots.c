/* The slots of a participant's own WHEP sessions over /ws, as docs/slots.md has them over HTTP. */
#include "signaling/http/slots_setting.h"
#include "signaling/realtime/participant.h"
#include "signaling/service.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static struct media_session *find_own(
    struct participant *participant, const struct client_message *message)
{
    struct media_session *session =
        media_sessions_find(participant->app->sessions, message->session);

    if (session && session->state == MEDIA_SESSION_LIVE && session->record.kind == LINK_WATCH &&
        strcmp(session->record.owner, participant->presence->subject) == 0 &&
        strcmp(session->record.lesson, participant->channel->lesson) == 0)
        return session;
    participant_refuse(participant, message, 404, "no_session",
        "There is no such session; it may have ended. Start a new one.");
    return NULL;
}

static void answer(struct participant *participant, const struct client_message *message,
    const struct media_session *session)
{
    json_t *slots = slots_to_json(session);

    if (slots) {
        json_object_set_new(slots, "type", json_string("slots"));
        json_object_set_new(slots, "session", json_string(session->record.session));
        if (message->has_id)
            json_object_set_new(slots, "id", json_integer((json_int_t)message->id));
    }
    participant_send(participant, slots);
}

void participant_slots_get(struct participant *participant, const struct client_message *message)
{
    const struct media_session *session = find_own(participant, message);

    if (session)
        answer(participant, message, session);
}

/* ---- slots.set ---- */

/* One change at a time: the next waits for the first one's answer. */
struct participant_slots {
    struct participant *participant;
    struct client_message message;
    struct slots_setting *setting;
};

static void on_set(
    void *user, const struct media_session *session, const struct link_reply *reply, bool timed_out)
{
    struct participant_slots *slots = user;
    struct participant *participant = slots->participant;

    participant->slots = NULL;
    if (session && reply && reply->ok)
        answer(participant, &slots->message, session);
    else if (reply && !reply->ok)
        participant_refuse(participant, &slots->message, reply->status, reply->code,
            *reply->detail ? reply->detail : "The media relay refused this.");
    else
        participant_refuse(participant, &slots->message, timed_out ? 504 : 503, "no_relay",
            "The media relay did not answer; try again in a moment.");
    free(slots);
}

static void begin(struct participant *participant, const struct client_message *message,
    struct media_session *session)
{
    struct participant_slots *slots = calloc(1, sizeof(*slots));
    int r = -ENOMEM;

    if (slots) {
        slots->participant = participant;
        slots->message = *message;
        r = slots_setting_begin(
            participant->app, session, &message->slots, on_set, slots, &slots->setting);
    }
    if (r == 0) {
        participant->slots = slots;
        return;
    }
    free(slots);
    participant_refuse(participant, message, 503, "no_relay",
        "No media relay is connected now; try again in a moment.");
}

void participant_slots_set(struct participant *participant, const struct client_message *message)
{
    struct media_session *session = find_own(participant, message);
    struct lesson_access access;
    struct lesson_info lesson;
    char detail[160];
    int status;

    if (!session)
        return;
    if (participant->slots) {
        participant_refuse(
            participant, message, 429, "busy", "Wait for the answer to the change before.");
        return;
    }
    if (participant_find_access(participant, participant->channel->lesson, &lesson, &access) < 0) {
        participant_refuse(participant, message, 403, "refused", "This is not a lesson of yours.");
        return;
    }
    status = slots_setting_check(session, &access.claims.watch, &message->slots, detail);
    if (status == 0)
        begin(participant, message, session);
    else
        participant_refuse(participant, message, status, "refused", detail);
}

void participant_slots_cancel(struct participant *participant)
{
    if (!participant->slots)
        return;
    slots_setting_cancel(participant->slots->setting);
    free(participant->slots);
    participant->slots = NULL;
}
