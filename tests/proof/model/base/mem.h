/* SPDX-License-Identifier: ISC
 *
 * base/mem.h as the harnesses of the input path see it: each block an array of its own, so that a byte read or
 * written outside of its block is an alarm, where the real one has its neighbour behind it. Every request may
 * fail. The same calls and constants; base/mem.c itself is not part of these proofs. */
#ifndef MN_MEM_H
#define MN_MEM_H

#include <__fc_builtin.h>
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
    uint32_t page_count;
    uint64_t failures;
};

struct mn_pool {
    struct mn_mem *mem;
    uint32_t object_size;
    uint32_t count, count_max;
};

/* Defined in path.h. */
uint8_t *mn_block_get_small(struct mn_mem *mem);
uint8_t *mn_block_get_large(struct mn_mem *mem);
void *mn_pool_get(struct mn_pool *pool);
void *mn_pool_get_raw(struct mn_pool *pool);
void mn_pool_put(struct mn_pool *pool, void *object);

/* A reference to a block is named by a pointer into it, and its end is not in it. */
/*@ requires in_block: \valid_read(at);
    assigns \nothing; */
void mn_block_ref(struct mn_mem *mem, const uint8_t *at);
/*@ requires in_block: \valid_read(at);
    assigns \nothing; */
void mn_block_unref(struct mn_mem *mem, const uint8_t *at);

static inline uint8_t *mn_block_start(const struct mn_mem *mem, const uint8_t *at)
{
    return (uint8_t *)at - Frama_C_offset(at);
}

static inline bool mn_block_is_edge(const struct mn_mem *mem, const uint8_t *at)
{
    return Frama_C_offset(at) % MN_BLOCK_SMALL == 0;
}

uint32_t mn_block_size(const struct mn_mem *mem, const uint8_t *at);
bool mn_block_is_sole(const struct mn_mem *mem, const uint8_t *at);

#endif
