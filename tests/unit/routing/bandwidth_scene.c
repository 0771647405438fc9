#include "tests/unit/routing/bandwidth_scene.h"

#include "common/clock.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define STEP_US        1000
#define TICK_US        (10 * US_PER_MS)
#define CHOICE_US      (50 * US_PER_MS)
#define AUDIO_US       (20 * US_PER_MS)
#define FRAME_US       (US_PER_S / 30)
#define PACKET_BYTES   1200
#define KEYFRAME_SIZE  5     /* times a frame */
#define KEYFRAME_EVERY 120   /* frames */
#define FIRST_NUMBER   65000 /* so that every run goes round */

const uint32_t scene_layer_bps[SCENE_LAYERS] = {1800000, 600000, 180000};

/* ---- queues ---- */

static void push(struct scene_queue *queue, const struct scene_packet *packet)
{
    if (queue->count == SCENE_QUEUE_PACKETS)
        abort();
    queue->packets[(queue->first + queue->count++) % SCENE_QUEUE_PACKETS] = *packet;
}

static const struct scene_packet *front(const struct scene_queue *queue)
{
    return queue->count > 0 ? &queue->packets[queue->first] : NULL;
}

static void pop(struct scene_queue *queue)
{
    queue->first = (queue->first + 1) % SCENE_QUEUE_PACKETS;
    queue->count--;
}

/* ---- sender ---- */

static uint32_t next_random(struct scene *scene)
{
    scene->random = scene->random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(scene->random >> 33);
}

static void put_on_line(struct scene *scene, const struct scene_packet *packet)
{
    struct scene_packet sent = *packet;

    if (link_model_send(&scene->line, packet->bytes, scene->now_us, &sent.time_us))
        push(&scene->under_way, &sent);
}

static void send_packet(struct scene *scene, size_t bytes, bool audio)
{
    struct scene_packet packet = {
        .sequence = scene->sequence++, .bytes = (uint16_t)bytes, .audio = audio};

    bandwidth_estimator_on_sent(&scene->estimator, packet.sequence, bytes, scene->now_us);
    pacer_spend(&scene->pacer, bytes, scene->now_us);
    put_on_line(scene, &packet);
}

static void produce_audio(struct scene *scene)
{
    if (scene->now_us < scene->next_audio_us)
        return;
    scene->next_audio_us += AUDIO_US;
    scene->audio_sent++;
    send_packet(scene, SCENE_AUDIO_BYTES, true);
}

static void produce_frame(struct scene *scene)
{
    if (scene->now_us < scene->next_frame_us)
        return;
    scene->next_frame_us += FRAME_US;
    if (scene->layer != scene->slot.chosen) {
        /* what waits of the old layer is of no use any more */
        scene->backlog.count = 0;
        scene->layer = scene->slot.chosen;
        scene->keyframe = true;
        scene->switches++;
    }
    if (scene->layer == LAYER_CHOICE_PAUSED)
        return;
    if (++scene->frames % KEYFRAME_EVERY == 0)
        scene->keyframe = true;
    size_t bytes = scene_layer_bps[scene->layer] / 8 / 30 * KEYFRAME_EVERY /
                   (KEYFRAME_EVERY + KEYFRAME_SIZE - 1);
    bytes = bytes * (70 + next_random(scene) % 61) / 100;
    if (scene->keyframe)
        bytes *= KEYFRAME_SIZE;
    scene->keyframe = false;
    while (bytes > 0) {
        size_t part = bytes < PACKET_BYTES ? bytes : PACKET_BYTES;
        struct scene_packet packet = {.time_us = scene->now_us, .bytes = (uint16_t)part};
        push(&scene->backlog, &packet);
        bytes -= part;
    }
}

static void pump(struct scene *scene)
{
    const struct scene_packet *packet;

    while (
        (packet = front(&scene->backlog)) != NULL && pacer_allows(&scene->pacer, scene->now_us)) {
        size_t bytes = packet->bytes;
        pop(&scene->backlog);
        send_packet(scene, bytes, false);
    }
}

