/*
 * Refusals that a person can bring about with the pages, each under a stable code. The pages have words of their own
 * for a code (web/i18n: refusal.<code>), in the language of who reads them; the sentence here is for all others. What
 * only a program does wrong (malformed JSON, a missing header) has a sentence and no code: http_request_fail().
 *
 * The answer is problem+json (RFC 9457 section 3.2) with the extension member "code" and one for each {place} of the
 * sentence. tests/lint/check_server_words.mjs holds this list, the words and docs/openapi.yaml together. Loop thread.
 */
#ifndef DUET_SIGNALING_HTTP_REFUSALS_H
#define DUET_SIGNALING_HTTP_REFUSALS_H

#include <jansson.h>

struct http_request;

enum refusal {
    REFUSAL_NONE,
    /* of many routes */
    REFUSAL_BAD_DATE,
    REFUSAL_BODY_TOO_LARGE,
    REFUSAL_CHANGED_MEANWHILE,
    REFUSAL_FOREIGN_PAGE,
    REFUSAL_MUST_CHOOSE_PASSWORD,
    REFUSAL_NAME_INVALID,
    REFUSAL_NO_ORGANISATION,
    REFUSAL_NO_PERSON,
    REFUSAL_NO_ROOM,
    REFUSAL_NO_SCHOOL_OF_OWN,
    REFUSAL_NO_SUCH_SCHOOL,
    REFUSAL_NO_TERM,
    REFUSAL_NOT_FOR_ROLE,
    REFUSAL_NOT_YOURS,
    REFUSAL_ROOM_USE,
    REFUSAL_TEXT_TOO_LONG,
    /* schools, rooms, terms, subjects, textbooks */
    REFUSAL_HAS_BELLS,
    REFUSAL_HAS_DEVICES,
    REFUSAL_HAS_LESSONS,
    REFUSAL_HAS_PAIRINGS,
    REFUSAL_HAS_PEOPLE,
    REFUSAL_HAS_ROOMS,
    REFUSAL_HAS_SCHOOLS,
    REFUSAL_HAS_TERMS,
    REFUSAL_HAS_TEXTBOOKS,
    REFUSAL_NO_PARENT,
    REFUSAL_NO_SUBJECT,
    REFUSAL_NO_TEXTBOOK,
    REFUSAL_ORGANISATION_EXISTS,
    REFUSAL_ORGANISATION_INVALID,
    REFUSAL_ROOM_EXISTS,
    REFUSAL_ROOM_USE_NEEDED,
    REFUSAL_SUBJECT_EXISTS,
    REFUSAL_SUBJECT_INVALID,
    REFUSAL_SUBJECTS_OF_ALL,
    REFUSAL_TERM_DAYS,
    REFUSAL_TERM_EXISTS,
    REFUSAL_TERM_LESSONS_OUTSIDE,
    REFUSAL_TERM_WEEKS_COUNTED,
    REFUSAL_TEXTBOOK_INVALID,
    /* bells */
    REFUSAL_BELLS_INVALID,
    REFUSAL_BELL_SETS_FULL,
    REFUSAL_DAY_INVALID,
    REFUSAL_NO_BELLS,
    REFUSAL_NO_DAY,
    REFUSAL_PERIOD_IMPOSSIBLE,
    REFUSAL_PERIODS_OVERLAP,
    /* the timetable */
    REFUSAL_ENTRY_BELLS_DIFFER,
    REFUSAL_ENTRY_CONFLICT,
    REFUSAL_ENTRY_INVALID,
    REFUSAL_ENTRY_NAMES,
    REFUSAL_ENTRY_NO_LESSON,
    REFUSAL_ENTRY_RELAYS_FULL,
    REFUSAL_ENTRY_UNPAIRED,
    REFUSAL_NO_ENTRY,
    REFUSAL_SUBJECT_NOT_OFFERED,
    REFUSAL_TERM_COPY_CONFLICT,
    REFUSAL_TERM_COPY_SAME,
    REFUSAL_TERM_COPY_TOO_MANY,
    REFUSAL_TERM_OF_OTHERS,
    /* lessons: substitutions, cancelling, clashes, reports */
    REFUSAL_ACCOUNT_DISABLED,
    REFUSAL_CLASH_REASON,
    REFUSAL_LESSON_TOO_LATE,
    REFUSAL_NO_CLASH,
    REFUSAL_NO_LESSON,
    REFUSAL_NO_PLACE,
    REFUSAL_REPORT_DAYS,
    REFUSAL_STAND_IN_BUSY,
    REFUSAL_STAND_IN_INVALID,
    REFUSAL_STAND_IN_MISSING,
    REFUSAL_STAND_IN_NAMES,
    REFUSAL_TEACHER_ROLE,
    /* pairings and calendars */
    REFUSAL_CALENDAR_NOT_YOURS,
    REFUSAL_CALENDARS_FULL,
    REFUSAL_NO_CALENDAR,
    REFUSAL_NO_PAIRING,
    REFUSAL_NO_TERM_OR_ROOM,
    REFUSAL_PAIRING_EXISTS,
    REFUSAL_PAIRING_INVALID,
    /* accounts */
    REFUSAL_ACCOUNT_COORDINATOR,
    REFUSAL_ACCOUNT_EXISTS,
    REFUSAL_ACCOUNT_SECURITY,
    REFUSAL_ACCOUNT_SELF,
    REFUSAL_FIRST_LINK,
    REFUSAL_FIRST_OVER,
    REFUSAL_LAST_ADMINISTRATOR,
    REFUSAL_LOGIN_INVALID,
    REFUSAL_LOGIN_WRONG,
    REFUSAL_PASSWORD_CHANGED,
    REFUSAL_PASSWORD_OLD_WRONG,
    REFUSAL_PASSWORD_SAME,
    REFUSAL_PASSWORD_WEAK,
    /* devices */
    REFUSAL_CODE_OLD,
    REFUSAL_CODE_USED,
    REFUSAL_CODE_WRONG,
    REFUSAL_COMMAND_FORGOTTEN,
    REFUSAL_COMMAND_UNASKED,
    REFUSAL_DEVICE_ENROLLED,
    REFUSAL_DEVICE_GONE,
    REFUSAL_DEVICE_INVALID,
    REFUSAL_DEVICE_REVOKED,
    REFUSAL_DEVICES_BUSY,
    REFUSAL_NO_DEVICE,
    REFUSAL_RESTART_IN_LESSON,
    REFUSAL_REVOKE_IN_LESSON,
    /* imports, and what is live */
    REFUSAL_IMPORT_FAULTS,
    REFUSAL_LESSON_NOT_YOURS,
    REFUSAL_LESSON_UNKNOWN,
    REFUSAL_SOURCE_TAKEN,
    REFUSAL_COUNT,
};

/* 400 to 503; "periods_overlap"; "Periods {first} and {second} overlap.". */
int refusals_status(enum refusal refusal);
const char *refusals_code(enum refusal refusal);
const char *refusals_sentence(enum refusal refusal);

/* Answers. members: an object with a text or an integer for each {place} of the sentence, and whatever else helps,
 * whose reference is taken; NULL for none. */
void refusals_answer(struct http_request *request, enum refusal refusal, json_t *members);

#endif
