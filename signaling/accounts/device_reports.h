/*
 * What boxes tell of themselves each half minute, on its way to the database: two thousand of them are written about once
 * a second, many in one transaction, and not each with a wait for the disk. Who shows devices writes first what waits, so
 * that a page is never behind. A crash loses what was told in the last second; the boxes tell it again. Loop thread.
 */
#ifndef DUET_SIGNALING_ACCOUNTS_DEVICE_REPORTS_H
#define DUET_SIGNALING_ACCOUNTS_DEVICE_REPORTS_H

#include "signaling/store/store.h"

#define DEVICE_REPORTS_TURN        500  /* written in one turn of the loop */
#define DEVICE_REPORTS_MAX_WAITING 4096 /* while the database takes none */

struct device_reports;

/* store is borrowed. NULL without memory. */
struct device_reports *device_reports_create(struct store *store);
/* Writes what waits. NULL-safe. */
void device_reports_destroy(struct device_reports *reports);

/* As devices_see() (accounts/devices.h) of a box that has not proven itself with it. Returns 0, -EBUSY when too much waits,
 * or -ENOMEM. */
int device_reports_add(struct device_reports *reports, int64_t device, const char *version,
    const char *health, int64_t now_s);

/* Writes all that waits, before somebody looks. When the database takes none of it now, it goes on waiting. */
void device_reports_flush(struct device_reports *reports);

/* Every 100 ms or so. */
void device_reports_tick(struct device_reports *reports, uint64_t now_us);

#endif
