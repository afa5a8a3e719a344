#pragma once
#include <zlib.h>

// deflateInit2 is a macro, which Swift cannot call. `window_bits` says the form as well: 15 is
// zlib's own, 31 is gzip's (zlib.h). The memory is the usual one.
static inline int cz_deflate_init(z_stream *stream, int window_bits, int level)
{
    return deflateInit2(stream, level, Z_DEFLATED, window_bits, 8, Z_DEFAULT_STRATEGY);
}
