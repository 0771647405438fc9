#define _GNU_SOURCE
#include "relay/stats.h"

#include "common/clock.h"
#include "relay/link_messages.h"

#include <sys/resource.h>

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

json_t *stats_collect(const struct stats_sources *sources, uint64_t now_us)
{
    return json_pack("{s:o, s:o, s:o, s:o, s:o}", "sessions", collect_sessions(sources->sessions),
        "udp",
        collect_udp(udp_receiver_counters(sources->receiver), udp_sender_counters(sources->sender)),
        "tcp", collect_tcp(sources->tcp), "drops", collect_drops(sources->mux), "routing",
        router_stats(sources->router, now_us));
}

static uint64_t thread_cpu_us(void)
{
    struct rusage usage;

    if (getrusage(RUSAGE_THREAD, &usage) < 0)
        return 0;
    return ((uint64_t)usage.ru_utime.tv_sec + (uint64_t)usage.ru_stime.tv_sec) * US_PER_S +
           (uint64_t)usage.ru_utime.tv_usec + (uint64_t)usage.ru_stime.tv_usec;
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
    cpu_us = thread_cpu_us();
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
