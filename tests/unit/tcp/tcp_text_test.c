/* SPDX-License-Identifier: ISC */
#include "tcp_fixture.h"
#include <stdlib.h>

/* -- acknowledgements -- */

/* Lets the peer's slow start pass. */
static void past_quick_acks(uint32_t *seq)
{
    for (int i = 0; i < 16; i++) {
        rx_len(ACK, *seq, 1, 1460);
        *seq += 1460;
        fix_recv_len(*seq - 1460, 1460);
        expect_tx(ACK, 1, *seq);
    }
    ignore_events();
}

static void test_the_first_segments_are_acknowledged_at_once(void **state)
{
    (void)state;
    uint32_t seq = 1;
    conn_established();
    past_quick_acks(&seq);
}

/* RFC 9293 3.8.6.3 SHLD-18, MUST-40: delayed, but less than 0.5 s. */
static void test_then_an_acknowledgement_waits_40_ms(void **state)
{
    (void)state;
    uint32_t seq = 1;
    conn_established();
    past_quick_acks(&seq);
    rx_len(ACK, seq, 1, 100);
    expect_nothing();
    advance(39);
    expect_nothing();
    advance(2);
    expect_tx(ACK, 1, seq + 100);
    ignore_events();
    advance(1000);
    expect_nothing();
}

/* RFC 9293 3.8.6.3 SHLD-19: at least every second full segment. */
static void test_every_second_full_segment_is_acknowledged(void **state)
{
    (void)state;
    uint32_t seq = 1;
    conn_established();
    past_quick_acks(&seq);
    rx_len(ACK, seq, 1, 1460);
    expect_nothing();
    rx_len(ACK, seq + 1460, 1, 1460);
    expect_tx(ACK, 1, seq + 2920);
    /* What a device has merged counts as many. */
    rx_seg(&(struct seg){.flags = ACK, .seq = seq + 2920, .ack = 1, .len = 2920, .count = 2});
    expect_tx(ACK, 1, seq + 5840);
    ignore_events();
}

static void test_data_carries_the_acknowledgement(void **state)
{
    (void)state;
    uint32_t seq = 1;
    conn_established();
    past_quick_acks(&seq);
    rx_len(ACK, seq, 1, 10);
    fix_send(20);
    expect_text(ACK, 1, seq + 10, 20);
    rx(ACK, seq + 10, 21);
    advance(100);
    expect_nothing();
    ignore_events();
}

static void test_out_of_order_text_is_acknowledged_at_once(void **state)
{
    (void)state;
    uint32_t seq = 1;
    conn_established();
    past_quick_acks(&seq);
    /* RFC 5681 4.2. */
    rx_len(ACK, seq + 100, 1, 100);
    expect_tx(ACK, 1, seq);
    expect_events(0);
    rx_len(ACK, seq, 1, 100); /* fills the hole */
    expect_tx(ACK, 1, seq + 200);
    expect_events(MNET_EV_READABLE);
    fix_recv_len(seq, 200);
}

/* One ACK per batch would never be a third duplicate. */
static void test_a_peer_without_sack_gets_its_duplicate_acks(void **state)
{
    (void)state;
    conn_established();
    for (uint32_t i = 1; i <= 5; i++)
        rx_len(ACK, 1 + i * 100, 1, 100);
    expect_tx(ACK, 1, 1);
    expect_tx(ACK, 1, 1);
    expect_tx(ACK, 1, 1);
    expect_nothing();
}

