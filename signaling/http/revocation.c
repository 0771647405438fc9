#include "signaling/http/revocation.h"

#include "common/clock.h"
#include "common/log.h"
#include "signaling/accounts/logins.h"
#include "signaling/realtime/participants.h"
#include "signaling/relays/relays.h"
#include "signaling/service.h"

#include <stdio.h>
#include <string.h>

#define BATCH 64

/* The table must not change while it is read: they are ended so many at a time. */
struct batch {
    struct store *store; /* NULL: of all logins, and of none */
    const char *subject;
    struct media_session *sessions[BATCH];
    size_t count;
};

static void take(void *user, struct media_session *session)
{
    struct batch *batch = user;

    if (batch->count < BATCH && strcmp(session->record.owner, batch->subject) == 0 &&
        (!batch->store || logins_ended(batch->store, session->record.login) == 1))
        batch->sessions[batch->count++] = session;
}

static void end(struct signaling *app, const char *subject, bool only_ended_logins)
{
    struct batch batch = {.store = only_ended_logins ? app->store : NULL, .subject = subject};
    size_t ended = 0;

    do {
        batch.count = 0;
        media_sessions_each(app->sessions, NULL, take, &batch);
        for (size_t i = 0; i < batch.count; i++)
            relays_end_session(app->relays, batch.sessions[i], "revoked", clock_now_us());
        ended += batch.count;
    } while (batch.count == BATCH);
    participants_close_subject(app, subject, only_ended_logins);
    log_info(LOG_ACCESS, "event=revoked subject=%s media_sessions=%zu", subject, ended);
}

void revocation_end_subject(struct signaling *app, const char *subject)
{
    end(app, subject, false);
}

void revocation_end_logins(struct signaling *app, int64_t person)
{
    char subject[32];

    snprintf(subject, sizeof(subject), "person-%lld", (long long)person);
    end(app, subject, true);
}
