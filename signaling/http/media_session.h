/*
 * Session resources of WHIP and WHEP: PATCH for trickle ICE and ICE restart (RFC 9725 section 4.3,
 * RFC 8840), DELETE to end. Only the owner's token finds them. Loop thread.
 */
#ifndef DUET_SIGNALING_HTTP_MEDIA_SESSION_H
#define DUET_SIGNALING_HTTP_MEDIA_SESSION_H

struct http_request;
struct media_session;

/* The live session of the URL, when it is the token's: a foreign one does not exist for it. Answers 404
 * when it returns NULL. */
struct media_session *media_session_find_own(struct http_request *request);

void media_session_patch(struct http_request *request);
void media_session_delete(struct http_request *request);
void media_session_describe(struct http_request *request); /* GET, HEAD */

#endif
