#include "tests/support/network/viewer_model.h"

#include "relay/routing/subscriber.h"
#include "relay/wire/rtcp.h"

#include <stdlib.h>
#include <string.h>

#define OWN_SSRC  77
#define AUDIO     0
#define VIDEO     1
#define SSRC      0x1000 /* + slot */
#define RTX_SSRC  0x2000 /* + slot */
#define MAX_NACKS 200

#define RTP_OVERHEAD_BYTES  (16 + 28) /* SRTP, UDP, IP */
#define RTCP_OVERHEAD_BYTES (14 + 28)

/* ---- lines ---- */

static struct viewer_flight *put_on_line(
    struct viewer_line *line, size_t len, size_t overhead_bytes, uint64_t now_us)
{
    uint64_t arrival_us;

    if (!link_model_send(&line->model, len + overhead_bytes, now_us, &arrival_us))
        return NULL;
    if (line->count == VIEWER_MODEL_QUEUE || len > sizeof(line->ring[0].data))
        abort();
    struct viewer_flight *flight = &line->ring[(line->first + line->count++) % VIEWER_MODEL_QUEUE];
    flight->arrival_us = arrival_us;
    flight->len = (uint16_t)len;
    return flight;
}

/* The next one that has arrived, or NULL; it is out of the queue but valid until the next is sent. */
static struct viewer_flight *take_off_line(struct viewer_line *line, uint64_t now_us)
{
    struct viewer_flight *flight = &line->ring[line->first];

    if (line->count == 0 || flight->arrival_us > now_us)
        return NULL;
    line->first = (line->first + 1) % VIEWER_MODEL_QUEUE;
    line->count--;
    return flight;
}

static void note_wait(struct viewer_model *viewer)
{
    const struct link_model *model = &viewer->down.model;
    uint64_t now_us = viewer->lesson->now_us;
    uint64_t wait_ms = 0;

    if (model->params.rate_bps > 0)
        wait_ms = clock_elapsed_us(model->free_at_us, now_us) / US_PER_MS;
    if (wait_ms >= VIEWER_MODEL_WAITS_MS)
        wait_ms = VIEWER_MODEL_WAITS_MS - 1;
    viewer->waited_ms[wait_ms]++;
}

static int on_rtp(void *user, const struct rtp_pieces *pieces)
{
    struct viewer_model *viewer = user;
    size_t len = pieces->header_bytes + pieces->prefix_bytes + pieces->payload_bytes;

    viewer->sent_bytes += len + RTP_OVERHEAD_BYTES;
    struct viewer_flight *flight =
        put_on_line(&viewer->down, len, RTP_OVERHEAD_BYTES, viewer->lesson->now_us);
    if (flight == NULL)
        return 0;
    flight->rtcp = false;
    memcpy(flight->data, pieces->header, pieces->header_bytes);
    memcpy(flight->data + pieces->header_bytes, pieces->prefix, pieces->prefix_bytes);
    memcpy(flight->data + pieces->header_bytes + pieces->prefix_bytes, pieces->payload,
        pieces->payload_bytes);
    return 0;
}

static void on_rtcp(void *user, uint8_t *data, size_t len)
{
    struct viewer_model *viewer = user;
    struct viewer_flight *flight =
        put_on_line(&viewer->down, len, RTCP_OVERHEAD_BYTES, viewer->lesson->now_us);

    if (flight == NULL)
        return;
    flight->rtcp = true;
    memcpy(flight->data, data, len);
}

/* ---- what arrives ---- */

static void count_for_report(struct viewer_reports *reports, uint16_t sequence_number)
{
    bool first = !reports->unwrapper.started;
    int64_t sequence = seq_unwrap(&reports->unwrapper, sequence_number);

    if (first)
        reports->first = sequence;
    reports->received++;
}

static void give_video(struct viewer_model *viewer, const struct rtp_view *view, uint16_t number,
    bool rtx, const uint8_t *payload)
{
    struct video_model_input input = {
        .sequence_number = number,
        .timestamp_rtp = view->timestamp,
        .marker = view->marker,
        .starts_keyframe = (payload[0] & 0x1f) == 7,
        .rtx = rtx,
    };

    video_model_add(&viewer->video, &input, viewer->lesson->now_us);
}

static void receive_media(
    struct viewer_model *viewer, const struct rtp_view *view, const uint8_t *payload)
{
    uint64_t now_us = viewer->lesson->now_us;

    switch (view->ssrc) {
    case SSRC + AUDIO:
        count_for_report(&viewer->reports[AUDIO], view->sequence_number);
        audio_model_add(
            &viewer->audio, view->sequence_number, (payload[0] & 0x80) != 0, false, now_us);
        break;
    case RTX_SSRC + AUDIO:
        audio_model_add(&viewer->audio, bytes_get_u16(payload), false, true, now_us);
        break;
    case SSRC + VIDEO:
        count_for_report(&viewer->reports[VIDEO], view->sequence_number);
        give_video(viewer, view, view->sequence_number, false, payload);
        break;
    case RTX_SSRC + VIDEO:
        give_video(viewer, view, bytes_get_u16(payload), true, payload + 2);
        break;
    default:
        abort();
    }
}

