/* SPDX-License-Identifier: ISC
 *
 * mnet/block.h - block devices: fixed-size pages, read and written by offset. */
#ifndef MNET_BLOCK_H
#define MNET_BLOCK_H

#include <mnet/err.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct mnet_blockdev;

struct mnet_blockdev_ops {
    /* `offset` and `len` are multiples of page_size and inside the device (checked by the caller).
     * Errors: IO. */
    mnet_err (*read)(struct mnet_blockdev *dev, uint64_t offset, void *to, size_t len);
    mnet_err (*write)(struct mnet_blockdev *dev, uint64_t offset, const void *from, size_t len);
};

struct mnet_blockdev {
    const struct mnet_blockdev_ops *ops;
    const char *name;
    uint64_t length;    /* bytes, a multiple of page_size */
    uint32_t page_size; /* bytes, a power of two */
};

/* Reads or writes `len` bytes at `offset` at once. Errors: INVALID (not aligned, or past the end),
 * IO. */
MNET_MUST_USE mnet_err mnet_block_read(struct mnet_blockdev *dev, uint64_t offset, void *to,
                                       size_t len);
MNET_MUST_USE mnet_err mnet_block_write(struct mnet_blockdev *dev, uint64_t offset,
                                        const void *from, size_t len);

#endif
