/*
 * A file without a name beside the database, for an answer that is too long for memory: it is gone when it is closed.
 * Any one thread.
 */
#ifndef DUET_SIGNALING_EXPORT_SPOOL_H
#define DUET_SIGNALING_EXPORT_SPOOL_H

#include <stdint.h>
#include <stdio.h>

/* beside: the database's path; /tmp may be memory. Returns 0 or a negative errno. */
int spool_open(const char *beside, FILE **ret_file);

/* Ends the writing: a descriptor that reads the file from its start, the caller's to close, and how long it is. The FILE
 * is closed in any case. Returns 0 or a negative errno. */
int spool_finish(FILE *file, int *ret_fd, uint64_t *ret_bytes);

#endif
