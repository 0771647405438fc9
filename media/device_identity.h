/*
 * Who this device is: the server it was enrolled at, its number there, and its key (Ed25519). One file, readable by its
 * owner only, beside the cached timetable. A file that is damaged is an error, never a reason for a new key: the server
 * would not know it. Main thread; owns its strings.
 */
#ifndef DUET_MEDIA_DEVICE_IDENTITY_H
#define DUET_MEDIA_DEVICE_IDENTITY_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#define DEVICE_IDENTITY_SIGNATURE_CHARS 86 /* base64url */

struct device_identity {
    char *server;  /* "https://school.example:8080", without a slash behind */
    char *ca_file; /* absolute; "" for the system's authorities */
    int64_t id;    /* 0: not enrolled yet */
    uint8_t secret_key[64];
    uint8_t public_key[32];
};

/* The folder of a program's device when none is set: $XDG_STATE_HOME/duet/NAME. Free with g_free(). */
char *device_identity_default_folder(const char *program);

/* A new key for a server; nothing is written. */
void device_identity_init(
    struct device_identity *identity, const char *server, const char *ca_file);

/* Reads the folder's identity. False with error: G_FILE_ERROR_NOENT when there is none, else a sentence that names the
 * file. Finish it in any case. */
bool device_identity_load(const char *folder, struct device_identity *ret_identity, GError **error);

/* Whether this machine is enrolled at all. */
bool device_identity_is_there(const char *folder);

/* Makes the folder when it is missing, and tells whether there can be a file in it. */
bool device_identity_can_save(const char *folder, GError **error);

/* The cached day of the device that was in the folder before is removed. */
bool device_identity_save(
    const char *folder, const struct device_identity *identity, GError **error);

void device_identity_finish(struct device_identity *identity);

/* Base64url without padding. Free with g_free(). */
char *device_identity_public_key(const struct device_identity *identity);

/* Of a challenge, as docs/devices.md has it. */
void device_identity_sign(const struct device_identity *identity, const char *challenge,
    char ret_signature[DEVICE_IDENTITY_SIGNATURE_CHARS + 1]);

#endif
