/* SPDX-License-Identifier: ISC
 *
 * The memory budget.
 *
 * Three fixed parts are cut from the region: reference counts (four bytes for each 2 KiB), the page
 * table, the pages. Neither table is cleared at the start: an entry is set up when its page is used
 * for the first time, in order, so that mem.page_untouched parts what is valid from what is not.
 *
 * A page is taken from the free list, else the first untouched one. Small blocks of a page are a
 * bit mask. Objects of a slab are a chain of 16-byte units through the objects given back, and a
 * mark behind which nothing was given yet, so that no page is ever walked to be set up. A page that
 * has something free is at the front of its list as soon as that happens: what was used last is
 * used next, while it is in the cache. */
#include <base/mem.h>
#include <base/poison.h>
#include <string.h>

#define TABLE_ALIGN 64u /* a cache line */
#define UNIT 16u        /* objects are sized, aligned and named in units of this */
#define PAGE_NONE UINT16_MAX
#define SMALL_ALL_FREE ((1u << MN_PAGE_BLOCKS) - 1)

_Static_assert(sizeof(struct mn_page) == 32, "two page table entries share a cache line");

static uint8_t *align_up(uint8_t *at, size_t to)
{
    return at + (-(uintptr_t)at & (to - 1));
}

static uint8_t *align_down(uint8_t *at, size_t to)
{
    return at - ((uintptr_t)at & (to - 1));
}

bool mn_mem_init(struct mn_mem *mem, void *region, size_t len)
{
    memset(mem, 0, sizeof *mem);
    mn_list_init(&mem->free);
    mn_list_init(&mem->small);
    if (len < MN_PAGE_SIZE)
        return false;
    mn_unpoison(region, len);
    uint8_t *tables = align_up(region, TABLE_ALIGN);
    uint8_t *end = align_down((uint8_t *)region + len, TABLE_ALIGN);
    uint8_t *pages_end = align_down(end, MN_PAGE_SIZE);
    if (pages_end <= tables)
        return false;

    /* Pages are counted back from the last page boundary, so only the tables are in their way. */
    const size_t refs_each = MN_PAGE_BLOCKS * sizeof(uint32_t);
    const size_t each = MN_PAGE_SIZE + sizeof(struct mn_page) + refs_each;
    size_t count = (size_t)(pages_end - tables) / each;
    if (count == 0)
        return false;
    if (count > UINT32_MAX / MN_PAGE_BLOCKS)
        count = UINT32_MAX / MN_PAGE_BLOCKS;
    mem->block_refs = (uint32_t *)(void *)tables;
    mem->page = (struct mn_page *)(void *)(tables + count * refs_each);
    mem->pages_at = pages_end - count * MN_PAGE_SIZE;
    mem->page_count = (uint32_t)count;
    mem->carve_end = end;
    return true;
}

void *mn_mem_carve(struct mn_mem *mem, size_t len)
{
    const uint8_t *limit = mem->pages_at + (size_t)mem->page_untouched * MN_PAGE_SIZE;
    if (len > (size_t)(mem->carve_end - limit)) {
        mem->failures++;
        return NULL;
    }
    /* Both ends of the room are aligned, so it is enough for the aligned length too. */
    uint8_t *at = align_down(mem->carve_end - len, TABLE_ALIGN);
    mem->carve_end = at;
    size_t pages = (size_t)(at - mem->pages_at) / MN_PAGE_SIZE;
    if (pages < mem->page_count)
        mem->page_count = (uint32_t)pages;
    memset(at, 0, len);
    return at;
}

/* ---- pages ---- */

/* Counts a request down to the one that is to fail. */
static bool must_fail(struct mn_mem *mem)
{
    return mem->fail_at != 0 && --mem->fail_at == 0;
}

static uint8_t *page_start(const struct mn_mem *mem, const struct mn_page *page)
{
    return mem->pages_at + (size_t)(page - mem->page) * MN_PAGE_SIZE;
}

static struct mn_page *page_get(struct mn_mem *mem, enum mn_page_kind kind)
{
    struct mn_page *page;
    struct mn_list *node = mn_list_pop_front(&mem->free);
    if (node) {
        page = MN_CONTAINER(node, struct mn_page, node);
    } else if (mem->page_untouched < mem->page_count) {
        size_t number = mem->page_untouched++;
        page = &mem->page[number];
        mn_list_init(&page->node);
        memset(&mem->block_refs[number * MN_PAGE_BLOCKS], 0, MN_PAGE_BLOCKS * sizeof(uint32_t));
    } else {
        return NULL;
    }
    page->kind = (uint8_t)kind;
    if (++mem->pages_used > mem->pages_used_max)
        mem->pages_used_max = mem->pages_used;
    return page;
}

