/*
 * The final JSON object of a program (--stats FILE), written whole or not at all: to FILE.part,
 * then renamed. "-" is stdout. Main thread only.
 */
#ifndef DUET_MEDIA_STATS_FILE_H
#define DUET_MEDIA_STATS_FILE_H

#include <jansson.h>

/* Returns 0 or a negative errno. object is borrowed. */
int stats_file_write(const char *path, const json_t *object);

#endif
