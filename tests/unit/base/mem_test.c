/* SPDX-License-Identifier: ISC
 *
 * The memory budget: what fits, what is refused, and that everything comes back. The long test runs
 * random requests against a model that remembers what it was given and what it wrote there. */
#include "panic_test.h"
#include <base/mem.h>

#define REGION_LEN (40u * MN_PAGE_SIZE)

static uint8_t *region;
static struct mn_mem mem;

static int make_region(void **state)
{
    (void)state;
    region = aligned_alloc(64, REGION_LEN);
    return region ? 0 : -1;
}

static int free_region(void **state)
{
    (void)state;
    free(region);
    return 0;
}

/* A budget of exactly `pages` pages. */
static void start(uint32_t pages)
{
    memset(region, 0xa5, REGION_LEN);
    assert_true(mn_mem_init(&mem, region, REGION_LEN));
    assert_true(mem.page_count > pages);
    assert_non_null(
        mn_mem_carve(&mem, (size_t)(mem.carve_end - mem.pages_at) - (size_t)pages * MN_PAGE_SIZE));
    assert_int_equal(mem.page_count, pages);
    assert_true(mn_mem_ok(&mem));
}

static void assert_all_is_back(void)
{
    assert_true(mn_mem_ok(&mem));
    assert_int_equal(mem.pages_used, 0);
    assert_int_equal(mn_mem_pages_left(&mem), mem.page_count);
}

/* ---- the region ---- */

static void test_any_region_is_used_within_its_bounds(void **state)
{
    (void)state;
    random_state = 1;
    uint8_t *outer = malloc(20 * MN_PAGE_SIZE);
    assert_non_null(outer);
    for (unsigned round = 0; round < 300; round++) {
        size_t offset = 1 + random_below(2 * MN_PAGE_SIZE);
        size_t len = random_below(16 * MN_PAGE_SIZE);
        memset(outer, 0xa5, 20 * MN_PAGE_SIZE);
        if (!mn_mem_init(&mem, outer + offset, len)) {
            /* Two pages and their tables always give one, wherever they begin. */
            assert_true(len < 2 * MN_PAGE_SIZE + 1024);
            continue;
        }
        assert_true(mem.page_count > 0);
        assert_int_equal((uintptr_t)mem.pages_at % MN_PAGE_SIZE, 0);
        void *table = mn_mem_carve(&mem, 100);
        if (table)
            memset(table, 1, 100);
        uint8_t *at;
        uint32_t count = 0;
        for (; (at = mn_block_get_large(&mem)) != NULL; count++)
            memset(at, 2, MN_BLOCK_LARGE);
        assert_int_equal(count, mem.page_count);
        assert_true(mn_mem_ok(&mem));
        for (size_t i = 0; i < offset; i++)
            assert_int_equal(outer[i], 0xa5);
        for (size_t i = offset + len; i < 20 * MN_PAGE_SIZE; i++)
            assert_int_equal(outer[i], 0xa5);
    }
    free(outer);
}

static void test_the_tables_cost_less_than_a_page_in_two_hundred(void **state)
{
    (void)state;
    size_t len = (size_t)32 << 20;
    void *large = malloc(len);
    assert_non_null(large);
    assert_true(mn_mem_init(&mem, large, len));
    assert_true(mem.page_count > len / MN_PAGE_SIZE - len / MN_PAGE_SIZE / 200 - 2);
    free(large);
}

static void test_carved_tables_are_zeroed_aligned_and_apart(void **state)
{
    (void)state;
    assert_true(mn_mem_init(&mem, region, REGION_LEN));
    memset(mem.pages_at, 0xa5, (size_t)(mem.carve_end - mem.pages_at));
    uint8_t *table[4];
    static const size_t len[4] = {1, 64, 1000, 3 * MN_PAGE_SIZE};
    for (unsigned i = 0; i < 4; i++) {
        table[i] = mn_mem_carve(&mem, len[i]);
        assert_non_null(table[i]);
        assert_int_equal((uintptr_t)table[i] % 64, 0);
        for (size_t j = 0; j < len[i]; j++)
            assert_int_equal(table[i][j], 0);
        memset(table[i], 0xff, len[i]);
    }
    uint8_t *at;
    while ((at = mn_block_get_large(&mem)) != NULL)
        memset(at, 0, MN_BLOCK_LARGE);
    for (unsigned i = 0; i < 4; i++)
        for (size_t j = 0; j < len[i]; j++)
            assert_int_equal(table[i][j], 0xff);
    assert_true(mn_mem_ok(&mem));
}

