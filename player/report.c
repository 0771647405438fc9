#include "player/report.h"

#include <stdio.h>
#include <string.h>

#include "common/clock.h"
#include "common/log.h"
#include "media/progress.h"
#include "media/stats_file.h"

struct report {
    struct receiver *receiver; /* borrowed */
    const char *stats_file;    /* borrowed */
    struct progress *progress; /* owned */
    char *note;                /* owned; the last error while it lasts */
    enum whep_session_state last_state;
    uint64_t last_us; /* figures of the last tick, for rates */
    uint64_t last_frames;
    uint64_t last_bytes;
    uint64_t last_packets;
    uint64_t last_lost;
};

struct report *report_new(struct receiver *receiver, bool json_lines, const char *stats_file)
{
    struct report *report = g_new0(struct report, 1);

    report->receiver = receiver;
    report->stats_file = stats_file;
    report->progress = progress_new(stdout, json_lines);
    report->last_us = clock_now_us();
    return report;
}

void report_free(struct report *report)
{
    if (!report)
        return;
    progress_free(report->progress);
    g_free(report->note);
    g_free(report);
}

static json_t *extra_members(const struct receiver_now *now)
{
    return json_pack("{s:I, s:I, s:I, s:f, s:i, s:i, s:i, s:I, s:I, s:I, s:I, s:I, s:I}",
        "frames_decoded", (json_int_t)now->play.frames, "freezes", (json_int_t)now->play.freezes,
        "frozen_ms", (json_int_t)now->play.frozen_ms, "audio_rms_db", now->play.audio_rms_db,
        "video_buffer_ms", (int)now->network.video_buffer_ms, "audio_buffer_ms",
        (int)now->network.audio_buffer_ms, "reconnects", (int)now->network.reconnects,
        "packets_recovered", (json_int_t)now->network.packets_recovered, "packets_lost",
        (json_int_t)now->network.packets_lost, "keyframes_requested",
        (json_int_t)now->keyframes_requested, "shift_ms", (json_int_t)(now->shift_us / US_PER_MS),
        "kept_ms", (json_int_t)(now->kept_us / US_PER_MS), "kept_bytes",
        (json_int_t)now->kept_bytes);
}

/* RTPSession forgets a source that was silent for long, and with it what had come from it. */
static uint64_t growth(uint64_t before, uint64_t now)
{
    return now > before ? now - before : 0;
}

void report_tick(struct report *report)
{
    struct receiver_now now;
    struct progress_line line;
    uint64_t now_us = clock_now_us();

    receiver_read(report->receiver, &now);
    double seconds = (double)(now_us - report->last_us) / (double)US_PER_S;
    uint64_t lost = growth(report->last_lost, now.network.packets_lost);
    uint64_t packets = growth(report->last_packets, now.network.packets_received);
    uint64_t bytes = growth(report->last_bytes, now.network.bytes_received);

    progress_line_init(&line);
    line.state = receiver_state_name(now.state);
    line.width = now.play.width;
    line.height = now.play.height;
    line.fps = seconds > 0 ? (double)(now.play.frames - report->last_frames) / seconds : 0;
    line.kbps = seconds > 0 ? (double)bytes * 8 / 1000 / seconds : 0;
    if (now.network.round_trip_ms >= 0)
        line.round_trip_ms = now.network.round_trip_ms;
    line.loss_percent = packets + lost > 0 ? 100.0 * (double)lost / (double)(packets + lost) : 0;
    if (now.play.latency_ms >= 0)
        line.latency_ms = now.play.latency_ms;
    line.note = report->note;
    json_t *extra = extra_members(&now);
    progress_show(report->progress, &line, extra);
    json_decref(extra);

    report->last_us = now_us;
    report->last_frames = now.play.frames;
    report->last_bytes = now.network.bytes_received;
    report->last_packets = now.network.packets_received;
    report->last_lost = now.network.packets_lost;
}

void report_state(struct report *report, enum whep_session_state state, const GError *error)
{
    static const char *const texts[] = {
        [WHEP_SESSION_CONNECTING] = "connecting to the lesson",
        [WHEP_SESSION_WAITING] = "connected; waiting for the teacher",
        [WHEP_SESSION_LIVE] = "live",
        [WHEP_SESSION_RECONNECTING] = "connection lost, reconnecting",
        [WHEP_SESSION_UNAUTHORISED] = "not allowed to watch this lesson",
        [WHEP_SESSION_REFUSED] = "the server refused",
    };

    /* Attempt after attempt fails for the same reason: it is said once. */
    bool repeated = state == report->last_state && error && report->note &&
                    strcmp(error->message, report->note) == 0;

    report->last_state = state;
    g_clear_pointer(&report->note, g_free);
    if (error)
        report->note = g_strdup(error->message);
    if (repeated)
        return;
    g_autofree char *text =
        error ? g_strdup_printf("%s: %s", texts[state], error->message) : g_strdup(texts[state]);
    progress_event(report->progress, receiver_state_name(state), text);
}

bool report_finish(struct report *report)
{
    if (!report->stats_file)
        return true;
    json_t *object = receiver_to_json(report->receiver);
    int r = stats_file_write(report->stats_file, object);
    json_decref(object);
    if (r < 0)
        log_error(LOG_CORE, "--stats %s cannot be written: %s", report->stats_file, strerror(-r));
    return r == 0;
}
