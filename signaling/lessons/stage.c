#include "signaling/lessons/stage.h"

#include "common/clock.h"
#include "common/log.h"
#include "signaling/realtime/participants.h"
#include "signaling/relays/relays.h"
#include "signaling/service.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define ROOM_PREFIX "room-"

/* Places of the stage among a lesson's slots: whep_watch_lesson() lays them out. */
#define STAGE_VIDEO 2
#define STAGE_AUDIO 1

bool stage_is_room(const char *source)
{
    return token_is_name(source) && strncmp(source, ROOM_PREFIX, strlen(ROOM_PREFIX)) == 0 &&
           source[strlen(ROOM_PREFIX)] != '\0';
}

/* ---- in the database ---- */

int stage_read(struct store *store, const char *lesson, char ret_source[TOKEN_MAX_NAME_CHARS + 1])
{
    sqlite3_stmt *statement = store_prepare(store, "SELECT stage FROM lessons WHERE id = ?");
    int r;

    store_bind_text(statement, 1, lesson);
    r = store_step(store, statement);
    if (r == 1)
        store_column_text(statement, 0, ret_source, TOKEN_MAX_NAME_CHARS + 1);
    store_finish(statement);
    return r == 0 ? -ENOENT : r < 0 ? r : 0;
}

static int write_stage(struct store *store, const char *lesson, const char *source)
{
    sqlite3_stmt *statement = store_prepare(store, "UPDATE lessons SET stage = ? WHERE id = ?");
    int r;

    store_bind_text(statement, 1, source);
    store_bind_text(statement, 2, lesson);
    r = store_run(store, statement);
    if (r < 0)
        return r;
    return store_changes(store) > 0 ? 0 : -ENOENT;
}

/* ---- in the slots ---- */

const char *stage_seen_by(
    const struct link_record *viewer, const char *source, const char *publisher)
{
    if (!token_sources_have(&viewer->watch, source) || strcmp(viewer->room, source) == 0 ||
        strcmp(viewer->owner, publisher) == 0)
        return "";
    return source;
}

/* A stage on its way to the viewers of its lesson. */
struct showing {
    struct signaling *app;
    const char *source;
    const char *publisher; /* subject, "" for nobody */
};

static void show(void *user, struct media_session *session)
{
    const struct showing *showing = user;
    const char *source;

    if (session->record.view != LINK_VIEW_LESSON)
        return;
    source = stage_seen_by(&session->record, showing->source, showing->publisher);
    for (size_t i = 0; i < session->slot_count; i++) {
        struct link_slot *slot = &session->slots[i];

        if (slot->place == (slot->is_video ? STAGE_VIDEO : STAGE_AUDIO) &&
            strcmp(slot->source, source) != 0)
            relays_set_slot(
                showing->app->relays, session, slot, source, NULL, NULL, clock_now_us());
    }
}

static const char *publisher_of(const struct signaling *app, const char *lesson, const char *source)
{
    const struct media_session *session =
        *source ? media_sessions_publisher(app->sessions, lesson, source) : NULL;

    return session ? session->record.owner : "";
}

static void show_to_all(struct signaling *app, const char *lesson, const char *source)
{
    struct showing showing = {app, source, publisher_of(app, lesson, source)};

    media_sessions_each(app->sessions, lesson, show, &showing);
}

int stage_set(struct signaling *app, const char *lesson, const char *source)
{
    int r = write_stage(app->store, lesson, source);

    if (r < 0)
        return r;
    show_to_all(app, lesson, source);
    participants_publish(app, lesson, json_pack("{s:s, s:s}", "type", "stage", "source", source));
    return 0;
}

/* "" as well when the database does not answer: then nobody is shown rather than somebody of before. */
static void read_or_none(
    struct signaling *app, const char *lesson, char ret_source[TOKEN_MAX_NAME_CHARS + 1])
{
    int r = stage_read(app->store, lesson, ret_source);

    if (r == 0)
        return;
    ret_source[0] = '\0';
    log_error(LOG_STORE, "lesson=%s error=\"%s\" stage unknown", lesson, strerror(-r));
}

void stage_session_started(struct signaling *app, struct media_session *session)
{
    const struct link_record *record = &session->record;
    char source[TOKEN_MAX_NAME_CHARS + 1];
    struct showing showing = {app, source, ""};

    if (record->kind == LINK_PUBLISH ? !stage_is_room(record->source)
                                     : record->view != LINK_VIEW_LESSON)
        return;
    read_or_none(app, record->lesson, source);
    if (record->kind == LINK_WATCH) {
        showing.publisher = publisher_of(app, record->lesson, source);
        show(&showing, session);
    } else if (strcmp(record->source, source) == 0) {
        show_to_all(app, record->lesson, source);
    }
}

/* The stages of the lessons met so far, [source, subject of its publisher] by lesson. */
struct reconciliation {
    struct signaling *app;
    json_t *stages; /* owned */
};

static void reconcile(void *user, struct media_session *session)
{
    struct reconciliation *all = user;
    const char *lesson = session->record.lesson;
    struct showing showing = {all->app, "", ""};
    json_t *stage;

    if (session->record.view != LINK_VIEW_LESSON)
        return;
    stage = json_object_get(all->stages, lesson);
    if (!stage) {
        char source[TOKEN_MAX_NAME_CHARS + 1];

        read_or_none(all->app, lesson, source);
        stage = json_pack("[s, s]", source, publisher_of(all->app, lesson, source));
        json_object_set_new(all->stages, lesson, stage);
    }
    if (!stage)
        return; /* without memory it stays as it is */
    showing.source = json_string_value(json_array_get(stage, 0));
    showing.publisher = json_string_value(json_array_get(stage, 1));
    show(&showing, session);
}

void stage_relay_connected(struct signaling *app)
{
    struct reconciliation all = {app, json_object()};

    if (all.stages)
        media_sessions_each(app->sessions, NULL, reconcile, &all);
    json_decref(all.stages);
}
