#include "signaling/http/page.h"

#include "common/bytes.h"
#include "signaling/http/api.h"
#include "signaling/service.h"

#include <errno.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#define MAC_BYTES    crypto_generichash_BYTES_MIN
#define CURSOR_BYTES (8 + MAC_BYTES)
#define CURSOR_CHARS                                                                               \
    sodium_base64_ENCODED_LEN(CURSOR_BYTES, sodium_base64_VARIANT_URLSAFE_NO_PADDING)

_Static_assert(TOKEN_KEY_BYTES <= crypto_generichash_KEYBYTES_MAX, "signs cursors too");

static void put_number(uint8_t *bytes, int64_t number)
{
    bytes_put_u32(bytes, (uint32_t)((uint64_t)number >> 32));
    bytes_put_u32(bytes + 4, (uint32_t)number);
}

/* The number of the row, and what only this server can make for this person and this list. */
static void make_cursor(const struct http_request *request, const char *kind, int64_t row,
    uint8_t ret_cursor[CURSOR_BYTES])
{
    static const char purpose[] = "duet-cursor";
    crypto_generichash_state state;
    uint8_t person[8];

    put_number(ret_cursor, row);
    put_number(person, request->person.id);
    crypto_generichash_init(&state, request->app->token_key, TOKEN_KEY_BYTES, MAC_BYTES);
    crypto_generichash_update(&state, (const uint8_t *)purpose, sizeof(purpose));
    crypto_generichash_update(&state, (const uint8_t *)kind, strlen(kind) + 1);
    crypto_generichash_update(&state, person, sizeof(person));
    crypto_generichash_update(&state, ret_cursor, 8);
    crypto_generichash_final(&state, ret_cursor + 8, MAC_BYTES);
}

static bool read_cursor(
    const struct http_request *request, const char *kind, const char *text, int64_t *ret_row)
{
    uint8_t given[CURSOR_BYTES], made[CURSOR_BYTES];
    size_t len;

    if (sodium_base642bin(given, sizeof(given), text, strlen(text), NULL, &len, NULL,
            sodium_base64_VARIANT_URLSAFE_NO_PADDING) != 0 ||
        len != sizeof(given))
        return false;
    *ret_row = (int64_t)((uint64_t)bytes_get_u32(given) << 32 | bytes_get_u32(given + 4));
    make_cursor(request, kind, *ret_row, made);
    return sodium_memcmp(given, made, sizeof(made)) == 0;
}

static bool read_limit(const char *text, int *ret_limit)
{
    size_t digits = strspn(text, "0123456789");

    if (digits == 0 || digits > 3 || text[digits] != '\0')
        return false;
    *ret_limit = atoi(text);
    return *ret_limit >= 1 && *ret_limit <= PAGE_MAX_ROWS;
}

bool page_read(struct http_request *request, const char *kind, struct list_page *ret_page)
{
    char limit[8], cursor[CURSOR_CHARS];
    int has_limit = http_request_query(request, "limit", limit, sizeof(limit));
    int has_cursor = http_request_query(request, "cursor", cursor, sizeof(cursor));
    int rows = PAGE_DEFAULT_ROWS;

    *ret_page = (struct list_page){0};
    if (has_limit < 0 || (has_limit == 1 && !read_limit(limit, &rows))) {
        http_request_fail(request, 400, "limit: 1 to %d rows.", PAGE_MAX_ROWS);
        return false;
    }
    if (has_cursor < 0 ||
        (has_cursor == 1 && !read_cursor(request, kind, cursor, &ret_page->after))) {
        http_request_fail(request, 400,
            "cursor: send the \"next\" of the answer before, as it was; or begin without one.");
        return false;
    }
    ret_page->limit = rows + 1;
    return true;
}

/* The cursor of what follows, if anything does; the row too many goes. */
static json_t *take_next(const struct http_request *request, const char *kind,
    const struct list_page *page, json_t *rows)
{
    size_t limit = (size_t)page->limit - 1;
    uint8_t cursor[CURSOR_BYTES];
    char text[CURSOR_CHARS];

    if (json_array_size(rows) <= limit)
        return json_null();
    json_array_remove(rows, limit);
    make_cursor(request, kind,
        json_integer_value(json_object_get(json_array_get(rows, limit - 1), "id")), cursor);
    sodium_bin2base64(
        text, sizeof(text), cursor, sizeof(cursor), sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    return json_string(text);
}

void page_answer(struct http_request *request, const char *kind, const struct list_page *page,
    json_t *rows, int r)
{
    json_t *next;

    if (r < 0) {
        json_decref(rows);
        service_answer_store_error(request, r);
        return;
    }
    next = take_next(request, kind, page, rows);
    api_answer(request, json_pack("{s:o, s:o}", kind, rows, "next", next));
}
