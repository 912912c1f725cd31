/*
 * The wire, as docs/wire.md tells it: how the front packs what it says and reads what it is answered.
 * It knows bytes only; it never learns what they are for, and it never reads past a frame.
 */
#ifndef ZCCACHE_WIRE_H
#define ZCCACHE_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/types.h>

/* docs/wire.md, "Frames". */
enum { HEADER_BYTES = 8, PROTOCOL = 1, MAX_BODY_BYTES = 64 * 1024 * 1024 };
enum { BEGIN = 0x01, FINISH = 0x02, HELLO = 0x04 };
enum { HIT = 0x81, RUN = 0x82, PASS = 0x83, FAIL = 0x84, RECORDED = 0x85, COLD = 0x86, RESTART = 0x88, BUSY = 0x89, WELCOME = 0x8a, SPREAD = 0x8b };
/* docs/wire.md, "Bodies": how long the heads are, and what the flags say. */
enum { BEGIN_HEAD_BYTES = 56, STDOUT_IS_TTY = 1, STDERR_IS_TTY = 2, STREAMS_ARE_ONE = 4, IS_APART = 8 };
enum { FINISH_HEAD_BYTES = 36, EXITED = 0, KILLED = 1, CAPTURE_INCOMPLETE = 1 };
enum { HIT_HEAD_BYTES = 12, RUN_HEAD_BYTES = 44, MORE_FOLLOWS = 1, ONE_STREAM = 2, PASS_HEAD_BYTES = 8, FAIL_HEAD_BYTES = 8, WORD_HEAD_BYTES = 4 };
enum { SPREAD_HEAD_BYTES = 20, PIECE_HEAD_BYTES = 16 };
enum { WORD_BYTES = 64, PROOF_BYTES = 32 };
/* docs/wire.md, "Times and limits". */
enum { ANSWER_WITHIN_MS = 600, ANSWER_AT_LAST_MS = 120000, START_WITHIN_MS = 10000, START_BACK_OFF_S = 30 };
enum { KEEP_AT_MOST_BYTES = 16 * 1024 * 1024, LONGEST_ADDRESS_BYTES = 100 };

/* docs/wire.md, "Bodies": by which the parts of the outlook are told apart. */
#define OUTLOOK_FACTOR UINT64_C(0x9E3779B97F4A7C15)

/* What a front says of a compile; the three parts of BEGIN follow this head. */
struct begin {
    uint32_t version, umask, flags;
    uint64_t outlook, cwd_dev, cwd_ino;
    size_t argc, envc, cwd_length, argv_length, env_length;
};

/* How the command of RUN ended; both streams follow this head. */
struct finish {
    uint64_t ticket, duration_ns;
    int how, value;
    bool incomplete;
    size_t out_length, err_length;
};

/* A whole frame of the daemon: the body is as long as it says, and what lies behind it may be read, too. */
struct answer {
    unsigned kind;
    unsigned char *body;
    size_t length;
};

/* What RUN tells: the parts lie in the answer, the blocks are checked where they are split. */
struct run {
    uint64_t ticket;
    int nice;
    bool more_follows, one_stream;
    char *program, *argv_block, *env_block, *out, *err;
    size_t argc, envc, argv_length, env_length, out_length, err_length;
};

/* What SPREAD tells: so many pieces lie between at and end. */
struct spread {
    uint64_t ticket;
    size_t at_once, count;
    bool more_follows;
    unsigned char *at, *end;
};

/* One of them: a command, and what is to be printed before it prints anything. */
struct piece {
    char *argv_block, *out, *err;
    size_t argc, argv_length, out_length, err_length;
};

static unsigned char *put_u32(unsigned char *at, size_t value) {
    for (int shift = 0; shift < 32; shift += 8)
        *at++ = (unsigned char)(value >> shift);
    return at;
}

static unsigned char *put_u64(unsigned char *at, uint64_t value) {
    return put_u32(put_u32(at, (uint32_t)value), (uint32_t)(value >> 32));
}

static unsigned char *put_header(unsigned char *at, size_t body_length, unsigned kind) {
    return put_u32(put_u32(at, body_length), 'Z' | 'C' << 8 | PROTOCOL << 16 | kind << 24);
}

static unsigned char *put_words(unsigned char *at, char *const *list, size_t count) {
    for (size_t i = 0; i < count; i++)
        at = (unsigned char *)stpcpy((char *)at, list[i]) + 1;
    return at;
}

/* HELLO or WELCOME: one half of the token. */
static unsigned char *put_greeting(unsigned char *at, unsigned kind, const unsigned char proof[PROOF_BYTES]) {
    return (unsigned char *)memcpy(put_header(at, PROOF_BYTES, kind), proof, PROOF_BYTES) + PROOF_BYTES;
}

/* Compare in a time that does not tell where they differ. */
static bool are_equal(const unsigned char *one, const unsigned char *other, size_t length) {
    unsigned difference = 0;
    for (size_t i = 0; i < length; i++)
        difference |= (unsigned)(one[i] ^ other[i]);
    return difference == 0;
}

static size_t begin_body_length(const struct begin *begin) {
    return BEGIN_HEAD_BYTES + begin->cwd_length + begin->argv_length + begin->env_length;
}

static unsigned char *put_begin_head(unsigned char *at, const struct begin *begin) {
    at = put_header(at, begin_body_length(begin), BEGIN);
    at = put_u32(put_u32(put_u32(at, begin->version), begin->umask), begin->flags);
    at = put_u32(put_u32(at, begin->argc), begin->envc);
    at = put_u64(put_u64(put_u64(at, begin->outlook), begin->cwd_dev), begin->cwd_ino);
    return put_u32(put_u32(put_u32(at, begin->cwd_length), begin->argv_length), begin->env_length);
}

