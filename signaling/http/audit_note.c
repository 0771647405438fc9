#include "signaling/http/audit_note.h"

#include "common/clock.h"
#include "common/log.h"
#include "signaling/http/request.h"
#include "signaling/service.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define MINUTE_US       (60 * US_PER_S)
#define RETRY_US        US_PER_S /* a disk that is full now is so in a tenth of a second */
#define FINISH_LIMIT_US (2 * US_PER_S)
#define FINISH_PAUSE_US (10 * US_PER_MS)

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

    if (!audit_notes_admit(&app->audit_notes, clock_now_us(), &withheld))
        return;
    audit_note_detail(request, reason, withheld, detail);
    audit_queue_add(&app->audit_notes.queue, &entry);
    audit_notes_write(app);
}

/* ---- what waits ---- */

void audit_notes_write(struct signaling *app)
{
    struct audit_notes *notes = &app->audit_notes;
    int r;

    if (audit_queue_is_empty(&notes->queue) || clock_now_us() < notes->again_us)
        return;
    r = audit_queue_write(&notes->queue, app->store);
    if (r == -EBUSY)
        return;
    if (r < 0)
        notes->again_us = clock_now_us() + RETRY_US;
    if (r < 0 && r != notes->failed)
        log_error(
            LOG_STORE, "event=audit error=\"%s\" waiting=%zu", strerror(-r), notes->queue.count);
    else if (r == 0 && notes->failed < 0)
        log_info(LOG_STORE, "event=audit outcome=ok waiting=%zu", notes->queue.count);
    notes->failed = r;
}

void audit_notes_finish(struct signaling *app)
{
    struct audit_queue *queue = &app->audit_notes.queue;
    uint64_t until_us = clock_now_us() + FINISH_LIMIT_US;
    int r = 0;

    while (app->store && !audit_queue_is_empty(queue)) {
        r = audit_queue_write(queue, app->store);
        if (r < 0 && (r != -EBUSY || clock_now_us() >= until_us))
            break;
        if (r < 0)
            clock_sleep_until(clock_now_us() + FINISH_PAUSE_US);
    }
    if (!audit_queue_is_empty(queue))
        log_error(LOG_STORE, "event=audit error=\"%s\" lost=%llu", strerror(-r),
            (unsigned long long)(queue->count + queue->lost));
    audit_queue_finish(queue);
}