/* RFC 2018 4: what came last first. */
static void test_sack_blocks_tell_what_came_out_of_order(void **state)
{
    (void)state;
    fix.peer.has_sack = true;
    conn_established();
    rx_len(ACK, 101, 1, 100);
    rx_len(ACK, 301, 1, 100);
    const struct seg *ack = expect_tx(ACK, 1, 1);
    expect_nothing();
    assert_int_equal(ack->opts.sack_count, 2);
    assert_int_equal(ack->opts.sack[0].start.v - fix.irs, 301);
    assert_int_equal(ack->opts.sack[0].end.v - fix.irs, 401);
    assert_int_equal(ack->opts.sack[1].start.v - fix.irs, 101);
    rx_len(ACK, 1, 1, 100);
    ack = expect_tx(ACK, 1, 201);
    assert_int_equal(ack->opts.sack_count, 1);
    rx_len(ACK, 201, 1, 100);
    ack = expect_tx(ACK, 1, 401);
    assert_int_equal(ack->opts.sack_count, 0);
    ignore_events();
    fix_recv_len(1, 400);
}

/* -- text -- */

static void test_overlapping_text_is_delivered_once(void **state)
{
    (void)state;
    conn_established();
    rx_len(ACK, 1, 1, 100);
    rx_len(ACK, 51, 1, 100); /* half of it old */
    expect_tx(ACK, 1, 151);
    expect_events(MNET_EV_READABLE);
    fix_recv_len(1, 150);
}

static void test_text_past_the_window_is_cut(void **state)
{
    (void)state;
    fix.config.tcp_rcv_buf = 1000;
    fix_restart();
    conn_established();
    rx_len(FIN | ACK, 1, 1, 1460);
    const struct seg *ack = expect_tx(ACK, 1, 1001);
    assert_int_equal(ack->wnd, 0);
    expect_state(MN_TCP_ESTABLISHED); /* the FIN was past the window as well */
    expect_events(MNET_EV_READABLE);
    fix_recv_len(1, 1000);
    ack = expect_tx(ACK, 1, 1001);
    assert_int_equal(ack->wnd, 1000);
    rx_len(FIN | ACK, 1001, 1, 460);
    expect_tx(ACK, 1, 1462);
    expect_state(MN_TCP_CLOSE_WAIT);
    ignore_events();
    fix_recv_len(1001, 460);
}

/* RFC 9293 3.8.5 MUST-31, RFC 6093 3.4: urgent data stays in line, wherever the pointer points. */
static void test_urgent_data_stays_in_line(void **state)
{
    (void)state;
    conn_established();
    rx_text(ACK | URG | PSH, 1, 1, "a!b");
    expect_tx(ACK, 1, 4);
    expect_events(MNET_EV_READABLE);
    fix_recv("a!b");
}

static void test_a_64_kib_segment_is_taken_whole(void **state)
{
    (void)state;
    fix.config.tcp_rcv_buf = 1u << 20;
    fix_restart();
    fix.peer.has_wscale = true;
    conn_established();
    rx_seg(&(struct seg){.flags = ACK, .seq = 1, .ack = 1, .len = 60000, .count = 42});
    expect_tx(ACK, 1, 60001);
    expect_events(MNET_EV_READABLE);
    struct mnet_slice slices[8];
    mnet_ssize count = mnet_conn_peek(fix.conn, slices, 8);
    assert_in_range(count, 4, 6);
    fix_recv_len(1, 60000);
    ignore_tx();
}

/* RFC 9293 3.6.1 SHLD-3: data after our close is lost, and the peer is told. */
static void test_text_after_close_is_reset(void **state)
{
    (void)state;
    conn_established();
    fix_close();
    expect_tx(FIN | ACK, 1, 1);
    rx(ACK, 1, 2);
    rx_text(ACK, 1, 2, "late");
    expect_tx(RST | ACK, 2, 1);
    expect_drop(MNET_DROP_TCP_CLOSED_DATA);
    assert_int_equal(fix.tcp->conns.count, 0);
}

static void test_old_text_after_close_is_only_acknowledged(void **state)
{
    (void)state;
    conn_established();
    rx_text(ACK, 1, 1, "abc");
    expect_tx(ACK, 1, 4);
    expect_events(MNET_EV_READABLE);
    fix_recv("abc");
    fix_close();
    expect_tx(FIN | ACK, 1, 4);
    rx_text(ACK, 1, 1, "abc");
    expect_tx(ACK, 2, 4);
}

