/* What people give to enrol with, and what a QR code in front of a camera holds. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "media/device_enrolment.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autofree char *text = g_strndup((const char *)data, size);
    g_autofree char *server = NULL;
    char code[DEVICE_CODE_DIGITS + 1];

    device_enrolment_same_server(text, "https://a.cn");
    if (!device_enrolment_parse(text, &server, code))
        return 0;
    if (strlen(code) != DEVICE_CODE_DIGITS || strspn(code, "0123456789") != DEVICE_CODE_DIGITS)
        abort();
    if (server && !device_enrolment_same_server(server, server))
        abort();
    return 0;
}
