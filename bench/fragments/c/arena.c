#include <stddef.h>
/* A bump allocator that builds a binary search tree and measures it. */
struct @n@_node {
    @u@ key;
    struct @n@_node *child[2];
};

struct @n@_arena {
    struct @n@_node nodes[@pow@];
    size_t used;
};

static struct @n@_node *@n@_allocate(struct @n@_arena *arena, @u@ key)
{
    struct @n@_node *node;

    if (arena->used == @pow@)
        return NULL;
    node = &arena->nodes[arena->used++];
    node->key = key;
    node->child[0] = node->child[1] = NULL;
    return node;
}

static void @n@_add(struct @n@_arena *arena, struct @n@_node **root, @u@ key)
{
    while (*root != NULL) {
        if ((*root)->key == key)
            return;
        root = &(*root)->child[key > (*root)->key];
    }
    *root = @n@_allocate(arena, key);
}

static unsigned @n@_height(const struct @n@_node *root)
{
    unsigned left, right;

    if (root == NULL)
        return 0;
    left = @n@_height(root->child[0]);
    right = @n@_height(root->child[1]);
    return 1 + (left > right ? left : right);
}

static uint64_t @n@_walk(const struct @n@_node *root, uint64_t sum)
{
    if (root == NULL)
        return sum;
    sum = @n@_walk(root->child[0], sum);
    sum = atlas_fold(sum, root->key);
    return @n@_walk(root->child[1], sum);
}

static uint64_t @n@(uint64_t seed)
{
    struct @n@_arena arena;
    struct @n@_node *root = NULL;

    arena.used = 0;
    for (unsigned turn = 0; turn < @c@u; turn++)
        @n@_add(&arena, &root, (@u@)(atlas_next(&seed) % @prime@u));
    return atlas_fold(@n@_walk(root, @a@u), @n@_height(root));
}
