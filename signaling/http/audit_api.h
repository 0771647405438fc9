/* The audit log for those who read it, and nothing else: an audit administrator. Loop thread. */
#ifndef DUET_SIGNALING_HTTP_AUDIT_API_H
#define DUET_SIGNALING_HTTP_AUDIT_API_H

#include "signaling/http/request.h"

void audit_api_list(struct http_request *request);
void audit_api_verify(struct http_request *request);

#endif
