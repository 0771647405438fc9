/*
 * Idempotency-Key (draft-ietf-httpapi-idempotency-key-header): a POST whose answer was lost can be sent again with the
 * same key, and makes nothing twice. Routes have nothing to do with it: it stands around their handlers.
 *
 * What the handler changes, its entry of the audit log and the answer are one transaction, and the answer leaves after it.
 * Only an answer of success is kept; after a refusal nothing was made, and the same key may be tried again. A handler
 * that answers later has ended its own transaction by then: its answer is kept right after it, in one of its own.
 *
 * Answers are kept for 24 hours, the newest 500 of a person. They may hold passwords for one login, so they are
 * encrypted under the key itself, of which the database has only a hash. Loop thread.
 */
#ifndef DUET_SIGNALING_HTTP_IDEMPOTENCY_H
#define DUET_SIGNALING_HTTP_IDEMPOTENCY_H

#include "signaling/http/request.h"

/* Access is granted and the body is there. True when the handler is to run; else the request was answered: with what was
 * answered before, 400 (no key), 409 (under way) or 422 (of another request). */
bool idempotency_begin(struct http_request *request);

/* The handler has returned, and may answer later. */
void idempotency_handled(struct http_request *request);

/* An answer is about to leave: keeps it, or turns it into a 503 when nothing could be kept. */
void idempotency_settle(struct http_request *request, struct http_response *response);

/* The request ends, answered or not. */
void idempotency_end(struct http_request *request);

#endif
