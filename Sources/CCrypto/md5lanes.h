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
        for (int word = 0; word < 16; word++) {
            uint32_t side[8];
            for (int lane = 0; lane < 8; lane++) {
                const unsigned char *from = starts[lane] + block * 64 + word * 4;
                side[lane] = (uint32_t)from[0] | (uint32_t)from[1] << 8 | (uint32_t)from[2] << 16
                    | (uint32_t)from[3] << 24;
            }
            memcpy(&words[word], side, 32);
        }
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
