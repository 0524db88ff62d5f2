/* SPDX-License-Identifier: ISC */
#include "tcp_fixture.h"
#include <string.h>

#define MSS 1460u

/* The next segment leaves `ms` after the last one. */
static void expect_silence(uint64_t ms)
{
    uint64_t passed = (fix.env.now - fix.tx_at) / MNET_MS(1);
    advance(ms - passed - 1);
    if (fix.tx_from != fix.tx_to)
        fail_msg("sent before %u ms", (unsigned)ms);
    advance(2);
}

/* -- opening -- */

/* RFC 9293 3.8.3, RFC 6298 2.1, 5.5: 1 s, doubling; the user's patience is 75 s. */
static void test_a_syn_is_sent_again_and_given_up(void **state)
{
    (void)state;
    conn_syn_sent();
    static const uint64_t waits[] = {1000, 2000, 4000, 8000, 16000, 32000};
    for (int i = 0; i < 6; i++) {
        expect_silence(waits[i]);
        expect_tx(SYN, 0, 0);
    }
    advance(75000 - 63000);
    expect_nothing();
    expect_events(MNET_EV_ERROR);
    assert_int_equal(mnet_conn_error(fix.conn), MNET_ERR_TIMED_OUT);
}

/* RFC 6298 5.7, RFC 5681 3.1 */
static void test_a_lost_syn_makes_the_start_careful(void **state)
{
    (void)state;
    conn_syn_sent();
    advance(1001);
    expect_tx(SYN, 0, 0);
    rx(SYN | ACK, 0, 1);
    expect_tx(ACK, 1, 1);
    expect_events(MNET_EV_CONNECTED);
    assert_int_equal(mn_rtt_rto(&fix.conn->rtt, 0), MNET_SEC(3));
    assert_int_equal(fix.conn->cc.cwnd, MSS);
}

/* -- retransmission -- */

/* RFC 6298 5.5, 2.5 */
static void test_the_timeout_doubles_up_to_two_minutes(void **state)
{
    (void)state;
    fix.config.tcp_user_timeout = MNET_SEC(3600);
    fix_restart();
    conn_established();
    fix_send(1);
    expect_text(ACK, 1, 1, 1);
    uint64_t wait = 200;
    for (int i = 0; i < 12; i++) {
        expect_silence(wait);
        expect_text(ACK, 1, 1, 1);
        wait = wait * 2 < 120000 ? wait * 2 : 120000;
    }
    rx(ACK, 1, 2);
    expect_events(MNET_EV_DRAINED);
    /* RFC 6298 5.7: progress ends the backing off. */
    fix_send(1);
    expect_text(ACK, 2, 1, 1);
    advance(1100);
    expect_text(ACK, 2, 1, 1);
    ignore_tx();
}

/* RFC 9293 3.8.3 MUST-20, MUST-21. */
static void test_the_user_timeout_ends_the_connection(void **state)
{
    (void)state;
    conn_established();
    fix_send(1);
    advance(99000);
    ignore_tx();
    expect_events(0);
    advance(1001);
    expect_tx(RST | ACK, 2, 1);
    expect_events(MNET_EV_ERROR);
    assert_int_equal(mnet_conn_error(fix.conn), MNET_ERR_TIMED_OUT);
    advance(1000000);
    expect_nothing();
}

static void test_the_user_can_set_his_timeout(void **state)
{
    (void)state;
    conn_established();
    mnet_conn_set_user_timeout(fix.conn, MNET_SEC(5));
    fix_send(1);
    advance(4900);
    ignore_tx();
    expect_events(0);
    advance(200);
    ignore_tx();
    expect_events(MNET_EV_ERROR);
}

/* A patience without end must not wrap around into none. */
static void test_a_timeout_of_never_does_not_come(void **state)
{
    (void)state;
    conn_established();
    mnet_conn_set_user_timeout(fix.conn, MNET_NEVER);
    fix_send(1);
    advance(1000000);
    ignore_tx();
    expect_events(0);
    expect_state(MN_TCP_ESTABLISHED);
}