static void test_carving_stops_at_pages_that_were_used(void **state)
{
    (void)state;
    start(4);
    assert_null(mn_mem_carve(&mem, 4 * MN_PAGE_SIZE + 1));
    assert_null(mn_mem_carve(&mem, SIZE_MAX));
    uint8_t *at = mn_block_get_large(&mem);
    assert_null(mn_mem_carve(&mem, 4 * MN_PAGE_SIZE));
    assert_int_equal(mem.failures, 3);
    assert_non_null(mn_mem_carve(&mem, 2 * MN_PAGE_SIZE + 1));
    assert_int_equal(mem.page_count, 1);
    assert_int_equal(mn_mem_pages_left(&mem), 0);
    mn_block_unref(&mem, at);
    assert_null(mn_mem_carve(&mem, MN_PAGE_SIZE + 1));
    assert_all_is_back();
    start(2);
    assert_non_null(mn_mem_carve(&mem, 2 * MN_PAGE_SIZE));
    assert_int_equal(mem.page_count, 0);
    assert_null(mn_mem_carve(&mem, 1));
    assert_null(mn_block_get_large(&mem));
}

/* ---- blocks ---- */

static void test_a_page_is_eight_small_blocks(void **state)
{
    (void)state;
    start(1);
    uint8_t *at[MN_PAGE_BLOCKS];
    for (unsigned i = 0; i < MN_PAGE_BLOCKS; i++) {
        at[i] = mn_block_get_small(&mem);
        assert_non_null(at[i]);
        assert_int_equal((uintptr_t)at[i] % MN_BLOCK_SMALL, 0);
        memset(at[i], (int)i, MN_BLOCK_SMALL);
        assert_int_equal(mn_block_size(&mem, at[i]), MN_BLOCK_SMALL);
        assert_true(mn_mem_ok(&mem));
    }
    assert_null(mn_block_get_small(&mem));
    assert_null(mn_block_get_large(&mem));
    assert_int_equal(mem.failures, 2);
    for (unsigned i = 0; i < MN_PAGE_BLOCKS; i++)
        for (unsigned j = 0; j < MN_BLOCK_SMALL; j++)
            assert_int_equal(at[i][j], i);
    for (unsigned i = 0; i < MN_PAGE_BLOCKS; i++) {
        mn_block_unref(&mem, at[(3 * i) % MN_PAGE_BLOCKS]);
        assert_true(mn_mem_ok(&mem));
    }
    assert_all_is_back();
}

static void test_a_page_moves_between_uses(void **state)
{
    (void)state;
    start(1);
    struct mn_pool pool;
    mn_pool_init(&pool, &mem, "things", 5000, 100);
    for (unsigned round = 0; round < 3; round++) {
        uint8_t *at = mn_block_get_large(&mem);
        assert_non_null(at);
        assert_null(mn_block_get_small(&mem));
        assert_null(mn_pool_get(&pool));
        mn_block_unref(&mem, at);
        at = mn_block_get_small(&mem);
        assert_non_null(at);
        assert_null(mn_block_get_large(&mem));
        assert_null(mn_pool_get(&pool));
        mn_block_unref(&mem, at);
        void *object = mn_pool_get(&pool);
        assert_non_null(object);
        assert_null(mn_block_get_large(&mem));
        assert_null(mn_block_get_small(&mem));
        mn_pool_put(&pool, object);
        assert_all_is_back();
    }
}

