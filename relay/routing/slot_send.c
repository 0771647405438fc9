/* What leaves a slot: media, retransmissions (RFC 4588) and sender reports. */
#include "common/clock.h"
#include "relay/routing/audio_red.h"
#include "relay/routing/slot.h"
#include "relay/routing/subscriber.h"
#include "relay/wire/rtcp.h"
#include "relay/wire/rtp.h"
#include "relay/wire/vp8.h"

#include <errno.h>
#include <string.h>

#define REPORT_INTERVAL_US US_PER_S
#define UNBELIEVABLE_S     10 /* a report so far from what arrives is broken */
#define RTX_HEADER_BYTES   2
#define PADDING_PACKETS    64 /* of the last ones sent, newest first */

/* 6.18 fixed point, 24 bits */
static uint32_t abs_send_time(uint64_t now_us)
{
    uint8_t value[RTP_ABS_SEND_TIME_BYTES];
    rtp_put_abs_send_time(value, now_us);
    return rtp_get_abs_send_time(value);
}

struct outgoing {
    const struct packet *packet;
    const struct sent_packet *sent;
    bool again; /* it was sent before */
    bool rtx;   /* so, by RTX */
};

/* What stands before the shared payload, of this viewer alone: RTX's original sequence number, then a VP8
 * descriptor with its numbers or the headers of redundant audio with its payload type. */
struct head {
    uint8_t header[RTP_HEADER_BYTES + EXTENSION_BLOCK_BYTES];
    uint8_t prefix[RTX_HEADER_BYTES + AUDIO_RED_HEADER_BYTES];
};

static bool takes(const struct slot *slot, const struct packet *packet)
{
    return slot->payload_types[packet->codec].taken;
}

static void write_header(struct slot *slot, const struct outgoing *outgoing, uint8_t payload_type,
    struct head *head, struct rtp_pieces *pieces)
{
    const struct packet *packet = outgoing->packet;
    const struct sent_packet *sent = outgoing->sent;
    struct rtp_header header = {
        .payload_type = payload_type,
        .marker = packet->marker,
        .has_extension = slot->extensions.bytes > 0,
        .sequence_number = outgoing->rtx ? slot->rtx_sequence++ : sent->numbers.sequence_number,
        .timestamp = sent->numbers.timestamp_rtp,
        .ssrc = outgoing->rtx ? slot->rtx_ssrc : slot->ssrc,
    };
    struct extension_values values = {
        .transport_sequence = sent->transport_sequence,
        .abs_send_time = sent->abs_send_time,
        .has_audio_level = packet->has_audio_level,
        .audio_level = packet->audio_level,
    };

    rtp_write_header(head->header, &header);
    extension_block_write(&slot->extensions, &values, head->header + RTP_HEADER_BYTES);
    pieces->header = head->header;
    pieces->header_bytes = RTP_HEADER_BYTES + (size_t)slot->extensions.bytes;
}

/* Bytes of the VP8 descriptor up to the last one that is this viewer's own. */
static size_t rewritten_bytes(const struct packet *packet)
{
    size_t bytes = 0;

    if (packet->picture_id_offset != 0)
        bytes = packet->picture_id_offset + (packet->picture_id_bits > 7 ? 2U : 1U);
    if (packet->tl0picidx_offset >= bytes && packet->tl0picidx_offset != 0)
        bytes = packet->tl0picidx_offset + 1U;
    return bytes;
}

static size_t write_descriptor(
    const struct packet *packet, const struct rewritten *numbers, uint8_t *out)
{
    size_t bytes = rewritten_bytes(packet);
    struct vp8_view view = {
        .picture_id_offset = packet->picture_id_offset,
        .picture_id_bits = packet->picture_id_bits,
        .tl0picidx_offset = packet->tl0picidx_offset,
    };

    if (bytes == 0 || packet->picture_id_offset == 0)
        return 0;
    memcpy(out, packet->payload, bytes);
    vp8_set_picture_id(out, &view, numbers->picture_id);
    vp8_set_tl0picidx(out, &view, numbers->tl0picidx);
    return bytes;
}

