#include "signaling/import/faults.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* What is wrong and what to do, after the value. The pages have their own words for the codes (import.fault.…). */
static const struct {
    const char *code;
    const char *text;
} sentences[] = {
    {"encoding", "is not text in UTF-8 or GBK from here on; save the file as CSV UTF-8."},
    {"workbook", "The file is an Excel workbook; save it as CSV UTF-8 and choose that."},
    {"empty", "The file has no rows; fill in the template."},
    {"too_many_rows", "The file has too many rows; import it in parts."},
    {"open_quote", "A quotation mark is never closed; close it, or double it within a cell."},
    {"after_quote",
        "Something stands behind a closing quotation mark; double marks within a cell."},
    {"too_many_cells", "The row has too many cells; take out what does not belong to the table."},
    {"unknown_column", "is no column of this table; name it as the template does, or take it out."},
    {"duplicate_column", "is there twice; take one of the columns out."},
    {"missing_column", "is missing; add the column."},
    {"extra_cell", "stands beyond the last column; put cells with commas in quotation marks."},
    {"required", "This cell must not be empty."},
    {"invalid_name", "cannot be a name; shorten it and use letters, numbers and usual signs."},
    {"unknown_organisation", "is no school or county of yours; write its name as it is listed."},
    {"ambiguous_organisation", "is the name of several; write it as county/school."},
    {"not_a_school", "is no school; name the school."},
    {"not_a_county", "is no county; name the county that the school is in."},
    {"invalid_zone", "is no time zone; write it as Asia/Shanghai, or leave it empty."},
    {"unknown_room", "is no room of that school; write its name as it is listed, or add it first."},
    {"ambiguous_room",
        "can be read as several rooms; write it as school/room, with a \\ before each "
        "sign of / : ; that belongs to a name."},
    {"unknown_person",
        "is nobody of yours; write the name as it is listed, or import people first."},
    {"unknown_term", "is no term of yours; write its name as it is listed, or add it first."},
    {"ambiguous_term", "is the name of several terms; rename one of them."},
    {"ambiguous_person", "is the name of several; write what the one you mean logs in with."},
    {"login_and_name",
        "is what one person logs in with and another's name; the row means the one who logs in "
        "with it."},
    {"person_there",
        "is somebody's name in that school already; take the row out, or give the other person a "
        "login of their own."},
    {"same_name",
        "is in this file twice for that school: two people are made of it; take one of the rows "
        "out if they are one."},
    {"invalid_login", "cannot be a login; shorten it and use letters, numbers and usual signs."},
    {"login_taken",
        "is what somebody logs in with already; take the row out, or give another login."},
    {"taken", "is there already; take the row out, or give another name."},
    {"duplicate", "is in this file twice; take one of the rows out, or give another name."},
    {"invalid_role", "is no role; write coordinator, master teacher, local teacher or inspector."},
    {"invalid_teacher_role", "is no role; write master teacher or local teacher."},
    {"role_not_yours", "is a role that only administrators give; ask one, or take the row out."},
    {"invalid_use", "is no use of a room; write master, receiving or both."},
    {"invalid_date", "is no date; write it as 2026-09-01."},
    {"invalid_time", "is no time of day; write it as 08:30."},
    {"invalid_period", "is no period; write a number from 1 on."},
    {"invalid_grade", "is no grade; write a number from 1 to 12."},
    {"retired_grade", "is a grade that is not offered any more; take another, or take it back."},
    {"unknown_subject",
        "is no subject that is offered; write its name as it is listed, or add it first."},
    {"invalid_weekday", "is no day of the week; write a number from 1 (Monday) to 7."},
    {"invalid_weeks", "is not one of all, odd and even."},
    {"invalid_week_range", "is no range of weeks; write it as 1–18."},
    {"rewritten_week_range",
        "is what a spreadsheet makes of weeks such as 1-18, which it takes for a "
        "date; write them as 1–18 or 1至18."},
    {"invalid_mode", "is no way to teach; write co-teaching, delivery, recorded or research."},
    {"invalid_receiving", "cannot be read; write school/room:teacher, several with ; between."},
    {"date_order", "is before the first day; put the later date here."},
    {"period_time", "cannot be; a period ends after it begins, and within a day."},
    {"period_overlap", "begins before another period of this set has ended; correct one of them."},
    {"too_many_periods", "is one period too many for a set; take some out."},
    {"too_many_sets", "has too many sets of bells; take old ones out first."},
    {"not_for_master", "is no room to teach from; choose another, or change what it is for."},
    {"not_for_receiving", "is no room to receive in; choose another, or change what it is for."},
    {"too_many_rooms", "has too many receiving rooms for one lesson."},
    {"room_twice", "is in the row twice; take one of them out."},
    {"not_paired", "is not paired with the master room for this; add the pairing first."},
    {"pairing_frozen", "has a pairing with the master room that is frozen; activate it first."},
    {"teacher_busy", "teaches another lesson at that time; choose another time or teacher."},
    {"room_busy", "is in use for another lesson at that time; choose another time or room."},
    {"bells_differ",
        "has no period of its own that holds half of the lesson; choose another period, or name "
        "the room in the column Live: it then keeps to the lesson's own time."},
    {"not_receiving", "names no receiving room of this row; write it as it stands there."},
    {"relays_full", "is a time at which all lessons together need more sessions than the relays "
                    "carry; choose another period."},
    {"no_lesson", "makes no lesson: the school has no such period then, or the term is over."},
};

