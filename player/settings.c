#include "player/settings.h"

#include <stddef.h>

#include "player/shift_player.h"

#define AT(member)     offsetof(struct player_settings, member)
#define MAX_PATH_BYTES 4096

static const char *const languages[] = {"zh-CN", "en", NULL};

static const struct config_setting settings_list[] = {
    {.key = "whep.url",
        .type = CONFIG_STRING,
        .offset = AT(whep_url),
        .max = 2000,
        .fallback = "",
        .help = "WHEP address of the lesson (--whep)"},
    {.key = "whep.token",
        .type = CONFIG_STRING,
        .offset = AT(token),
        .max = 8192,
        .fallback = "",
        .help = "bearer token (--token); better in a file",
        .secret = true},
    {.key = "whep.token_file",
        .type = CONFIG_STRING,
        .offset = AT(token_file),
        .max = MAX_PATH_BYTES,
        .fallback = "",
        .help = "file with the token (--token-file)"},
    {.key = "whep.ca_file",
        .type = CONFIG_STRING,
        .offset = AT(ca_file),
        .max = MAX_PATH_BYTES,
        .fallback = "",
        .help = "PEM file of a certificate authority to trust (--ca-file); empty = the system's"},
    {.key = "whep.content",
        .type = CONFIG_BOOL,
        .offset = AT(content),
        .fallback = "false",
        .help = "also receive courseware, with a lesson's address only (--content)"},
    {.key = "whep.shift",
        .type = CONFIG_INT,
        .offset = AT(shift),
        .max = SHIFT_PLAYER_MAX_S,
        .fallback = "0",
        .help = "play the lesson so many seconds later, to another bell; 0 = live (--shift)"},
    {.key = "screen.layout",
        .type = CONFIG_INT,
        .offset = AT(layout),
        .min = 1,
        .max = 4,
        .fallback = "1",
        .help = "1 side by side, 2 teacher large, 3 local large, 4 board (--layout)"},
    {.key = "screen.language",
        .type = CONFIG_CHOICE,
        .offset = AT(language),
        .choices = languages,
        .fallback = "zh-CN",
        .help = "of the window's words (--language)"},
    {.key = "screen.windowed",
        .type = CONFIG_BOOL,
        .offset = AT(windowed),
        .fallback = "false",
        .help = "a window, not full screen (--windowed)"},
    {.key = "screen.local",
        .type = CONFIG_STRING,
        .offset = AT(local),
        .min = 1,
        .max = MAX_PATH_BYTES,
        .fallback = "auto",
        .help = "local pane: auto, none, pipewire, /dev/videoN, a video or an image (--local)"},
    {.key = "screen.lesson_name",
        .type = CONFIG_STRING,
        .offset = AT(lesson_name),
        .max = 200,
        .fallback = "",
        .help = "name of the lesson for the status line (--lesson-name)"},
    {.key = "sound.silent",
        .type = CONFIG_BOOL,
        .offset = AT(silent),
        .fallback = "false",
        .help = "decode sound but do not play it (--silent)"},
    {.key = "device.folder",
        .type = CONFIG_STRING,
        .offset = AT(device_folder),
        .max = MAX_PATH_BYTES,
        .fallback = "",
        .help = "where an enrolled device keeps its key and timetable; empty = "
                "~/.local/state/duet/player"},
    {.key = "log.levels",
        .type = CONFIG_STRING,
        .offset = AT(log_levels),
        .max = 200,
        .fallback = "",
        .help = "\"info\" or \"info,media=debug\"; empty = the environment's DUET_LOG"},
};

static const struct config_table table = {
    .program = "duet-player",
    .settings = settings_list,
    .count = sizeof(settings_list) / sizeof(settings_list[0]),
};

const struct config_table *player_settings_table(void)
{
    return &table;
}
