/*
 * /api/v1 of what was held: reports from one day to another, and today's exceptions. Loop thread.
 */
#ifndef DUET_SIGNALING_HTTP_REPORTS_API_H
#define DUET_SIGNALING_HTTP_REPORTS_API_H

struct http_request;

void reports_api_get(struct http_request *request);    /* organisation, by, first day, last day */
void exceptions_api_get(struct http_request *request); /* organisation */

#endif