static void test_any_pointer_into_a_block_names_it(void **state)
{
    (void)state;
    start(3);
    uint8_t *small = mn_block_get_small(&mem);
    uint8_t *other = mn_block_get_small(&mem);
    uint8_t *large = mn_block_get_large(&mem);
    static const uint32_t in_small[] = {0, 1, MN_BLOCK_SMALL - 1};
    static const uint32_t in_large[] = {0, 1, MN_BLOCK_SMALL, 5000, MN_BLOCK_LARGE - 1};
    for (size_t i = 0; i < COUNT_OF(in_small); i++) {
        assert_ptr_equal(mn_block_start(&mem, small + in_small[i]), small);
        assert_ptr_equal(mn_block_start(&mem, other + in_small[i]), other);
        mn_block_ref(&mem, small + in_small[i]);
        assert_false(mn_block_is_sole(&mem, small));
        assert_true(mn_block_is_sole(&mem, other + in_small[i]));
        mn_block_unref(&mem, small + in_small[COUNT_OF(in_small) - 1 - i]);
        assert_true(mn_block_is_sole(&mem, small));
    }
    for (size_t i = 0; i < COUNT_OF(in_large); i++) {
        assert_ptr_equal(mn_block_start(&mem, large + in_large[i]), large);
        assert_int_equal(mn_block_size(&mem, large + in_large[i]), MN_BLOCK_LARGE);
        mn_block_ref(&mem, large + in_large[i]);
        assert_false(mn_block_is_sole(&mem, large + 1));
        mn_block_unref(&mem, large + in_large[COUNT_OF(in_large) - 1 - i]);
        assert_true(mn_block_is_sole(&mem, large + 1));
    }
    mn_block_unref(&mem, large + 9000);
    mn_block_unref(&mem, other + 7);
    mn_block_unref(&mem, small + 2047);
    assert_all_is_back();
}

static void test_pages_never_touched_are_given_last(void **state)
{
    (void)state;
    start(8);
    for (unsigned i = 0; i < 100; i++) {
        uint8_t *a = mn_block_get_large(&mem);
        uint8_t *b = mn_block_get_small(&mem);
        mn_block_unref(&mem, a);
        mn_block_unref(&mem, b);
    }
    assert_int_equal(mem.page_untouched, 2);
    assert_int_equal(mem.pages_used_max, 2);
    assert_all_is_back();
}

/* ---- pools ---- */

static void test_objects_are_zeroed_aligned_and_apart(void **state)
{
    (void)state;
    static const size_t sizes[] = {1, 16, 17, 168, 1000, 5000, 8192, 8193, MN_PAGE_SIZE};
    for (size_t s = 0; s < COUNT_OF(sizes); s++) {
        start(3);
        struct mn_pool pool;
        mn_pool_init(&pool, &mem, "things", sizes[s], UINT32_MAX);
        uint8_t *object[3 * MN_PAGE_SIZE / 16 + 1];
        uint32_t count = 0;
        for (; (object[count] = mn_pool_get(&pool)) != NULL; count++) {
            assert_int_equal((uintptr_t)object[count] % 16, 0);
            for (size_t i = 0; i < sizes[s]; i++)
                assert_int_equal(object[count][i], 0);
            memset(object[count], (int)(count % 255 + 1), sizes[s]);
        }
        assert_int_equal(count, 3 * (MN_PAGE_SIZE / ((sizes[s] + 15) / 16 * 16)));
        assert_int_equal(pool.count, count);
        assert_true(mn_mem_ok(&mem));
        for (uint32_t i = 0; i < count; i++) {
            for (size_t j = 0; j < sizes[s]; j++)
                assert_int_equal(object[i][j], i % 255 + 1);
            mn_pool_put(&pool, object[i]);
        }
        assert_int_equal(pool.count, 0);
        assert_int_equal(pool.count_peak, count);
        assert_all_is_back();
    }
}

static void test_a_pool_gives_no_more_than_its_limit(void **state)
{
    (void)state;
    start(2);
    struct mn_pool pool;
    mn_pool_init(&pool, &mem, "things", 100, 3);
    void *object[3];
    for (unsigned i = 0; i < 3; i++)
        assert_non_null(object[i] = mn_pool_get(&pool));
    assert_null(mn_pool_get(&pool));
    assert_int_equal(mem.failures, 1);
    mn_pool_put(&pool, object[1]);
    assert_non_null(object[1] = mn_pool_get(&pool));
    assert_null(mn_pool_get(&pool));
    for (unsigned i = 0; i < 3; i++)
        mn_pool_put(&pool, object[i]);
    mn_pool_put(&pool, NULL);
    assert_int_equal(pool.count_peak, 3);
    assert_all_is_back();
}

