/*
 * Publishing for as long as the program wants it (RFC 9725): makes a WHIP session, notices when it
 * died and makes a new one beside it, with the delays of common/backoff.h.
 *
 * The old connection keeps sending until the new one stands; the server lets the same token replace
 * its own publisher. Silence of the other end counts as death after 1 s when its reports come that
 * often, and later with a server that reports seldom.
 *
 * Main thread (its main context), but for pushing, which is for the encoders' threads, and
 * on_keyframe_request, which comes from any thread. Owns its connections.
 */
#ifndef DUET_MEDIA_WHIP_SESSION_H
#define DUET_MEDIA_WHIP_SESSION_H

#include "media/webrtc_peer.h"

enum whip_state {
    WHIP_CONNECTING, /* first attempts */
    WHIP_LIVE,
    WHIP_RECONNECTING, /* was live; text says why not now */
    WHIP_REFUSED,      /* the server said no for good: token or address is wrong. Nothing follows */
};

/* "connecting", "live", "reconnecting", "refused". */
const char *whip_state_name(enum whip_state state);

struct whip_session;

struct whip_session_params {
    const char *url; /* all strings are copied */
    const char *token;
    const char *ca_file;
    const char *stun_server;
    unsigned layers; /* 0 to WHIP_MAX_LAYERS */
    unsigned top_height;
    bool audio;
    unsigned audio_redundancy; /* see media/whip_pipeline.h */
    GstClockTime base_time;    /* see media/whip_pipeline.h */
    /* Also comes with the same state and a new text when an attempt failed. text may be NULL. */
    void (*on_state)(void *user, enum whip_state state, const char *text);
    void (*on_keyframe_request)(void *user, unsigned layer); /* any thread */
    void *user;
};

/* NULL with error for a URL or CA file that cannot be used, or a missing GStreamer element. */
struct whip_session *whip_session_new(const struct whip_session_params *params, GError **error);

/* Ends the session at the server, waiting at most a second. No callback comes any more, and what is
 * pushed from now on goes nowhere: encoders and session can be taken down in any order after it. */
void whip_session_stop(struct whip_session *session);

/* Stops, too. Nobody may push any more. NULL-safe. */
void whip_session_free(struct whip_session *session);

/* See media/whip_pipeline.h; buffers are borrowed. */
void whip_session_push_video(struct whip_session *session, unsigned layer, GstBuffer *buffer);
void whip_session_push_audio(struct whip_session *session, GstBuffer *buffer);

/* Whether any connection has use for the layer now; true while there is none. Any thread. */
bool whip_session_wants_layer(struct whip_session *session, unsigned layer);

/* Of the connection that is live: media/sender_feedback.h. Main thread. */
uint8_t whip_session_audio_loss(const struct whip_session *session, uint64_t *ret_reports);

enum whip_state whip_session_state(const struct whip_session *session);

/* Figures of the connection that is live, zeros without one. */
void whip_session_read_stats(struct whip_session *session, struct webrtc_peer_stats *ret_stats);

/* How often a connection stood, the first included. */
unsigned whip_session_connections(const struct whip_session *session);

#endif