/* Returns 0 or the shell's error. */
static int put_out(struct slot *slot, const struct outgoing *outgoing, uint64_t now_us)
{
    struct subscriber *subscriber = slot->subscriber;
    const struct packet *packet = outgoing->packet;
    const struct media_payload_types *types = &slot->payload_types[packet->codec];
    struct audio_red_choice choice = audio_red_choose(packet->primary_offset, types, outgoing->rtx);
    struct rtp_pieces pieces = {0};
    struct head head;
    size_t taken;
    int err;

    write_header(slot, outgoing, choice.payload_type, &head, &pieces);
    pieces.prefix = head.prefix;
    if (outgoing->rtx) {
        bytes_put_u16(head.prefix, outgoing->sent->numbers.sequence_number);
        pieces.prefix_bytes = RTX_HEADER_BYTES;
    }
    if (choice.red)
        taken = audio_red_write_headers(packet->payload, types, head.prefix + pieces.prefix_bytes);
    else
        taken =
            write_descriptor(packet, &outgoing->sent->numbers, head.prefix + pieces.prefix_bytes);
    pieces.prefix_bytes += taken;
    pieces.payload = packet->payload + choice.offset + taken;
    pieces.payload_bytes = packet->payload_bytes - choice.offset - taken;

    err = subscriber->send_rtp(subscriber->user, &pieces);
    if (err < 0) {
        subscriber->counters.send_failed++;
        return err;
    }
    size_t bytes = pieces.header_bytes + pieces.prefix_bytes + pieces.payload_bytes;
    subscriber->counters.packets++;
    subscriber->counters.bytes += bytes;
    if (outgoing->again)
        line_resent(&subscriber->line, outgoing->sent->transport_sequence, bytes, now_us);
    else
        line_sent(&subscriber->line, outgoing->sent->transport_sequence, bytes, now_us);
    return 0;
}

static void note_sent(struct slot *slot, const struct packet *packet, uint64_t now_us)
{
    slot->packets++;
    slot->payload_bytes += packet->payload_bytes;
    retransmission_credit(&slot->subscriber->retransmission, packet->payload_bytes);
    if (!slot->playing) {
        slot->playing = true;
        subscriber_time_join(slot->subscriber, slot, now_us);
        slot->events =
            (slot->events & ~(1U << SUBSCRIBER_SLOT_PAUSED)) | 1U << SUBSCRIBER_SLOT_PLAYING;
        slot->no_codec = false;
        slot->paused = false;
        subscriber_wake(slot->subscriber);
    }
}

bool slot_send(struct slot *slot, const struct packet *packet, uint64_t now_us)
{
    struct subscriber *subscriber = slot->subscriber;
    struct rewritten numbers;

    if (!takes(slot, packet)) {
        slot->counters.no_codec++;
        return true;
    }
    if (!rewriter_apply(&slot->rewriter, packet, &numbers)) {
        slot->counters.late++;
        return true;
    }

    struct sent_packet *sent = sent_history_add(&slot->history, numbers.sequence_number);
    sent->source_sequence = packet->sequence;
    sent->layer_id = slot->current_id;
    sent->sent_ms = (uint32_t)(now_us / US_PER_MS);
    sent->numbers = numbers;
    sent->transport_sequence = subscriber->transport_sequence;
    sent->abs_send_time = abs_send_time(now_us);
    if (put_out(slot, &(struct outgoing){.packet = packet, .sent = sent}, now_us) == -EAGAIN) {
        fan_out_stop(&subscriber->router->fan_out);
        return false;
    }
    subscriber->transport_sequence++;
    note_sent(slot, packet, now_us);
    return true;
}

static const struct packet *find_sent(struct slot *slot, const struct sent_packet *sent)
{
    struct layer *layer = slot->current;

    if (layer == NULL || layer->id != sent->layer_id) {
        if (slot->track == NULL)
            return NULL;
        layer = stream_find_layer_by_id(slot->track->stream, sent->layer_id);
    }
    return layer != NULL ? packet_cache_get(&layer->cache, sent->source_sequence) : NULL;
}

static bool has_rtx(const struct slot *slot, const struct packet *packet)
{
    return slot->rtx_ssrc != 0 && slot->payload_types[packet->codec].rtx != 0;
}

