/* SPDX-License-Identifier: ISC */
#include "tcp_fixture.h"

#define MSS 1460u

/* RFC 6928 2: ten segments. */
static void test_the_initial_window_is_ten_segments(void **state)
{
    (void)state;
    conn_established();
    fix_send(20 * MSS);
    const struct seg *seg = expect_text(ACK, 1, 1, 10 * MSS);
    assert_int_equal(seg->gso_size, MSS);
    expect_nothing();
    rx(ACK, 1, 1 + 10 * MSS);
    ignore_tx();
}

static void test_a_large_write_leaves_in_pieces_of_64_kib(void **state)
{
    (void)state;
    fix.peer.has_wscale = true;
    fix.peer.wscale = 8;
    conn_established();
    rx(ACK, 1, 1);
    fix.conn->cc.cwnd = 1u << 20;
    fix_send(200000);
    settle();
    uint32_t total = 0;
    unsigned count = 0;
    while (fix.tx_from != fix.tx_to) {
        const struct seg *seg = expect_segment();
        assert_int_equal(seg->seq, 1 + total);
        total += seg->len;
        assert_true(seg->len <= 65535 - 40);
        if (total < 200000)
            assert_int_equal(seg->len % MSS, 0);
        else
            assert_true((seg->flags & PSH) != 0);
        count++;
    }
    assert_int_equal(total, 200000);
    assert_in_range(count, 4, 5);
}

/* RFC 9293 3.7.4 SHLD-7. */
static void test_nagle_holds_the_second_small_segment(void **state)
{
    (void)state;
    conn_established();
    fix_send(10);
    expect_text(ACK, 1, 1, 10);
    fix_send(10);
    expect_nothing();
    fix_send(20);
    expect_nothing();
    rx(ACK, 1, 11);
    expect_text(ACK, 11, 1, 30);
    ignore_events();
}

/* RFC 9293 3.4: 2 GiB after the last small segment its end would seem to lie ahead. */
static void test_nagle_forgets_a_small_segment_of_long_ago(void **state)
{
    (void)state;
    conn_established();
    fix_send(4 * MSS);
    ignore_tx();
    fix.conn->snd_small_end = mn_seq_sub(fix.conn->snd_una, 0x80000000u - 2 * MSS);
    rx(ACK, 1, 1 + MSS);
    rx(ACK, 1, 1 + 4 * MSS);
    fix_send(10);
    expect_text(ACK, 1 + 4 * MSS, 1, 10);
    ignore_events();
}

/* RFC 9293 3.7.4 MUST-17. */
static void test_nodelay_turns_nagle_off(void **state)
{
    (void)state;
    conn_established();
    fix_send(10);
    expect_text(ACK, 1, 1, 10);
    fix_send(10);
    expect_nothing();
    mnet_conn_set_nodelay(fix.conn, true);
    expect_text(ACK, 11, 1, 10);
    fix_send(10);
    expect_text(ACK, 21, 1, 10);
}

/* RFC 9293 3.9.1.2 MUST-61: with PSH. */
static void test_the_end_of_a_large_write_does_not_wait(void **state)
{
    (void)state;
    conn_established();
    fix_send(2 * MSS + 100);
    assert_true((expect_text(ACK, 1, 1, 2 * MSS + 100)->flags & PSH) != 0);
}

static void test_fin_takes_the_rest_along(void **state)
{
    (void)state;
    conn_established();
    fix_send(10);
    expect_text(ACK, 1, 1, 10);
    fix_send(10);
    expect_nothing(); /* Nagle */
    assert_int_equal(mnet_conn_shutdown(fix.conn, MNET_SHUTDOWN_WRITE), MNET_OK);
    expect_text(FIN | ACK, 11, 1, 10);
}

/* RFC 9293 3.8.6.2.1 MUST-38: sender SWS avoidance. */
static void test_a_small_opening_of_the_window_is_not_used(void **state)
{
    (void)state;
    conn_syn_received();
    rx_wnd(ACK, 1, 1, 4000);
    settle();
    fix_accept();
    fix_send(10000);
    expect_text(ACK, 1, 1, 2 * MSS);
    rx_wnd(ACK, 1, 1 + 2 * MSS, 500);
    expect_nothing();
    rx_wnd(ACK, 1, 1 + 2 * MSS, 2500); /* more than half of the largest */
    expect_text(ACK, 1 + 2 * MSS, 1, MSS);
    expect_nothing();
}

