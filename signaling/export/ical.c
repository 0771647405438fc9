#include "signaling/export/ical.h"

#include <stdbool.h>
#include <string.h>
#include <time.h>

#define LINE_OCTETS 75 /* section 3.1, without the line break */

void ical_init(struct ical *ical, FILE *file)
{
    ical->file = file;
    crypto_hash_sha256_init(&ical->hash);
}

static void put(struct ical *ical, const char *data, size_t len)
{
    fwrite(data, 1, len, ical->file);
    crypto_hash_sha256_update(&ical->hash, (const unsigned char *)data, len);
}

/* A line being written: how many octets its present part has. */
struct line {
    struct ical *ical;
    size_t octets;
};

/* One character, or an escape that stays together. */
static void put_piece(struct line *line, const char *data, size_t len)
{
    if (line->octets + len > LINE_OCTETS) {
        put(line->ical, "\r\n ", 3);
        line->octets = 1;
    }
    put(line->ical, data, len);
    line->octets += len;
}

/* How long the character at text is; bytes that are none count as one each. */
static size_t character_bytes(const char *text)
{
    unsigned char first = (unsigned char)text[0];
    size_t len = first < 0xc0 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;

    for (size_t i = 1; i < len; i++) {
        if (((unsigned char)text[i] & 0xc0) != 0x80)
            return 1;
    }
    return len;
}

static void put_text(struct line *line, const char *text, bool escaped)
{
    while (*text) {
        size_t len = character_bytes(text);
        char pair[2] = {'\\', *text == '\n' ? 'n' : *text};

        if (escaped && strchr("\\;,\n", *text))
            put_piece(line, pair, sizeof(pair));
        else if ((unsigned char)*text >= 0x20 && *text != 0x7f)
            put_piece(line, text, len); /* other control characters have no place in a text */
        text += len;
    }
}

static void put_line(struct ical *ical, const char *name, const char *value, bool escaped)
{
    struct line line = {ical, 0};

    put_text(&line, name, false);
    put_piece(&line, ":", 1);
    put_text(&line, value, escaped);
    put(ical, "\r\n", 2);
}

void ical_line(struct ical *ical, const char *name, const char *value)
{
    put_line(ical, name, value, false);
}

void ical_text(struct ical *ical, const char *name, const char *text)
{
    put_line(ical, name, text, true);
}

void ical_time(struct ical *ical, const char *name, int64_t utc_s)
{
    time_t seconds = (time_t)utc_s;
    char text[32];
    struct tm utc;

    gmtime_r(&seconds, &utc);
    strftime(text, sizeof(text), "%Y%m%dT%H%M%SZ", &utc);
    ical_line(ical, name, text);
}

void ical_finish(struct ical *ical, char ret_digest[ICAL_DIGEST_CHARS + 1])
{
    unsigned char digest[crypto_hash_sha256_BYTES];
    char hex[2 * crypto_hash_sha256_BYTES + 1];

    crypto_hash_sha256_final(&ical->hash, digest);
    sodium_bin2hex(hex, sizeof(hex), digest, sizeof(digest));
    memcpy(ret_digest, hex, ICAL_DIGEST_CHARS);
    ret_digest[ICAL_DIGEST_CHARS] = '\0';
}
