/* SPDX-License-Identifier: ISC
 *
 * base/mem.h - one memory budget: pages, blocks for payload, pools for records.
 *
 *     region  | page table | carved tables ... | page | page | page | ...
 *
 * The region given to the stack is cut into pages of 16 KiB. A page is free, or one large block, or eight small blocks, or a slab
 * of one pool's objects; it goes back to the free pages when the last object in it does, so that memory moves between uses.
 * Pages never touched are handed out last: an unused budget costs nothing on a host.
 *
 * Blocks hold packet bytes and nothing else, and are reference counted by address: any pointer into a block names it. Everything here is O(1). */
#ifndef MN_MEM_H
#define MN_MEM_H

#include <base/list.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MN_PAGE_SIZE 16384u
#define MN_BLOCK_SMALL 2048u /* bytes of a small block */
#define MN_BLOCK_LARGE MN_PAGE_SIZE

struct mn_page; /* one entry of the page table */

struct mn_mem {
    uint8_t *pages_at;        /* first page, aligned to MN_PAGE_SIZE */
    struct mn_page *page;     /* page table */
    uint32_t *block_refs;     /* references, one for each MN_BLOCK_SMALL bytes of pages */
    uint8_t *carve_at;        /* where the next carved table goes; NULL once pages are in use */
    uint8_t *carve_end;       /* end of the region */
    uint32_t page_count;      /* pages in all */
    uint32_t page_untouched;  /* pages from here on were never used */
    uint32_t pages_used;      /* pages not free */
    uint32_t pages_used_max;  /* the most there ever were */
    struct mn_list free;      /* free pages that were used before */
    struct mn_list small;     /* small-block pages with a free block */
    uint64_t failures;        /* how often something could not be given */
    uint64_t fail_at;         /* for tests: the fail_at-th request from now fails; 0: none */
};

/* Takes over `len` bytes at `region`. Returns false if that is too little for anything. */
bool mn_mem_init(struct mn_mem *mem, void *region, size_t len);

/* Cuts a table of `len` zeroed bytes from the region for good, aligned to 64. Only before the first page is used
 * (mn_mem_start). NULL if it does not fit. */
void *mn_mem_carve(struct mn_mem *mem, size_t len);
/* Ends carving: the rest becomes pages. Returns how many. */
uint32_t mn_mem_start(struct mn_mem *mem);

/* Pages that could still be given, and pages in all. */
static inline uint32_t mn_mem_pages_left(const struct mn_mem *mem) { return mem->page_count - mem->pages_used; }

/* A block with one reference, contents unspecified; NULL when the budget is used up. */
uint8_t *mn_block_get_small(struct mn_mem *mem);
uint8_t *mn_block_get_large(struct mn_mem *mem);
/* One more, one less reference to the block that `at` points into; the last one frees it. */
void mn_block_ref(struct mn_mem *mem, const uint8_t *at);
void mn_block_unref(struct mn_mem *mem, const uint8_t *at);
/* Whether the caller's is the only reference, so that free room in the block may be written. */
bool mn_block_is_sole(const struct mn_mem *mem, const uint8_t *at);
/* Start and size of the block that `at` points into. */
uint8_t *mn_block_start(const struct mn_mem *mem, const uint8_t *at);
uint32_t mn_block_size(const struct mn_mem *mem, const uint8_t *at);

/* Objects of one size, at most `count_max` at the same time. */
struct mn_pool {
    struct mn_mem *mem;
    const char *name;
    struct mn_list partial; /* pages of this pool with a free object */
    uint32_t object_size;   /* bytes, rounded up to 16 */
    uint32_t per_page;
    uint32_t count;         /* objects in use */
    uint32_t count_peak;    /* the most there ever were */
    uint32_t count_max;
};

/* `object_size` at most MN_PAGE_SIZE; aligned to 16. */
void mn_pool_init(struct mn_pool *pool, struct mn_mem *mem, const char *name, size_t object_size, uint32_t count_max);
/* A zeroed object, or NULL at count_max or when the budget is used up. */
void *mn_pool_get(struct mn_pool *pool);
/* Gives it back; NULL is fine. */
void mn_pool_put(struct mn_pool *pool, void *object);

/* The invariant of all of the above; for sanitizer builds, the simulator and the fuzzers. */
bool mn_mem_ok(const struct mn_mem *mem);

#endif
