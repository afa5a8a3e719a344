#pragma once
#include <zlib.h>

// deflateInit2 is a macro, which Swift cannot call. `window_bits` says the form as well: 15 is
// zlib's own, 31 is gzip's (zlib.h). The level is the usual one, the memory too.
static inline int cz_deflate_init(z_stream *stream, int window_bits)
{
    return deflateInit2(stream, 6, Z_DEFLATED, window_bits, 8, Z_DEFAULT_STRATEGY);
}
