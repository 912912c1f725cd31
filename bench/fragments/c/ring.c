/* A bounded queue that overwrites its oldest element. */
struct @n@_ring {
    @u@ slots[@pow@];
    size_t head;
    size_t count;
};

static void @n@_push(struct @n@_ring *ring, @u@ value)
{
    size_t tail = (ring->head + ring->count) % @pow@;

    ring->slots[tail] = value;
    if (ring->count < @pow@)
        ring->count++;
    else
        ring->head = (ring->head + 1) % @pow@;
}

static @u@ @n@_pop(struct @n@_ring *ring)
{
    @u@ value;

    if (ring->count == 0)
        return (@u@)@a@;
    value = ring->slots[ring->head];
    ring->head = (ring->head + 1) % @pow@;
    ring->count--;
    return value;
}

static uint64_t @n@(uint64_t seed)
{
    struct @n@_ring ring = {{0}, 0, 0};
    uint64_t sum = seed ^ @b@u;

    for (unsigned step = 0; step < @c@u; step++) {
        @n@_push(&ring, (@u@)atlas_next(&seed));
        if (step % @small@ == 0)
            sum = atlas_fold(sum, @n@_pop(&ring));
    }
    while (ring.count > 0)
        sum = atlas_fold(sum, @n@_pop(&ring));
    return sum;
}
