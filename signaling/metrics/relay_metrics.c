#include "signaling/metrics/relay_metrics.h"

#include "signaling/metrics/exposition.h"

#include <stdio.h>
#include <string.h>

#define SECONDS 1e-6 /* relays count in microseconds */

struct metric {
    const char *name;
    enum exposition_type type;
    const char *path; /* in the object, "a/b" */
    double scale;
    const char *help;
};

#define COUNTER(name, path, help)                                                                  \
    {                                                                                              \
        name, EXPOSITION_COUNTER, path, 1, help                                                    \
    }
#define GAUGE(name, path, help)                                                                    \
    {                                                                                              \
        name, EXPOSITION_GAUGE, path, 1, help                                                      \
    }

static const struct metric of_relays[] = {
    GAUGE("duet_relay_resident_memory_bytes", "process/resident_bytes",
        "Memory of the relay's process."),
    {"duet_relay_cpu_seconds_total", EXPOSITION_COUNTER, "process/cpu_us", SECONDS,
        "Processor time of the relay's process."},
    GAUGE("duet_relay_open_fds", "process/open_descriptors", "Open descriptors of the relay."),
    GAUGE("duet_relay_max_fds", "process/max_descriptors", "Descriptors the relay may open."),
};

static const struct metric of_workers[] = {
    {"duet_relay_worker_cpu_seconds_total", EXPOSITION_COUNTER, "cpu_us", SECONDS,
        "Processor time of the worker's thread; a rate near 1 is a full worker."},
    GAUGE("duet_relay_sessions", "sessions/now", "Publishers and viewers now."),
    COUNTER("duet_relay_sessions_created_total", "sessions/created", "Sessions accepted."),
    COUNTER("duet_relay_sessions_refused_total", "sessions/refused", "Sessions refused."),
    COUNTER("duet_relay_worker_rtp_in_packets_total", "sessions/rtp_in_packets",
        "RTP packets from publishers, all lessons."),
    COUNTER("duet_relay_worker_rtp_in_bytes_total", "sessions/rtp_in_bytes",
        "RTP bytes from publishers, all lessons."),
    COUNTER("duet_relay_worker_rtp_out_packets_total", "sessions/rtp_out_packets",
        "RTP packets to viewers, all lessons."),
    COUNTER("duet_relay_worker_rtp_out_bytes_total", "sessions/rtp_out_bytes",
        "RTP bytes to viewers, all lessons."),
    COUNTER("duet_relay_udp_received_packets_total", "udp/received_packets", "Datagrams received."),
    COUNTER(
        "duet_relay_udp_received_bytes_total", "udp/received_bytes", "Bytes received over UDP."),
    COUNTER("duet_relay_udp_sent_packets_total", "udp/sent_packets", "Datagrams sent."),
    COUNTER("duet_relay_udp_sent_bytes_total", "udp/sent_bytes", "Bytes sent over UDP."),
    GAUGE("duet_relay_tcp_connections", "tcp/connections", "Media connections over TCP now."),
    COUNTER("duet_relay_tcp_accepted_total", "tcp/accepted", "Media connections accepted."),
    COUNTER("duet_relay_tcp_refused_total", "tcp/refused", "Media connections over the limit."),
    GAUGE("duet_relay_packet_buffers_in_use", "routing/packet_buffers/in_use",
        "Packet buffers that caches hold."),
    COUNTER("duet_relay_parcels_lost_total", "routing/parcels_lost",
        "Packets that another worker of the relay had no room for."),
    GAUGE("duet_relay_lessons_left_out", "routing/lessons_left_out",
        "Lessons that are not listed singly because there are too many."),
};

