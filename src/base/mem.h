/* SPDX-License-Identifier: ISC
 *
 * base/mem.h - one memory budget: pages, blocks for payload, pools for records.
 *
 *     region  | counts | page table | page | page | page | ... | carved tables |
 *
 * The region given to the stack is cut into pages of 16 KiB. A page is free, or one large block, or
 * eight small blocks, or a slab of one pool's objects; it goes back to the free pages when the last
 * object in it does, so that memory moves between uses. Pages never touched are handed out last: an
 * unused budget costs nothing on a host.
 *
 * Blocks hold packet bytes and nothing else, and are reference counted by address: any pointer into
 * a block names it (its end does not). Everything here is O(1). */
#ifndef MN_MEM_H
#define MN_MEM_H

#include <base/assert.h>
#include <base/inline.h>
#include <base/list.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MN_PAGE_SIZE 16384u
#define MN_BLOCK_SMALL 2048u /* bytes of a small block: one Ethernet frame of the usual MTU */
#define MN_BLOCK_LARGE MN_PAGE_SIZE
#define MN_PAGE_BLOCKS (MN_PAGE_SIZE / MN_BLOCK_SMALL)

enum mn_page_kind { MN_PAGE_FREE, MN_PAGE_LARGE, MN_PAGE_SMALL, MN_PAGE_SLAB };

/* One entry of the page table. */
struct mn_page {
    struct mn_list
        node; /* FREE: in mem.free; SMALL, SLAB: in mem.small or pool.partial, unless full */
    struct mn_pool *pool; /* SLAB: whose */
    uint16_t used;        /* SLAB: objects in use */
    uint16_t freed;       /* SLAB: object given back last, in 16-byte units; MN_PAGE_NONE: none */
    uint16_t fresh;       /* SLAB: where the objects never given begin, in 16-byte units */
    uint8_t kind;         /* enum mn_page_kind */
    uint8_t small_free;   /* SMALL: bit i: block i is free */
};

struct mn_mem {
    uint8_t *pages_at;       /* first page, aligned to MN_PAGE_SIZE */
    struct mn_page *page;    /* page table */
    uint32_t *block_refs;    /* references, one for each MN_BLOCK_SMALL bytes of pages */
    uint8_t *carve_end;      /* carved tables begin here */
    uint32_t page_count;     /* pages in all */
    uint32_t page_untouched; /* pages from here on were never used */
    uint32_t pages_used;     /* pages not free */
    uint32_t pages_used_max; /* the most there ever were */
    struct mn_list free;     /* free pages that were used before */
    struct mn_list small;    /* small-block pages with a free block */
    uint64_t failures;       /* how often something could not be given */
    uint64_t fail_at;        /* for tests: the fail_at-th request from now fails; 0: none */
};

/* Takes over `len` bytes at `region`. Returns false if that is too little for a page. */
bool mn_mem_init(struct mn_mem *mem, void *region, size_t len);

/* Cuts a table of `len` zeroed bytes from the end of the region for good, aligned to 64. NULL if
 * it does not fit before the pages that were ever used. */
void *mn_mem_carve(struct mn_mem *mem, size_t len);

/* Pages that could still be given. */
MN_INLINE uint32_t mn_mem_pages_left(const struct mn_mem *mem)
{
    return mem->page_count - mem->pages_used;
}

/* A block with one reference, contents unspecified; NULL when the budget is used up. */
uint8_t *mn_block_get_small(struct mn_mem *mem);
uint8_t *mn_block_get_large(struct mn_mem *mem);

/* The page that `at` points into, which must have been used. */
MN_INLINE struct mn_page *mn_mem_page_of(const struct mn_mem *mem, const void *at)
{
    size_t number = (size_t)((const uint8_t *)at - mem->pages_at) / MN_PAGE_SIZE;
    MN_ASSERT(number < mem->page_untouched);
    return &mem->page[number];
}

/* The count of the block that `at` points into. */
MN_INLINE uint32_t *mn_block_refs_of(const struct mn_mem *mem, const uint8_t *at)
{
    const struct mn_page *page = mn_mem_page_of(mem, at);
    size_t unit = (size_t)(at - mem->pages_at) / MN_BLOCK_SMALL;
    if (page->kind == MN_PAGE_LARGE)
        unit &= ~(size_t)(MN_PAGE_BLOCKS - 1);
    return &mem->block_refs[unit];
}

/* Start and size of the block that `at` points into. */
MN_INLINE uint32_t mn_block_size(const struct mn_mem *mem, const uint8_t *at)
{
    return mn_mem_page_of(mem, at)->kind == MN_PAGE_LARGE ? MN_BLOCK_LARGE : MN_BLOCK_SMALL;
}

MN_INLINE uint8_t *mn_block_start(const struct mn_mem *mem, const uint8_t *at)
{
    size_t offset = (size_t)(at - mem->pages_at);
    return mem->pages_at + (offset & ~(size_t)(mn_block_size(mem, at) - 1));
}

/* Whether `at` is where a block may begin: then it is not in the one before. */
MN_INLINE bool mn_block_is_edge(const struct mn_mem *mem, const uint8_t *at)
{
    return (size_t)(at - mem->pages_at) % MN_BLOCK_SMALL == 0;
}

/* Whether the caller's is the only reference, so that free room in the block may be written. */
MN_INLINE bool mn_block_is_sole(const struct mn_mem *mem, const uint8_t *at)
{
    return *mn_block_refs_of(mem, at) == 1;
}

/* One more, one less reference to the block that `at` points into; the last one frees it. */
MN_INLINE void mn_block_ref(struct mn_mem *mem, const uint8_t *at)
{
    uint32_t *refs = mn_block_refs_of(mem, at);
    MN_ASSERT(*refs > 0 && *refs < UINT32_MAX);
    ++*refs;
}

void mn_block_free(struct mn_mem *mem, const uint8_t *at); /* only for mn_block_unref */

MN_INLINE void mn_block_unref(struct mn_mem *mem, const uint8_t *at)
{
    uint32_t *refs = mn_block_refs_of(mem, at);
    MN_ASSERT(*refs > 0);
    if (--*refs == 0)
        mn_block_free(mem, at);
}

/* Objects of one size, at most `count_max` at the same time. */
struct mn_pool {
    struct mn_mem *mem;     /* the budget */
    const char *name;       /* for reports */
    struct mn_list partial; /* pages of this pool with a free object */
    uint32_t object_size;   /* bytes, rounded up to 16 */
    uint32_t per_page;      /* objects that fit a page */
    uint32_t count;         /* objects in use */
    uint32_t count_peak;    /* the most there ever were */
    uint32_t count_max;     /* the most there may be */
};

/* `object_size` is 1 to MN_PAGE_SIZE; objects are aligned to 16. */
void mn_pool_init(struct mn_pool *pool, struct mn_mem *mem, const char *name, size_t object_size,
                  uint32_t count_max);
/* A zeroed object, or NULL at count_max or when the budget is used up. */
void *mn_pool_get(struct mn_pool *pool);
/* The same with contents unspecified, for objects whose every field is set anyway. */
void *mn_pool_get_raw(struct mn_pool *pool);
/* Gives it back; NULL is fine. */
void mn_pool_put(struct mn_pool *pool, void *object);

/* The invariant of all of the above; for sanitizer builds, the simulator and the fuzzers. */
bool mn_mem_ok(const struct mn_mem *mem);

#endif
