/* What leaves the system as a file: everything as JSON, tables as CSV, calendars. Loop thread. */
#ifndef DUET_SIGNALING_HTTP_EXPORTS_API_H
#define DUET_SIGNALING_HTTP_EXPORTS_API_H

#include "signaling/http/request.h"

/* GET /api/v1/export. */
void exports_api_all(struct http_request *request);

/* GET /api/v1/organisations/ID/weeks/DATE/csv, or csv-en. */
void exports_api_week(struct http_request *request);

/* GET /api/v1/organisations/ID/terms/ID/csv, or csv-en. */
void exports_api_term(struct http_request *request);

/* GET /api/v1/organisations/ID/KIND/csv, or csv-en: schools, people, rooms or bells. */
void exports_api_county(struct http_request *request);

/* GET /calendar/SECRET.ics: whoever knows the address. */
void exports_api_calendar(struct http_request *request);

#endif
