/* QR codes (ISO/IEC 18004) as an SVG image, black on white whatever the page looks like. Pure; any thread. */
#ifndef DUET_SIGNALING_HTTP_QR_SVG_H
#define DUET_SIGNALING_HTTP_QR_SVG_H

/* An <svg> element of the text, for the caller to free(); NULL for a text too long, or without memory. */
char *qr_svg(const char *text);

#endif
