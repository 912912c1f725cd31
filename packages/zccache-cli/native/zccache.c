/*
 * zccache, the front: stands before a compiler, asks the daemon, and does what it answers.
 *
 * It knows how to carry one request, how to be the parent of one command and how to get a daemon
 * started. It never learns what can be cached. Whatever it did not expect ends in walk_cold(), which
 * does without the daemon.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <stdnoreturn.h>
#include <string.h>
#include <strings.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "signals.h"
#include "sockets.h"
#include "spread.h"
#include "system.h"
#include "wire.h"

#define ZCCACHE_VERSION "0.1.0"
#define ZCCACHE_VERSION_NUMBER (0u << 16 | 1u << 8 | 0u)

enum { FIRST_FRAME_BYTES = 256 * 1024 };
enum { RETRY_OF_THE_HERD_MS = 12, CHILD_CHECK_MS = 250, LAST_GASP_MS = 500, STAMPS_LAG_MS = 20 };

extern char **environ;

/* What the environment says to us, NULL where it says nothing; and its size. */
struct environment {
    const char *cache_dir, *endpoint, *disable, *debug, *log, *no_spawn, *guard, *home, *temp, *path, *makeflags;
    char **inherited;
    size_t count, length;
};
static struct environment env;

/* The compile: words[0] is the compiler as typed, or the one that a masquerade stands for. */
static char **words;
static size_t word_count;

/* Where the compile is, and where the cache and its daemon are: published is the socket or, where
 * the daemon listens on a TCP port of this machine, the token that it wrote. */
static char cwd[PATH_MAX], root[PATH_MAX], published[PATH_MAX];
static uint16_t tcp_port;
static bool tcp_is_v6;
static uint64_t asked_ns;

/* What our streams are, as BEGIN says it. */
static uint32_t given_flags;

/* The one buffer: the request, then the answers, then a place to read what nobody keeps. */
static unsigned char first_frame[FIRST_FRAME_BYTES];
static unsigned char *frame = first_frame;
static size_t frame_size = FIRST_FRAME_BYTES, frame_filled;

static noreturn void walk_cold(const char *reason);
static noreturn void obey(void);

/* What we say, and the buffer that grows. */

/* Tell a step, to whom ZCCACHE_DEBUG and ZCCACHE_LOG name. */
static void note(const char *what, const char *detail) {
    static uint64_t began_ns;
    char line[512];
    if (env.debug == NULL && env.log == NULL) return;
    began_ns = began_ns == 0 ? now_ns() : began_ns;
    unsigned long us = (unsigned long)((now_ns() - began_ns) / 1000);
    print(line, sizeof line, "zccache[%ld] %lu us: %s %.400s\n", (long)getpid(), us, what, detail);
    if (env.debug != NULL) (void)write_all(STDERR_FILENO, line, strlen(line), FOR_EVER);
    int log = env.log == NULL ? -1 : open(env.log, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY, 0600);
    (void)write_all(log, line, strlen(line), FOR_EVER);
    (void)close(log);
}

static noreturn void fail(int status, const char *before, const char *name, const char *after) {
    char line[PATH_MAX + 256];
    print(line, sizeof line, "zccache: %s%s%s\n", before, name, after);
    (void)write_all(STDERR_FILENO, line, strlen(line), FOR_EVER);
    _exit(status);
}

static bool grow_frame(size_t needed) {
    if (needed <= frame_size) return true;
    unsigned char *larger = reserve(needed);
    if (larger == NULL) return false;
    frame = memcpy(larger, frame, frame_filled);
    frame_size = needed;
    return true;
}

/* Programs: ourselves, the others of our kind, and the compiler. */

static bool is_front_name(const char *path) {
    return strcmp(base_name(path), "zccache") == 0 || strcmp(base_name(path), "zccache-native") == 0;
}

/* A front of ours, native or Python, under whatever name a link gives it. */
static bool is_front(const char *path, const struct stat *status) {
    char real[PATH_MAX];
    if (is_ourselves(status)) return true;
    return realpath(path, real) != NULL && is_front_name(real);
}

static bool is_program(const char *path, struct stat *status) {
    return stat(path, status) == 0 && S_ISREG(status->st_mode) && access(path, X_OK) == 0;
}

/* Search PATH for a program that is no front. A script named g++ may call `zccache g++`, which
 * would find the script again: what our guard names was run already, so the search begins behind it.
 * gcc seeks itself by its argv[0]: where that would lead to a front, it gets its whole path there. */
static bool find_program(const char *word, char found[PATH_MAX]) {
    const char *rest = env.path == NULL ? "/bin:/usr/bin" : env.path;
    bool hidden = false;
    found[0] = '\0';
    for (int length = 0; rest != NULL; rest = rest[length] == ':' ? rest + length + 1 : NULL) {
        char candidate[PATH_MAX];
        struct stat status;
        length = (int)strcspn(rest, ":");
        print(candidate, sizeof candidate, "%.*s/%s", length == 0 ? 1 : length, length == 0 ? "." : rest, word);
        if (env.guard != NULL && strcmp(candidate, env.guard) == 0) hidden = (found[0] = '\0') == '\0';
        else if (found[0] == '\0' && is_program(candidate, &status)) {
            if (is_front(candidate, &status)) hidden = true;
            else print(found, PATH_MAX, "%s", candidate);
        }
    }
    if (hidden && words != NULL && word == words[0]) words[0] = found;
    return found[0] != '\0';
}