static void test_a_connect_timeout_of_never_does_not_come(void **state)
{
    (void)state;
    fix.config.tcp_connect_timeout = MNET_NEVER;
    fix_restart();
    conn_syn_sent();
    advance(1000000);
    ignore_tx();
    expect_events(0);
    expect_state(MN_TCP_SYN_SENT);
}

/* Holds all memory that is left: a list of blocks through their first bytes. */
static uint8_t *take_all_memory(void)
{
    uint8_t *last = NULL, *block;
    while ((block = mn_block_get_small(&fix.env.mem)) != NULL) {
        memcpy(block, &last, sizeof last);
        last = block;
    }
    return last;
}

static void give_back_memory(uint8_t *block)
{
    while (block) {
        uint8_t *next;
        memcpy(&next, block, sizeof next);
        mn_block_unref(&fix.env.mem, block);
        block = next;
    }
}

/* RFC 9293 3.8.3 MUST-20: also what never left for lack of memory is given up some day, or all
 * connections together could hold that memory for ever. */
static void test_the_user_timeout_ends_what_could_not_be_sent(void **state)
{
    (void)state;
    conn_established();
    assert_int_equal(mnet_conn_send(fix.conn, "x", 1), 1);
    mnet_conn_close(fix.conn);
    uint8_t *held = take_all_memory();
    settle();
    assert_int_equal(fix.tcp->conns.count, 1);
    advance(101000);
    assert_int_equal(fix.tcp->conns.count, 0);
    give_back_memory(held);
    fix.conn = NULL;
    expect_nothing();
}

static void test_progress_keeps_the_connection_alive(void **state)
{
    (void)state;
    conn_established();
    fix_send(100);
    for (uint32_t i = 1; i < 10; i++) {
        advance(60000);
        rx(ACK, 1, 1 + i * 10);
        ignore_tx();
    }
    expect_state(MN_TCP_ESTABLISHED);
    rx(ACK, 1, 101);
    ignore_tx();
    advance(1000000); /* nothing is owed any more */
    expect_nothing();
    expect_state(MN_TCP_ESTABLISHED);
    ignore_events();
}

/* -- persist -- */

/* RFC 9293 3.8.6.1 MUST-35, MUST-36: zero-window probes; SHLD-30: less and less often. */
static void test_a_shut_window_is_probed(void **state)
{
    (void)state;
    conn_established();
    fix_send(100);
    expect_text(ACK, 1, 1, 100);
    rx_wnd(ACK, 1, 101, 0);
    ignore_events();
    fix_send(3000);
    static const uint64_t waits[] = {5000, 10000, 20000, 40000, 60000, 60000};
    for (int i = 0; i < 6; i++) {
        expect_silence(waits[i]);
        expect_text(ACK, 101, 1, 1);
        rx_wnd(ACK, 1, 101, 0);
    }
    assert_int_equal(fix.env.stats.tcp_zero_window_probes, 6);
    assert_int_equal(fix.env.stats.tcp_timeouts, 0);
    rx_wnd(ACK, 1, 101, 65535);
    expect_text(ACK, 101, 1, 3000);
    expect_nothing();
    rx(ACK, 1, 3101);
    ignore_events();
}

static void test_a_probe_that_is_taken_counts(void **state)
{
    (void)state;
    conn_established();
    rx_wnd(ACK, 1, 1, 0);
    fix_send(3000);
    advance(5002);
    expect_text(ACK, 1, 1, 1);
    rx_wnd(ACK, 1, 2, 0);
    expect_nothing();
    advance(5002);
    expect_text(ACK, 2, 1, 1);
    rx_wnd(ACK, 1, 3, 5000);
    expect_text(ACK, 3, 1, 2998);
    rx(ACK, 1, 3001);
    ignore_events();
}

/* RFC 9293 3.8.6.1 MUST-37: an answering peer may keep its window shut. */
static void test_a_shut_window_does_not_end_the_connection(void **state)
{
    (void)state;
    conn_established();
    rx_wnd(ACK, 1, 1, 0);
    fix_send(10);
    for (int i = 0; i < 60; i++) {
        advance(60001);
        ignore_tx();
        rx_wnd(ACK, 1, 1, 0);
    }
    expect_state(MN_TCP_ESTABLISHED);
    /* But a dead one does. */
    advance(200000);
    ignore_tx();
    expect_state(MN_TCP_CLOSED);
    expect_events(MNET_EV_ERROR);
}

