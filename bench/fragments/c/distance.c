#include <string.h>
/* Edit distance between two words, in one row of memory. */
static unsigned @n@_least(unsigned one, unsigned two, unsigned three)
{
    unsigned least = one < two ? one : two;

    return least < three ? least : three;
}

static unsigned @n@_distance(const char *from, const char *to, unsigned swap_cost)
{
    unsigned row[64];
    size_t width = strlen(to);

    for (unsigned column = 0; column <= width; column++)
        row[column] = column;
    for (unsigned line = 1; from[line - 1] != '\0'; line++) {
        unsigned diagonal = row[0];

        row[0] = line;
        for (unsigned column = 1; column <= width; column++) {
            unsigned above = row[column];
            unsigned cost = from[line - 1] == to[column - 1] ? 0 : swap_cost;

            row[column] = @n@_least(above + 1, row[column - 1] + 1, diagonal + cost);
            diagonal = above;
        }
    }
    return row[width];
}

static uint64_t @n@(uint64_t seed)
{
    static const char *const words[] = {"@w1@", "@w2@", "@w3@", "@w1@@w3@", "@w2@_@w1@", "x@a@y@b@"};
    uint64_t sum = seed % @prime@u;

    for (size_t from = 0; from < sizeof words / sizeof words[0]; from++)
        for (size_t to = 0; to < sizeof words / sizeof words[0]; to++)
            sum = atlas_fold(sum, @n@_distance(words[from], words[to], @small@u % 3u + 1u));
    return sum;
}
