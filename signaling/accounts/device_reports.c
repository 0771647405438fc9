#include "signaling/accounts/device_reports.h"

#include "common/clock.h"
#include "common/log.h"
#include "signaling/accounts/devices.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define WRITE_EVERY_US US_PER_S

struct report {
    struct report *next;
    int64_t device;
    int64_t told_s;
    char *health; /* owned; NULL: as before */
    char version[DEVICES_MAX_VERSION_BYTES + 1];
};

struct device_reports {
    /* borrowed */
    struct store *store;

    /* owned */
    struct report *first, **end; /* in the order that they came */

    /* state */
    size_t count;
    uint64_t written_us;
};

struct device_reports *device_reports_create(struct store *store)
{
    struct device_reports *reports = calloc(1, sizeof(*reports));

    if (!reports)
        return NULL;
    reports->store = store;
    reports->end = &reports->first;
    return reports;
}

static void destroy_report(struct report *report)
{
    free(report->health);
    free(report);
}

int device_reports_add(struct device_reports *reports, int64_t device, const char *version,
    const char *health, int64_t now_s)
{
    struct report *report;

    if (reports->count == DEVICE_REPORTS_MAX_WAITING)
        return -EBUSY;
    report = calloc(1, sizeof(*report));
    if (report && health)
        report->health = strdup(health);
    if (!report || (health && !report->health)) {
        free(report);
        return -ENOMEM;
    }
    report->device = device;
    report->told_s = now_s;
    strncpy(report->version, version, sizeof(report->version) - 1);
    *reports->end = report;
    reports->end = &report->next;
    reports->count++;
    return 0;
}

/* The first of them; what comes after is ret_rest. */
static int write_first(struct device_reports *reports, struct report **ret_rest)
{
    struct report *at = reports->first;
    int r = 0;

    for (size_t i = 0; r == 0 && at && i < DEVICE_REPORTS_TURN; i++, at = at->next)
        r = devices_see(reports->store, at->device, at->version, at->health, false, at->told_s);
    *ret_rest = at;
    return r;
}

/* A turn's worth of what waits. */
static int write_some(struct device_reports *reports)
{
    struct report *rest = NULL;
    int r = store_begin(reports->store);

    if (r == 0)
        r = store_end(reports->store, write_first(reports, &rest));
    while (r == 0 && reports->first != rest) {
        struct report *next = reports->first->next;

        destroy_report(reports->first);
        reports->first = next;
        reports->count--;
    }
    if (!reports->first)
        reports->end = &reports->first;
    if (r < 0)
        log_warn(
            LOG_STORE, "error=\"%s\" %zu reports of devices wait", strerror(-r), reports->count);
    return r;
}

void device_reports_flush(struct device_reports *reports)
{
    while (reports->first && write_some(reports) == 0)
        continue;
}

void device_reports_tick(struct device_reports *reports, uint64_t now_us)
{
    int r;

    if (!reports->first || now_us - reports->written_us < WRITE_EVERY_US)
        return;
    r = write_some(reports);
    /* the rest of many in the next turn; a database that takes none is asked again in a second */
    if (r < 0 || !reports->first)
        reports->written_us = now_us;
}

void device_reports_destroy(struct device_reports *reports)
{
    if (!reports)
        return;
    device_reports_flush(reports);
    if (reports->first)
        log_error(LOG_STORE, "reports of devices of the last second are lost");
    while (reports->first) {
        struct report *next = reports->first->next;

        destroy_report(reports->first);
        reports->first = next;
    }
    free(reports);
}
