/* SPDX-License-Identifier: ISC
 *
 * Block devices, at once. What a program asks for is checked here, once for all ports, and cut into
 * pieces that the device takes. */
#include <run/block.h>

/* About 60 us where every page of 512 bytes costs an exit to a hypervisor (2 us), less elsewhere:
 * short enough to be done between two rounds of the scheduler. */
#define TRANSFER_DEFAULT 16384u

mnet_err mn_blockdev_check(const struct mnet_blockdev *dev, uint64_t offset, size_t len,
                           bool is_write)
{
    uint64_t rest = dev->page_size - 1u;
    if ((offset & rest) != 0 || (len & rest) != 0)
        return MNET_ERR_NOT_ALIGNED;
    if (offset > dev->length || len > dev->length - offset)
        return MNET_ERR_PAST_END;
    return is_write && dev->is_read_only ? MNET_ERR_READ_ONLY : MNET_OK;
}

size_t mn_blockdev_piece(const struct mnet_blockdev *dev, size_t len)
{
    size_t most = dev->page_size > TRANSFER_DEFAULT ? dev->page_size : TRANSFER_DEFAULT;
    if (dev->transfer_max > 0)
        most = dev->transfer_max;
    return len < most ? len : most;
}

mnet_err mnet_block_atomic_read(struct mnet_blockdev *dev, uint64_t offset, void *to, size_t len)
{
    mnet_err err = mn_blockdev_check(dev, offset, len, false);
    for (size_t piece; err == MNET_OK && len > 0; len -= piece) {
        piece = mn_blockdev_piece(dev, len);
        err = dev->ops->read(dev, offset, to, piece);
        to = (char *)to + piece;
        offset += piece;
    }
    return err;
}

mnet_err mnet_block_atomic_write(struct mnet_blockdev *dev, uint64_t offset, const void *from,
                                 size_t len)
{
    mnet_err err = mn_blockdev_check(dev, offset, len, true);
    for (size_t piece; err == MNET_OK && len > 0; len -= piece) {
        piece = mn_blockdev_piece(dev, len);
        err = dev->ops->write(dev, offset, from, piece);
        from = (const char *)from + piece;
        offset += piece;
    }
    return err;
}
