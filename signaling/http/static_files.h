/*
 * The web pages: files of http.web_root and nothing outside of it, with ETag and a content security
 * policy that allows only our own scripts. Loop thread.
 */
#ifndef DUET_SIGNALING_HTTP_STATIC_FILES_H
#define DUET_SIGNALING_HTTP_STATIC_FILES_H

#include "signaling/http/request.h"

/* Answers any request that no route takes: a file, 404 or 405. */
void static_files_serve(struct http_request *request);

#endif
