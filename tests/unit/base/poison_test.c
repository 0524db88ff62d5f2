/* SPDX-License-Identifier: ISC
 *
 * In AddressSanitizer builds, free memory of the budget is forbidden ground; in others there is
 * nothing to see and only the calls are made. */
#include "base_test.h"
#include <base/mem.h>
#include <base/poison.h>

int __asan_address_is_poisoned(void const volatile *at) __attribute__((weak));

static bool is_watched(void)
{
    return __asan_address_is_poisoned != NULL;
}
static bool is_forbidden(const void *at)
{
    return is_watched() && __asan_address_is_poisoned(at) != 0;
}

static void test_free_memory_is_forbidden_and_given_memory_is_not(void **state)
{
    (void)state;
    size_t len = 8 * MN_PAGE_SIZE;
    uint8_t *region = malloc(len);
    assert_non_null(region);
    struct mn_mem mem;
    struct mn_pool pool;
    assert_true(mn_mem_init(&mem, region, len));
    mn_pool_init(&pool, &mem, "things", 100, 10);
    uint8_t *keep = mn_pool_get(&pool);
    uint8_t *object = mn_pool_get(&pool);
    uint8_t *small = mn_block_get_small(&mem);
    uint8_t *large = mn_block_get_large(&mem);
    assert_false(is_forbidden(object) || is_forbidden(object + 99));
    assert_false(is_forbidden(small) || is_forbidden(small + MN_BLOCK_SMALL - 1));
    assert_false(is_forbidden(large) || is_forbidden(large + MN_BLOCK_LARGE - 1));
    assert_int_equal(is_forbidden(object + 112), is_watched());
    assert_int_equal(is_forbidden(small + MN_BLOCK_SMALL), is_watched());
    mn_pool_put(&pool, object);
    mn_block_unref(&mem, small);
    mn_block_unref(&mem, large);
    assert_int_equal(is_forbidden(object), is_watched());
    assert_int_equal(is_forbidden(small), is_watched());
    assert_int_equal(is_forbidden(large), is_watched());
    /* With the last page the region becomes its owner's again. */
    mn_pool_put(&pool, keep);
    assert_false(is_forbidden(object) || is_forbidden(small) || is_forbidden(large));
    memset(region, 0, len);
    free(region);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_free_memory_is_forbidden_and_given_memory_is_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
