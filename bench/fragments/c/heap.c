/* A d-ary heap of deadlines. */
struct @n@_heap {
    uint64_t deadlines[@pow@ + 1];
    size_t size;
};

static void @n@_swap(uint64_t *left, uint64_t *right)
{
    uint64_t kept = *left;

    *left = *right;
    *right = kept;
}

static int @n@_insert(struct @n@_heap *heap, uint64_t deadline)
{
    size_t at = heap->size;

    if (heap->size >= @pow@)
        return -1;
    heap->deadlines[heap->size++] = deadline;
    while (at > 0 && heap->deadlines[(at - 1) / @small@] > heap->deadlines[at]) {
        @n@_swap(&heap->deadlines[(at - 1) / @small@], &heap->deadlines[at]);
        at = (at - 1) / @small@;
    }
    return 0;
}

static uint64_t @n@_take(struct @n@_heap *heap)
{
    uint64_t least = heap->deadlines[0];
    size_t at = 0;

    heap->deadlines[0] = heap->deadlines[--heap->size];
    for (;;) {
        size_t best = at;

        for (size_t child = at * @small@ + 1; child <= at * @small@ + @small@; child++)
            if (child < heap->size && heap->deadlines[child] < heap->deadlines[best])
                best = child;
        if (best == at)
            return least;
        @n@_swap(&heap->deadlines[at], &heap->deadlines[best]);
        at = best;
    }
}

static uint64_t @n@(uint64_t seed)
{
    struct @n@_heap heap = {{0}, 0};
    uint64_t sum = @a@u;

    for (unsigned turn = 0; turn < @c@u; turn++) {
        if (@n@_insert(&heap, atlas_next(&seed) % @prime@u) != 0 || turn % 3 == 2)
            sum = atlas_fold(sum, @n@_take(&heap));
    }
    while (heap.size > 0)
        sum = atlas_fold(sum, @n@_take(&heap));
    return sum;
}