static void send_padding(struct scene *scene)
{
    size_t packet_bytes;
    size_t due = bandwidth_estimator_padding(&scene->estimator, scene->now_us, &packet_bytes);

    while (due > 0 && !scene->no_padding) {
        send_packet(scene, packet_bytes, false);
        scene->padding_bytes += packet_bytes;
        due = due > packet_bytes ? due - packet_bytes : 0;
    }
}

static uint64_t backlog_ms(const struct scene *scene)
{
    const struct scene_packet *packet = front(&scene->backlog);

    return packet != NULL ? (scene->now_us - packet->time_us) / US_PER_MS : 0;
}

static void choose_layer(struct scene *scene)
{
    struct layer_choice_input input = {
        .estimate_bps = bandwidth_estimator_bps(&scene->estimator),
        .audio_bps = SCENE_AUDIO_BYTES * 8 * 50,
        .overhead_permille = 50,
        .backlog_ms = backlog_ms(scene),
    };

    scene->demand.shown = scene->layer;
    layer_choice_update(&scene->choice, &scene->demand, &scene->slot, 1, &input, scene->now_us);
    bandwidth_estimator_set_wanted(
        &scene->estimator, layer_choice_wanted_bps(&scene->demand, 1, &input));
}

static void tick_sender(struct scene *scene)
{
    if (scene->now_us >= scene->next_choice_us) {
        scene->next_choice_us += CHOICE_US;
        choose_layer(scene);
    }
    produce_audio(scene);
    produce_frame(scene);
    if (scene->now_us < scene->next_tick_us)
        return;
    scene->next_tick_us += TICK_US;
    bandwidth_estimator_tick(&scene->estimator, scene->now_us);
    pacer_set_rate(&scene->pacer, bandwidth_estimator_pacing_bps(&scene->estimator), scene->now_us);
    pump(scene);
    send_padding(scene);
}

/* ---- line and receiver ---- */

static void send_foreign(struct scene *scene)
{
    while (scene->foreign_bps > 0 && scene->now_us >= scene->next_foreign_us) {
        struct scene_packet packet = {.bytes = PACKET_BYTES, .foreign = true};
        put_on_line(scene, &packet);
        scene->next_foreign_us += PACKET_BYTES * 8 * US_PER_S / scene->foreign_bps;
    }
}

static void send_report(struct scene *scene)
{
    struct byte_writer writer;
    struct scene_feedback report;

    for (;;) {
        byte_writer_init(&writer, report.data, sizeof(report.data));
        uint64_t clock_us = scene->now_us + (uint64_t)scene->clock_offset_us;
        if (!arrival_feedback_write(&scene->arrivals, &writer, 1, 2, clock_us))
            return;
        report.len = writer.len;
        if (link_model_send(&scene->back, writer.len + 28, scene->now_us, &report.arrival_us)) {
            if (scene->report_count == 64)
                abort();
            scene->reports[(scene->first_report + scene->report_count++) % 64] = report;
        }
    }
}

static void receive(struct scene *scene)
{
    const struct scene_packet *packet;
    uint64_t clock_us = scene->now_us + (uint64_t)scene->clock_offset_us;

    while ((packet = front(&scene->under_way)) != NULL && packet->time_us <= scene->now_us) {
        if (!packet->foreign) {
            scene->bytes_received += packet->bytes;
            scene->audio_received += packet->audio;
            arrival_feedback_add(&scene->arrivals, packet->sequence,
                packet->time_us + (uint64_t)scene->clock_offset_us);
        }
        pop(&scene->under_way);
    }
    bool due = arrival_feedback_due(&scene->arrivals, clock_us);
    if (scene->report_us > 0)
        due = scene->arrivals.pending > 0 &&
              clock_us - scene->arrivals.reported_us >= scene->report_us;
    if (due)
        send_report(scene);
}

