/*
 * What the other end's RTCP says about each stream that we send: the loss on its way (RFC 3550 section
 * 6.4) and whether anybody wants it now (RFC 7728: PAUSE and RESUME; answered with PAUSED).
 *
 *   rtpsession ─ on-receiving-rtcp → here → loss for the audio encoder, pause for a video layer's
 *
 * Watching is done on the RTP session's threads, reading on any. Freed after the session's element went
 * to NULL.
 */
#ifndef DUET_MEDIA_SENDER_FEEDBACK_H
#define DUET_MEDIA_SENDER_FEEDBACK_H

#include <gst/gst.h>
#include <gst/sdp/sdp.h>
#include <stdbool.h>
#include <stdint.h>

#define SENDER_FEEDBACK_MAX_STREAMS 4

struct sender_feedback;

struct sender_feedback *sender_feedback_new(void);
void sender_feedback_free(struct sender_feedback *feedback); /* NULL-safe */

/* Offers to pause the streams of each video m-line (RFC 7728 section 9), point to point. */
void sender_feedback_offer_pause(GstSDPMessage *offer);

/* Before watching. payloader (borrowed, or NULL) tells the last sequence number. */
void sender_feedback_add(struct sender_feedback *feedback, guint32 ssrc, GstElement *payloader);

/* Follows the RTCP of every session of an rtpbin that has none yet. */
void sender_feedback_watch(struct sender_feedback *feedback, GstElement *rtpbin);

/* The last report's fraction lost, 0 to 255 in 256; *ret_reports counts reports so far. 0 and 0 for an
 * SSRC that was not added. */
uint8_t sender_feedback_loss(struct sender_feedback *feedback, guint32 ssrc, uint64_t *ret_reports);

bool sender_feedback_is_paused(struct sender_feedback *feedback, guint32 ssrc);

/* One RTCP packet from the other end. True when a PAUSE in it waits to be confirmed. */
bool sender_feedback_receive(struct sender_feedback *feedback, GstBuffer *rtcp);

/* Appends the confirmations that wait to an RTCP packet of ours, a writable one. */
void sender_feedback_confirm(struct sender_feedback *feedback, GstBuffer *rtcp);

#endif
