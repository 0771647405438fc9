/*
 * Everybody on /ws (docs/protocol-lesson.md): a socket of somebody whom our own HTTP knows, who joins one lesson, hears
 * what happens in it, and is told where things stand when they missed too much. Loop thread.
 */
#ifndef DUET_SIGNALING_REALTIME_PARTICIPANTS_H
#define DUET_SIGNALING_REALTIME_PARTICIPANTS_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PARTICIPANTS_PROTOCOL "duet-lesson"

struct http_request;
struct participants;
struct signaling;

/* NULL without memory. */
struct participants *participants_create(struct signaling *app);
/* After the server and its sockets. */
void participants_destroy(struct participants *participants);

/* GET /ws: the handler of the route. */
void participants_open(struct http_request *request);

/* Tells everybody who is in the lesson; event is {type, …}, its reference is taken, and it gets the next number. Costs
 * nothing when nobody is there. */
void participants_publish(struct signaling *app, const char *lesson, json_t *event);

/* The lesson is not what it was: tells everybody in it ({type: "lesson"}). */
void participants_publish_lesson(struct signaling *app, const char *lesson);

/* Closes all sockets of "person-7" or "device-3", for good; or only those of logins that have been ended. */
void participants_close_subject(struct signaling *app, const char *subject, bool only_ended_logins);

/* Pings, deadlines, renewal of tokens, access that has ended. Every 100 ms or so. */
void participants_tick(struct signaling *app, uint64_t now_us);

/* The server stops: says goodbye to all, who come back to the next one. */
void participants_stop(struct signaling *app);

size_t participants_count(const struct signaling *app);

#endif
