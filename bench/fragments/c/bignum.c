#include <string.h>
/* Non-negative integers of many limbs: factorials and Fibonacci numbers. */
#define @N@_LIMBS @pow@

struct @n@_number {
    uint32_t limbs[@N@_LIMBS];
    unsigned used;
};

static void @n@_set(struct @n@_number *number, uint32_t value)
{
    memset(number, 0, sizeof *number);
    number->limbs[0] = value;
    number->used = 1;
}

static void @n@_scale(struct @n@_number *number, uint32_t factor)
{
    uint64_t carry = 0;

    for (unsigned limb = 0; limb < number->used; limb++) {
        carry += (uint64_t)number->limbs[limb] * factor;
        number->limbs[limb] = (uint32_t)carry;
        carry >>= 32;
    }
    if (carry != 0 && number->used < @N@_LIMBS)
        number->limbs[number->used++] = (uint32_t)carry;
}

static void @n@_add(struct @n@_number *to, const struct @n@_number *other)
{
    uint64_t carry = 0;
    unsigned width = to->used > other->used ? to->used : other->used;

    for (unsigned limb = 0; limb < width; limb++) {
        carry += (uint64_t)to->limbs[limb] + other->limbs[limb];
        to->limbs[limb] = (uint32_t)carry;
        carry >>= 32;
    }
    to->used = width;
    if (carry != 0 && width < @N@_LIMBS)
        to->limbs[to->used++] = (uint32_t)carry;
}

static uint64_t @n@(uint64_t seed)
{
    struct @n@_number factorial, current, previous;
    uint64_t sum = seed;

    @n@_set(&factorial, 1);
    @n@_set(&current, 1);
    @n@_set(&previous, (uint32_t)(seed % @a@u));
    for (uint32_t step = 2; step < @small@u + 24u; step++) {
        struct @n@_number next = current;

        @n@_scale(&factorial, step);
        @n@_add(&next, &previous);
        previous = current;
        current = next;
    }
    for (unsigned limb = 0; limb < factorial.used; limb++)
        sum = atlas_fold(sum, factorial.limbs[limb]);
    return atlas_fold(sum, current.limbs[0] ^ @b@u);
}
