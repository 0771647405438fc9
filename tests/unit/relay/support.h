/* Helpers for the tests of the relay's shell: offers recorded from real clients, edited by text. */
#ifndef DUET_TESTS_UNIT_RELAY_SUPPORT_H
#define DUET_TESTS_UNIT_RELAY_SUPPORT_H

#include "relay/session_request.h"

#include <stddef.h>

/* A file of tests/unit/wire/fixtures as a string, to be freed. Fails the test when it is missing. */
char *fixture_read(const char *name);

/* A copy of text with every `from` replaced by `to`, to be freed. Fails the test when `from` is not
 * there: a case that changes nothing tests nothing. */
char *text_replace(const char *text, const char *from, const char *to);

/* Lines of text that begin with prefix. */
size_t text_count_lines(const char *text, const char *prefix);

/* Of the teacher's camera in the lesson "demo"; the offer is borrowed. */
struct session_request request_publish(const char *offer);
struct session_request request_watch(const char *offer);

#endif
