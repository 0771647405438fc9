/*
 * Filling the slots of a wall, for HTTP and for /ws alike: all of it is checked before any of it is done, and whoever
 * asked hears once, when its relay has answered every change. Loop thread.
 */
#ifndef DUET_SIGNALING_HTTP_SLOTS_SETTING_H
#define DUET_SIGNALING_HTTP_SLOTS_SETTING_H

#include "signaling/http/slots_request.h"
#include "signaling/relays/relays.h"

struct signaling;
struct slots_setting;

/* {slots: [{slot, kind, source, state}]}. A new reference, or NULL without memory. */
json_t *slots_to_json(const struct media_session *session);

/* What stands against these changes, for somebody who may watch that: 0, or a status (400, 403, 409) with a sentence. */
int slots_setting_check(struct media_session *session, const struct token_sources *watch,
    const struct slots_request *wanted, char ret_detail[static 160]);

/* session is NULL when it has ended; then, or when reply is NULL or not ok, not all of it was done. The setting is gone
 * when this returns. */
typedef void (*slots_on_set)(void *user, const struct media_session *session,
    const struct link_reply *reply, bool timed_out);

/* After the check. Returns 0, -ENOMEM, or -ENOTCONN when the relay cannot be asked; on_set is called later, unless
 * cancelled. */
int slots_setting_begin(struct signaling *app, struct media_session *session,
    const struct slots_request *wanted, slots_on_set on_set, void *user,
    struct slots_setting **ret_setting);

/* Nobody wants to hear of it any more; what was asked for is done all the same. */
void slots_setting_cancel(struct slots_setting *setting);

#endif
