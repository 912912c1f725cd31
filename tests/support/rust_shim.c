/* A rustc that counts its compiles: one byte to COUNTER, then the real one. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

int main(int argc, char **argv)
{
    int counter = open(COUNTER, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0666);

    for (int at = 1; at < argc; at++)
        if (strncmp(argv[at], "--emit", 6) == 0 && (counter < 0 || write(counter, "c", 1) != 1)) {
            perror(COUNTER);
            return 125;
        }
    argv[0] = REAL;
    execv(REAL, argv);
    perror(REAL);
    return 127;
}
