#include "signaling/http/audit_note.h"

#include "common/clock.h"
#include "common/log.h"
#include "signaling/http/request.h"
#include "signaling/service.h"

#include <stdio.h>
#include <string.h>

#define MINUTE_US (60 * US_PER_S)

bool audit_notes_admit(struct audit_notes *notes, uint64_t now_us, unsigned *ret_withheld)
{
    if (notes->minute_us == 0 || now_us - notes->minute_us >= MINUTE_US) {
        notes->minute_us = now_us;
        notes->written = 0;
    }
    if (notes->written == AUDIT_NOTE_PER_MINUTE) {
        notes->withheld++;
        return false;
    }
    notes->written++;
    *ret_withheld = notes->withheld;
    notes->withheld = 0;
    return true;
}

void audit_note_detail(const struct http_request *request, const char *reason, unsigned withheld,
    char ret_detail[AUDIT_NOTE_DETAIL_CHARS])
{
    char more[AUDIT_NOTE_DETAIL_CHARS / 2] = "";

    if (reason)
        snprintf(more, sizeof(more), ",\"reason\":\"%s\"", reason);
    if (withheld > 0)
        snprintf(more + strlen(more), sizeof(more) - strlen(more), ",\"withheld\":%u", withheld);
    snprintf(ret_detail, AUDIT_NOTE_DETAIL_CHARS, "{\"address\":\"%s\"%s}", request->address, more);
}

void audit_note_refusal(struct http_request *request, const char *person, const char *event,
    const char *object, const char *outcome, const char *reason)
{
    struct signaling *app = request->app;
    char detail[AUDIT_NOTE_DETAIL_CHARS];
    struct audit_entry entry = {clock_wall_s(), person, event, object, outcome, detail};
    unsigned withheld = 0;
    int r;

    if (!audit_notes_admit(&app->audit_notes, clock_now_us(), &withheld))
        return;
    audit_note_detail(request, reason, withheld, detail);
    r = store_begin(app->store);
    if (r == 0)
        r = audit_log_end(app->store, 0, &entry);
    if (r < 0)
        log_error(LOG_STORE, "event=audit error=\"%s\"", strerror(-r));
}
