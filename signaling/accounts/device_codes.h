/*
 * Codes of six digits that enrol one device in one room, within ten minutes. The database keeps an HMAC of each with the
 * server's token key, which stands in a file of its own: six digits that are only hashed could be found by trying the
 * million there are, so who reads a copy of the database would know them. A used one stays until its time is over, so that who made
 * it sees which device came. Errors as in store/store.h; loop thread.
 */
#ifndef DUET_SIGNALING_ACCOUNTS_DEVICE_CODES_H
#define DUET_SIGNALING_ACCOUNTS_DEVICE_CODES_H

#include "signaling/accounts/devices.h"
#include "signaling/accounts/token.h"

struct device_code {
    int64_t id;
    int64_t room;
    enum device_kind kind;
    int64_t expires_s;
    int64_t device; /* that was enrolled with it, 0: none yet */
    int64_t school; /* of the room */
};

/* Makes one with its entry in the audit log (by is the person's). Returns 0, -ENOENT for an unknown room, or an error of
 * the store. */
int device_codes_add(struct store *store, const uint8_t key[TOKEN_KEY_BYTES], int64_t room,
    enum device_kind kind, const char *by, int64_t now_s, int64_t *ret_id,
    char ret_code[DEVICES_CODE_DIGITS + 1]);

/* By id, expired ones left out: 1, 0, or an error of the store. */
int device_codes_get(struct store *store, int64_t id, int64_t now_s, struct device_code *ret_code);

/* Nobody can use it any more. Returns 0 with its entry in the audit log, -ENOENT when it is used or gone, or an error. */
int device_codes_withdraw(struct store *store, int64_t id, const char *by, int64_t now_s);

/* Within store_begin() and store_end() of the device's enrolment: uses it up, as this device's, whose room and kind it
 * tells. device_codes_find returns 0 with ret_id, or -ENOENT for one that is wrong, used or too old. */
int device_codes_find(struct store *store, const uint8_t key[TOKEN_KEY_BYTES], const char *code,
    int64_t now_s, struct device_code *ret_code);
int device_codes_use(struct store *store, int64_t id, int64_t device);

#endif
