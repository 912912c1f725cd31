/*
 * The jobserver of a make above us: a token for each job that runs beside the one which make started.
 * It never waits for a token, and it gives back what it took, byte by byte.
 */
#ifndef ZCCACHE_JOBSERVER_H
#define ZCCACHE_JOBSERVER_H

#include <stdio.h>
#include <stdlib.h>

#include "signals.h"
#include "system.h"

/* is_there: MAKEFLAGS names one; where it cannot be reached then, from and to are -1 and there is no token. */
struct jobserver {
    bool is_there;
    int from, to;
    size_t held;
    char tokens[MOST_CHILDREN];
};

/* Open an end that make handed down anew, so that nobody's end becomes non-blocking but ours. It counts
 * only if both numbers are the ends of one pipe: make names its own also where it has closed them. */
static void open_ends(struct jobserver *server, int from, int to) {
#ifdef __linux__
    struct stat in, out;
    char path[64];
    if (fstat(from, &in) != 0 || fstat(to, &out) != 0 || !S_ISFIFO(in.st_mode) || in.st_ino != out.st_ino ||
        in.st_dev != out.st_dev || (fcntl(from, F_GETFL) & O_ACCMODE) == O_WRONLY ||
        (fcntl(to, F_GETFL) & O_ACCMODE) == O_RDONLY)
        return;
    print(path, sizeof path, "/proc/self/fd/%d", from);
    server->from = move_up(open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC));
    print(path, sizeof path, "/proc/self/fd/%d", to);
    server->to = move_up(open(path, O_WRONLY | O_NONBLOCK | O_CLOEXEC));
#else
    (void)server, (void)from, (void)to;
#endif
}

static void open_fifo(struct jobserver *server, const char *name) {
    char path[PATH_MAX];
    struct stat status;
    print(path, sizeof path, "%.*s", (int)strcspn(name, " "), name);
    if (stat(path, &status) != 0 || !S_ISFIFO(status.st_mode)) return;
    /* Its reader first: a fifo that nobody reads cannot be opened for writing alone. */
    server->from = move_up(open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC));
    server->to = move_up(open(path, O_WRONLY | O_NONBLOCK | O_CLOEXEC));
}

/* What the last word of MAKEFLAGS that names a jobserver says. */
static struct jobserver open_jobserver(const char *makeflags) {
    static const char *const options[] = {"--jobserver-auth=", "--jobserver-fds="};
    struct jobserver server = {.from = -1, .to = -1};
    const char *value = NULL;
    /* Behind "--" stand variables. */
    for (const char *at = makeflags; at != NULL && *at != '\0' && strncmp(at, "-- ", 3) != 0;
         at += strcspn(at, " "), at += strspn(at, " "))
        for (size_t i = 0; i < 2; i++)
            if (strncmp(at, options[i], strlen(options[i])) == 0) value = at + strlen(options[i]);
    int from = -1, to = -1;
    server.is_there = value != NULL;
    if (value != NULL && strncmp(value, "fifo:", 5) == 0)
        open_fifo(&server, value + 5);
    else if (value != NULL && sscanf(value, "%d,%d", &from, &to) == 2 && from >= 0 && to >= 0)
        open_ends(&server, from, to);
    return server;
}

/* Whether so many jobs may run: the first is make's own, each other one needs a token. */
static bool may_run(struct jobserver *server, size_t jobs) {
    if (!server->is_there || jobs <= server->held + 1) return true;
    return server->held < MOST_CHILDREN && server->to >= 0 && server->from >= 0 &&
           read(server->from, &server->tokens[server->held], 1) == 1 && jobs <= ++server->held + 1;
}

/* Keep the tokens of so many jobs. */
static void give_back(struct jobserver *server, size_t jobs) {
    while (server->held > 0 && server->held + 1 > jobs) {
        server->held--;
        (void)write_all(server->to, &server->tokens[server->held], 1, FOR_EVER);
    }
}

static void close_jobserver(struct jobserver *server) {
    give_back(server, 0);
    (void)close(server->from);
    (void)close(server->to);
}

#endif
