/* SPDX-License-Identifier: ISC
 *
 * NewReno fact by fact, against windows worked out by hand. */
#include "pure_test.h"
#include <tcp/cc.h>

#define MSS 1000u

static struct mn_cc cc;

static void begin(uint32_t cwnd, uint32_t ssthresh)
{
    mn_cc_init(&cc, &mn_cc_newreno, MSS, false);
    cc.cwnd = cwnd;
    cc.ssthresh = ssthresh;
}

static void ack(uint32_t acked)
{
    struct mn_cc_ack fact = {.acked = acked, .inflight = cc.cwnd, .mss = MSS, .cwnd_limited = true};
    mn_cc_on_ack(&cc, &fact);
}

static struct mn_cc_loss loss(uint32_t inflight)
{
    return (struct mn_cc_loss){.inflight = inflight, .mss = MSS};
}

/* RFC 3465 2.2: by bytes, at most L = 2 segments for one ACK. */
static void test_slow_start_grows_by_bytes_and_at_most_two_segments(void **state)
{
    (void)state;
    begin(10 * MSS, MN_CC_CWND_MAX);
    ack(1);
    assert_int_equal(cc.cwnd, 10 * MSS + 1);
    ack(MSS);
    assert_int_equal(cc.cwnd, 11 * MSS + 1);
    ack(2 * MSS);
    assert_int_equal(cc.cwnd, 13 * MSS + 1);
    ack(10 * MSS);
    assert_int_equal(cc.cwnd, 15 * MSS + 1);
}

/* RFC 5681 3.1: with an ACK for every other segment the window doubles in a round trip. */
static void test_slow_start_doubles_in_a_round_trip(void **state)
{
    (void)state;
    begin(10 * MSS, MN_CC_CWND_MAX);
    for (int i = 0; i < 5; i++)
        ack(2 * MSS);
    assert_int_equal(cc.cwnd, 20 * MSS);
}

/* RFC 3465 2.3: L = 1 in the slow start that follows a timeout. */
static void test_slow_start_after_a_timeout_grows_by_one_segment(void **state)
{
    (void)state;
    begin(20 * MSS, MN_CC_CWND_MAX);
    struct mn_cc_loss l = loss(20 * MSS);
    mn_cc_on_rto(&cc, &l);
    ack(5 * MSS);
    assert_int_equal(cc.cwnd, 2 * MSS);
    for (int i = 0; i < 8; i++)
        ack(2 * MSS);
    assert_int_equal(cc.cwnd, 10 * MSS);
    assert_false(mn_cc_is_slow_start(&cc));
    /* A later slow start, after idle time, is not one that follows a timeout. */
    cc.ssthresh = 40 * MSS;
    ack(2 * MSS);
    assert_int_equal(cc.cwnd, 12 * MSS);
}

static void test_slow_start_stops_at_ssthresh_and_the_rest_counts_for_avoidance(void **state)
{
    (void)state;
    begin(9 * MSS + 500, 10 * MSS);
    ack(2 * MSS);
    assert_int_equal(cc.cwnd, 10 * MSS);
    /* 1500 of the bytes are counted: 8500 more make a window. */
    ack(8 * MSS + 499);
    assert_int_equal(cc.cwnd, 10 * MSS);
    ack(1);
    assert_int_equal(cc.cwnd, 11 * MSS);
}

/* RFC 5681 3.1: one segment for each window of bytes, RFC 3465 2.1. */
static void test_congestion_avoidance_adds_a_segment_for_each_window(void **state)
{
    (void)state;
    begin(10 * MSS, 10 * MSS);
    for (int i = 0; i < 9; i++)
        ack(MSS);
    assert_int_equal(cc.cwnd, 10 * MSS);
    ack(MSS);
    assert_int_equal(cc.cwnd, 11 * MSS);
    for (int i = 0; i < 11; i++)
        ack(MSS);
    assert_int_equal(cc.cwnd, 12 * MSS);
}

static void test_one_ack_for_several_windows_adds_one_segment(void **state)
{
    (void)state;
    begin(10 * MSS, 10 * MSS);
    ack(50 * MSS);
    assert_int_equal(cc.cwnd, 11 * MSS);
}

