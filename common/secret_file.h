/*
 * A secret kept as the first line of a file (relay key, media token), so that it never stands on a
 * command line. Used at start; any thread.
 */
#ifndef DUET_COMMON_SECRET_FILE_H
#define DUET_COMMON_SECRET_FILE_H

#define SECRET_FILE_MAX_BYTES 4096 /* of the line */

/*
 * The first line without its line end, owned by the caller (explicit_bzero() it before free()).
 * Returns 0, -ENODATA for an empty file or line, -EFBIG for a longer line, -ENOMEM, or the errno of a
 * file that cannot be read.
 */
int secret_file_read(const char *path, char **ret_secret);

#endif
