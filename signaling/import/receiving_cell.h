/*
 * The cell of a timetable's file that names receiving rooms: "学校/教室:教师；学校/教室". Names may have the same signs in
 * them: what we write has a backslash before those, and what people write is read in every way that it can be, for the
 * caller to know which of them names what is there. Pure; any thread.
 */
#ifndef DUET_SIGNALING_IMPORT_RECEIVING_CELL_H
#define DUET_SIGNALING_IMPORT_RECEIVING_CELL_H

#include <stdbool.h>
#include <stddef.h>

#define RECEIVING_MAX_NAME_BYTES 128

/* One room of a cell, still as text; borrowed from the cell. */
struct receiving_item {
    const char *start, *end;
};

/* What it says. */
struct receiving_room {
    char school[2 * RECEIVING_MAX_NAME_BYTES +
                2]; /* "" when only a room is named; may be county/school */
    char room[RECEIVING_MAX_NAME_BYTES + 1];
    char teacher[RECEIVING_MAX_NAME_BYTES + 1]; /* "" for nobody */
};

/* Steps to the next of them that is not blank; false at the end. */
bool receiving_cell_next(const char **cursor, struct receiving_item *ret_item);

/* Way 0 is the usual one: the room stands behind the last slash, the teacher behind the first colon. 1; 0 when there are no
 * more ways; -EBADMSG for a way that names no room, or too long ones. */
int receiving_item_read(
    const struct receiving_item *item, size_t way, struct receiving_room *ret_room);

/* Writes a name as part of a cell, with backslashes, and a zero behind it. Returns its bytes, or size when it does not
 * fit: twice the name's and one more always do. */
size_t receiving_cell_write(const char *name, char *ret_text, size_t size);

#endif
