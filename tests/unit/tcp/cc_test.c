/* SPDX-License-Identifier: ISC
 *
 * How a connection begins: RFC 6928, RFC 5681 3.1. */
#include "pure_test.h"
#include <tcp/cc.h>

/* RFC 6928 2: min (10*MSS, max (2*MSS, 14600)). */
static void test_initial_window_follows_rfc_6928(void **state)
{
    (void)state;
    static const uint32_t table[][2] = {
        {88, 880},     {536, 5360},   {1448, 14480}, {1460, 14600}, {1461, 14600},
        {4000, 14600}, {7300, 14600}, {7301, 14602}, {8960, 17920}, {65483, 130966},
    };
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
        assert_int_equal(mn_cc_initial_window(table[i][0]), table[i][1]);
}

static void test_a_connection_begins_in_slow_start_with_the_initial_window(void **state)
{
    (void)state;
    struct mn_cc cc;
    mn_cc_init(&cc, &mn_cc_newreno, 1460, false);
    assert_int_equal(cc.cwnd, 14600);
    assert_true(mn_cc_is_slow_start(&cc));
    assert_ptr_equal(cc.ops, &mn_cc_newreno);
}

/* RFC 5681 3.1: after a SYN or SYN-ACK was lost, one segment. */
static void test_a_lost_syn_leaves_one_segment(void **state)
{
    (void)state;
    struct mn_cc cc;
    mn_cc_init(&cc, &mn_cc_newreno, 1460, true);
    assert_int_equal(cc.cwnd, 1460);
    assert_true(mn_cc_is_slow_start(&cc));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_initial_window_follows_rfc_6928),
        cmocka_unit_test(test_a_connection_begins_in_slow_start_with_the_initial_window),
        cmocka_unit_test(test_a_lost_syn_leaves_one_segment),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