static void test_used_objects_come_back_zeroed(void **state)
{
    (void)state;
    start(1);
    struct mn_pool pool;
    mn_pool_init(&pool, &mem, "things", 100, 10);
    void *keep = mn_pool_get(&pool);
    uint8_t *object = mn_pool_get(&pool);
    memset(object, 0xff, 100);
    mn_pool_put(&pool, object);
    uint8_t *again = mn_pool_get(&pool);
    assert_ptr_equal(again, object);
    for (unsigned i = 0; i < 100; i++)
        assert_int_equal(again[i], 0);
    mn_pool_put(&pool, again);
    mn_pool_put(&pool, keep);
    assert_all_is_back();
}

/* ---- failure on request ---- */

/* Six requests of all kinds; returns how many were met and gives all back. */
static unsigned six_requests(struct mn_pool *pool)
{
    unsigned met = 0;
    for (unsigned i = 0; i < 2; i++) {
        void *object = mn_pool_get(pool);
        uint8_t *small = mn_block_get_small(&mem);
        uint8_t *large = mn_block_get_large(&mem);
        met += (object ? 1u : 0u) + (small ? 1u : 0u) + (large ? 1u : 0u);
        mn_pool_put(pool, object);
        if (small)
            mn_block_unref(&mem, small);
        if (large)
            mn_block_unref(&mem, large);
    }
    return met;
}

static void test_exactly_the_chosen_request_fails(void **state)
{
    (void)state;
    start(4);
    struct mn_pool pool;
    mn_pool_init(&pool, &mem, "things", 100, 10);
    for (uint64_t n = 0; n <= 8; n++) {
        uint64_t before = mem.failures;
        mem.fail_at = n;
        bool hits = n >= 1 && n <= 6;
        assert_int_equal(six_requests(&pool), hits ? 5 : 6);
        assert_int_equal(mem.failures - before, hits ? 1 : 0);
        assert_int_equal(mem.fail_at, n > 6 ? n - 6 : 0);
        assert_all_is_back();
    }
}

/* ---- random requests against a model ---- */

enum what { NOTHING, SMALL, LARGE, FIRST_POOL };
#define POOLS 3
#define HELD_MAX 600

struct held {
    unsigned what;
    unsigned refs; /* of a block */
    uint8_t mark;  /* all its bytes */
    uint8_t *at;
    uint32_t len;
};

static struct mn_pool pools[POOLS];
static struct held held[HELD_MAX];

static void hold(struct held *h)
{
    h->what = 1 + random_below(FIRST_POOL - 1 + POOLS);
    h->refs = 1;
    h->mark = (uint8_t)random64();
    if (h->what == SMALL) {
        h->at = mn_block_get_small(&mem);
        h->len = MN_BLOCK_SMALL;
    } else if (h->what == LARGE) {
        h->at = mn_block_get_large(&mem);
        h->len = MN_BLOCK_LARGE;
    } else {
        struct mn_pool *pool = &pools[h->what - FIRST_POOL];
        h->at = mn_pool_get(pool);
        h->len = pool->object_size;
    }
    if (!h->at) {
        h->what = NOTHING;
        return;
    }
    assert_true(h->at >= mem.pages_at);
    assert_true(h->at + h->len <= mem.pages_at + (size_t)mem.page_count * MN_PAGE_SIZE);
    memset(h->at, h->mark, h->len);
}

static void release(struct held *h)
{
    /* The bytes are still the holder's: nobody else was given any of them. */
    for (uint32_t i = 0; i < h->len; i += i < 8 || i + 9 > h->len ? 1 : h->len / 7)
        assert_int_equal(h->at[i], h->mark);
    assert_int_equal(h->at[h->len - 1], h->mark);
    if (h->what >= FIRST_POOL)
        mn_pool_put(&pools[h->what - FIRST_POOL], h->at);
    else
        mn_block_unref(&mem, h->at + random_below(h->len));
    if (--h->refs == 0)
        h->what = NOTHING;
}