static void page_put(struct mn_mem *mem, struct mn_page *page)
{
    mn_list_remove(&page->node);
    page->kind = MN_PAGE_FREE;
    mn_list_push_front(&mem->free, &page->node);
    /* The region may now become its owner's again. */
    if (--mem->pages_used == 0)
        mn_unpoison(mem->pages_at, (size_t)mem->page_untouched * MN_PAGE_SIZE);
}

/* ---- blocks ---- */

uint8_t *mn_block_get_large(struct mn_mem *mem)
{
    struct mn_page *page = must_fail(mem) ? NULL : page_get(mem, MN_PAGE_LARGE);
    if (!page) {
        mem->failures++;
        return NULL;
    }
    mem->block_refs[(size_t)(page - mem->page) * MN_PAGE_BLOCKS] = 1;
    uint8_t *at = page_start(mem, page);
    mn_unpoison(at, MN_BLOCK_LARGE);
    return at;
}

uint8_t *mn_block_get_small(struct mn_mem *mem)
{
    struct mn_page *page;
    if (must_fail(mem)) {
        mem->failures++;
        return NULL;
    }
    if (!mn_list_is_empty(&mem->small)) {
        page = MN_CONTAINER(mem->small.next, struct mn_page, node);
    } else {
        page = page_get(mem, MN_PAGE_SMALL);
        if (!page) {
            mem->failures++;
            return NULL;
        }
        page->small_free = SMALL_ALL_FREE;
        mn_poison(page_start(mem, page), MN_PAGE_SIZE);
        mn_list_push_front(&mem->small, &page->node);
    }
    unsigned i = (unsigned)__builtin_ctz(page->small_free);
    page->small_free &= (uint8_t)(page->small_free - 1);
    if (page->small_free == 0)
        mn_list_remove(&page->node);
    mem->block_refs[(size_t)(page - mem->page) * MN_PAGE_BLOCKS + i] = 1;
    uint8_t *at = page_start(mem, page) + i * MN_BLOCK_SMALL;
    mn_unpoison(at, MN_BLOCK_SMALL);
    return at;
}

void mn_block_free(struct mn_mem *mem, const uint8_t *at)
{
    struct mn_page *page = mn_mem_page_of(mem, at);
    mn_poison(mn_block_start(mem, at), mn_block_size(mem, at));
    if (page->kind == MN_PAGE_LARGE) {
        page_put(mem, page);
        return;
    }
    MN_ASSERT(page->kind == MN_PAGE_SMALL);
    size_t i = (size_t)(at - page_start(mem, page)) / MN_BLOCK_SMALL;
    if (page->small_free == 0)
        mn_list_push_front(&mem->small, &page->node);
    page->small_free |= (uint8_t)(1u << i);
    if (page->small_free == SMALL_ALL_FREE)
        page_put(mem, page);
}

/* ---- pools ---- */

void mn_pool_init(struct mn_pool *pool, struct mn_mem *mem, const char *name, size_t object_size,
                  uint32_t count_max)
{
    MN_ASSERT(object_size > 0 && object_size <= MN_PAGE_SIZE);
    memset(pool, 0, sizeof *pool);
    pool->mem = mem;
    pool->name = name;
    mn_list_init(&pool->partial);
    pool->object_size = (uint32_t)((object_size + UNIT - 1) & ~(size_t)(UNIT - 1));
    pool->per_page = MN_PAGE_SIZE / pool->object_size;
    pool->count_max = count_max;
}

/* The chain of objects given back goes through their first two bytes. */
MN_MAY_READ_POISON static uint16_t chain_next(const uint8_t *object)
{
    return (uint16_t)(object[0] | object[1] << 8);
}

/* Takes an object of a page that has one free. */
static uint8_t *slab_take(const struct mn_pool *pool, struct mn_page *page)
{
    uint8_t *object = page_start(pool->mem, page);
    if (page->freed != PAGE_NONE) {
        object += (size_t)page->freed * UNIT;
        page->freed = chain_next(object);
    } else {
        object += (size_t)page->fresh * UNIT;
        page->fresh = (uint16_t)(page->fresh + pool->object_size / UNIT);
    }
    if (++page->used == pool->per_page)
        mn_list_remove(&page->node);
    mn_unpoison(object, pool->object_size);
    return object;
}

