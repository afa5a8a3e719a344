#pragma once
#include <stddef.h>
#include <stdint.h>

// libpng reports errors by longjmp, which Swift cannot survive: that stays behind this function.
//
// (Its simplified interface needs none, but of interlaced images of 16 bits, libpng 1.6.39 makes
// wrong pixels there, and it rounds what loaders cut off.)

enum { cpng_message_size = 128 };

/// Decodes a PNG to rows of RGB, a byte a channel: of 16 bits the upper eight, without alpha.
///
/// Returns 0; or -1, and why in `message`: then `rgb` may be filled in part. `width` and `height` are
/// those of the PNG, or it is refused.
int cpng_decode(const uint8_t *_Nonnull bytes, size_t count, uint32_t width, uint32_t height,
                uint8_t *_Nonnull rgb, char *_Nonnull message);
