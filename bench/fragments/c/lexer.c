#include <ctype.h>
#include <string.h>
/* Words, numbers and strings out of a line of configuration. */
enum @n@_kind { @n@_END, @n@_WORD, @n@_NUMBER, @n@_TEXT, @n@_SIGN };

struct @n@_token {
    enum @n@_kind kind;
    const char *start;
    size_t length;
};

static struct @n@_token @n@_read(const char **cursor)
{
    struct @n@_token token = {@n@_END, *cursor, 0};
    const char *at = *cursor;

    while (*at == ' ' || *at == '\t')
        at++;
    token.start = at;
    if (*at == '\0') {
        *cursor = at;
        return token;
    }
    if (isalpha((unsigned char)*at)) {
        token.kind = @n@_WORD;
        while (isalnum((unsigned char)*at) || *at == '_')
            at++;
    } else if (isdigit((unsigned char)*at)) {
        token.kind = @n@_NUMBER;
        while (isdigit((unsigned char)*at) || *at == '.')
            at++;
    } else if (*at == '"') {
        token.kind = @n@_TEXT;
        for (at++; *at != '\0' && *at != '"'; at++)
            if (*at == '\\' && at[1] != '\0')
                at++;
        if (*at == '"')
            at++;
    } else {
        token.kind = @n@_SIGN;
        at++;
    }
    token.length = (size_t)(at - token.start);
    *cursor = at;
    return token;
}

static uint64_t @n@(uint64_t seed)
{
    static const char *const lines[] = {
        "@w1@ = @a@ + \"@w2@ \\\" quoted\"", "@w2@_limit=@b@.@small@; @w3@ -> @w1@",
        "if (@w3@ > @c@) { @w1@(@a@, @b@) }", "\"unterminated @w2@",
    };
    uint64_t sum = seed;

    for (size_t line = 0; line < sizeof lines / sizeof lines[0]; line++) {
        const char *cursor = lines[line];
        struct @n@_token token;

        while ((token = @n@_read(&cursor)).kind != @n@_END) {
            sum = atlas_fold(sum, (uint64_t)token.kind * @prime@u + token.length);
            sum = atlas_fold(sum, atlas_hash_bytes(token.start, token.length));
        }
    }
    return sum;
}
