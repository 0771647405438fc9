/*
 * Redundant audio (RFC 2198) in offers and answers. webrtcbin's own RED is that of video FEC, so it
 * never learns of ours: the offer gets the format on its way out, and the answer loses it on its way
 * in, after it was seen.
 *
 * Main thread; pure functions over the messages given.
 */
#ifndef DUET_MEDIA_RED_SDP_H
#define DUET_MEDIA_RED_SDP_H

#include <gst/sdp/sdp.h>
#include <stdbool.h>

#define RED_PAYLOAD_TYPE 63 /* below those that look like RTCP (RFC 5761 section 4) */

/* Adds the format behind the Opus of each audio m-line. */
void red_sdp_add(GstSDPMessage *offer);

enum red_sdp_answer {
    RED_SDP_REFUSED,
    RED_SDP_TAKEN,
    RED_SDP_PREFERRED, /* stands first: what the other end wants to be sent */
};

/* Takes the format out of the answer; says what the first audio m-line made of it. */
enum red_sdp_answer red_sdp_remove(GstSDPMessage *answer);

#endif
