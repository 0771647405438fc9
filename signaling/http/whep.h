/*
 * WHEP endpoints (draft-ietf-wish-whep): one URL per source; one per lesson, whose m-lines are slots:
 * video teacher-camera, teacher-content, stage; audio teacher, stage; and one per lesson for a wall of
 * slots that are empty until the viewer fills them (docs/slots.md). Loop thread.
 */
#ifndef DUET_SIGNALING_HTTP_WHEP_H
#define DUET_SIGNALING_HTTP_WHEP_H

struct http_request;

void whep_watch_source(struct http_request *request); /* POST /whep/<lesson>/<source> */
void whep_watch_lesson(struct http_request *request); /* POST /whep/<lesson> */
void whep_watch_wall(struct http_request *request);   /* POST /whep/<lesson>/wall */

/* GET, HEAD of them. */
void whep_describe(struct http_request *request);
void whep_describe_wall(struct http_request *request);

#endif
