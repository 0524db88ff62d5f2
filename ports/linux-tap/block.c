/* SPDX-License-Identifier: ISC
 *
 * ports/linux-tap/block.c - a file of the host as a block device: pages of 512 bytes, as on Solo5.
 *
 * Reads and writes end in the page cache of the host, which mostly has what is asked for: so there
 * is nothing in the background, and a task that waits for much of it gets it in pieces, between two
 * rounds of the scheduler. A file that this user may not write is a device that can only be read.
 */
#define _GNU_SOURCE
#include "tap_port.h"
#include <errno.h>
#include <fcntl.h>
#include <mnet/block.h>
#include <mnet/port.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PAGE_SIZE 512u

struct file_block {
    struct mnet_blockdev dev; /* first, so that it can be cast back */
    int fd;                   /* of the file */
};

static mnet_err file_read(struct mnet_blockdev *dev, uint64_t offset, void *to, size_t len)
{
    const struct file_block *file = (struct file_block *)dev;
    while (len > 0) {
        ssize_t n = pread(file->fd, to, len, (off_t)offset);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return MNET_ERR_IO;
        to = (char *)to + n;
        offset += (uint64_t)n;
        len -= (size_t)n;
    }
    return MNET_OK;
}

static mnet_err file_write(struct mnet_blockdev *dev, uint64_t offset, const void *from, size_t len)
{
    const struct file_block *file = (struct file_block *)dev;
    while (len > 0) {
        ssize_t n = pwrite(file->fd, from, len, (off_t)offset);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return MNET_ERR_IO;
        from = (const char *)from + n;
        offset += (uint64_t)n;
        len -= (size_t)n;
    }
    return MNET_OK;
}

static const struct mnet_blockdev_ops file_ops = {.read = file_read, .write = file_write};

/* Whether a file cannot be opened for writing though it may be read: no permission, a read-only
 * file system, immutable, a program that runs. */
static bool is_about_writing(int error)
{
    return error == EACCES || error == EROFS || error == EPERM || error == ETXTBSY;
}

static const char *open_file(struct file_block *file, const char *name, const char *path)
{
    bool is_read_only = false;
    struct stat st;
    /* A FIFO would otherwise be waited for. */
    file->fd = open(path, O_RDWR | O_CLOEXEC | O_NONBLOCK);
    if (file->fd < 0 && is_about_writing(errno)) {
        is_read_only = true;
        file->fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    }
    if (file->fd < 0)
        return tap_why("file %s cannot be opened: %s", path, strerror(errno));
    if (fstat(file->fd, &st) || !S_ISREG(st.st_mode))
        return tap_why("%s is not a regular file", path);
    if (st.st_size == 0)
        return tap_why("file %s is empty", path);
    if (st.st_size % PAGE_SIZE != 0)
        return tap_why("the length of file %s, %lld bytes, is not a multiple of %u", path,
                       (long long)st.st_size, PAGE_SIZE);
    file->dev = (struct mnet_blockdev){.ops = &file_ops,
                                       .name = name,
                                       .length = (uint64_t)st.st_size,
                                       .page_size = PAGE_SIZE,
                                       .is_read_only = is_read_only};
    return NULL;
}

mnet_err mnet_port_block_open(const char *name, const char *spec, struct mnet_blockdev **out,
                              const char **why)
{
    *out = NULL;
    if (!spec) {
        *why = tap_why("no file was named: --block:%s=disk.img", name);
        return MNET_ERR_NO_DEVICE;
    }
    struct file_block *file = calloc(1, sizeof *file);
    if (!file) {
        *why = "the system is out of memory";
        return MNET_ERR_IO;
    }
    *why = open_file(file, name, spec);
    if (*why) {
        if (file->fd >= 0)
            close(file->fd);
        free(file);
        return MNET_ERR_NO_DEVICE;
    }
    *out = &file->dev;
    return MNET_OK;
}

void mnet_port_block_close(struct mnet_blockdev *dev)
{
    if (!dev)
        return;
    struct file_block *file = (struct file_block *)dev;
    close(file->fd);
    free(file);
}
