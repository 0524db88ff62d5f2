/* SPDX-License-Identifier: ISC
 *
 * run/block.h - what reads and writes at once and those that wait have in common. */
#ifndef MN_RUN_BLOCK_H
#define MN_RUN_BLOCK_H

#include <mnet/block.h>

/* The errors of mnet/block.h that can be told without asking the device. */
mnet_err mn_blockdev_check(const struct mnet_blockdev *dev, uint64_t offset, size_t len,
                           bool is_write);
/* How many of `len` bytes the device takes in one call. */
size_t mn_blockdev_piece(const struct mnet_blockdev *dev, size_t len);

#endif
