/* SPDX-License-Identifier: ISC
 *
 * The writer: network order, and not one byte past the end. */
#include "base_test.h"
#include <base/rd.h>
#include <base/wr.h>

static void test_what_is_written_reads_back(void **state)
{
    (void)state;
    uint8_t at[12];
    memset(at, 0xee, sizeof at);
    struct mn_wr w = mn_wr_over(at, 11);
    mn_wr_u8(&w, 0x81);
    mn_wr_be16(&w, 0x8283);
    mn_wr_be32(&w, 0x84858687);
    mn_wr_bytes(&w, (const uint8_t *)"ab", 2);
    mn_wr_zeros(&w, 2);
    assert_true(mn_wr_ok(&w));
    assert_int_equal(mn_wr_left(&w), 0);
    const uint8_t wanted[12] = {0x81, 0x82, 0x83, 0x84, 0x85, 0x86, 0x87, 'a', 'b', 0, 0, 0xee};
    assert_memory_equal(at, wanted, sizeof wanted);
    struct mn_rd r = mn_rd_over(at, 11);
    assert_int_equal(mn_rd_u8(&r), 0x81);
    assert_int_equal(mn_rd_be16(&r), 0x8283);
    assert_true(mn_rd_be32(&r) == 0x84858687u);
}

static void put(struct mn_wr *w, unsigned how, int32_t len)
{
    static const uint8_t ones[4] = {1, 1, 1, 1};
    switch (how) {
    case 0:
        if (len == 1)
            mn_wr_u8(w, 1);
        else if (len == 2)
            mn_wr_be16(w, 0x0101);
        else
            mn_wr_be32(w, 0x01010101);
        break;
    case 1:
        mn_wr_bytes(w, ones, len);
        break;
    default:
        mn_wr_zeros(w, len);
        break;
    }
}

static void test_a_put_past_the_end_writes_nothing_and_latches(void **state)
{
    (void)state;
    static const int32_t lengths[] = {1, 2, 4};
    for (unsigned how = 0; how < 3; how++) {
        for (size_t i = 0; i < COUNT_OF(lengths); i++) {
            for (int32_t room = 0; room < lengths[i]; room++) {
                uint8_t at[8];
                uint8_t untouched[8];
                memset(at, 0xee, sizeof at);
                memset(untouched, 0xee, sizeof untouched);
                struct mn_wr w = mn_wr_over(at, (size_t)room);
                put(&w, how, lengths[i]);
                assert_false(mn_wr_ok(&w));
                assert_int_equal(mn_wr_left(&w), room);
                put(&w, how, 1);
                mn_wr_zeros(&w, 0);
                assert_false(mn_wr_ok(&w));
                assert_memory_equal(at, untouched, sizeof at);
            }
        }
    }
}

static void test_impossible_lengths_are_bad(void **state)
{
    (void)state;
    static const int32_t lengths[] = {-1, INT32_MIN, MN_WR_MAX + 1, INT32_MAX};
    uint8_t at[4] = {0};
    for (size_t i = 0; i < COUNT_OF(lengths); i++) {
        struct mn_wr w = mn_wr_over(at, sizeof at);
        mn_wr_zeros(&w, lengths[i]);
        assert_false(mn_wr_ok(&w));
        w = mn_wr_over(at, sizeof at);
        mn_wr_bytes(&w, at, lengths[i]);
        assert_false(mn_wr_ok(&w));
    }
    struct mn_wr w = mn_wr_over(at, (size_t)MN_WR_MAX + 1);
    assert_false(mn_wr_ok(&w));
    assert_int_equal(mn_wr_left(&w), 0);
}

static void test_longest_writer_is_written_to_its_end(void **state)
{
    (void)state;
    uint8_t *at = malloc(MN_WR_MAX);
    assert_non_null(at);
    memset(at, 0xee, MN_WR_MAX);
    struct mn_wr w = mn_wr_over(at, MN_WR_MAX);
    mn_wr_zeros(&w, MN_WR_MAX);
    assert_true(mn_wr_ok(&w));
    assert_int_equal(mn_wr_left(&w), 0);
    assert_int_equal(at[0] | at[MN_WR_MAX - 1], 0);
    uint8_t *copy = malloc(MN_WR_MAX);
    assert_non_null(copy);
    w = mn_wr_over(copy, MN_WR_MAX);
    mn_wr_bytes(&w, at, MN_WR_MAX);
    assert_true(mn_wr_ok(&w));
    assert_memory_equal(copy, at, MN_WR_MAX);
    w = mn_wr_over(copy, MN_WR_MAX);
    struct mn_wr sub = mn_wr_sub(&w, MN_WR_MAX);
    assert_true(mn_wr_ok(&sub));
    free(copy);
    free(at);
}

static void test_a_sub_writer_fills_its_part_and_no_more(void **state)
{
    (void)state;
    uint8_t at[8];
    memset(at, 0xee, sizeof at);
    struct mn_wr w = mn_wr_over(at, 6);
    mn_wr_u8(&w, 1);
    struct mn_wr sub = mn_wr_sub(&w, 3);
    mn_wr_be16(&w, 0x0506);
    assert_true(mn_wr_ok(&w));
    assert_int_equal(mn_wr_left(&w), 0);
    assert_int_equal(mn_wr_left(&sub), 3);
    mn_wr_be16(&sub, 0x0203);
    mn_wr_u8(&sub, 4);
    assert_true(mn_wr_ok(&sub));
    mn_wr_u8(&sub, 9);
    assert_false(mn_wr_ok(&sub));
    const uint8_t wanted[8] = {1, 2, 3, 4, 5, 6, 0xee, 0xee};
    assert_memory_equal(at, wanted, sizeof wanted);
}

static void test_an_impossible_sub_writer_is_bad_and_so_is_its_source(void **state)
{
    (void)state;
    static const int32_t lengths[] = {-1, INT32_MIN, 5, MN_WR_MAX, MN_WR_MAX + 1, INT32_MAX};
    uint8_t at[4] = {0};
    struct mn_wr w = mn_wr_over(at, sizeof at);
    struct mn_wr sub = mn_wr_sub(&w, 0);
    assert_true(mn_wr_ok(&w) && mn_wr_ok(&sub));
    for (size_t i = 0; i < COUNT_OF(lengths); i++) {
        w = mn_wr_over(at, sizeof at);
        sub = mn_wr_sub(&w, lengths[i]);
        assert_false(mn_wr_ok(&w));
        assert_false(mn_wr_ok(&sub));
        assert_int_equal(mn_wr_left(&sub), 0);
        sub = mn_wr_sub(&w, 1);
        assert_false(mn_wr_ok(&sub));
    }
}

static void test_nothing_may_be_written_nowhere(void **state)
{
    (void)state;
    struct mn_wr w = mn_wr_over(NULL, 0);
    mn_wr_bytes(&w, NULL, 0);
    mn_wr_zeros(&w, 0);
    assert_true(mn_wr_ok(&w));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_written_reads_back),
        cmocka_unit_test(test_a_put_past_the_end_writes_nothing_and_latches),
        cmocka_unit_test(test_impossible_lengths_are_bad),
        cmocka_unit_test(test_a_sub_writer_fills_its_part_and_no_more),
        cmocka_unit_test(test_an_impossible_sub_writer_is_bad_and_so_is_its_source),
        cmocka_unit_test(test_longest_writer_is_written_to_its_end),
        cmocka_unit_test(test_nothing_may_be_written_nowhere),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
