/* SPDX-License-Identifier: ISC
 *
 * The reader: values in network order, and not one byte past the end. Buffers are cut to size on
 * the heap, so that a sanitizer sees an overread of one byte. */
#include "base_test.h"
#include <base/rd.h>

/* `len` bytes 1, 2, 3, ... that end where their allocation ends. */
static uint8_t *numbered(size_t len)
{
    uint8_t *at = malloc(len > 0 ? len : 1);
    assert_non_null(at);
    for (size_t i = 0; i < len; i++)
        at[i] = (uint8_t)(i + 1);
    return at;
}

static void test_numbers_are_big_endian(void **state)
{
    (void)state;
    uint8_t *at = numbered(7);
    struct mn_rd r = mn_rd_over(at, 7);
    assert_int_equal(mn_rd_u8(&r), 0x01);
    assert_int_equal(mn_rd_be16(&r), 0x0203);
    assert_int_equal(mn_rd_be32(&r), 0x04050607);
    assert_int_equal(mn_rd_left(&r), 0);
    assert_true(mn_rd_ok(&r));
    free(at);
}

static void test_the_high_bit_does_not_spread(void **state)
{
    (void)state;
    const uint8_t at[] = {0xff, 0xfe, 0xfd, 0xfc, 0xfb, 0xfa, 0xf9};
    struct mn_rd r = mn_rd_over(at, sizeof at);
    assert_int_equal(mn_rd_u8(&r), 0xff);
    assert_int_equal(mn_rd_be16(&r), 0xfefd);
    assert_true(mn_rd_be32(&r) == 0xfcfbfaf9u);
}

static void test_the_last_byte_may_be_read_and_nothing_behind_it(void **state)
{
    (void)state;
    uint8_t *at = numbered(4);
    struct mn_rd r = mn_rd_over(at, 4);
    mn_rd_skip(&r, 3);
    assert_int_equal(mn_rd_u8(&r), 4);
    assert_true(mn_rd_ok(&r));
    r = mn_rd_over(at, 4);
    mn_rd_skip(&r, 2);
    assert_int_equal(mn_rd_be16(&r), 0x0304);
    assert_true(mn_rd_ok(&r));
    r = mn_rd_over(at, 4);
    assert_int_equal(mn_rd_be32(&r), 0x01020304);
    assert_true(mn_rd_ok(&r));
    r = mn_rd_over(at, 4);
    mn_rd_skip(&r, 4);
    assert_true(mn_rd_ok(&r));
    free(at);
}

static void test_the_longest_reader_is_read_to_its_end(void **state)
{
    (void)state;
    uint8_t *at = numbered(MN_RD_MAX);
    uint8_t *out = malloc(MN_RD_MAX);
    assert_non_null(out);
    struct mn_rd r = mn_rd_over(at, MN_RD_MAX);
    mn_rd_bytes(&r, out, MN_RD_MAX);
    assert_true(mn_rd_ok(&r));
    assert_memory_equal(out, at, MN_RD_MAX);
    r = mn_rd_over(at, MN_RD_MAX);
    struct mn_rd sub = mn_rd_sub(&r, MN_RD_MAX);
    mn_rd_skip(&sub, MN_RD_MAX);
    assert_true(mn_rd_ok(&r) && mn_rd_ok(&sub));
    free(out);
    free(at);
}

/* Reads `take` bytes in one of the ways to; true if the value is all zeros. */
static bool take_gives_zeros(struct mn_rd *r, int32_t take)
{
    uint8_t out[8];
    static const uint8_t zeros[8];
    switch (take) {
    case 1:
        return mn_rd_u8(r) == 0;
    case 2:
        return mn_rd_be16(r) == 0;
    case 4:
        return mn_rd_be32(r) == 0;
    default:
        memset(out, 0xee, sizeof out);
        mn_rd_bytes(r, out, take);
        return memcmp(out, zeros, (size_t)take) == 0;
    }
}

