#include "relay/transport/srtp.h"

#include "common/bytes.h"
#include "common/log.h"
#include "relay/transport/transport.h"

#include <arpa/inet.h>
#include <errno.h>
#include <openssl/crypto.h>
#include <pthread.h>
#include <srtp2/srtp.h>
#include <stdlib.h>
#include <string.h>

#define RTP_MIN_BYTES 12
#define SSRC_OFFSET   8

/* First packets of new senders that are tried once more as if their numbers had wrapped unheard. */
#define MAX_WRAP_TRIALS 16

struct srtp_session {
    srtp_t inbound;                /* owned */
    struct srtp_material material; /* for senders whose numbers wrapped unheard */
    unsigned wrap_trials;
    uint32_t ssrcs[SRTP_MAX_SSRCS]; /* authenticated senders */
    size_t ssrc_count;
};

struct profile_sizes {
    size_t key_bytes;
    size_t salt_bytes;
};

static struct profile_sizes sizes_of(enum srtp_profile profile)
{
    switch (profile) {
    case SRTP_PROFILE_AES128_CM_SHA1_80:
        return (struct profile_sizes){SRTP_AES_128_KEY_LEN, SRTP_SALT_LEN};
    case SRTP_PROFILE_AEAD_AES_128_GCM:
        return (struct profile_sizes){SRTP_AES_128_KEY_LEN, SRTP_AEAD_SALT_LEN};
    default:
        return (struct profile_sizes){0, 0};
    }
}

size_t srtp_profile_material_bytes(enum srtp_profile profile)
{
    struct profile_sizes sizes = sizes_of(profile);

    return 2 * (sizes.key_bytes + sizes.salt_bytes);
}

const char *srtp_profile_name(enum srtp_profile profile)
{
    switch (profile) {
    case SRTP_PROFILE_AES128_CM_SHA1_80:
        return "AES128_CM_HMAC_SHA1_80";
    case SRTP_PROFILE_AEAD_AES_128_GCM:
        return "AEAD_AES_128_GCM";
    default:
        return "";
    }
}

static bool library_ready;

static void init_library(void)
{
    library_ready = srtp_init() == srtp_err_status_ok;
    if (!library_ready)
        log_error(LOG_SRTP, "libsrtp failed to start");
}

int srtp_library_start(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;

    pthread_once(&once, init_library);
    return library_ready ? 0 : -EIO;
}

/* key is borrowed by the policy and for the caller to cleanse. */
static void make_policy(
    const struct srtp_material *material, uint8_t key[SRTP_MAX_KEY_LEN], srtp_policy_t *ret_policy)
{
    struct profile_sizes sizes = sizes_of(material->profile);

    memset(ret_policy, 0, sizeof(*ret_policy));
    memcpy(key, material->keys, sizes.key_bytes);
    memcpy(key + sizes.key_bytes, material->keys + 2 * sizes.key_bytes, sizes.salt_bytes);
    if (material->profile == SRTP_PROFILE_AEAD_AES_128_GCM) {
        srtp_crypto_policy_set_aes_gcm_128_16_auth(&ret_policy->rtp);
        srtp_crypto_policy_set_aes_gcm_128_16_auth(&ret_policy->rtcp);
    } else {
        srtp_crypto_policy_set_rtp_default(&ret_policy->rtp);
        srtp_crypto_policy_set_rtcp_default(&ret_policy->rtcp);
    }
    ret_policy->ssrc.type = ssrc_any_inbound;
    ret_policy->key = key;
    ret_policy->window_size = SRTP_REPLAY_WINDOW;
}

static int create_inbound(const struct srtp_material *material, srtp_t *ret_inbound)
{
    uint8_t key[SRTP_MAX_KEY_LEN];
    srtp_policy_t policy;
    srtp_err_status_t status;

    make_policy(material, key, &policy);
    status = srtp_create(ret_inbound, &policy);
    OPENSSL_cleanse(key, sizeof(key));
    if (status == srtp_err_status_ok)
        return 0;
    return status == srtp_err_status_alloc_fail ? -ENOMEM : -EIO;
}

int srtp_session_create(const struct srtp_material *material, struct srtp_session **ret_session)
{
    struct srtp_session *session;
    int err;

    if (material->profile == SRTP_PROFILE_NONE)
        return -EINVAL;
    err = srtp_library_start();
    if (err < 0)
        return err;
    session = calloc(1, sizeof(*session));
    if (session == NULL)
        return -ENOMEM;
    session->material = *material;
    err = create_inbound(material, &session->inbound);
    if (err < 0) {
        srtp_session_destroy(session);
        return err;
    }
    *ret_session = session;
    return 0;
}

