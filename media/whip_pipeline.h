/*
 * The sending half of one WHIP connection: encoded H.264 layers and Opus go in, RTP goes out through
 * one webrtcbin.
 *
 *   appsrc h ─ rtph264pay ┐
 *   appsrc m ─ rtph264pay ┼ rtpfunnel ─┐
 *   appsrc l ─ rtph264pay ┘            ├ webrtcbin
 *   appsrc   ─ rtpopuspay (─ RED) ─────┘
 *
 * It is a pipeline of its own, apart from the encoders', so that connections come and go while
 * encoding runs on, and two can send the same media at once. Layers are told apart by RID (RFC 8852,
 * RFC 8853) when there is more than one. Audio becomes redundant (RFC 2198) when the answer prefers it.
 *
 * Created and freed on the main thread. Pushing is for the encoders' threads; on_keyframe_request
 * comes from threads of the pipeline, the rest on the main thread. Holds a reference to each pushed
 * buffer until it is sent.
 */
#ifndef DUET_MEDIA_WHIP_PIPELINE_H
#define DUET_MEDIA_WHIP_PIPELINE_H

#include "media/webrtc_peer.h"

#define WHIP_MAX_LAYERS 3

/* Names of the layers, best first: "h", "m", "l". */
extern const char *const whip_layer_rids[WHIP_MAX_LAYERS];

struct whip_pipeline;

struct whip_pipeline_params {
    unsigned layers;     /* 0 (no video) to WHIP_MAX_LAYERS */
    unsigned top_height; /* decides the level that the offer names */
    bool audio;
    unsigned
        audio_redundancy;   /* earlier frames in each audio packet, where the server wants them */
    const char *server_url; /* borrowed, as are the next two */
    const char *stun_server;
    const char *const *turn_servers;
    GstClockTime base_time; /* buffers carry running time since then, on the monotonic clock */
    struct webrtc_peer_callbacks callbacks;
    void (*on_keyframe_request)(void *user, unsigned layer); /* any thread */
    void (*on_error)(void *user, const GError *error);       /* main thread */
    void *user;
};

struct whip_pipeline *whip_pipeline_new(const struct whip_pipeline_params *params, GError **error);

/* NULL-safe. Nobody may push any more. */
void whip_pipeline_free(struct whip_pipeline *pipeline);

/* Makes the offer. */
void whip_pipeline_start(struct whip_pipeline *pipeline);

struct webrtc_peer *whip_pipeline_peer(struct whip_pipeline *pipeline);

/* Access units in byte-stream format with PTS in running time; buffer is borrowed. Before the
 * connection stands nothing is sent, and then each layer begins with its next keyframe. */
void whip_pipeline_push_video(struct whip_pipeline *pipeline, unsigned layer, GstBuffer *buffer);
void whip_pipeline_push_audio(struct whip_pipeline *pipeline, GstBuffer *buffer);

/* False while the server asked for a pause of the layer (RFC 7728); what is pushed of it meanwhile goes
 * nowhere, and it goes on with its next keyframe. Any thread. */
bool whip_pipeline_wants_layer(const struct whip_pipeline *pipeline, unsigned layer);

/* Of the audio: see media/sender_feedback.h. Any thread. */
uint8_t whip_pipeline_audio_loss(const struct whip_pipeline *pipeline, uint64_t *ret_reports);

/* Media flows from now on. */
void whip_pipeline_open(struct whip_pipeline *pipeline);

#endif
