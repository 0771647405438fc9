#include "tests/support/libsrtp_client.h"

#include <string.h>

srtp_t libsrtp_client_create(
    const struct srtp_material *material, srtp_ssrc_type_t direction, srtp_sec_serv_t services)
{
    bool gcm = material->profile == SRTP_PROFILE_AEAD_AES_128_GCM;
    uint8_t key[SRTP_MAX_KEY_LEN] = {0};
    srtp_policy_t policy = {.ssrc.type = direction, .key = key};
    srtp_t session;

    memcpy(key, material->keys, 16);
    memcpy(key + 16, material->keys + 32, gcm ? 12 : 14);
    if (gcm) {
        srtp_crypto_policy_set_aes_gcm_128_16_auth(&policy.rtp);
        srtp_crypto_policy_set_aes_gcm_128_16_auth(&policy.rtcp);
    } else {
        srtp_crypto_policy_set_rtp_default(&policy.rtp);
        srtp_crypto_policy_set_rtcp_default(&policy.rtcp);
    }
    policy.rtcp.sec_serv = services;
    if (srtp_library_start() < 0 || srtp_create(&session, &policy) != srtp_err_status_ok)
        return NULL;
    return session;
}

struct srtp_material libsrtp_exchange_sides(const struct srtp_material *material)
{
    size_t salt_bytes = srtp_profile_material_bytes(material->profile) / 2 - 16;
    struct srtp_material exchanged = {.profile = material->profile};

    memcpy(exchanged.keys, material->keys + 16, 16);
    memcpy(exchanged.keys + 16, material->keys, 16);
    memcpy(exchanged.keys + 32, material->keys + 32 + salt_bytes, salt_bytes);
    memcpy(exchanged.keys + 32 + salt_bytes, material->keys + 32, salt_bytes);
    return exchanged;
}