/* Nobody waits for the peer any more: it cannot hold our memory for ever. */
/* ... nor does it when the user is less patient than the persist timer: he asks in time. */
static void test_a_shut_window_is_probed_within_the_user_timeout(void **state)
{
    (void)state;
    conn_established();
    mnet_conn_set_user_timeout(fix.conn, MNET_SEC(4));
    rx_wnd(ACK, 1, 1, NO_WND);
    fix_send(10);
    for (int i = 0; i < 60; i++) {
        advance(1000);
        if (fix.tx_from != fix.tx_to) {
            expect_text(ACK, 1, 1, 1);
            rx_wnd(ACK, 1, 1, NO_WND);
        }
    }
    expect_events(0);
    expect_state(MN_TCP_ESTABLISHED);
    /* A peer that does not answer ends it. */
    advance(9000);
    ignore_tx();
    expect_events(MNET_EV_ERROR);
}

static void test_a_shut_window_ends_an_abandoned_connection(void **state)
{
    (void)state;
    conn_established();
    rx_wnd(ACK, 1, 1, 0);
    fix_send(10);
    settle();
    fix_close();
    for (int i = 0; i < 5; i++) {
        advance(60001);
        ignore_tx();
        if (fix.tcp->conns.count > 0)
            rx_wnd(ACK, 1, 1, 0);
    }
    ignore_tx();
    assert_int_equal(fix.tcp->conns.count, 0);
}

/* RFC 9293 3.8.6 MUST-34: the peer takes back its window while data is in flight. */
static void test_a_shrunk_window_is_survived(void **state)
{
    (void)state;
    conn_established();
    fix_send(5 * MSS);
    expect_text(ACK, 1, 1, 5 * MSS);
    rx_wnd(ACK, 1, 1 + MSS, 0);
    advance(201);
    expect_nothing(); /* the timeout finds the window shut: it turns to probing */
    advance(10002);
    expect_text(ACK, 1 + MSS, 1, 1);
    rx_wnd(ACK, 1, 1 + MSS, 65535);
    ignore_tx();
    rx(ACK, 1, 1 + 5 * MSS);
    ignore_tx();
    expect_events(MNET_EV_DRAINED);
    advance(1000000);
    expect_nothing();
}

/* RFC 9293 3.8.6.2.1: the override of SWS avoidance, 0.1 to 1 s. */
static void test_a_tiny_window_is_used_after_half_a_second(void **state)
{
    (void)state;
    conn_established();
    fix_send(MSS);
    expect_text(ACK, 1, 1, MSS);
    rx_wnd(ACK, 1, 1 + MSS, 50);
    ignore_events();
    fix_send(1000);
    expect_silence(500);
    expect_text(ACK, 1 + MSS, 1, 50);
    rx_wnd(ACK, 1, 51 + MSS, 65535);
    expect_text(ACK, 51 + MSS, 1, 950);
}

/* -- keepalive: RFC 9293 3.8.4 -- */

/* RFC 9293 3.8.4 MUST-24, MUST-25. */
static void test_keepalive_is_off_unless_asked_for(void **state)
{
    (void)state;
    conn_established();
    advance(24 * 3600 * 1000);
    expect_nothing();
    expect_state(MN_TCP_ESTABLISHED);
}

/* RFC 9293 3.8.4 MUST-27, MUST-29: the user sets the times, and one lost probe means nothing. */
static void test_keepalive_probes_and_gives_up(void **state)
{
    (void)state;
    conn_established();
    mnet_conn_set_keepalive(fix.conn, true, MNET_SEC(60), MNET_SEC(10), 3);
    advance(60001);
    expect_tx(ACK, 0, 1);
    rx(ACK, 1, 1);
    expect_nothing();
    for (int i = 0; i < 3; i++) {
        advance(i == 0 ? 60001 : 10001);
        expect_tx(ACK, 0, 1);
    }
    expect_events(0);
    advance(10001);
    expect_tx(RST | ACK, 1, 1);
    expect_events(MNET_EV_ERROR);
    assert_int_equal(mnet_conn_error(fix.conn), MNET_ERR_TIMED_OUT);
    assert_int_equal(fix.env.stats.tcp_keepalive_probes, 4);
}

