/* Start commands and say how long each took: cheaper and finer than a shell or Python could.
 *
 *   runner serial ROUNDS < plan      every command once a round; a line "INDEX WALL_NS CPU_NS" each
 *   runner parallel JOBS RUNS < plan JOBS workers share RUNS runs; one line "RUNS WALL_NS"
 *
 * A plan has a command a line, its fields separated by byte 0x1f:
 * a file to remove first (may be empty), the number of NAME=value fields, these, the words of the command.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <inttypes.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { MOST_COMMANDS = 4096 };

struct command {
    char *remove;
    char **env;
    char **argv;
};

static struct command commands[MOST_COMMANDS];
static size_t command_count;

static void fail(const char *what)
{
    perror(what);
    exit(1);
}

static uint64_t now_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static uint64_t cpu_ns(const struct rusage *usage)
{
    uint64_t seconds = (uint64_t)usage->ru_utime.tv_sec + (uint64_t)usage->ru_stime.tv_sec;
    uint64_t microseconds = (uint64_t)usage->ru_utime.tv_usec + (uint64_t)usage->ru_stime.tv_usec;

    return seconds * 1000000000u + microseconds * 1000u;
}

static void read_command(char *line)
{
    size_t fields = 3, envc;
    char **words, *rest = line;
    struct command *command = &commands[command_count++];

    if (command_count > MOST_COMMANDS) {
        fprintf(stderr, "runner: more than %d commands\n", MOST_COMMANDS);
        exit(2);
    }
    for (const char *at = line; *at != '\0'; at++)
        fields += *at == '\x1f';
    words = calloc(fields + 1, sizeof *words);
    if (words == NULL)
        fail("calloc");
    command->remove = strsep(&rest, "\x1f");
    envc = strtoul(strsep(&rest, "\x1f"), NULL, 10);
    command->env = words;
    for (size_t at = 0; at < envc; at++)
        words[at] = strsep(&rest, "\x1f");
    command->argv = words + envc + 1;
    for (size_t at = 0; rest != NULL; at++)
        command->argv[at] = strsep(&rest, "\x1f");
}

static void read_plan(void)
{
    char *line = NULL;
    size_t room = 0;
    ssize_t length;

    while ((length = getline(&line, &room, stdin)) > 0) {
        if (line[length - 1] == '\n')
            line[length - 1] = '\0';
        read_command(line);
        line = NULL; /* the words point into it */
        room = 0;
    }
    if (command_count == 0) {
        fprintf(stderr, "runner: the plan is empty\n");
        exit(2);
    }
}

static uint64_t run(const struct command *command, struct rusage *usage)
{
    uint64_t began, took;
    int error, status;
    pid_t child;

    if (command->remove[0] != '\0' && unlink(command->remove) != 0 && errno != ENOENT)
        fail(command->remove);
    began = now_ns();
    error = posix_spawn(&child, command->argv[0], NULL, NULL, command->argv, command->env);
    if (error != 0) {
        errno = error;
        fail(command->argv[0]);
    }
    while (wait4(child, &status, 0, usage) < 0)
        if (errno != EINTR)
            fail("wait4");
    took = now_ns() - began;
    if (status != 0) {
        fprintf(stderr, "runner: %s: wait status %d\n", command->argv[0], status);
        exit(1);
    }
    return took;
}

static void run_serially(size_t rounds)
{
    for (size_t round = 0; round < rounds; round++) {
        for (size_t turn = 0; turn < command_count; turn++) {
            /* Another order each round: nobody always comes after the slowest. */
            size_t index = (turn + round) % command_count;
            struct rusage usage;
            uint64_t took = run(&commands[index], &usage);

            printf("%zu %" PRIu64 " %" PRIu64 "\n", index, took, cpu_ns(&usage));
        }
    }
}

static void work(size_t worker, size_t jobs, size_t runs)
{
    struct rusage usage;

    for (size_t at = worker; at < runs; at += jobs)
        run(&commands[at % command_count], &usage);
}

static void run_in_parallel(size_t jobs, size_t runs)
{
    uint64_t began;
    int gate[2], status, failed = 0;
    char byte;

    if (pipe(gate) != 0)
        fail("pipe");
    for (size_t worker = 0; worker < jobs; worker++) {
        pid_t child = fork();

        if (child < 0)
            fail("fork");
        if (child == 0) {
            close(gate[1]);
            if (read(gate[0], &byte, 1) != 0) /* end of file: everybody is here */
                fail("gate");
            close(gate[0]);
            work(worker, jobs, runs);
            _exit(0);
        }
    }
    close(gate[0]);
    began = now_ns();
    close(gate[1]);
    for (size_t worker = 0; worker < jobs; worker++) {
        if (wait(&status) < 0)
            fail("wait");
        failed |= status;
    }
    printf("%zu %" PRIu64 "\n", runs, now_ns() - began);
    if (failed)
        exit(1);
}

int main(int argc, char **argv)
{
    read_plan();
    if (argc == 3 && strcmp(argv[1], "serial") == 0)
        run_serially(strtoul(argv[2], NULL, 10));
    else if (argc == 4 && strcmp(argv[1], "parallel") == 0)
        run_in_parallel(strtoul(argv[2], NULL, 10), strtoul(argv[3], NULL, 10));
    else {
        fprintf(stderr, "usage: runner serial ROUNDS | parallel JOBS RUNS\n");
        return 2;
    }
    return 0;
}
