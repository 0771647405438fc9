#include "relay/stats.h"

#include "common/clock.h"
#include "common/process_figures.h"
#include "relay/link_messages.h"
#include "relay/stats_sessions.h"

static json_t *collect_drops(const struct transport_mux *mux)
{
    json_t *drops = json_object();

    for (int i = 0; i < TRANSPORT_DROP_COUNT; i++) {
        enum transport_drop reason = (enum transport_drop)i;

        json_object_set_new(drops, transport_drop_name(reason),
            json_integer((json_int_t)transport_mux_drops(mux, reason)));
    }
    return drops;
}

static json_t *collect_udp(
    const struct udp_receiver_counters *in, const struct udp_sender_counters *out)
{
    return json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I}", "received_packets",
        (json_int_t)in->packets, "received_bytes", (json_int_t)in->bytes, "oversized",
        (json_int_t)in->oversized, "sent_packets", (json_int_t)out->packets, "sent_bytes",
        (json_int_t)out->bytes, "send_failed", (json_int_t)out->failed, "messages",
        (json_int_t)out->messages, "calls", (json_int_t)out->calls, "gso_refused",
        (json_int_t)out->gso_refused, "blocked", (json_int_t)out->blocked);
}

static json_t *collect_tcp(const struct tcp_connections *tcp)
{
    const struct tcp_connections_counters *counters = tcp_connections_counters(tcp);

    return json_pack("{s:I, s:I, s:I, s:I, s:I, s:I}", "connections",
        (json_int_t)tcp_connections_count(tcp), "accepted", (json_int_t)counters->accepted,
        "refused", (json_int_t)counters->refused, "untrusted", (json_int_t)counters->untrusted,
        "broken_frames", (json_int_t)counters->broken_frames, "backlog_drops",
        (json_int_t)counters->backlog_drops);
}

static json_t *collect_sessions(const struct session_table *sessions)
{
    const struct session_counters *counters = session_table_counters(sessions);

    return json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:I}", "now",
        (json_int_t)session_table_count(sessions), "created", (json_int_t)counters->created,
        "refused", (json_int_t)counters->refused, "rtp_in_packets",
        (json_int_t)counters->rtp_in_packets, "rtp_in_bytes", (json_int_t)counters->rtp_in_bytes,
        "rtp_out_packets", (json_int_t)counters->rtp_out_packets, "rtp_out_bytes",
        (json_int_t)counters->rtp_out_bytes);
}

/* A turn of 10 ms delays every packet of its worker by up to that; one of 100 ms is heard. */
static const uint64_t loop_bounds_us[] = {100, 250, 500, US_PER_MS, 2500, 5 * US_PER_MS,
    10 * US_PER_MS, 25 * US_PER_MS, 50 * US_PER_MS, 100 * US_PER_MS, 250 * US_PER_MS, US_PER_S};

void stats_loop_init(struct histogram *loop)
{
    histogram_init(loop, loop_bounds_us, sizeof(loop_bounds_us) / sizeof(loop_bounds_us[0]));
}

/* Workers share an answer's limit. */
static size_t share(size_t limit, size_t workers)
{
    size_t each = workers > 0 ? limit / workers : limit;

    return each > 0 ? each : 1;
}

json_t *stats_collect(
    const struct stats_sources *sources, const struct stats_query *query, uint64_t now_us)
{
    size_t max_lessons = share(STATS_MAX_LESSONS, query->workers);
    json_t *stats = json_pack("{s:I, s:I, s:o, s:o, s:o, s:o, s:o, s:o}", "index",
        (json_int_t)sources->index, "cpu_us", (json_int_t)process_thread_cpu_us(), "loop",
        histogram_to_json(sources->loop), "sessions", collect_sessions(sources->sessions), "udp",
        collect_udp(udp_receiver_counters(sources->receiver), udp_sender_counters(sources->sender)),
        "tcp", collect_tcp(sources->tcp), "drops", collect_drops(sources->mux), "routing",
        router_stats(sources->router, max_lessons, now_us));

    if (stats != NULL && query->lesson != NULL)
        json_object_set_new(stats, "detail",
            stats_sessions(sources->sessions, query->lesson,
                share(STATS_MAX_SESSIONS, query->workers), now_us));
    return stats;
}

json_t *stats_of_relay(json_t *workers)
{
    struct process_figures process;

    process_figures_read(&process);
    return json_pack("{s:o, s:s, s:{s:I, s:I, s:I, s:I}}", "workers", workers, "version",
        DUET_VERSION, "process", "resident_bytes", (json_int_t)process.resident_bytes, "cpu_us",
        (json_int_t)process.cpu_us, "open_descriptors", (json_int_t)process.open_descriptors,
        "max_descriptors", (json_int_t)process.max_descriptors);
}

json_t *stats_load_event(
    struct stats_load *load, const struct session_table *sessions, uint64_t now_us)
{
    uint64_t elapsed_us = now_us - load->last_us;
    uint64_t cpu_us;
    uint64_t rtp_out;
    json_t *event = NULL;

    if (elapsed_us < STATS_LOAD_PERIOD_US)
        return NULL;
    cpu_us = process_thread_cpu_us();
    rtp_out = session_table_counters(sessions)->rtp_out_packets;
    if (load->last_us != 0)
        event = link_load(session_table_count(sessions),
            (double)(cpu_us - load->last_cpu_us) / (double)elapsed_us,
            (double)(rtp_out - load->last_rtp_out) * (double)US_PER_S / (double)elapsed_us);
    load->last_us = now_us;
    load->last_cpu_us = cpu_us;
    load->last_rtp_out = rtp_out;
    return event;
}
