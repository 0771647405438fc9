#include "tests/support/hostile/stage.h"

#include "common/clock.h"
#include "relay/wire/rtcp.h"
#include "relay/wire/rtp.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define PICTURE_US     (US_PER_S / 30)
#define KEYFRAME_EVERY 30
#define FIRST_MS       3000
#define ALIVE_MS       500
#define ALIVE_PACKETS  20
#define ALIVE_LIMIT_MS 1000
#define PATIENT_MS     5000 /* under sanitizers */

/* Single NAL units, STAP-A and FU-A: all that packetization modes 0 and 1 know (RFC 6184 section 5.4). */
static bool is_allowed(uint8_t type)
{
    return (type >= 1 && type <= 24) || type == 28;
}

static void on_viewer_rtp(struct participant *viewer, const uint8_t *data, size_t len)
{
    struct stage *stage = viewer->user;
    struct rtp_view view;
    bool resent;

    if (rtp_parse(data, len, &view) < 0 || view.payload_type == PT_OPUS)
        return;
    resent = view.ssrc == viewer->answer.rtx_ssrc;
    if (resent) {
        stage->resent_packets++;
        stage->resent_bytes += len;
    } else {
        stage->media_packets++;
        stage->media_bytes += len;
        stage->last_sequence = view.sequence_number;
        if (view.payload_bytes > 0 && !is_allowed(data[view.payload_offset] & 0x1f))
            stage->forbidden++;
    }
    stage->duplicates += stage->seen[resent][view.sequence_number];
    stage->seen[resent][view.sequence_number] = true;
    /* The half circle ahead belongs to the next round. */
    stage->seen[resent][(uint16_t)(view.sequence_number + 32768)] = false;
}

static void on_publisher_rtcp(struct participant *publisher, const uint8_t *data, size_t len)
{
    struct stage *stage = publisher->user;
    struct rtcp_iterator iterator;
    struct rtcp_packet packet;

    rtcp_iterator_init(&iterator, data, len);
    while (rtcp_iterator_next(&iterator, &packet)) {
        if (packet.type == RTCP_PSFB &&
            (packet.count_or_format == RTCP_PSFB_PLI || packet.count_or_format == RTCP_PSFB_FIR))
            stage->keyframe_requests++;
    }
}

void stage_turn(struct stage *stage)
{
    uint64_t now_us = clock_now_us();

    if (now_us >= stage->next_picture_us) {
        participant_send_picture(stage->publisher, stage->pictures++ % KEYFRAME_EVERY == 0);
        stage->next_picture_us += PICTURE_US;
        if (stage->next_picture_us < now_us)
            stage->next_picture_us = now_us + PICTURE_US;
    }
    arena_turn(stage->arena);
}

void stage_run(struct stage *stage, unsigned ms)
{
    uint64_t end_us = clock_now_us() + ms * US_PER_MS;

    do
        stage_turn(stage);
    while (stage->arena->now_us < end_us);
}

int stage_open(struct stage *stage, struct arena *arena)
{
    int err;

    memset(stage, 0, sizeof(*stage));
    stage->arena = arena;
    err = arena_connect(arena, true, &stage->publisher);
    if (err < 0)
        return err;
    err = arena_connect(arena, false, &stage->viewer);
    if (err < 0)
        return err;
    stage->publisher->user = stage;
    stage->publisher->on_rtcp = on_publisher_rtcp;
    stage->viewer->user = stage;
    stage->viewer->on_rtp = on_viewer_rtp;
    for (unsigned ms = 0; ms < FIRST_MS && stage->media_packets == 0; ms += 10)
        stage_run(stage, 10);
    if (stage->media_packets > 0)
        return 0;
    fprintf(stderr, "nothing reached the viewer\n");
    return -ENODATA;
}

void stage_close(struct stage *stage)
{
    arena_leave(stage->viewer, ARENA_POLITE);
    arena_leave(stage->publisher, ARENA_POLITE);
}

bool stage_is_alive(struct stage *stage)
{
    uint64_t before = stage->media_packets;
    unsigned limit_ms = getenv("DUET_SANITIZED") != NULL ? PATIENT_MS : ALIVE_LIMIT_MS;

    for (unsigned ms = 0; ms < ALIVE_MS || stage->media_packets < before + ALIVE_PACKETS;
         ms += ALIVE_MS) {
        if (ms >= limit_ms)
            return false;
        stage_run(stage, ALIVE_MS);
    }
    return participant_is_connected(stage->publisher) && participant_is_connected(stage->viewer);
}
