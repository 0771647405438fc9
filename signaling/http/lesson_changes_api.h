/*
 * /api/v1/lessons/<>/substitution and …/cancel: what is different in one lesson alone. A place is changed by who plans
 * for its school, the lesson as a whole by who plans for the master room's. Loop thread.
 */
#ifndef DUET_SIGNALING_HTTP_LESSON_CHANGES_API_H
#define DUET_SIGNALING_HTTP_LESSON_CHANGES_API_H

#include "signaling/http/request.h"

void lesson_changes_api_get(struct http_request *request);
void lesson_changes_api_substitute(struct http_request *request);
void lesson_changes_api_undo(struct http_request *request);
void lesson_changes_api_cancel(struct http_request *request);
void lesson_changes_api_restore(struct http_request *request);

#endif
