/* SPDX-License-Identifier: ISC
 *
 * The sources of the generator, with an entropy source and a cycle counter that the test controls.
 * Clock and tasks are those of the fake port and the real scheduler. */
#include "../../support/fake_port.h"
#include "run_test.h"
#include <run/feed.h>
#include <sched/sched.h>

static struct mn_feed feed;
static uint64_t cycles, cycles_step;
static uint8_t entropy_byte;
static bool has_entropy, is_entropy_stuck;
static size_t entropy_given;

uint64_t mnet_port_cycles(void)
{
    cycles += cycles_step;
    return cycles;
}

size_t mnet_port_entropy(void *out, size_t len)
{
    if (!has_entropy)
        return 0;
    for (size_t i = 0; i < len; i++)
        ((uint8_t *)out)[i] = entropy_byte;
    if (!is_entropy_stuck)
        entropy_byte++;
    entropy_given += len;
    return len;
}

static int setup(void **state)
{
    (void)state;
    fake_port_reset();
    cycles = 0;
    cycles_step = 7;
    entropy_byte = 0;
    has_entropy = true;
    is_entropy_stuck = false;
    entropy_given = 0;
    return 0;
}

static void test_good_sources_seed_the_generator(void **state)
{
    (void)state;
    uint8_t out[8], zeros[8] = {0};
    assert_null(mn_feed_seed(&feed, 0, NULL));
    assert_true(feed.fortuna.is_seeded);
    assert_true(entropy_given >= 64);
    feed.fortuna.rng.fill(&feed.fortuna.rng, out, sizeof out);
    assert_memory_not_equal(out, zeros, sizeof out);
}

static void test_both_sources_matter(void **state)
{
    uint8_t first[8], other[8];
    assert_null(mn_feed_seed(&feed, 0, NULL));
    mn_fortuna_fill(&feed.fortuna, first, sizeof first);
    setup(state);
    cycles_step = 8;
    assert_null(mn_feed_seed(&feed, 0, NULL));
    mn_fortuna_fill(&feed.fortuna, other, sizeof other);
    assert_memory_not_equal(first, other, sizeof first);
    setup(state);
    entropy_byte = 100;
    assert_null(mn_feed_seed(&feed, 0, NULL));
    mn_fortuna_fill(&feed.fortuna, other, sizeof other);
    assert_memory_not_equal(first, other, sizeof first);
}

static void test_a_cycle_counter_that_stands_still_is_refused(void **state)
{
    (void)state;
    cycles_step = 0;
    assert_non_null(strstr(mn_feed_seed(&feed, 0, NULL), "cycle counter"));
    assert_false(feed.fortuna.is_seeded);
}

static void test_a_counter_whose_low_half_stands_still_is_refused(void **state)
{
    (void)state;
    cycles_step = UINT64_C(1) << 32;
    assert_non_null(mn_feed_seed(&feed, 0, NULL));
}

static void test_entropy_that_repeats_is_refused(void **state)
{
    (void)state;
    is_entropy_stuck = true;
    assert_non_null(strstr(mn_feed_seed(&feed, 0, NULL), "again and again"));
    assert_false(feed.fortuna.is_seeded);
}

static unsigned warnings;

static void count_warnings(struct mnet_log *log, const struct mnet_log_record *record)
{
    (void)log;
    assert_string_equal(record->source, "rng");
    warnings += record->level == MNET_LOG_WARNING;
}

static void test_without_entropy_jitter_must_do_and_a_warning_says_so(void **state)
{
    (void)state;
    struct mnet_log log = {.sink = count_warnings, .level = MNET_LOG_DEBUG};
    has_entropy = false;
    warnings = 0;
    assert_null(mn_feed_seed(&feed, 0, &log));
    assert_int_equal(warnings, 1);
    assert_true(feed.fortuna.is_seeded);
    mn_feed_pools(&feed);
    assert_int_equal(feed.fortuna.pool0_len, 0);
}

static void test_each_round_adds_a_sample_to_the_next_pool(void **state)
{
    (void)state;
    assert_null(mn_feed_seed(&feed, 0, NULL));
    mn_feed_round(&feed, MNET_SEC(3));
    mn_feed_round(&feed, MNET_SEC(4));
    assert_int_equal(feed.fortuna.turn[MN_SOURCE_ROUNDS], 2);
    assert_int_equal(feed.fortuna.pool0_len, 2 + 4);
    assert_int_equal(feed.fortuna.now, MNET_SEC(4));
}

static void test_each_second_feeds_all_pools(void **state)
{
    (void)state;
    assert_null(mn_feed_seed(&feed, 0, NULL));
    mn_feed_pools(&feed);
    assert_int_equal(feed.fortuna.turn[MN_SOURCE_PLATFORM], 0);
    assert_int_equal(feed.fortuna.pool0_len, 2 + 8);
}

static int first_task(void *arg)
{
    uint8_t out[8];
    *(bool *)arg = mn_feed_start(&feed);
    if (mnet_sleep(MNET_SEC(10) + MNET_MS(1)))
        return 1;
    /* Ten rounds of 8 bytes with their heads: enough for a reseed, and time enough since the seed.
     */
    mn_fortuna_fill(&feed.fortuna, out, sizeof out);
    uint64_t reseeds = feed.fortuna.reseeds;
    mn_feed_end(&feed);
    return reseeds == 1 ? 0 : 2;
}

static void test_the_task_feeds_once_a_second_until_it_is_ended(void **state)
{
    (void)state;
    bool has_started = false;
    assert_null(mn_feed_seed(&feed, mnet_port_clock(), NULL));
    entropy_given = 0;
    assert_int_equal(mnet_sched_run(NULL, first_task, &has_started), 0);
    assert_true(has_started);
    assert_int_equal(entropy_given, 10 * 8 * MN_FORTUNA_POOLS);
    assert_false(feed.fortuna.is_seeded);
    assert_int_equal(fake_port.stacks, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_good_sources_seed_the_generator, setup),
        cmocka_unit_test_setup(test_both_sources_matter, setup),
        cmocka_unit_test_setup(test_a_cycle_counter_that_stands_still_is_refused, setup),
        cmocka_unit_test_setup(test_a_counter_whose_low_half_stands_still_is_refused, setup),
        cmocka_unit_test_setup(test_entropy_that_repeats_is_refused, setup),
        cmocka_unit_test_setup(test_without_entropy_jitter_must_do_and_a_warning_says_so, setup),
        cmocka_unit_test_setup(test_each_round_adds_a_sample_to_the_next_pool, setup),
        cmocka_unit_test_setup(test_each_second_feeds_all_pools, setup),
        cmocka_unit_test_setup(test_the_task_feeds_once_a_second_until_it_is_ended, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
