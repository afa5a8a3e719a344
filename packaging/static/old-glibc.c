// What the program and the libraries in it take from a newer glibc than 2.34, for packages that run
// with 2.34 as well. The linker finds these first, so nothing asks for the newer ones.

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/random.h>

#define HIDDEN __attribute__((visibility("hidden")))

// glibc 2.35 has a version that leaves errno alone; the value is the same.
__asm__(".symver old_hypotf, hypotf@GLIBC_2.2.5");
extern float old_hypotf(float x, float y);
HIDDEN float hypotf(float x, float y) { return old_hypotf(x, y); }

// From glibc 2.36. Never fails there, so nobody could handle a failure.
HIDDEN void arc4random_buf(void *buffer, size_t count) {
    unsigned char *next = buffer;
    while (count > 0) {
        ssize_t got = getrandom(next, count < 256 ? count : 256, 0);
        if (got > 0) {
            next += got;
            count -= (size_t)got;
        } else if (got < 0) {
            // Only EINTR is possible on a kernel that has it, and none without it runs this program.
            extern int *__errno_location(void);
            if (*__errno_location() != 4) abort();
        }
    }
}

HIDDEN uint32_t arc4random(void) {
    uint32_t value;
    arc4random_buf(&value, sizeof value);
    return value;
}