static const char *sentence_of(const char *code)
{
    for (size_t i = 0; i < sizeof(sentences) / sizeof(sentences[0]); i++) {
        if (strcmp(sentences[i].code, code) == 0)
            return sentences[i].text;
    }
    abort(); /* a programmer's mistake */
}

int faults_init(struct faults *faults)
{
    *faults = (struct faults){.list = json_array()};
    return faults->list ? 0 : -ENOMEM;
}

void faults_finish(struct faults *faults)
{
    json_decref(faults->list);
    faults->list = NULL;
}

void faults_clear(struct faults *faults)
{
    json_array_clear(faults->list);
    faults->count = 0;
    faults->failed = false;
}

void faults_add(struct faults *faults, const struct fault *fault)
{
    const char *sentence = sentence_of(fault->code);
    bool with_value = fault->value && *fault->value && sentence[0] >= 'a';
    json_t *row;

    if (faults->count++ >= FAULTS_MAX_LISTED)
        return;
    row = json_pack("{s:s, s:i, s:i, s:s?, s:s?, s:s?, s:o}", "code", fault->code, "row",
        (int)fault->row, "column", (int)fault->column, "name", fault->name, "value", fault->value,
        "other", fault->other, "text",
        with_value ? json_sprintf("%s %s", fault->value, sentence) : json_string(sentence));
    if (!row || json_array_append_new(faults->list, row) < 0)
        faults->failed = true;
}

static json_int_t number_of(const json_t *fault, const char *key)
{
    return json_integer_value(json_object_get(fault, key));
}

static int compare(const void *a, const void *b)
{
    const json_t *one = *(json_t *const *)a, *two = *(json_t *const *)b;
    json_int_t rows = number_of(one, "row") - number_of(two, "row");
    json_int_t columns = number_of(one, "column") - number_of(two, "column");

    return rows != 0 ? (rows > 0) - (rows < 0) : (columns > 0) - (columns < 0);
}

void faults_sort(struct faults *faults)
{
    size_t count = json_array_size(faults->list);
    json_t **rows = calloc(count + 1, sizeof(json_t *));

    if (!rows) {
        faults->failed = true; /* they are all there, in another order */
        return;
    }
    for (size_t i = 0; i < count; i++)
        rows[i] = json_incref(json_array_get(faults->list, i));
    qsort(rows, count, sizeof(json_t *), compare);
    for (size_t i = 0; i < count; i++)
        json_array_set_new(faults->list, i, rows[i]);
    free(rows);
}
