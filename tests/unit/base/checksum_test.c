/* SPDX-License-Identifier: ISC
 *
 * The checksum against the plain 16-bit loop of RFC 1071 4.1. */
#include "base_test.h"
#include <base/checksum.h>

/* The one's complement sum of big-endian 16-bit words, an odd last byte padded with zero. */
static uint16_t plain_sum(const uint8_t *at, size_t len)
{
    uint32_t sum = 0;
    for (size_t i = 0; i < len; i++) {
        sum += i % 2 == 0 ? (uint32_t)at[i] << 8 : at[i];
        sum = (sum & 0xffff) + (sum >> 16);
    }
    return (uint16_t)sum;
}

enum fill { FILL_RANDOM, FILL_ZERO, FILL_ONES, FILL_SPARSE, FILL_COUNT };

static void fill(uint8_t *at, size_t len, enum fill how)
{
    if (how == FILL_RANDOM)
        random_bytes(at, len);
    else
        memset(at, how == FILL_ONES ? 0xff : 0, len);
    if (how == FILL_SPARSE && len > 0)
        at[random_below((uint32_t)len)] = (uint8_t)random64();
}

/* RFC 1071 3: the example. */
static void test_example_of_rfc_1071(void **state)
{
    (void)state;
    const uint8_t bytes[] = {0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7};
    mn_sum sum = mn_sum_add(0, bytes, sizeof bytes);
    assert_int_equal(mn_sum_fold(sum), 0xddf2);
    assert_int_equal(mn_sum_finish(sum), 0x220d);
}

static void test_every_length_and_alignment_matches_the_plain_loop(void **state)
{
    (void)state;
    random_state = 1;
    for (size_t len = 0; len <= 200; len++) {
        for (size_t shift = 0; shift < 8; shift++) {
            for (unsigned how = 0; how < FILL_COUNT; how++) {
                uint8_t *block = malloc(shift + len + 1);
                assert_non_null(block);
                uint8_t *at = block + shift + 1;
                fill(at, len, (enum fill)how);
                assert_int_equal(mn_sum_fold(mn_sum_add(0, at, len)), plain_sum(at, len));
                free(block);
            }
        }
    }
}

static void test_large_ranges_match_the_plain_loop(void **state)
{
    (void)state;
    random_state = 2;
    uint8_t *at = malloc(70000);
    assert_non_null(at);
    for (unsigned round = 0; round < 200; round++) {
        size_t len = random_below(70000);
        fill(at, len, (enum fill)(round % FILL_COUNT));
        assert_int_equal(mn_sum_fold(mn_sum_add(0, at, len)), plain_sum(at, len));
    }
    free(at);
}

/* A sum is 0 only when all is zero: a transport that sends 0xffff for 0 relies on it (RFC 768). */
static void test_only_zeros_sum_to_zero(void **state)
{
    (void)state;
    uint8_t at[64] = {0};
    assert_int_equal(mn_sum_fold(mn_sum_add(0, at, sizeof at)), 0);
    assert_int_equal(mn_sum_finish(mn_sum_add(0, at, sizeof at)), 0xffff);
    memset(at, 0xff, sizeof at);
    assert_int_equal(mn_sum_fold(mn_sum_add(0, at, sizeof at)), 0xffff);
    assert_int_equal(mn_sum_finish(mn_sum_add(0, at, sizeof at)), 0);
    for (size_t cut = 0; cut < 8; cut++)
        assert_int_equal(mn_sum_fold(mn_sum_add(0, at, sizeof at - 2 * cut)), 0xffff);
}

