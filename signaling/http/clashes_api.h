/*
 * /api/v1/clashes: standing clashes that are left as they are, for a reason. Loop thread.
 */
#ifndef DUET_SIGNALING_HTTP_CLASHES_API_H
#define DUET_SIGNALING_HTTP_CLASHES_API_H

struct http_request;

/* {kind, id, lessons: [id, id]} of a clash as the week tells it; with reason to ignore it */
void clashes_api_ignore(struct http_request *request);
void clashes_api_heed(struct http_request *request);

#endif
