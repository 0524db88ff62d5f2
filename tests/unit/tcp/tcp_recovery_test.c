/* SPDX-License-Identifier: ISC */
#include "tcp_fixture.h"

#define MSS 1460u

/* `count` full segments in flight, none of them expected any more. */
static void in_flight(uint32_t count)
{
    fix_send(count * MSS);
    ignore_tx();
    assert_int_equal(mn_seq_diff(fix.conn->snd_max, fix.conn->snd_una), count * MSS);
}

static void dup_acks(unsigned count, uint32_t ack)
{
    for (unsigned i = 0; i < count; i++) {
        rx(ACK, 1, ack);
        settle();
    }
}

/* The segments at [start, end), counted from 0, have arrived; those before have not. */
static void sack(uint32_t ack, uint32_t start, uint32_t end)
{
    struct seg seg = {.flags = ACK, .seq = 1, .ack = ack};
    seg.opts.sack_count = 1;
    seg.opts.sack[0].start = mn_seq(fix.iss + 1 + start * MSS);
    seg.opts.sack[0].end = mn_seq(fix.iss + 1 + end * MSS);
    rx_seg(&seg);
}

/* RFC 5681 3.2 */
static void test_three_duplicate_acks_resend_the_first_segment(void **state)
{
    (void)state;
    conn_established();
    in_flight(8);
    dup_acks(2, 1);
    expect_nothing(); /* nothing new to send */
    dup_acks(1, 1);
    expect_text(ACK, 1, 1, MSS);
    expect_nothing();
    assert_int_equal(fix.conn->cc.ssthresh, 4 * MSS);
    assert_int_equal(fix.env.stats.tcp_fast_retransmits, 1);
    rx(ACK, 1, 1 + 8 * MSS);
    expect_events(MNET_EV_DRAINED);
    assert_false(fix.conn->is_recovering);
    assert_in_range(fix.conn->cc.cwnd, MSS, 4 * MSS);
}

/* RFC 9293 3.4: 2 GiB after the last loss, what marks it would seem to lie ahead. */
static void test_a_loss_long_after_the_last_one_is_recovered(void **state)
{
    (void)state;
    conn_established();
    in_flight(4);
    fix.conn->recover = mn_seq_sub(fix.conn->snd_una, 0x80000000u - 2 * MSS);
    rx(ACK, 1, 1 + MSS);
    rx(ACK, 1, 1 + 4 * MSS);
    expect_events(MNET_EV_DRAINED);
    in_flight(8);
    dup_acks(3, 1 + 4 * MSS);
    expect_text(ACK, 1 + 4 * MSS, 1, MSS);
    assert_int_equal(fix.env.stats.tcp_fast_retransmits, 1);
    rx(ACK, 1, 1 + 12 * MSS);
    ignore_events();
}

/* RFC 3042 2. */
static void test_limited_transmit_sends_new_data_on_the_first_two(void **state)
{
    (void)state;
    conn_established();
    fix_send(14 * MSS);
    ignore_tx();
    assert_int_equal(mn_seq_diff(fix.conn->snd_max, fix.conn->snd_una), 10 * MSS);
    dup_acks(1, 1);
    expect_text(ACK, 1 + 10 * MSS, 1, MSS);
    dup_acks(1, 1);
    expect_text(ACK, 1 + 11 * MSS, 1, MSS);
    dup_acks(1, 1);
    expect_text(ACK, 1, 1, MSS);
    expect_nothing();
}

/* RFC 6582 3.2 step 3 */
static void test_partial_acks_show_the_next_hole(void **state)
{
    (void)state;
    conn_established();
    in_flight(10);
    dup_acks(3, 1);
    expect_text(ACK, 1, 1, MSS);
    rx(ACK, 1, 1 + 4 * MSS);
    expect_text(ACK, 1 + 4 * MSS, 1, MSS);
    expect_nothing();
    assert_true(fix.conn->is_recovering);
    rx(ACK, 1, 1 + 10 * MSS);
    assert_false(fix.conn->is_recovering);
    expect_events(MNET_EV_DRAINED);
}