/* What the model says of the counters. */
static void check_counts(void)
{
    uint32_t counts[FIRST_POOL + POOLS] = {0};
    for (unsigned i = 0; i < HELD_MAX; i++)
        counts[held[i].what]++;
    uint32_t pages_at_least = counts[LARGE] + (counts[SMALL] + 7) / 8;
    for (unsigned p = 0; p < POOLS; p++) {
        assert_int_equal(pools[p].count, counts[FIRST_POOL + p]);
        assert_true(pools[p].count <= pools[p].count_max);
        pages_at_least += (pools[p].count + pools[p].per_page - 1) / pools[p].per_page;
    }
    assert_true(mem.pages_used >= pages_at_least);
    assert_true(mem.pages_used <= mem.page_count);
    assert_true(mn_mem_ok(&mem));
}

static void test_random_requests_never_overlap_and_all_comes_back(void **state)
{
    (void)state;
    random_state = 7;
    memset(held, 0, sizeof held);
    start(30);
    mn_pool_init(&pools[0], &mem, "tiny", 20, 400);
    mn_pool_init(&pools[1], &mem, "middle", 700, 90);
    mn_pool_init(&pools[2], &mem, "big", 6000, UINT32_MAX);
    for (unsigned round = 0; round < 60000; round++) {
        struct held *h = &held[random_below(HELD_MAX)];
        /* Between times of plenty and times of want. */
        bool wants_more = random_below(100) < (round / 3000 % 2 ? 30 : 70);
        if (h->what == NOTHING && wants_more) {
            hold(h);
        } else if (h->what == NOTHING) {
            continue;
        } else if (h->what < FIRST_POOL && random_below(4) == 0) {
            mn_block_ref(&mem, h->at + random_below(h->len));
            h->refs++;
            assert_false(mn_block_is_sole(&mem, h->at));
        } else if (!wants_more || h->refs > 1) {
            release(h);
        }
        if (round % 64 == 0)
            check_counts();
    }
    assert_true(mem.failures > 0);
    for (unsigned i = 0; i < HELD_MAX; i++)
        while (held[i].what != NOTHING)
            release(&held[i]);
    check_counts();
    assert_all_is_back();
}

/* ---- misuse ---- */

static void test_misuse_ends_the_program(void **state)
{
    (void)state;
    start(4);
    struct mn_pool pool;
    struct mn_pool other;
    mn_pool_init(&pool, &mem, "things", 100, 10);
    mn_pool_init(&other, &mem, "others", 100, 10);
    uint8_t *object = mn_pool_get(&pool);
    uint8_t *large = mn_block_get_large(&mem);
    uint8_t *small = mn_block_get_small(&mem);
    uint8_t *keep = mn_block_get_small(&mem);
    static uint8_t outside;
    ASSERT_PANICS(mn_pool_put(&other, object));
    ASSERT_PANICS(mn_pool_put(&pool, large));
    ASSERT_PANICS(mn_pool_put(&pool, object + 1));
    ASSERT_PANICS(mn_block_unref(&mem, object));
    ASSERT_PANICS(mn_block_ref(&mem, object));
    ASSERT_PANICS(mn_block_ref(&mem, &outside));
    ASSERT_PANICS(mn_block_ref(&mem, mem.pages_at - 1));
    ASSERT_PANICS(mn_block_ref(&mem, mem.pages_at + mem.page_untouched * MN_PAGE_SIZE));
    mn_block_unref(&mem, small);
    ASSERT_PANICS(mn_block_unref(&mem, small));
    ASSERT_PANICS(mn_block_ref(&mem, small));
    mn_block_unref(&mem, large);
    ASSERT_PANICS(mn_block_unref(&mem, large));
    ASSERT_PANICS(mn_pool_init(&other, &mem, "none", 0, 1));
    ASSERT_PANICS(mn_pool_init(&other, &mem, "huge", MN_PAGE_SIZE + 1, 1));
    mn_block_unref(&mem, keep);
    mn_pool_put(&pool, object);
    assert_all_is_back();
}

