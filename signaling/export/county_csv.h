/*
 * Schools, people, rooms and bells of an organisation as CSV, in the columns that importing takes (import/): what was
 * exported can be brought into an empty database. Of people no password, and neither administrators nor disabled ones:
 * those are made by hand.
 *
 * On the thread of store_worker.h; errors as in store/store.h.
 */
#ifndef DUET_SIGNALING_EXPORT_COUNTY_CSV_H
#define DUET_SIGNALING_EXPORT_COUNTY_CSV_H

#include "signaling/store/store.h"

#include <stdbool.h>
#include <stdio.h>

enum county_csv {
    COUNTY_CSV_SCHOOLS,
    COUNTY_CSV_PEOPLE,
    COUNTY_CSV_ROOMS,
    COUNTY_CSV_BELLS,
};

/* "schools", "people", "rooms", "bells", as import_kind_of() has them. */
const char *county_csv_name(enum county_csv kind);

/* False for another name. */
bool county_csv_of(const char *name, enum county_csv *ret_kind);

int county_csv_write(
    struct store *store, enum county_csv kind, int64_t organisation, bool english, FILE *file);

#endif
