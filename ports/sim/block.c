/* SPDX-License-Identifier: ISC
 *
 * ports/sim/block.c - block devices in memory. */
#include "sim_world.h"
#include <mnet/block.h>
#include <mnet/port.h>
#include <stdlib.h>
#include <string.h>

#define PAGE_SIZE 512u

struct sim_block {
    struct mnet_blockdev dev; /* first, so that it can be cast back */
    struct sim_block *next;   /* of the world */
    uint8_t bytes[];          /* all of it */
};

static mnet_err block_read(struct mnet_blockdev *dev, uint64_t offset, void *to, size_t len)
{
    memcpy(to, ((struct sim_block *)dev)->bytes + offset, len);
    return MNET_OK;
}

static mnet_err block_write(struct mnet_blockdev *dev, uint64_t offset, const void *from,
                            size_t len)
{
    memcpy(((struct sim_block *)dev)->bytes + offset, from, len);
    return MNET_OK;
}

static const struct mnet_blockdev_ops ops = {.read = block_read, .write = block_write};

struct mnet_blockdev *sim_block_add(struct sim *sim, const char *name, size_t len)
{
    struct sim_block *block = sim_alloc(sizeof *block + len);
    block->dev =
        (struct mnet_blockdev){.ops = &ops, .name = name, .length = len, .page_size = PAGE_SIZE};
    block->next = sim->blocks;
    sim->blocks = block;
    return &block->dev;
}

void sim_blocks_free(struct sim *sim)
{
    while (sim->blocks) {
        struct sim_block *block = sim->blocks;
        sim->blocks = block->next;
        free(block);
    }
}

mnet_err mnet_port_block_open(const char *name, const char *spec, struct mnet_blockdev **out,
                              const char **why)
{
    *out = NULL;
    *why = spec ? "the world has no such block device" : "no block device was named";
    for (struct sim_block *block = sim_current()->blocks; spec && block; block = block->next) {
        if (!strcmp(block->dev.name, name)) {
            *out = &block->dev;
            *why = NULL;
            return MNET_OK;
        }
    }
    return MNET_ERR_NO_DEVICE;
}

void mnet_port_block_close(struct mnet_blockdev *dev)
{
    (void)dev;
}
