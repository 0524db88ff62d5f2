/* SPDX-License-Identifier: ISC
 *
 * ports/virtio/block.c - there is no block device. */
#include <mnet/port.h>

mnet_err mnet_port_block_open(const char *name, const char *spec, struct mnet_blockdev **out,
                              const char **why)
{
    (void)name;
    (void)spec;
    *out = NULL;
    *why = "this port has no block devices";
    return MNET_ERR_NO_DEVICE;
}

void mnet_port_block_close(struct mnet_blockdev *dev)
{
    (void)dev;
}