static void test_text_after_shutdown_read_is_reset(void **state)
{
    (void)state;
    conn_established();
    assert_int_equal(mnet_conn_shutdown(fix.conn, MNET_SHUTDOWN_READ), MNET_OK);
    expect_nothing();
    rx_text(ACK, 1, 1, "x");
    expect_tx(RST | ACK, 1, 1);
    expect_events(MNET_EV_ERROR);
}

/* -- FIN -- */

static void test_fin_before_missing_text_waits_for_it(void **state)
{
    (void)state;
    conn_established();
    rx_len(FIN | ACK, 101, 1, 100);
    expect_tx(ACK, 1, 1);
    expect_state(MN_TCP_ESTABLISHED);
    rx_len(ACK, 1, 1, 100);
    expect_tx(ACK, 1, 202);
    expect_state(MN_TCP_CLOSE_WAIT);
    expect_events(MNET_EV_READABLE);
    fix_recv_len(1, 200);
    assert_int_equal(mnet_conn_recv(fix.conn, &(char){0}, 1), 0);
}

static void test_text_past_the_fin_is_not_delivered(void **state)
{
    (void)state;
    conn_established();
    rx(FIN | ACK, 101, 1);
    rx_len(ACK, 1, 1, 200);
    ignore_tx();
    expect_state(MN_TCP_CLOSE_WAIT);
    expect_events(MNET_EV_READABLE);
    assert_int_equal(mnet_conn_recv_ready(fix.conn), 100);
}

static void test_fin_before_text_that_came_is_refused(void **state)
{
    (void)state;
    conn_established();
    rx_len(ACK, 101, 1, 100);
    rx(FIN | ACK, 50, 1);
    expect_drop(MNET_DROP_TCP_OUT_OF_WINDOW);
    ignore_tx();
    rx_len(ACK, 1, 1, 100);
    expect_tx(ACK, 1, 201);
    expect_state(MN_TCP_ESTABLISHED);
    ignore_events();
}

static void test_fin_again_is_acknowledged_again(void **state)
{
    (void)state;
    conn_close_wait();
    rx(FIN | ACK, 1, 1);
    expect_tx(ACK, 1, 2);
    expect_drop(MNET_DROP_TCP_OLD_DUPLICATE);
    expect_events(0);
}

static void test_half_close_still_sends(void **state)
{
    (void)state;
    conn_close_wait();
    fix_send(3000);
    uint32_t sent = 0;
    settle();
    while (fix.tx_from != fix.tx_to)
        sent += expect_segment()->len;
    assert_int_equal(sent, 3000);
    rx(ACK, 2, 3001);
    expect_events(MNET_EV_DRAINED);
}

/* -- the window -- */

/* RFC 9293 3.8.6.2.2 MUST-39: the edge moves by a segment or half the buffer, not by less. */
static void test_a_small_read_does_not_open_the_window(void **state)
{
    (void)state;
    fix.config.tcp_rcv_buf = 4000;
    fix_restart();
    conn_established();
    rx_len(ACK, 1, 1, 1000);
    rx_len(ACK, 1001, 1, 1000);
    rx_len(ACK, 2001, 1, 2000);
    const struct seg *ack = expect_tx(ACK, 1, 4001);
    assert_int_equal(ack->wnd, 0);
    fix_recv_len(1, 500);
    expect_nothing();
    fix_recv_len(501, 1500);
    ack = expect_tx(ACK, 1, 4001);
    assert_int_equal(ack->wnd, 2000);
    ignore_events();
}

/* RFC 9293 3.8.6 SHLD-14: the right edge never moves left. */
static void test_the_window_never_shrinks(void **state)
{
    (void)state;
    conn_established();
    uint32_t edge = 65536;
    uint32_t seq = 1;
    for (int i = 0; i < 60; i++) {
        rx_len(ACK, seq, 1, 999);
        seq += 999;
        if (i % 7 == 0)
            fix_recv_len(seq - (uint32_t)mnet_conn_recv_ready(fix.conn), 300);
        advance(41);
        while (fix.tx_from != fix.tx_to) {
            const struct seg *ack = expect_segment();
            assert_true(ack->ack + ack->wnd >= edge);
            edge = ack->ack + ack->wnd;
        }
    }
    ignore_events();
}

