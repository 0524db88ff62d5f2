/* SPDX-License-Identifier: ISC */
#include "tcp_fixture.h"

#define MSS 1460u

/* Acceptance 8: the neighbour does not answer. */
static void test_a_dead_neighbour_ends_an_open_at_once(void **state)
{
    (void)state;
    conn_syn_sent();
    rx_neighbour_failed();
    expect_events(MNET_EV_ERROR);
    assert_int_equal(mnet_conn_error(fix.conn), MNET_ERR_NET_UNREACH);
}

static void test_a_dead_neighbour_does_not_end_a_connection(void **state)
{
    (void)state;
    conn_established();
    fix_send(10);
    ignore_tx();
    rx_neighbour_failed();
    expect_events(0);
    expect_state(MN_TCP_ESTABLISHED);
    /* RFC 9293 3.9.2.2: the reason, if it never gets better. */
    advance(101000);
    ignore_tx();
    expect_events(MNET_EV_ERROR);
    assert_int_equal(mnet_conn_error(fix.conn), MNET_ERR_NET_UNREACH);
}

/* RFC 9293 3.9.2.2 SHLD-26. */
static void test_a_hard_error_refuses_an_open(void **state)
{
    (void)state;
    conn_syn_sent();
    rx_icmp(MNET_ERR_PORT_UNREACH, true, 0, 0);
    expect_events(MNET_EV_ERROR);
    assert_int_equal(mnet_conn_error(fix.conn), MNET_ERR_CONN_REFUSED);
}

/* RFC 9293 3.9.2.2 MUST-56. */
static void test_a_soft_error_does_not_end_an_open(void **state)
{
    (void)state;
    conn_syn_sent();
    rx_icmp(MNET_ERR_NET_UNREACH, false, 0, 0);
    expect_events(0);
    advance(1001);
    expect_tx(SYN, 0, 0);
    expect_state(MN_TCP_SYN_SENT);
    advance(75000);
    ignore_tx();
    expect_events(MNET_EV_ERROR);
    assert_int_equal(mnet_conn_error(fix.conn), MNET_ERR_NET_UNREACH);
}

/* RFC 5927 4.1 */
static void test_an_error_about_nothing_in_flight_is_not_believed(void **state)
{
    (void)state;
    conn_syn_sent();
    rx_icmp(MNET_ERR_PORT_UNREACH, true, 0, 1);
    expect_drop(MNET_DROP_ICMP_QUOTE_BAD);
    rx_icmp(MNET_ERR_PORT_UNREACH, true, 0, UINT32_MAX);
    expect_drop(MNET_DROP_ICMP_QUOTE_BAD);
    expect_state(MN_TCP_SYN_SENT);
    rx(SYN | ACK, 0, 1);
    ignore_tx();
    ignore_events();
    fix_send(3 * MSS);
    ignore_tx();
    rx_icmp(MNET_ERR_MSG_SIZE, false, 600, 1 + 3 * MSS);
    expect_drop(MNET_DROP_ICMP_QUOTE_BAD);
    assert_int_equal(fix.pmtu, 1500);
    expect_nothing();
}

/* RFC 5927 5.2: nothing but a reset or a timeout ends an open connection. */
static void test_a_hard_error_does_not_end_a_connection(void **state)
{
    (void)state;
    conn_established();
    fix_send(10);
    ignore_tx();
    rx_icmp(MNET_ERR_PORT_UNREACH, true, 0, 1);
    expect_events(0);
    expect_state(MN_TCP_ESTABLISHED);
    rx(ACK, 1, 11);
    expect_events(MNET_EV_DRAINED);
}

/* Acceptance 14: a path MTU that shrinks is honoured. RFC 1191 6.4. */
static void test_a_smaller_path_mtu_resends_in_smaller_segments(void **state)
{
    (void)state;
    conn_established();
    fix_send(3 * MSS);
    expect_text(ACK, 1, 1, 3 * MSS);
    uint32_t cwnd = fix.conn->cc.cwnd;
    rx_icmp(MNET_ERR_MSG_SIZE, false, 1000, 1);
    const struct seg *seg = expect_text(ACK, 1, 1, 3 * MSS);
    assert_int_equal(seg->gso_size, 960);
    assert_int_equal(fix.conn->cc.cwnd, cwnd); /* no sign of congestion */
    rx(ACK, 1, 1 + 3 * MSS);
    expect_events(MNET_EV_DRAINED);
    /* It never grows by such a message. */
    fix_send(MSS);
    ignore_tx();
    rx_icmp(MNET_ERR_MSG_SIZE, false, 1400, 1 + 3 * MSS);
    expect_nothing();
    assert_int_equal(fix.conn->mss, 960);
}

/* Another connection to the same host has learnt it. */
static void test_a_path_mtu_that_another_connection_learnt(void **state)
{
    (void)state;
    conn_established();
    fix.pmtu = 1000;
    fix_send(2000);
    settle();
    expect_text(ACK, 1, 1, 2000);
    assert_int_equal(fix.conn->mss, 960);
}

static void test_errors_for_nobody_are_counted(void **state)
{
    (void)state;
    rx_icmp(MNET_ERR_PORT_UNREACH, true, 0, 0);
    expect_drop(MNET_DROP_ICMP_QUOTE_BAD);
    conn_time_wait();
    rx_icmp(MNET_ERR_PORT_UNREACH, true, 0, 1);
    expect_drop(MNET_DROP_ICMP_QUOTE_BAD);
}

static void test_a_short_quote_is_counted(void **state)
{
    (void)state;
    static const uint8_t bytes[7];
    struct mn_ip_err err = {
        .err = MNET_ERR_PORT_UNREACH, .proto = 6, .quote = mn_rd_over(bytes, 7)};
    fix.transport->ops->error(fix.transport, &err);
    expect_drop(MNET_DROP_ICMP_QUOTE_BAD);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FIX_TEST(test_a_dead_neighbour_ends_an_open_at_once),
        FIX_TEST(test_a_dead_neighbour_does_not_end_a_connection),
        FIX_TEST(test_a_hard_error_refuses_an_open),
        FIX_TEST(test_a_soft_error_does_not_end_an_open),
        FIX_TEST(test_an_error_about_nothing_in_flight_is_not_believed),
        FIX_TEST(test_a_hard_error_does_not_end_a_connection),
        FIX_TEST(test_a_smaller_path_mtu_resends_in_smaller_segments),
        FIX_TEST(test_a_path_mtu_that_another_connection_learnt),
        FIX_TEST(test_errors_for_nobody_are_counted),
        FIX_TEST(test_a_short_quote_is_counted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
