/* SPDX-License-Identifier: ISC
 *
 * Fortuna against values that another implementation gave: written in Python on hashlib and the
 * `cryptography` package from the description in the book, with a big-endian block counter that
 * starts at 0. */
#include "run_test_port.h"
#include <run/fortuna.h>

static struct mn_fortuna fortuna;

static int setup(void **state)
{
    (void)state;
    mn_fortuna_init(&fortuna, MNET_SEC(5));
    return 0;
}

static int setup_seeded(void **state)
{
    setup(state);
    mn_fortuna_seed(&fortuna, "mnet", 4);
    return 0;
}

static void test_output_and_rekey_match_the_reference(void **state)
{
    (void)state;
    static const uint8_t first[20] = {0x26, 0x6b, 0x1d, 0xd5, 0x2f, 0x83, 0x10, 0x3f, 0xa3, 0xfa,
                                      0x79, 0x21, 0x02, 0x94, 0xf7, 0xc5, 0x5e, 0x5e, 0xb9, 0x58};
    static const uint8_t second[16] = {0x9c, 0xad, 0x25, 0x73, 0x80, 0x5b, 0xf6, 0xc3,
                                       0xac, 0xcb, 0x90, 0x75, 0xd1, 0xb7, 0x6a, 0xe4};
    uint8_t out[20];
    mn_fortuna_fill(&fortuna, out, sizeof first);
    assert_memory_equal(out, first, sizeof first);
    mn_fortuna_fill(&fortuna, out, sizeof second);
    assert_memory_equal(out, second, sizeof second);
}

static void test_a_long_request_rekeys_every_64_kib(void **state)
{
    (void)state;
    static const uint8_t end[17] = {0x70, 0x62, 0x64, 0x89, 0x16, 0x7a, 0x16, 0xb6, 0xc3,
                                    0xff, 0x0a, 0xe1, 0x95, 0x3f, 0x03, 0x9e, 0x5f};
    static uint8_t out[65536 + 1];
    mn_fortuna_fill(&fortuna, out, sizeof out);
    assert_memory_equal(out + sizeof out - sizeof end, end, sizeof end);
}

static void test_the_key_changes_after_each_request(void **state)
{
    (void)state;
    uint8_t before[MN_FORTUNA_KEY_LEN], out[1];
    memcpy(before, fortuna.key, sizeof before);
    mn_fortuna_fill(&fortuna, out, sizeof out);
    assert_memory_not_equal(before, fortuna.key, sizeof before);
}

/* Six samples of ten bytes for each pool: pool 0 then has 72 bytes, with their heads. */
static void add_round(unsigned *n)
{
    uint8_t sample[10];
    for (unsigned i = 0; i < 6 * MN_FORTUNA_POOLS; i++, ++*n) {
        for (unsigned k = 0; k < sizeof sample; k++)
            sample[k] = (uint8_t)(*n + k);
        mn_fortuna_add(&fortuna, MN_SOURCE_PLATFORM, sample, sizeof sample);
    }
}

static void test_pool_i_is_used_on_every_2_to_the_ith_reseed(void **state)
{
    (void)state;
    static const uint8_t want[4][8] = {{0xf7, 0xdc, 0x6d, 0xca, 0x5e, 0xea, 0x5f, 0x4a},
                                       {0xfb, 0x0b, 0x04, 0x95, 0x0f, 0x9c, 0xb0, 0xe8},
                                       {0x16, 0xf9, 0x9b, 0x1e, 0xfd, 0xd1, 0xfd, 0x1d},
                                       {0x94, 0xb0, 0x14, 0x44, 0x30, 0xde, 0x6d, 0x22}};
    unsigned n = 0;
    for (unsigned i = 0; i < 4; i++) {
        uint8_t out[8];
        add_round(&n);
        fortuna.now += MNET_SEC(1);
        mn_fortuna_fill(&fortuna, out, sizeof out);
        assert_memory_equal(out, want[i], sizeof out);
        assert_int_equal(fortuna.reseeds, i + 1);
    }
}

static void test_no_reseed_before_a_second_has_passed(void **state)
{
    (void)state;
    unsigned n = 0;
    uint8_t out[8];
    add_round(&n);
    fortuna.now += MNET_SEC(1) - 1;
    mn_fortuna_fill(&fortuna, out, sizeof out);
    assert_int_equal(fortuna.reseeds, 0);
    fortuna.now += 1;
    mn_fortuna_fill(&fortuna, out, sizeof out);
    assert_int_equal(fortuna.reseeds, 1);
    mn_fortuna_fill(&fortuna, out, sizeof out);
    assert_int_equal(fortuna.reseeds, 1);
}

static void test_no_reseed_before_pool_0_has_64_bytes(void **state)
{
    (void)state;
    uint8_t out[8], sample[29] = {0};
    fortuna.now += MNET_SEC(10);
    /* Two samples of 31 bytes with their heads in pool 0: 62 bytes. */
    for (unsigned i = 0; i < 2 * MN_FORTUNA_POOLS; i++)
        mn_fortuna_add(&fortuna, MN_SOURCE_ROUNDS, sample, sizeof sample);
    mn_fortuna_fill(&fortuna, out, sizeof out);
    assert_int_equal(fortuna.reseeds, 0);
    mn_fortuna_add(&fortuna, MN_SOURCE_ROUNDS, sample, 1);
    mn_fortuna_fill(&fortuna, out, sizeof out);
    assert_int_equal(fortuna.reseeds, 1);
}

