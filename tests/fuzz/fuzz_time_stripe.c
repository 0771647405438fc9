/* The stripe reader over any luma plane: the first four bytes say the size, the rest repeats. (A rest of
 * 5248 bytes, a tenth of 164 lines, brings a 320x180 picture the same stripe at both edges.) */
#include <stdint.h>
#include <stdlib.h>

#include "media/time_stripe.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct time_stripe stripe;

    if (size < 5)
        return 0;

    uint32_t width = (uint32_t)(data[0] << 8 | data[1]) % 700;
    uint32_t height = (uint32_t)(data[2] << 8 | data[3]) % 500;
    size_t len = (size_t)width * height;
    uint8_t *luma = malloc(len ? len : 1);
    if (!luma)
        return 0;
    for (size_t i = 0; i < len; i++)
        luma[i] = data[4 + i % (size - 4)];

    if (time_stripe_read(luma, width, height, width, &stripe) == 0) {
        struct time_stripe again;

        if (time_stripe_draw(luma, width, height, width, stripe.counter, stripe.time_us) < 0 ||
            time_stripe_read(luma, width, height, width, &again) < 0 ||
            again.counter != stripe.counter || again.time_us != stripe.time_us)
            abort();
    }
    free(luma);
    return 0;
}
