/*
 * Signals of a front: those that come go to its children, and it can end as one of them did.
 * It knows the children by their pids alone; it never learns what they do.
 */
#ifndef ZCCACHE_SIGNALS_H
#define ZCCACHE_SIGNALS_H

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdnoreturn.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MOST_CHILDREN = 256 };

struct watched {
    int number;
    struct sigaction inherited;
};

static struct watched watched[] = {{.number = SIGHUP},  {.number = SIGINT},  {.number = SIGQUIT}, {.number = SIGTERM},
                                   {.number = SIGUSR1}, {.number = SIGUSR2}, {.number = SIGTSTP}, {.number = SIGCONT},
                                   {.number = SIGPIPE}, {.number = SIGCHLD}};
static volatile sig_atomic_t children[MOST_CHILDREN], child_may_have_ended, told_to_end;

static void adopt_child(pid_t pid) {
    for (size_t i = 0; i < MOST_CHILDREN; i++)
        if (children[i] == 0) {
            children[i] = pid;
            return;
        }
}

/* Forget a child that was waited for: its pid may be another's. */
static void lose_child(pid_t pid) {
    for (size_t i = 0; i < MOST_CHILDREN; i++)
        if (children[i] == pid) children[i] = 0;
}

/* In a child: those of its parent are none of its own. */
static void forget_children(void) {
    for (size_t i = 0; i < MOST_CHILDREN; i++) children[i] = 0;
    told_to_end = 0;
}

static void signal_children(int number) {
    for (size_t i = 0; i < MOST_CHILDREN; i++)
        if (children[i] > 0) (void)kill((pid_t)children[i], number);
}

/* What ends a front and is passed on by it. */
static bool is_ending(int number) {
    return number == SIGHUP || number == SIGINT || number == SIGQUIT || number == SIGTERM;
}

/* The terminal signals the whole group: only what a process sent has to be passed on. */
static void pass_signal(int number, siginfo_t *info, void *context) {
    int saved = errno;
    bool sent = info->si_code == SI_USER || info->si_code == SI_QUEUE;
#ifdef SI_TKILL
    sent = sent || info->si_code == SI_TKILL;
#endif
    (void)context;
    if (number == SIGCHLD)
        child_may_have_ended = 1;
    else if (number != SIGPIPE && sent)
        signal_children(number);
    if (is_ending(number)) told_to_end = number;
    if (number == SIGTSTP) {
        struct sigaction ours, stop = {.sa_handler = SIG_DFL};
        (void)sigaction(SIGTSTP, &stop, &ours);
        (void)raise(SIGTSTP);
        (void)sigaction(SIGTSTP, &ours, NULL);
    }
    errno = saved;
}

/* What was ignored stays ignored, so that nohup holds for the compiler and for us. */
static void catch_signals(void) {
    struct sigaction ours = {.sa_sigaction = pass_signal, .sa_flags = SA_SIGINFO | SA_RESTART | SA_NODEFER};
    static bool caught;
    for (size_t i = 0; i < sizeof watched / sizeof watched[0]; i++) {
        if (!caught) (void)sigaction(watched[i].number, NULL, &watched[i].inherited);
        if (watched[i].inherited.sa_handler != SIG_IGN || watched[i].number == SIGCHLD)
            (void)sigaction(watched[i].number, &ours, NULL);
    }
    caught = true;
}

static void restore_signals(void) {
    for (size_t i = 0; i < sizeof watched / sizeof watched[0]; i++)
        (void)sigaction(watched[i].number, &watched[i].inherited, NULL);
}

/* Block everything and return what was blocked before: between a fork and the moment when both know of it. */
static sigset_t block_signals(void) {
    sigset_t all, before;
    (void)sigfillset(&all);
    (void)sigprocmask(SIG_SETMASK, &all, &before);
    return before;
}

/* Die as a child did, without a core file of our own. */
static noreturn void die_by(int number) {
    sigset_t only;
    (void)setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
    (void)sigemptyset(&only);
    (void)sigaddset(&only, number);
    (void)signal(number, SIG_DFL);
    (void)sigprocmask(SIG_UNBLOCK, &only, NULL);
    (void)raise(number);
    _exit(128 + number);
}

#endif
