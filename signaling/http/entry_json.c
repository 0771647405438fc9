#include "signaling/http/entry_json.h"

#include "signaling/http/entry_names.h"
#include "signaling/timetable/local_date.h"

#include <errno.h>
#include <stdio.h>

/* ---- reading ---- */

static bool read_receiving(
    const json_t *rooms, struct timetable_entry *entry, struct json_error *error)
{
    size_t index;
    json_t *room;

    if (json_array_size(rooms) > ENTRIES_MAX_ROOMS) {
        json_error_set(error, "receiving: at most %d rooms", ENTRIES_MAX_ROOMS);
        return false;
    }
    json_array_foreach(rooms, index, room)
    {
        struct plan_room *to = &entry->receiving[entry->receiving_count++];
        int64_t delay_s = 0;

        if (json_get_int(room, "room", 1, INT64_MAX, &to->room, error) < 0 ||
            (json_object_get(room, "teacher") &&
                json_get_int(room, "teacher", 0, INT64_MAX, &to->teacher, error) < 0) ||
            (json_object_get(room, "delay_s") &&
                json_get_int(room, "delay_s", 0, BELLS_MAX_DELAY_S, &delay_s, error) < 0))
            return false;
        to->live = json_get_bool_or(room, "live", false);
        to->delay_s = (unsigned)delay_s;
    }
    return true;
}

static bool read_numbers(
    const json_t *body, struct timetable_entry *entry, struct json_error *error)
{
    int64_t grade, weekday, period, first_week = 1, last_week = ENTRIES_MAX_WEEK;

    if (json_get_int(body, "term", 1, INT64_MAX, &entry->term, error) < 0 ||
        json_get_int(body, "room", 1, INT64_MAX, &entry->room, error) < 0 ||
        json_get_int(body, "teacher", 1, INT64_MAX, &entry->teacher, error) < 0 ||
        json_get_int(body, "grade", 1, ENTRIES_MAX_GRADE, &grade, error) < 0 ||
        json_get_int(body, "weekday", 1, 7, &weekday, error) < 0 ||
        json_get_int(body, "period", 1, UINT16_MAX, &period, error) < 0 ||
        (json_object_get(body, "first_week") &&
            json_get_int(body, "first_week", 1, ENTRIES_MAX_WEEK, &first_week, error) < 0) ||
        (json_object_get(body, "last_week") &&
            json_get_int(body, "last_week", 1, ENTRIES_MAX_WEEK, &last_week, error) < 0))
        return false;
    entry->grade = (unsigned)grade;
    entry->period = (unsigned)period;
    entry->recurrence.weekday = (unsigned)weekday;
    entry->recurrence.first_week = (unsigned)first_week;
    entry->recurrence.last_week = (unsigned)last_week;
    return true;
}

static bool read_names(const json_t *body, struct timetable_entry *entry, struct json_error *error)
{
    const char *subject = json_get_string(body, "subject", ENTRIES_MAX_SUBJECT_BYTES, error);
    const char *weeks = subject ? json_get_string_or(body, "weeks", 8, "all", error) : NULL;
    const char *mode = weeks ? json_get_string_or(body, "mode", 16, "co_teaching", error) : NULL;

    if (!mode)
        return false;
    snprintf(entry->subject, sizeof(entry->subject), "%s", subject);
    if (!entries_weeks_of(weeks, &entry->recurrence.weeks)) {
        json_error_set(error, "weeks: all, odd or even");
        return false;
    }
    if (!entries_mode_of(mode, &entry->mode)) {
        json_error_set(error, "mode: co_teaching, delivery, recorded or research");
        return false;
    }
    return true;
}

int entry_json_read(
    const json_t *object, struct timetable_entry *ret_entry, struct json_error *ret_error)
{
    *ret_entry = (struct timetable_entry){0};
    return read_names(object, ret_entry, ret_error) && read_numbers(object, ret_entry, ret_error) &&
                   read_receiving(json_object_get(object, "receiving"), ret_entry, ret_error)
               ? 0
               : -EBADMSG;
}

/* ---- describing ---- */

json_t *entry_json_describe(const struct timetable_entry *entry)
{
    json_t *receiving = json_array();

    for (size_t i = 0; i < entry->receiving_count; i++)
        json_array_append_new(receiving,
            json_pack("{s:I, s:I, s:i, s:b}", "room", (json_int_t)entry->receiving[i].room,
                "teacher", (json_int_t)entry->receiving[i].teacher, "delay_s",
                (int)entry->receiving[i].delay_s, "live", entry->receiving[i].live));
    return json_pack("{s:I, s:I, s:I, s:s, s:i, s:s, s:I, s:I, s:i, s:i, s:s, s:i, s:i, s:o}", "id",
        (json_int_t)entry->id, "version", (json_int_t)entry->version, "term",
        (json_int_t)entry->term, "subject", entry->subject, "grade", (int)entry->grade, "mode",
        entries_mode_name(entry->mode), "room", (json_int_t)entry->room, "teacher",
        (json_int_t)entry->teacher, "weekday", (int)entry->recurrence.weekday, "period",
        (int)entry->period, "weeks", entries_weeks_name(entry->recurrence.weeks), "first_week",
        (int)entry->recurrence.first_week, "last_week", (int)entry->recurrence.last_week,
        "receiving", receiving);
}

