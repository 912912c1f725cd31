#include <string.h>
/* Primes in a bit set, and the gaps between them. */
#define @N@_LIMIT (@c@u * @small@u + 64u)

static int @n@_is_composite(const unsigned char *marks, unsigned number)
{
    return (marks[number / 8] >> (number % 8)) & 1;
}

static void @n@_mark(unsigned char *marks, unsigned prime)
{
    for (unsigned multiple = prime * prime; multiple < @N@_LIMIT; multiple += prime)
        marks[multiple / 8] |= (unsigned char)(1u << (multiple % 8));
}

static uint64_t @n@(uint64_t seed)
{
    unsigned char marks[@N@_LIMIT / 8 + 1];
    unsigned gaps[@pow@] = {0};
    unsigned last = 2;
    uint64_t sum = seed;

    memset(marks, 0, sizeof marks);
    for (unsigned number = 2; number * number < @N@_LIMIT; number++)
        if (!@n@_is_composite(marks, number))
            @n@_mark(marks, number);
    for (unsigned number = 3; number < @N@_LIMIT; number++) {
        if (@n@_is_composite(marks, number))
            continue;
        gaps[(number - last) % @pow@]++;
        last = number;
    }
    for (unsigned gap = 0; gap < @pow@; gap++)
        if (gaps[gap] != 0)
            sum = atlas_fold(sum, ((uint64_t)gap << 32) | gaps[gap]);
    return atlas_fold(sum, last);
}