static bool find_sibling(const char *name, char found[PATH_MAX]) {
    char real[PATH_MAX];
    struct stat status;
    const char *own = find_ourselves(real);
    print(found, PATH_MAX, "%.*s%s", (int)(base_name(own) - own), own, name);
    return (own[0] != '\0' && is_program(found, &status)) || find_program(name, found);
}

/* The environment that we hand on. */

static bool is_variable(const char *entry, const char *name) {
    size_t length = strcspn(name, "=");
    return strncmp(entry, name, length) == 0 && entry[length] == '=';
}

/* Make room for changes; the list that we were given stays as it is. */
static bool copy_environment(size_t changes) {
    char **copy = reserve((env.count + changes + 1) * sizeof *copy);
    if (copy != NULL) environ = memcpy(copy, env.inherited, (env.count + 1) * sizeof *copy);
    return copy != NULL;
}

/* NAME=value sets, NAME unsets, in the copy. */
static void change_environment(char *change) {
    char **kept = environ;
    for (char **entry = environ; *entry != NULL; entry++)
        if (!is_variable(*entry, change)) *kept++ = *entry;
    if (strchr(change, '=') != NULL) *kept++ = change;
    *kept = NULL;
}

/* The ways out that need no daemon. */

static noreturn void explain_failed_exec(void) {
    if (errno == ENOENT || errno == ENOTDIR)
        fail(127, "'", words[0], "' is neither a zccache command nor a program on PATH; see zccache --help");
    fail(126, "cannot run '", words[0], errno == E2BIG ? "': its arguments are too long" : "': it is not executable");
}

static noreturn void exec_bare(const char *reason) {
    char found[PATH_MAX], guard[PATH_MAX + 16];
    const char *program = strchr(words[0], '/') != NULL ? words[0] : find_program(words[0], found) ? found : "";
    note("bare:", reason);
    print(guard, sizeof guard, "ZCCACHE_GUARD=%s", program);
    if (copy_environment(1)) change_environment(guard);
    (void)execve(program, words, environ);
    explain_failed_exec();
}

/* Become zccache-cli, with these words or with those that ask it for a cold walk; comes back when that cannot be. */
static void exec_cli(char *cold_option, char **rest, size_t rest_count) {
    static char name[] = "zccache-cli", wrap[] = "wrap", end_of_options[] = "--";
    char *prefix[] = {name, wrap, cold_option, end_of_options}, program[PATH_MAX];
    size_t count = cold_option == NULL ? 1 : 4;
    char **argv = reserve((count + rest_count + 1) * sizeof *argv);
    if (argv == NULL || !find_sibling(name, program)) return;
    memcpy(argv, prefix, count * sizeof *argv);
    memcpy(argv + count, rest, rest_count * sizeof *argv);
    (void)execve(program, argv, environ);
}

/* The Python twin does the compile in its own process; without it the compiler runs bare. */
static noreturn void walk_cold(const char *reason) {
    char option[WORD_BYTES + 8];
    print(option, sizeof option, "--cold=%s", reason);
    environ = env.inherited;
    note("cold:", reason);
    exec_cli(option, words, word_count);
    exec_bare("no_cold_walk");
}

/* What we were told: environment and words. */

static void read_environment(void) {
    static const struct {
        const char *name, **value;
    } known[] = {
        {"ZCCACHE_CACHE_DIR", &env.cache_dir}, {"ZCCACHE_ENDPOINT", &env.endpoint}, {"ZCCACHE_DISABLE", &env.disable},
        {"ZCCACHE_DEBUG", &env.debug},         {"ZCCACHE_LOG", &env.log},           {"ZCCACHE_NO_SPAWN", &env.no_spawn},
        {"ZCCACHE_GUARD", &env.guard},         {"HOME", &env.home},                 {"TMPDIR", &env.temp},
        {"PATH", &env.path},                   {"MAKEFLAGS", &env.makeflags},
    };
    env.inherited = environ;
    env.count = env.length = 0;
    for (char **entry = environ; *entry != NULL; entry++) {
        const char *value = *entry + strcspn(*entry, "=");
        env.count++;
        env.length += (size_t)(value - *entry) + strlen(value) + 1;
        for (size_t i = 0; value[0] != '\0' && value[1] != '\0' && i < sizeof known / sizeof known[0]; i++)
            if (*known[i].value == NULL && is_variable(*entry, known[i].name)) *known[i].value = value + 1;
    }
    env.disable = when_on(env.disable);
    env.no_spawn = when_on(env.no_spawn);
    env.debug = when_on(env.debug);
}

static bool is_command(const char *word) {
    static const char *const commands[] = {
        "start",         "stop",          "kill",        "status",  "clear",   "trim", "verify",  "doctor",
        "session-start", "session-stats", "session-end", "analyze", "inspect", "why",  "replay",  "cache-root",
        "crashes",       "config",        "help"};
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++)
        if (strcmp(word, commands[i]) == 0) return true;
    return word[0] == '-';
}

static char **skip_fronts(char **argv) {
    while (argv[0] != NULL && is_front_name(argv[0])) argv++;
    return argv;
}

