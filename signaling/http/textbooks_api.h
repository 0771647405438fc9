/* /api/v1/textbooks: which edition each school uses. Loop thread. */
#ifndef DUET_SIGNALING_HTTP_TEXTBOOKS_API_H
#define DUET_SIGNALING_HTTP_TEXTBOOKS_API_H

#include "signaling/http/request.h"

void textbooks_api_list(struct http_request *request);
void textbooks_api_set(struct http_request *request);
void textbooks_api_remove(struct http_request *request);

#endif
