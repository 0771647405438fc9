/*
 * Devices: the boxes of classrooms that capture or play without anybody logging in. A person makes a code of six digits
 * for a room; a box sends it once, with the public half of a key that never leaves it, and is enrolled. From then on it
 * proves itself with the key (docs/devices.md). Codes are device_codes.h's. Errors as in store/store.h; loop thread.
 */
#ifndef DUET_SIGNALING_ACCOUNTS_DEVICES_H
#define DUET_SIGNALING_ACCOUNTS_DEVICES_H

#include "signaling/accounts/token.h"
#include "signaling/schools/organisations.h"

#define DEVICES_CODE_DIGITS       6
#define DEVICES_CODE_LIFE_S       600
#define DEVICES_KEY_BYTES         32 /* Ed25519 */
#define DEVICES_MAX_NAME_BYTES    64
#define DEVICES_MAX_VERSION_BYTES 32
#define DEVICES_MAX_HEALTH_BYTES  1024
#define DEVICES_SUBJECT_CHARS     32 /* "device-7" */

enum device_kind {
    DEVICE_CAPTURE,
    DEVICE_PLAYER,
};

struct device {
    int64_t id;
    int64_t room;
    enum device_kind kind;
    char name[DEVICES_MAX_NAME_BYTES + 1];
    uint8_t public_key[DEVICES_KEY_BYTES];
    int64_t enrolled_s;
    int64_t revoked_s; /* 0: it may come in */
    int64_t seen_s;    /* when it was enrolled or told of itself last */
    char version[DEVICES_MAX_VERSION_BYTES + 1];
    char
        health[DEVICES_MAX_HEALTH_BYTES + 1]; /* a JSON object as the device sent it, "" for none */

    /* of its room; read only */
    int64_t school;
    char room_name[ORGANISATIONS_MAX_NAME_BYTES + 1];
    char school_name[ORGANISATIONS_MAX_NAME_BYTES + 1];
    char zone[SCHOOL_CLOCK_MAX_ZONE_BYTES + 1];
};

/* "capture", "player"; the other way round false for another name. */
const char *devices_kind_name(enum device_kind kind);
bool devices_kind_of(const char *name, enum device_kind *ret_kind);

/* Uses a code up (key: device_codes.h) and adds the device, of which name, public_key and version are given, with its entry
 * in the audit log. Returns 0 with the rest of it, -ENOENT for a code that is wrong, used or too old, -EINVAL for a name or
 * version that cannot be, -EEXIST for a key that is enrolled already, or an error of the store. */
int devices_enrol(struct store *store, const uint8_t key[TOKEN_KEY_BYTES], const char *code,
    int64_t now_s, struct device *device);

/* 1, 0, or an error of the store. */
int devices_get(struct store *store, int64_t id, struct device *ret_device);

/* Calls on_device for each device, revoked ones left out, in rooms of the organisation and of those below it (0: all), by room. */
int devices_list(struct store *store, int64_t organisation,
    void (*on_device)(void *user, const struct device *device), void *user);

/* For good: it has to be enrolled anew. With its entry in the audit log, which says when its lesson was running. Returns 0,
 * -ENOENT, or an error of the store. */
int devices_revoke(struct store *store, int64_t id, const char *by, bool in_lesson, int64_t now_s);

/* What it told of itself; proven: with its key, for a new session. health may be NULL: as before. Reports without proof
 * come in thousands and go through device_reports.h. */
int devices_see(struct store *store, int64_t id, const char *version, const char *health,
    bool proven, int64_t now_s);

/* What a device of that room may publish and watch in a lesson, as its master room or as one that receives it. */
void devices_media_rights(int64_t room, bool is_master, struct token_sources *ret_publish,
    struct token_sources *ret_watch);

/* "device-7": as media tokens and media sessions call it. */
void devices_subject(int64_t id, char ret_subject[DEVICES_SUBJECT_CHARS]);

#endif
