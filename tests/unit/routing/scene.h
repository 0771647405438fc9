/*
 * A lesson in virtual time for tests of routing: publishers that make real-looking H.264, VP8 and Opus
 * packets, viewers that keep all they were sent, and the clock. Everything goes through the public
 * interface of relay/routing/router.h, packets are built and read with relay/wire.
 */
#ifndef DUET_TESTS_UNIT_ROUTING_SCENE_H
#define DUET_TESTS_UNIT_ROUTING_SCENE_H

#include "common/clock.h"
#include "relay/routing/router.h"
#include "relay/wire/rtcp.h"
#include "relay/wire/rtp.h"
#include "tests/support/media_shapes.h"

#define SCENE_START_US  (100 * US_PER_S)
#define SCENE_MAX_NACKS 4096

#define SCENE_MID_ID          1
#define SCENE_RID_ID          2
#define SCENE_REPAIRED_RID_ID 3
#define SCENE_TRANSPORT_ID    4
#define SCENE_ABS_SEND_ID     5
#define SCENE_LEVEL_ID        6

struct scene {
    struct router *router;
    uint64_t now_us;
    uint64_t wall_us;
    bool holds_back;   /* viewers are served by the test alone, with router_fan_out() */
    size_t sent_count; /* to all viewers */
    /* One of several routers (exchange_scene.h): the others' part of every turn. */
    void (*on_turn)(void *user, const struct scene *scene);
    void *user;
};

void scene_init(struct scene *scene);
/* As above with a router that has peers. */
void scene_init_with(struct scene *scene, const struct router_exchange *exchange);
void scene_finish(struct scene *scene);
/* Serves the viewers, as the loop does at the end of a turn; publisher_send() and scene_advance() do too. */
void scene_fan_out(struct scene *scene);
/* Moves the clock on in steps of 10 ms with a router_tick() after each. */
void scene_advance(struct scene *scene, uint64_t us);

/* shape_track() with all extensions of SCENE_*_ID that its kind has. */
struct media_track scene_track(enum media_kind kind, const struct media_codec *codec);

/* ---- publisher ---- */

struct publisher {
    struct scene *scene;
    struct stream *stream;
    uint16_t transport_sequence;
    bool active;
    unsigned active_events;

    /* what the relay told it */
    unsigned plis;
    unsigned firs;
    uint64_t last_keyframe_request_us;
    uint32_t last_keyframe_ssrc;
    unsigned nack_packets;
    uint16_t nacked[SCENE_MAX_NACKS];
    size_t nacked_count;
    unsigned feedbacks;
    uint32_t feedback_media_ssrc;
    unsigned received_reports;
    struct rtcp_report_block last_block;
    struct rtcp_report_block last_of_blocks; /* of the last track */
    unsigned pauses, resumes;                /* RFC 7728 */
    uint64_t paused;                         /* bits by the last 6 bits of the SSRC */
    uint64_t last_resume_us;
    uint16_t last_pause_id;
};

int publisher_create(struct publisher *publisher, struct scene *scene, const char *source,
    const struct media_track *tracks, size_t track_count);
void publisher_destroy(struct publisher *publisher);

struct scene_rtp {
    uint8_t payload_type;
    bool marker;
    uint16_t sequence_number;
    uint32_t timestamp_rtp;
    uint32_t ssrc;
    const char *mid; /* NULL = no such extension, as the next ones */
    const char *rid;
    const char *repaired_rid;
    bool has_level;
    uint8_t level;
    const uint8_t *payload;
    size_t payload_bytes;
    uint8_t padding_bytes;
};

/* Builds the packet (with a transport-wide sequence number) and gives it to the stream. */
void publisher_send(struct publisher *publisher, const struct scene_rtp *rtp);
/* PAUSED or REFUSED, in answer to the last request. */
void publisher_answer_pause(struct publisher *publisher, uint32_t ssrc, bool refused);
void publisher_report(
    struct publisher *publisher, uint32_t ssrc, uint64_t ntp, uint32_t timestamp_rtp);

/* One encoder of a publisher. Its frames are numbered; each packet ends with number and index. */
struct encoder {
    struct publisher *publisher;
    enum media_codec_id codec;
    uint8_t payload_type;
    uint32_t ssrc;
    const char *mid;
    const char *rid;
    uint16_t sequence_number; /* of the next packet */
    uint32_t timestamp_rtp;   /* of the next frame */
    uint32_t frame;           /* number of the next frame */
    uint16_t picture_id;
    uint16_t width;      /* VP8: of the picture; 0 = 640 */
    uint16_t first_loss; /* packets of the next frame not sent, by index: [first, last) */
    uint16_t last_loss;
};

/* One frame of so many packets now (a keyframe of H.264 has SPS and PPS packets in front) and the
 * timestamp moves on by ticks. Opus: packets must be 1. */
void encoder_frame(struct encoder *encoder, bool keyframe, unsigned packets, uint32_t ticks);

/* 30 frames a second from now on for so long, a keyframe first when asked; clock moves on. */
void encoder_run(struct encoder *encoder, bool keyframe, uint64_t us);

/* ---- viewer ---- */

struct viewer_packet {
    uint64_t sent_us;
    size_t order; /* among all that was sent in the scene */
    struct rtp_view view;
    size_t len;
    uint8_t data[1600];
};

/* Which steps of its prefetch were asked for, since the test cleared it. */
struct viewer_fetched {
    unsigned steps[32];
    size_t count;
    size_t packets_before; /* that it had got when the first step came */
};

struct viewer {
    struct scene *scene;
    struct subscriber *subscriber;
    struct viewer_packet *packets; /* owned */
    size_t packet_count;
    size_t packet_capacity;
    bool keep_nothing;              /* counts only */
    struct viewer_fetched *fetched; /* kept up when not NULL */
    size_t *room;                   /* how many more packets the shell takes; NULL = any number */
    unsigned playing, empty, no_codec, paused;
    unsigned sender_reports;
    struct rtcp_sender_info last_report[2]; /* by slot */
    uint64_t last_report_us[2];
    uint32_t ssrcs[2];
};

#define VIEWER_SSRC     0x1000 /* + slot */
#define VIEWER_RTX_SSRC 0x2000

/* Slots show sources[i] and take tracks[i]; send SSRCs are set here (RTX when the codec has it). */
int viewer_create(struct viewer *viewer, struct scene *scene, const struct media_track *tracks,
    const char *const *sources, size_t slots);
/* Its transport is connected: the first packets go out at once. */
void viewer_start(struct viewer *viewer);
void viewer_destroy(struct viewer *viewer);
void viewer_forget(struct viewer *viewer);

void viewer_nack(struct viewer *viewer, uint32_t ssrc, const uint16_t *seqs, size_t count);
void viewer_pli(struct viewer *viewer, uint32_t ssrc);
/* A receiver report and an estimate of its line. */
void viewer_report_loss(struct viewer *viewer, uint32_t ssrc, uint8_t fraction_lost);
void viewer_remb(struct viewer *viewer, uint32_t kbps);

/* Frame number and packet index that encoder_frame() wrote. */
uint32_t viewer_packet_frame(const struct viewer_packet *packet);
uint16_t viewer_packet_index(const struct viewer_packet *packet);
const uint8_t *viewer_packet_payload(const struct viewer_packet *packet);

#endif