static void receive_rtp(struct viewer_model *viewer, const struct viewer_flight *flight)
{
    struct rtp_view view;
    size_t len;

    if (rtp_parse(flight->data, flight->len, &view) < 0 || view.payload_bytes < 3)
        abort();
    viewer->received_packets++;
    viewer->received_bytes += flight->len;
    const uint8_t *number =
        rtp_find_extension(flight->data, &view, LESSON_MODEL_TRANSPORT_ID, &len);
    if (number == NULL)
        abort();
    arrival_feedback_add(&viewer->arrivals, bytes_get_u16(number), viewer->lesson->now_us);
    receive_media(viewer, &view, flight->data + view.payload_offset);
}

static void receive_rtcp(struct viewer_model *viewer, const struct viewer_flight *flight)
{
    struct rtcp_sender_info info;
    struct rtcp_iterator iterator;
    struct rtcp_packet packet;

    rtcp_iterator_init(&iterator, flight->data, flight->len);
    while (rtcp_iterator_next(&iterator, &packet)) {
        if (packet.type != RTCP_SR || rtcp_parse_sender_info(&packet, &info) < 0)
            continue;
        struct viewer_reports *reports = &viewer->reports[info.ssrc - SSRC];
        reports->last_sr = (uint32_t)(info.ntp >> 16);
        reports->last_sr_us = viewer->lesson->now_us;
    }
}

/* ---- what it says ---- */

static void say(struct viewer_model *viewer, const struct byte_writer *writer)
{
    struct viewer_flight *flight =
        put_on_line(&viewer->up, writer->len, RTCP_OVERHEAD_BYTES, viewer->lesson->now_us);

    if (flight != NULL)
        memcpy(flight->data, writer->data, writer->len);
}

static void ask(struct viewer_model *viewer, struct hole_list *holes, uint32_t ssrc)
{
    uint8_t data[1200];
    struct byte_writer writer;
    uint16_t numbers[MAX_NACKS];
    size_t count = hole_list_due(holes, viewer->lesson->now_us, numbers, MAX_NACKS);

    if (count == 0)
        return;
    byte_writer_init(&writer, data, sizeof(data));
    rtcp_write_nack(&writer, OWN_SSRC, ssrc, numbers, count);
    say(viewer, &writer);
}

void viewer_model_complain(struct viewer_model *viewer)
{
    uint8_t data[100];
    struct byte_writer writer;

    byte_writer_init(&writer, data, sizeof(data));
    rtcp_write_pli(&writer, OWN_SSRC, SSRC + VIDEO);
    say(viewer, &writer);
}

static void tell_arrivals(struct viewer_model *viewer)
{
    uint64_t now_us = viewer->lesson->now_us;
    uint8_t data[1400];
    struct byte_writer writer;
    bool more = arrival_feedback_due(&viewer->arrivals, now_us);

    while (more) {
        byte_writer_init(&writer, data, sizeof(data));
        more = arrival_feedback_write(&viewer->arrivals, &writer, OWN_SSRC, SSRC + VIDEO, now_us);
        if (more)
            say(viewer, &writer);
    }
}

static struct rtcp_report_block block_of(struct viewer_reports *reports, uint64_t now_us)
{
    uint64_t expected = (uint64_t)(reports->unwrapper.newest - reports->first + 1);
    int64_t new_expected = (int64_t)(expected - reports->expected_before);
    int64_t new_lost = new_expected - (int64_t)(reports->received - reports->received_before);
    struct rtcp_report_block block = {
        .ssrc = reports->ssrc,
        .cumulative_lost = (int32_t)((int64_t)expected - (int64_t)reports->received),
        .highest_seq = (uint32_t)reports->unwrapper.newest,
        .last_sr = reports->last_sr,
    };

    if (new_expected > 0 && new_lost > 0)
        block.fraction_lost =
            (uint8_t)(new_lost * 256 / new_expected > 255 ? 255 : new_lost * 256 / new_expected);
    if (reports->last_sr != 0)
        block.delay_since_last_sr = (uint32_t)((now_us - reports->last_sr_us) * 65536 / US_PER_S);
    reports->expected_before = expected;
    reports->received_before = reports->received;
    return block;
}

static void report(struct viewer_model *viewer)
{
    struct rtcp_report_block blocks[2];
    uint8_t data[200];
    struct byte_writer writer;
    size_t count = 0;

    if (viewer->lesson->now_us < viewer->next_report_us)
        return;
    viewer->next_report_us += US_PER_S;
    for (size_t i = 0; i < 2; i++) {
        if (viewer->reports[i].unwrapper.started)
            blocks[count++] = block_of(&viewer->reports[i], viewer->lesson->now_us);
    }
    byte_writer_init(&writer, data, sizeof(data));
    rtcp_write_rr(&writer, OWN_SSRC, blocks, count);
    say(viewer, &writer);
}

/* ---- the whole ---- */

