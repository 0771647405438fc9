/*
 * GET /metrics: what this process and every connected relay are doing, for Prometheus. A scrape asks the
 * relays (stats.get) and answers when they have, or without those that take longer than
 * METRICS_REPLY_LIMIT_US; the next scrapes share that answer for METRICS_FRESH_US. Nobody is asked while
 * nobody scrapes, and nothing waits for a relay but the scrape itself. Loop thread.
 *
 * Labels are ids, routes and reasons: no titles, names of people or addresses, and never more series
 * than relays × workers × lessons.
 */
#ifndef DUET_SIGNALING_METRICS_METRICS_H
#define DUET_SIGNALING_METRICS_METRICS_H

#include "signaling/http/request.h"

#include <stdbool.h>
#include <stdint.h>

#define METRICS_FRESH_US       UINT64_C(5000000)
#define METRICS_REPLY_LIMIT_US UINT64_C(2000000)

struct metrics;

/* app is borrowed; its relays must outlive the metrics. token: what a scrape must show; "" = scrapes come
 * from this machine only. Copied, wiped at the end. NULL without memory. */
struct metrics *metrics_create(struct signaling *app, const char *token);
/* After the server's requests are gone. NULL is allowed. */
void metrics_destroy(struct metrics *metrics);

/* Ends the wait for relays that take too long; every 100 ms or so. */
void metrics_tick(struct metrics *metrics, uint64_t now_us);

/* An answer went out; route is NULL for files and whatever matched none. NULL metrics is allowed. */
void metrics_count_answer(
    struct metrics *metrics, const struct http_route *route, enum http_method method, int status);

/* When this process began, in seconds since 1970. */
int64_t metrics_started_s(const struct metrics *metrics);

/* "" when none is set. */
const char *metrics_token(const struct metrics *metrics);

/* May this request see the figures? Answers it when not. */
bool metrics_admit(struct http_request *request);

/* The route's handler. */
void metrics_scrape(struct http_request *request);

#endif
