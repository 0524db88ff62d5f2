/* SPDX-License-Identifier: ISC
 *
 * The estimator against numbers worked out by hand from RFC 6298 2. */
#include "pure_test.h"
#include <tcp/rtt.h>

/* RFC 6298 2.1: one second before the first sample. */
static void test_rto_is_one_second_before_the_first_sample(void **state)
{
    (void)state;
    struct mn_rtt rtt;
    mn_rtt_init(&rtt);
    assert_false(mn_rtt_has_sample(&rtt));
    assert_int_equal(mn_rtt_rto(&rtt, 0), MNET_SEC(1));
}

/* RFC 6298 2.2: SRTT = R, RTTVAR = R/2, RTO = SRTT + 4 RTTVAR. */
static void test_first_sample_sets_srtt_and_half_of_it_as_variance(void **state)
{
    (void)state;
    struct mn_rtt rtt;
    mn_rtt_init(&rtt);
    mn_rtt_sample(&rtt, MNET_MS(100));
    assert_int_equal(mn_rtt_srtt(&rtt), MNET_MS(100));
    assert_int_equal(mn_rtt_rttvar(&rtt), MNET_MS(50));
    assert_int_equal(mn_rtt_rto(&rtt, 0), MNET_MS(300));
}

/* RFC 6298 2.3: worked by hand, all in ms:
 *   R 100: srtt 100, var 50, rto 300
 *   R 200: var 3/4*50 + 1/4*100 = 62.5, srtt 7/8*100 + 25 = 112.5, rto 362.5
 *   R  60: var 3/4*62.5 + 1/4*52.5 = 60, srtt 7/8*112.5 + 7.5 = 105.9375, rto 345.9375
 *   R 400: var 45 + 1/4*294.0625 = 118.515625, srtt 92.6953125 + 50 = 142.6953125 */
static void test_later_samples_follow_the_formula(void **state)
{
    (void)state;
    static const struct {
        unsigned r_ms;
        mnet_time srtt_us, rttvar_us, rto_us;
    } table[] = {
        {100, 100000, 50000, 300000},
        {200, 112500, 62500, 362500},
        {60, 105937, 60000, 345937},
        {400, 142695, 118515, 616757},
    };
    struct mn_rtt rtt;
    mn_rtt_init(&rtt);
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        mn_rtt_sample(&rtt, MNET_MS(table[i].r_ms));
        assert_in_range(mn_rtt_srtt(&rtt) / 1000, table[i].srtt_us - 1, table[i].srtt_us + 1);
        assert_in_range(mn_rtt_rttvar(&rtt) / 1000, table[i].rttvar_us - 1, table[i].rttvar_us + 1);
        assert_in_range(mn_rtt_rto(&rtt, 0) / 1000, table[i].rto_us - 5, table[i].rto_us + 5);
    }
}

/* RFC 6298 2.4, with our floor of 200 ms; 2.5: the ceiling. */
static void test_rto_stays_between_floor_and_ceiling(void **state)
{
    (void)state;
    struct mn_rtt rtt;
    mn_rtt_init(&rtt);
    mn_rtt_sample(&rtt, MNET_US(15));
    assert_int_equal(mn_rtt_rto(&rtt, 0), MNET_MS(200));
    assert_int_equal(mn_rtt_srtt(&rtt), MNET_US(15));
    mn_rtt_init(&rtt);
    mn_rtt_sample(&rtt, MNET_SEC(500));
    assert_int_equal(mn_rtt_rto(&rtt, 0), MNET_SEC(120));
    for (int i = 0; i < 1000; i++) {
        mn_rtt_sample(&rtt, i % 2 ? MNET_SEC(100000) : 0);
        assert_in_range(mn_rtt_rto(&rtt, 0), MNET_MS(200), MNET_SEC(120));
    }
}

