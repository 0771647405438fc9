/*
 * Gathers what many viewers ask (PLI, FIR, joining) into one keyframe request per layer and second,
 * repeated until the keyframe comes. By value in struct layer; sends nothing itself.
 */
#ifndef DUET_RELAY_ROUTING_KEYFRAME_REQUESTS_H
#define DUET_RELAY_ROUTING_KEYFRAME_REQUESTS_H

#include <stdbool.h>
#include <stdint.h>

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