/* Take --strict-paths[=MODE], which is ZCCACHE_STRICT_PATHS for this one command, off the words. */
static char **skip_options(char **argv) {
    static const char option[] = "--strict-paths";
    static char change[WORD_BYTES + sizeof "ZCCACHE_STRICT_PATHS"];
    for (size_t length = sizeof option - 1; argv[0] != NULL && strncmp(argv[0], option, length) == 0; argv++) {
        const char *value = argv[0] + length;
        if (value[0] != '=' && value[0] != '\0') break;
        print(change, sizeof change, "ZCCACHE_STRICT_PATHS%s", value[0] == '\0' ? "=absolute" : value);
        if (!copy_environment(1)) return argv;
        change_environment(change);
        read_environment();
    }
    return argv;
}

/* Put the compiler that a masquerade stands for into its place. */
static void unmask(char **argv) {
    static char found[PATH_MAX];
    if (!find_program(base_name(argv[0]), found))
        fail(127, "there is no '", base_name(argv[0]), "' on PATH besides the links to zccache; see zccache --help");
    argv[0] = found;
}

/* Find the compile in argv; any other command goes to zccache-cli. */
static void read_words(int argc, char **argv) {
    char **end = argv + argc, found[PATH_MAX];
    struct stat status;
    if (argc == 0) fail(127, "", "zccache", " was started without a name; see zccache --help");
    if (is_front_name(argv[0])) {
        char **command = skip_fronts(argv);
        argv = skip_options(command);
        bool wrap = argv[0] != NULL && strcmp(argv[0], "wrap") == 0;
        argv = wrap ? skip_options(argv + 1) : argv;
        bool marked = wrap && argv[0] != NULL && strcmp(argv[0], "--") == 0;
        argv = wrap ? skip_fronts(argv + (marked ? 1 : 0)) : argv;
        if (argv[0] == NULL || (wrap ? argv[0][0] == '-' : is_command(argv[0]))) {
            exec_cli(NULL, command, (size_t)(end - command));
            if (find_sibling("zccache-cli", found))
                fail(126, "cannot run '", found, "': its Python is gone, or not for you; install zccache-cli again");
            fail(127, "", "zccache-cli", " is missing; install it again: pip install --force-reinstall zccache-cli");
        }
        /* Who has a masquerade on PATH may well find it there, and name it to us. */
        if (strchr(argv[0], '/') != NULL && stat(argv[0], &status) == 0 && is_ourselves(&status)) unmask(argv);
    } else
        unmask(argv);
    words = argv;
    word_count = (size_t)(end - argv);
}

/* The request. */

static uint32_t stream_flags(void) {
    struct stat out, err;
    if (fstat(STDOUT_FILENO, &out) != 0 || fstat(STDERR_FILENO, &err) != 0) exec_bare("closed_stream");
    bool out_is_device = S_ISCHR(out.st_mode), err_is_device = S_ISCHR(err.st_mode);
    bool same = (out.st_dev == err.st_dev && out.st_ino == err.st_ino) ||
                (out_is_device && err_is_device && out.st_rdev == err.st_rdev);
    return (out_is_device && isatty(STDOUT_FILENO) ? STDOUT_IS_TTY : 0u) |
           (err_is_device && isatty(STDERR_FILENO) ? STDERR_IS_TTY : 0u) | (same ? STREAMS_ARE_ONE : 0u);
}

/* Put BEGIN into the frame and return its length. */
static size_t pack_begin(void) {
    struct stat here;
    if (getcwd(cwd, sizeof cwd) == NULL || cwd[0] != '/' || stat(".", &here) != 0) exec_bare("no_cwd");
    mode_t mask = umask(0);
    (void)umask(mask);
    struct begin begin = {
        .version = ZCCACHE_VERSION_NUMBER,
        .umask = (uint32_t)mask,
        .flags = given_flags,
        .outlook = outlook(OUTLOOK_FACTOR),
        .cwd_dev = (uint64_t)here.st_dev, .cwd_ino = (uint64_t)here.st_ino,
        .argc = word_count, .envc = env.count,
        .cwd_length = strlen(cwd), .env_length = env.length,
    };
    for (size_t i = 0; i < word_count; i++) begin.argv_length += strlen(words[i]) + 1;
    size_t body_length = begin_body_length(&begin);
    if (body_length > MAX_BODY_BYTES || !grow_frame(HEADER_BYTES + body_length)) exec_bare("too_long");
    unsigned char *at = put_begin_head(frame, &begin);
    memcpy(at, cwd, begin.cwd_length);
    at = put_words(at + begin.cwd_length, words, word_count);
    return (size_t)(put_words(at, environ, env.count) - frame);
}

/* The daemon at the other end. */