static void line_create(struct viewer_line *line, uint64_t seed)
{
    link_model_init(&line->model, &(struct link_params){0}, seed);
    line->ring = calloc(VIEWER_MODEL_QUEUE, sizeof(line->ring[0]));
    if (line->ring == NULL)
        abort();
}

static void subscribe(struct viewer_model *viewer)
{
    struct media_track tracks[2];
    struct subscriber_slot_params slots[2];

    for (size_t i = 0; i < 2; i++) {
        tracks[i] = lesson_model_viewer_track(i == AUDIO ? MEDIA_AUDIO : MEDIA_VIDEO);
        tracks[i].send_ssrc = SSRC + (uint32_t)i;
        tracks[i].send_rtx_ssrc = RTX_SSRC + (uint32_t)i;
        slots[i] = (struct subscriber_slot_params){&tracks[i], LESSON_MODEL_SOURCE};
        viewer->reports[i].ssrc = tracks[i].send_ssrc;
    }
    struct subscriber_params params = {
        .lesson = LESSON_MODEL_NAME,
        .cname = "relay",
        .slots = slots,
        .slot_count = 2,
        .send_rtp = on_rtp,
        .send_rtcp = on_rtcp,
        .user = viewer,
    };
    uint64_t now_us = viewer->lesson->now_us;
    if (subscriber_create(viewer->lesson->router, &params, now_us, &viewer->subscriber) < 0)
        abort();
    subscriber_start(viewer->subscriber, now_us);
}

struct viewer_model *viewer_model_create(
    struct lesson_model *lesson, const struct link_params *line, uint64_t seed)
{
    struct viewer_model *viewer = calloc(1, sizeof(*viewer));

    if (viewer == NULL)
        abort();
    viewer->lesson = lesson;
    line_create(&viewer->down, 2 * seed);
    line_create(&viewer->up, 2 * seed + 1);
    viewer_model_set_line(viewer, line);
    video_model_init(&viewer->video, lesson->now_us);
    audio_model_init(&viewer->audio, lesson->now_us);
    viewer->next_report_us = lesson->now_us + US_PER_S;
    subscribe(viewer);
    return viewer;
}

void viewer_model_destroy(struct viewer_model *viewer)
{
    if (viewer == NULL)
        return;
    subscriber_destroy(viewer->subscriber);
    free(viewer->down.ring);
    free(viewer->up.ring);
    free(viewer);
}

void viewer_model_set_line(struct viewer_model *viewer, const struct link_params *line)
{
    struct link_params up = *line;

    up.rate_bps = 0;
    link_model_set(&viewer->down.model, line);
    link_model_set(&viewer->up.model, &up);
}

void viewer_model_step(struct viewer_model *viewer)
{
    uint64_t now_us = viewer->lesson->now_us;
    struct viewer_flight *flight;

    note_wait(viewer);
    while ((flight = take_off_line(&viewer->down, now_us)) != NULL) {
        if (flight->rtcp)
            receive_rtcp(viewer, flight);
        else
            receive_rtp(viewer, flight);
    }
    video_model_run(&viewer->video, viewer_model_layer(viewer) == VIEWER_MODEL_PAUSED,
        adaptive_latency_ms(&viewer->audio.latency) * US_PER_MS, now_us);
    audio_model_run(&viewer->audio, viewer->video.late_ms, now_us);
    ask(viewer, &viewer->video.holes, SSRC + VIDEO);
    ask(viewer, &viewer->audio.holes, SSRC + AUDIO);
    if (video_model_due_pli(&viewer->video, now_us))
        viewer_model_complain(viewer);
    tell_arrivals(viewer);
    report(viewer);
    while ((flight = take_off_line(&viewer->up, now_us)) != NULL)
        subscriber_receive_rtcp(viewer->subscriber, flight->data, flight->len, now_us);
}

void viewer_model_measure(struct viewer_model *viewer)
{
    video_model_measure(&viewer->video);
    audio_model_measure(&viewer->audio);
    memset(viewer->waited_ms, 0, sizeof(viewer->waited_ms));
    viewer->received_packets = viewer->received_bytes = 0;
    viewer->down.model.overflowed = 0;
}

int viewer_model_layer(const struct viewer_model *viewer)
{
    const struct slot *slot = &viewer->subscriber->slots[VIDEO];

    if (slot->choice.started && slot->choice.chosen == LAYER_CHOICE_PAUSED)
        return VIEWER_MODEL_PAUSED;
    return slot->current != NULL ? (int)slot->current->index : VIEWER_MODEL_WAITING;
}

uint64_t viewer_model_estimate_bps(const struct viewer_model *viewer)
{
    return line_estimate_bps(&viewer->subscriber->line);
}

unsigned viewer_model_wait_ms(const struct viewer_model *viewer, unsigned percent)
{
    uint64_t total = 0, below = 0;

    for (size_t i = 0; i < VIEWER_MODEL_WAITS_MS; i++)
        total += viewer->waited_ms[i];
    for (size_t i = 0; i < VIEWER_MODEL_WAITS_MS; i++) {
        below += viewer->waited_ms[i];
        if (below * 100 >= total * percent)
            return (unsigned)i;
    }
    return 0;
}