static json_t *describe_mismatch(const struct placement_mismatch *mismatch)
{
    char day[LOCAL_DATE_CHARS];

    return json_pack("{s:s, s:I, s:s, s:i, s:o, s:i}", "kind", "bells", "id",
        (json_int_t)mismatch->room, "first_day", local_date_format(mismatch->first_day, day),
        "days", (int)mismatch->days, "period",
        mismatch->period ? json_integer(mismatch->period) : json_null(), "overlap_s",
        (int)mismatch->overlap_s);
}

static json_t *describe_overload(const struct relay_overload *overload)
{
    char day[LOCAL_DATE_CHARS];

    return json_pack("{s:s, s:s, s:i, s:I, s:I, s:I, s:I}", "kind", "capacity", "first_day",
        local_date_format(overload->day, day), "days", (int)overload->days, "start",
        (json_int_t)overload->start_s, "end", (json_int_t)overload->end_s, "needed",
        (json_int_t)overload->needed, "available", (json_int_t)overload->available);
}

static json_t *describe_conflict(struct store *store, const struct placement_conflict *conflict)
{
    char day[LOCAL_DATE_CHARS];

    return json_pack("{s:s, s:I, s:I, s:o?, s:s, s:i, s:I, s:I, s:i}", "kind",
        conflict->kind == BOOKED_TEACHER ? "teacher" : "room", "id", (json_int_t)conflict->id,
        "entry", (json_int_t)conflict->entry, "lesson", entry_names_lesson(store, conflict->entry),
        "first_day", local_date_format(conflict->first_day, day), "days", (int)conflict->days,
        "start", (json_int_t)conflict->span.start_s, "end", (json_int_t)conflict->span.end_s,
        "overlap_s", (int)conflict->overlap_s);
}

json_t *entry_json_conflicts(struct store *store, const struct placement_report *report)
{
    json_t *conflicts = json_array();

    for (size_t i = 0; i < report->conflict_count; i++)
        json_array_append_new(conflicts, describe_conflict(store, &report->conflicts[i]));
    for (size_t i = 0; i < report->mismatch_count; i++)
        json_array_append_new(conflicts, describe_mismatch(&report->mismatches[i]));
    if (report->overload.days > 0)
        json_array_append_new(conflicts, describe_overload(&report->overload));
    for (size_t i = 0; i < report->unpaired_count; i++)
        json_array_append_new(conflicts,
            json_pack("{s:s, s:I}", "kind", "pairing", "id", (json_int_t)report->unpaired[i]));
    return conflicts;
}

static json_t *device_warning(int64_t room, const char *device)
{
    return json_pack("{s:s, s:I, s:s}", "kind", "device", "id", (json_int_t)room, "device", device);
}

/* Those that stay: nobody new is planned for whose account is disabled. */
static void warn_of_disabled(
    struct store *store, const struct timetable_entry *entry, json_t *warnings)
{
    json_t *people = entry_names_people(store, entry), *person;
    size_t index;

    json_array_foreach(people, index, person)
    {
        if (json_is_true(json_object_get(person, "disabled")))
            json_array_append_new(warnings,
                json_pack("{s:s, s:O, s:O}", "kind", "disabled", "id",
                    json_object_get(person, "id"), "name", json_object_get(person, "name")));
    }
    json_decref(people);
}

json_t *entry_json_warnings(
    struct store *store, const struct timetable_entry *entry, const struct placement_report *report)
{
    json_t *warnings = json_array();

    warn_of_disabled(store, entry, warnings);

    for (size_t i = 0; i < report->edition_count; i++)
        json_array_append_new(
            warnings, json_pack("{s:s, s:I, s:s, s:s}", "kind", "textbook", "id",
                          (json_int_t)report->editions[i].room, "edition",
                          report->editions[i].edition, "master_edition", report->edition));
    if (report->without_capture)
        json_array_append_new(warnings, device_warning(entry->room, "capture"));
    for (size_t i = 0; i < report->without_player_count; i++)
        json_array_append_new(warnings, device_warning(report->without_player[i], "player"));
    return warnings;
}

json_t *entry_json_offers(
    const struct timetable_entry *entry, const struct placement_report *report)
{
    json_t *offers = json_array();

    for (size_t i = 0; i < entry->receiving_count && report->lessons > 0; i++) {
        const struct bell_offer *offer = &report->offers[i];

        json_array_append_new(offers,
            report->has_offer[i]
                ? json_pack("{s:I, s:i, s:i, s:i, s:b}", "room",
                      (json_int_t)entry->receiving[i].room, "period", (int)offer->period, "delay_s",
                      (int)offer->delay_s, "overlap_s", (int)offer->overlap_s, "whole",
                      offer->whole)
                : json_pack("{s:I, s:n}", "room", (json_int_t)entry->receiving[i].room, "period"));
    }
    return offers;
}
