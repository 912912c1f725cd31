/*
 * Several commands at the same time, each in a child of its own, that print as if they had come one after another.
 * It knows how many may run, in which order they print, and how they ended; it never learns what they are.
 */
#ifndef ZCCACHE_SPREAD_H
#define ZCCACHE_SPREAD_H

#include <stdlib.h>

#include "jobserver.h"
#include "signals.h"
#include "system.h"
#include "wire.h"

/* A command on its way: what it prints is kept until those before it have printed all of theirs. */
struct apart {
    struct piece piece;
    char **argv;
    pid_t pid;
    int status, out, err;
    bool has_ended;
};

struct spreading {
    struct apart *commands;
    size_t count, at_once, started, running, told;
    bool is_one_place, broken_pipe;
    struct jobserver jobserver;
    void (*become)(char **argv, size_t argc); /* Does not come back. */
};

/* A file without a name; -1 where there is no place for one. */
static int open_nameless(void) {
#ifdef SYS_memfd_create
    enum { CLOSED_AT_EXEC = 1 }; /* MFD_CLOEXEC */
    return move_up((int)syscall(SYS_memfd_create, "zccache", CLOSED_AT_EXEC));
#else
    char path[] = "/tmp/zccache-XXXXXX";
    int fd = mkstemp(path);
    (void)unlink(path);
    return move_up(fd);
#endif
}

/* Read the pieces; false where they are not as docs/wire.md says. Words come before any last thing to print. */
static bool read_commands(struct spread *told, struct spreading *spread) {
    spread->commands = reserve((told->count + 1) * sizeof *spread->commands);
    for (size_t i = 0; spread->commands != NULL && i < told->count; i++) {
        struct apart *apart = &spread->commands[i];
        if (!next_piece(told, &apart->piece) || (apart->piece.argc == 0 && i + 1 < told->count)) return false;
        apart->argv = split_words(apart->piece.argv_block, apart->piece.argv_length, apart->piece.argc);
        apart->out = apart->err = -1;
        if (apart->argv == NULL) return false;
    }
    spread->count = told->count;
    return spread->commands != NULL && told->at == told->end;
}

static bool say(struct spreading *spread, int to, const void *data, size_t length) {
    if (length == 0 || write_all(to, data, length, FOR_EVER)) return true;
    spread->broken_pipe = spread->broken_pipe || errno == EPIPE;
    return false;
}

static void say_first(struct spreading *spread, const struct piece *piece) {
    (void)say(spread, STDERR_FILENO, piece->err, piece->err_length);
    (void)say(spread, STDOUT_FILENO, piece->out, piece->out_length);
}

static void say_kept(struct spreading *spread, int from, int to) {
    static unsigned char buffer[1 << 16];
    ssize_t got = from < 0 || lseek(from, 0, SEEK_SET) != 0 ? 0 : read(from, buffer, sizeof buffer);
    while (got > 0 && say(spread, to, buffer, (size_t)got)) got = read(from, buffer, sizeof buffer);
}

/* In the child: print where we are told to, end with our parent, be the command. */
static noreturn void be_apart(const struct spreading *spread, const struct apart *apart, sigset_t before, pid_t parent) {
    int err = spread->is_one_place ? apart->out : apart->err;
    forget_children();
    restore_signals();
    /* A front passes it on to its compiler, which then removes what it has begun. */
    if (!end_with(parent, SIGTERM)) die_by(SIGTERM);
    (void)sigprocmask(SIG_SETMASK, &before, NULL);
    if (apart->out >= 0 && (dup2(apart->out, STDOUT_FILENO) < 0 || dup2(err, STDERR_FILENO) < 0)) die_by(SIGABRT);
    spread->become(apart->argv, apart->piece.argc);
    _exit(127);
}

static void close_files(struct apart *apart) {
    (void)close(apart->out);
    (void)close(apart->err);
    apart->out = apart->err = -1;
}

static bool open_files(struct apart *apart, bool is_one_place) {
    apart->out = open_nameless();
    apart->err = is_one_place ? -1 : open_nameless();
    bool opened = apart->out >= 0 && (is_one_place || apart->err >= 0);
    if (!opened) close_files(apart);
    return opened;
}

/* Start the next command; false where that cannot be now. Whose turn it is prints at once. */
static bool start_apart(struct spreading *spread) {
    struct apart *apart = &spread->commands[spread->started];
    bool is_its_turn = spread->started == spread->told;
    if (is_its_turn)
        say_first(spread, &apart->piece);
    else if (!open_files(apart, spread->is_one_place))
        return false;
    pid_t parent = getpid();
    sigset_t before = block_signals();
    apart->pid = fork();
    if (apart->pid == 0) be_apart(spread, apart, before, parent);
    if (apart->pid > 0) adopt_child(apart->pid);
    (void)sigprocmask(SIG_SETMASK, &before, NULL);
    if (apart->pid < 0) {
        close_files(apart);
        return false;
    }
    spread->started++;
    spread->running++;
    return true;
}

/* Wait until one of ours has ended; others may be there, of whom we became. */
static struct apart *await_one(struct spreading *spread) {
    for (;;) {
        int status;
        pid_t pid = waitpid(-1, &status, 0);
        for (size_t i = 0; pid > 0 && i < spread->started; i++) {
            struct apart *apart = &spread->commands[i];
            if (apart->pid != pid || apart->has_ended) continue;
            lose_child(pid);
            apart->has_ended = true;
            apart->status = status;
            spread->running--;
            return apart;
        }
        if (pid < 0 && errno != EINTR) return NULL;
    }
}

/* Print what those have kept whose turn has come. */
static void tell_in_order(struct spreading *spread) {
    while (spread->told < spread->started && spread->commands[spread->told].has_ended) {
        struct apart *apart = &spread->commands[spread->told++];
        if (apart->out < 0) continue;
        say_first(spread, &apart->piece);
        say_kept(spread, apart->err, STDERR_FILENO);
        say_kept(spread, apart->out, STDOUT_FILENO);
        close_files(apart);
    }
}

/* Run all; return the wait status that they come to: the worst, or that of the one which a signal killed, which
 * ends them all. -1: not even one could be started. */
static int run_apart(struct spreading *spread) {
    int worst = 0, killed = 0;
    while (spread->told < spread->count) {
        size_t running = spread->running;
        bool may_start = spread->started < spread->count && running < spread->at_once && killed == 0 && told_to_end == 0;
        if (may_start && may_run(&spread->jobserver, running + 1) && start_apart(spread)) continue;
        give_back(&spread->jobserver, running);
        struct apart *ended = running == 0 ? NULL : await_one(spread);
        if (ended == NULL) break;
        if (WIFSIGNALED(ended->status) && killed == 0) {
            killed = ended->status;
            signal_children(is_ending(WTERMSIG(killed)) ? WTERMSIG(killed) : SIGTERM);
        }
        if (WIFEXITED(ended->status) && WEXITSTATUS(ended->status) > WEXITSTATUS(worst)) worst = ended->status;
        tell_in_order(spread);
    }
    close_jobserver(&spread->jobserver);
    if (killed != 0 || told_to_end != 0) return killed != 0 ? killed : told_to_end;
    return spread->told == spread->count ? worst : -1;
}

#endif
