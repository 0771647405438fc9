#include "relay/transport/srtp_sender.h"

#include "common/bytes.h"
#include "common/prefetch.h"
#include "relay/transport/counter_cipher.h"
#include "relay/transport/gcm_cipher.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#define KEY_BYTES      16
#define CM_SALT_BYTES  14
#define GCM_SALT_BYTES 12
#define AUTH_KEY_BYTES 20
#define IV_BYTES       16

#define LABEL_RTP_KEY  0
#define LABEL_RTP_AUTH 1
#define LABEL_RTP_SALT 2

#define WINDOW_WORDS (SRTP_REPLAY_WINDOW / 64)

/* Sound and picture of most viewers. */
#define PREFETCHED_STREAMS 2

struct sent_stream {
    uint32_t ssrc;
    uint64_t highest;              /* index: roll-over counter and sequence number */
    uint64_t window[WINDOW_WORDS]; /* bit index % SRTP_REPLAY_WINDOW: sent */
};

/* One cache line. */
struct srtp_sender {
    struct gcm_cipher *gcm;      /* owned; one of these two */
    struct counter_cipher *cm;   /* owned */
    struct sent_stream *streams; /* owned */
    uint8_t salt[IV_BYTES];      /* session salt, zeros behind */
    uint16_t stream_count;
    uint16_t stream_capacity;
    uint16_t last; /* index of the stream used last */
    enum srtp_profile profile;
};

/* ---- keys ---- */

int srtp_derive_key(const uint8_t *master_key, const uint8_t *master_salt, size_t salt_bytes,
    uint8_t label, uint8_t *ret_key, size_t len)
{
    EVP_CIPHER_CTX *cipher = EVP_CIPHER_CTX_new();
    uint8_t iv[IV_BYTES] = {0}, zeros[32] = {0}, key[32];
    int written = 0, err = -EIO;

    if (len > sizeof(key) || salt_bytes > CM_SALT_BYTES)
        goto out;
    memcpy(iv, master_salt, salt_bytes);
    iv[7] ^= label;
    if (cipher == NULL ||
        EVP_EncryptInit_ex(cipher, EVP_aes_128_ctr(), NULL, master_key, iv) != 1 ||
        EVP_EncryptUpdate(cipher, key, &written, zeros, (int)len) != 1 || written != (int)len)
        goto out;
    memcpy(ret_key, key, len);
    err = 0;

out:
    OPENSSL_cleanse(key, sizeof(key));
    OPENSSL_cleanse(iv, sizeof(iv));
    EVP_CIPHER_CTX_free(cipher);
    return err;
}

static int create_cipher(
    struct srtp_sender *sender, const uint8_t *session_key, const uint8_t *auth_key)
{
    if (sender->profile == SRTP_PROFILE_AEAD_AES_128_GCM)
        return gcm_cipher_create(session_key, &sender->gcm);
    return counter_cipher_create(session_key, auth_key, &sender->cm);
}

static int set_keys(struct srtp_sender *sender, const struct srtp_material *material)
{
    bool gcm = material->profile == SRTP_PROFILE_AEAD_AES_128_GCM;
    size_t salt_bytes = gcm ? GCM_SALT_BYTES : CM_SALT_BYTES;
    const uint8_t *key = material->keys + KEY_BYTES;
    const uint8_t *salt = material->keys + 2 * KEY_BYTES + salt_bytes;
    uint8_t session_key[KEY_BYTES], auth_key[AUTH_KEY_BYTES];
    int err = -EIO;

    if (srtp_derive_key(key, salt, salt_bytes, LABEL_RTP_KEY, session_key, KEY_BYTES) == 0 &&
        srtp_derive_key(key, salt, salt_bytes, LABEL_RTP_SALT, sender->salt, salt_bytes) == 0 &&
        srtp_derive_key(key, salt, salt_bytes, LABEL_RTP_AUTH, auth_key, AUTH_KEY_BYTES) == 0)
        err = create_cipher(sender, session_key, auth_key);
    OPENSSL_cleanse(session_key, sizeof(session_key));
    OPENSSL_cleanse(auth_key, sizeof(auth_key));
    return err;
}

int srtp_sender_create(const struct srtp_material *material, struct srtp_sender **ret_sender)
{
    struct srtp_sender *sender;
    int err;

    if (material->profile == SRTP_PROFILE_NONE)
        return -EINVAL;
    sender = calloc(1, sizeof(*sender));
    if (sender == NULL)
        return -ENOMEM;
    sender->profile = material->profile;
    err = set_keys(sender, material);
    if (err < 0) {
        ERR_clear_error();
        srtp_sender_destroy(sender);
        return err;
    }
    *ret_sender = sender;
    return 0;
}

void srtp_sender_destroy(struct srtp_sender *sender)
{
    if (sender == NULL)
        return;
    gcm_cipher_destroy(sender->gcm);
    counter_cipher_destroy(sender->cm);
    free(sender->streams);
    OPENSSL_cleanse(sender, sizeof(*sender));
    free(sender);
}

/* ---- which packet it is ---- */

static int add_stream(struct srtp_sender *sender, uint32_t ssrc, uint16_t sequence_number)
{
    if (sender->stream_count == SRTP_SENDER_MAX_SSRCS)
        return -ENOBUFS;
    if (sender->stream_count == sender->stream_capacity) {
        size_t capacity = sender->stream_capacity == 0 ? 2 : sender->stream_capacity * 2;
        struct sent_stream *streams = calloc(capacity, sizeof(*streams));

        if (streams == NULL)
            return -ENOMEM;
        if (sender->stream_count > 0)
            memcpy(streams, sender->streams, sender->stream_count * sizeof(*streams));
        free(sender->streams);
        sender->streams = streams;
        sender->stream_capacity = capacity;
    }
    sender->last = sender->stream_count++;
    sender->streams[sender->last] = (struct sent_stream){
        .ssrc = ssrc,
        .highest = sequence_number,
    };
    return 0;
}

