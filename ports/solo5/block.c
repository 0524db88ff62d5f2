/* SPDX-License-Identifier: ISC
 *
 * ports/solo5/block.c - block devices: a page is Solo5's block, and a transfer is a call for each,
 * because one call moves one block.
 *
 * A device can be acquired once, so a closed one stays known here and is opened again by name. */
#include <mnet/block.h>
#include <mnet/port.h>
#include <solo5.h>
#include <string.h>

/* How many devices a program can have. */
#define BLOCKS_MAX 16u

struct solo5_block {
    struct mnet_blockdev dev; /* first, so that it can be cast back */
    solo5_handle_t handle;    /* of the acquired device */
};

static struct solo5_block blocks[BLOCKS_MAX];
static size_t block_count;

static mnet_err block_read(struct mnet_blockdev *dev, uint64_t offset, void *to, size_t len)
{
    const struct solo5_block *block = (struct solo5_block *)dev;
    for (size_t done = 0; done < len; done += dev->page_size) {
        if (solo5_block_read(block->handle, offset + done, (uint8_t *)to + done, dev->page_size) !=
            SOLO5_R_OK)
            return MNET_ERR_IO;
    }
    return MNET_OK;
}

static mnet_err block_write(struct mnet_blockdev *dev, uint64_t offset, const void *from,
                            size_t len)
{
    const struct solo5_block *block = (struct solo5_block *)dev;
    for (size_t done = 0; done < len; done += dev->page_size) {
        if (solo5_block_write(block->handle, offset + done, (const uint8_t *)from + done,
                              dev->page_size) != SOLO5_R_OK)
            return MNET_ERR_IO;
    }
    return MNET_OK;
}

static const struct mnet_blockdev_ops block_ops = {.read = block_read, .write = block_write};

static struct solo5_block *find(const char *name)
{
    for (size_t i = 0; i < block_count; i++) {
        if (strcmp(blocks[i].dev.name, name) == 0)
            return &blocks[i];
    }
    return NULL;
}

static struct solo5_block *acquire(const char *name, const char **why)
{
    struct solo5_block_info info;
    if (block_count == BLOCKS_MAX) {
        *why = "a program can have 16 block devices";
        return NULL;
    }
    struct solo5_block *block = &blocks[block_count];
    if (solo5_block_acquire(name, &block->handle, &info) != SOLO5_R_OK) {
        *why = "the manifest of this image has no such block device";
        return NULL;
    }
    block->dev = (struct mnet_blockdev){.ops = &block_ops,
                                        .name = name,
                                        .length = info.capacity,
                                        .page_size = (uint32_t)info.block_size};
    block_count++;
    return block;
}

mnet_err mnet_port_block_open(const char *name, const char *spec, struct mnet_blockdev **out,
                              const char **why)
{
    *out = NULL;
    if (spec) {
        *why = "on Solo5 --block: stands in front of the image, for the tender";
        return MNET_ERR_IO;
    }
    struct solo5_block *block = find(name);
    if (!block)
        block = acquire(name, why);
    if (!block)
        return MNET_ERR_NO_DEVICE;
    *out = &block->dev;
    return MNET_OK;
}

void mnet_port_block_close(struct mnet_blockdev *dev)
{
    (void)dev;
}
