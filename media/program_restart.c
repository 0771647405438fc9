#define _GNU_SOURCE
#include "media/program_restart.h"

#include <errno.h>
#include <linux/close_range.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/log.h"

int program_restart(char **argv)
{
    log_info(LOG_CORE, "event=restart");
    fflush(NULL);
    /* What a library has left open: cameras and displays above all. */
    close_range(STDERR_FILENO + 1, ~0U, CLOSE_RANGE_CLOEXEC);
    execvp(argv[0], argv); /* by name: after an update that is the new program */
    execv("/proc/self/exe", argv);
    log_error(LOG_CORE, "cannot start anew: %s", strerror(errno));
    return PROGRAM_RESTART_EXIT;
}