/* Rounding to the window scale must not let tiny segments creep past the buffer. */
static void test_tiny_segments_cannot_fill_more_than_the_buffer(void **state)
{
    (void)state;
    fix.config.tcp_rcv_buf = 200000;
    fix_restart();
    fix.peer.has_wscale = true;
    conn_established();
    assert_int_equal(fix.conn->rcv_wscale, 2);
    uint32_t seq = 1;
    for (int i = 0; i < 250; i++) {
        rx_len(ACK, seq, 1, 1001);
        seq += 1001;
        ignore_tx();
    }
    for (uint32_t i = 0; i < 10; i++) {
        rx_len(ACK, 200001 + i, 1, 1);
        ignore_tx();
    }
    assert_in_range(mnet_conn_recv_ready(fix.conn), 199000, 200000);
    ignore_events();
}

/* All receive queues together keep to their part of the budget, and out-of-order data goes first.
 */
static void test_the_budget_bounds_what_is_received(void **state)
{
    (void)state;
    fix.config.memory_len = 2u << 20;
    fix.config.tcp_rcv_buf = 16u << 20;
    fix_restart();
    fix.peer.has_wscale = true;
    conn_established();
    uint32_t seq = 1;
    for (int i = 0; i < 3000; i++) {
        rx_len(ACK, seq, 1, 1460);
        seq = 1 + fix.conn->rcv_nxt.v - fix.conn->irs.v - 1;
        settle();
        assert_true(fix.tcp->rcv_used <= fix.tcp->rcv_limit);
        ignore_tx();
    }
    /* And yet it works on. */
    uint32_t ready = (uint32_t)mnet_conn_recv_ready(fix.conn);
    assert_in_range(ready, 200000, 1u << 20);
    fix_recv_len(1, ready);
    const struct seg *ack = expect_tx(ACK, 1, 1 + ready);
    assert_true(ack->wnd > 0);
    rx_len(ACK, 1 + ready, 1, 1460);
    assert_int_equal(mnet_conn_recv_ready(fix.conn), 1460);
    ignore_tx();
    ignore_events();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FIX_TEST(test_the_first_segments_are_acknowledged_at_once),
        FIX_TEST(test_then_an_acknowledgement_waits_40_ms),
        FIX_TEST(test_every_second_full_segment_is_acknowledged),
        FIX_TEST(test_data_carries_the_acknowledgement),
        FIX_TEST(test_out_of_order_text_is_acknowledged_at_once),
        FIX_TEST(test_a_peer_without_sack_gets_its_duplicate_acks),
        FIX_TEST(test_sack_blocks_tell_what_came_out_of_order),
        FIX_TEST(test_overlapping_text_is_delivered_once),
        FIX_TEST(test_text_past_the_window_is_cut),
        FIX_TEST(test_urgent_data_stays_in_line),
        FIX_TEST(test_a_64_kib_segment_is_taken_whole),
        FIX_TEST(test_text_after_close_is_reset),
        FIX_TEST(test_old_text_after_close_is_only_acknowledged),
        FIX_TEST(test_text_after_shutdown_read_is_reset),
        FIX_TEST(test_fin_before_missing_text_waits_for_it),
        FIX_TEST(test_text_past_the_fin_is_not_delivered),
        FIX_TEST(test_fin_before_text_that_came_is_refused),
        FIX_TEST(test_fin_again_is_acknowledged_again),
        FIX_TEST(test_half_close_still_sends),
        FIX_TEST(test_a_small_read_does_not_open_the_window),
        FIX_TEST(test_the_window_never_shrinks),
        FIX_TEST(test_tiny_segments_cannot_fill_more_than_the_buffer),
        FIX_TEST(test_the_budget_bounds_what_is_received),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
