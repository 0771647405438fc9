/* /api/v1/imports: CSV files of schools, people, rooms, bells and lessons; routes.h says who may. Loop thread. */
#ifndef DUET_SIGNALING_HTTP_IMPORTS_API_H
#define DUET_SIGNALING_HTTP_IMPORTS_API_H

#include "signaling/http/request.h"

/* POST …/KIND/check: what is wrong with the file; nothing is written. */
void imports_api_check(struct http_request *request);

/* POST …/KIND: all of the file, or 422 with what is wrong. */
void imports_api_run(struct http_request *request);

/* GET …/KIND/template/LANGUAGE: a file to fill in. */
void imports_api_template(struct http_request *request);

#endif
