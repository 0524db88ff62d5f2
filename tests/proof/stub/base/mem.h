/* SPDX-License-Identifier: ISC
 *
 * base/mem.h as the proofs see it: the same calls over a few blocks of a static array, whose places
 * are plain numbers to the analysis. Any request may fail. Reference counts are not kept; that
 * blocks and objects are given back exactly once is not proved here (README.md).
 *
 *      pages | 0: large block | 1: packets to send | free | ... | received frame |
 *
 * All packets to send share a block, as do all copies; the received frame is at the very end. */
#ifndef MN_MEM_H
#define MN_MEM_H

#include <base/assert.h>
#include <base/list.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MN_PAGE_SIZE 16384u
#define MN_BLOCK_SMALL 2048u
#define MN_BLOCK_LARGE MN_PAGE_SIZE
#define MN_PAGE_BLOCKS (MN_PAGE_SIZE / MN_BLOCK_SMALL)

struct mn_mem {
    uint8_t *pages_at;   /* as in the real one */
    uint32_t page_count; /* any */
};

uint8_t *mn_block_get_small(struct mn_mem *mem);
uint8_t *mn_block_get_large(struct mn_mem *mem);

static inline uint32_t mn_block_size(const struct mn_mem *mem, const uint8_t *at)
{
    return at - mem->pages_at < MN_PAGE_SIZE ? MN_BLOCK_LARGE : MN_BLOCK_SMALL;
}

static inline uint8_t *mn_block_start(const struct mn_mem *mem, const uint8_t *at)
{
    size_t offset = (size_t)(at - mem->pages_at);
    return mem->pages_at + (offset & ~(size_t)(mn_block_size(mem, at) - 1));
}

static inline bool mn_block_is_edge(const struct mn_mem *mem, const uint8_t *at)
{
    return (size_t)(at - mem->pages_at) % MN_BLOCK_SMALL == 0;
}

static inline bool mn_block_is_sole(const struct mn_mem *mem, const uint8_t *at)
{
    return at - mem->pages_at < 2 * MN_PAGE_SIZE;
}

static inline void mn_block_ref(struct mn_mem *mem, const uint8_t *at)
{
    MN_ASSERT(at - mem->pages_at < 2 * MN_PAGE_SIZE);
}

static inline void mn_block_unref(struct mn_mem *mem, const uint8_t *at)
{
    MN_ASSERT(at - mem->pages_at < 2 * MN_PAGE_SIZE);
}

struct mn_pool {
    struct mn_mem *mem;
    uint32_t object_size;
    uint32_t count;
};

void mn_pool_init(struct mn_pool *pool, struct mn_mem *mem, const char *name, size_t object_size,
                  uint32_t count_max);
void *mn_pool_get(struct mn_pool *pool);
void *mn_pool_get_raw(struct mn_pool *pool);
void mn_pool_put(struct mn_pool *pool, void *object);

#endif
