/* A table-driven cyclic redundancy check, reflected. */
static uint32_t @n@_table[256];

static void @n@_prepare(void)
{
    for (uint32_t byte = 0; byte < 256; byte++) {
        uint32_t value = byte;

        for (int bit = 0; bit < 8; bit++)
            value = (value >> 1) ^ (value & 1u ? UINT32_C(0xed@hex4@20) : 0u);
        @n@_table[byte] = value;
    }
}

static uint32_t @n@_update(uint32_t crc, const unsigned char *data, size_t length)
{
    while (length-- > 0)
        crc = @n@_table[(crc ^ *data++) & 0xffu] ^ (crc >> 8);
    return crc;
}

static uint64_t @n@(uint64_t seed)
{
    unsigned char block[@pow@];
    uint32_t crc = UINT32_MAX;

    if (@n@_table[1] == 0)
        @n@_prepare();
    for (unsigned turn = 0; turn < @small@; turn++) {
        for (size_t at = 0; at < sizeof block; at++)
            block[at] = (unsigned char)(atlas_next(&seed) >> @small@);
        crc = @n@_update(crc, block, sizeof block);
    }
    return atlas_fold(@a@u, ~crc);
}
