#include "media/day_plan.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/json.h"

#define MAX_GRADE 12
#define LATEST_S  INT64_C(253402300799) /* the year 9999 */

static bool copy_text(const json_t *object, const char *key, char *ret_text, size_t size)
{
    struct json_error error;
    const char *text = json_get_string(object, key, size - 1, &error);

    if (!text)
        return false;
    memcpy(ret_text, text, strlen(text) + 1);
    return true;
}

/* It is put behind the server's address: nothing in it may lead elsewhere. */
static bool is_path(const char *path)
{
    if (strncmp(path, "/whip/", 6) != 0 && strncmp(path, "/whep/", 6) != 0)
        return false;
    return path[6 + strspn(path + 6,
                        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_/")] ==
           '\0';
}

/* A day that was kept by an earlier version does not tell it. */
static bool parse_delay(const json_t *json, int64_t *ret_delay_s)
{
    struct json_error error;

    if (!json_object_get(json, "delay_s")) {
        *ret_delay_s = 0;
        return true;
    }
    return json_get_int(json, "delay_s", 0, DAY_PLAN_MAX_DELAY_S, ret_delay_s, &error) == 0;
}

static bool parse_lesson(const json_t *json, struct day_lesson *ret_lesson)
{
    struct json_error error;
    char state[16];
    int64_t grade;

    if (!copy_text(json, "id", ret_lesson->id, sizeof(ret_lesson->id)) || !*ret_lesson->id ||
        !copy_text(json, "subject", ret_lesson->subject, sizeof(ret_lesson->subject)) ||
        !copy_text(json, "teacher", ret_lesson->teacher, sizeof(ret_lesson->teacher)) ||
        !copy_text(json_object_get(json, "master_room"), "name", ret_lesson->master_room,
            sizeof(ret_lesson->master_room)) ||
        !copy_text(json, "path", ret_lesson->path, sizeof(ret_lesson->path)) ||
        !copy_text(json, "state", state, sizeof(state)) || !is_path(ret_lesson->path) ||
        json_get_int(json, "grade", 1, MAX_GRADE, &grade, &error) < 0 ||
        json_get_int(json, "start", 0, LATEST_S, &ret_lesson->start_s, &error) < 0 ||
        json_get_int(json, "end", ret_lesson->start_s, LATEST_S, &ret_lesson->end_s, &error) < 0 ||
        !parse_delay(json, &ret_lesson->delay_s))
        return false;
    ret_lesson->grade = (unsigned)grade;
    ret_lesson->is_over = (strcmp(state, "ended") == 0 && ret_lesson->delay_s == 0) ||
                          strcmp(state, "archived") == 0 || strcmp(state, "cancelled") == 0;
    return true;
}

static int by_start(const void *a, const void *b)
{
    const struct day_lesson *left = a, *right = b;

    if (left->start_s != right->start_s)
        return left->start_s < right->start_s ? -1 : 1;
    return strcmp(left->id, right->id);
}

static int fill(const json_t *json, struct day_plan *plan)
{
    const json_t *lessons = json_object_get(json, "lessons");
    struct json_error error;
    size_t index;
    json_t *lesson;

    if (!copy_text(json_object_get(json, "room"), "name", plan->room, sizeof(plan->room)) ||
        !copy_text(json_object_get(json, "school"), "name", plan->school, sizeof(plan->school)) ||
        !copy_text(json_object_get(json, "school"), "zone", plan->zone, sizeof(plan->zone)) ||
        json_get_int(json, "now_ms", 0, LATEST_S * 1000, &plan->now_ms, &error) < 0 ||
        !json_is_array(lessons) || json_array_size(lessons) > DAY_PLAN_MAX_LESSONS)
        return -EBADMSG;
    json_array_foreach(lessons, index, lesson)
    {
        if (!parse_lesson(lesson, &plan->lessons[plan->count++]))
            return -EBADMSG;
    }
    qsort(plan->lessons, plan->count, sizeof(*plan->lessons), by_start);
    return 0;
}

int day_plan_parse(const char *text, size_t len, struct day_plan **ret_plan)
{
    struct json_error error;
    json_t *json = json_parse(text, len, DAY_PLAN_MAX_BYTES, &error);
    struct day_plan *plan = calloc(1, sizeof(*plan));
    int r = plan ? 0 : -ENOMEM;

    if (r == 0)
        r = json ? fill(json, plan) : -EBADMSG;
    json_decref(json);
    if (r == 0)
        *ret_plan = plan;
    else
        free(plan);
    return r;
}
