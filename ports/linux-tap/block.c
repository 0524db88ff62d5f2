/* SPDX-License-Identifier: ISC
 *
 * ports/linux-tap/block.c - a file of the host as a block device: pages of 512 bytes, as on Solo5.
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

static const char *open_file(struct file_block *file, const char *name, const char *path)
{
    file->fd = open(path, O_RDWR | O_CLOEXEC);
    if (file->fd < 0)
        return tap_why("file %s cannot be opened: %s", path, strerror(errno));
    struct stat st;
    if (fstat(file->fd, &st) || !S_ISREG(st.st_mode))
        return tap_why("%s is not a regular file", path);
    if (st.st_size == 0 || st.st_size % PAGE_SIZE != 0)
        return tap_why("the length of file %s is not a multiple of %u bytes", path, PAGE_SIZE);
    file->dev = (struct mnet_blockdev){
        .ops = &file_ops, .name = name, .length = (uint64_t)st.st_size, .page_size = PAGE_SIZE};
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
