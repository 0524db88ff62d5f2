/* SPDX-License-Identifier: ISC
 *
 * Sequence numbers: every comparison on both sides of the wrap. */
#include "base_test.h"
#include <base/seq.h>

static const uint32_t places[] = {0, 1, 0x7fffffff, 0x80000000, 0x80000001, 0xfffffffe, 0xffffffff};

/* RFC 9293 3.4: comparisons are modulo 2^32. */
static void test_order_follows_the_shorter_way_round(void **state)
{
    (void)state;
    static const uint32_t ways[] = {1, 2, 1000, 0x40000000, 0x7fffffff};
    for (size_t i = 0; i < COUNT_OF(places); i++) {
        for (size_t j = 0; j < COUNT_OF(ways); j++) {
            struct mn_seq a = mn_seq(places[i]);
            struct mn_seq b = mn_seq_add(a, ways[j]);
            assert_true(mn_seq_lt(a, b));
            assert_false(mn_seq_lt(b, a));
            assert_true(mn_seq_le(a, b));
            assert_false(mn_seq_le(b, a));
            assert_true(mn_seq_gt(b, a));
            assert_false(mn_seq_gt(a, b));
            assert_true(mn_seq_ge(b, a));
            assert_false(mn_seq_ge(a, b));
            assert_false(mn_seq_eq(a, b));
            assert_true(mn_seq_eq(mn_seq_max(a, b), b));
            assert_true(mn_seq_eq(mn_seq_max(b, a), b));
            assert_true(mn_seq_eq(mn_seq_min(a, b), a));
            assert_true(mn_seq_eq(mn_seq_min(b, a), a));
        }
    }
}

static void test_a_number_equals_itself_and_is_not_before_itself(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(places); i++) {
        struct mn_seq a = mn_seq(places[i]);
        assert_true(mn_seq_eq(a, a));
        assert_false(mn_seq_lt(a, a));
        assert_true(mn_seq_le(a, a));
        assert_false(mn_seq_gt(a, a));
        assert_true(mn_seq_ge(a, a));
    }
}

static void test_add_sub_and_diff_wrap(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(places); i++) {
        for (size_t j = 0; j < COUNT_OF(places); j++) {
            struct mn_seq a = mn_seq(places[i]);
            struct mn_seq b = mn_seq_add(a, places[j]);
            assert_int_equal(mn_seq_diff(b, a), places[j]);
            assert_true(mn_seq_eq(mn_seq_sub(b, places[j]), a));
        }
    }
    assert_int_equal(mn_seq_add(mn_seq(0xfffffff0), 0x20).v, 0x10);
    assert_int_equal(mn_seq_sub(mn_seq(0x10), 0x20).v, 0xfffffff0);
}

static void test_a_window_has_its_start_and_not_its_end(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(places); i++) {
        struct mn_seq start = mn_seq(places[i]);
        assert_false(mn_seq_in(start, start, 0));
        assert_true(mn_seq_in(start, start, 1));
        assert_false(mn_seq_in(mn_seq_sub(start, 1), start, 65535));
        assert_true(mn_seq_in(mn_seq_add(start, 65534), start, 65535));
        assert_false(mn_seq_in(mn_seq_add(start, 65535), start, 65535));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_order_follows_the_shorter_way_round),
        cmocka_unit_test(test_a_number_equals_itself_and_is_not_before_itself),
        cmocka_unit_test(test_add_sub_and_diff_wrap),
        cmocka_unit_test(test_a_window_has_its_start_and_not_its_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
