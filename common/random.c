#include "common/random.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/random.h>

void random_bytes(void *ret_data, size_t len)
{
    uint8_t *data = ret_data;
    while (len > 0) {
        ssize_t n = getrandom(data, len, 0);
        if (n < 0) {
            if (errno == EINTR)
                continue;
            abort();
        }
        data += n;
        len -= (size_t)n;
    }
}

uint32_t random_u32(void)
{
    uint32_t value;
    random_bytes(&value, sizeof(value));
    return value;
}

uint32_t random_below(uint32_t bound)
{
    /* Values below 2^32 mod bound would make small results more likely: draw again. */
    uint32_t skip = -bound % bound;
    uint32_t value;
    do
        value = random_u32();
    while (value < skip);
    return value % bound;
}

void random_id(char ret_id[RANDOM_ID_CHARS + 1])
{
    static const char digits[] = "0123456789abcdef";
    uint8_t bytes[RANDOM_ID_CHARS / 2];
    random_bytes(bytes, sizeof(bytes));
    for (size_t i = 0; i < sizeof(bytes); i++) {
        ret_id[2 * i] = digits[bytes[i] >> 4];
        ret_id[2 * i + 1] = digits[bytes[i] & 15];
    }
    ret_id[RANDOM_ID_CHARS] = '\0';
}

void random_text(char *ret_text, size_t chars)
{
    static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    for (size_t i = 0; i < chars; i++)
        ret_text[i] = alphabet[random_below(sizeof(alphabet) - 1)];
    ret_text[chars] = '\0';
}
