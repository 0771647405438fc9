/*
 * The running service's database: locked for it alone, looked over page by page before anything is served, copied on a
 * schedule. Start and end of the program.
 */
#ifndef DUET_SIGNALING_SERVICE_STORE_H
#define DUET_SIGNALING_SERVICE_STORE_H

#include "common/config.h"

struct signaling;

/* Returns 0, or a negative errno with a sentence; for a damaged database it names the newest backup and how to restore
 * it. What was opened until then, service_store_close() closes. */
int service_store_open(struct signaling *app, struct config_error *ret_error);
void service_store_close(struct signaling *app);

#endif
