#include "relay/transport/srtcp_receiver.h"

#include "common/bytes.h"
#include "relay/transport/srtcp_cipher.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>

#define WINDOW_WORDS (SRTCP_REPLAY_WINDOW / 64)

struct reporter {
    uint32_t ssrc;
    uint32_t highest;              /* index */
    uint64_t window[WINDOW_WORDS]; /* bit index % SRTCP_REPLAY_WINDOW: received */
};

struct srtcp_receiver {
    struct srtcp_cipher cipher;
    size_t reporter_count;
    size_t last; /* index of the reporter heard last */
    struct reporter reporters[SRTP_MAX_SSRCS];
};

int srtcp_receiver_create(
    const struct srtp_material *material, struct srtcp_receiver **ret_receiver)
{
    struct srtcp_receiver *receiver = calloc(1, sizeof(*receiver));
    int err;

    if (receiver == NULL)
        return -ENOMEM;
    err = srtcp_cipher_init(&receiver->cipher, material, SRTCP_CLIENT);
    if (err < 0) {
        srtcp_receiver_destroy(receiver);
        return err;
    }
    *ret_receiver = receiver;
    return 0;
}

void srtcp_receiver_destroy(struct srtcp_receiver *receiver)
{
    if (receiver == NULL)
        return;
    srtcp_cipher_finish(&receiver->cipher);
    free(receiver);
}

/* ---- who sent it, and whether for the first time ---- */

static struct reporter *find_reporter(struct srtcp_receiver *receiver, uint32_t ssrc)
{
    if (receiver->reporter_count > 0 && receiver->reporters[receiver->last].ssrc == ssrc)
        return &receiver->reporters[receiver->last];
    for (size_t i = 0; i < receiver->reporter_count; i++) {
        if (receiver->reporters[i].ssrc == ssrc) {
            receiver->last = i;
            return &receiver->reporters[i];
        }
    }
    return NULL;
}

static uint64_t *word_of(struct reporter *reporter, uint32_t index)
{
    return &reporter->window[index % SRTCP_REPLAY_WINDOW / 64];
}

static uint64_t bit_of(uint32_t index)
{
    return UINT64_C(1) << (index % 64);
}

static bool is_replay(struct reporter *reporter, uint32_t index)
{
    if (index > reporter->highest)
        return false;
    return reporter->highest - index >= SRTCP_REPLAY_WINDOW ||
           (*word_of(reporter, index) & bit_of(index)) != 0;
}

/* Forgets what the places of indexes up to this one said a window ago. */
static void advance(struct reporter *reporter, uint32_t index)
{
    if (index - reporter->highest >= SRTCP_REPLAY_WINDOW)
        memset(reporter->window, 0, sizeof(reporter->window));
    else
        for (uint32_t i = reporter->highest + 1; i <= index; i++)
            *word_of(reporter, i) &= ~bit_of(i);
    reporter->highest = index;
}

/* Of an authenticated packet. reporter is NULL when it is the first of its SSRC. */
static void note_index(
    struct srtcp_receiver *receiver, struct reporter *reporter, uint32_t ssrc, uint32_t index)
{
    if (reporter == NULL) {
        receiver->last = receiver->reporter_count++;
        reporter = &receiver->reporters[receiver->last];
        reporter->ssrc = ssrc;
        reporter->highest = index;
    } else if (index > reporter->highest) {
        advance(reporter, index);
    }
    *word_of(reporter, index) |= bit_of(index);
}

int srtcp_receiver_unprotect(
    struct srtcp_receiver *receiver, uint8_t *data, size_t len, size_t *ret_len)
{
    size_t trailer_bytes = srtcp_cipher_trailer_bytes(&receiver->cipher);
    struct reporter *reporter;
    uint32_t ssrc, index;
    size_t plain_len;
    int err;

    if (len < SRTCP_HEADER_BYTES + trailer_bytes || len > UINT16_MAX || data[0] >> 6 != 2)
        return -EBADMSG;
    plain_len = len - trailer_bytes;
    ssrc = bytes_get_u32(data + SRTCP_SSRC_OFFSET);
    index = srtcp_cipher_index_word(&receiver->cipher, data, len);
    if ((index & SRTCP_ENCRYPTED_FLAG) == 0)
        return -EACCES;
    index &= ~SRTCP_ENCRYPTED_FLAG;
    reporter = find_reporter(receiver, ssrc);
    if (reporter == NULL && receiver->reporter_count == SRTP_MAX_SSRCS)
        return -ENOBUFS;
    if (reporter != NULL && is_replay(reporter, index))
        return -EALREADY;
    err = srtcp_cipher_open(&receiver->cipher, data, plain_len, index);
    if (err < 0)
        return err;
    note_index(receiver, reporter, ssrc, index);
    *ret_len = plain_len;
    return 0;
}
