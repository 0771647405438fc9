/* /api/v1/subjects and grades: what lessons, pairings and textbooks may name. Loop thread. */
#ifndef DUET_SIGNALING_HTTP_CATALOGUE_API_H
#define DUET_SIGNALING_HTTP_CATALOGUE_API_H

#include "signaling/http/request.h"

void catalogue_api_subjects(struct http_request *request);
void catalogue_api_add_subject(struct http_request *request);
void catalogue_api_change_subject(struct http_request *request);
void catalogue_api_grades(struct http_request *request);
void catalogue_api_change_grade(struct http_request *request);

#endif
