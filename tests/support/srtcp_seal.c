#include "tests/support/srtcp_seal.h"

#include "common/bytes.h"
#include "relay/transport/srtp_sender.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <string.h>

#define ENCRYPTED_FLAG UINT32_C(0x80000000)

static bool seal_gcm(
    EVP_CIPHER_CTX *cipher, const uint8_t *key, const uint8_t *iv, uint8_t *data, size_t len)
{
    int written;

    return EVP_EncryptInit_ex(cipher, EVP_aes_128_gcm(), NULL, key, iv) == 1 &&
           EVP_EncryptUpdate(cipher, NULL, &written, data, 8) == 1 &&
           EVP_EncryptUpdate(cipher, NULL, &written, data + len + 16, 4) == 1 &&
           EVP_EncryptUpdate(cipher, data + 8, &written, data + 8, (int)len - 8) == 1 &&
           EVP_EncryptFinal_ex(cipher, data + len, &written) == 1 &&
           EVP_CIPHER_CTX_ctrl(cipher, EVP_CTRL_AEAD_GET_TAG, 16, data + len) == 1;
}

static bool seal_counter_mode(EVP_CIPHER_CTX *cipher, const uint8_t *key, const uint8_t *auth_key,
    const uint8_t *iv, uint8_t *data, size_t len)
{
    uint8_t tag[20];
    int written;

    if (EVP_EncryptInit_ex(cipher, EVP_aes_128_ctr(), NULL, key, iv) != 1 ||
        EVP_EncryptUpdate(cipher, data + 8, &written, data + 8, (int)len - 8) != 1 ||
        HMAC(EVP_sha1(), auth_key, 20, data, len + 4, tag, NULL) == NULL)
        return false;
    memcpy(data + len + 4, tag, 10);
    return true;
}

size_t srtcp_seal(const struct srtp_material *material, uint8_t *data, size_t len, uint32_t index)
{
    bool gcm = material->profile == SRTP_PROFILE_AEAD_AES_128_GCM, sealed;
    const uint8_t *master_key = material->keys, *master_salt = material->keys + 32;
    size_t salt_bytes = gcm ? 12 : 14, at = gcm ? 2 : 4;
    uint8_t key[16], auth_key[20], salt[16] = {0}, iv[16] = {0};
    EVP_CIPHER_CTX *cipher;

    if (srtp_derive_key(master_key, master_salt, salt_bytes, 3, key, sizeof(key)) < 0 ||
        srtp_derive_key(master_key, master_salt, salt_bytes, 4, auth_key, sizeof(auth_key)) < 0 ||
        srtp_derive_key(master_key, master_salt, salt_bytes, 5, salt, salt_bytes) < 0)
        return 0;
    memcpy(iv + at, data + 4, 4);
    bytes_put_u32(iv + at + 6, index);
    for (size_t i = 0; i < sizeof(iv); i++)
        iv[i] ^= salt[i];
    bytes_put_u32(data + len + (gcm ? 16 : 0), index | ENCRYPTED_FLAG);
    cipher = EVP_CIPHER_CTX_new();
    if (cipher == NULL)
        return 0;
    sealed = gcm ? seal_gcm(cipher, key, iv, data, len)
                 : seal_counter_mode(cipher, key, auth_key, iv, data, len);
    EVP_CIPHER_CTX_free(cipher);
    return sealed ? len + 4 + (gcm ? 16 : 10) : 0;
}
