/*
 * /api/v1 of what a timetable is about: counties and schools, rooms, people and bells. Everybody sees and changes only
 * their own part of the tree (api.h). Loop thread.
 */
#ifndef DUET_SIGNALING_HTTP_SCHOOLS_API_H
#define DUET_SIGNALING_HTTP_SCHOOLS_API_H

struct http_request;

void schools_api_organisations(struct http_request *request);
void schools_api_add_organisation(struct http_request *request); /* {parent, kind, name, zone} */
void schools_api_rooms(struct http_request *request);
void schools_api_add_room(struct http_request *request); /* {school, name, use} */
void schools_api_people(struct http_request *request);
void schools_api_bells(struct http_request *request); /* of a school: sets and exceptions */
void schools_api_add_bells(
    struct http_request *request); /* {name, first_day, last_day, periods: [[start, end], …]} */
void schools_api_put_day(struct http_request *request); /* {holiday: true} or {held_day} */
void schools_api_delete_day(struct http_request *request);

#endif