static const struct metric of_lessons[] = {
    GAUGE("duet_relay_sources", "sources", "Publishers of the lesson."),
    GAUGE("duet_relay_active_sources", "active_sources", "Publishers that send."),
    GAUGE("duet_relay_viewers", "viewers", "Viewers of the lesson."),
    GAUGE("duet_relay_viewers_waiting", "waiting",
        "Pictures that viewers wait for although their source sends."),
    GAUGE("duet_relay_bitrate_in_bits_per_second", "bitrate_in_bps", "What publishers send now."),
    GAUGE("duet_relay_viewer_estimates", "estimates", "Viewers whose line has been estimated."),
    GAUGE("duet_relay_viewer_estimate_bits_per_second", "estimate_bps",
        "Estimated bandwidth to a viewer, mean."),
    GAUGE("duet_relay_viewer_estimate_min_bits_per_second", "estimate_min_bps",
        "Estimated bandwidth to the viewer with the narrowest line."),
    {"duet_relay_viewer_round_trip_seconds", EXPOSITION_GAUGE, "rtt_us", SECONDS,
        "Round trip to a viewer, mean."},
    {"duet_relay_viewer_round_trip_max_seconds", EXPOSITION_GAUGE, "rtt_max_us", SECONDS,
        "Round trip to the farthest viewer."},
    COUNTER("duet_relay_rtp_in_packets_total", "rtp_in_packets", "RTP packets from publishers."),
    COUNTER("duet_relay_rtp_in_bytes_total", "rtp_in_bytes", "RTP bytes from publishers."),
    COUNTER("duet_relay_lost_in_packets_total", "lost_in",
        "Packets of publishers that repair did not bring."),
    COUNTER(
        "duet_relay_nacks_out_total", "nacks_out", "Packets that publishers were asked for again."),
    COUNTER("duet_relay_repaired_in_packets_total", "repaired_in",
        "Packets of publishers that retransmission brought."),
    COUNTER("duet_relay_keyframes_in_total", "keyframes_in", "Keyframes from publishers."),
    COUNTER("duet_relay_keyframe_requests_out_total", "keyframe_requests_out",
        "Keyframe requests (PLI, FIR) to publishers."),
    COUNTER("duet_relay_rtp_out_packets_total", "rtp_out_packets",
        "RTP packets to viewers, retransmissions and padding included."),
    COUNTER("duet_relay_rtp_out_bytes_total", "rtp_out_bytes", "RTP bytes to viewers."),
    COUNTER("duet_relay_lost_out_packets_total", "lost_out",
        "Packets lost on the way to viewers, by their reports."),
    COUNTER("duet_relay_nacks_in_total", "nacks_in", "Packets that viewers asked for again."),
    COUNTER(
        "duet_relay_rtx_out_packets_total", "rtx_out_packets", "Packets sent to viewers again."),
    COUNTER("duet_relay_padding_out_packets_total", "padding_out_packets",
        "Packets sent to viewers again unasked, to probe their lines."),
    COUNTER("duet_relay_rtx_refused_total", "rtx_refused",
        "Packets not sent again: over the budget, or sent a moment ago."),
    COUNTER("duet_relay_rtx_missing_total", "rtx_missing",
        "Packets not sent again: no longer in the cache."),
    COUNTER("duet_relay_keyframe_requests_in_total", "keyframe_requests_in",
        "Keyframe requests (PLI, FIR) from viewers."),
    COUNTER("duet_relay_layer_switches_total", "layer_switches",
        "Times that viewers began with a layer or source."),
    COUNTER("duet_relay_replays_total", "replays", "Joins from the keyframe cache."),
};

static const struct {
    const char *path;
    const char *reason;
} shell_drops[] = {
    {"udp/send_failed", "udp_send_failed"},
    {"udp/oversized", "oversized"},
    {"tcp/untrusted", "tcp_untrusted"},
    {"tcp/broken_frames", "tcp_broken_frame"},
    {"tcp/backlog_drops", "tcp_backlog"},
};

/* Where a sample stands: labels of the relay, of its worker, of a lesson. */
struct place {
    struct text *out;
    struct exposition_label labels[5];
    size_t count;
    char worker[24];
};

static const json_t *find(const json_t *object, const char *path)
{
    char key[64];

    while (*path) {
        size_t len = strcspn(path, "/");

        snprintf(key, sizeof(key), "%.*s", (int)len, path);
        object = json_object_get(object, key);
        path += len + (path[len] ? 1 : 0);
    }
    return object;
}

static void add_label(struct place *place, const char *name, const char *value)
{
    place->labels[place->count++] = (struct exposition_label){name, value};
}

static void write_metric(
    const struct place *place, const struct metric *metric, const json_t *object)
{
    const json_t *value = find(object, metric->path);

    if (json_is_number(value))
        exposition_sample(place->out, metric->name, "", place->labels, place->count,
            json_number_value(value) * metric->scale);
}

typedef void (*visit_worker)(struct place *place, const json_t *worker, const void *what);
typedef void (*visit_lesson)(struct place *place, const json_t *lesson, const void *what);

