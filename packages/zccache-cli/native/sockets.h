/*
 * Connections to a daemon on this machine, by the path of a socket or by a TCP port, and the greeting
 * that a port needs. It never learns where the daemon is, or what one does without it.
 */
#ifndef ZCCACHE_SOCKETS_H
#define ZCCACHE_SOCKETS_H

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "system.h"
#include "wire.h"

enum { RETRY_MS = 3 };

/* A socket that is closed on exec, never blocks, and is not one of the standard streams. */
static int open_socket(int family) {
#ifdef SOCK_CLOEXEC
    int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    return fd >= 0 && fd <= STDERR_FILENO ? move_up(fd) : fd;
#else
    int fd = move_up(socket(family, SOCK_STREAM, 0));
    (void)fcntl(fd, F_SETFL, O_NONBLOCK);
    (void)setsockopt(fd, SOL_SOCKET, SO_NOSIGPIPE, &(int){1}, sizeof(int));
    return fd;
#endif
}

/* Wait until a connection that is under way is there, and return what became of it. */
static int await_connection(int fd) {
    int error = ETIMEDOUT;
    if (poll(&(struct pollfd){fd, POLLOUT, 0}, 1, ANSWER_WITHIN_MS) > 0)
        (void)getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &(socklen_t){sizeof error});
    return error;
}

/* Connect; -1 and errno when nobody is there. */
static int connect_to(const void *address, size_t size) {
    int fd = open_socket(((const struct sockaddr *)address)->sa_family), error = errno;
    /* EAGAIN: the daemon's queue of callers is full; it is alive, so wait a little. */
    for (int tries = ANSWER_WITHIN_MS / RETRY_MS; fd >= 0; tries--) {
        error = connect(fd, address, (socklen_t)size) == 0 ? 0 : errno;
        if (error == EINPROGRESS) error = await_connection(fd);
        if (error == 0) return fd;
        if ((error != EAGAIN && error != EINTR) || tries == 0) break;
        pause_ms(RETRY_MS);
    }
    (void)close(fd);
    errno = error;
    return -1;
}

static int connect_to_path(const char *name) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    print(address.sun_path, sizeof address.sun_path, "%s", name);
    return connect_to(&address, sizeof address);
}

static int connect_to_loopback(uint16_t port, bool is_v6) {
    struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_port = htons(port)};
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_port = htons(port), .sin6_addr = in6addr_loopback};
    v4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = is_v6 ? connect_to(&v6, sizeof v6) : connect_to(&v4, sizeof v4);
    if (fd >= 0) (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
    return fd;
}

/* Say HELLO and hear WELCOME; return 0 or what went wrong. */
static int greet(int fd, const unsigned char secret[2 * PROOF_BYTES]) {
    unsigned char hello[HEADER_BYTES + PROOF_BYTES], expected[sizeof hello], heard[sizeof hello];
    size_t length = (size_t)(put_greeting(hello, HELLO, secret) - hello), filled = 0;
    (void)put_greeting(expected, WELCOME, secret + PROOF_BYTES);
    if (!write_all(fd, hello, length, ANSWER_WITHIN_MS)) return EPIPE;
    while (filled < length) {
        int count = poll(&(struct pollfd){fd, POLLIN, 0}, 1, ANSWER_WITHIN_MS);
        ssize_t got = count <= 0 ? count : recv(fd, heard + filled, length - filled, 0);
        if (got == 0) return count == 0 ? ETIMEDOUT : EPIPE;
        if (got < 0 && errno != EINTR && errno != EAGAIN) return EPIPE;
        filled += got > 0 ? (size_t)got : 0;
    }
    return are_equal(heard, expected, length) ? 0 : EPROTO;
}

#endif