void srtp_session_destroy(struct srtp_session *session)
{
    if (session == NULL)
        return;
    if (session->inbound != NULL)
        srtp_dealloc(session->inbound);
    OPENSSL_cleanse(&session->material, sizeof(session->material));
    free(session);
}

enum srtp_profile srtp_session_profile(const struct srtp_session *session)
{
    return session->material.profile;
}

static bool knows_ssrc(const struct srtp_session *session, uint32_t ssrc)
{
    for (size_t i = 0; i < session->ssrc_count; i++) {
        if (session->ssrcs[i] == ssrc)
            return true;
    }
    return false;
}

static int error_of(srtp_err_status_t status)
{
    switch (status) {
    case srtp_err_status_ok:
        return 0;
    case srtp_err_status_replay_fail:
    case srtp_err_status_replay_old:
    case srtp_err_status_pkt_idx_old:
        return -EALREADY;
    case srtp_err_status_bad_param:
    case srtp_err_status_parse_err:
        return -EBADMSG;
    default:
        return -EACCES;
    }
}

static bool add_sender(struct srtp_session *session, uint32_t ssrc)
{
    uint8_t key[SRTP_MAX_KEY_LEN];
    srtp_policy_t policy;
    bool added;

    make_policy(&session->material, key, &policy);
    policy.ssrc.type = ssrc_specific;
    policy.ssrc.value = ssrc;
    added = srtp_add_stream(session->inbound, &policy) == srtp_err_status_ok;
    OPENSSL_cleanse(key, sizeof(key));
    return added;
}

/* A sender's first packets may be lost just when its sequence number wraps. What then comes first is
 * encrypted under a roll-over counter of 1 (RFC 3711 section 3.3.1), which nothing in it says, and would be
 * refused for good. True when that was it: data is decrypted. */
static bool unprotect_wrapped(struct srtp_session *session, uint32_t ssrc, uint8_t *data, int *len)
{
    session->wrap_trials++;
    if (!add_sender(session, ssrc))
        return false;
    if (srtp_set_stream_roc(session->inbound, ssrc, 1) == srtp_err_status_ok &&
        srtp_unprotect(session->inbound, data, len) == srtp_err_status_ok)
        return true;
    srtp_remove_stream(session->inbound, htonl(ssrc));
    return false;
}

/* The first packet of a sender: a failed try may leave nothing of it, so it is kept for another. */
static srtp_err_status_t unprotect_first(
    struct srtp_session *session, uint32_t ssrc, uint8_t *data, int *len)
{
    uint8_t copy[TRANSPORT_DATAGRAM_BYTES];
    int copied = *len;
    bool may_have_wrapped = copied <= (int)sizeof(copy) && bytes_get_u16(data + 2) < 0x8000 &&
                            session->wrap_trials < MAX_WRAP_TRIALS;
    srtp_err_status_t status;

    if (may_have_wrapped)
        memcpy(copy, data, (size_t)copied);
    status = srtp_unprotect(session->inbound, data, len);
    if (status != srtp_err_status_auth_fail || !may_have_wrapped)
        return status;
    memcpy(data, copy, (size_t)copied);
    *len = copied;
    return unprotect_wrapped(session, ssrc, data, len) ? srtp_err_status_ok : status;
}

int srtp_session_unprotect_rtp(
    struct srtp_session *session, uint8_t *data, size_t len, size_t *ret_len)
{
    int plain_len = (int)len;
    srtp_err_status_t status;
    uint32_t ssrc;
    bool known;

    if (len < RTP_MIN_BYTES || len > UINT16_MAX || data[0] >> 6 != 2)
        return -EBADMSG;
    ssrc = bytes_get_u32(data + SSRC_OFFSET);
    known = knows_ssrc(session, ssrc);
    if (!known && session->ssrc_count == SRTP_MAX_SSRCS)
        return -ENOBUFS;
    if (known)
        status = srtp_unprotect(session->inbound, data, &plain_len);
    else
        status = unprotect_first(session, ssrc, data, &plain_len);
    if (status != srtp_err_status_ok)
        return error_of(status);
    if (!known)
        session->ssrcs[session->ssrc_count++] = ssrc;
    *ret_len = (size_t)plain_len;
    return 0;
}
