/*
 * A small WHIP server for tests: libsoup for HTTP, webrtcbin for media, each session in a pipeline
 * of its own, all in one thread of its own. It shares no code with Duet's server and relay.
 *
 * Functions are for any other thread and wait for the receiver's thread.
 */
#ifndef DUET_TESTS_SUPPORT_WHIP_RECEIVER_H
#define DUET_TESTS_SUPPORT_WHIP_RECEIVER_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

struct whip_receiver;

struct whip_receiver_counts {
    unsigned posts;
    unsigned answers;
    unsigned deletes;
    unsigned streams;            /* RTP streams with packets, of all sessions */
    uint64_t packets[4];         /* RID h, m, l; video without RID counts as h; then audio */
    uint64_t keyframe_starts[3]; /* packets that begin an H.264 keyframe, by RID */
    bool tokens_right;           /* every request so far had it */
};

/* port: 0 for any free one, or that of a receiver that was here before. */
struct whip_receiver *whip_receiver_start(const char *token, guint port);
void whip_receiver_stop(struct whip_receiver *receiver); /* NULL-safe */

guint whip_receiver_port(const struct whip_receiver *receiver);

/* "http://127.0.0.1:port/whip/test"; free with g_free(). */
char *whip_receiver_url(const struct whip_receiver *receiver);

void whip_receiver_read(struct whip_receiver *receiver, struct whip_receiver_counts *ret_counts);

/* From now on POSTs are answered so; 0: answered for good. retry_after_s: 0 for none. */
void whip_receiver_refuse(struct whip_receiver *receiver, guint status, guint retry_after_s);

/* Asks the senders of all sessions for a keyframe of that RID's stream. */
void whip_receiver_request_keyframe(struct whip_receiver *receiver, char rid);

/* Ends the media of all sessions, as a server that dies with a word. */
void whip_receiver_drop_sessions(struct whip_receiver *receiver);

#endif
