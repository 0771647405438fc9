/*
 * Settings of duet-player: the table that reads the YAML file and --set. The command line's own
 * options (player/options.h) say the same for one run. Used at start, on the main thread.
 */
#ifndef DUET_PLAYER_SETTINGS_H
#define DUET_PLAYER_SETTINGS_H

#include <stdbool.h>
#include <stdint.h>

#include "common/config.h"

struct player_settings {
    char *whep_url;
    char *token;
    char *token_file;
    char *ca_file;
    bool content;
    int64_t shift;
    int64_t layout;
    char *language;
    bool windowed;
    char *local;
    char *lesson_name;
    bool silent;
    char *device_folder;
    char *log_levels;
};

const struct config_table *player_settings_table(void);

#endif
