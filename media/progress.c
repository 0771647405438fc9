#include "media/progress.h"

#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/clock.h"

#define LINE_MAX_BYTES 512

struct progress {
    FILE *out; /* borrowed */
    bool terminal;
    bool line_open; /* the terminal's line waits to be rewritten */
};

struct text {
    char bytes[LINE_MAX_BYTES];
    size_t len;
};

void progress_line_init(struct progress_line *line)
{
    memset(line, 0, sizeof *line);
    line->state = "";
    line->width = line->height = -1;
    line->fps = line->kbps = line->round_trip_ms = line->loss_percent = line->latency_ms = NAN;
}

struct progress *progress_new(FILE *out, bool json_lines)
{
    struct progress *progress = calloc(1, sizeof *progress);
    if (!progress)
        return NULL;
    progress->out = out;
    progress->terminal = !json_lines && isatty(fileno(out));
    return progress;
}

static void end_line(struct progress *progress)
{
    if (progress->line_open)
        fputc('\n', progress->out);
    progress->line_open = false;
}

void progress_free(struct progress *progress)
{
    if (!progress)
        return;
    end_line(progress);
    fflush(progress->out);
    free(progress);
}

static void __attribute__((format(printf, 2, 3))) add(struct text *text, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int n = vsnprintf(text->bytes + text->len, sizeof text->bytes - text->len, format, args);
    va_end(args);
    if (n > 0)
        text->len += (size_t)n < sizeof text->bytes - text->len ? (size_t)n : 0;
}

static void show_on_terminal(struct progress *progress, const struct progress_line *line)
{
    struct text text = {.len = 0};
    add(&text, "%s", line->state);
    if (line->width > 0 && line->height > 0)
        add(&text, "  %dx%d", line->width, line->height);
    if (!isnan(line->fps))
        add(&text, "  %.1f fps", line->fps);
    if (!isnan(line->kbps))
        add(&text, "  %.0f kbit/s", line->kbps);
    if (!isnan(line->round_trip_ms))
        add(&text, "  rtt %.1f ms", line->round_trip_ms);
    if (!isnan(line->loss_percent))
        add(&text, "  loss %.1f%%", line->loss_percent);
    if (!isnan(line->latency_ms))
        add(&text, "  delay %.0f ms", line->latency_ms);
    if (line->note)
        add(&text, "  %s", line->note);
    /* Back to the line's start, text, and what stood there before wiped. */
    fprintf(progress->out, "\r%s\033[K", text.bytes);
    progress->line_open = true;
}

static void put_integer(json_t *object, const char *key, int value)
{
    if (value >= 0)
        json_object_set_new(object, key, json_integer(value));
}

/* Two decimals tell all there is to tell and keep the lines short. */
static void put_real(json_t *object, const char *key, double value)
{
    if (isfinite(value))
        json_object_set_new(object, key, json_real(round(value * 100) / 100));
}

static void print_object(struct progress *progress, json_t *object)
{
    json_dumpf(object, progress->out, JSON_COMPACT | JSON_REAL_PRECISION(15));
    fputc('\n', progress->out);
    json_decref(object);
}

static void show_as_json(struct progress *progress, const struct progress_line *line, json_t *extra)
{
    json_t *object = json_pack("{s:s, s:I, s:s}", "type", "stats", "t_us",
        (json_int_t)clock_now_us(), "state", line->state);
    put_integer(object, "width", line->width);
    put_integer(object, "height", line->height);
    put_real(object, "fps", line->fps);
    put_real(object, "kbps", line->kbps);
    put_real(object, "round_trip_ms", line->round_trip_ms);
    put_real(object, "loss_percent", line->loss_percent);
    put_real(object, "latency_ms", line->latency_ms);
    if (line->note)
        json_object_set_new(object, "note", json_string(line->note));
    if (extra)
        json_object_update_missing(object, extra);
    print_object(progress, object);
}

void progress_show(struct progress *progress, const struct progress_line *line, json_t *extra)
{
    if (progress->terminal)
        show_on_terminal(progress, line);
    else
        show_as_json(progress, line, extra);
    fflush(progress->out);
}

void progress_event(struct progress *progress, const char *event, const char *text)
{
    if (progress->terminal) {
        end_line(progress);
        fprintf(progress->out, "%s\n", text);
    } else {
        print_object(progress, json_pack("{s:s, s:I, s:s, s:s}", "type", "event", "t_us",
                                   (json_int_t)clock_now_us(), "event", event, "text", text));
    }
    fflush(progress->out);
}
