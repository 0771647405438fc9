#include "relay/routing/keyframe_requests.h"

#include "common/clock.h"

#define SLOW_INTERVAL_US (2 * KEYFRAME_REQUEST_INTERVAL_US)
#define PATIENT_AFTER    5 /* unanswered requests: some publishers ignore them on low layers */

void keyframe_requests_want(struct keyframe_requests *requests)
{
    requests->wanted = true;
    requests->gathered_count++;
}

void keyframe_requests_answered(struct keyframe_requests *requests, uint64_t now_us)
{
    requests->wanted = false;
    requests->unanswered = 0;
    requests->keyframe_us = now_us;
}

bool keyframe_requests_due(struct keyframe_requests *requests, uint64_t now_us)
{
    if (!requests->wanted)
        return false;
    uint64_t interval_us =
        requests->unanswered < PATIENT_AFTER ? KEYFRAME_REQUEST_INTERVAL_US : SLOW_INTERVAL_US;
    if (requests->asked && now_us - requests->asked_us < interval_us)
        return false;

    requests->asked = true;
    requests->asked_us = now_us;
    requests->asked_count++;
    requests->unanswered++;
    return true;
}
