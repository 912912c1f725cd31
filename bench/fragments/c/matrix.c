#include <string.h>
/* Powers of a square matrix over a prime field. */
#define @N@_SIDE (@small@ + 2)
#define @N@_PRIME @prime@u

typedef uint32_t @n@_matrix[@N@_SIDE][@N@_SIDE];

static void @n@_multiply(@n@_matrix left, @n@_matrix right, @n@_matrix out)
{
    @n@_matrix product;

    for (unsigned row = 0; row < @N@_SIDE; row++) {
        for (unsigned column = 0; column < @N@_SIDE; column++) {
            uint64_t cell = 0;

            for (unsigned inner = 0; inner < @N@_SIDE; inner++)
                cell += (uint64_t)left[row][inner] * right[inner][column];
            product[row][column] = (uint32_t)(cell % @N@_PRIME);
        }
    }
    memcpy(out, product, sizeof product);
}

static uint64_t @n@(uint64_t seed)
{
    @n@_matrix base, power;
    uint64_t trace = seed % @a@u;

    for (unsigned row = 0; row < @N@_SIDE; row++) {
        for (unsigned column = 0; column < @N@_SIDE; column++) {
            base[row][column] = (uint32_t)(atlas_next(&seed) % @N@_PRIME);
            power[row][column] = row == column;
        }
    }
    for (unsigned exponent = @b@u; exponent > 0; exponent >>= 1) {
        if (exponent & 1u)
            @n@_multiply(power, base, power);
        @n@_multiply(base, base, base);
    }
    for (unsigned at = 0; at < @N@_SIDE; at++)
        trace = atlas_fold(trace, power[at][(at + 1) % @N@_SIDE]);
    return trace;
}