static void test_each_source_goes_round_all_pools(void **state)
{
    (void)state;
    for (unsigned i = 0; i < MN_FORTUNA_POOLS + 3; i++)
        mn_fortuna_add(&fortuna, MN_SOURCE_ROUNDS, "x", 1);
    mn_fortuna_add(&fortuna, MN_SOURCE_PLATFORM, "x", 1);
    assert_int_equal(fortuna.turn[MN_SOURCE_ROUNDS], 3);
    assert_int_equal(fortuna.turn[MN_SOURCE_PLATFORM], 1);
    /* Two samples of the first source and one of the second, three bytes each. */
    assert_int_equal(fortuna.pool0_len, 9);
}

static void test_the_counter_does_not_repeat_at_32_bits(void **state)
{
    (void)state;
    uint8_t out[64];
    memset(fortuna.counter + 12, 0xff, 4);
    memset(fortuna.counter + 11, 0xff, 1);
    mn_fortuna_fill(&fortuna, out, sizeof out);
    static const uint8_t want[16] = {[10] = 1, [15] = 6};
    assert_memory_equal(fortuna.counter, want, sizeof want);
}

static void test_small_draws_share_one_request(void **state)
{
    (void)state;
    uint8_t stock[MN_FORTUNA_STOCK], key[MN_FORTUNA_KEY_LEN], out[60];
    struct mn_fortuna twin = fortuna;
    mn_fortuna_fill(&twin, stock, sizeof stock);
    for (size_t left = sizeof stock; left > 0; left -= sizeof out) {
        fortuna.rng.fill(&fortuna.rng, out, sizeof out);
        assert_memory_equal(out, stock + left - sizeof out, sizeof out);
    }
    memcpy(key, fortuna.key, sizeof key);
    assert_memory_equal(key, twin.key, sizeof key);
    fortuna.rng.fill(&fortuna.rng, out, 1);
    assert_memory_not_equal(key, fortuna.key, sizeof key);
}

static void test_what_was_given_is_no_longer_in_the_stock(void **state)
{
    (void)state;
    static const uint8_t zero[MN_FORTUNA_STOCK];
    uint8_t out[16];
    mn_fortuna_draw(&fortuna, out, sizeof out);
    assert_int_equal(fortuna.stock_len, sizeof fortuna.stock - sizeof out);
    assert_memory_equal(fortuna.stock + fortuna.stock_len, zero, sizeof out);
}

static void test_a_reseed_and_a_seed_throw_the_stock_away(void **state)
{
    (void)state;
    static const uint8_t zero[MN_FORTUNA_STOCK];
    unsigned n = 0;
    uint8_t out[16];
    mn_fortuna_draw(&fortuna, out, sizeof out);
    mn_fortuna_seed(&fortuna, "more", 4);
    assert_int_equal(fortuna.stock_len, 0);
    assert_memory_equal(fortuna.stock, zero, sizeof zero);
    mn_fortuna_draw(&fortuna, out, sizeof out);
    add_round(&n);
    fortuna.now += MNET_SEC(1);
    mn_fortuna_draw(&fortuna, out, sizeof out);
    assert_int_equal(fortuna.reseeds, 1);
    assert_int_equal(fortuna.stock_len, sizeof fortuna.stock - sizeof out);
}

static void test_a_long_draw_is_a_request_of_its_own(void **state)
{
    (void)state;
    uint8_t want[61], out[61];
    struct mn_fortuna twin = fortuna;
    mn_fortuna_fill(&twin, want, sizeof want);
    fortuna.rng.fill(&fortuna.rng, out, sizeof out);
    assert_memory_equal(out, want, sizeof out);
    assert_int_equal(fortuna.stock_len, 0);
}

static void test_a_generator_that_was_not_seeded_refuses(void **state)
{
    (void)state;
    uint8_t out[8];
    ASSERT_PANICS(mn_fortuna_fill(&fortuna, out, sizeof out), "is_seeded");
}

static void test_kill_overwrites_all_secrets_and_refuses(void **state)
{
    (void)state;
    uint8_t out[8];
    mn_fortuna_add(&fortuna, MN_SOURCE_ROUNDS, "x", 1);
    mn_fortuna_kill(&fortuna);
    const uint8_t *bytes = (const uint8_t *)&fortuna + sizeof fortuna.rng;
    for (size_t i = 0; i < sizeof fortuna - sizeof fortuna.rng; i++)
        assert_int_equal(bytes[i], 0);
    ASSERT_PANICS(fortuna.rng.fill(&fortuna.rng, out, sizeof out), "killed");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_output_and_rekey_match_the_reference, setup_seeded),
        cmocka_unit_test_setup(test_a_long_request_rekeys_every_64_kib, setup_seeded),
        cmocka_unit_test_setup(test_the_key_changes_after_each_request, setup_seeded),
        cmocka_unit_test_setup(test_pool_i_is_used_on_every_2_to_the_ith_reseed, setup_seeded),
        cmocka_unit_test_setup(test_no_reseed_before_a_second_has_passed, setup_seeded),
        cmocka_unit_test_setup(test_no_reseed_before_pool_0_has_64_bytes, setup_seeded),
        cmocka_unit_test_setup(test_each_source_goes_round_all_pools, setup_seeded),
        cmocka_unit_test_setup(test_the_counter_does_not_repeat_at_32_bits, setup_seeded),
        cmocka_unit_test_setup(test_small_draws_share_one_request, setup_seeded),
        cmocka_unit_test_setup(test_what_was_given_is_no_longer_in_the_stock, setup_seeded),
        cmocka_unit_test_setup(test_a_reseed_and_a_seed_throw_the_stock_away, setup_seeded),
        cmocka_unit_test_setup(test_a_long_draw_is_a_request_of_its_own, setup_seeded),
        cmocka_unit_test_setup(test_a_generator_that_was_not_seeded_refuses, setup),
        cmocka_unit_test_setup(test_kill_overwrites_all_secrets_and_refuses, setup_seeded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
