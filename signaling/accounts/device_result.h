/*
 * What a box says came of a command (docs/devices.md): {outcome, health, round_trip_ms?, level_dbfs?,
 * picture?}. Pure; any thread.
 */
#ifndef DUET_SIGNALING_ACCOUNTS_DEVICE_RESULT_H
#define DUET_SIGNALING_ACCOUNTS_DEVICE_RESULT_H

#include "common/json.h"
#include "signaling/accounts/device_commands.h"

struct device_result {
    enum device_command_state state; /* done, refused or failed */
    json_t *told;                    /* {health, round_trip_ms, level_dbfs?}: for people */
    void *picture;                   /* JPEG; NULL: none came, or none that can be used */
    size_t picture_bytes;
};

/* The caller owns what is in ret_result. -EBADMSG with a sentence for the box, or -ENOMEM. */
int device_result_parse(
    const json_t *body, struct device_result *ret_result, struct json_error *ret_error);

#endif
