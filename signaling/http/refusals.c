#include "signaling/http/refusals.h"

#include "signaling/http/request.h"
#include "signaling/http/response.h"
#include "signaling/http/text.h"

#include <stdio.h>
#include <string.h>

#define MAX_PLACE_CHARS 16

struct row {
    int status;
    const char *code;
    const char *sentence;
};

static const struct row rows[REFUSAL_COUNT] = {
    [REFUSAL_BAD_DATE] = {400, "bad_date",
        "A date has the form 2026-10-08 and is one that the calendar has."},
    [REFUSAL_BODY_TOO_LARGE] = {413, "body_too_large",
        "The body has {bytes} bytes; at most {max_bytes} are accepted here."},
    [REFUSAL_CHANGED_MEANWHILE] = {412, "changed_meanwhile",
        "Somebody changed this meanwhile; look at it again."},
    [REFUSAL_FOREIGN_PAGE] = {403, "foreign_page",
        "This can be used only from the server's own pages."},
    [REFUSAL_MUST_CHOOSE_PASSWORD] = {403, "must_choose_password",
        "Choose a password of your own first."},
    [REFUSAL_NAME_INVALID] = {422, "name_invalid", "The name cannot be used."},
    [REFUSAL_NO_ORGANISATION] = {404, "no_organisation", "There is no such school or county."},
    [REFUSAL_NO_PERSON] = {404, "no_person", "There is no such person."},
    [REFUSAL_NO_ROOM] = {404, "no_room", "There is no such room."},
    [REFUSAL_NO_SCHOOL_OF_OWN] = {403, "no_school_of_own",
        "You belong to no school or county yet; ask an administrator."},
    [REFUSAL_NO_SUCH_SCHOOL] = {404, "no_such_school", "There is no such school."},
    [REFUSAL_NO_TERM] = {404, "no_term", "There is no such term."},
    [REFUSAL_NOT_FOR_ROLE] = {403, "not_for_role", "This is not for your role."},
    [REFUSAL_NOT_YOURS] = {403, "not_yours",
        "This belongs to a school or county that is not yours."},
    [REFUSAL_ROOM_USE] = {422, "room_use", "{name} is no {use} room."},
    [REFUSAL_TEXT_TOO_LONG] = {400, "text_too_long",
        "{member}: expected a string of at most {max_bytes} bytes."},

    [REFUSAL_HAS_BELLS] = {409, "has_bells",
        "It has {count} sets of periods and special days; remove them first."},
    [REFUSAL_HAS_DEVICES] = {409, "has_devices",
        "{count} devices are or were enrolled here; their history stays with the room, which can "
        "only be renamed."},
    [REFUSAL_HAS_LESSONS] = {409, "has_lessons",
        "{count} lessons belong to this. Remove those to come in the timetable; what was held "
        "stays, and this can only be renamed then."},
    [REFUSAL_HAS_PAIRINGS] = {409, "has_pairings",
        "{count} pairings belong to this; remove them first."},
    [REFUSAL_HAS_PEOPLE] = {409, "has_people",
        "{count} accounts belong to this, disabled ones too; give them another school first."},
    [REFUSAL_HAS_ROOMS] = {409, "has_rooms", "It has {count} rooms; remove them first."},
    [REFUSAL_HAS_SCHOOLS] = {409, "has_schools",
        "{count} schools or counties belong to this; remove them first."},
    [REFUSAL_HAS_TERMS] = {409, "has_terms", "It has {count} terms; remove them first."},
    [REFUSAL_HAS_TEXTBOOKS] = {409, "has_textbooks",
        "It has {count} textbook editions; remove them first."},
    [REFUSAL_NO_PARENT] = {404, "no_parent", "The parent is not there."},
    [REFUSAL_NO_SUBJECT] = {404, "no_subject", "There is no such subject or grade."},
    [REFUSAL_NO_TEXTBOOK] = {404, "no_textbook", "There is no such school or edition."},
    [REFUSAL_ORGANISATION_EXISTS] = {409, "organisation_exists",
        "There is one of that name here already."},
    [REFUSAL_ORGANISATION_INVALID] = {422, "organisation_invalid",
        "A county stands under nothing or a region, a school under a county; the zone is one such "
        "as Asia/Shanghai."},
    [REFUSAL_ROOM_EXISTS] = {409, "room_exists", "The school has a room of that name already."},
    [REFUSAL_ROOM_USE_NEEDED] = {409, "room_use_needed",
        "The room is needed as it is used now by {lessons} weekly lessons and {pairings} "
        "pairings; change those first."},
    [REFUSAL_SUBJECT_EXISTS] = {409, "subject_exists",
        "There is a subject of that name already; it may be retired."},
    [REFUSAL_SUBJECT_INVALID] = {422, "subject_invalid",
        "A subject has a name of at most 64 bytes."},
    [REFUSAL_SUBJECTS_OF_ALL] = {403, "subjects_of_all",
        "Subjects and grades are those of all schools of this server; ask a system "
        "administrator."},
    [REFUSAL_TERM_DAYS] = {422, "term_days", "A term ends after it begins, and within 400 days."},
    [REFUSAL_TERM_EXISTS] = {409, "term_exists", "There is a term of that name already."},
    [REFUSAL_TERM_LESSONS_OUTSIDE] = {409, "term_lessons_outside",
        "{count} lessons stand on days that would not be in the term any more; move or remove "
        "those to come first, and leave the days of those that were held in the term."},
    [REFUSAL_TERM_WEEKS_COUNTED] = {409, "term_weeks_counted",
        "The weeks of {count} weekly lessons are counted from the term's first week: the first "
        "day can move within that week only."},
    [REFUSAL_TEXTBOOK_INVALID] = {422, "textbook_invalid",
        "The subject and the grade are some that are offered (GET subjects, grades); an edition "
        "has a name of at most 64 bytes."},

    [REFUSAL_BELLS_INVALID] = {422, "bells_invalid",
        "The last day is before the first one, or the name cannot be used."},
    [REFUSAL_BELL_SETS_FULL] = {422, "bell_sets_full",
        "A school has at most {max} sets of periods; remove one."},
    [REFUSAL_DAY_INVALID] = {422, "day_invalid", "The calendar of lessons has no such day."},
    [REFUSAL_NO_BELLS] = {404, "no_bells",
        "There is no such school, or it has no such set of periods."},
    [REFUSAL_NO_DAY] = {404, "no_day",
        "There is no such school or county, or nothing was said about that day there."},
    [REFUSAL_PERIOD_IMPOSSIBLE] = {422, "period_impossible",
        "Period {period} cannot be: it begins on its day and ends within a day."},
    [REFUSAL_PERIODS_OVERLAP] = {422, "periods_overlap", "Periods {first} and {second} overlap."},

    [REFUSAL_ENTRY_BELLS_DIFFER] = {409, "entry_bells_differ",
        "A receiving room's own bells leave too little of the lesson; book it live, or take "
        "another period."},
    [REFUSAL_ENTRY_CONFLICT] = {409, "entry_conflict",
        "Somebody or a room is needed twice at that time."},
    [REFUSAL_ENTRY_INVALID] = {422, "entry_invalid", "{part}: this cannot be."},
    [REFUSAL_ENTRY_NAMES] = {409, "entry_names",
        "A person or a room is not there, or a room is named twice."},
    [REFUSAL_ENTRY_NO_LESSON] = {409, "entry_no_lesson",
        "There is no lesson at that time in the rest of the term."},
    [REFUSAL_ENTRY_RELAYS_FULL] = {409, "entry_relays_full",
        "All lessons at that time need more sessions than the relays carry."},
    [REFUSAL_ENTRY_UNPAIRED] = {409, "entry_unpaired",
        "A receiving room is not paired with this master room, or the pairing is frozen."},
    [REFUSAL_NO_ENTRY] = {404, "no_entry", "The term, a room or the entry is not there."},
    [REFUSAL_SUBJECT_NOT_OFFERED] = {422, "subject_not_offered",
        "The subject or the grade is none that is offered (GET subjects, grades)."},
    [REFUSAL_TERM_COPY_CONFLICT] = {409, "term_copy_conflict",
        "Some of these lessons cannot be held in that term as they are; nothing was copied. Leave "
        "them out, or change what is in the way."},
    [REFUSAL_TERM_COPY_SAME] = {422, "term_copy_same", "A term is copied into another one."},
    [REFUSAL_TERM_COPY_TOO_MANY] = {422, "term_copy_too_many",
        "organisation: more than {max} weekly lessons; copy one school after another."},
    [REFUSAL_TERM_OF_OTHERS] = {422, "term_of_others",
        "{term} is no term of {school}; take one of the school or of what it belongs to."},

    [REFUSAL_ACCOUNT_DISABLED] = {422, "account_disabled", "The account of {name} is disabled."},
    [REFUSAL_CLASH_REASON] = {422, "clash_reason", "Give a reason, in one line."},
    [REFUSAL_LESSON_TOO_LATE] = {409, "lesson_too_late",
        "It is too late for this, or the lesson is cancelled."},
    [REFUSAL_NO_CLASH] = {404, "no_clash",
        "There is no such clash (any more), or it is not ignored."},
    [REFUSAL_NO_LESSON] = {404, "no_lesson", "There is no such lesson, or it has no such place."},
    [REFUSAL_NO_PLACE] = {404, "no_place", "Room {place} takes no part in this lesson."},
    [REFUSAL_REPORT_DAYS] = {422, "report_days",
        "The last day comes after the first one, at most {max} days later."},
    [REFUSAL_STAND_IN_BUSY] = {409, "stand_in_busy",
        "Somebody or a room is needed in another lesson at that time."},
    [REFUSAL_STAND_IN_INVALID] = {422, "stand_in_invalid",
        "Give a reason of at most 120 bytes, and nobody and no room twice in one lesson."},
    [REFUSAL_STAND_IN_MISSING] = {400, "stand_in_missing",
        "Name a teacher or a room that stands in."},
    [REFUSAL_STAND_IN_NAMES] = {409, "stand_in_names", "A person or a room is not there."},
    [REFUSAL_TEACHER_ROLE] = {422, "teacher_role", "{name} is no {use} teacher."},

    [REFUSAL_CALENDAR_NOT_YOURS] = {403, "calendar_not_yours",
        "Those lessons are not yours to see, or nothing has that number."},
    [REFUSAL_CALENDARS_FULL] = {409, "calendars_full",
        "There are {max} addresses for this already; revoke one."},
    [REFUSAL_NO_CALENDAR] = {404, "no_calendar", "There is no such calendar (any more)."},
    [REFUSAL_NO_PAIRING] = {404, "no_pairing", "There is no such pairing."},
    [REFUSAL_NO_TERM_OR_ROOM] = {404, "no_term_or_room", "There is no such term or room."},
    [REFUSAL_PAIRING_EXISTS] = {409, "pairing_exists",
        "These rooms are paired in this term already."},
    [REFUSAL_PAIRING_INVALID] = {422, "pairing_invalid",
        "A master room is paired with another room that may receive; the subject is one that is "
        "offered (GET subjects), or empty."},

    [REFUSAL_ACCOUNT_COORDINATOR] = {403, "account_coordinator",
        "Coordinators keep the accounts of teachers; all others are for an administrator."},
    [REFUSAL_ACCOUNT_EXISTS] = {409, "account_exists",
        "Somebody logs in with that already; choose another login."},
    [REFUSAL_ACCOUNT_SECURITY] = {403, "account_security",
        "Accounts are the security administrator's, since there is one; ask them."},
    [REFUSAL_ACCOUNT_SELF] = {403, "account_self",
        "Nobody changes their own rights; ask another administrator."},
    [REFUSAL_FIRST_LINK] = {404, "first_link",
        "This link is wrong or too old; start duet-signaling again for a new one."},
    [REFUSAL_FIRST_OVER] = {404, "first_over", "There is an administrator already; log in."},
    [REFUSAL_LAST_ADMINISTRATOR] = {409, "last_administrator",
        "This is the last administrator of its kind; give somebody else that role first."},
    [REFUSAL_LOGIN_INVALID] = {422, "login_invalid", "This cannot be a login."},
    [REFUSAL_LOGIN_WRONG] = {401, "login_wrong", "The login or the password is wrong."},
    [REFUSAL_PASSWORD_CHANGED] = {409, "password_changed",
        "The password was changed meanwhile; log in again."},
    [REFUSAL_PASSWORD_OLD_WRONG] = {403, "password_old_wrong", "The old password is wrong."},
    [REFUSAL_PASSWORD_SAME] = {422, "password_same", "The new password is the old one."},
    [REFUSAL_PASSWORD_WEAK] = {422, "password_weak", "{fault}"},

    [REFUSAL_CODE_OLD] = {404, "code_old", "This code is older than ten minutes; make a new one."},
    [REFUSAL_CODE_USED] = {404, "code_used", "The code has been used; revoke the device instead."},
    [REFUSAL_CODE_WRONG] = {404, "code_wrong",
        "The code is wrong, used or older than ten minutes; ask for a new one."},
    [REFUSAL_COMMAND_UNASKED] = {404, "command_unasked", "Nobody waits for this any more."},
    [REFUSAL_COMMAND_FORGOTTEN] = {404, "command_forgotten",
        "What was asked of the device is forgotten by now; ask again."},
    [REFUSAL_DEVICE_GONE] = {404, "device_gone", "The device is revoked already."},
    [REFUSAL_DEVICE_ENROLLED] = {409, "device_enrolled",
        "This key is enrolled already; the device need not be enrolled again."},
    [REFUSAL_DEVICE_INVALID] = {422, "device_invalid",
        "name and version: text without control characters."},
    [REFUSAL_DEVICE_REVOKED] = {409, "device_revoked",
        "The device is revoked: it does not listen any more."},
    [REFUSAL_DEVICES_BUSY] = {503, "devices_busy",
        "Too many devices are being looked at; try again in a minute."},
    [REFUSAL_NO_DEVICE] = {404, "no_device", "There is no such device."},
    [REFUSAL_RESTART_IN_LESSON] = {409, "restart_in_lesson",
        "A lesson is going on in the room of this device. Wait for its end, or confirm that it "
        "shall restart in mid-lesson (in_lesson)."},
    [REFUSAL_REVOKE_IN_LESSON] = {409, "revoke_in_lesson",
        "A lesson is going on in the room of this device. Wait for its end, or confirm that it "
        "shall be revoked in mid-lesson (in_lesson)."},

    [REFUSAL_IMPORT_FAULTS] = {422, "import_faults",
        "The file has mistakes, so nothing of it was imported; correct them and try again."},
    [REFUSAL_LESSON_UNKNOWN] = {404, "lesson_unknown", "There is no lesson {lesson} here."},
    [REFUSAL_LESSON_NOT_YOURS] = {403, "lesson_not_yours",
        "You do not take part in lesson {lesson}."},
    [REFUSAL_SOURCE_TAKEN] = {409, "source_taken",
        "Somebody else is publishing {source} in this lesson; it must stop there first."},
};