static void test_duplicates_of_an_old_loss_are_no_new_loss(void **state)
{
    (void)state;
    conn_established();
    in_flight(8);
    dup_acks(3, 1);
    ignore_tx();
    rx(ACK, 1, 1 + 8 * MSS);
    in_flight(2);
    /* RFC 6582 3.2 step 2: the ACK covers no more than `recover`. */
    dup_acks(3, 1 + 8 * MSS);
    expect_nothing();
    assert_int_equal(fix.env.stats.tcp_fast_retransmits, 1);
    ignore_events();
}

static void test_what_is_no_duplicate_ack(void **state)
{
    (void)state;
    conn_established();
    dup_acks(5, 1); /* nothing is in flight */
    assert_int_equal(fix.conn->dup_acks, 0);
    in_flight(4);
    rx_wnd(ACK, 1, 1, 50000); /* another window */
    rx_len(ACK, 1, 1, 10);    /* text */
    ignore_tx();
    ignore_events();
    assert_int_equal(fix.conn->dup_acks, 0);
    assert_int_equal(fix.env.stats.tcp_dup_acks_rx, 0);
}

/* RFC 6675: as much as three segments reported means loss, however few ACKs have said so. */
static void test_one_ack_with_sack_can_show_the_loss(void **state)
{
    (void)state;
    fix.peer.has_sack = true;
    conn_established();
    in_flight(8);
    sack(1, 1, 4);
    expect_text(ACK, 1, 1, MSS);
    expect_nothing();
}

static void test_with_sack_only_holes_are_sent_again(void **state)
{
    (void)state;
    fix.peer.has_sack = true;
    conn_established();
    in_flight(10);
    /* 0, 1 and 5 are lost. */
    sack(1, 2, 5);
    expect_text(ACK, 1, 1, MSS);
    sack(1, 6, 10);
    expect_text(ACK, 1 + 1 * MSS, 1, MSS);
    expect_text(ACK, 1 + 5 * MSS, 1, MSS);
    expect_nothing();
    rx(ACK, 1, 1 + 10 * MSS);
    expect_events(MNET_EV_DRAINED);
    assert_int_equal(fix.conn->retransmits, 3);
    assert_int_equal(fix.env.stats.tcp_timeouts, 0);
}

static void test_the_holes_wait_for_the_congestion_window(void **state)
{
    (void)state;
    fix.peer.has_sack = true;
    conn_established();
    in_flight(10);
    /* All but the last three are lost: 7 in flight at most, cwnd is 5. */
    sack(1, 7, 10);
    settle();
    uint32_t again = 0;
    while (fix.tx_from != fix.tx_to)
        again += expect_segment()->len;
    assert_in_range(again, MSS, 5 * MSS);
}

/* A bug of the ancestor: ssthresh became one segment. */
static void test_a_timeout_halves_what_was_in_flight(void **state)
{
    (void)state;
    conn_established();
    in_flight(10);
    advance(201);
    expect_text(ACK, 1, 1, MSS);
    expect_nothing();
    /* RFC 5681 3.1 (4): max(FlightSize / 2, 2 * SMSS). */
    assert_int_equal(fix.conn->cc.ssthresh, 5 * MSS);
    assert_int_equal(fix.conn->cc.cwnd, MSS);
    advance(400);
    expect_text(ACK, 1, 1, MSS);
    assert_int_equal(fix.conn->cc.ssthresh, 5 * MSS); /* once for a loss */
}

static void test_after_a_timeout_all_is_sent_again_slowly(void **state)
{
    (void)state;
    conn_established();
    in_flight(4);
    advance(201);
    expect_text(ACK, 1, 1, MSS);
    rx(ACK, 1, 1 + MSS);
    expect_text(ACK, 1 + MSS, 1, 2 * MSS);
    expect_nothing();
    rx(ACK, 1, 1 + 3 * MSS);
    expect_text(ACK, 1 + 3 * MSS, 1, MSS);
    rx(ACK, 1, 1 + 4 * MSS);
    expect_events(MNET_EV_DRAINED);
    expect_nothing();
    advance(100000);
    expect_nothing();
}

