/*
 * What WHIP and WHEP endpoints have in common: the offer goes to a relay, the answer comes back as
 * 201 with session URL, ETag and ICE servers (RFC 9725 section 4.2, draft-ietf-wish-whep). Loop thread.
 */
#ifndef DUET_SIGNALING_HTTP_MEDIA_ENDPOINT_H
#define DUET_SIGNALING_HTTP_MEDIA_ENDPOINT_H

#include "signaling/http/request.h"
#include "signaling/relays/link_messages.h"

/* The lesson is known and the token is for it. Answers 403, 404 or 503 when it returns false. */
bool media_endpoint_check_lesson(struct http_request *request, const char *lesson);

/* What a POST asks for. Borrowed. */
struct media_endpoint_order {
    enum link_session_kind kind;
    enum link_view view;
    const char *source;  /* of LINK_VIEW_SOURCE, else "" */
    const json_t *slots; /* of the other views: names by kind, as session.create takes them */
    const char *replace; /* session of the same owner that this one takes over from, or NULL */
};

/* Starts a session from the request's offer. */
void media_endpoint_create(struct http_request *request, const struct media_endpoint_order *order);

/* GET and HEAD on an endpoint: 204 with what it accepts. */
void media_endpoint_describe(struct http_request *request);

/* An error of the relay, or none in time (NULL), as an answer. */
void media_endpoint_answer_failure(
    struct http_request *request, const struct link_reply *reply, bool timed_out);

/* 503 for now, with Retry-After. */
void media_endpoint_answer_no_relay(struct http_request *request);

/* First "a=ice-ufrag:" of an SDP or fragment; "" when there is none or it is too long. */
void media_endpoint_find_ufrag(const char *sdp, char *ret_ufrag, size_t size);

#endif
