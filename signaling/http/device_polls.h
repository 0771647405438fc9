/*
 * The question of each box whether there is something for it to do: held until there is, 25 seconds at most. A box asks again at
 * once, so that a command arrives in the time that the line takes (docs/decisions/commands-by-long-poll.md). Loop thread.
 */
#ifndef DUET_SIGNALING_HTTP_DEVICE_POLLS_H
#define DUET_SIGNALING_HTTP_DEVICE_POLLS_H

#include "signaling/http/request.h"

#define DEVICE_POLLS_HOLD_S 25

struct device_polls;

struct device_polls *device_polls_create(struct signaling *app);

/* Those that are held must have been answered: device_polls_end_all(). NULL-safe. */
void device_polls_destroy(struct device_polls *polls);

/* Answers at once when something waits. The same device's question before, on a line that has broken, is answered too. */
void device_polls_ask(struct http_request *request);

/* There is something for the device. */
void device_polls_wake(struct device_polls *polls, int64_t device);

/* Each 100 ms: answers those that have been held long enough. */
void device_polls_tick(struct device_polls *polls, uint64_t now_us);

/* The server stops. */
void device_polls_end_all(struct device_polls *polls);

#endif
