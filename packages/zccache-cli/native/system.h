/*
 * What the system gives us, the way we want it: time, text, memory, descriptors, names of files.
 * It never learns what they are for; nothing here prints or ends the process.
 */
#ifndef ZCCACHE_SYSTEM_H
#define ZCCACHE_SYSTEM_H

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#ifdef __linux__
#include <sys/prctl.h>
#include <sys/syscall.h>
#endif
#include <time.h>
#include <unistd.h>

#ifdef __APPLE__
#include <mach-o/dyld.h>
#define MSG_NOSIGNAL 0
#define O_PATH O_RDONLY
#define st_ctim st_ctimespec
#endif

enum { LOWEST_OWN_FD = 10, FOR_EVER = -1 };
static const uint64_t NS_PER_MS = 1000000, NS_PER_S = 1000000000;

static uint64_t ns_of(const struct timespec *time) {
    return (uint64_t)time->tv_sec * NS_PER_S + (uint64_t)time->tv_nsec;
}

static uint64_t now_ns(void) {
    struct timespec now = {0, 0};
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return ns_of(&now);
}

/* The time that files are stamped with. */
static uint64_t wall_clock_ns(void) {
    struct timespec now = {0, 0};
    (void)clock_gettime(CLOCK_REALTIME, &now);
    return ns_of(&now);
}

/* Let no descriptor from the first on outlive an exec: with one call where the kernel has it (Linux 5.11),
 * since one for each of 20,000 possible ones takes 10 ms. */
static void close_on_exec_from(int first) {
#ifdef SYS_close_range
    enum { ONLY_AT_EXEC = 1 << 2 }; /* CLOSE_RANGE_CLOEXEC, which older headers lack. */
    if (syscall(SYS_close_range, (unsigned)first, ~0U, ONLY_AT_EXEC) == 0) return;
#endif
    long end = sysconf(_SC_OPEN_MAX);
    for (int fd = first; fd < end && fd < 65536; fd++) (void)fcntl(fd, F_SETFD, FD_CLOEXEC);
}

static void pause_ms(long ms) {
    (void)nanosleep(&(struct timespec){0, ms * (long)NS_PER_MS}, NULL);
}

/* Print into a buffer of ours; what does not fit becomes empty, which is the name of no file. */
__attribute__((format(printf, 3, 4))) static void print(char *to, size_t size, const char *form, ...) {
    va_list values;
    va_start(values, form);
    int length = vsnprintf(to, size, form, values);
    va_end(values);
    if (length < 0 || (size_t)length >= size) to[0] = '\0';
}

/* Write everything, also to a descriptor that somebody made non-blocking. A socket that takes
 * nothing for patience_ms is given up; a stream (FOR_EVER) has the patience of its reader. */
static bool write_all(int fd, const void *data, size_t length, int patience_ms) {
    const unsigned char *at = data;
    while (length > 0) {
        ssize_t written = patience_ms == FOR_EVER ? write(fd, at, length) : send(fd, at, length, MSG_NOSIGNAL);
        struct pollfd ready = {fd, POLLOUT, 0};
        if (written > 0) {
            at += written;
            length -= (size_t)written;
        } else if (errno == EAGAIN ? poll(&ready, 1, patience_ms) == 0 : errno != EINTR)
            return false;
    }
    return true;
}

static void *reserve(size_t size) {
    void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANON | MAP_NORESERVE, -1, 0);
    return memory == MAP_FAILED ? NULL : memory;
}

/* Move a descriptor of ours out of the low numbers, closed on exec. make tells its children of a
 * jobserver at 3 and 4 even where it has closed them; one of ours there would be taken for it. */
static int move_up(int fd) {
    int moved = fcntl(fd, F_DUPFD_CLOEXEC, LOWEST_OWN_FD);
    (void)close(fd);
    return moved;
}

static bool open_pipe(int ends[2]) {
    if (pipe(ends) != 0) return false;
    ends[0] = move_up(ends[0]);
    ends[1] = move_up(ends[1]);
    return ends[0] >= 0 && ends[1] >= 0;
}

/* In a child: get a signal when its parent dies, however that dies; macOS has nothing like it. */
static bool end_with(pid_t parent, int number) {
#ifdef __linux__
    return prctl(PR_SET_PDEATHSIG, number) == 0 && getppid() == parent;
#else
    (void)parent, (void)number;
    return true;
#endif
}

static const char *base_name(const char *path) {
    const char *slash = strrchr(path, '/');
    return slash == NULL ? path : slash + 1;
}

/* Find our own file, behind all links; empty when the system does not say. */
static const char *find_ourselves(char real[PATH_MAX]) {
#ifdef __APPLE__
    char path[PATH_MAX];
    bool found = _NSGetExecutablePath(path, &(uint32_t){sizeof path}) == 0 && realpath(path, real) != NULL;
#else
    bool found = realpath("/proc/self/exe", real) != NULL;
#endif
    return found ? real : strcpy(real, "");
}

/* Whether a file is the one that we were started from. */
static bool is_ourselves(const struct stat *status) {
    struct stat us;
#ifdef __linux__
    bool known = stat("/proc/self/exe", &us) == 0;
#else
    char real[PATH_MAX];
    bool known = stat(find_ourselves(real), &us) == 0;
#endif
    return known && us.st_dev == status->st_dev && us.st_ino == status->st_ino;
}

static bool is_folder(const char *path) {
    struct stat status;
    return stat(path, &status) == 0 && S_ISDIR(status.st_mode);
}

static bool is_absolute(const char *path) {
    return path != NULL && path[0] == '/';
}

static bool make_folder(const char *path) {
    char part[PATH_MAX];
    for (int i = 1; path[i] != '\0'; i++)
        if (path[i] == '/') {
            print(part, sizeof part, "%.*s", i, path);
            (void)mkdir(part, 0700);
        }
    return mkdir(path, 0700) == 0 || is_folder(path);
}

/* A switch is on at any value but an empty one and a plain no. */
static const char *when_on(const char *value) {
    bool no = value == NULL || strcmp(value, "0") == 0 || strcasecmp(value, "false") == 0 ||
              strcasecmp(value, "no") == 0 || strcasecmp(value, "off") == 0;
    return no ? NULL : value;
}

/* A block of NUL-terminated words as a list; NULL when it does not hold that many. */
static char **split_words(char *at, size_t length, size_t count) {
    if (count > length || (length > 0 && at[length - 1] != '\0')) return NULL;
    char **list = reserve((count + 1) * sizeof *list), *end = at + length;
    size_t used = 0;
    for (; list != NULL && at < end && used < count; at += strlen(at) + 1) list[used++] = at;
    return at == end && used == count ? list : NULL;
}

/* Add to our niceness, for all steps of a command together: each would add to the one before. */
static bool be_nice(int added) {
    static int already;
    errno = 0;
    if (added != already && nice(added - already) == -1 && errno != 0) return false;
    already = added;
    return true;
}

/* Return the number of what we see below all paths: docs/wire.md, "Bodies". */
static uint64_t outlook(uint64_t factor) {
    struct stat space = {0}, top = {0};
    if (stat("/proc/self/ns/mnt", &space) != 0) space.st_ino = 0;
    if (stat("/", &top) != 0) top.st_ino = 0;
    return ((uint64_t)space.st_ino * factor + (uint64_t)top.st_dev) * factor + (uint64_t)top.st_ino;
}

#endif
