/*
 * A room's lessons of the next days, as signaling tells a device (docs/devices.md) and as the device keeps them for when
 * it is offline. The parser checks every member: what a broken server sends never reaches the screen. Fuzzed.
 */
#ifndef DUET_MEDIA_DAY_PLAN_H
#define DUET_MEDIA_DAY_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DAY_PLAN_CACHE_NAME  "day.json" /* in the device's folder */
#define DAY_PLAN_MAX_LESSONS 256
#define DAY_PLAN_MAX_BYTES   (256 * 1024)
#define DAY_PLAN_MAX_DELAY_S 600

struct day_lesson {
    char id[65];
    char subject[65];
    char teacher[65];
    char master_room[129];
    char path[160];  /* "/whip/…" or "/whep/…" of the server */
    unsigned grade;  /* 1 to 12 */
    int64_t start_s; /* seconds since 1970, by this room's own bell */
    int64_t end_s;
    int64_t
        delay_s; /* so much later than the lesson is taught: this room plays it to its own bell */
    /* cancelled or archived, whatever the bell says. One that has ended is over too, but where it is played later. */
    bool is_over;
};

struct day_plan {
    int64_t now_ms; /* the server's clock when it told this */
    char room[129];
    char school[129];
    char zone[65];
    size_t count;
    struct day_lesson lessons[DAY_PLAN_MAX_LESSONS]; /* by start */
};

/* From JSON text. Returns 0 with *ret_plan, for free(); -EBADMSG or -ENOMEM. */
int day_plan_parse(const char *text, size_t len, struct day_plan **ret_plan);

#endif