static void test_a_steady_path_converges_to_its_time_and_no_variance(void **state)
{
    (void)state;
    struct mn_rtt rtt;
    mn_rtt_init(&rtt);
    mn_rtt_sample(&rtt, MNET_SEC(3));
    for (int i = 0; i < 200; i++)
        mn_rtt_sample(&rtt, MNET_MS(700));
    assert_in_range(mn_rtt_srtt(&rtt), MNET_US(699990), MNET_US(700010));
    assert_in_range(mn_rtt_rttvar(&rtt), 0, MNET_US(10));
    assert_in_range(mn_rtt_rto(&rtt, 0), MNET_MS(700), MNET_MS(701));
}

static void test_a_sample_of_nothing_still_counts_as_one(void **state)
{
    (void)state;
    struct mn_rtt rtt;
    mn_rtt_init(&rtt);
    mn_rtt_sample(&rtt, 0);
    assert_true(mn_rtt_has_sample(&rtt));
    for (int i = 0; i < 100; i++)
        mn_rtt_sample(&rtt, 0);
    assert_true(mn_rtt_has_sample(&rtt));
}

/* RFC 6298 5.5: doubled at each expiry, up to the ceiling; Karn: it is not the sample's. */
static void test_backoff_doubles_up_to_the_ceiling(void **state)
{
    (void)state;
    struct mn_rtt rtt;
    mn_rtt_init(&rtt);
    for (unsigned i = 0; i < 7; i++)
        assert_int_equal(mn_rtt_rto(&rtt, i), MNET_SEC(1) << i);
    assert_int_equal(mn_rtt_rto(&rtt, 7), MNET_SEC(120));
    assert_int_equal(mn_rtt_rto(&rtt, 255), MNET_SEC(120));
    mn_rtt_sample(&rtt, MNET_US(50));
    assert_int_equal(mn_rtt_rto(&rtt, 9), MNET_MS(200) * 512);
    assert_int_equal(mn_rtt_rto(&rtt, 10), MNET_SEC(120));
}

/* RFC 6298 5.7: three seconds after a SYN was lost, unless something was measured. */
static void test_a_lost_syn_makes_the_first_rto_three_seconds(void **state)
{
    (void)state;
    struct mn_rtt rtt;
    mn_rtt_init(&rtt);
    mn_rtt_syn_lost(&rtt);
    assert_int_equal(mn_rtt_rto(&rtt, 0), MNET_SEC(3));
    mn_rtt_sample(&rtt, MNET_MS(100));
    assert_int_equal(mn_rtt_rto(&rtt, 0), MNET_MS(300));
    mn_rtt_syn_lost(&rtt);
    assert_int_equal(mn_rtt_rto(&rtt, 0), MNET_MS(300));
}

/* RFC 6298 5: SRTT and RTTVAR may be cleared when the timer has backed off several times. */
static void test_after_forget_the_next_sample_is_the_first(void **state)
{
    (void)state;
    struct mn_rtt rtt;
    mn_rtt_init(&rtt);
    mn_rtt_sample(&rtt, MNET_MS(400));
    mn_rtt_forget(&rtt);
    assert_int_equal(mn_rtt_rto(&rtt, 0), MNET_MS(1200));
    mn_rtt_sample(&rtt, MNET_MS(100));
    assert_int_equal(mn_rtt_srtt(&rtt), MNET_MS(100));
    assert_int_equal(mn_rtt_rto(&rtt, 0), MNET_MS(300));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rto_is_one_second_before_the_first_sample),
        cmocka_unit_test(test_first_sample_sets_srtt_and_half_of_it_as_variance),
        cmocka_unit_test(test_later_samples_follow_the_formula),
        cmocka_unit_test(test_rto_stays_between_floor_and_ceiling),
        cmocka_unit_test(test_a_steady_path_converges_to_its_time_and_no_variance),
        cmocka_unit_test(test_a_sample_of_nothing_still_counts_as_one),
        cmocka_unit_test(test_backoff_doubles_up_to_the_ceiling),
        cmocka_unit_test(test_a_lost_syn_makes_the_first_rto_three_seconds),
        cmocka_unit_test(test_after_forget_the_next_sample_is_the_first),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
