/*
 * The key that signs media tokens: 256 random bits as hex in a file that only its owner reads, made at
 * first start. The serving process and `duet-signaling token` share it.
 */
#ifndef DUET_SIGNALING_ACCOUNTS_KEY_FILE_H
#define DUET_SIGNALING_ACCOUNTS_KEY_FILE_H

#include "common/config.h"
#include "signaling/accounts/token.h"

/* Reads the key, or makes file and key. Returns 0, or a negative errno with a sentence that names
 * token.key_file. */
int key_file_load(
    const char *path, uint8_t ret_key[TOKEN_KEY_BYTES], struct config_error *ret_error);

#endif
