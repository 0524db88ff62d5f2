/* SPDX-License-Identifier: ISC
 *
 * Black holes: what happens when large segments vanish and nobody says so. */
#include "mtu_test.h"

/* RFC 2923 2.1, RFC 4821 7.7: three timeouts of full segments, and the next attempt is smaller. */
static void test_full_segments_that_time_out_three_times_get_smaller(void **state)
{
    (void)state;
    conn_established();
    fix_send(4 * MSS);
    ignore_tx();
    advance(201);
    expect_text(ACK, 1, 1, MSS);
    uint32_t ssthresh = fix.conn->cc.ssthresh;
    advance(401);
    expect_text(ACK, 1, 1, MSS);
    assert_int_equal(fix.conn->mss, MSS);
    advance(801);
    expect_text(ACK, 1, 1, BASE);
    assert_int_equal(fix.conn->mss, BASE);
    /* No more is taken off than timeouts take. */
    assert_int_equal(fix.conn->cc.ssthresh, ssthresh);
    assert_int_equal(fix.conn->cc.cwnd, BASE);
    assert_int_equal(fix.env.stats.tcp_mtu_falls, 1);
    /* Only what arrives is told to others. */
    assert_int_equal(fix.fell, 0);
    rx(ACK, 1, 1 + BASE);
    const struct seg *seg = expect_text(ACK, 1 + BASE, 1, 2 * BASE);
    assert_int_equal(seg->gso_size, BASE);
    expect_nothing();
    assert_int_equal(fix.fell, 1240);
    assert_int_equal(fix.fell_lost, 1500);
    rx(ACK, 1, 1 + 3 * BASE);
    expect_text(ACK, 1 + 3 * BASE, 1, 4 * MSS - 3 * BASE);
    ack_all();
    ignore_tx();
    assert_int_equal(fix.conn->sndq.len, 0);
}

/* What does not arrive either gets smaller once more, and then stays as it is. */
static void test_the_second_fall_is_to_what_every_host_takes(void **state)
{
    (void)state;
    conn_established();
    fix_send(4 * MSS);
    ignore_tx();
    advance(201 + 401);
    ignore_tx();
    advance(801);
    expect_text(ACK, 1, 1, BASE);
    advance(1601);
    expect_text(ACK, 1, 1, BASE);
    advance(3201);
    expect_text(ACK, 1, 1, 536);
    advance(6401);
    expect_text(ACK, 1, 1, 536);
    advance(12801);
    expect_text(ACK, 1, 1, 536);
    assert_int_equal(fix.env.stats.tcp_mtu_falls, 2);
    rx(ACK, 1, 1 + 536);
    ignore_tx();
    assert_int_equal(fix.fell, 576);
    assert_int_equal(fix.fell_lost, 1500);
    ack_all();
    ignore_tx();
}

/* A segment that would be no smaller is lost for another reason. */
static void test_small_segments_that_time_out_say_nothing_of_the_path(void **state)
{
    (void)state;
    conn_established();
    fix_send(BASE);
    ignore_tx();
    advance(15010);
    ignore_tx();
    assert_int_equal(fix.conn->mss, MSS);
    rx(ACK, 1, 1 + BASE);
    ignore_events();
    /* Not full, but larger than the base: a request that just does not pass. */
    fix_send(BASE + 1);
    ignore_tx();
    advance(2500);
    ignore_tx();
    assert_int_equal(fix.conn->mss, BASE);
    ack_all();
}

/* A window that holds small segments only is no black hole. */
static void test_a_small_window_is_no_black_hole(void **state)
{
    (void)state;
    fix.peer.wnd = 1000;
    conn_established();
    fix_send(4 * MSS);
    ignore_tx();
    advance(40000);
    ignore_tx();
    assert_int_equal(fix.conn->mss, MSS);
    fix.pmtu = 1500;
}

/* One timeout between acknowledgements is a loss like any other. */
static void test_timeouts_that_are_not_in_a_row_say_nothing_of_the_path(void **state)
{
    (void)state;
    conn_established();
    for (uint32_t i = 0; i < 5; i++) {
        fix_send(MSS);
        ignore_tx();
        advance(201);
        expect_text(ACK, 1 + i * MSS, 1, MSS);
        rx(ACK, 1, 1 + (i + 1) * MSS);
        ignore_events();
    }
    assert_int_equal(fix.conn->mss, MSS);
    assert_int_equal(fix.env.stats.tcp_mtu_falls, 0);
}

/* What another connection knows is tried before falling further. */
static void test_a_timeout_asks_what_others_know(void **state)
{
    (void)state;
    conn_established();
    fix_send(4 * MSS);
    ignore_tx();
    fix.pmtu = 1400;
    advance(201);
    expect_text(ACK, 1, 1, 1360);
    ack_all();
    ignore_tx();
}

/* RFC 2018 8, RFC 4821 7.7: what the peer held is forgotten, and comes again in the new size. */
static void test_a_fall_with_sack_sends_all_again(void **state)
{
    (void)state;
    fix.peer.has_sack = true;
    conn_established();
    fix_send(5 * MSS);
    ignore_tx();
    ack_with_sack(1, 1 + 4 * MSS, 1 + 5 * MSS);
    ignore_tx();
    advance(201);
    ignore_tx();
    advance(401);
    ignore_tx();
    advance(801);
    expect_text(ACK, 1, 1, BASE);
    assert_int_equal(fix.conn->scoreboard.len, 0);
    rx(ACK, 1, 1 + BASE);
    expect_text(ACK, 1 + BASE, 1, 2 * BASE);
    rx(ACK, 1, 1 + 3 * BASE);
    ignore_tx();
    ack_with_sack(1 + 3 * BASE, 1 + 4 * BASE, 1 + 5 * BASE);
    ignore_tx();
    ack_all();
    ignore_tx();
    assert_int_equal(fix.conn->sndq.len, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FIX_TEST(test_full_segments_that_time_out_three_times_get_smaller),
        FIX_TEST(test_the_second_fall_is_to_what_every_host_takes),
        FIX_TEST(test_small_segments_that_time_out_say_nothing_of_the_path),
        FIX_TEST(test_a_small_window_is_no_black_hole),
        FIX_TEST(test_timeouts_that_are_not_in_a_row_say_nothing_of_the_path),
        FIX_TEST(test_a_timeout_asks_what_others_know),
        FIX_TEST(test_a_fall_with_sack_sends_all_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
