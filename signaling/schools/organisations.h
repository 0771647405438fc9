/*
 * The tree of counties and schools, and whatever stands above them: who is responsible for one is responsible for all
 * below it. Names are unique among the children of one parent.
 *
 * Errors as in store/store.h.
 */
#ifndef DUET_SIGNALING_SCHOOLS_ORGANISATIONS_H
#define DUET_SIGNALING_SCHOOLS_ORGANISATIONS_H

#include "signaling/store/list_page.h"
#include "signaling/store/store.h"
#include "signaling/timetable/school_clock.h"

#define ORGANISATIONS_MAX_NAME_BYTES 128
#define ORGANISATIONS_MAX_DEPTH      8

/* For other modules' statements: queries of the ids of organisation ?1 and of all below, or above it. */
#define ORGANISATIONS_BELOW                                                                        \
    "WITH RECURSIVE below (id) AS (VALUES (?1) UNION ALL SELECT o.id FROM organisations o"         \
    " JOIN below b ON o.parent = b.id) SELECT id FROM below"
#define ORGANISATIONS_ABOVE                                                                        \
    "WITH RECURSIVE above (id) AS (VALUES (?1) UNION ALL SELECT o.parent FROM organisations o"     \
    " JOIN above a ON o.id = a.id WHERE o.parent IS NOT NULL) SELECT id FROM above"

enum organisation_kind {
    ORGANISATION_REGION, /* above counties: a city, a province */
    ORGANISATION_COUNTY,
    ORGANISATION_SCHOOL,
};

struct organisation {
    int64_t id;
    int64_t parent; /* 0 for a root */
    enum organisation_kind kind;
    char name[ORGANISATIONS_MAX_NAME_BYTES + 1];
    char zone[SCHOOL_CLOCK_MAX_ZONE_BYTES + 1]; /* IANA name */
    int64_t version;                            /* grows with each change */
};

/* "region", "county", "school". */
const char *organisations_kind_name(enum organisation_kind kind);

/* False for another name. */
bool organisations_kind_of(const char *name, enum organisation_kind *ret_kind);

/* Adds it (its id is ignored and told in ret_id) with an entry in the audit log. A county stands under nothing or a
 * region, a school under a county, a region under nothing or a region. Returns 0, -EEXIST for a name taken among its
 * siblings, -ENOENT for an unknown parent, -EINVAL for a parent of the wrong kind, a name or zone that cannot be, or
 * deeper than ORGANISATIONS_MAX_DEPTH, or an error of the store. */
int organisations_add(struct store *store, const struct organisation *organisation, const char *by,
    int64_t now_s, int64_t *ret_id);

/* The same within store_begin() and store_end(). */
int organisations_insert(struct store *store, const struct organisation *organisation,
    const char *by, int64_t now_s, int64_t *ret_id);

/* Whether there is such an IANA zone. */
bool organisations_is_zone(const char *zone);

/* 1, 0, or an error of the store. */
int organisations_get(struct store *store, int64_t id, struct organisation *ret_organisation);

/* Calls on_organisation for root and all below it (root 0: for all there are), by name among siblings, parents
 * before their children. */
int organisations_list(struct store *store, int64_t root, const struct list_page *page,
    void (*on_organisation)(void *user, const struct organisation *organisation), void *user);

/* Whether all others are below it: 1, 0, or an error of the store. */
int organisations_is_only_root(struct store *store, int64_t id);

/* Whether id is ancestor or below it: 1, 0, or an error of the store. */
int organisations_contains(struct store *store, int64_t ancestor, int64_t id);

#endif
