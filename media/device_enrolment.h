/*
 * Enrols this machine (docs/devices.md): sends a code with a new key's public half, and saves the identity that comes of it.
 * What can fail here fails before the code is sent, for the server uses it up.
 *
 * One thread, in the main context that was thread-default at the beginning.
 */
#ifndef DUET_MEDIA_DEVICE_ENROLMENT_H
#define DUET_MEDIA_DEVICE_ENROLMENT_H

#include <glib.h>
#include <stdbool.h>

#define DEVICE_CODE_DIGITS 6

/* What people give: six digits, in groups or not, or what the QR code holds, "duet-enrol:SERVER#CODE". False for anything
 * else. ret_server is NULL for digits alone; free with g_free(). */
bool device_enrolment_parse(
    const char *text, char **ret_server, char ret_code[DEVICE_CODE_DIGITS + 1]);

/* Whether two addresses name the same server: scheme, host and port. */
bool device_enrolment_same_server(const char *left, const char *right);

enum device_enrolment_end {
    DEVICE_ENROLMENT_DONE,        /* text is "room, school" */
    DEVICE_ENROLMENT_WRONG_CODE,  /* text, here and below, is a sentence */
    DEVICE_ENROLMENT_TOO_OFTEN,   /* too many codes were tried: later */
    DEVICE_ENROLMENT_UNREACHABLE, /* no answer came */
    DEVICE_ENROLMENT_FAILED,      /* anything else, on this machine too */
};

struct device_enrolment;

struct device_enrolment_params {
    const char *server, *ca_file, *code,
        *folder; /* borrowed until device_enrolment_begin() returns */
    /* Once, from the main loop; may free the enrolment. */
    void (*on_end)(void *user, enum device_enrolment_end end, const char *text);
    void *user;
};

struct device_enrolment *device_enrolment_begin(const struct device_enrolment_params *params);

/* on_end does not come any more. NULL-safe. */
void device_enrolment_free(struct device_enrolment *enrolment);

/* The same, waiting for the end. ret_place is for people, free with g_free(). */
bool device_enrolment_run(const char *server, const char *ca_file, const char *code,
    const char *folder, char **ret_place, GError **error);

#endif