static void each_worker(struct text *out, const struct relay_answer *answers, size_t count,
    visit_worker visit, const void *what)
{
    for (size_t i = 0; i < count; i++) {
        const json_t *workers = json_object_get(answers[i].stats, "workers");
        size_t worker_count = json_array_size(workers);

        for (size_t j = 0; j < worker_count && j < RELAY_METRICS_MAX_WORKERS; j++) {
            struct place place = {.out = out};

            /* by place in the list: an index of the relay's own choice could be there twice */
            snprintf(place.worker, sizeof(place.worker), "%zu", j);
            add_label(&place, "relay", answers[i].relay);
            add_label(&place, "worker", place.worker);
            visit(&place, json_array_get(workers, j), what);
        }
    }
}

static void each_lesson(
    struct place *place, const json_t *worker, visit_lesson visit, const void *what)
{
    const json_t *lessons = find(worker, "routing/lessons");
    size_t count = json_array_size(lessons);

    for (size_t i = 0; i < count && i < RELAY_METRICS_MAX_LESSONS; i++) {
        const json_t *lesson = json_array_get(lessons, i);
        const char *name = json_string_value(json_object_get(lesson, "lesson"));
        struct place inner = *place;

        if (!name)
            continue;
        add_label(&inner, "lesson", name);
        visit(&inner, lesson, what);
    }
}

/* ---- plain figures ---- */

static void write_for_worker(struct place *place, const json_t *worker, const void *what)
{
    write_metric(place, what, worker);
}

static void write_for_lesson(struct place *place, const json_t *lesson, const void *what)
{
    write_metric(place, what, lesson);
}

static void write_for_lessons(struct place *place, const json_t *worker, const void *what)
{
    each_lesson(place, worker, write_for_lesson, what);
}

static void write_relays(struct text *out, const struct relay_answer *answers, size_t count)
{
    exposition_family(out, "duet_relay_up", EXPOSITION_GAUGE,
        "1 when the relay is connected and said how it is.");
    for (size_t i = 0; i < count; i++) {
        const struct exposition_label label = {"relay", answers[i].relay};

        exposition_sample(out, "duet_relay_up", "", &label, 1, answers[i].stats ? 1 : 0);
    }
    for (size_t m = 0; m < sizeof(of_relays) / sizeof(of_relays[0]); m++) {
        exposition_family(out, of_relays[m].name, of_relays[m].type, of_relays[m].help);
        for (size_t i = 0; i < count; i++) {
            struct place place = {.out = out};

            add_label(&place, "relay", answers[i].relay);
            write_metric(&place, &of_relays[m], answers[i].stats);
        }
    }
}

/* ---- drops ---- */

static void write_drop(struct place *place, const char *reason, const json_t *value)
{
    struct place inner = *place;

    if (!json_is_integer(value))
        return;
    add_label(&inner, "reason", reason);
    exposition_sample(inner.out, "duet_relay_packets_dropped_total", "", inner.labels, inner.count,
        json_number_value(value));
}

static void write_drop_list(struct place *place, const json_t *drops)
{
    const char *reason;
    json_t *value;

    json_object_foreach((json_t *)drops, reason, value)
    {
        write_drop(place, reason, value);
    }
}

static void write_lesson_drops(struct place *place, const json_t *lesson, const void *what)
{
    (void)what;
    write_drop_list(place, json_object_get(lesson, "drops"));
}

/* Before a packet's session is known its lesson is not, either. */
static void write_drops(struct place *place, const json_t *worker, const void *what)
{
    struct place outer = *place;

    (void)what;
    add_label(&outer, "lesson", "");
    write_drop_list(&outer, json_object_get(worker, "drops"));
    for (size_t i = 0; i < sizeof(shell_drops) / sizeof(shell_drops[0]); i++)
        write_drop(&outer, shell_drops[i].reason, find(worker, shell_drops[i].path));
    each_lesson(place, worker, write_lesson_drops, NULL);
}

/* ---- layers ---- */

static void write_lesson_pictures(struct place *place, const json_t *lesson, const void *what)
{
    const json_t *pictures = json_object_get(lesson, "pictures");
    static const char *const ranks[] = {"0", "1", "2"};

    (void)what;
    for (size_t i = 0; i < sizeof(ranks) / sizeof(ranks[0]); i++) {
        const json_t *value = json_array_get(pictures, i);
        struct place inner = *place;

        if (!json_is_integer(value))
            continue;
        add_label(&inner, "layer", ranks[i]);
        exposition_sample(inner.out, "duet_relay_pictures", "", inner.labels, inner.count,
            json_number_value(value));
    }
}

