/* A compiler that counts its runs: one byte to COUNTER, then the real one. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

int main(int argc, char **argv)
{
    char kind = 'p'; /* a probe: asks the compiler about itself, or only preprocesses; l: a link */
    int counter = open(COUNTER, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0666);

    for (int at = 1; at < argc; at++) {
        const char *suffix = strrchr(argv[at], '.');

        if (strcmp(argv[at], "-c") == 0 || strcmp(argv[at], "-S") == 0)
            kind = 'c';
        else if (kind == 'p' && argv[at][0] != '-' && suffix && strcmp(suffix, ".o") == 0)
            kind = 'l';
        if (strcmp(argv[at], "-E") == 0 || strcmp(argv[at], "-###") == 0) {
            kind = 'p';
            break;
        }
    }
    if (counter < 0 || write(counter, &kind, 1) != 1) {
        perror(COUNTER);
        return 125;
    }
    argv[0] = REAL;
    execv(REAL, argv);
    perror(REAL);
    return 127;
}
