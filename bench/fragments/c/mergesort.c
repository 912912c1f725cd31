#include <string.h>
/* A bottom-up merge sort of records, stable by construction. */
struct @n@_record {
    @u@ key;
    uint16_t order;
};

static void @n@_merge(const struct @n@_record *from, struct @n@_record *to,
                      size_t left, size_t middle, size_t right)
{
    size_t low = left, high = middle;

    for (size_t at = left; at < right; at++) {
        if (low < middle && (high >= right || from[low].key <= from[high].key))
            to[at] = from[low++];
        else
            to[at] = from[high++];
    }
}

static void @n@_sort(struct @n@_record *records, size_t count)
{
    struct @n@_record scratch[@pow@];

    for (size_t width = 1; width < count; width *= 2) {
        for (size_t left = 0; left < count; left += 2 * width) {
            size_t middle = left + width < count ? left + width : count;
            size_t right = left + 2 * width < count ? left + 2 * width : count;

            @n@_merge(records, scratch, left, middle, right);
        }
        memcpy(records, scratch, count * sizeof *records);
    }
}

static uint64_t @n@(uint64_t seed)
{
    struct @n@_record records[@pow@];
    uint64_t sum = @a@u;

    for (uint16_t at = 0; at < @pow@; at++) {
        records[at].key = (@u@)(atlas_next(&seed) % @c@u);
        records[at].order = at;
    }
    @n@_sort(records, @pow@);
    for (size_t at = 1; at < @pow@; at++) {
        sum = atlas_fold(sum, records[at].key * @b@u + records[at].order);
        if (records[at - 1].key > records[at].key)
            return 0;
    }
    return sum;
}
