#include "capture/settings.h"

#include "common/secret_file.h"

#include <errno.h>
#include <math.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#define TOKEN_MAX_BYTES  4096
#define LAYER_MIN_HEIGHT 90
#define LAYER_MIN_KBPS   80

#define AT(member) offsetof(struct capture_settings, member)

/* x264's own names; slower ones do not keep up on a school's machine. */
static const char *const presets[] = {"ultrafast", "superfast", "veryfast", "faster", "fast", NULL};

static const struct config_setting capture_settings_list[] = {
    {.key = "whip.url",
        .type = CONFIG_STRING,
        .offset = AT(whip_url),
        .max = 2000,
        .fallback = "",
        .help = "where to publish: https://server/whip/LESSON/SOURCE (--whip)"},
    {.key = "whip.token",
        .type = CONFIG_STRING,
        .offset = AT(token),
        .max = TOKEN_MAX_BYTES,
        .fallback = "",
        .help = "bearer token (--token; seen by other users of this machine, a file is not)",
        .secret = true},
    {.key = "whip.token_file",
        .type = CONFIG_STRING,
        .offset = AT(token_file),
        .max = 4096,
        .fallback = "",
        .help = "file whose first line is the token (--token-file)"},
    {.key = "whip.ca_file",
        .type = CONFIG_STRING,
        .offset = AT(ca_file),
        .max = 4096,
        .fallback = "",
        .help = "PEM file of the CA that signed the server's certificate; empty = the system's"},
    {.key = "whip.stun_server",
        .type = CONFIG_STRING,
        .offset = AT(stun_server),
        .max = 300,
        .fallback = "",
        .help = "stun://host:port; not needed with a relay that has a public address"},
    {.key = "video.camera",
        .type = CONFIG_STRING,
        .offset = AT(camera),
        .min = 1,
        .max = 4096,
        .fallback = "auto",
        .help = "auto, sample, screen, none, file:PATH (video or directory of images), /dev/videoN "
                "or a name from --list-devices (--camera)"},
    {.key = "video.width",
        .type = CONFIG_INT,
        .offset = AT(width),
        .min = 320,
        .max = 1920,
        .fallback = "1280",
        .help = "width of the picture in pixels"},
    {.key = "video.height",
        .type = CONFIG_INT,
        .offset = AT(height),
        .min = 180,
        .max = 1080,
        .fallback = "720",
        .help = "height of the picture in pixels"},
    {.key = "video.fps",
        .type = CONFIG_INT,
        .offset = AT(fps),
        .min = 5,
        .max = 60,
        .fallback = "30",
        .help = "pictures per second"},
    {.key = "video.layers",
        .type = CONFIG_LIST,
        .offset = AT(layers),
        .max = CAPTURE_MAX_LAYERS,
        .fallback = "[720, 360, 180]",
        .help = "heights of the simulcast layers, the first being video.height (--layers)"},
    {.key = "video.bitrate_kbps",
        .type = CONFIG_INT,
        .offset = AT(bitrate_kbps),
        .min = 100,
        .max = 20000,
        .fallback = "1800",
        .help = "kbit/s of the top layer; the others follow by size"},
    {.key = "video.keyframe_s",
        .type = CONFIG_INT,
        .offset = AT(keyframe_s),
        .min = 1,
        .max = 60,
        .fallback = "4",
        .help = "longest time between keyframes in seconds; one also comes when asked for"},
    {.key = "video.preset",
        .type = CONFIG_CHOICE,
        .offset = AT(preset),
        .choices = presets,
        .fallback = "superfast",
        .help = "x264's speed: slower looks better at the same bit rate"},
    {.key = "video.vbv_ms",
        .type = CONFIG_INT,
        .offset = AT(vbv_ms),
        .min = 20,
        .max = 2000,
        .fallback = "100",
        .help = "how far frames may differ in size, in ms of the bit rate: less is even, more is "
                "sharper after a change"},
    {.key = "video.stripe",
        .type = CONFIG_BOOL,
        .offset = AT(stripe),
        .fallback = "false",
        .help = "draw the machine-readable time stripe (--stripe)"},
    {.key = "video.image_s",
        .type = CONFIG_INT,
        .offset = AT(image_s),
        .min = 1,
        .max = 3600,
        .fallback = "5",
        .help = "seconds that each image of a directory is shown"},
    {.key = "audio.microphone",
        .type = CONFIG_STRING,
        .offset = AT(microphone),
        .min = 1,
        .max = 4096,
        .fallback = "auto",
        .help = "auto, sample, none, file:PATH or a name from --list-devices (--microphone)"},
    {.key = "audio.noise_suppression",
        .type = CONFIG_BOOL,
        .offset = AT(suppress_noise),
        .fallback = "true",
        .help = "take noise out of a microphone's sound and keep its level even"},
    {.key = "audio.bitrate_bps",
        .type = CONFIG_INT,
        .offset = AT(audio_bitrate_bps),
        .min = 12000,
        .max = 256000,
        .fallback = "48000",
        .help = "bit/s of the sound"},
    {.key = "audio.channels",
        .type = CONFIG_INT,
        .offset = AT(audio_channels),
        .min = 1,
        .max = 2,
        .fallback = "1",
        .help = "1 = mono, 2 = stereo"},
    {.key = "audio.redundancy",
        .type = CONFIG_INT,
        .offset = AT(audio_redundancy),
        .min = 0,
        .max = 2,
        .fallback = "1",
        .help =
            "earlier frames sent again with each one (RFC 2198), each at audio.bitrate_bps; 0 = "
            "none"},
    {.key = "device.folder",
        .type = CONFIG_STRING,
        .offset = AT(device_folder),
        .max = 4096,
        .fallback = "",
        .help = "where an enrolled device keeps its key and timetable; empty = "
                "~/.local/state/duet/capture"},
    {.key = "log.levels",
        .type = CONFIG_STRING,
        .offset = AT(log_levels),
        .max = 200,
        .fallback = "info",
        .help = "level, or level per topic: info,media=debug"},
};