/* Each fold may carry once more: all sums of extreme words. */
static void test_extreme_words_fold_right(void **state)
{
    (void)state;
    static const uint16_t extreme[] = {0, 1, 0x8000, 0xfffe, 0xffff};
    for (unsigned n = 0; n < 5 * 5 * 5 * 5; n++) {
        const uint16_t words[4] = {extreme[n % 5], extreme[n / 5 % 5], extreme[n / 25 % 5],
                                   extreme[n / 125]};
        uint8_t at[8];
        for (unsigned i = 0; i < 4; i++) {
            at[2 * i] = (uint8_t)(words[i] >> 8);
            at[2 * i + 1] = (uint8_t)words[i];
        }
        assert_int_equal(mn_sum_fold(mn_sum_add(0, at, sizeof at)), plain_sum(at, sizeof at));
        /* The same in the order that a machine of the other kind would load them. */
        for (unsigned i = 0; i < 4; i++) {
            at[2 * i] = (uint8_t)words[i];
            at[2 * i + 1] = (uint8_t)(words[i] >> 8);
        }
        assert_int_equal(mn_sum_fold(mn_sum_add(0, at, sizeof at)), plain_sum(at, sizeof at));
    }
}

static void test_pieces_sum_to_the_whole(void **state)
{
    (void)state;
    random_state = 3;
    uint8_t at[3000];
    for (unsigned round = 0; round < 2000; round++) {
        size_t len = random_below(sizeof at);
        fill(at, len, (enum fill)(round % FILL_COUNT));
        mn_sum sum = 0;
        for (size_t done = 0; done < len;) {
            size_t part = 1 + random_below(round % 2 ? 40 : 2000);
            if (part > len - done)
                part = len - done;
            sum = mn_sum_add_at(sum, done, at + done, part);
            done += part;
        }
        assert_int_equal(mn_sum_fold(sum), plain_sum(at, len));
    }
}

static void test_single_numbers_are_in_host_order(void **state)
{
    (void)state;
    random_state = 4;
    for (unsigned round = 0; round < 1000; round++) {
        uint16_t a = (uint16_t)random64();
        uint16_t b = (uint16_t)random64();
        const uint8_t bytes[4] = {(uint8_t)(a >> 8), (uint8_t)a, (uint8_t)(b >> 8), (uint8_t)b};
        mn_sum sum = mn_sum_add16(mn_sum_add16(0, a), b);
        assert_int_equal(mn_sum_fold(sum), plain_sum(bytes, sizeof bytes));
        assert_int_equal(mn_sum_fold(sum), mn_sum_fold(mn_sum_add(0, bytes, sizeof bytes)));
    }
}

/* The carry out of bit 63 must not be lost, wherever it happens. */
static void test_carries_go_round(void **state)
{
    (void)state;
    uint8_t ones[100];
    memset(ones, 0xff, sizeof ones);
    for (unsigned shift = 0; shift < 64; shift++) {
        mn_sum start = ~(UINT64_C(1) << shift);
        uint16_t folded = mn_sum_fold(start);
        for (size_t len = 2; len <= sizeof ones; len += 2)
            /* Adding 0xffff words changes nothing but the form of zero. */
            assert_int_equal(mn_sum_fold(mn_sum_add(start, ones, len)), folded);
    }
}

static void test_copy_copies_and_sums(void **state)
{
    (void)state;
    random_state = 5;
    for (size_t len = 0; len <= 300; len++) {
        for (unsigned how = 0; how < FILL_COUNT; how++) {
            size_t shift = random_below(8);
            uint8_t from[310];
            uint8_t to[310];
            fill(from + shift, len, (enum fill)how);
            memset(to, 0xee, sizeof to);
            mn_sum sum = mn_sum_copy(mn_sum_add16(0, 7), to + 1, from + shift, len);
            assert_memory_equal(to + 1, from + shift, len);
            assert_int_equal(to[0], 0xee);
            assert_int_equal(to[1 + len], 0xee);
            assert_int_equal(mn_sum_fold(sum),
                             mn_sum_fold(mn_sum_add(mn_sum_add16(0, 7), from + shift, len)));
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_example_of_rfc_1071),
        cmocka_unit_test(test_every_length_and_alignment_matches_the_plain_loop),
        cmocka_unit_test(test_large_ranges_match_the_plain_loop),
        cmocka_unit_test(test_only_zeros_sum_to_zero),
        cmocka_unit_test(test_extreme_words_fold_right),
        cmocka_unit_test(test_pieces_sum_to_the_whole),
        cmocka_unit_test(test_single_numbers_are_in_host_order),
        cmocka_unit_test(test_carries_go_round),
        cmocka_unit_test(test_copy_copies_and_sums),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
