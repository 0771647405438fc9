#include "player/figures.h"

#include <glib.h>

const char *figure_name(enum figure figure)
{
    static const char *const names[FIGURE_COUNT] = {
        [FIGURE_PICTURE] = "stat.picture",
        [FIGURE_FRAMES] = "stat.frames",
        [FIGURE_RATE] = "stat.rate",
        [FIGURE_LOSS] = "stat.loss",
        [FIGURE_RECOVERED] = "stat.recovered",
        [FIGURE_LATE] = "stat.late",
        [FIGURE_KEYFRAMES] = "stat.keyframes",
        [FIGURE_DISCARDED] = "stat.discarded",
        [FIGURE_ROUND_TRIP] = "stat.rtt",
        [FIGURE_JITTER] = "stat.jitter",
        [FIGURE_BUFFERS] = "stat.buffers",
        [FIGURE_GLASS] = "stat.glass",
        [FIGURE_FREEZES] = "stat.freezes",
        [FIGURE_RECONNECTS] = "stat.reconnects",
    };

    return names[figure];
}

static double per_second(uint64_t before, uint64_t now, double seconds)
{
    return now > before ? (double)(now - before) / seconds : 0;
}

static double loss_percent(const struct receiver_now *before, const struct receiver_now *now)
{
    double lost = per_second(before->network.packets_lost, now->network.packets_lost, 1);
    double came = per_second(before->network.packets_received, now->network.packets_received, 1);

    return lost + came > 0 ? 100.0 * lost / (lost + came) : 0;
}

static void put_count(char *text, uint64_t count)
{
    g_snprintf(text, FIGURE_CHARS, "%" G_GUINT64_FORMAT, count);
}

static void put_ms(char *text, double ms)
{
    if (ms < 0)
        g_strlcpy(text, FIGURE_UNKNOWN, FIGURE_CHARS);
    else
        g_snprintf(text, FIGURE_CHARS, "%.0f ms", ms);
}

static void put_rate(enum figure figure, const struct receiver_now *before,
    const struct receiver_now *now, double seconds, char *text)
{
    if (seconds <= 0)
        g_strlcpy(text, FIGURE_UNKNOWN, FIGURE_CHARS);
    else if (figure == FIGURE_FRAMES)
        g_snprintf(text, FIGURE_CHARS, "%.0f fps",
            per_second(before->play.frames, now->play.frames, seconds));
    else if (figure == FIGURE_RATE)
        g_snprintf(text, FIGURE_CHARS, "%.0f kbit/s",
            per_second(before->network.bytes_received, now->network.bytes_received, seconds) * 8 /
                1000);
    else
        g_snprintf(text, FIGURE_CHARS, "%.1f %%", loss_percent(before, now));
}

void figure_value(enum figure figure, const struct receiver_now *before,
    const struct receiver_now *now, double seconds, char ret_text[static FIGURE_CHARS])
{
    g_strlcpy(ret_text, FIGURE_UNKNOWN, FIGURE_CHARS);
    switch (figure) {
    case FIGURE_PICTURE:
        if (now->play.width > 0)
            g_snprintf(ret_text, FIGURE_CHARS, "%d×%d", now->play.width, now->play.height);
        break;
    case FIGURE_FRAMES:
    case FIGURE_RATE:
    case FIGURE_LOSS:
        put_rate(figure, before, now, seconds, ret_text);
        break;
    case FIGURE_RECOVERED:
        put_count(ret_text, now->network.packets_recovered);
        break;
    case FIGURE_LATE:
        put_count(ret_text, now->network.packets_late);
        break;
    case FIGURE_KEYFRAMES:
        put_count(ret_text, now->keyframes_requested);
        break;
    case FIGURE_DISCARDED:
        put_count(ret_text, now->frames_discarded);
        break;
    case FIGURE_ROUND_TRIP:
        put_ms(ret_text, now->network.round_trip_ms);
        break;
    case FIGURE_JITTER:
        put_ms(ret_text, now->network.jitter_ms);
        break;
    case FIGURE_BUFFERS:
        g_snprintf(ret_text, FIGURE_CHARS, "%u / %u ms", now->network.video_buffer_ms,
            now->network.audio_buffer_ms);
        break;
    case FIGURE_GLASS:
        put_ms(ret_text, now->play.latency_ms);
        break;
    case FIGURE_FREEZES:
        g_snprintf(ret_text, FIGURE_CHARS, "%" G_GUINT64_FORMAT " · %.1f s", now->play.freezes,
            (double)now->play.frozen_ms / 1000.0);
        break;
    case FIGURE_RECONNECTS:
        put_count(ret_text, now->network.reconnects);
        break;
    case FIGURE_COUNT:
        break;
    }
}
