/*
 * Settings of duet-capture: the table that reads them, what follows from them, and what must fit
 * together. Used at start.
 */
#ifndef DUET_CAPTURE_SETTINGS_H
#define DUET_CAPTURE_SETTINGS_H

#include "common/config.h"

#define CAPTURE_MAX_LAYERS 3

struct capture_settings {
    char *whip_url;
    char *token;
    char *token_file;
    char *ca_file;
    char *stun_server;
    char *camera;
    char *microphone;
    bool suppress_noise;
    int64_t width;
    int64_t height;
    int64_t fps;
    struct config_list layers;
    int64_t bitrate_kbps;
    int64_t keyframe_s;
    char *preset;
    int64_t vbv_ms;
    bool stripe;
    int64_t image_s;
    int64_t audio_bitrate_bps;
    int64_t audio_channels;
    int64_t audio_redundancy;
    char *device_folder;
    char *log_levels;
};

/* One encoding of the picture, best first. Sizes are even. */
struct layer_plan {
    unsigned width;
    unsigned height;
    unsigned bitrate_kbps;
};

const struct config_table *capture_settings_table(void);

/* The layers that video.layers asks for. Each has the picture's shape; its bit rate follows the
 * top's by number of pixels, a little above it for small ones, since detail costs more there.
 * Returns 0, or -EINVAL with a sentence in ret_error. */
int capture_settings_layers(const struct capture_settings *settings,
    struct layer_plan ret_layers[CAPTURE_MAX_LAYERS], unsigned *ret_count,
    struct config_error *ret_error);

/* The token of whip.token, or the first line of whip.token_file; "" when neither is set. Owned by
 * the caller. Returns 0 or a negative errno with ret_error. */
int capture_settings_token(
    const struct capture_settings *settings, char **ret_token, struct config_error *ret_error);

#endif
