/* SPDX-License-Identifier: ISC
 *
 * The shared environment: uniform numbers within a bound, and counted drops. */
#include "base_test.h"
#include <base/env.h>
#include <stdio.h>

/* A generator that gives a script of 32-bit numbers, the last one for ever. */
struct scripted {
    struct mnet_rng rng;
    const uint32_t *numbers;
    unsigned count, given;
};

static void give(struct mnet_rng *rng, void *out, size_t len)
{
    struct scripted *scripted = (struct scripted *)(void *)rng;
    assert_int_equal(len, 4);
    unsigned i = scripted->given < scripted->count ? scripted->given : scripted->count - 1;
    memcpy(out, &scripted->numbers[i], 4);
    scripted->given++;
}

static uint32_t below(const uint32_t *numbers, unsigned count, uint32_t bound, unsigned *given)
{
    struct mn_env env = {0};
    struct scripted scripted = {{give}, numbers, count, 0};
    env.rng = &scripted.rng;
    uint32_t value = mn_env_below(&env, bound);
    *given = scripted.given;
    return value;
}

static void test_the_range_is_mapped_evenly(void **state)
{
    (void)state;
    unsigned given;
    const uint32_t low[] = {1};
    const uint32_t high[] = {UINT32_MAX};
    static const uint32_t bounds[] = {1, 2, 3, 10, 16384, 0x80000000, UINT32_MAX};
    for (size_t i = 0; i < COUNT_OF(bounds); i++) {
        assert_int_equal(below(high, 1, bounds[i], &given), bounds[i] - 1);
        assert_int_equal(given, 1);
    }
    assert_int_equal(below(low, 1, 10, &given), 0);
    assert_int_equal(below(low, 1, 16384, &given), 0);
}

/* 2^32 mod 3 is 1, so exactly one number of 2^32 is too many: 0. */
static void test_numbers_that_would_tip_the_scales_are_refused(void **state)
{
    (void)state;
    unsigned given;
    const uint32_t zero_then_high[] = {0, UINT32_MAX};
    assert_int_equal(below(zero_then_high, 2, 3, &given), 2);
    assert_int_equal(given, 2);
    assert_int_equal(below(zero_then_high, 2, 4, &given), 0);
    assert_int_equal(given, 1);
}

static void test_a_broken_generator_does_not_hang_us(void **state)
{
    (void)state;
    unsigned given;
    const uint32_t zeros[] = {0};
    assert_true(below(zeros, 1, 3, &given) < 3);
}

static void test_all_values_come_equally_often(void **state)
{
    (void)state;
    struct mn_env env = {0};
    struct mnet_rng_seeded seeded;
    mnet_rng_seeded_init(&seeded, 1);
    env.rng = &seeded.rng;
    unsigned seen[7] = {0};
    for (unsigned i = 0; i < 70000; i++)
        seen[mn_env_below(&env, 7)]++;
    for (unsigned i = 0; i < 7; i++)
        assert_in_range(seen[i], 9600, 10400);
}

static char logged[256];

static void keep(struct mnet_log *log, const struct mnet_log_record *record)
{
    (void)log;
    snprintf(logged, sizeof logged, "%s %s %s", record->source, record->tag, record->message);
}

static void test_a_drop_is_counted_and_logged_with_its_text(void **state)
{
    (void)state;
    struct mnet_log log = {.sink = keep, .level = MNET_LOG_DEBUG};
    struct mn_env env = {.log = &log, .name = "service"};
    mn_env_count_drop(&env, MNET_DROP_UDP_NO_PORT);
    assert_string_equal(logged, "drop service nobody listens on the UDP port");
    log.level = MNET_LOG_INFO;
    logged[0] = '\0';
    mn_env_count_drop(&env, MNET_DROP_UDP_NO_PORT);
    env.log = NULL;
    mn_env_count_drop(&env, MNET_DROP_UDP_NO_PORT);
    assert_string_equal(logged, "");
    for (unsigned i = 0; i < MNET_DROP_COUNT; i++)
        assert_int_equal(env.drops[i], i == MNET_DROP_UDP_NO_PORT ? 3 : 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_range_is_mapped_evenly),
        cmocka_unit_test(test_numbers_that_would_tip_the_scales_are_refused),
        cmocka_unit_test(test_a_broken_generator_does_not_hang_us),
        cmocka_unit_test(test_all_values_come_equally_often),
        cmocka_unit_test(test_a_drop_is_counted_and_logged_with_its_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