/* The invariant is not empty: what breaks it is seen. */
static void test_the_invariant_sees_damage(void **state)
{
    (void)state;
    start(6);
    struct mn_pool pool;
    mn_pool_init(&pool, &mem, "things", 100, 10);
    void *object = mn_pool_get(&pool);
    void *second = mn_pool_get(&pool);
    uint8_t *large = mn_block_get_large(&mem);
    uint8_t *small = mn_block_get_small(&mem);
    uint8_t *spare = mn_block_get_large(&mem);
    mn_block_unref(&mem, spare);
    assert_true(mn_mem_ok(&mem));
    struct mn_page *slab = mn_mem_page_of(&mem, object);

#define ASSERT_DAMAGE_IS_SEEN(place, value)                                                        \
    do {                                                                                           \
        __typeof__(place) right = (place);                                                         \
        (place) = (value);                                                                         \
        assert_false(mn_mem_ok(&mem));                                                             \
        (place) = right;                                                                           \
        assert_true(mn_mem_ok(&mem));                                                              \
    } while (0)

    ASSERT_DAMAGE_IS_SEEN(mem.pages_used, mem.pages_used - 1);
    ASSERT_DAMAGE_IS_SEEN(mem.pages_used_max, 1);
    ASSERT_DAMAGE_IS_SEEN(slab->used, 3);
    ASSERT_DAMAGE_IS_SEEN(slab->used, 0);
    ASSERT_DAMAGE_IS_SEEN(slab->freed, 7);
    ASSERT_DAMAGE_IS_SEEN(slab->freed, 0);
    ASSERT_DAMAGE_IS_SEEN(slab->fresh, (uint16_t)(slab->fresh + 7));
    ASSERT_DAMAGE_IS_SEEN(slab->pool, NULL);
    ASSERT_DAMAGE_IS_SEEN(slab->kind, MN_PAGE_FREE);
    ASSERT_DAMAGE_IS_SEEN(slab->kind, 9);
    ASSERT_DAMAGE_IS_SEEN(pool.count, 1);
    ASSERT_DAMAGE_IS_SEEN(*mn_block_refs_of(&mem, large), 0);
    ASSERT_DAMAGE_IS_SEEN(*mn_block_refs_of(&mem, small), 0);
    ASSERT_DAMAGE_IS_SEEN(mn_mem_page_of(&mem, small)->small_free, 0xff);
    ASSERT_DAMAGE_IS_SEEN(mn_mem_page_of(&mem, large)->kind, MN_PAGE_SMALL);
    ASSERT_DAMAGE_IS_SEEN(mn_mem_page_of(&mem, spare)->kind, MN_PAGE_LARGE);
    struct mn_list *node = &slab->node;
    ASSERT_DAMAGE_IS_SEEN(node->next->prev, &mem.free);

    mn_pool_put(&pool, second);
    ASSERT_DAMAGE_IS_SEEN(slab->freed, UINT16_MAX);
    mn_pool_put(&pool, object);
    mn_block_unref(&mem, large);
    mn_block_unref(&mem, small);
    assert_all_is_back();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_any_region_is_used_within_its_bounds),
        cmocka_unit_test(test_the_tables_cost_less_than_a_page_in_two_hundred),
        cmocka_unit_test(test_carved_tables_are_zeroed_aligned_and_apart),
        cmocka_unit_test(test_carving_stops_at_pages_that_were_used),
        cmocka_unit_test(test_a_page_is_eight_small_blocks),
        cmocka_unit_test(test_a_page_moves_between_uses),
        cmocka_unit_test(test_any_pointer_into_a_block_names_it),
        cmocka_unit_test(test_pages_never_touched_are_given_last),
        cmocka_unit_test(test_objects_are_zeroed_aligned_and_apart),
        cmocka_unit_test(test_a_pool_gives_no_more_than_its_limit),
        cmocka_unit_test(test_used_objects_come_back_zeroed),
        cmocka_unit_test(test_exactly_the_chosen_request_fails),
        cmocka_unit_test(test_random_requests_never_overlap_and_all_comes_back),
        cmocka_unit_test(test_misuse_ends_the_program),
        cmocka_unit_test(test_the_invariant_sees_damage),
    };
    return cmocka_run_group_tests(tests, make_region, free_region);
}