static void test_a_take_past_the_end_gives_zeros_latches_and_moves_nothing(void **state)
{
    (void)state;
    static const int32_t takes[] = {1, 2, 4, 3, 8};
    for (size_t t = 0; t < COUNT_OF(takes); t++) {
        for (int32_t len = 0; len < takes[t]; len++) {
            uint8_t *at = numbered((size_t)len);
            struct mn_rd r = mn_rd_over(at, (size_t)len);
            assert_true(take_gives_zeros(&r, takes[t]));
            assert_false(mn_rd_ok(&r));
            assert_int_equal(mn_rd_left(&r), len);
            /* What would fit is not read either once the reader is bad. */
            for (size_t again = 0; again < COUNT_OF(takes); again++)
                assert_true(take_gives_zeros(&r, takes[again]));
            mn_rd_skip(&r, 0);
            assert_false(mn_rd_ok(&r));
            free(at);
        }
    }
}

static void test_bytes_and_skip_move_by_their_length(void **state)
{
    (void)state;
    uint8_t *at = numbered(6);
    uint8_t out[4] = {0xee, 0xee, 0xee, 0xee};
    struct mn_rd r = mn_rd_over(at, 6);
    mn_rd_skip(&r, 2);
    mn_rd_bytes(&r, out, 3);
    const uint8_t wanted[4] = {3, 4, 5, 0xee};
    assert_memory_equal(out, wanted, sizeof wanted);
    mn_rd_bytes(&r, out, 0);
    assert_int_equal(mn_rd_left(&r), 1);
    assert_true(mn_rd_ok(&r));
    mn_rd_skip(&r, 2);
    assert_false(mn_rd_ok(&r));
    free(at);
}

static void test_impossible_lengths_are_bad(void **state)
{
    (void)state;
    static const int32_t lengths[] = {-1, INT32_MIN, MN_RD_MAX + 1, INT32_MAX};
    uint8_t *at = numbered(4);
    for (size_t i = 0; i < COUNT_OF(lengths); i++) {
        struct mn_rd r = mn_rd_over(at, 4);
        mn_rd_skip(&r, lengths[i]);
        assert_false(mn_rd_ok(&r));
        r = mn_rd_over(at, 4);
        struct mn_rd sub = mn_rd_sub(&r, lengths[i]);
        assert_false(mn_rd_ok(&r));
        assert_false(mn_rd_ok(&sub));
        assert_int_equal(mn_rd_left(&sub), 0);
    }
    uint8_t out[1] = {0xee};
    struct mn_rd r = mn_rd_over(at, 4);
    mn_rd_bytes(&r, out, -1);
    assert_false(mn_rd_ok(&r));
    assert_int_equal(out[0], 0xee);
    free(at);
}

static void test_a_sub_reader_ends_where_it_should(void **state)
{
    (void)state;
    uint8_t *at = numbered(6);
    struct mn_rd r = mn_rd_over(at, 6);
    mn_rd_skip(&r, 1);
    struct mn_rd sub = mn_rd_sub(&r, 3);
    assert_int_equal(mn_rd_u8(&r), 5);
    assert_int_equal(mn_rd_be16(&sub), 0x0203);
    assert_int_equal(mn_rd_be16(&sub), 0);
    assert_false(mn_rd_ok(&sub));
    assert_true(mn_rd_ok(&r));
    free(at);
}

static void test_nothing_and_too_much(void **state)
{
    (void)state;
    struct mn_rd r = mn_rd_over(NULL, 0);
    assert_true(mn_rd_ok(&r));
    mn_rd_bytes(&r, NULL, 0);
    mn_rd_skip(&r, 0);
    assert_true(mn_rd_ok(&r));
    assert_int_equal(mn_rd_u8(&r), 0);
    assert_false(mn_rd_ok(&r));
    const uint8_t byte = 1;
    r = mn_rd_over(&byte, (size_t)MN_RD_MAX + 1);
    assert_false(mn_rd_ok(&r));
    assert_int_equal(mn_rd_left(&r), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_numbers_are_big_endian),
        cmocka_unit_test(test_the_high_bit_does_not_spread),
        cmocka_unit_test(test_the_last_byte_may_be_read_and_nothing_behind_it),
        cmocka_unit_test(test_the_longest_reader_is_read_to_its_end),
        cmocka_unit_test(test_a_take_past_the_end_gives_zeros_latches_and_moves_nothing),
        cmocka_unit_test(test_bytes_and_skip_move_by_their_length),
        cmocka_unit_test(test_impossible_lengths_are_bad),
        cmocka_unit_test(test_a_sub_reader_ends_where_it_should),
        cmocka_unit_test(test_nothing_and_too_much),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