static unsigned char *put_finish_head(unsigned char *at, const struct finish *finish) {
    at = put_header(at, FINISH_HEAD_BYTES + finish->out_length + finish->err_length, FINISH);
    at = put_u64(at, finish->ticket);
    at = put_u32(put_u32(at, (size_t)finish->how), (size_t)finish->value);
    at = put_u64(at, finish->duration_ns);
    at = put_u32(at, finish->incomplete ? CAPTURE_INCOMPLETE : 0);
    return put_u32(put_u32(at, finish->out_length), finish->err_length);
}

static uint32_t u32_at(const unsigned char *at) {
    return (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

/* The length of the frame that begins with these bytes: 0 while they are too few to say, -1 for a foreign one. */
static ssize_t frame_length(const unsigned char *at, size_t filled) {
    if (filled < HEADER_BYTES)
        return 0;
    bool for_ever = at[7] == COLD || at[7] == RESTART;
    if (at[4] != 'Z' || at[5] != 'C' || (at[6] != PROTOCOL && !for_ever) || u32_at(at) > MAX_BODY_BYTES)
        return -1;
    return (ssize_t)u32_at(at) + HEADER_BYTES;
}

/* Whether a body is its head and some parts, no byte more. */
static bool adds_up(const struct answer *answer, size_t head, size_t first, size_t second, size_t third) {
    return head + first + second + third == answer->length;
}

/* Whether a text ends with its only NUL. */
static bool is_text(const char *at, size_t length) {
    return length > 0 && memchr(at, '\0', length) == at + length - 1;
}

/* Copy a word of an answer, which has no NUL; false when it is too long to be one. */
static bool copy_word(char word[WORD_BYTES], const void *from, size_t length) {
    if (length >= WORD_BYTES)
        return false;
    memset(word, 0, WORD_BYTES);
    memcpy(word, from, length);
    return true;
}

/* Read COLD: the reason for a cold walk. */
static bool read_cold(const struct answer *answer, char word[WORD_BYTES]) {
    size_t length = u32_at(answer->body);
    return adds_up(answer, WORD_HEAD_BYTES, length, 0, 0) && copy_word(word, answer->body + WORD_HEAD_BYTES, length);
}

/* Read PASS: the program's path, and the reason why it is not cached. */
static bool read_pass(const struct answer *answer, const char **program, char reason[WORD_BYTES]) {
    size_t program_length = u32_at(answer->body), reason_length = u32_at(answer->body + 4);
    *program = (const char *)answer->body + PASS_HEAD_BYTES;
    return adds_up(answer, PASS_HEAD_BYTES, program_length, reason_length, 0) && is_text(*program, program_length) &&
           copy_word(reason, *program + program_length, reason_length);
}

static bool read_run(const struct answer *answer, struct run *run) {
    const unsigned char *head = answer->body;
    size_t program_length = u32_at(head + 20);
    *run = (struct run){
        .ticket = u32_at(head) | (uint64_t)u32_at(head + 4) << 32,
        .nice = (int)u32_at(head + 8),
        .argc = u32_at(head + 12),
        .envc = u32_at(head + 16),
        .argv_length = u32_at(head + 24),
        .env_length = u32_at(head + 28),
        .more_follows = (u32_at(head + 32) & MORE_FOLLOWS) != 0,
        .one_stream = (u32_at(head + 32) & ONE_STREAM) != 0,
        .out_length = u32_at(head + 36),
        .err_length = u32_at(head + 40),
    };
    size_t blocks = run->argv_length + run->env_length, said = run->out_length + run->err_length;
    if (!adds_up(answer, RUN_HEAD_BYTES, program_length, blocks, said))
        return false;
    run->program = (char *)answer->body + RUN_HEAD_BYTES;
    run->argv_block = run->program + program_length;
    run->env_block = run->argv_block + run->argv_length;
    run->out = run->env_block + run->env_length;
    run->err = run->out + run->out_length;
    return is_text(run->program, program_length) && run->program[0] == '/' && run->argc > 0;
}

static bool read_spread(const struct answer *answer, struct spread *spread) {
    unsigned char *head = answer->body;
    *spread = (struct spread){
        .ticket = u32_at(head) | (uint64_t)u32_at(head + 4) << 32,
        .at_once = u32_at(head + 8),
        .more_follows = (u32_at(head + 12) & MORE_FOLLOWS) != 0,
        .count = u32_at(head + 16),
        .at = head + SPREAD_HEAD_BYTES,
        .end = head + answer->length,
    };
    return answer->length >= SPREAD_HEAD_BYTES && spread->at_once > 0 &&
           spread->count <= (answer->length - SPREAD_HEAD_BYTES) / PIECE_HEAD_BYTES;
}

/* Read the next piece; its words are checked where they are split. */
static bool next_piece(struct spread *spread, struct piece *piece) {
    size_t left = (size_t)(spread->end - spread->at);
    if (left < PIECE_HEAD_BYTES) return false;
    *piece = (struct piece){
        .argv_block = (char *)spread->at + PIECE_HEAD_BYTES,
        .argc = u32_at(spread->at),
        .argv_length = u32_at(spread->at + 4),
        .out_length = u32_at(spread->at + 8),
        .err_length = u32_at(spread->at + 12),
    };
    left -= PIECE_HEAD_BYTES;
    if (piece->argv_length > left || piece->out_length > left - piece->argv_length ||
        piece->err_length > left - piece->argv_length - piece->out_length)
        return false;
    piece->out = piece->argv_block + piece->argv_length;
    piece->err = piece->out + piece->out_length;
    spread->at = (unsigned char *)piece->err + piece->err_length;
    return true;
}

#endif
