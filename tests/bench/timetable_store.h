/* The timetable of bench_timetable.c's county in a real database. */
#ifndef DUET_TESTS_BENCH_TIMETABLE_STORE_H
#define DUET_TESTS_BENCH_TIMETABLE_STORE_H

#include <stddef.h>

struct timetable_store_figures {
    size_t lessons;
    size_t week_lessons;
    double generate_ms;   /* a term's lessons from its entries, written and committed */
    double check_ms;      /* one entry against all, the worst of some */
    double check_full_ms; /* the same at a time when relays are full, the worst of some */
    double save_ms;       /* the same, with its lessons, written and committed */
    double week_ms;       /* the county's lessons of a week with their times, the best of some */
    double clashes_ms;    /* who and what is needed twice in that week, the best of some */
    size_t clashes;
    double start_ms;     /* opening it and reading every page, as at each start of duet-signaling */
    double backup_ms;    /* a copy, checked */
    double report_ms;    /* what became of all lessons of the term by room, the best of some */
    size_t report_units; /* of those lessons, counted in each receiving room */
    double bell_ms; /* the lessons around now, as the bell reads them after a change, the best */
    size_t bell_lessons; /* that is how many */
    double longer_ms;    /* the term by four weeks more, written and committed */
    size_t longer_lessons;
};

/* In a folder of its own, which is gone afterwards. Returns 0 or a negative errno. */
int timetable_store_measure(struct timetable_store_figures *ret_figures);

#endif
