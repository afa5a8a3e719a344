#pragma once
// Linux calls that glibc declares only under _GNU_SOURCE, which Swift's Glibc module does not set.
#include <stddef.h>
#include <sys/types.h>

int fallocate(int fd, int mode, off_t offset, off_t length);
int sync_file_range(int fd, off_t offset, off_t length, unsigned int flags);
int syncfs(int fd);
ssize_t copy_file_range(
    int from, off_t *from_offset, int to, off_t *to_offset, size_t length, unsigned int flags);
int sched_getaffinity(pid_t pid, size_t size, void *set);

// From <unistd.h>, there only under _GNU_SOURCE as well.
enum { LINUX_SEEK_DATA = 3, LINUX_SEEK_HOLE = 4 };

#include <sys/vfs.h>

// Whether a file lies in memory. fstatfs(2) is not in Swift's Glibc module either.
static inline int cl_is_in_memory(int fd)
{
    struct statfs system;
    return fstatfs(fd, &system) == 0 && system.f_type == 0x01021994 /* TMPFS_MAGIC */;
}