static void take_feedback(struct scene *scene)
{
    while (scene->report_count > 0 &&
           scene->reports[scene->first_report].arrival_us <= scene->now_us) {
        const struct scene_feedback *report = &scene->reports[scene->first_report];
        struct rtcp_iterator iterator;
        struct rtcp_packet packet;
        struct rtcp_feedback common;
        struct transport_feedback feedback;

        rtcp_iterator_init(&iterator, report->data, report->len);
        if (!rtcp_iterator_next(&iterator, &packet) || rtcp_parse_feedback(&packet, &common) < 0 ||
            transport_feedback_parse(&common, &feedback) < 0)
            abort();
        bandwidth_estimator_on_feedback(&scene->estimator, &feedback, scene->now_us);
        pacer_set_rate(
            &scene->pacer, bandwidth_estimator_pacing_bps(&scene->estimator), scene->now_us);
        scene->first_report = (scene->first_report + 1) % 64;
        scene->report_count--;
    }
}

static void sample(struct scene *scene)
{
    if (scene->sample_count == SCENE_MAX_SAMPLES)
        abort();
    uint64_t queue_us = clock_elapsed_us(scene->line.free_at_us, scene->now_us);
    scene->samples[scene->sample_count++] = (struct scene_sample){
        .estimate_kbps = (uint32_t)(bandwidth_estimator_bps(&scene->estimator) / 1000),
        .queue_ms = (uint32_t)(queue_us / US_PER_MS),
        .backlog_ms = (uint32_t)backlog_ms(scene),
        .layer = (int8_t)scene->layer,
    };
    uint64_t decreased_us = scene->estimator.rate.decreased_us;
    if (decreased_us != scene->seen_decrease_us)
        scene->decreases++;
    scene->seen_decrease_us = decreased_us;
}

/* ---- the whole ---- */

void scene_open(struct scene *scene, const struct link_params *line, uint64_t seed)
{
    memset(scene, 0, sizeof(*scene));
    scene->start_us = scene->now_us = 1000 * US_PER_S;
    scene->clock_offset_us = (int64_t)(77777 * US_PER_MS);
    scene->random = seed;
    scene->sequence = FIRST_NUMBER;
    scene->layer = LAYER_CHOICE_PAUSED;
    scene->demand =
        (struct slot_demand){.wanted = true, .may_pause = true, .layer_count = SCENE_LAYERS};
    for (size_t i = 0; i < SCENE_LAYERS; i++)
        scene->demand.layers[i] = (struct layer_rate){.live = true, .bps = scene_layer_bps[i]};
    scene->next_audio_us = scene->next_frame_us = scene->now_us;
    scene->next_tick_us = scene->next_choice_us = scene->now_us;
    link_model_init(&scene->line, line, seed);
    scene_set_line(scene, line);
    scene->back.random = seed + 1;
    if (bandwidth_estimator_init(&scene->estimator, true, scene->now_us) < 0)
        abort();
    pacer_init(&scene->pacer, bandwidth_estimator_pacing_bps(&scene->estimator), scene->now_us);
}

void scene_close(struct scene *scene)
{
    bandwidth_estimator_finish(&scene->estimator);
}

void scene_set_line(struct scene *scene, const struct link_params *line)
{
    struct link_params back = {
        .loss = line->loss, .delay_us = line->delay_us, .jitter_us = line->jitter_us};

    link_model_set(&scene->line, line);
    link_model_set(&scene->back, &back);
}

void scene_run_ms(struct scene *scene, uint64_t ms)
{
    uint64_t end_us = scene->now_us + ms * US_PER_MS;

    if (scene->next_foreign_us < scene->now_us)
        scene->next_foreign_us = scene->now_us;
    for (; scene->now_us < end_us; scene->now_us += STEP_US) {
        receive(scene);
        take_feedback(scene);
        tick_sender(scene);
        send_foreign(scene);
        if ((scene->now_us - scene->start_us) % SCENE_SAMPLE_US == 0)
            sample(scene);
    }
}

