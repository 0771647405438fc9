#define _GNU_SOURCE
#include "signaling/http/http1.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define MAX_LENGTH_DIGITS 15

/* RFC 9110 section 5.6.2. */
static bool is_token_char(unsigned char c)
{
    return isalnum(c) || (c && strchr("!#$%&'*+-.^_`|~", c));
}

static bool is_token(struct http1_span span)
{
    for (size_t i = 0; i < span.len; i++) {
        if (!is_token_char((unsigned char)span.data[i]))
            return false;
    }
    return span.len > 0;
}

bool http1_is(struct http1_span span, const char *text)
{
    return span.len == strlen(text) && strncasecmp(span.data, text, span.len) == 0;
}

static struct http1_span trim(const char *begin, const char *end)
{
    while (begin < end && (*begin == ' ' || *begin == '\t'))
        begin++;
    while (begin < end && (end[-1] == ' ' || end[-1] == '\t'))
        end--;
    return (struct http1_span){begin, (size_t)(end - begin)};
}

bool http1_list_has(struct http1_span list, const char *token)
{
    const char *end = list.data + list.len;
    const char *at = list.data;

    while (at < end) {
        const char *comma = memchr(at, ',', (size_t)(end - at));
        const char *stop = comma ? comma : end;

        if (http1_is(trim(at, stop), token))
            return true;
        at = comma ? comma + 1 : end;
    }
    return false;
}

/* End of the head: just behind the first empty line, NULL while it has not come. */
static const char *find_end(const char *data, size_t len)
{
    const char *found = memmem(data, len, "\r\n\r\n", 4);

    return found ? found + 4 : NULL;
}

/* Lines end with CR LF and have no other control characters but tabs. */
static bool has_stray_controls(const char *data, const char *end)
{
    for (const char *at = data; at < end; at++) {
        unsigned char c = (unsigned char)*at;

        if (c == '\r' && at + 1 < end && at[1] == '\n')
            at++;
        else if ((c < 0x20 && c != '\t') || c == 0x7f)
            return true;
    }
    return false;
}

static int hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* A slash, a backslash or a control character in disguise has no honest use. */
static bool is_plain_byte(int c)
{
    return c >= 0x20 && c != 0x7f && c != '/' && c != '\\';
}

static enum http1_error decode_path(struct http1_span target, char *ret_path)
{
    size_t len = 0;

    for (size_t i = 0; i < target.len && target.data[i] != '?'; i++) {
        int c = (unsigned char)target.data[i];

        if (len == HTTP1_MAX_PATH_CHARS)
            return HTTP1_URI_TOO_LONG;
        if (c <= 0x20 || c >= 0x7f || c == '#' || c == '\\')
            return HTTP1_MALFORMED;
        if (c == '%') {
            int high = i + 2 < target.len ? hex_value(target.data[i + 1]) : -1;
            int low = i + 2 < target.len ? hex_value(target.data[i + 2]) : -1;

            c = high < 0 || low < 0 ? -1 : high * 16 + low;
            if (!is_plain_byte(c))
                return HTTP1_MALFORMED;
            i += 2;
        }
        ret_path[len++] = (char)c;
    }
    ret_path[len] = '\0';
    return ret_path[0] == '/' ? HTTP1_OK : HTTP1_MALFORMED;
}

/* "http://host/path" is how proxies write it; the Host header says the same. */
static struct http1_span without_authority(struct http1_span target)
{
    static const char *const schemes[] = {"http://", "https://"};

    for (size_t i = 0; i < 2; i++) {
        size_t len = strlen(schemes[i]);
        const char *slash;

        if (target.len <= len || strncasecmp(target.data, schemes[i], len) != 0)
            continue;
        slash = memchr(target.data + len, '/', target.len - len);
        if (slash)
            return (struct http1_span){slash, target.len - (size_t)(slash - target.data)};
    }
    return target;
}

static enum http1_error find_query(struct http1_span target, struct http1_span *ret_query)
{
    const char *mark = memchr(target.data, '?', target.len);
    const char *end = target.data + target.len;

    if (!mark)
        return HTTP1_OK;
    *ret_query = (struct http1_span){mark + 1, (size_t)(end - mark - 1)};
    return ret_query->len > HTTP1_MAX_PATH_CHARS ? HTTP1_URI_TOO_LONG : HTTP1_OK;
}

/* Bytes of UTF-8 are not looked at: what is compared with text of ours does not match, and JSON refuses them. */
static int decode_value(struct http1_span text, char *ret_value, size_t size)
{
    size_t len = 0;

    for (size_t i = 0; i < text.len; i++) {
        int c = text.data[i] == '+' ? ' ' : (unsigned char)text.data[i];

        if (c == '%') {
            int high = i + 2 < text.len ? hex_value(text.data[i + 1]) : -1;
            int low = i + 2 < text.len ? hex_value(text.data[i + 2]) : -1;

            c = high < 0 || low < 0 ? -1 : high * 16 + low;
            i += 2;
        }
        if (c < 0x20 || c == 0x7f || len + 1 >= size)
            return -1;
        ret_value[len++] = (char)c;
    }
    ret_value[len] = '\0';
    return 1;
}