static const struct config_table table = {
    .program = "duet-capture",
    .settings = capture_settings_list,
    .count = sizeof capture_settings_list / sizeof capture_settings_list[0],
};

const struct config_table *capture_settings_table(void)
{
    return &table;
}

static unsigned even(double value)
{
    return (unsigned)(lround(value / 2) * 2);
}

static unsigned layer_kbps(const struct capture_settings *settings, unsigned height)
{
    double share = (double)height / (double)settings->height;
    double kbps = (double)settings->bitrate_kbps * pow(share, 1.6);
    return (unsigned)fmax(kbps, LAYER_MIN_KBPS);
}

static int plan_layer(const struct capture_settings *settings, const char *text,
    unsigned below_height, struct layer_plan *ret_layer, struct config_error *ret_error)
{
    char *end = NULL;
    errno = 0;
    long height = strtol(text, &end, 10);
    if (errno || end == text || *end || height < LAYER_MIN_HEIGHT || height > below_height)
        return config_refuse(ret_error,
            "video.layers: %.40s is not allowed: heights fall from video.height (%d) to %d at "
            "least",
            text, (int)settings->height, LAYER_MIN_HEIGHT);
    ret_layer->height = even((double)height);
    ret_layer->width = even((double)height * (double)settings->width / (double)settings->height);
    ret_layer->bitrate_kbps = layer_kbps(settings, ret_layer->height);
    return 0;
}

int capture_settings_layers(const struct capture_settings *settings,
    struct layer_plan ret_layers[CAPTURE_MAX_LAYERS], unsigned *ret_count,
    struct config_error *ret_error)
{
    struct layer_plan layers[CAPTURE_MAX_LAYERS];
    unsigned below_height = (unsigned)settings->height;
    if (settings->layers.count == 0 || settings->layers.count > CAPTURE_MAX_LAYERS)
        return config_refuse(ret_error,
            "video.layers: wants 1 to %d heights, for example [720, 360, 180]", CAPTURE_MAX_LAYERS);
    for (size_t i = 0; i < settings->layers.count; i++) {
        int result =
            plan_layer(settings, settings->layers.items[i], below_height, &layers[i], ret_error);
        if (result != 0)
            return result;
        below_height = layers[i].height - 2;
    }
    if (layers[0].height != even((double)settings->height))
        return config_refuse(ret_error,
            "video.layers: the first layer is %u high, but video.height is %d: make them equal",
            layers[0].height, (int)settings->height);
    memcpy(ret_layers, layers, sizeof layers[0] * settings->layers.count);
    *ret_count = (unsigned)settings->layers.count;
    return 0;
}

int capture_settings_token(
    const struct capture_settings *settings, char **ret_token, struct config_error *ret_error)
{
    if (settings->token[0] || !settings->token_file[0]) {
        char *copy = strdup(settings->token);
        if (!copy)
            return -ENOMEM;
        *ret_token = copy;
        return 0;
    }
    int result = secret_file_read(settings->token_file, ret_token);
    if (result != 0)
        config_refuse(ret_error, "whip.token_file: %.300s: %s", settings->token_file,
            result == -ENODATA ? "the file is empty" : strerror(-result));
    return result;
}