int refusals_status(enum refusal refusal)
{
    return rows[refusal].status;
}

const char *refusals_code(enum refusal refusal)
{
    return rows[refusal].code;
}

const char *refusals_sentence(enum refusal refusal)
{
    return rows[refusal].sentence;
}

/* What stands for {key}; a place without a member stays empty. */
static void append_member(struct text *sentence, const json_t *members, const char *at, size_t len)
{
    const json_t *value;
    char key[MAX_PLACE_CHARS + 1];

    snprintf(key, sizeof(key), "%.*s", (int)len, at);
    value = json_object_get(members, key);

    if (json_is_integer(value))
        text_format(sentence, "%lld", (long long)json_integer_value(value));
    else if (json_is_string(value))
        text_append(sentence, json_string_value(value), json_string_length(value));
}

static void fill(struct text *sentence, const char *rest, const json_t *members)
{
    while (*rest) {
        size_t plain = strcspn(rest, "{");
        size_t place;

        text_append(sentence, rest, plain);
        rest += plain;
        if (!*rest)
            break;
        place = strcspn(++rest, "}");
        append_member(sentence, members, rest, place);
        rest += place + (rest[place] == '}');
    }
    text_append(sentence, "", 1);
}

void refusals_answer(struct http_request *request, enum refusal refusal, json_t *members)
{
    const struct row *row = &rows[refusal];
    json_t *problem = members ? members : json_object();
    struct http_response response;
    struct text sentence = {0};

    fill(&sentence, row->sentence, problem);
    json_object_set_new(problem, "code", json_string(row->code));
    http_response_init(&response, row->status);
    http_response_problem_of(
        &response, row->status, sentence.failed ? "" : (const char *)sentence.data, problem);
    text_finish(&sentence);
    http_request_respond(request, &response);
}
