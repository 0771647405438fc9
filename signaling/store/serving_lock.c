#include "signaling/store/serving_lock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#define MAX_PATH_CHARS 4096

static int say_busy(int fd, const char *database, struct config_error *ret_error)
{
    char pid[16] = "";
    ssize_t len = read(fd, pid, sizeof(pid) - 1);

    pid[len > 0 ? len : 0] = '\0';
    pid[strcspn(pid, "\n")] = '\0';
    snprintf(ret_error->text, sizeof(ret_error->text),
        "store.path: another duet-signaling (process %s) serves %.300s; stop it first",
        *pid ? pid : "unknown", database);
    return -EBUSY;
}

int serving_lock_take(const char *database, int *ret_lock, struct config_error *ret_error)
{
    char path[MAX_PATH_CHARS];
    int fd, r;

    if ((size_t)snprintf(path, sizeof(path), "%s.lock", database) >= sizeof(path)) {
        snprintf(ret_error->text, sizeof(ret_error->text), "store.path: the name is too long");
        return -ENAMETOOLONG;
    }
    fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0 || flock(fd, LOCK_EX | LOCK_NB) < 0) {
        r = -errno;
        if (r == -EWOULDBLOCK)
            r = say_busy(fd, database, ret_error);
        else
            snprintf(ret_error->text, sizeof(ret_error->text), "store.path: %.300s: %s", path,
                strerror(-r));
        serving_lock_release(fd);
        return r;
    }
    if (ftruncate(fd, 0) < 0 || dprintf(fd, "%d\n", (int)getpid()) < 0) {
        /* on a full disk: the lock holds, only its owner is not named */
    }
    *ret_lock = fd;
    return 0;
}

void serving_lock_release(int lock)
{
    if (lock >= 0)
        close(lock);
}
