/*
 * What capture and player say about themselves while they run: one line that is rewritten on a
 * terminal, one JSON object per line otherwise (or when asked for), on stdout.
 *
 * Main thread only. Nothing here measures: the program fills the figures. Members that a program
 * does not have are left at their "unknown" value and are not printed.
 */
#ifndef DUET_MEDIA_PROGRESS_H
#define DUET_MEDIA_PROGRESS_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct progress;

/* NAN or -1 (integers) means unknown: init with progress_line_init(). */
struct progress_line {
    const char *state; /* "connecting", "live", "reconnecting", "waiting", … */
    int width;
    int height;
    double fps;
    double kbps;
    double round_trip_ms;
    double loss_percent;
    double latency_ms; /* glass to glass, when a time stripe is read */
    const char *note;  /* what a teacher should know now ("camera … is gone"), or NULL */
};

void progress_line_init(struct progress_line *line);

/* Terminal style when out is a terminal and json_lines is false. out is borrowed. */
struct progress *progress_new(FILE *out, bool json_lines);
void progress_free(struct progress *progress); /* ends the terminal's line */

/* Once per second. extra (borrowed, or NULL): further members of the JSON line, printed after the
 * common ones {"type":"stats","t_us":…,"state":…,…}. A terminal does not show it. */
void progress_show(struct progress *progress, const struct progress_line *line, json_t *extra);

/* A change worth a line of its own: {"type":"event","t_us":…,"event":…,"text":…}; a terminal shows
 * the text. */
void progress_event(struct progress *progress, const char *event, const char *text);

#endif
