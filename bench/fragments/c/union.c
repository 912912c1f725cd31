/* Disjoint sets with path halving; counts islands on a random map. */
#define @N@_WIDTH (@small@ + 9)

struct @n@_sets {
    uint16_t parent[@N@_WIDTH * @N@_WIDTH];
    uint16_t size[@N@_WIDTH * @N@_WIDTH];
};

static uint16_t @n@_root(struct @n@_sets *sets, uint16_t member)
{
    while (sets->parent[member] != member) {
        sets->parent[member] = sets->parent[sets->parent[member]];
        member = sets->parent[member];
    }
    return member;
}

static void @n@_join(struct @n@_sets *sets, uint16_t one, uint16_t other)
{
    one = @n@_root(sets, one);
    other = @n@_root(sets, other);
    if (one == other)
        return;
    if (sets->size[one] < sets->size[other]) {
        uint16_t kept = one;

        one = other;
        other = kept;
    }
    sets->parent[other] = one;
    sets->size[one] = (uint16_t)(sets->size[one] + sets->size[other]);
}

static uint64_t @n@(uint64_t seed)
{
    unsigned char land[@N@_WIDTH * @N@_WIDTH];
    struct @n@_sets sets;
    uint64_t sum = @a@u;

    for (uint16_t cell = 0; cell < @N@_WIDTH * @N@_WIDTH; cell++) {
        land[cell] = atlas_next(&seed) % @b@u < @b@u / 2u;
        sets.parent[cell] = cell;
        sets.size[cell] = 1;
    }
    for (uint16_t cell = 0; cell < @N@_WIDTH * @N@_WIDTH; cell++) {
        if (!land[cell])
            continue;
        if (cell % @N@_WIDTH != 0 && land[cell - 1])
            @n@_join(&sets, cell, (uint16_t)(cell - 1));
        if (cell >= @N@_WIDTH && land[cell - @N@_WIDTH])
            @n@_join(&sets, cell, (uint16_t)(cell - @N@_WIDTH));
    }
    for (uint16_t cell = 0; cell < @N@_WIDTH * @N@_WIDTH; cell++)
        if (land[cell] && @n@_root(&sets, cell) == cell)
            sum = atlas_fold(sum, sets.size[cell]);
    return sum;
}
