#pragma once
#include <stddef.h>
#include <stdint.h>
#include <string.h>

// MD5 (RFC 1321) of eight streams side by side, a vector lane each. In C because Swift's vectors are
// only fast when they are optimised, and tests are not.

typedef uint32_t cl_lanes __attribute__((vector_size(32)));

#define CL_CHOICE(mask, yes, no) ((((yes) ^ (no)) & (mask)) ^ (no))
#define CL_STEP(a, b, mixed, word, sine, turn)                                                     \
    do {                                                                                           \
        cl_lanes sum = (a) + (mixed) + words[(word) & 15] + (sine);                                \
        (a) = (b) + (sum << (turn) | sum >> (32 - (turn)));                                        \
    } while (0)

#define CL_PAIR(x, y, ...) __builtin_shufflevector(x, y, __VA_ARGS__)

// Eight words of each lane, turned so that each vector holds one word of all of them. By shuffles:
// words that are stored one by one and loaded as a vector would have to reach memory in between.
__attribute__((always_inline)) static inline void cl_md5_words(
    cl_lanes out[8], const unsigned char *const starts[8], size_t offset)
{
    cl_lanes row[8], two[8], four[8];
    for (int lane = 0; lane < 8; lane++) memcpy(&row[lane], starts[lane] + offset, 32);
    for (int i = 0; i < 8; i += 2) {
        two[i] = CL_PAIR(row[i], row[i + 1], 0, 8, 1, 9, 4, 12, 5, 13);
        two[i + 1] = CL_PAIR(row[i], row[i + 1], 2, 10, 3, 11, 6, 14, 7, 15);
    }
    for (int i = 0; i < 8; i += 4) {
        for (int side = 0; side < 2; side++) {
            four[i + 2 * side] = CL_PAIR(two[i + side], two[i + 2 + side], 0, 1, 8, 9, 4, 5, 12, 13);
            four[i + 2 * side + 1] =
                CL_PAIR(two[i + side], two[i + 2 + side], 2, 3, 10, 11, 6, 7, 14, 15);
        }
    }
    for (int i = 0; i < 4; i++) {
        out[i] = CL_PAIR(four[i], four[i + 4], 0, 1, 2, 3, 8, 9, 10, 11);
        out[i + 4] = CL_PAIR(four[i], four[i + 4], 4, 5, 6, 7, 12, 13, 14, 15);
    }
}

// Always inlined, so that each caller has it in its own instruction set.
__attribute__((always_inline)) static inline void cl_md5_body(
    uint32_t state[4][8], const unsigned char *const starts[8], size_t blocks,
    const uint32_t sines[64])
{
    cl_lanes a, b, c, d, words[16];
    memcpy(&a, state[0], 32);
    memcpy(&b, state[1], 32);
    memcpy(&c, state[2], 32);
    memcpy(&d, state[3], 32);
    for (size_t block = 0; block < blocks; block++) {
        cl_md5_words(words, starts, block * 64);
        cl_md5_words(words + 8, starts, block * 64 + 32);
        cl_lanes old_a = a, old_b = b, old_c = c, old_d = d;
        for (int i = 0; i < 16; i += 4) {
            CL_STEP(a, b, CL_CHOICE(b, c, d), i, sines[i], 7);
            CL_STEP(d, a, CL_CHOICE(a, b, c), i + 1, sines[i + 1], 12);
            CL_STEP(c, d, CL_CHOICE(d, a, b), i + 2, sines[i + 2], 17);
            CL_STEP(b, c, CL_CHOICE(c, d, a), i + 3, sines[i + 3], 22);
        }
        for (int i = 0; i < 16; i += 4) {
            CL_STEP(a, b, CL_CHOICE(d, b, c), 5 * i + 1, sines[i + 16], 5);
            CL_STEP(d, a, CL_CHOICE(c, a, b), 5 * i + 6, sines[i + 17], 9);
            CL_STEP(c, d, CL_CHOICE(b, d, a), 5 * i + 11, sines[i + 18], 14);
            CL_STEP(b, c, CL_CHOICE(a, c, d), 5 * i + 16, sines[i + 19], 20);
        }
        for (int i = 0; i < 16; i += 4) {
            CL_STEP(a, b, b ^ c ^ d, 3 * i + 5, sines[i + 32], 4);
            CL_STEP(d, a, a ^ b ^ c, 3 * i + 8, sines[i + 33], 11);
            CL_STEP(c, d, d ^ a ^ b, 3 * i + 11, sines[i + 34], 16);
            CL_STEP(b, c, c ^ d ^ a, 3 * i + 14, sines[i + 35], 23);
        }
        for (int i = 0; i < 16; i += 4) {
            CL_STEP(a, b, c ^ (b | ~d), 7 * i, sines[i + 48], 6);
            CL_STEP(d, a, b ^ (a | ~c), 7 * i + 7, sines[i + 49], 10);
            CL_STEP(c, d, a ^ (d | ~b), 7 * i + 14, sines[i + 50], 15);
            CL_STEP(b, c, d ^ (c | ~a), 7 * i + 21, sines[i + 51], 21);
        }
        a += old_a;
        b += old_b;
        c += old_c;
        d += old_d;
    }
    memcpy(state[0], &a, 32);
    memcpy(state[1], &b, 32);
    memcpy(state[2], &c, 32);
    memcpy(state[3], &d, 32);
}

#undef CL_PAIR
#undef CL_STEP
#undef CL_CHOICE

#if defined(__x86_64__)
__attribute__((target("avx2"))) static inline void cl_md5_avx2(
    uint32_t state[4][8], const unsigned char *const starts[8], size_t blocks,
    const uint32_t sines[64])
{
    cl_md5_body(state, starts, blocks, sines);
}
#endif

// Takes `blocks` blocks of 64 bytes from each start into the words a, b, c, d of each lane.
static inline void cl_md5_lanes(
    uint32_t *words, const unsigned char *const *starts, size_t blocks, const uint32_t *sines)
{
    uint32_t (*state)[8] = (uint32_t (*)[8])words;
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx2")) {
        cl_md5_avx2(state, starts, blocks, sines);
        return;
    }
#endif
    cl_md5_body(state, starts, blocks, sines);
}
