#pragma once
#include <stddef.h>
#include <stdint.h>
#include <string.h>
// The layout of the state: a journal keeps its bytes.
#define XXH_STATIC_LINKING_ONLY
#include <xxhash.h>

// CRC-32C by the processor's own instruction, which Swift cannot name.
#if defined(__x86_64__)

static inline int cx_has_crc32c(void) { return __builtin_cpu_supports("sse4.2"); }

__attribute__((target("sse4.2"))) static inline uint32_t cx_crc32c(
    uint32_t crc, const unsigned char *bytes, size_t count)
{
    uint64_t wide = crc;
    while (count >= 8) {
        uint64_t word;
        memcpy(&word, bytes, 8);
        wide = __builtin_ia32_crc32di(wide, word);
        bytes += 8;
        count -= 8;
    }
    uint32_t narrow = (uint32_t)wide;
    while (count-- > 0) narrow = __builtin_ia32_crc32qi(narrow, *bytes++);
    return narrow;
}
#elif defined(__aarch64__)

static inline int cx_has_crc32c(void) { return 1; }

__attribute__((target("crc"))) static inline uint32_t cx_crc32c(
    uint32_t crc, const unsigned char *bytes, size_t count)
{
    while (count >= 8) {
        uint64_t word;
        memcpy(&word, bytes, 8);
        crc = __builtin_arm_crc32cd(crc, word);
        bytes += 8;
        count -= 8;
    }
    while (count-- > 0) crc = __builtin_arm_crc32cb(crc, *bytes++);
    return crc;
}
#else
static inline int cx_has_crc32c(void) { return 0; }
static inline uint32_t cx_crc32c(uint32_t crc, const unsigned char *bytes, size_t count)
{
    (void)bytes; (void)count;
    return crc;
}
#endif
