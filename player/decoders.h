/*
 * The decoders behind a lesson's streams: pictures go to the screen, sound to the loudspeaker, and both into the figures.
 * Streams come and go with the connections (generations); pictures of an older one never follow those of a newer one.
 *
 * Main thread, but for on_picture, which runs on a presenter's thread.
 */
#ifndef DUET_PLAYER_DECODERS_H
#define DUET_PLAYER_DECODERS_H

#include <gst/gst.h>
#include <stdbool.h>
#include <stdint.h>

#include "media/whep_session.h"
#include "player/audio_output.h"
#include "player/play_stats.h"
#include "player/received_video.h"

struct decoders;

struct decoders_params {
    GstBin *pipeline; /* borrowed, as the next two */
    struct play_stats *stats;
    struct audio_output *output; /* NULL: no sound is played */
    bool read_stripe;
    bool is_whole; /* as in received_video.h */
    void (*on_picture)(
        void *user, unsigned slot, const struct received_picture *picture); /* or NULL */
    void *user;
};

struct decoders_figures {
    unsigned shown_generation; /* newest that showed a picture, or was named so */
    unsigned heard_generation;
    uint64_t heard_since_us;
    uint64_t packets; /* grows while packets of the first slot come, whole or not */
    uint64_t keyframes_requested;
    uint64_t frames_discarded;
    uint64_t audio_concealed_us;
};

struct decoders *decoders_new(const struct decoders_params *params);

/* Takes all of them out of the pipeline. NULL-safe. */
void decoders_free(struct decoders *decoders);

/* Links the stream's pad. False with error for a codec without decoder. */
bool decoders_add(struct decoders *decoders, const struct whep_stream *stream, GError **error);

void decoders_drop(struct decoders *decoders, unsigned generation);

/* This generation plays though it shows no picture: older ones show none any more either. */
void decoders_show(struct decoders *decoders, unsigned generation);

bool decoders_have_sound(const struct decoders *decoders);

/* Several times a second. audio_delay_us: how long after its timestamp sound is heard. */
void decoders_tick(struct decoders *decoders, uint64_t now_us, uint64_t audio_delay_us);

void decoders_read(struct decoders *decoders, struct decoders_figures *ret_figures);

#endif
