/*
 * /api/v1 of bells: a school's sets of periods, and what is special about dates in a school or county. Every change says
 * which lessons it moves (lessons/bell_changes.h). Loop thread.
 */
#ifndef DUET_SIGNALING_HTTP_BELLS_API_H
#define DUET_SIGNALING_HTTP_BELLS_API_H

struct http_request;

void bells_api_get(struct http_request *request); /* of a school or county: sets and days */
void bells_api_get_set(struct http_request *request); /* one set, its version as ETag */
void bells_api_add(
    struct http_request *request); /* {name, first_day, last_day, periods: [[start, end], …]} */
void bells_api_change(struct http_request *request); /* the same */
void bells_api_remove(struct http_request *request);
void bells_api_check(
    struct http_request *request); /* the same, with set to change one; {set, remove: true};
                                    * {day, holiday: true}, {day, held_day}, {day, remove: true} */
void bells_api_put_day(struct http_request *request); /* {holiday: true} or {held_day} */
void bells_api_delete_day(struct http_request *request);

#endif
