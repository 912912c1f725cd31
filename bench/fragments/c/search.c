#include <string.h>
/* Knuth, Morris and Pratt look for a needle; a rolling hash checks them. */
static const char @n@_needle[] = "@w1@@w2@";

static void @n@_failure(unsigned char *table)
{
    size_t matched = 0;

    table[0] = 0;
    for (size_t at = 1; at < sizeof @n@_needle - 1; at++) {
        while (matched > 0 && @n@_needle[at] != @n@_needle[matched])
            matched = table[matched - 1];
        if (@n@_needle[at] == @n@_needle[matched])
            matched++;
        table[at] = (unsigned char)matched;
    }
}

static unsigned @n@_occurrences(const char *text, size_t length)
{
    unsigned char table[sizeof @n@_needle];
    unsigned found = 0;
    size_t matched = 0;

    @n@_failure(table);
    for (size_t at = 0; at < length; at++) {
        while (matched > 0 && text[at] != @n@_needle[matched])
            matched = table[matched - 1];
        if (text[at] == @n@_needle[matched])
            matched++;
        if (matched == sizeof @n@_needle - 1) {
            found++;
            matched = table[matched - 1];
        }
    }
    return found;
}

static uint64_t @n@(uint64_t seed)
{
    static const char *const words[] = {"@w1@", "@w2@", "@w3@", "-"};
    char text[@pow@ * 16];
    size_t length = 0;

    while (length + 16 < sizeof text) {
        const char *word = words[atlas_next(&seed) % 4];
        size_t bytes = strlen(word);

        memcpy(text + length, word, bytes);
        length += bytes;
    }
    return atlas_fold(@n@_occurrences(text, length) + @a@u, atlas_hash_bytes(text, length));
}