static void write_pictures(struct place *place, const json_t *worker, const void *what)
{
    each_lesson(place, worker, write_lesson_pictures, what);
}

/* ---- times ---- */

struct times {
    const char *name;
    const char *path;
};

static void write_times(struct place *place, const json_t *worker, const void *what)
{
    const struct times *times = what;
    const json_t *histogram = find(worker, times->path);
    const json_t *bounds = json_object_get(histogram, "bounds_us");
    const json_t *counts = json_object_get(histogram, "counts");
    struct place bucket = *place;
    double sum = 0;
    char bound[32];

    if (!json_is_array(bounds) || json_array_size(counts) != json_array_size(bounds) + 1)
        return;
    add_label(&bucket, "le", bound);
    for (size_t i = 0; i < json_array_size(counts); i++) {
        const json_t *upper = json_array_get(bounds, i);

        /* from the buckets themselves, so that the last is the count whatever the relay says */
        sum += (double)json_integer_value(json_array_get(counts, i));
        snprintf(bound, sizeof(bound), upper ? "%.9g" : "+Inf", json_number_value(upper) * SECONDS);
        exposition_sample(place->out, times->name, "_bucket", bucket.labels, bucket.count, sum);
    }
    exposition_sample(place->out, times->name, "_sum", place->labels, place->count,
        (double)json_integer_value(json_object_get(histogram, "sum_us")) * SECONDS);
    exposition_sample(place->out, times->name, "_count", place->labels, place->count, sum);
}

static void write_lesson_joins(struct place *place, const json_t *lesson, const void *what)
{
    const json_t *joins = json_object_get(lesson, "joins");
    const json_t *join_us = json_object_get(lesson, "join_us");

    if (!json_is_integer(joins) || !json_is_integer(join_us))
        return;
    exposition_sample(place->out, what, "_sum", place->labels, place->count,
        json_number_value(join_us) * SECONDS);
    exposition_sample(
        place->out, what, "_count", place->labels, place->count, json_number_value(joins));
}

static void write_joins(struct place *place, const json_t *worker, const void *what)
{
    each_lesson(place, worker, write_lesson_joins, what);
}

static void write_all_times(struct text *out, const struct relay_answer *answers, size_t count)
{
    static const struct times loop = {"duet_relay_loop_turn_seconds", "loop"};
    static const struct times connect = {"duet_relay_connect_seconds", "routing/connect"};
    static const struct times join = {"duet_relay_join_seconds", "routing/join"};
    static const char lesson_join[] = "duet_relay_lesson_join_seconds";

    exposition_family(out, loop.name, EXPOSITION_HISTOGRAM,
        "Time of one turn of a worker's loop, without waiting: every packet may wait so long.");
    each_worker(out, answers, count, write_times, &loop);
    exposition_family(
        out, connect.name, EXPOSITION_HISTOGRAM, "From a viewer's session to its connection.");
    each_worker(out, answers, count, write_times, &connect);
    exposition_family(out, join.name, EXPOSITION_HISTOGRAM,
        "From a viewer's session to its first packet of video, when the source was there.");
    each_worker(out, answers, count, write_times, &join);
    exposition_family(out, lesson_join, EXPOSITION_SUMMARY, "The same per lesson.");
    each_worker(out, answers, count, write_joins, lesson_join);
}

void relay_metrics_write(struct text *out, const struct relay_answer *answers, size_t count)
{
    write_relays(out, answers, count);
    for (size_t i = 0; i < sizeof(of_workers) / sizeof(of_workers[0]); i++) {
        exposition_family(out, of_workers[i].name, of_workers[i].type, of_workers[i].help);
        each_worker(out, answers, count, write_for_worker, &of_workers[i]);
    }
    for (size_t i = 0; i < sizeof(of_lessons) / sizeof(of_lessons[0]); i++) {
        exposition_family(out, of_lessons[i].name, of_lessons[i].type, of_lessons[i].help);
        each_worker(out, answers, count, write_for_lessons, &of_lessons[i]);
    }
    exposition_family(out, "duet_relay_pictures", EXPOSITION_GAUGE,
        "Pictures shown by rank of their layer: 0 is the best one of its source.");
    each_worker(out, answers, count, write_pictures, NULL);
    exposition_family(out, "duet_relay_packets_dropped_total", EXPOSITION_COUNTER,
        "Packets dropped, by reason; lesson is empty where it is not known.");
    each_worker(out, answers, count, write_drops, NULL);
    write_all_times(out, answers, count);
}
