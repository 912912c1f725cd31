#include <string.h>
/* Open addressing with linear probing and tombstones. */
enum { @n@_CAPACITY = @pow@ * 2 };

struct @n@_entry {
    @u@ key;
    uint32_t value;
    unsigned char state; /* 0 free, 1 used, 2 removed */
};

static struct @n@_entry *@n@_find(struct @n@_entry *table, @u@ key)
{
    struct @n@_entry *grave = NULL;
    size_t at = (size_t)(key * @a@u) % @n@_CAPACITY;

    for (size_t tries = 0; tries < @n@_CAPACITY; tries++) {
        struct @n@_entry *entry = &table[at];

        if (entry->state == 1 && entry->key == key)
            return entry;
        if (entry->state == 2 && grave == NULL)
            grave = entry;
        if (entry->state == 0)
            return grave != NULL ? grave : entry;
        at = (at + 1) % @n@_CAPACITY;
    }
    return grave;
}

static uint64_t @n@(uint64_t seed)
{
    struct @n@_entry table[@n@_CAPACITY];
    uint64_t sum = @b@u;

    memset(table, 0, sizeof table);
    for (uint32_t turn = 0; turn < @pow@; turn++) {
        @u@ key = (@u@)(atlas_next(&seed) % @c@u);
        struct @n@_entry *entry = @n@_find(table, key);

        if (entry == NULL)
            break;
        if (entry->state == 1 && turn % @small@ == 0) {
            entry->state = 2;
            continue;
        }
        entry->value = entry->state == 1 ? entry->value + turn : turn;
        entry->key = key;
        entry->state = 1;
    }
    for (size_t at = 0; at < @n@_CAPACITY; at++)
        if (table[at].state == 1)
            sum = atlas_fold(sum, table[at].key ^ table[at].value);
    return sum;
}