void *mn_pool_get_raw(struct mn_pool *pool)
{
    struct mn_mem *mem = pool->mem;
    struct mn_page *page;
    if (must_fail(mem) || pool->count >= pool->count_max) {
        mem->failures++;
        return NULL;
    }
    if (!mn_list_is_empty(&pool->partial)) {
        page = MN_CONTAINER(pool->partial.next, struct mn_page, node);
    } else {
        page = page_get(mem, MN_PAGE_SLAB);
        if (!page) {
            mem->failures++;
            return NULL;
        }
        page->pool = pool;
        page->used = 0;
        page->freed = PAGE_NONE;
        page->fresh = 0;
        mn_poison(page_start(mem, page), MN_PAGE_SIZE);
        mn_list_push_front(&pool->partial, &page->node);
    }
    if (++pool->count > pool->count_peak)
        pool->count_peak = pool->count;
    return slab_take(pool, page);
}

void *mn_pool_get(struct mn_pool *pool)
{
    void *object = mn_pool_get_raw(pool);
    if (object)
        memset(object, 0, pool->object_size);
    return object;
}

void mn_pool_put(struct mn_pool *pool, void *object)
{
    if (!object)
        return;
    struct mn_mem *mem = pool->mem;
    struct mn_page *page = mn_mem_page_of(mem, object);
    size_t offset = (size_t)((uint8_t *)object - page_start(mem, page));
    MN_ASSERT(page->kind == MN_PAGE_SLAB && page->pool == pool && page->used > 0);
    MN_ASSERT(offset % UNIT == 0);
    ((uint8_t *)object)[0] = (uint8_t)page->freed;
    ((uint8_t *)object)[1] = (uint8_t)(page->freed >> 8);
    page->freed = (uint16_t)(offset / UNIT);
    mn_poison(object, pool->object_size);
    if (page->used-- == pool->per_page)
        mn_list_push_front(&pool->partial, &page->node);
    if (page->used == 0)
        page_put(mem, page);
    pool->count--;
}

/* ---- the invariant ---- */

/* Objects of a slab that were given back, counted along their chain; -1 when it leads astray. */
static int chain_count(const struct mn_mem *mem, const struct mn_page *page)
{
    uint32_t units = page->pool->object_size / UNIT;
    uint16_t at = page->freed;
    int count = 0;
    for (; at != PAGE_NONE; count++) {
        if (at >= page->fresh || at % units != 0 || count >= (int)page->pool->per_page)
            return -1;
        at = chain_next(page_start(mem, page) + (size_t)at * UNIT);
    }
    return count;
}

static bool slab_ok(const struct mn_mem *mem, const struct mn_page *page)
{
    const struct mn_pool *pool = page->pool;
    if (!pool || pool->mem != mem || page->used == 0 || page->used > pool->count)
        return false;
    uint32_t given = page->fresh / (pool->object_size / UNIT);
    return given <= pool->per_page && chain_count(mem, page) == (int)given - (int)page->used &&
           mn_list_is_linked(&page->node) == (page->used < pool->per_page);
}

/* Only the blocks that are in use have references. */
static bool blocks_ok(const struct mn_mem *mem, const struct mn_page *page)
{
    const uint32_t *refs = &mem->block_refs[(size_t)(page - mem->page) * MN_PAGE_BLOCKS];
    unsigned held = 0;
    for (unsigned i = 0; i < MN_PAGE_BLOCKS; i++)
        held |= (refs[i] != 0 ? 1u : 0u) << i;
    switch (page->kind) {
    case MN_PAGE_LARGE:
        return held == 1 && !mn_list_is_linked(&page->node);
    case MN_PAGE_SMALL:
        return held != 0 && (held ^ page->small_free) == SMALL_ALL_FREE &&
               mn_list_is_linked(&page->node) == (page->small_free != 0);
    default:
        return held == 0;
    }
}

static bool page_ok(const struct mn_mem *mem, const struct mn_page *page)
{
    if (page->kind > MN_PAGE_SLAB || page->node.next->prev != &page->node || !blocks_ok(mem, page))
        return false;
    if (page->kind == MN_PAGE_FREE)
        return mn_list_is_linked(&page->node);
    return page->kind != MN_PAGE_SLAB || slab_ok(mem, page);
}

bool mn_mem_ok(const struct mn_mem *mem)
{
    if (mem->page_untouched > mem->page_count || mem->pages_used > mem->pages_used_max ||
        mem->pages_used_max > mem->page_untouched)
        return false;
    uint32_t used = 0;
    for (uint32_t i = 0; i < mem->page_untouched; i++) {
        if (!page_ok(mem, &mem->page[i]))
            return false;
        used += mem->page[i].kind != MN_PAGE_FREE;
    }
    return used == mem->pages_used;
}
