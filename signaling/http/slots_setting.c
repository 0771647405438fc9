#include "signaling/http/slots_setting.h"

#include "common/clock.h"
#include "signaling/service.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct slots_setting {
    struct signaling *app;
    slots_on_set on_set;
    void *user;
    char session[RANDOM_ID_CHARS + 1];
    size_t waiting;
    struct awaited {
        struct slots_setting *setting;
        uint64_t handle; /* 0 once answered */
    } awaited[LINK_MAX_SLOTS];
};

static const char *state_name(const struct link_slot *slot)
{
    switch (slot->state) {
    case LINK_SLOT_PLAYING:
        return "playing";
    case LINK_SLOT_NO_CODEC:
        return "no_codec";
    case LINK_SLOT_PAUSED:
        return "paused";
    default:
        return *slot->source ? "waiting" : "empty";
    }
}

json_t *slots_to_json(const struct media_session *session)
{
    json_t *list = json_array();

    for (size_t i = 0; i < session->slot_count; i++) {
        const struct link_slot *slot = &session->slots[i];

        json_array_append_new(list, json_pack("{s:i, s:s, s:s, s:s}", "slot", slot->line, "kind",
                                        slot->is_video ? "video" : "audio", "source", slot->source,
                                        "state", state_name(slot)));
    }
    return json_pack("{s:o}", "slots", list);
}

int slots_setting_check(struct media_session *session, const struct token_sources *watch,
    const struct slots_request *wanted, char ret_detail[static 160])
{
    if (session->record.view != LINK_VIEW_WALL) {
        snprintf(ret_detail, 160,
            "These slots follow the lesson; a viewer chooses only what its wall shows.");
        return 409;
    }
    for (size_t i = 0; i < wanted->count; i++) {
        const struct slots_change *change = &wanted->changes[i];

        if (!media_session_slot(session, change->line)) {
            snprintf(ret_detail, 160, "The session has no slot %u.", change->line);
            return 400;
        }
        if (*change->source && !token_sources_have(watch, change->source)) {
            snprintf(
                ret_detail, 160, "The media token does not allow to watch %s.", change->source);
            return 403;
        }
    }
    return 0;
}

void slots_setting_cancel(struct slots_setting *setting)
{
    for (size_t i = 0; i < LINK_MAX_SLOTS; i++) {
        if (setting->awaited[i].handle)
            relays_cancel(setting->app->relays, setting->awaited[i].handle);
    }
    free(setting);
}

static void on_reply(void *user, const struct link_reply *reply, bool timed_out)
{
    struct awaited *awaited = user;
    struct slots_setting *setting = awaited->setting;
    struct media_sessions *sessions = setting->app->sessions;
    const struct media_session *session = media_sessions_find(sessions, setting->session);

    awaited->handle = 0;
    setting->waiting--;
    if (session && reply && reply->ok && setting->waiting > 0)
        return;
    setting->on_set(setting->user, session, reply, timed_out);
    if (session && reply && !reply->ok && reply->status == 404)
        media_sessions_remove(sessions, setting->session);
    slots_setting_cancel(setting);
}

int slots_setting_begin(struct signaling *app, struct media_session *session,
    const struct slots_request *wanted, slots_on_set on_set, void *user,
    struct slots_setting **ret_setting)
{
    struct slots_setting *setting = calloc(1, sizeof(*setting));

    if (!setting)
        return -ENOMEM;
    setting->app = app;
    setting->on_set = on_set;
    setting->user = user;
    memcpy(setting->session, session->record.session, sizeof(setting->session));
    for (size_t i = 0; i < wanted->count; i++) {
        struct awaited *awaited = &setting->awaited[i];

        awaited->setting = setting;
        awaited->handle = relays_set_slot(app->relays, session,
            media_session_slot(session, wanted->changes[i].line), wanted->changes[i].source,
            on_reply, awaited, clock_now_us());
        if (!awaited->handle) {
            slots_setting_cancel(setting);
            return -ENOTCONN;
        }
        setting->waiting++;
    }
    *ret_setting = setting;
    return 0;
}