/* What was sent before the timeout may have arrived after all. */
static void test_an_ack_beyond_what_was_sent_again_is_believed(void **state)
{
    (void)state;
    conn_established();
    in_flight(4);
    advance(201);
    expect_text(ACK, 1, 1, MSS);
    rx(ACK, 1, 1 + 4 * MSS);
    expect_events(MNET_EV_DRAINED);
    expect_nothing();
    fix_send(10);
    expect_text(ACK, 1 + 4 * MSS, 1, 10);
    rx(ACK, 1, 11 + 4 * MSS);
    expect_events(MNET_EV_DRAINED);
}

/* RFC 2018 8 */
static void test_a_timeout_forgets_what_sack_said(void **state)
{
    (void)state;
    fix.peer.has_sack = true;
    conn_established();
    in_flight(6);
    sack(1, 5, 6);
    expect_nothing();
    assert_int_equal(fix.conn->scoreboard.len, MSS);
    advance(201);
    expect_text(ACK, 1, 1, MSS);
    assert_int_equal(fix.conn->scoreboard.len, 0);
}

static void test_a_lost_fin_is_sent_again(void **state)
{
    (void)state;
    conn_established();
    fix_send(10);
    assert_int_equal(mnet_conn_shutdown(fix.conn, MNET_SHUTDOWN_WRITE), MNET_OK);
    expect_text(FIN | ACK, 1, 1, 10);
    advance(201);
    expect_text(FIN | ACK, 1, 1, 10);
    rx(ACK, 1, 11);
    advance(401);
    expect_tx(FIN | ACK, 11, 1);
    rx(ACK, 1, 12);
    expect_state(MN_TCP_FIN_WAIT_2);
    expect_events(MNET_EV_DRAINED);
}

/* Recovery on both sides of 2^32. */
static void test_recovery_crosses_the_wrap(void **state)
{
    (void)state;
    fix.peer.has_sack = true;
    fix_open_iss(0u - 5 * MSS);
    expect_tx(SYN, 0, 0);
    rx(SYN | ACK, 0, 1);
    expect_tx(ACK, 1, 1);
    ignore_events();
    in_flight(10);
    sack(1, 2, 5);
    expect_text(ACK, 1, 1, MSS);
    sack(1, 6, 10);
    expect_text(ACK, 1 + 1 * MSS, 1, MSS);
    expect_text(ACK, 1 + 5 * MSS, 1, MSS);
    rx(ACK, 1, 1 + 10 * MSS);
    expect_events(MNET_EV_DRAINED);
    in_flight(2);
    advance(300);
    expect_text(ACK, 1 + 10 * MSS, 1, MSS);
    rx(ACK, 1, 1 + 12 * MSS);
    ignore_events();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FIX_TEST(test_three_duplicate_acks_resend_the_first_segment),
        FIX_TEST(test_a_loss_long_after_the_last_one_is_recovered),
        FIX_TEST(test_limited_transmit_sends_new_data_on_the_first_two),
        FIX_TEST(test_partial_acks_show_the_next_hole),
        FIX_TEST(test_duplicates_of_an_old_loss_are_no_new_loss),
        FIX_TEST(test_what_is_no_duplicate_ack),
        FIX_TEST(test_one_ack_with_sack_can_show_the_loss),
        FIX_TEST(test_with_sack_only_holes_are_sent_again),
        FIX_TEST(test_the_holes_wait_for_the_congestion_window),
        FIX_TEST(test_a_timeout_halves_what_was_in_flight),
        FIX_TEST(test_after_a_timeout_all_is_sent_again_slowly),
        FIX_TEST(test_an_ack_beyond_what_was_sent_again_is_believed),
        FIX_TEST(test_a_timeout_forgets_what_sack_said),
        FIX_TEST(test_a_lost_fin_is_sent_again),
        FIX_TEST(test_recovery_crosses_the_wrap),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
