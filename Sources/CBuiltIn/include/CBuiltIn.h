// The files of manifests/, torrents/ and labels/, compiled in.
#ifndef CBUILTIN_H
#define CBUILTIN_H

#include <stddef.h>

#pragma clang assume_nonnull begin

/// One file: its bare name and its bytes, which live as long as the program.
typedef struct {
    const char *name;
    const unsigned char *bytes;
    size_t size;
} built_in_resource;

size_t built_in_count(void);

/// The file of an index below `built_in_count()`; the last one for any other.
built_in_resource built_in_file(size_t index);

#pragma clang assume_nonnull end

#endif
