/* SPDX-License-Identifier: ISC
 *
 * ports/sim/block.c - block devices in memory.
 *
 * A transfer in the background is kept in a list until its time has come; only then bytes move, so
 * that a program which takes its memory back too early is found out by a sanitizer. */
#include "sim_world.h"
#include <mnet/block.h>
#include <mnet/port.h>
#include <stdlib.h>
#include <string.h>

#define PAGE_SIZE 512u
/* As many as make overtaking likely, and few enough for a test to fill. */
#define ROOM_DEFAULT 8u

/* A transfer under way. */
struct sim_transfer {
    struct mnet_block_op *op;
    mnet_time at; /* when it completes */
};

struct sim_block {
    struct mnet_blockdev dev;       /* first, so that it can be cast back */
    struct sim_block *next;         /* of the world */
    struct sim *sim;                /* the world */
    struct sim_block_config config; /* how good it is */
    struct mnet_rng_seeded rng;     /* of its own, so that devices do not disturb each other */
    struct sim_transfer *transfers; /* under way, in the order in which they began */
    unsigned transfer_count;        /* how many */
    uint8_t bytes[];                /* all of it */
};

static mnet_err block_read(struct mnet_blockdev *dev, uint64_t offset, void *to, size_t len)
{
    struct sim_block *block = (struct sim_block *)dev;
    if (sim_chance(&block->rng, block->config.fail_ppm))
        return MNET_ERR_IO;
    memcpy(to, block->bytes + offset, len);
    return MNET_OK;
}

static mnet_err block_write(struct mnet_blockdev *dev, uint64_t offset, const void *from,
                            size_t len)
{
    struct sim_block *block = (struct sim_block *)dev;
    if (dev->is_read_only)
        sim_bug("sim: a read-only block device is written");
    if (sim_chance(&block->rng, block->config.fail_ppm))
        return MNET_ERR_IO;
    memcpy(block->bytes + offset, from, len);
    return MNET_OK;
}

static mnet_err block_submit(struct mnet_blockdev *dev, struct mnet_block_op *op)
{
    struct sim_block *block = (struct sim_block *)dev;
    const struct sim_block_config *config = &block->config;
    if (block->transfer_count == config->room)
        return MNET_ERR_AGAIN;
    struct sim_transfer *transfer = &block->transfers[block->transfer_count++];
    transfer->op = op;
    transfer->at = block->sim->now + config->delay;
    if (config->jitter > 0)
        transfer->at += sim_below(&block->rng, config->jitter + 1);
    return MNET_OK;
}

/* The transfer that completes first, NULL if there is none. */
static struct sim_transfer *earliest(const struct sim_block *block)
{
    struct sim_transfer *first = NULL;
    for (unsigned i = 0; i < block->transfer_count; i++) {
        if (!first || block->transfers[i].at < first->at)
            first = &block->transfers[i];
    }
    return first;
}

static struct mnet_block_op *block_complete(struct mnet_blockdev *dev, mnet_err *result)
{
    struct sim_block *block = (struct sim_block *)dev;
    struct sim_transfer *first = earliest(block);
    if (!first || first->at > block->sim->now)
        return NULL;
    struct mnet_block_op *op = first->op;
    size_t after = (size_t)(block->transfers + --block->transfer_count - first);
    memmove(first, first + 1, after * sizeof *first);
    *result = op->is_write ? block_write(dev, op->offset, op->at, op->len)
                           : block_read(dev, op->offset, op->at, op->len);
    return op;
}

static const struct mnet_blockdev_ops ops = {.read = block_read, .write = block_write};
static const struct mnet_blockdev_ops background_ops = {
    .read = block_read, .write = block_write, .submit = block_submit, .complete = block_complete};

struct mnet_blockdev *sim_block_add(struct sim *sim, const struct sim_block_config *config)
{
    struct sim_block *block = sim_alloc(sizeof *block + config->length);
    block->dev = (struct mnet_blockdev){.ops = config->has_background ? &background_ops : &ops,
                                        .name = config->name,
                                        .length = config->length,
                                        .page_size = PAGE_SIZE,
                                        .transfer_max = config->transfer_max,
                                        .is_read_only = config->is_read_only};
    block->sim = sim;
    block->config = *config;
    block->config.room = config->room ? config->room : ROOM_DEFAULT;
    block->transfers = sim_alloc(block->config.room * sizeof *block->transfers);
    sim->block_count++;
    mnet_rng_seeded_init(&block->rng, sim->seed ^ sim->block_count * UINT64_C(0xd1b54a32d192ed03));
    block->next = sim->blocks;
    sim->blocks = block;
    return &block->dev;
}

mnet_time sim_blocks_next(const struct sim *sim)
{
    mnet_time next = MNET_NEVER;
    for (const struct sim_block *block = sim->blocks; block; block = block->next) {
        const struct sim_transfer *first = earliest(block);
        if (first && first->at < next)
            next = first->at;
    }
    return next > sim->now ? next : sim->now;
}

void sim_blocks_free(struct sim *sim)
{
    while (sim->blocks) {
        struct sim_block *block = sim->blocks;
        sim->blocks = block->next;
        free(block->transfers);
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
