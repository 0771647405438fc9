/*
 * What capture counts, for the progress line and the final object. Counting is for any thread, the
 * rest for the main thread.
 *
 * Members of the final object (--stats FILE):
 *   "program": "duet-capture", "version"
 *   "started_us", "ended_us": clock_now_us() domain, as all times here
 *   "frames_captured": pictures given to the encoder
 *   "frames_dropped": pictures that came too fast for it
 *   "frames_encoded": {"h": n, "m": n, "l": n}, one member per layer
 *   "keyframes": {"h": n, …}, "keyframe_requests": {"h": n, …}
 *   "layers": [{"rid", "width", "height", "bitrate_kbps"}, …], best first
 *   "top_layer": "h"
 *   "frame_log": [[counter, t_us], …]: each picture of the top layer, with the counter of its time
 *       stripe (-1 when too many came between) and when it came out of the encoder
 *   "encode_us": {"p50", "p95", "p99"}: from taking a picture to its top layer encoded
 *   "audio_packets", "connections" (how often a connection stood), "state" (the last one)
 * The JSON line of each second has the counters, too, without "frame_log" and "layers".
 */
#ifndef DUET_CAPTURE_FIGURES_H
#define DUET_CAPTURE_FIGURES_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "capture/settings.h"

struct figures;

/* keep_frames: keep the time of each frame, for the final object (24 hours at most). */
struct figures *figures_create(
    const struct layer_plan *layers, unsigned layer_count, bool keep_frames);
void figures_destroy(struct figures *figures); /* NULL-safe */

/* Returns the counter that the picture's time stripe bears. */
uint32_t figures_count_captured(struct figures *figures, uint64_t taken_us);
void figures_count_encoded(struct figures *figures, unsigned layer, size_t bytes, bool keyframe,
    uint64_t now_us, uint64_t taken_us);
void figures_count_request(struct figures *figures, unsigned layer);
void figures_count_audio(struct figures *figures, size_t bytes);

/* Pictures per second of the top layer and kbit/s of all media, since the last call. */
void figures_read_rates(
    struct figures *figures, uint64_t now_us, double *ret_fps, double *ret_kbps);

/* The counters. dropped comes from the encoder. Owned by the caller. */
json_t *figures_counters(struct figures *figures, uint64_t dropped);

/* Adds what only the final object has. */
void figures_add_final(struct figures *figures, json_t *object, uint64_t now_us);

#endif
