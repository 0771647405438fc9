/*
 * What happened to a device: enrolled, proven itself, another health or version, revoked. The newest
 * DEVICE_LOG_KEPT of each are kept. Errors as in store/store.h; loop thread.
 */
#ifndef DUET_SIGNALING_ACCOUNTS_DEVICE_LOG_H
#define DUET_SIGNALING_ACCOUNTS_DEVICE_LOG_H

#include "signaling/store/store.h"

#define DEVICE_LOG_KEPT  500
#define DEVICE_LOG_SHOWN 50

struct device_event {
    int64_t time_s;
    const char *event;   /* "enrolled", "session", "health", "revoked" */
    const char *version; /* of its program */
    const char *health;  /* a JSON object, or "" */
};

/* Within store_begin() and store_end() of what it tells of: copies what the device's row says now. */
int device_log_add(struct store *store, int64_t device, const char *event, int64_t now_s);

/* Calls on_event for the newest DEVICE_LOG_SHOWN, the newest first; what it gets is borrowed until it returns. */
int device_log_list(struct store *store, int64_t device,
    void (*on_event)(void *user, const struct device_event *event), void *user);

#endif
