#ifndef ATLAS_CORE_H
#define ATLAS_CORE_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The next number of a reproducible sequence. */
static inline uint64_t atlas_next(uint64_t *state)
{
    uint64_t value = *state += UINT64_C(0x9e3779b97f4a7c15);

    value = (value ^ (value >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    value = (value ^ (value >> 27)) * UINT64_C(0x94d049bb133111eb);
    return value ^ (value >> 31);
}

static inline uint64_t atlas_rotate(uint64_t value, unsigned bits)
{
    bits %= 64;
    return bits == 0 ? value : (value << bits) | (value >> (64 - bits));
}

/* Mix one more value into a running sum; the order counts. */
static inline uint64_t atlas_fold(uint64_t sum, uint64_t value)
{
    return atlas_rotate(sum ^ value, 23) * UINT64_C(0x100000001b3) + 1;
}

static inline uint64_t atlas_hash_bytes(const void *data, size_t length)
{
    const unsigned char *bytes = (const unsigned char *)data;
    uint64_t sum = UINT64_C(0xcbf29ce484222325);

    for (size_t at = 0; at < length; at++)
        sum = (sum ^ bytes[at]) * UINT64_C(0x100000001b3);
    return sum;
}

#ifdef __cplusplus
}
#endif

#endif
