#include "signaling/http/qr_svg.h"

#include "signaling/http/text.h"

#include <qrencode.h>
#include <stddef.h>

#define QUIET 4 /* light modules around it, as scanners need */

/* Each run of dark modules of a row is one rectangle of the path. */
static void add_row(struct text *svg, const unsigned char *row, int width, int y)
{
    for (int x = 0, end; x < width; x = end) {
        for (end = x; end < width && (row[end] & 1) == (row[x] & 1); end++)
            ;
        if (row[x] & 1)
            text_format(svg, "M%d %dh%dv1h-%dz", x + QUIET, y + QUIET, end - x, end - x);
    }
}

char *qr_svg(const char *text)
{
    QRcode *code = QRcode_encodeString8bit(text, 0, QR_ECLEVEL_M);
    struct text svg = {0};
    int size;

    if (!code)
        return NULL;
    size = code->width + 2 * QUIET;
    text_format(&svg,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" "
        "shape-rendering=\"crispEdges\"><path fill=\"#fff\" d=\"M0 0h%dv%dH0z\"/><path d=\"",
        size, size, size, size);
    for (int y = 0; y < code->width; y++)
        add_row(&svg, code->data + (size_t)y * (size_t)code->width, code->width, y);
    text_format(&svg, "\"/></svg>");
    QRcode_free(code);
    if (svg.failed)
        text_finish(&svg);
    return svg.data;
}
