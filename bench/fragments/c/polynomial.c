/* Fixed-point polynomials, by Horner's rule and by forward differences. */
typedef int64_t @n@_fixed;

#define @N@_ONE ((@n@_fixed)1 << 16)

static const @n@_fixed @n@_terms[] = {@list@};

static @n@_fixed @n@_times(@n@_fixed left, @n@_fixed right)
{
    return (left * right) / @N@_ONE;
}

static @n@_fixed @n@_at(@n@_fixed point)
{
    @n@_fixed value = 0;

    for (size_t term = sizeof @n@_terms / sizeof @n@_terms[0]; term-- > 0;)
        value = @n@_times(value, point) + @n@_terms[term];
    return value;
}

static @n@_fixed @n@_slope(@n@_fixed point)
{
    @n@_fixed step = @N@_ONE / @pow@;

    return @n@_times(@n@_at(point + step) - @n@_at(point - step), (@n@_fixed)@pow@ * @N@_ONE / 2);
}

static @n@_fixed @n@_root(@n@_fixed low, @n@_fixed high)
{
    for (int turn = 0; turn < @a@ % 40 + 12; turn++) {
        @n@_fixed middle = low + (high - low) / 2;

        if ((@n@_at(low) < 0) == (@n@_at(middle) < 0))
            low = middle;
        else
            high = middle;
    }
    return low;
}

static uint64_t @n@(uint64_t seed)
{
    uint64_t sum = @b@u;

    for (int sample = -(int)@small@; sample <= (int)@small@; sample++) {
        @n@_fixed point = sample * @N@_ONE / @small@ + (@n@_fixed)(atlas_next(&seed) % 256u);

        sum = atlas_fold(sum, (uint64_t)@n@_at(point));
        sum = atlas_fold(sum, (uint64_t)@n@_slope(point));
    }
    return atlas_fold(sum, (uint64_t)@n@_root(-2 * @N@_ONE, 2 * @N@_ONE));
}
