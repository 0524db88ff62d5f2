/* SPDX-License-Identifier: ISC
 *
 * Block devices: whatever a program asks for is checked here, once for all ports. */
#include <mnet/block.h>

static bool is_inside(const struct mnet_blockdev *dev, uint64_t offset, size_t len)
{
    uint64_t rest = dev->page_size - 1u;
    return (offset & rest) == 0 && (len & rest) == 0 && offset <= dev->length &&
           len <= dev->length - offset;
}

mnet_err mnet_block_read(struct mnet_blockdev *dev, uint64_t offset, void *to, size_t len)
{
    if (!is_inside(dev, offset, len))
        return MNET_ERR_INVALID;
    return len == 0 ? MNET_OK : dev->ops->read(dev, offset, to, len);
}

mnet_err mnet_block_write(struct mnet_blockdev *dev, uint64_t offset, const void *from, size_t len)
{
    if (!is_inside(dev, offset, len))
        return MNET_ERR_INVALID;
    return len == 0 ? MNET_OK : dev->ops->write(dev, offset, from, len);
}