void scene_run(struct scene *scene, uint64_t seconds)
{
    scene_run_ms(scene, seconds * 1000);
}

/* ---- figures ---- */

static size_t index_of(const struct scene *scene, double seconds)
{
    size_t index = (size_t)(seconds * 1e6 / SCENE_SAMPLE_US);

    return index < scene->sample_count ? index : scene->sample_count;
}

static int compare(const void *a, const void *b)
{
    uint32_t left = *(const uint32_t *)a, right = *(const uint32_t *)b;

    return left < right ? -1 : left > right;
}

static uint32_t percentile_of(uint32_t *values, size_t count, double percentile)
{
    if (count == 0)
        abort();
    qsort(values, count, sizeof(values[0]), compare);
    size_t index = (size_t)(percentile / 100 * (double)count);
    return values[index < count ? index : count - 1];
}

uint32_t scene_queue_ms(const struct scene *scene, double from, double to, double percentile)
{
    static uint32_t values[SCENE_MAX_SAMPLES];
    size_t count = 0;

    for (size_t i = index_of(scene, from); i < index_of(scene, to); i++)
        values[count++] = scene->samples[i].queue_ms;
    return percentile_of(values, count, percentile);
}

uint32_t scene_estimate_kbps(const struct scene *scene, double from, double to, double percentile)
{
    static uint32_t values[SCENE_MAX_SAMPLES];
    size_t count = 0;

    for (size_t i = index_of(scene, from); i < index_of(scene, to); i++)
        values[count++] = scene->samples[i].estimate_kbps;
    return percentile_of(values, count, percentile);
}

double scene_layer_share(const struct scene *scene, double from, double to, int layer)
{
    size_t count = 0;
    size_t first = index_of(scene, from);
    size_t end = index_of(scene, to);

    for (size_t i = first; i < end; i++)
        count += scene->samples[i].layer == layer;
    return (double)count / (double)(end - first);
}

static double seconds_since(size_t index, double from)
{
    return (double)index * SCENE_SAMPLE_US / 1e6 - from;
}

double scene_layer_after(const struct scene *scene, double from, int layer)
{
    for (size_t i = index_of(scene, from); i < scene->sample_count; i++) {
        if (scene->samples[i].layer == layer)
            return seconds_since(i, from);
    }
    return -1;
}

double scene_estimate_above_after(const struct scene *scene, double from, uint32_t kbps)
{
    for (size_t i = index_of(scene, from); i < scene->sample_count; i++) {
        if (scene->samples[i].estimate_kbps >= kbps)
            return seconds_since(i, from);
    }
    return -1;
}

double scene_estimate_below_after(const struct scene *scene, double from, uint32_t kbps)
{
    for (size_t i = index_of(scene, from); i < scene->sample_count; i++) {
        if (scene->samples[i].estimate_kbps <= kbps)
            return seconds_since(i, from);
    }
    return -1;
}

void scene_print(const struct scene *scene)
{
    for (double at = 0; at + 1 <= (double)scene->sample_count / 100; at += 1) {
        printf("%5.0f s  estimate %5u..%5u kbit/s  queue p50 %4u p95 %4u max %4u ms  layer", at,
            scene_estimate_kbps(scene, at, at + 1, 0), scene_estimate_kbps(scene, at, at + 1, 100),
            scene_queue_ms(scene, at, at + 1, 50), scene_queue_ms(scene, at, at + 1, 95),
            scene_queue_ms(scene, at, at + 1, 100));
        for (int ms = 0; ms < 1000; ms += 200)
            printf(" %2d", scene->samples[index_of(scene, at + ms / 1000.0)].layer);
        printf("\n");
    }
    printf("audio %u of %u, %u decreases, %u switches, padding %llu bytes\n", scene->audio_received,
        scene->audio_sent, scene->decreases, scene->switches,
        (unsigned long long)scene->padding_bytes);
}
