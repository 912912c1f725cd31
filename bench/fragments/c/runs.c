/* Run lengths with an escape byte, there and back. */
#define @N@_ESCAPE ((unsigned char)(@a@ % 251))

static size_t @n@_pack(const unsigned char *in, size_t length, unsigned char *out)
{
    size_t wrote = 0;

    for (size_t at = 0; at < length;) {
        size_t run = 1;

        while (at + run < length && in[at + run] == in[at] && run < 255)
            run++;
        if (run > 3 || in[at] == @N@_ESCAPE) {
            out[wrote++] = @N@_ESCAPE;
            out[wrote++] = (unsigned char)run;
            out[wrote++] = in[at];
        } else {
            for (size_t copy = 0; copy < run; copy++)
                out[wrote++] = in[at];
        }
        at += run;
    }
    return wrote;
}

static size_t @n@_unpack(const unsigned char *in, size_t length, unsigned char *out)
{
    size_t wrote = 0;

    for (size_t at = 0; at < length; at++) {
        if (in[at] != @N@_ESCAPE) {
            out[wrote++] = in[at];
            continue;
        }
        for (unsigned copy = in[at + 1]; copy > 0; copy--)
            out[wrote++] = in[at + 2];
        at += 2;
    }
    return wrote;
}

static uint64_t @n@(uint64_t seed)
{
    unsigned char plain[@pow@], packed[@pow@ * 3], again[@pow@];
    size_t packed_bytes, plain_bytes;

    for (size_t at = 0; at < sizeof plain; at++)
        plain[at] = (unsigned char)(atlas_next(&seed) % 12 < @small@u ? 'a' : at / @small@);
    packed_bytes = @n@_pack(plain, sizeof plain, packed);
    plain_bytes = @n@_unpack(packed, packed_bytes, again);
    if (plain_bytes != sizeof plain)
        return 0;
    return atlas_fold(atlas_hash_bytes(packed, packed_bytes), atlas_hash_bytes(again, plain_bytes));
}
