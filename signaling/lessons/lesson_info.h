/*
 * One lesson as those who take part in it see it: what it is, when its bells ring, who and which rooms belong to it.
 * Errors as in store/store.h.
 */
#ifndef DUET_SIGNALING_LESSONS_LESSON_INFO_H
#define DUET_SIGNALING_LESSONS_LESSON_INFO_H

#include "signaling/accounts/people.h"
#include "signaling/lessons/entries.h"
#include "signaling/lessons/lessons.h"
#include "signaling/schools/organisations.h"

#include <jansson.h>

#define LESSON_INFO_STATE_CHARS 16

struct lesson_place {
    int64_t room;
    int64_t teacher; /* 0 while nobody is named */
    int64_t school;
    unsigned delay_s; /* how much later than live it plays */
    char name[ORGANISATIONS_MAX_NAME_BYTES + 1];
    char teacher_name[PEOPLE_MAX_NAME_BYTES + 1];
};

struct lesson_info {
    char id[TOKEN_MAX_NAME_CHARS + 1];
    char title[LESSONS_MAX_TITLE_BYTES + 1];
    char state[LESSON_INFO_STATE_CHARS]; /* a lesson that was added by hand is always "open" */
    char stage[TOKEN_MAX_NAME_CHARS + 1];
    int64_t entry; /* 0: it was added by hand, and the rest stays empty */
    int32_t day;
    unsigned period;
    unsigned grade;
    bool late;                                  /* open, and the alert was given */
    char zone[SCHOOL_CLOCK_MAX_ZONE_BYTES + 1]; /* of the master room's school */
    struct bell_span span; /* both 0 when the bells have no such period (any more) */
    struct lesson_place master;
    size_t receiving_count;
    struct lesson_place receiving[ENTRIES_MAX_ROOMS];
};

/* 1, 0, or an error of the store. */
int lesson_info_get(struct store *store, const char *id, struct lesson_info *ret_info);

/* Where that person teaches in it, NULL for nobody of the rooms. Borrowed from info. */
const struct lesson_place *lesson_info_place_of(const struct lesson_info *info, int64_t person);

/* {id, title, state, late, stage, grade, starts, ends, zone, room, rooms}; starts and ends are null without bells. A new reference,
 * or NULL without memory. */
json_t *lesson_info_to_json(const struct lesson_info *info);

#endif
