/*
 * A WHEP viewer (draft-ietf-wish-whep) that stays connected: it offers receive-only video and audio,
 * hands the received streams to the caller as GStreamer pads, and opens a new session beside the old
 * one when nothing has arrived for a second or the connection failed. Player and recorder use it.
 *
 * GLib style: create, use and free it on one thread; all callbacks run there, in the main context that
 * was thread-default at creation. Pads carry RTP (application/x-rtp) behind the jitter buffer, whose
 * latency the session adapts itself; losses are left in for frame_gate and the audio decoder.
 *
 * One connection is one generation. While a new generation comes up the old one keeps playing: the
 * caller says whep_session_playing() when it could show something of the new one, then the old one
 * goes. The pipeline stays the caller's and must run on a live clock; bring it to PLAYING before
 * whep_session_start().
 */
#ifndef DUET_MEDIA_WHEP_SESSION_H
#define DUET_MEDIA_WHEP_SESSION_H

#include <gst/gst.h>
#include <stdbool.h>
#include <stdint.h>

#define WHEP_SILENCE_US UINT64_C(1000000) /* without packets that should flow: reconnect */

enum whep_session_state {
    WHEP_SESSION_CONNECTING,   /* never connected yet */
    WHEP_SESSION_WAITING,      /* connected, nobody publishes */
    WHEP_SESSION_LIVE,         /* packets flow and the caller plays them */
    WHEP_SESSION_RECONNECTING, /* lost; what was shown last stays for the caller to show */
    WHEP_SESSION_UNAUTHORISED, /* token wrong or expired; gave up */
    WHEP_SESSION_REFUSED,      /* the server will not serve this; gave up */
};

struct whep_session;

struct whep_stream {
    unsigned generation;
    unsigned slot; /* m-line index in the offer: all video first, then audio */
    bool is_video;
    const char *codec; /* "H264", "VP8", "OPUS" */
    GstPad *pad;       /* a pad of an element in the pipeline, blocked until the callback returns */
};

struct whep_session_callbacks {
    /* Link stream->pad to something in the pipeline before returning. All borrowed. */
    void (*on_stream)(void *user, const struct whep_stream *stream);
    /* Nothing more comes of this generation: take down what is linked to it. */
    void (*on_generation_gone)(void *user, unsigned generation);
    /* error (borrowed, or NULL) has the sentence for people. May repeat a state with a new error. */
    void (*on_state)(void *user, enum whep_session_state state, const GError *error);
};

struct whep_session_params {
    GstBin *pipeline; /* borrowed */
    const char *url;
    const char *token;   /* or NULL */
    const char *ca_file; /* or NULL */
    unsigned video_count;
    unsigned audio_count;
    unsigned
        generations; /* that the caller has had of an earlier session: ours count on from there */
    /* What is received is shown so much later that all jitter buffers may wait so long for holes to be filled. 0: what they
     * wait is delay, and is kept small. */
    uint32_t patience_ms;
    struct whep_session_callbacks callbacks; /* on_stream is required */
    void *user;
};

struct whep_session_stats {
    unsigned generation;  /* the one that is played, 0 for none */
    unsigned generations; /* the newest one */
    unsigned reconnects;  /* generations begun because an earlier one was lost */
    double round_trip_ms; /* -1 while unknown */
    uint64_t bytes_received;
    uint64_t packets_received;
    uint64_t packets_lost;      /* given up by the jitter buffers */
    uint64_t packets_late;      /* arrived after they were given up */
    uint64_t packets_recovered; /* brought by retransmission */
    uint64_t packets_restored;  /* from copies in later packets */
    double jitter_ms;
    uint32_t video_buffer_ms; /* what the jitter buffers wait at most */
    uint32_t audio_buffer_ms;
};

/* NULL with error for missing GStreamer elements or a broken CA file. Does not connect yet. */
struct whep_session *whep_session_new(const struct whep_session_params *params, GError **error);

void whep_session_start(struct whep_session *session);

/* DELETEs the session on the server, waiting for it at most close_ms. NULL-safe. */
void whep_session_free(struct whep_session *session, guint close_ms);

/* Something of this generation is on the screen: it replaces the ones before. */
void whep_session_playing(struct whep_session *session, unsigned generation);

/* The caller sees that packets bring no pictures: begin a new generation now. */
void whep_session_reconnect(struct whep_session *session);

enum whep_session_state whep_session_state(const struct whep_session *session);

/* Sums over all generations, but for the momentary values. */
void whep_session_read_stats(struct whep_session *session, struct whep_session_stats *ret_stats);

#endif
