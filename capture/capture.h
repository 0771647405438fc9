/*
 * duet-capture without its main(): sources → encoders → WHIP session, and what it says about itself.
 *
 *   video_source ─ time stripe ─ video_encoder ─┐
 *                                               ├ whip_session
 *   audio_source ───────────────  audio_encoder ┘
 *
 * Everything runs on the caller's main context but for the media threads of the parts.
 */
#ifndef DUET_CAPTURE_CAPTURE_H
#define DUET_CAPTURE_CAPTURE_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "capture/settings.h"
#include "media/progress.h"

struct capture;

enum capture_end {
    CAPTURE_END_ASKED,   /* nothing went wrong */
    CAPTURE_END_REFUSED, /* the server said no for good */
    CAPTURE_END_BROKEN,  /* an encoder failed */
    CAPTURE_END_RESTART, /* somebody wants the program started anew */
};

struct capture_params {
    const struct capture_settings *settings; /* borrowed for the lifetime */
    const struct layer_plan *layers;         /* copied */
    unsigned layer_count;
    const char *token;         /* borrowed until capture_create() returns */
    const char *stats_path;    /* borrowed; NULL: no final object */
    struct progress *progress; /* borrowed */
    bool
        patient; /* a camera or microphone that is not there is waited for: nothing blocks joining */
    void (*on_end)(void *user, enum capture_end end, const char *text);
    void *user;
};

/* NULL with a sentence when a source, an encoder or the address cannot be used. */
struct capture *capture_create(const struct capture_params *params, GError **error);

/* How camera and microphone are, in words of media/health.h; NULL: not used, or not known yet. */
void capture_health(
    const struct capture *capture, const char **ret_camera, const char **ret_microphone);

/* What the lesson has of camera and microphone (capture/video_source.h, capture/audio_source.h); NULL without. Borrowed. */
struct video_source *capture_video_source(struct capture *capture);
struct audio_source *capture_audio_source(struct capture *capture);

/* Ends the session at the server, writes the final object. NULL-safe. */
void capture_destroy(struct capture *capture);

#endif
