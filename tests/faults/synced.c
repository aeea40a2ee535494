/* Preloaded into a process, it keeps beside every SQLite file a copy of what was last synced: what
 * a disk would still hold after a power cut. `PATH.synced` is replaced at each sync, never half. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

static int ends(const char *path, const char *with) {
    size_t n = strlen(path), m = strlen(with);
    return n >= m && strcmp(path + n - m, with) == 0;
}

/* The path of a SQLite file that is open here; 0 if it is none. */
static int path_of(int fd, char *path) {
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t n = readlink(link, path, PATH_MAX - 1);
    if (n < 0) return 0;
    path[n] = 0;
    return ends(path, ".db") || ends(path, ".db-wal");
}

/* Whether there is a copy now: where the quota of the disk is hit, there is none yet. It reads what
 * is open already: to close the file once more would give up every lock that this process has on it
 * (fcntl(2), "Record locking"). */
static int keep(int from, const char *path) {
    char made[PATH_MAX + 64], kept[PATH_MAX + 64];
    snprintf(made, sizeof made, "%s.made", path);
    snprintf(kept, sizeof kept, "%s.synced", path);
    int to = open(made, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    off_t at = 0;
    struct stat told;
    int done = 0;
    if (to >= 0 && fstat(from, &told) == 0) {
        off_t left = told.st_size;
        while (left > 0) {
            ssize_t sent = sendfile(to, from, &at, (size_t)left);
            if (sent <= 0) break;
            left -= sent;
        }
        done = left == 0 && rename(made, kept) == 0;
    }
    if (to >= 0) close(to);
    return done;
}

/* Whoever syncs keeps its copy before another may: no older one ever replaces a newer one. */
static int sync_and_keep(int fd, int (*real)(int)) {
    char path[PATH_MAX], lock[PATH_MAX + 64];
    if (!path_of(fd, path)) return real(fd);
    snprintf(lock, sizeof lock, "%s.lock", path);
    int held = open(lock, O_RDWR | O_CREAT, 0600);
    if (held >= 0) flock(held, LOCK_EX);
    int done = real(fd);
    while (done == 0 && !keep(fd, path)) usleep(10000);
    if (held >= 0) close(held);
    return done;
}

int fsync(int fd) {
    static int (*real)(int);
    if (!real) real = (int (*)(int))dlsym(RTLD_NEXT, "fsync");
    return sync_and_keep(fd, real);
}

int fdatasync(int fd) {
    static int (*real)(int);
    if (!real) real = (int (*)(int))dlsym(RTLD_NEXT, "fdatasync");
    return sync_and_keep(fd, real);
}

/* A log that is deleted does not come back. */
int unlink(const char *path) {
    static int (*real)(const char *);
    if (!real) real = (int (*)(const char *))dlsym(RTLD_NEXT, "unlink");
    if (ends(path, ".db-wal")) {
        char kept[PATH_MAX + 64];
        snprintf(kept, sizeof kept, "%s.synced", path);
        real(kept);
    }
    return real(path);
}
