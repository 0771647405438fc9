/*
 * Writing iCalendar (RFC 5545): content lines folded at 75 octets, never within a character, ended with CR LF; texts
 * escaped; times in UTC, which need no VTIMEZONE. What is written is hashed on the way, for an ETag. Any one thread.
 */
#ifndef DUET_SIGNALING_EXPORT_ICAL_H
#define DUET_SIGNALING_EXPORT_ICAL_H

#include <sodium.h>
#include <stdint.h>
#include <stdio.h>

#define ICAL_DIGEST_CHARS 32 /* of what was written, in hex */

struct ical {
    FILE *file; /* borrowed; its error indicator tells what failed */
    crypto_hash_sha256_state hash;
};

void ical_init(struct ical *ical, FILE *file);

/* NAME:value as it stands: for what is no text, such as STATUS or BEGIN. */
void ical_line(struct ical *ical, const char *name, const char *value);

/* NAME:text, escaped (section 3.3.11). */
void ical_text(struct ical *ical, const char *name, const char *text);

/* NAME:20261008T003000Z. */
void ical_time(struct ical *ical, const char *name, int64_t utc_s);

void ical_finish(struct ical *ical, char ret_digest[ICAL_DIGEST_CHARS + 1]);

#endif