/* A window that is not used says nothing about the path. */
static void test_the_window_does_not_grow_unless_it_limits(void **state)
{
    (void)state;
    begin(10 * MSS, MN_CC_CWND_MAX);
    struct mn_cc_ack fact = {.acked = MSS, .inflight = MSS, .mss = MSS, .cwnd_limited = false};
    mn_cc_on_ack(&cc, &fact);
    assert_int_equal(cc.cwnd, 10 * MSS);
    cc.ssthresh = 5 * MSS;
    for (int i = 0; i < 100; i++)
        mn_cc_on_ack(&cc, &fact);
    assert_int_equal(cc.cwnd, 10 * MSS);
}

/* RFC 5681 3.1 equation (4): max (FlightSize / 2, 2*SMSS). */
static void test_loss_halves_what_was_in_flight_but_not_below_two_segments(void **state)
{
    (void)state;
    static const uint32_t table[][2] = {
        {20 * MSS, 10 * MSS}, {7001, 3500}, {4 * MSS, 2 * MSS}, {3 * MSS, 2 * MSS}, {1, 2 * MSS},
    };
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        begin(40 * MSS, MN_CC_CWND_MAX);
        struct mn_cc_loss l = loss(table[i][0]);
        mn_cc_on_loss(&cc, &l);
        assert_int_equal(cc.ssthresh, table[i][1]);
        assert_int_equal(cc.cwnd, table[i][1]);
        assert_false(mn_cc_is_slow_start(&cc));
    }
}

/* RFC 6582 3.2 step 3: min (ssthresh, max(FlightSize, SMSS) + SMSS). */
static void test_the_end_of_recovery_lets_no_burst_out(void **state)
{
    (void)state;
    static const uint32_t table[][2] = {
        {30 * MSS, 10 * MSS},
        {9 * MSS, 10 * MSS},
        {4 * MSS, 5 * MSS},
        {0, 2 * MSS},
    };
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        begin(20 * MSS, MN_CC_CWND_MAX);
        struct mn_cc_loss l = loss(20 * MSS);
        mn_cc_on_loss(&cc, &l);
        struct mn_cc_loss at_end = loss(table[i][0]);
        mn_cc_on_recovered(&cc, &at_end);
        assert_int_equal(cc.cwnd, table[i][1]);
        assert_int_equal(cc.ssthresh, 10 * MSS);
    }
}

/* RFC 5681 3.1: the loss window is one segment, and ssthresh is not one segment (the mistake of a
 * well-known ancestor) but half of what was in flight. */
static void test_a_timeout_starts_over_with_one_segment(void **state)
{
    (void)state;
    begin(40 * MSS, MN_CC_CWND_MAX);
    struct mn_cc_loss l = loss(30 * MSS);
    mn_cc_on_rto(&cc, &l);
    assert_int_equal(cc.cwnd, MSS);
    assert_int_equal(cc.ssthresh, 15 * MSS);
}

/* RFC 5681 3.1: held constant when the same segment times out again. */
static void test_a_repeated_timeout_leaves_ssthresh(void **state)
{
    (void)state;
    begin(40 * MSS, MN_CC_CWND_MAX);
    struct mn_cc_loss l = loss(30 * MSS);
    mn_cc_on_rto(&cc, &l);
    l = loss(MSS);
    l.is_repeated = true;
    for (int i = 0; i < 5; i++)
        mn_cc_on_rto(&cc, &l);
    assert_int_equal(cc.cwnd, MSS);
    assert_int_equal(cc.ssthresh, 15 * MSS);
}

/* RFC 5681 4.1: restart window min (IW, cwnd); ssthresh stays. */
static void test_idle_time_takes_the_window_back_to_the_initial_one(void **state)
{
    (void)state;
    begin(100 * MSS, 60 * MSS);
    mn_cc_on_idle(&cc, MSS);
    assert_int_equal(cc.cwnd, 10 * MSS);
    assert_int_equal(cc.ssthresh, 60 * MSS);
    begin(3 * MSS, 60 * MSS);
    mn_cc_on_idle(&cc, MSS);
    assert_int_equal(cc.cwnd, 3 * MSS);
}

