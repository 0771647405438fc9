#include "signaling/http/revocation.h"

#include "common/clock.h"
#include "common/log.h"
#include "signaling/realtime/participants.h"
#include "signaling/relays/relays.h"
#include "signaling/service.h"

#include <string.h>

#define BATCH 64

/* The table must not change while it is read: they are ended so many at a time. */
struct batch {
    const char *subject;
    struct media_session *sessions[BATCH];
    size_t count;
};

static void take(void *user, struct media_session *session)
{
    struct batch *batch = user;

    if (batch->count < BATCH && strcmp(session->record.owner, batch->subject) == 0)
        batch->sessions[batch->count++] = session;
}

void revocation_end_subject(struct signaling *app, const char *subject)
{
    struct batch batch = {.subject = subject};
    size_t ended = 0;

    do {
        batch.count = 0;
        media_sessions_each(app->sessions, NULL, take, &batch);
        for (size_t i = 0; i < batch.count; i++)
            relays_end_session(app->relays, batch.sessions[i], "revoked", clock_now_us());
        ended += batch.count;
    } while (batch.count == BATCH);
    participants_close_subject(app, subject);
    log_info(LOG_ACCESS, "event=revoked subject=%s media_sessions=%zu", subject, ended);
}
