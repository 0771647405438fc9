/*
 * The player's command line. Parsed once at start, on the main thread.
 */
#ifndef DUET_PLAYER_OPTIONS_H
#define DUET_PLAYER_OPTIONS_H

#include <glib.h>
#include <stdbool.h>

/* Strings are owned, NULL when not given. */
struct player_options {
    char *whep_url;
    char *token; /* from --token, --token-file or DUET_TOKEN */
    char *ca_file;
    char *stats_file;
    char *local;         /* "auto", "none", "/dev/videoN", "pipewire", a video file or an image */
    char *language;      /* "zh-CN" or "en" */
    char *lesson_name;   /* shown in the status line */
    char *device_folder; /* of an enrolled device; it follows the bell when there is no whep_url */
    char *enrol;         /* code, link or "camera": enrol this machine and end */
    char *server;        /* to enrol at */
    int seconds;         /* 0: until stopped */
    int shift; /* seconds that the lesson is played later; of the lesson itself when it follows the bell */
    int layout; /* 1 to 4 */
    bool headless;
    bool stripe;
    bool json_lines;
    bool windowed;
    bool silent;  /* no loudspeaker */
    bool content; /* ask for the courseware slot too */
};

/* On failure error has the sentence to print; *ret_options is to be cleared in any case. */
bool player_options_parse(
    int argc, char **argv, struct player_options *ret_options, GError **error);
void player_options_clear(struct player_options *options);

#endif
