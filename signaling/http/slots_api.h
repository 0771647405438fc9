/*
 * What the slots of a WHEP session show, and the stage of a lesson, over HTTP (docs/slots.md). Errors
 * are problem+json. Loop thread.
 */
#ifndef DUET_SIGNALING_HTTP_SLOTS_API_H
#define DUET_SIGNALING_HTTP_SLOTS_API_H

struct http_request;

void slots_api_get(struct http_request *request); /* GET /whep/sessions/<id>/slots */
void slots_api_put(struct http_request *request); /* PUT of the same: a wall's slots */

void stage_api_get(struct http_request *request); /* GET /api/v1/lessons/<lesson>/stage */
void stage_api_put(struct http_request *request); /* PUT of the same */

#endif
