/* WHIP endpoints (RFC 9725): one URL per lesson and source that may be published. Loop thread. */
#ifndef DUET_SIGNALING_HTTP_WHIP_H
#define DUET_SIGNALING_HTTP_WHIP_H

struct http_request;

void whip_publish(struct http_request *request);  /* POST /whip/<lesson>/<source> */
void whip_describe(struct http_request *request); /* GET, HEAD */

#endif
