/* An answer that comes byte by byte and never ends, as of a server or a line that is nearly gone. */
#ifndef DUET_TESTS_UNIT_MEDIA_DRIPPING_H
#define DUET_TESTS_UNIT_MEDIA_DRIPPING_H

#include <libsoup/soup.h>

/* Answers the request so, a byte each 200 ms for as long as somebody listens, and counts the bytes in drips (borrowed). */
void dripping_answer(SoupServerMessage *message, unsigned *drips);

#endif