static int send_by_rtx(struct slot *slot, const struct packet *packet,
    const struct sent_packet *sent, bool repair, uint64_t now_us)
{
    struct sent_packet again = *sent;

    again.transport_sequence = slot->subscriber->transport_sequence++;
    again.abs_send_time = abs_send_time(now_us);
    return put_out(slot,
        &(struct outgoing){.packet = packet, .sent = &again, .again = repair, .rtx = true}, now_us);
}

void slot_resend(struct slot *slot, uint16_t sequence_number, uint64_t now_us)
{
    struct subscriber *subscriber = slot->subscriber;

    struct sent_packet *sent = sent_history_find(&slot->history, sequence_number);
    const struct packet *packet = sent != NULL ? find_sent(slot, sent) : NULL;
    if (packet == NULL || !takes(slot, packet)) {
        subscriber->counters.missing++;
        return;
    }
    if ((slot->kind == MEDIA_VIDEO && !line_allows_resend(&subscriber->line, now_us)) ||
        !retransmission_allow(&subscriber->retransmission, sent,
            packet->payload_bytes + (size_t)RTP_HEADER_BYTES, now_us))
        return;

    subscriber->counters.resent++;
    /* to the bit the same without RTX: SRTP must never see one sequence number with two contents, under
     * AES-GCM that would give its authentication key away */
    if (has_rtx(slot, packet))
        send_by_rtx(slot, packet, sent, true, now_us);
    else
        put_out(slot, &(struct outgoing){.packet = packet, .sent = sent, .again = true}, now_us);
}

size_t slot_send_padding(struct slot *slot, size_t bytes, uint64_t now_us)
{
    uint16_t newest = (uint16_t)slot->rewriter.highest;
    size_t sent_bytes = 0;

    for (uint16_t back = 0; back < PADDING_PACKETS && sent_bytes < bytes; back++) {
        struct sent_packet *sent = sent_history_find(&slot->history, (uint16_t)(newest - back));
        const struct packet *packet = sent != NULL ? find_sent(slot, sent) : NULL;

        if (packet == NULL || !takes(slot, packet) || !has_rtx(slot, packet))
            continue;
        if (send_by_rtx(slot, packet, sent, false, now_us) < 0)
            break;
        slot->subscriber->counters.padding++;
        sent_bytes += packet->payload_bytes;
    }
    return sent_bytes;
}

/* Timestamp of the source at this moment: by the publisher's reports once each of its tracks has sent
 * one, till then by arrival, so that audio and video are always measured with the same clock. */
static bool source_timestamp(const struct slot *slot, uint64_t now_us, uint32_t *ret_timestamp_rtp)
{
    const struct layer *layer = slot->current;
    uint32_t live_rtp;

    if (!live_line_at(&layer->line, now_us, &live_rtp))
        return false;
    *ret_timestamp_rtp = live_rtp;
    if (!layer->mapping.known || !stream_has_reports(layer->track->stream, now_us))
        return true;
    uint32_t reported_rtp = report_mapping_at(&layer->mapping, layer->clock_rate, now_us);
    int64_t apart = timestamp_distance(reported_rtp, live_rtp);
    int64_t limit = (int64_t)UNBELIEVABLE_S * layer->clock_rate;
    if (apart < limit && apart > -limit)
        *ret_timestamp_rtp = reported_rtp;
    return true;
}

bool slot_report_is_due(const struct slot *slot, uint64_t now_us)
{
    return slot->playing && slot->current != NULL && now_us >= slot->next_report_us;
}

bool slot_write_report(struct slot *slot, struct byte_writer *writer, uint64_t now_us)
{
    struct subscriber *subscriber = slot->subscriber;
    uint32_t timestamp_rtp;

    if (!slot->playing || slot->current == NULL || !subscriber->router->has_wall ||
        !source_timestamp(slot, now_us, &timestamp_rtp))
        return false;
    slot->next_report_us = now_us + REPORT_INTERVAL_US;

    struct rtcp_sender_info info = {
        .ssrc = slot->ssrc,
        .ntp = router_ntp(subscriber->router, now_us),
        .timestamp_rtp = rewriter_report_timestamp(&slot->rewriter, timestamp_rtp),
        .packet_count = (uint32_t)slot->packets,
        .octet_count = (uint32_t)slot->payload_bytes,
    };
    rtcp_write_sr(writer, &info, NULL, 0);
    return true;
}