/* RFC 9293 3.8.4 MUST-26: only while nothing comes or goes. */
static void test_keepalive_is_silent_while_the_peer_talks(void **state)
{
    (void)state;
    conn_established();
    mnet_conn_set_keepalive(fix.conn, true, MNET_SEC(60), MNET_SEC(10), 3);
    for (uint32_t i = 0; i < 10; i++) {
        advance(50000);
        rx_len(ACK, 1 + i, 1, 1);
        expect_tx(ACK, 1, 2 + i);
    }
    ignore_events();
    mnet_conn_set_keepalive(fix.conn, false, 0, 0, 0);
    advance(1000000);
    expect_nothing();
}

/* -- FIN-WAIT-2 -- */

static void test_fin_wait_2_ends_when_nobody_can_receive(void **state)
{
    (void)state;
    conn_established();
    fix_close();
    expect_tx(FIN | ACK, 1, 1);
    rx(ACK, 1, 2);
    advance(59000);
    assert_int_equal(fix.tcp->conns.count, 1);
    advance(1001);
    assert_int_equal(fix.tcp->conns.count, 0);
    expect_nothing();
}

static void test_fin_wait_2_lasts_while_the_user_receives(void **state)
{
    (void)state;
    conn_fin_wait_2();
    advance(600000);
    expect_state(MN_TCP_FIN_WAIT_2);
    rx_text(ACK, 1, 2, "still here");
    expect_tx(ACK, 2, 11);
    expect_events(MNET_EV_READABLE);
    fix_recv("still here");
    fix_close();
    advance(60001);
    assert_int_equal(fix.tcp->conns.count, 0);
}

/* -- the wheel -- */

/* Lazily armed: a busy connection does not move its timer for each segment. */
static void test_a_busy_connection_leaves_the_wheel_alone(void **state)
{
    (void)state;
    conn_established();
    fix_send(1);
    expect_text(ACK, 1, 1, 1);
    mnet_time armed = fix.conn->timer.at;
    for (uint32_t i = 0; i < 100; i++) {
        fix.env.now += MNET_US(100);
        rx(ACK, 1, 2 + i);
        fix_send(1);
        expect_text(ACK, 2 + i, 1, 1);
        assert_int_equal(fix.conn->timer.at, armed);
    }
    rx(ACK, 1, 102);
    ignore_events();
    /* What expires too early finds nothing to do. */
    advance(1000);
    expect_nothing();
    assert_false(mn_timer_is_armed(&fix.conn->timer));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FIX_TEST(test_a_syn_is_sent_again_and_given_up),
        FIX_TEST(test_a_lost_syn_makes_the_start_careful),
        FIX_TEST(test_the_timeout_doubles_up_to_two_minutes),
        FIX_TEST(test_the_user_timeout_ends_the_connection),
        FIX_TEST(test_the_user_can_set_his_timeout),
        FIX_TEST(test_a_timeout_of_never_does_not_come),
        FIX_TEST(test_a_connect_timeout_of_never_does_not_come),
        FIX_TEST(test_the_user_timeout_ends_what_could_not_be_sent),
        FIX_TEST(test_progress_keeps_the_connection_alive),
        FIX_TEST(test_a_shut_window_is_probed),
        FIX_TEST(test_a_probe_that_is_taken_counts),
        FIX_TEST(test_a_shut_window_does_not_end_the_connection),
        FIX_TEST(test_a_shut_window_is_probed_within_the_user_timeout),
        FIX_TEST(test_a_shut_window_ends_an_abandoned_connection),
        FIX_TEST(test_a_shrunk_window_is_survived),
        FIX_TEST(test_a_tiny_window_is_used_after_half_a_second),
        FIX_TEST(test_keepalive_is_off_unless_asked_for),
        FIX_TEST(test_keepalive_probes_and_gives_up),
        FIX_TEST(test_keepalive_is_silent_while_the_peer_talks),
        FIX_TEST(test_fin_wait_2_ends_when_nobody_can_receive),
        FIX_TEST(test_fin_wait_2_lasts_while_the_user_receives),
        FIX_TEST(test_a_busy_connection_leaves_the_wheel_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
