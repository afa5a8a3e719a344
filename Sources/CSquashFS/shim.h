#pragma once
#include <sqfs/compressor.h>
#include <sqfs/dir_writer.h>
#include <sqfs/error.h>
#include <sqfs/id_table.h>
#include <sqfs/inode.h>
#include <sqfs/io.h>
#include <sqfs/meta_writer.h>
#include <sqfs/super.h>

/// A file of libsquashfs whose functions know where the bytes go.
typedef struct csqfs_sink {
    sqfs_file_t file;
    void *context;
} csqfs_sink;

/// Swift does not import flexible array members.
static inline sqfs_u32 *csqfs_blocks(sqfs_inode_generic_t *inode) { return inode->extra; }
