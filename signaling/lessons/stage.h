/*
 * The stage of a lesson: the receiving room that everyone now sees and hears. It is kept in the
 * database, and every viewer of the whole lesson shows it in its stage slots (the third video and the
 * second audio m-line): at once, when it joins later, and after signaling or its relay started again.
 *
 * Two kinds of viewers have empty stage slots: those whose token may not watch the room, and those who
 * sit in it, since nobody wants to hear itself. A viewer sits in a room when its token may publish that
 * room and no other, or when it has the same subject as the room's publisher (docs/slots.md).
 * Loop thread.
 */
#ifndef DUET_SIGNALING_LESSONS_STAGE_H
#define DUET_SIGNALING_LESSONS_STAGE_H

#include "signaling/accounts/token.h"
#include "signaling/relays/sessions.h"
#include "signaling/store/store.h"

struct signaling;

/* "room-…": what may stand on a stage. */
bool stage_is_room(const char *source);

/* The source on stage, "" for none. Returns 0, -ENOENT for an unknown lesson, or an error of the
 * store. */
int stage_read(struct store *store, const char *lesson, char ret_source[TOKEN_MAX_NAME_CHARS + 1]);

/* Keeps it and shows it to every viewer; the same again does no harm. Returns as stage_read(). */
int stage_set(struct signaling *app, const char *lesson, const char *source);

/* What this viewer of the whole lesson sees of a stage: source or "". publisher is the subject that
 * publishes it, "" for nobody. Pure. */
const char *stage_seen_by(
    const struct link_record *viewer, const char *source, const char *publisher);

/* A session became live: a viewer gets the stage; a publisher may turn out to be the one on stage, and
 * who sits with it. */
void stage_session_started(struct signaling *app, struct media_session *session);

/* A relay registered, with what its slots really show: whatever differs is set. */
void stage_relay_connected(struct signaling *app);

#endif
