#include "CPNG.h"

#include <png.h>
#include <string.h>

struct source {
    const uint8_t *next;
    size_t left;
    char *message;
};

static void read_bytes(png_structp png, png_bytep buffer, size_t count)
{
    struct source *source = png_get_io_ptr(png);
    if (count > source->left) png_error(png, "it ends too early");
    memcpy(buffer, source->next, count);
    source->next += count;
    source->left -= count;
}

static void fail(png_structp png, png_const_charp reason)
{
    struct source *source = png_get_error_ptr(png);
    strncpy(source->message, reason, cpng_message_size - 1);
    png_longjmp(png, 1);
}

static void warn(png_structp png, png_const_charp reason)
{
    // All pixels are there by then, but not those that were written: Pillow refuses them.
    if (strstr(reason, "incorrect data check") != NULL) png_error(png, reason);
}

static void decode(png_structp png, png_infop info, uint32_t width, uint32_t height, uint8_t *rgb)
{
    png_read_info(png, info);
    png_set_palette_to_rgb(png);
    png_set_expand_gray_1_2_4_to_8(png);
    png_set_strip_16(png);
    png_set_gray_to_rgb(png);
    png_set_strip_alpha(png);
    int passes = png_set_interlace_handling(png);
    png_read_update_info(png, info);
    if (png_get_image_width(png, info) != width || png_get_image_height(png, info) != height
        || png_get_rowbytes(png, info) != (size_t)3 * width)
        png_error(png, "its header says two things");
    for (; passes > 0; passes--)
        for (uint32_t row = 0; row < height; row++)
            png_read_row(png, rgb + (size_t)3 * width * row, NULL);
}

int cpng_decode(const uint8_t *bytes, size_t count, uint32_t width, uint32_t height, uint8_t *rgb,
                char *message)
{
    struct source source = {bytes, count, message};
    memset(message, 0, cpng_message_size);
    png_structp png = png_create_read_struct(PNG_LIBPNG_VER_STRING, &source, fail, warn);
    png_infop info = png == NULL ? NULL : png_create_info_struct(png);
    if (info == NULL) {
        png_destroy_read_struct(&png, NULL, NULL);
        strncpy(message, "there is no memory for it", cpng_message_size - 1);
        return -1;
    }
    // Nothing that is used behind it changes after this.
    int failed = setjmp(png_jmpbuf(png));
    if (failed == 0) {
        png_set_read_fn(png, &source, read_bytes);
        // Its own are 1,000,000 either way, whatever the other is.
        png_set_user_limits(png, width, height);
        decode(png, info, width, height, rgb);
    }
    png_destroy_read_struct(&png, &info, NULL);
    return failed == 0 ? 0 : -1;
}