int http1_query_value(struct http1_span query, const char *name, char *ret_value, size_t size)
{
    const char *at = query.data;
    const char *end = at ? at + query.len : NULL;

    while (at < end) {
        const char *next = memchr(at, '&', (size_t)(end - at));
        const char *stop = next ? next : end;
        const char *equals = memchr(at, '=', (size_t)(stop - at));
        struct http1_span key = {at, (size_t)((equals ? equals : stop) - at)};

        if (key.len == strlen(name) && memcmp(key.data, name, key.len) == 0)
            return decode_value((struct http1_span){equals ? equals + 1 : stop,
                                    (size_t)(stop - (equals ? equals + 1 : stop))},
                ret_value, size);
        at = next ? next + 1 : end;
    }
    return 0;
}

static enum http1_error parse_request_line(
    const char *line, const char *end, struct http1_head *head)
{
    const char *first = memchr(line, ' ', (size_t)(end - line));
    const char *second = first ? memchr(first + 1, ' ', (size_t)(end - first - 1)) : NULL;
    struct http1_span version, target;
    enum http1_error error;

    if (!second)
        return HTTP1_MALFORMED;
    head->method = (struct http1_span){line, (size_t)(first - line)};
    version = (struct http1_span){second + 1, (size_t)(end - second - 1)};
    if (!is_token(head->method))
        return HTTP1_MALFORMED;
    if (version.len != 8 || memcmp(version.data, "HTTP/", 5) != 0)
        return HTTP1_MALFORMED;
    if (memcmp(version.data + 5, "1.1", 3) == 0)
        head->keep_alive = true;
    else if (memcmp(version.data + 5, "1.0", 3) != 0)
        return HTTP1_VERSION;
    target = without_authority((struct http1_span){first + 1, (size_t)(second - first - 1)});
    error = find_query(target, &head->query);
    return error == HTTP1_OK ? decode_path(target, head->path) : error;
}

static enum http1_error parse_length(struct http1_span value, struct http1_head *head)
{
    size_t length = 0;

    if (head->has_length || value.len == 0 || value.len > MAX_LENGTH_DIGITS)
        return HTTP1_BAD_LENGTH;
    for (size_t i = 0; i < value.len; i++) {
        if (!isdigit((unsigned char)value.data[i]))
            return HTTP1_BAD_LENGTH;
        length = length * 10 + (size_t)(value.data[i] - '0');
    }
    head->content_length = length;
    head->has_length = true;
    return HTTP1_OK;
}

static enum http1_error parse_header(const char *line, const char *end, struct http1_head *head)
{
    const char *colon = memchr(line, ':', (size_t)(end - line));
    struct http1_header header;

    if (!colon)
        return HTTP1_MALFORMED;
    header.name = (struct http1_span){line, (size_t)(colon - line)};
    header.value = trim(colon + 1, end);
    if (!is_token(header.name))
        return HTTP1_MALFORMED;
    if (head->header_count == HTTP1_MAX_HEADERS)
        return HTTP1_TOO_LARGE;
    head->headers[head->header_count++] = header;
    if (http1_is(header.name, "content-length"))
        return parse_length(header.value, head);
    if (http1_is(header.name, "transfer-encoding"))
        return HTTP1_LENGTH_REQUIRED;
    if (http1_is(header.name, "connection"))
        head->keep_alive = (head->keep_alive || http1_list_has(header.value, "keep-alive")) &&
                           !http1_list_has(header.value, "close");
    return HTTP1_OK;
}

static enum http1_error parse_lines(const char *at, const char *end, struct http1_head *head)
{
    enum http1_error error = HTTP1_OK;
    bool first = true;

    /* The last two bytes are the empty line. */
    while (error == HTTP1_OK && at < end - 2) {
        const char *stop = memmem(at, (size_t)(end - at), "\r\n", 2);

        if (!stop)
            return HTTP1_MALFORMED;
        error = first ? parse_request_line(at, stop, head) : parse_header(at, stop, head);
        first = false;
        at = stop + 2;
    }
    return first ? HTTP1_MALFORMED : error;
}

ssize_t http1_parse_head(
    const char *data, size_t len, struct http1_head *ret_head, enum http1_error *ret_error)
{
    const char *begin = data;
    const char *end;

    while (len - (size_t)(begin - data) >= 2 && memcmp(begin, "\r\n", 2) == 0)
        begin += 2;
    end = find_end(begin, len - (size_t)(begin - data));
    if ((end ? (size_t)(end - data) : len) > HTTP1_MAX_HEAD_BYTES) {
        *ret_error = HTTP1_TOO_LARGE;
        return -1;
    }
    /* Bytes that can never become a request are told at once. */
    if (has_stray_controls(begin, end ? end : data + len - (len > 0 && data[len - 1] == '\r'))) {
        *ret_error = HTTP1_MALFORMED;
        return -1;
    }
    if (!end)
        return 0;
    memset(ret_head, 0, sizeof(*ret_head));
    *ret_error = parse_lines(begin, end, ret_head);
    return *ret_error == HTTP1_OK ? end - data : -1;
}
