#include "signaling/import/receiving_cell.h"

#include <errno.h>
#include <string.h>

#define ESCAPE    '\\'
#define MAX_MARKS 8 /* slashes, and colons, that a way is looked for at */

enum mark {
    MARK_NONE,
    MARK_SLASH,
    MARK_COLON,
    MARK_END, /* of one room */
    MARK_ESCAPE,
};

static const struct {
    const char *text;
    enum mark mark;
} marks[] = {
    {"/", MARK_SLASH},
    {":", MARK_COLON},
    {"：", MARK_COLON},
    {";", MARK_END},
    {"；", MARK_END},
    {"\n", MARK_END},
    {"\\", MARK_ESCAPE},
};

/* MARK_NONE, with one byte, for anything else. */
static enum mark mark_at(const char *at, const char *end, size_t *ret_bytes)
{
    for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++) {
        size_t bytes = strlen(marks[i].text);

        if ((size_t)(end - at) >= bytes && memcmp(at, marks[i].text, bytes) == 0) {
            *ret_bytes = bytes;
            return marks[i].mark;
        }
    }
    *ret_bytes = 1;
    return MARK_NONE;
}

/* The same of what stands there as a mark: behind a backslash none is one. A backslash before anything else is itself. */
static enum mark next_mark(const char **cursor, const char *end, size_t *ret_bytes)
{
    enum mark mark = mark_at(*cursor, end, ret_bytes);
    size_t escaped;

    if (mark != MARK_ESCAPE)
        return mark;
    if (*cursor + 1 < end && mark_at(*cursor + 1, end, &escaped) != MARK_NONE)
        *ret_bytes += escaped;
    return MARK_NONE;
}

static bool is_blank(const struct receiving_item *item)
{
    for (const char *at = item->start; at < item->end; at++) {
        if (*at != ' ')
            return false;
    }
    return true;
}

bool receiving_cell_next(const char **cursor, struct receiving_item *ret_item)
{
    const char *end = *cursor + strlen(*cursor);

    while (*cursor < end) {
        struct receiving_item item = {*cursor, end};
        size_t bytes;

        for (enum mark mark = MARK_NONE; *cursor < end && mark != MARK_END; *cursor += bytes) {
            mark = next_mark(cursor, end, &bytes);
            if (mark == MARK_END)
                item.end = *cursor;
        }
        if (!is_blank(&item)) {
            *ret_item = item;
            return true;
        }
    }
    return false;
}

/* ---- one room ---- */

/* The text from start to end without backslashes and spaces around it; false when it does not fit. */
static bool copy(const char *start, const char *end, char *ret_text, size_t size)
{
    size_t len = 0;

    while (start < end && *start == ' ')
        start++;
    while (end > start && end[-1] == ' ')
        end--;
    while (start < end) {
        size_t bytes;

        if (mark_at(start, end, &bytes) == MARK_ESCAPE && start + 1 < end &&
            mark_at(start + 1, end, &bytes) != MARK_NONE)
            start++;
        if (len + bytes >= size)
            return false;
        memcpy(ret_text + len, start, bytes);
        start += bytes;
        len += bytes;
    }
    ret_text[len] = '\0';
    return true;
}

/* Where an item can be taken apart: the first MAX_MARKS of each. */
struct places {
    const char *slashes[MAX_MARKS], *colons[MAX_MARKS];
    size_t colon_bytes[MAX_MARKS];
    size_t slash_count, colon_count;
    const char *usual_slash; /* the last one before the first colon; NULL for none */
};

static void find_places(const struct receiving_item *item, struct places *places)
{
    const char *cursor = item->start;
    size_t bytes;

    *places = (struct places){.slash_count = 0};
    for (; cursor < item->end; cursor += bytes) {
        enum mark mark = next_mark(&cursor, item->end, &bytes);

        if (mark == MARK_SLASH && places->colon_count == 0)
            places->usual_slash = cursor;
        if (mark == MARK_SLASH && places->slash_count < MAX_MARKS) {
            places->slashes[places->slash_count++] = cursor;
        } else if (mark == MARK_COLON && places->colon_count < MAX_MARKS) {
            places->colon_bytes[places->colon_count] = bytes;
            places->colons[places->colon_count++] = cursor;
        }
    }
}

/* slash and colon: where to take it apart; NULL for nowhere. */
static int take_apart(const struct receiving_item *item, const char *slash, const char *colon,
    size_t colon_bytes, struct receiving_room *ret_room)
{
    const char *end = colon ? colon : item->end;

    *ret_room = (struct receiving_room){.school = ""};
    if (slash && slash > end)
        return -EBADMSG;
    if (colon &&
        !copy(colon + colon_bytes, item->end, ret_room->teacher, sizeof(ret_room->teacher)))
        return -EBADMSG;
    if (slash && !copy(item->start, slash, ret_room->school, sizeof(ret_room->school)))
        return -EBADMSG;
    if (!copy(slash ? slash + 1 : item->start, end, ret_room->room, sizeof(ret_room->room)))
        return -EBADMSG;
    return *ret_room->room ? 1 : -EBADMSG;
}

int receiving_item_read(
    const struct receiving_item *item, size_t way, struct receiving_room *ret_room)
{
    struct places places;
    size_t slash, colon;

    find_places(item, &places);
    if (way == 0)
        return take_apart(item, places.usual_slash, places.colon_count ? places.colons[0] : NULL,
            places.colon_bytes[0], ret_room);
    slash = (way - 1) % (places.slash_count + 1);
    colon = (way - 1) / (places.slash_count + 1);
    if (colon > places.colon_count)
        return 0;
    return take_apart(item, slash > 0 ? places.slashes[slash - 1] : NULL,
        colon > 0 ? places.colons[colon - 1] : NULL, colon > 0 ? places.colon_bytes[colon - 1] : 0,
        ret_room);
}

/* ---- writing ---- */

size_t receiving_cell_write(const char *name, char *ret_text, size_t size)
{
    const char *end = name + strlen(name);
    size_t len = 0, bytes;

    for (; name < end; name += bytes) {
        bool escape = mark_at(name, end, &bytes) != MARK_NONE;

        if (len + escape + bytes >= size)
            return size;
        if (escape)
            ret_text[len++] = ESCAPE;
        memcpy(ret_text + len, name, bytes);
        len += bytes;
    }
    ret_text[len] = '\0';
    return len;
}