/* A port tells nobody's uid: each side shows that it knows its half of a file that only we may read. */
static int connect_to_port(void) {
    unsigned char secret[2 * PROOF_BYTES + 1];
    int file = move_up(open(published, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
    if (file < 0) return errno = ENOENT, -1;
    ssize_t length = read(file, secret, sizeof secret);
    (void)close(file);
    if (length != 2 * PROOF_BYTES) return errno = EPROTO, -1;
    int fd = connect_to_loopback(tcp_port, tcp_is_v6);
    if (fd < 0) return -1;
    int error = greet(fd, secret);
    if (error == 0) return fd;
    (void)close(fd);
    errno = error;
    return -1;
}

/* Connect to the daemon; a path too long for an address is reached from its own folder. */
static int connect_daemon(void) {
    if (tcp_port != 0) return connect_to_port();
    if (strlen(published) <= LONGEST_ADDRESS_BYTES) return connect_to_path(published);
    char folder[PATH_MAX];
    const char *name = base_name(published);
    print(folder, sizeof folder, "%.*s", (int)(name - published), published);
    int back = open(".", O_PATH | O_CLOEXEC);
    int fd = back >= 0 && chdir(folder) == 0 ? connect_to_path(name) : -1, error = errno;
    if (back >= 0 && fchdir(back) != 0) fail(126, "cannot go back to '", cwd, "' from the daemon's folder");
    (void)close(back);
    errno = error;
    return fd;
}

/* Put aside what a daemon that is silent, or talks nonsense, has published, so that nobody waits for
 * it again: one that is well puts it back, any other loses its place to the next. What was published
 * after we asked is its successor's. */
static void distrust_daemon(const char *trouble) {
    char aside[PATH_MAX];
    struct stat status;
    if (strcmp(trouble, "closed") == 0 || stat(published, &status) != 0) return;
    print(aside, sizeof aside, "%s.suspect", published);
    if (ns_of(&status.st_ctim) + STAMPS_LAG_MS * NS_PER_MS < asked_ns && aside[0] != '\0' && rename(published, aside) == 0)
        note("put aside:", published);
}

/* Read until an answer other than BUSY is whole. Returns NULL, or the reason why there is none. */
static const char *receive(int daemon, struct answer *answer) {
    uint64_t end = 0;
    for (frame_filled = 0;;) {
        ssize_t length = frame_length(frame, frame_filled);
        if (length < 0 || !grow_frame((size_t)length)) return "broken";
        bool whole = length > 0 && frame_filled >= (size_t)length;
        if (whole && frame[7] != BUSY) {
            *answer = (struct answer){frame[7], frame + HEADER_BYTES, (size_t)length - HEADER_BYTES};
            return NULL;
        }
        if (whole) {
            frame_filled -= (size_t)length;
            memmove(frame, frame + length, frame_filled);
            continue;
        }
        int count = poll(&(struct pollfd){daemon, POLLIN, 0}, 1, ANSWER_WITHIN_MS);
        ssize_t got = count <= 0 ? count : recv(daemon, frame + frame_filled, frame_size - frame_filled, 0);
        if (got == 0 || (got < 0 && errno != EINTR && errno != EAGAIN))
            return count == 0 ? "no_answer" : "closed";
        frame_filled += got > 0 ? (size_t)got : 0;
        /* BUSY after BUSY, or byte after byte: that must come to an end, too. */
        if (end != 0 && now_ns() > end) return "busy_too_long";
        end = end == 0 ? now_ns() + ANSWER_AT_LAST_MS * NS_PER_MS : end;
    }
}

/* The cache root and the socket in it. */

/* The private root below a folder where all may write: it counts only when it is ours. */
static void choose_temporary_root(void) {
    struct stat status;
    const char *folder = is_absolute(env.temp) && is_folder(env.temp) ? env.temp : "/tmp";
    print(root, sizeof root, "%s/zccache-%lu", folder, (unsigned long)getuid());
    if (lstat(root, &status) == 0 && (!S_ISDIR(status.st_mode) || status.st_uid != geteuid()))
        walk_cold("foreign_root");
}

static void make_absolute(char to[PATH_MAX], const char *path) {
    print(to, PATH_MAX, "%s%s%s", is_absolute(path) ? "" : cwd, is_absolute(path) ? "" : "/", path);
}

/* tcp://127.0.0.1:PORT and tcp://[::1]:PORT; any other host is none of ours. */
static bool read_port(const char *endpoint) {
    static const char v4[] = "tcp://127.0.0.1:", v6[] = "tcp://[::1]:";
    tcp_is_v6 = strncmp(endpoint, v6, sizeof v6 - 1) == 0;
    if (!tcp_is_v6 && strncmp(endpoint, v4, sizeof v4 - 1) != 0) return false;
    const char *digits = endpoint + (tcp_is_v6 ? sizeof v6 : sizeof v4) - 1;
    size_t count = strspn(digits, "0123456789");
    long port = count > 0 && count <= 5 && digits[count] == '\0' ? strtol(digits, NULL, 10) : 0;
    tcp_port = port > 0 && port <= UINT16_MAX ? (uint16_t)port : 0;
    return tcp_port != 0;
}

/* Choose ZCCACHE_CACHE_DIR, else ~/.zccache; a home that was seen to be no place for it is left. */
static void choose_root(bool has_home) {
    if (env.cache_dir != NULL)
        make_absolute(root, env.cache_dir);
    else if (has_home && is_absolute(env.home))
        print(root, sizeof root, "%s/.zccache", env.home);
    else
        choose_temporary_root();
    bool marked = env.endpoint != NULL && strncmp(env.endpoint, "unix:", 5) == 0;
    const char *named = marked ? env.endpoint + 5 : env.endpoint;
    if (env.endpoint == NULL)
        print(published, sizeof published, "%s/sockets/daemon.sock", root);
    else if (is_absolute(named) || (marked && named[0] != '\0'))
        make_absolute(published, named);
    else if (read_port(env.endpoint))
        print(published, sizeof published, "%s/sockets/tcp-%u.token", root, (unsigned)tcp_port);
    else
        walk_cold("bad_endpoint");
}

static bool is_home_no_place(void) {
    return env.cache_dir == NULL && is_absolute(env.home) &&
           !(is_folder(env.home) && (access(env.home, W_OK) == 0 || is_folder(root)));
}

/* A path below the root, valid until the next one is asked for. */
static const char *below_root(const char *name) {
    static char path[PATH_MAX];
    print(path, sizeof path, "%s/%s", root, name);
    return path;
}

static void prepare_root(void) {
    struct stat status;
    if (root[0] == '\0' || !make_folder(below_root("locks")) || !make_folder(below_root("sockets")))
        walk_cold("no_root");
    if (stat(root, &status) != 0 || status.st_uid != geteuid()) walk_cold("foreign_root");
}

/* Getting a daemon started. */

/* A build of a thousand files must not pay a thousand times for a daemon that cannot be started. */
static void heed_failed_start(void) {
    struct stat status;
    if (stat(below_root("locks/start.failed"), &status) != 0) return;
    time_t age_s = time(NULL) - status.st_mtime;
    if (age_s < START_BACK_OFF_S && age_s > -START_BACK_OFF_S) walk_cold("start_failed_recently");
}

static noreturn void give_up_starting(const char *reason) {
    /* Empty: a limit on the size of files (SIGXFSZ) must not end us. */
    (void)close(open(below_root("locks/start.failed"), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
    walk_cold(reason);
}

/* Leave out what a build sets for its own programs, not for a daemon that outlives it; make our paths absolute. */
static void set_daemon_environment(void) {
    static char unwanted[][24] = {"LD_PRELOAD", "DYLD_INSERT_LIBRARIES", "PYTHONHOME",  "PYTHONPATH",
                                  "MAKEFLAGS",  "ZCCACHE_DEBUG",         "ZCCACHE_LOG", "ZCCACHE_GUARD"};
    static char cache_dir[PATH_MAX + 32], endpoint[PATH_MAX + 32];
    if (!copy_environment(2)) walk_cold("no_memory");
    for (size_t i = 0; i < sizeof unwanted / sizeof unwanted[0]; i++) change_environment(unwanted[i]);
    print(cache_dir, sizeof cache_dir, "ZCCACHE_CACHE_DIR=%s", root);
    print(endpoint, sizeof endpoint, "ZCCACHE_ENDPOINT=unix:%s", published);
    if (env.cache_dir != NULL) change_environment(cache_dir);
    if (env.endpoint != NULL && tcp_port == 0) change_environment(endpoint);
}

/* In the grandchild: tell our pid, leave everything of the caller behind, become the daemon. */
static noreturn void become_daemon(const char *program, int report) {
    static char name[] = "zccache-daemon";
    sigset_t none;
    int pid = (int)getpid(), null = move_up(open("/dev/null", O_RDWR));
    (void)write_all(report, &pid, sizeof pid, FOR_EVER);
    for (int number = 1; number < NSIG; number++) (void)signal(number, SIG_DFL);
    (void)sigemptyset(&none);
    (void)sigprocmask(SIG_SETMASK, &none, NULL);
    (void)umask(077);
    if (chdir("/") == 0 && dup2(null, 0) == 0 && dup2(null, 1) == 1 && dup2(null, 2) == 2) {
        close_on_exec_from(3);
        (void)execve(program, (char *[]){name, NULL}, environ);
    }
    (void)write_all(report, &pid, sizeof pid, FOR_EVER);
    _exit(127);
}

/* Start the daemon as nobody's child (we may become a program that waits for all of its own) and
 * return its pid once it is executed: the report then ends after one word. 0: it failed. */
static pid_t spawn_daemon(void) {
    char program[PATH_MAX];
    int report[2], pid = 0, failed;
    if (!find_sibling("zccache-daemon", program) || !open_pipe(report)) return 0;
    set_daemon_environment();
    pid_t child = fork();
    if (child == 0) {
        (void)setsid();
        if (fork() == 0) become_daemon(program, report[1]);
        _exit(0);
    }
    environ = env.inherited;
    (void)close(report[1]);
    if (read(report[0], &pid, sizeof pid) != sizeof pid || read(report[0], &failed, sizeof failed) != 0)
        pid = 0;
    (void)close(report[0]);
    (void)waitpid(child, NULL, 0);
    note("started", program);
    return (pid_t)pid;
}

/* Wait for a daemon to answer its socket: whoever holds start.lock starts one, all others only wait. */
static int start_daemon(void) {
    if (env.no_spawn != NULL) walk_cold("no_spawn");
    prepare_root();
    heed_failed_start();
    int lock = move_up(open(below_root("locks/start.lock"), O_RDWR | O_CREAT | O_CLOEXEC, 0600)), fd = -1;
    pid_t daemon = 0;
    bool starter = false;
    uint64_t end = now_ns() + START_WITHIN_MS * NS_PER_MS;
    while (lock >= 0 && now_ns() < end && (fd = connect_daemon()) < 0) {
        /* Whoever holds the lock may be stopped: one wait for it is enough for all. */
        if (!starter) heed_failed_start();
        if (!starter && flock(lock, LOCK_EX | LOCK_NB) == 0) {
            starter = true;
            heed_failed_start();
            continue;
        }
        if (starter && daemon == 0 && (daemon = spawn_daemon()) == 0) give_up_starting("start_failed");
        /* It died; another one, to which it gave way, may be about to answer. */
        uint64_t last_gasp = now_ns() + LAST_GASP_MS * NS_PER_MS;
        if (daemon > 0 && kill(daemon, 0) != 0 && end > last_gasp) end = last_gasp;
        pause_ms(starter ? RETRY_MS : RETRY_OF_THE_HERD_MS);
    }
    if (fd < 0) give_up_starting(lock < 0 ? "no_root" : starter ? "start_failed" : "start_timeout");
    (void)close(lock);
    return fd;
}

static int reach_daemon(void) {
    choose_root(true);
    int daemon = connect_daemon(), error = errno;
    if (daemon < 0 && is_home_no_place()) {
        choose_root(false);
        daemon = connect_daemon();
        error = errno;
    }
    if (daemon < 0 && (error == ETIMEDOUT || error == EPROTO || error == EPIPE)) {
        distrust_daemon("no_answer");
        walk_cold("no_answer");
    }
    if (daemon < 0 && error != ENOENT && error != ECONNREFUSED && error != ENOTDIR)
        walk_cold(error == EAGAIN ? "busy" : "unreachable");
    return daemon < 0 ? start_daemon() : daemon;
}

/* Being the parent of the compiler. */

/* The compiler: what RUN tells, and how its start went. */
struct order {
    struct run run;
    char **argv;
    uint64_t began_ns;
    volatile int error;
    sigset_t mask;
};

/* One of the compiler's two streams: its end of a pipe, ours, where it meant to write, and a copy. */
struct stream {
    int end, from, to;
    unsigned char *kept;
    size_t length;
    bool incomplete, broken_pipe;
};

/* Read RUN and put its changes into the environment; return the reason why that cannot be, or NULL. */
static const char *read_order(const struct answer *answer, struct order *order) {
    static char guard[] = "ZCCACHE_GUARD=run";
    struct run *run = &order->run;
    if (!read_run(answer, run)) return "broken";
    order->argv = split_words(run->argv_block, run->argv_length, run->argc);
    char **change = split_words(run->env_block, run->env_length, run->envc);
    if (order->argv == NULL || change == NULL) return "broken";
    if (!copy_environment(run->envc + 1)) return "no_memory";
    for (; *change != NULL; change++) change_environment(*change);
    change_environment(guard);
    return NULL;
}

static bool open_stream(struct stream *stream, int to) {
    int ends[2];
    if (!open_pipe(ends) || fcntl(ends[0], F_SETFL, O_NONBLOCK) != 0) return false;
    *stream = (struct stream){.end = ends[1], .from = ends[0], .to = to, .kept = stream->kept};
    return true;
}

/* vfork: the failure of exec comes back through order->error, and no page is copied. All signals
 * are blocked until the compiler has the dispositions that we were given. Who kills us means the compiler. */
static pid_t start_compiler(struct order *order, const struct stream streams[2]) {
    pid_t us = getpid(), pid = vfork();
    if (pid != 0) return pid;
    if (!end_with(us, SIGKILL)) _exit(127);
    restore_signals();
    int error_end = streams[order->run.one_stream ? 0 : 1].end;
    if (dup2(streams[0].end, STDOUT_FILENO) >= 0 && dup2(error_end, STDERR_FILENO) >= 0 &&
        sigprocmask(SIG_SETMASK, &order->mask, NULL) == 0)
        (void)execve(order->run.program, order->argv, environ);
    order->error = errno;
    _exit(127);
}

/* Pass on what is there; false at the end of the stream and where nothing waits. */
static bool pass_on(struct stream *stream) {
    if (stream->kept == NULL && !stream->incomplete)
        stream->incomplete = (stream->kept = reserve(KEEP_AT_MOST_BYTES)) == NULL;
    bool keep = !stream->incomplete && stream->length < KEEP_AT_MOST_BYTES;
    unsigned char *to = keep ? stream->kept + stream->length : frame;
    ssize_t got = read(stream->from, to, keep ? KEEP_AT_MOST_BYTES - stream->length : frame_size);
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) return false;
    bool passed = got <= 0 || write_all(stream->to, to, (size_t)got, FOR_EVER);
    stream->broken_pipe = stream->broken_pipe || (!passed && errno == EPIPE);
    stream->incomplete = stream->incomplete || !passed || (got > 0 && !keep);
    if (got > 0 && !stream->broken_pipe) {
        stream->length += keep ? (size_t)got : 0;
        return true;
    }
    /* The end; or nobody reads us, and the compiler shall meet the same broken pipe. */
    (void)close(stream->from);
    stream->from = -1;
    return false;
}

/* Pass both streams on until they end or the compiler does: a process that it left may keep them open. */
static int pump(pid_t pid, struct stream streams[2]) {
    int status = 0;
    pid_t ended = 0;
    while (ended == 0 && (streams[0].from >= 0 || streams[1].from >= 0)) {
        struct pollfd ready[] = {{streams[0].from, POLLIN, 0}, {streams[1].from, POLLIN, 0}};
        int count = poll(ready, 2, CHILD_CHECK_MS);
        for (int i = 0; i < 2 && count > 0; i++)
            if (ready[i].revents != 0) (void)pass_on(&streams[i]);
        if (count == 0 || child_may_have_ended) {
            child_may_have_ended = 0;
            ended = waitpid(pid, &status, WNOHANG);
        }
    }
    /* What is left in the pipes; the bound is for a process that goes on writing for ever. */
    for (int i = 0; i < 2; i++)
        for (int round = 0; round < 64 && streams[i].from >= 0 && pass_on(&streams[i]);) round++;
    while (ended == 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR) continue;
    lose_child(pid);
    return status;
}

/* Tell how what was to be run ended, without the streams (spreads) or with them; whether the daemon has answered. */
static bool send_finish(int daemon, struct finish finish, int status, const struct stream *streams, struct answer *answer) {
    unsigned char head[HEADER_BYTES + FINISH_HEAD_BYTES];
    bool whole = streams != NULL && !streams[0].incomplete && !streams[1].incomplete;
    finish.how = WIFSIGNALED(status) ? KILLED : EXITED;
    finish.value = WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status);
    finish.incomplete = !whole;
    finish.out_length = whole ? streams[0].length : 0;
    finish.err_length = whole ? streams[1].length : 0;
    const char *trouble = "closed";
    if (write_all(daemon, head, (size_t)(put_finish_head(head, &finish) - head), ANSWER_WITHIN_MS) &&
        (!whole || (write_all(daemon, streams[0].kept, finish.out_length, ANSWER_WITHIN_MS) &&
                    write_all(daemon, streams[1].kept, finish.err_length, ANSWER_WITHIN_MS))))
        trouble = receive(daemon, answer);
    if (trouble != NULL) distrust_daemon(trouble);
    note("finished:", trouble != NULL ? trouble : answer->kind == RECORDED ? "recorded" : "answered");
    return trouble == NULL;
}

/* Where the report that RUN asks for will lie. Who deletes the root meanwhile makes a compiler fail that would not
 * have; unless the daemon has another root than we have, which the path of a socket does not tell. */
static ino_t report_folder(void) {
    struct stat status;
    bool known = env.endpoint == NULL || tcp_port != 0;
    return !known ? 1 : stat(below_root("tmp"), &status) == 0 ? status.st_ino : 0;
}

/* HIT and FAIL: print what the body holds behind its head, and exit with the status that begins it. */
static noreturn void replay(const struct answer *answer, size_t head, size_t out_length, size_t err_length) {
    if (!adds_up(answer, head, out_length, err_length, 0)) walk_cold("broken");
    note(answer->kind == HIT ? "hit" : "fail", "");
    (void)write_all(STDERR_FILENO, answer->body + head + out_length, err_length, FOR_EVER);
    (void)write_all(STDOUT_FILENO, answer->body + head, out_length, FOR_EVER);
    _exit((int)(u32_at(answer->body) & 0xff));
}

/* Run what RUN tells, and pass its streams on; return its wait status. */
static int run_once(const struct answer *answer, struct order *order, struct stream streams[2]) {
    const char *trouble = read_order(answer, order);
    if (trouble == NULL && !(open_stream(&streams[0], STDOUT_FILENO) && open_stream(&streams[1], STDERR_FILENO)))
        trouble = "no_pipe";
    if (trouble != NULL) walk_cold(trouble);
    (void)write_all(STDERR_FILENO, order->run.err, order->run.err_length, FOR_EVER);
    (void)write_all(STDOUT_FILENO, order->run.out, order->run.out_length, FOR_EVER);
    if (!be_nice(order->run.nice)) note("not as nice as told:", strerror(errno));
    note("run:", order->run.program);
    order->mask = block_signals();
    catch_signals();
    order->began_ns = now_ns();
    pid_t pid = start_compiler(order, streams);
    bool failed = pid < 0 || order->error != 0;
    if (failed) restore_signals();
    else adopt_child(pid);
    (void)sigprocmask(SIG_SETMASK, &order->mask, NULL);
    if (failed) walk_cold("exec_failed");
    (void)close(streams[0].end);
    (void)close(streams[1].end);
    return pump(pid, streams);
}

static noreturn void leave_to_bare(const char *reason) {
    restore_signals();
    exec_bare(reason);
}

/* Run what RUN tells, and tell how it went; whether the daemon has said how the command goes on. */
static bool run_step(int daemon, struct answer *answer) {
    static struct order order;
    static struct stream streams[2];
    ino_t folder = report_folder();
    int status = run_once(answer, &order, streams);
    if (WIFEXITED(status) && WEXITSTATUS(status) != 0 && (folder == 0 || folder != report_folder()))
        leave_to_bare("root_gone");
    struct finish finish = {.ticket = order.run.ticket, .duration_ns = now_ns() - order.began_ns};
    bool more_follows = order.run.more_follows, answered = send_finish(daemon, finish, status, streams, answer);
    if (WIFSIGNALED(status)) die_by(WTERMSIG(status));
    if (WEXITSTATUS(status) == 0 && (streams[0].broken_pipe || streams[1].broken_pipe)) die_by(SIGPIPE);
    if (!more_follows) _exit(WEXITSTATUS(status));
    if (told_to_end != 0) die_by(told_to_end);
    return answered;
}

/* Be the front of one command of a spread, which prints into a file but for somebody at a terminal. */
static noreturn void be_front(char **argv, size_t argc) {
    unsigned char *own = reserve(FIRST_FRAME_BYTES);
    words = argv;
    word_count = argc;
    if (own == NULL) exec_bare("no_memory");
    /* The words lie in the frame that told them. */
    frame = own;
    frame_size = FIRST_FRAME_BYTES;
    environ = env.inherited;
    obey();
}

/* Run what SPREAD tells, all at the same time as far as that may be, and tell how it went. */
static bool run_spread(int daemon, struct answer *answer) {
    struct spread told;
    struct spreading spread = {.is_one_place = (given_flags & STREAMS_ARE_ONE) != 0, .become = be_front};
    if (!read_spread(answer, &told) || !read_commands(&told, &spread)) walk_cold("broken");
    struct apart *last = told.count == 0 ? NULL : &spread.commands[told.count - 1];
    bool says_last = last != NULL && last->piece.argc == 0;
    spread.count -= says_last ? 1 : 0;
    spread.at_once = told.at_once < MOST_CHILDREN ? told.at_once : MOST_CHILDREN;
    spread.jobserver = open_jobserver(env.makeflags);
    note("spread:", spread.commands[0].argv[0]);
    catch_signals();
    given_flags |= IS_APART;
    struct finish finish = {.ticket = told.ticket, .duration_ns = now_ns()};
    int status = run_apart(&spread);
    given_flags &= ~(uint32_t)IS_APART;
    if (status < 0) leave_to_bare("no_children");
    if (says_last && WIFEXITED(status)) say_first(&spread, &last->piece);
    finish.duration_ns = now_ns() - finish.duration_ns;
    bool answered = send_finish(daemon, finish, status, NULL, answer);
    if (WIFSIGNALED(status)) die_by(WTERMSIG(status));
    if (WEXITSTATUS(status) == 0 && spread.broken_pipe) die_by(SIGPIPE);
    if (told_to_end != 0) die_by(told_to_end);
    if (!answered && !told.more_follows) _exit(WEXITSTATUS(status));
    return answered;
}

/* Run the command, or all of its steps: after FINISH the daemon tells how it goes on. */
static noreturn void run_compiler(int daemon, struct answer *answer) {
    bool answered = true;
    while (answered && (answer->kind == RUN || answer->kind == SPREAD))
        answered = answer->kind == RUN ? run_step(daemon, answer) : run_spread(daemon, answer);
    if (!answered || answer->kind != HIT) leave_to_bare("left_alone");
    replay(answer, HIT_HEAD_BYTES, u32_at(answer->body + 4), u32_at(answer->body + 8));
}

/* The other answers. */

/* Become the program with the words that we were given. */
static noreturn void pass(const struct answer *answer) {
    static char guard[] = "ZCCACHE_GUARD=run";
    const char *program;
    char reason[WORD_BYTES], found[PATH_MAX];
    if (!read_pass(answer, &program, reason)) walk_cold("broken");
    note("pass:", reason);
    if (strchr(words[0], '/') == NULL) (void)find_program(words[0], found);
    /* What make runs may be cached; what a compiler runs is its own business. */
    if (strcmp(reason, "unknown_program") != 0 && copy_environment(1)) change_environment(guard);
    (void)execve(program, words, environ);
    explain_failed_exec();
}

/* Ask until the daemon that answers is not older than we are; an old one goes away at our question. */
static int ask(struct answer *answer) {
    for (uint64_t end = 0;; pause_ms(RETRY_MS)) {
        size_t length = pack_begin();
        asked_ns = wall_clock_ns();
        int daemon = reach_daemon();
        const char *trouble = write_all(daemon, frame, length, ANSWER_WITHIN_MS) ? receive(daemon, answer) : "closed";
        if (trouble != NULL) {
            distrust_daemon(trouble);
            walk_cold(trouble);
        }
        if (answer->kind != RESTART) return daemon;
        note("restart", "");
        (void)close(daemon);
        end = end == 0 ? now_ns() + START_WITHIN_MS * NS_PER_MS : end;
        if (now_ns() > end) walk_cold("restart_timeout");
    }
}

static noreturn void obey(void) {
    struct answer answer;
    char word[WORD_BYTES];
    int daemon = ask(&answer);
    switch (answer.kind) {
    case HIT:
        replay(&answer, HIT_HEAD_BYTES, u32_at(answer.body + 4), u32_at(answer.body + 8));
    case RUN:
    case SPREAD:
        run_compiler(daemon, &answer);
    case PASS:
        pass(&answer);
    case FAIL:
        replay(&answer, FAIL_HEAD_BYTES, 0, u32_at(answer.body + 4));
    case COLD:
        walk_cold(read_cold(&answer, word) ? word : "broken");
    default:
        walk_cold("unexpected_answer");
    }
}

int main(int argc, char **argv) {
    read_environment();
    note("begin", "");
    read_words(argc, argv);
    if (env.disable != NULL || env.guard != NULL) exec_bare(env.guard != NULL ? "guard" : "disabled");
    given_flags = stream_flags();
    obey();
}
