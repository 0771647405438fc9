/*
 * Importing a CSV file of schools, people, rooms, bells or lessons: all of its mistakes are told before anything is written, with
 * warnings of what may be one, and then all of it is written in one transaction, or nothing. The check reads a snapshot and locks nobody out; only when
 * somebody changed something in between is it made again in the transaction that writes.
 *
 * On the thread of store_worker.h; errors as in store/store.h.
 */
#ifndef DUET_SIGNALING_IMPORT_IMPORT_H
#define DUET_SIGNALING_IMPORT_IMPORT_H

#include "signaling/import/sheet.h"
#include "signaling/schools/organisations.h"

#include <stdatomic.h>

#define IMPORT_MAX_BYTES (2 * 1024 * 1024)

/* Who imports: names are resolved in their part of the tree. */
struct import_who {
    const char *name;
    int64_t root;       /* 0: all of it */
    bool only_teachers; /* who may be imported: as /api/v1/people has it for coordinators */
    int64_t now_s;
};

struct import {
    /* borrowed */
    struct store *store;
    const struct import_who *who;
    const struct sheet *sheet;
    struct faults *faults, *warnings;
    /* owned: who's part of the tree */
    struct organisation *organisations;
    size_t organisation_count, organisation_capacity;
    bool failed; /* there was no memory for one */
};

/* What can be imported. check adds a fault for each mistake, and makes a plan of the rest; write does what it says,
 * with entries in the audit log, and adds to result what the person must be told. */
struct import_kind {
    const char *name; /* "people" */
    const struct sheet_column *columns;
    size_t column_count;
    size_t max_rows;
    const char *examples[2]; /* a row for the template, in Chinese and in English */
    int (*check)(struct import *import, void **ret_plan);
    int (*write)(struct import *import, void *plan, json_t *result);
    void (*destroy)(void *plan);
};

extern const struct import_kind schools_import, people_import, rooms_import, bells_import,
    timetable_import;

/* By name; NULL for none. */
const struct import_kind *import_kind_of(const char *name);

struct import_report {
    struct faults faults;   /* owned: faults_finish() */
    struct faults warnings; /* owned: the same, of what is written all the same */
    json_t *result; /* owned: {rows, columns, table} of what was read, and what write added */
    bool written;
};

/* dry: only looks. abandoned: nobody waits any more, so nothing is written. Returns 0, also with faults, or an error of
 * the store. import_report_finish() is due in any case. */
int import_run(const struct import_kind *kind, struct store *store, const struct import_who *who,
    const uint8_t *data, size_t len, bool dry, const atomic_bool *abandoned,
    struct import_report *ret_report);
void import_report_finish(struct import_report *report);

/* ---- for the kinds ---- */

/* Borrowed; NULL with a fault for an empty cell, and for a column that the file has not. */
const char *import_required(struct import *import, size_t row, size_t column);

/* Borrowed; "" for an empty cell or a column that the file has not. */
const char *import_optional(struct import *import, size_t row, size_t column);

void import_fault(
    struct import *import, size_t row, size_t column, const char *code, const char *other);

/* What may be a mistake, and is written all the same; codes are those of faults. */
void import_warning(
    struct import *import, size_t row, size_t column, const char *code, const char *other);

/* What a name may be of. */
enum import_place {
    IMPORT_ANYWHERE,
    IMPORT_COUNTY,
    IMPORT_SCHOOL,
};

/* Of the person's part of the tree, by name or "county/school". NULL with a fault. */
const struct organisation *import_organisation(
    struct import *import, size_t row, size_t column, const char *name, enum import_place place);

/* The same without a word; NULL also when there are several. */
const struct organisation *import_find_organisation(
    const struct import *import, const char *name, enum import_place place);

/* "12", in a buffer of the caller's. */
const char *import_row_name(struct import *import, size_t row, char text[static 16]);

/* Whether key was there in an earlier row (told in ret_row); seen, a JSON object, then knows this one. */
bool import_seen(json_t *seen, const char *key, size_t row, size_t *ret_row);

#endif
