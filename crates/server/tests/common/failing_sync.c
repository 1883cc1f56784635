/* A disk whose syncs fail while a file is there: loaded before the program (LD_PRELOAD), it stands between the program and the system's
 * fsync and fdatasync. ROUNDSMAN_TEST_BAD_DISK names the file; syncs fail whose path holds what is written in it. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int is_bad(int file) {
    char wanted[256] = "", link[64], path[4096] = "";
    const char *name = getenv("ROUNDSMAN_TEST_BAD_DISK");
    FILE *bad = name ? fopen(name, "r") : NULL;
    if (!bad)
        return 0;
    wanted[fread(wanted, 1, sizeof wanted - 1, bad)] = 0;
    fclose(bad);
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    if (readlink(link, path, sizeof path - 1) < 0)
        return 0;
    return strstr(path, wanted) != NULL;
}

static int sync_by(const char *name, int file) {
    if (is_bad(file)) {
        errno = EIO;
        return -1;
    }
    return ((int (*)(int))dlsym(RTLD_NEXT, name))(file);
}

int fsync(int file) { return sync_by("fsync", file); }
int fdatasync(int file) { return sync_by("fdatasync", file); }