/* Bytes counted towards the next segment are worth nothing after the window was set anew. */
static void test_what_was_counted_before_a_loss_does_not_count_after_it(void **state)
{
    (void)state;
    for (int event = 0; event < 4; event++) {
        begin(10 * MSS, 10 * MSS);
        ack(9 * MSS + 999);
        struct mn_cc_loss l = loss(20 * MSS);
        if (event == 0)
            mn_cc_on_loss(&cc, &l);
        else if (event == 1)
            mn_cc_on_recovered(&cc, &l);
        else if (event == 2)
            mn_cc_on_idle(&cc, MSS);
        else
            mn_cc_on_rto(&cc, &l);
        cc.cwnd = cc.ssthresh = 10 * MSS;
        ack(1);
        assert_int_equal(cc.cwnd, 10 * MSS);
        ack(10 * MSS - 1);
        assert_int_equal(cc.cwnd, 11 * MSS);
    }
}

/* A loss during the slow start that follows a timeout ends that slow start. */
static void test_a_loss_ends_the_slow_start_after_a_timeout(void **state)
{
    (void)state;
    begin(20 * MSS, MN_CC_CWND_MAX);
    struct mn_cc_loss l = loss(20 * MSS);
    mn_cc_on_rto(&cc, &l);
    mn_cc_on_loss(&cc, &l);
    cc.ssthresh = 40 * MSS;
    ack(2 * MSS);
    assert_int_equal(cc.cwnd, 12 * MSS);
}

static void test_the_largest_window_does_not_grow(void **state)
{
    (void)state;
    begin(MN_CC_CWND_MAX - 1, MN_CC_CWND_MAX);
    ack(MSS);
    assert_int_equal(cc.cwnd, MN_CC_CWND_MAX);
    for (int i = 0; i < 10; i++)
        ack(MN_CC_CWND_MAX);
    assert_int_equal(cc.cwnd, MN_CC_CWND_MAX);
}

static void test_windows_stay_in_range_whatever_happens(void **state)
{
    (void)state;
    static const uint32_t msses[] = {88, 536, 1460, 8960, 65483};
    for (uint32_t n = 0; n < 200000; n++) {
        if (n % 1000 == 0)
            mn_cc_init(&cc, &mn_cc_newreno, msses[below(5)], below(2) != 0);
        uint32_t mss = msses[below(5)];
        struct mn_cc_loss l = {.inflight = mn_env_random32(&env) >> below(32), .mss = mss};
        struct mn_cc_ack a = {.acked = 1 + (mn_env_random32(&env) >> (2 + below(30))),
                              .mss = mss,
                              .cwnd_limited = below(8) != 0};
        l.is_repeated = below(2) != 0;
        switch (below(20)) {
        case 0:
            mn_cc_on_loss(&cc, &l);
            break;
        case 1:
            mn_cc_on_recovered(&cc, &l);
            break;
        case 2:
            mn_cc_on_rto(&cc, &l);
            break;
        case 3:
            mn_cc_on_idle(&cc, mss);
            break;
        default:
            mn_cc_on_ack(&cc, &a);
        }
        assert_in_range(cc.cwnd, 88, MN_CC_CWND_MAX);
        assert_in_range(cc.ssthresh, 2 * 88, MN_CC_CWND_MAX);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_slow_start_grows_by_bytes_and_at_most_two_segments),
        cmocka_unit_test(test_slow_start_doubles_in_a_round_trip),
        cmocka_unit_test(test_slow_start_after_a_timeout_grows_by_one_segment),
        cmocka_unit_test(test_slow_start_stops_at_ssthresh_and_the_rest_counts_for_avoidance),
        cmocka_unit_test(test_congestion_avoidance_adds_a_segment_for_each_window),
        cmocka_unit_test(test_one_ack_for_several_windows_adds_one_segment),
        cmocka_unit_test(test_the_window_does_not_grow_unless_it_limits),
        cmocka_unit_test(test_loss_halves_what_was_in_flight_but_not_below_two_segments),
        cmocka_unit_test(test_the_end_of_recovery_lets_no_burst_out),
        cmocka_unit_test(test_a_timeout_starts_over_with_one_segment),
        cmocka_unit_test(test_a_repeated_timeout_leaves_ssthresh),
        cmocka_unit_test(test_idle_time_takes_the_window_back_to_the_initial_one),
        cmocka_unit_test(test_what_was_counted_before_a_loss_does_not_count_after_it),
        cmocka_unit_test(test_a_loss_ends_the_slow_start_after_a_timeout),
        cmocka_unit_test(test_the_largest_window_does_not_grow),
        cmocka_unit_test_setup_teardown(test_windows_stay_in_range_whatever_happens, start, stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
