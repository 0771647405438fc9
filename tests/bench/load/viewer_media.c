#include "common/clock.h"
#include "relay/wire/demux.h"
#include "relay/wire/rtp.h"
#include "tests/bench/load/check_reply.h"
#include "tests/bench/load/descriptions.h"
#include "tests/bench/load/trace.h"
#include "tests/bench/load/viewer_internal.h"

#include <string.h>

#define NS_PER_US 1000
#define OSN_BYTES 2
/* Replayed packets of a join are old by design; their age is no delay. */
#define SETTLED_US (2 * US_PER_S)

static bool stream_of(uint8_t payload_type, enum viewer_stream_kind *ret_kind)
{
    switch (payload_type) {
    case DESCRIPTIONS_VIDEO_TYPE:
        *ret_kind = VIEWER_VIDEO;
        return true;
    case DESCRIPTIONS_AUDIO_TYPE:
        *ret_kind = VIEWER_AUDIO;
        return true;
    case DESCRIPTIONS_RTX_TYPE:
        *ret_kind = VIEWER_RTX;
        return true;
    default:
        return false;
    }
}

/* Pictures are whole when their last packet is here and nothing before it is missing. */
static void note_picture(struct viewer *viewer)
{
    uint64_t now_us = viewer->now_us;
    uint64_t gap_us = clock_elapsed_us(now_us, viewer->last_whole_us);

    if (viewer->streams[VIEWER_VIDEO].arrivals.missing_count > 0)
        return;
    if (viewer->last_whole_us != 0 && gap_us > viewer->figures.longest_gap_us)
        viewer->figures.longest_gap_us = gap_us;
    viewer->last_whole_us = now_us;
}

static void note_delay(struct viewer *viewer, enum viewer_stream_kind kind, const uint8_t *payload,
    size_t len, uint64_t arrival_ns)
{
    struct viewer_tally *tally = viewer->params.tally;
    uint64_t sent_ns;

    if (viewer->figures.first_frame_us == 0 ||
        viewer->now_us < viewer->figures.first_frame_us + SETTLED_US ||
        !trace_read_stamp(payload, len, &sent_ns))
        return;
    /* The two clocks are compared to a microsecond or so. */
    histogram_add(kind == VIEWER_VIDEO ? &tally->video_delay_ns : &tally->audio_delay_ns,
        arrival_ns > sent_ns ? arrival_ns - sent_ns : 0);
}

static void look_for_picture(struct viewer *viewer, int64_t index, const struct rtp_view *view,
    const uint8_t *payload, size_t len)
{
    if (viewer->figures.first_frame_us == 0 &&
        first_frame_add(&viewer->first_frame, index, view->timestamp, view->marker, payload, len))
        viewer->figures.first_frame_us = viewer->now_us;
}

/* RFC 4588 section 4: the original sequence number, then the original payload. */
static void take_repair(
    struct viewer *viewer, const struct rtp_view *view, const uint8_t *payload, size_t len)
{
    struct arrivals *video = &viewer->streams[VIEWER_VIDEO].arrivals;
    uint16_t number;
    int64_t index;

    if (len < OSN_BYTES || !video->started)
        return;
    number = bytes_get_u16(payload);
    index = arrivals_index(video, number);
    if (!arrivals_add(video, number, viewer->now_us))
        return;
    viewer->now.repaired++;
    look_for_picture(viewer, index, view, payload + OSN_BYTES, len - OSN_BYTES);
}

/* What only the plain payload tells. */
static void look_inside(struct viewer *viewer, enum viewer_stream_kind kind, int64_t index,
    uint8_t *data, size_t len, const struct rtp_view *view, uint64_t arrival_ns)
{
    const uint8_t *payload = data + view->payload_offset;
    size_t plain_len;

    if (index < 0 || viewer->inbound == NULL)
        return;
    if (srtp_evp_unprotect(
            viewer->inbound, (uint64_t)index, data, view->payload_offset, len, &plain_len) < 0) {
        viewer->now.unreadable++;
        return;
    }
    plain_len -= view->payload_offset;
    if (kind == VIEWER_RTX) {
        take_repair(viewer, view, payload, plain_len);
        return;
    }
    if (kind == VIEWER_VIDEO)
        look_for_picture(viewer, index, view, payload, plain_len);
    note_delay(viewer, kind, payload, plain_len, arrival_ns);
}

static void receive_rtp(struct viewer *viewer, uint8_t *data, size_t len, uint64_t arrival_ns)
{
    enum viewer_stream_kind kind;
    struct viewer_stream *stream;
    const uint8_t *sequence;
    struct rtp_view view;
    size_t sequence_len;
    int64_t index;

    if (rtp_parse(data, len, &view) < 0 || !stream_of(view.payload_type, &kind))
        return;
    viewer->now.packets++;
    viewer->now.bytes += len;
    sequence = rtp_find_extension(data, &view, DESCRIPTIONS_TRANSPORT_CC, &sequence_len);
    if (sequence != NULL && sequence_len == RTP_TRANSPORT_SEQUENCE_BYTES)
        viewer_feedback_note(viewer, bytes_get_u16(sequence), viewer->now_us);
    stream = &viewer->streams[kind];
    stream->ssrc = view.ssrc;
    index = arrivals_index(&stream->arrivals, view.sequence_number);
    if (!arrivals_add(&stream->arrivals, view.sequence_number, viewer->now_us))
        return;
    if (kind == VIEWER_VIDEO) {
        viewer->figures.header_bytes = view.payload_offset;
        if (view.marker)
            note_picture(viewer);
    }
    if (viewer->params.sampled || kind == VIEWER_RTX || viewer->figures.first_frame_us == 0)
        look_inside(viewer, kind, index, data, len, &view, arrival_ns);
}

static void answer_check(struct viewer *viewer, const uint8_t *data, size_t len)
{
    uint8_t reply[STUN_REPLY_BYTES];
    size_t reply_len =
        check_reply_write(data, len, peer_client_pwd(viewer->peer), &viewer->remote, reply);

    if (reply_len > 0)
        viewer_send_datagram(viewer, reply, reply_len);
}

void viewer_media_receive(void *user, uint8_t *data, size_t len, uint64_t arrival_ns)
{
    struct viewer *viewer = user;
    enum demux_kind kind = demux_classify(data, len);

    viewer->now_us = arrival_ns / NS_PER_US;
    if (kind == DEMUX_RTP) {
        receive_rtp(viewer, data, len, arrival_ns);
        return;
    }
    if (kind == DEMUX_STUN)
        answer_check(viewer, data, len);
    peer_client_receive(viewer->peer, data, len, clock_now_us());
}
