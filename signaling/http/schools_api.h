/*
 * /api/v1 of what a timetable is about: counties and schools, rooms and people. Everybody sees and changes only
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

/* Of one of them, with the version that was seen: If-Match, or in the body. What is not said stays. */
void schools_api_change_organisation(struct http_request *request); /* {name, zone} */
void schools_api_remove_organisation(struct http_request *request);
void schools_api_change_room(struct http_request *request); /* {name, use} */
void schools_api_remove_room(struct http_request *request);
void schools_api_change_term(struct http_request *request); /* {name, first_day, last_day} */
void schools_api_remove_term(struct http_request *request);

#endif