static int find_stream(struct srtp_sender *sender, uint32_t ssrc, uint16_t sequence_number,
    struct sent_stream **ret_stream)
{
    int err;

    if (sender->stream_count == 0 || sender->streams[sender->last].ssrc != ssrc) {
        size_t i = 0;

        while (i < sender->stream_count && sender->streams[i].ssrc != ssrc)
            i++;
        if (i == sender->stream_count) {
            err = add_stream(sender, ssrc, sequence_number);
            if (err < 0)
                return err;
        } else {
            sender->last = i;
        }
    }
    *ret_stream = &sender->streams[sender->last];
    return 0;
}

/* Forgets what the places of packets up to index said a window ago. */
static void advance(struct sent_stream *stream, uint64_t index)
{
    if (index - stream->highest >= SRTP_REPLAY_WINDOW)
        memset(stream->window, 0, sizeof(stream->window));
    else
        for (uint64_t i = stream->highest + 1; i <= index; i++)
            stream->window[i % SRTP_REPLAY_WINDOW / 64] &= ~(UINT64_C(1) << (i % 64));
    stream->highest = index;
}

/* The index nearest to the highest one so far (RFC 3711 section 3.3.1), or -EALREADY when it must not
 * be sent. */
static int64_t take_index(struct sent_stream *stream, uint16_t sequence_number, bool may_repeat)
{
    int16_t step = (int16_t)(uint16_t)(sequence_number - (uint16_t)stream->highest);
    int64_t index = (int64_t)stream->highest + step;
    uint64_t *word, bit;

    if (index < 0 || index + SRTP_REPLAY_WINDOW <= (int64_t)stream->highest)
        return -EALREADY;
    if (step > 0)
        advance(stream, (uint64_t)index);
    word = &stream->window[(uint64_t)index % SRTP_REPLAY_WINDOW / 64];
    bit = UINT64_C(1) << ((uint64_t)index % 64);
    if ((*word & bit) != 0 && !may_repeat)
        return -EALREADY;
    *word |= bit;
    return index;
}

/* ---- encryption ---- */

/* RFC 7714 section 8.1: 16 zero bits, SSRC, roll-over counter, sequence number; XOR salt. */
static int protect_gcm(struct srtp_sender *sender, const struct rtp_pieces *pieces, uint32_t ssrc,
    uint64_t index, uint8_t *out)
{
    uint8_t iv[GCM_CIPHER_IV_BYTES] = {0};

    bytes_put_u32(iv + 2, ssrc);
    bytes_put_u32(iv + 6, (uint32_t)(index >> 16));
    bytes_put_u16(iv + 10, (uint16_t)index);
    for (size_t i = 0; i < sizeof(iv); i++)
        iv[i] ^= sender->salt[i];
    return gcm_cipher_encrypt(sender->gcm, iv, pieces, out);
}

/* RFC 3711 section 4.1.1: IV = salt · 2^16 XOR SSRC · 2^64 XOR index · 2^16. */
static int protect_counter_mode(struct srtp_sender *sender, const struct rtp_pieces *pieces,
    uint32_t ssrc, uint64_t index, uint8_t *out)
{
    uint8_t iv[COUNTER_CIPHER_IV_BYTES] = {0};

    bytes_put_u32(iv + 4, ssrc);
    bytes_put_u32(iv + 8, (uint32_t)(index >> 16));
    bytes_put_u16(iv + 12, (uint16_t)index);
    for (size_t i = 0; i < sizeof(iv); i++)
        iv[i] ^= sender->salt[i];
    return counter_cipher_encrypt(sender->cm, iv, (uint32_t)(index >> 16), pieces, out);
}

int srtp_sender_protect(
    struct srtp_sender *sender, const struct rtp_pieces *pieces, uint8_t *out, size_t *ret_len)
{
    bool gcm = sender->profile == SRTP_PROFILE_AEAD_AES_128_GCM;
    struct sent_stream *stream;
    uint16_t sequence_number;
    uint32_t ssrc;
    int64_t index;
    int err;

    if (pieces->header_bytes < RTP_HEADER_BYTES || pieces->header[0] >> 6 != 2)
        return -EINVAL;
    sequence_number = bytes_get_u16(pieces->header + 2);
    ssrc = bytes_get_u32(pieces->header + 8);
    err = find_stream(sender, ssrc, sequence_number, &stream);
    if (err < 0)
        return err;
    index = take_index(stream, sequence_number, !gcm);
    if (index < 0)
        return (int)index;
    if (gcm)
        err = protect_gcm(sender, pieces, ssrc, (uint64_t)index, out);
    else
        err = protect_counter_mode(sender, pieces, ssrc, (uint64_t)index, out);
    if (err < 0)
        return err;
    *ret_len = pieces->header_bytes + pieces->prefix_bytes + pieces->payload_bytes +
               (gcm ? GCM_CIPHER_TAG_BYTES : COUNTER_CIPHER_TAG_BYTES);
    return 0;
}

void srtp_sender_prefetch(const struct srtp_sender *sender, unsigned step)
{
    if (step == 0) {
        prefetch(sender, sizeof(*sender));
        return;
    }
    for (size_t i = 0; i < sender->stream_count && i < PREFETCHED_STREAMS; i++)
        prefetch(&sender->streams[i], offsetof(struct sent_stream, window) + 1);
    if (sender->gcm != NULL)
        gcm_cipher_prefetch(sender->gcm);
    else
        counter_cipher_prefetch(sender->cm);
}
