/*
 * A county in a real database for tests of placing lessons: two schools with bells five minutes apart, a term, a studio, a
 * hall and a classroom that are paired, two master teachers and a local one.
 */
#ifndef DUET_TESTS_UNIT_SIGNALING_PLACEMENT_COUNTY_H
#define DUET_TESTS_UNIT_SIGNALING_PLACEMENT_COUNTY_H

#include "signaling/accounts/people.h"
#include "signaling/lessons/placement.h"
#include "signaling/lessons/terms.h"
#include "signaling/schools/rooms.h"
#include "tests/unit/signaling/store_folder.h"

#define MINUTE(hour, minute) ((hour)*60 + (minute))

struct fixture {
    char folder[STORE_FOLDER_CHARS];
    struct store *store;
    int64_t county, city, village, term;
    int64_t studio, classroom, hall;
    int64_t wang, li, zhao;
    int64_t now_s;
};

int64_t add_organisation(
    struct fixture *f, enum organisation_kind kind, int64_t parent, const char *name);
int64_t add_room(struct fixture *f, int64_t school, enum room_use use, const char *name);
int64_t add_person(struct fixture *f, const char *name, const char *role);

/* Four periods of 40 minutes with breaks of ten. */
void add_bells(struct fixture *f, int64_t school, unsigned first_minute);
int64_t add_term(struct fixture *f, const char *name, const char *first, const char *last);

/* Each room with each that it may teach. */
void pair_rooms(struct fixture *f);

/* Setup and teardown of a test. */
int open_county(void **state);
int remove_county(void **state);

/* Wang teaches music in the studio to the village's classroom. */
struct timetable_entry music(const struct fixture *f, unsigned weekday, unsigned period);

int save(struct fixture *f, const struct timetable_entry *entry,
    struct placement_report *ret_report, int64_t *ret_id);
int64_t must_save(struct fixture *f, const struct timetable_entry *entry);

/* The first column of the first row. */
int64_t number_of(struct fixture *f, const char *sql);
void run(struct fixture *f, const char *sql);

#endif
