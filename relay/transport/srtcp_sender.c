#include "relay/transport/srtcp_sender.h"

#include "relay/transport/srtcp_cipher.h"

#include <errno.h>
#include <stdlib.h>

struct srtcp_sender {
    struct srtcp_cipher cipher;
    uint32_t index; /* of the last packet; the first has 1, as libsrtp's */
};

int srtcp_sender_create(const struct srtp_material *material, struct srtcp_sender **ret_sender)
{
    struct srtcp_sender *sender = calloc(1, sizeof(*sender));
    int err;

    if (sender == NULL)
        return -ENOMEM;
    err = srtcp_cipher_init(&sender->cipher, material, SRTCP_SERVER);
    if (err < 0) {
        srtcp_sender_destroy(sender);
        return err;
    }
    *ret_sender = sender;
    return 0;
}

void srtcp_sender_destroy(struct srtcp_sender *sender)
{
    if (sender == NULL)
        return;
    srtcp_cipher_finish(&sender->cipher);
    free(sender);
}

int srtcp_sender_protect(struct srtcp_sender *sender, uint8_t *data, size_t len, size_t *ret_len)
{
    int err;

    if (len < SRTCP_HEADER_BYTES || len > UINT16_MAX || data[0] >> 6 != 2)
        return -EINVAL;
    if (sender->index == SRTCP_MAX_INDEX)
        return -EOVERFLOW;
    err = srtcp_cipher_seal(&sender->cipher, data, len, ++sender->index);
    if (err < 0)
        return err;
    *ret_len = len + srtcp_cipher_trailer_bytes(&sender->cipher);
    return 0;
}
