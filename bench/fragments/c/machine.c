/* A stack machine with eight instructions. */
enum @n@_opcode { @n@_PUSH, @n@_ADD, @n@_MUL, @n@_XOR, @n@_DUP, @n@_SWAP, @n@_JNZ, @n@_HALT };

struct @n@_word {
    enum @n@_opcode opcode;
    int32_t operand;
};

struct @n@_state {
    uint32_t stack[@pow@];
    unsigned depth;
    unsigned fuel;
};

static uint32_t @n@_drop(struct @n@_state *state)
{
    return state->depth > 0 ? state->stack[--state->depth] : @a@u;
}

static void @n@_keep(struct @n@_state *state, uint32_t value)
{
    if (state->depth < @pow@)
        state->stack[state->depth++] = value;
}

static uint32_t @n@_execute(const struct @n@_word *program, struct @n@_state *state)
{
    for (int counter = 0; state->fuel-- > 0; counter++) {
        const struct @n@_word *word = &program[counter];
        uint32_t left, right;

        switch (word->opcode) {
        case @n@_PUSH:
            @n@_keep(state, (uint32_t)word->operand);
            break;
        case @n@_ADD:
            right = @n@_drop(state);
            @n@_keep(state, @n@_drop(state) + right);
            break;
        case @n@_MUL:
            right = @n@_drop(state);
            @n@_keep(state, @n@_drop(state) * right);
            break;
        case @n@_XOR:
            right = @n@_drop(state);
            @n@_keep(state, @n@_drop(state) ^ right);
            break;
        case @n@_DUP:
            left = @n@_drop(state);
            @n@_keep(state, left);
            @n@_keep(state, left);
            break;
        case @n@_SWAP:
            right = @n@_drop(state);
            left = @n@_drop(state);
            @n@_keep(state, right);
            @n@_keep(state, left);
            break;
        case @n@_JNZ:
            left = @n@_drop(state);
            @n@_keep(state, left);
            if (left % @small@u != 0)
                counter += word->operand;
            break;
        case @n@_HALT:
            return @n@_drop(state);
        }
    }
    return state->stack[0];
}

static uint64_t @n@(uint64_t seed)
{
    const struct @n@_word program[] = {
        {@n@_PUSH, (int32_t)(seed % @a@u)}, {@n@_PUSH, @b@}, {@n@_ADD, 0},
        {@n@_DUP, 0}, {@n@_PUSH, @c@}, {@n@_XOR, 0}, {@n@_MUL, 0},
        {@n@_JNZ, -7}, {@n@_PUSH, @prime@}, {@n@_SWAP, 0}, {@n@_ADD, 0}, {@n@_HALT, 0},
    };
    struct @n@_state state = {{0}, 0, @c@u};
    uint32_t result = @n@_execute(program, &state);

    return atlas_fold(result, ((uint64_t)state.depth << 32) | state.fuel);
}