static void test_half_of_a_small_window_is_used(void **state)
{
    (void)state;
    conn_syn_received();
    rx_wnd(ACK, 1, 1, 1000);
    settle();
    fix_accept();
    fix_send(3000);
    expect_text(ACK, 1, 1, 1000);
    rx_wnd(ACK, 1, 1001, 400);
    expect_nothing();
    rx_wnd(ACK, 1, 1001, 500);
    expect_text(ACK, 1001, 1, 500);
}

/* RFC 5681 4.1 */
static void test_sending_restarts_slowly_after_a_pause(void **state)
{
    (void)state;
    conn_established();
    fix_send(10 * MSS);
    ignore_tx();
    rx(ACK, 1, 1 + 10 * MSS);
    fix.conn->cc.cwnd = 40 * MSS;
    advance(5000);
    fix_send(20 * MSS);
    expect_text(ACK, 1 + 10 * MSS, 1, 10 * MSS);
    expect_nothing();
    ignore_events();
}

/* RFC 9293 3.10.5: a reset carries SND.NXT, also when sending has gone back after a timeout: a peer
 * that has all of it hears nothing that lies before. */
static void test_a_reset_after_a_timeout_is_at_the_end_of_what_was_sent(void **state)
{
    (void)state;
    conn_established();
    fix_send(3 * MSS);
    ignore_tx();
    advance(201);
    expect_text(ACK, 1, 1, MSS);
    mnet_conn_abort(fix.conn);
    fix.conn = NULL;
    expect_tx(RST | ACK, 1 + 3 * MSS, 1);
}

/* ... and it lies inside of a window that has shrunk meanwhile. */
static void test_a_reset_stays_inside_the_window(void **state)
{
    (void)state;
    conn_established();
    fix_send(3 * MSS);
    ignore_tx();
    rx_wnd(ACK, 1, 1, MSS);
    settle();
    ignore_tx();
    mnet_conn_abort(fix.conn);
    fix.conn = NULL;
    expect_tx(RST | ACK, 1 + MSS, 1);
}

/* Acceptance 8; a bug of the ancestor: 75 s of silence. */
static void test_no_route_at_the_syn_is_told_at_once(void **state)
{
    (void)state;
    fix_open();
    fix.out_err = MNET_ERR_NET_UNREACH;
    expect_events(0); /* told by the poll after the output that met it */
    expect_events(MNET_EV_ERROR);
    assert_int_equal(mnet_conn_error(fix.conn), MNET_ERR_NET_UNREACH);
    expect_nothing();
}

static void test_no_route_later_is_only_a_loss(void **state)
{
    (void)state;
    conn_established();
    fix.out_err = MNET_ERR_NET_UNREACH;
    fix_send(10);
    expect_nothing();
    fix.out_err = MNET_OK;
    advance(201);
    expect_text(ACK, 1, 1, 10);
    expect_state(MN_TCP_ESTABLISHED);
}

/* Every output without memory is made good later. */
static void test_output_survives_each_failure_of_memory(void **state)
{
    (void)state;
    for (uint64_t n = 1; n < 12; n++) {
        conn_established();
        rx_len(ACK, 1, 1, 1000);
        fix_send(5000);
        fix.env.mem.fail_at = n;
        settle();
        advance(1000);
        settle();
        assert_true(mn_seq_diff(fix.conn->snd_max, fix.conn->iss) == 5001);
        assert_int_equal(fix.conn->rcv_acked.v - fix.irs, 1001);
        ignore_tx();
        ignore_events();
        fix_restart();
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FIX_TEST(test_the_initial_window_is_ten_segments),
        FIX_TEST(test_a_large_write_leaves_in_pieces_of_64_kib),
        FIX_TEST(test_nagle_holds_the_second_small_segment),
        FIX_TEST(test_nagle_forgets_a_small_segment_of_long_ago),
        FIX_TEST(test_nodelay_turns_nagle_off),
        FIX_TEST(test_the_end_of_a_large_write_does_not_wait),
        FIX_TEST(test_fin_takes_the_rest_along),
        FIX_TEST(test_a_small_opening_of_the_window_is_not_used),
        FIX_TEST(test_half_of_a_small_window_is_used),
        FIX_TEST(test_sending_restarts_slowly_after_a_pause),
        FIX_TEST(test_a_reset_after_a_timeout_is_at_the_end_of_what_was_sent),
        FIX_TEST(test_a_reset_stays_inside_the_window),
        FIX_TEST(test_no_route_at_the_syn_is_told_at_once),
        FIX_TEST(test_no_route_later_is_only_a_loss),
        FIX_TEST(test_output_survives_each_failure_of_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
