/*
 * Gathers what many viewers ask (PLI, FIR, joining) into one keyframe request per layer and 2 s, repeated
 * until the keyframe comes. By value in struct layer; sends nothing itself. What layers of one source ask
 * goes out together, at most once in KEYFRAME_REQUEST_INTERVAL_US (stream_feedback.c): a mass join must
 * not wreck the picture for all.
 */
#ifndef DUET_RELAY_ROUTING_KEYFRAME_REQUESTS_H
#define DUET_RELAY_ROUTING_KEYFRAME_REQUESTS_H

#include <stdbool.h>
#include <stdint.h>

#define KEYFRAME_REQUEST_INTERVAL_US UINT64_C(2000000)

struct keyframe_requests {
    bool wanted;
    bool asked; /* ever */
    uint64_t asked_us;
    uint64_t keyframe_us; /* when the last one began; 0 = never */
    unsigned unanswered;
    uint64_t asked_count;
    uint64_t gathered_count; /* wishes of viewers */
};

void keyframe_requests_want(struct keyframe_requests *requests);

/* A keyframe begins. */
void keyframe_requests_answered(struct keyframe_requests *requests, uint64_t now_us);

/* True when a request is to be sent now; it counts as sent. */
bool keyframe_requests_due(struct keyframe_requests *requests, uint64_t now_us);

#endif
