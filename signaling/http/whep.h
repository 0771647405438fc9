/*
 * WHEP endpoints (draft-ietf-wish-whep): one URL per source, and one per lesson whose m-lines are
 * slots: video teacher-camera, teacher-content, stage; audio teacher, stage. Loop thread.
 */
#ifndef DUET_SIGNALING_HTTP_WHEP_H
#define DUET_SIGNALING_HTTP_WHEP_H

struct http_request;

void whep_watch_source(struct http_request *request); /* POST /whep/<lesson>/<source> */
void whep_watch_lesson(struct http_request *request); /* POST /whep/<lesson> */
void whep_describe(struct http_request *request);     /* GET, HEAD of both */

#endif
