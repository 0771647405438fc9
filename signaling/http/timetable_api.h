/*
 * /api/v1 of terms, weekly lessons and the lessons of a week. Loop thread.
 */
#ifndef DUET_SIGNALING_HTTP_TIMETABLE_API_H
#define DUET_SIGNALING_HTTP_TIMETABLE_API_H

struct http_request;

void timetable_api_terms(struct http_request *request);
void timetable_api_add_term(
    struct http_request *request); /* {organisation, name, first_day, last_day} */
/* {from, organisation, without}: last term's weekly lessons into that of the path; all, or a report */
void term_copy_api_make(struct http_request *request);
void timetable_api_usual(struct http_request *request);
void timetable_api_week(struct http_request *request); /* of an organisation; any day of the week */
void timetable_api_first_school(struct http_request *request); /* of such a week; → {school} */
void timetable_api_my_week(
    struct http_request *request); /* my_week_api.c; → {first_day, person, now_ms, lessons} */
void timetable_api_check(
    struct http_request *request); /* an entry, as to save it; changes nothing */
void timetable_api_add(struct http_request *request);
void timetable_api_get(struct http_request *request);
void timetable_api_put(struct http_request *request);    /* with version */
void timetable_api_delete(struct http_request *request); /* {version} */

#endif
