/* SPDX-License-Identifier: ISC */
#include "tcp_fixture.h"

/* A bug of the ancestor: data on the ACK of the handshake was dropped. */
static void test_text_on_the_handshake_ack_is_delivered(void **state)
{
    (void)state;
    conn_syn_received();
    rx_text(ACK | PSH, 1, 1, "GET /");
    expect_tx(ACK, 1, 6);
    assert_int_equal(fix.accepts, 1);
    fix_accept();
    expect_events(MNET_EV_READABLE);
    fix_recv("GET /");
}

/* ... and so was a FIN on it. */
static void test_fin_on_the_handshake_ack_is_taken(void **state)
{
    (void)state;
    conn_syn_received();
    rx_text(FIN | ACK, 1, 1, "bye");
    expect_tx(ACK, 1, 5);
    fix_accept();
    expect_state(MN_TCP_CLOSE_WAIT);
    expect_events(MNET_EV_READABLE);
    fix_recv("bye");
    assert_int_equal(mnet_conn_recv(fix.conn, &(char){0}, 1), 0);
}

/* A bug of the ancestor: the timer of the SYN-ACK survived and killed receive-only servers. */
static void test_no_timer_of_the_handshake_survives_it(void **state)
{
    (void)state;
    conn_established();
    for (uint32_t i = 0; i < 20; i++) {
        advance(60 * 1000);
        rx_len(ACK, 1 + i, 1, 1);
        ignore_tx();
        expect_events(MNET_EV_READABLE);
    }
    expect_state(MN_TCP_ESTABLISHED);
    assert_int_equal(fix.env.stats.tcp_timeouts, 0);
    assert_int_equal(fix.env.stats.tcp_retransmits, 0);
}

static void test_an_ack_of_what_was_never_sent_is_challenged(void **state)
{
    (void)state;
    conn_established();
    fix_send(10);
    expect_text(ACK, 1, 1, 10);
    /* RFC 9293 3.10.7.4 fifth: SEG.ACK > SND.NXT. */
    rx(ACK, 1, 12);
    expect_tx(ACK, 11, 1);
    expect_drop(MNET_DROP_TCP_BAD_ACK);
    assert_int_equal(fix.conn->sndq.len, 10);
}

/* RFC 5961 5.2. */
static void test_a_very_old_ack_is_challenged_and_a_late_one_is_not(void **state)
{
    (void)state;
    conn_established();
    fix_send(1000);
    expect_text(ACK, 1, 1, 1000);
    rx(ACK, 1, 1001);
    expect_events(MNET_EV_DRAINED);
    rx_len(ACK, 1, 1, 5); /* within SND.UNA - MAX.SND.WND */
    expect_tx(ACK, 1001, 6);
    expect_events(MNET_EV_READABLE);
    rx_len(ACK, 6, 1001u - 65536u, 5);
    expect_tx(ACK, 1001, 6);
    expect_drop(MNET_DROP_TCP_BAD_ACK);
    assert_int_equal(mnet_conn_recv_ready(fix.conn), 5);
}

static void test_a_segment_without_ack_is_dropped(void **state)
{
    (void)state;
    conn_established();
    rx_len(PSH, 1, 0, 5);
    expect_drop(MNET_DROP_TCP_BAD_FLAGS);
    expect_nothing();
    assert_int_equal(mnet_conn_recv_ready(fix.conn), 0);
}

/* RFC 9293 3.10.7.4 fifth: SND.WL1, SND.WL2 keep old segments from changing the window. */
static void test_only_a_newer_segment_changes_the_window(void **state)
{
    (void)state;
    conn_established();
    fix_send(100);
    expect_text(ACK, 1, 1, 100);
    rx_wnd(ACK, 1, 101, 5000);
    assert_int_equal(fix.conn->snd_wnd, 5000);
    rx_wnd(ACK, 1, 50, 9000); /* older ACK */
    assert_int_equal(fix.conn->snd_wnd, 5000);
    rx_wnd(ACK, 1, 101, 6000); /* as new */
    assert_int_equal(fix.conn->snd_wnd, 6000);
    expect_nothing();
    ignore_events();
}

static void test_the_window_is_scaled(void **state)
{
    (void)state;
    fix.peer.has_wscale = true;
    fix.peer.wscale = 3;
    conn_established();
    rx_wnd(ACK, 1, 1, 1000);
    assert_int_equal(fix.conn->snd_wnd, 8000);
    fix_send(20000);
    uint32_t sent = 0;
    settle();
    while (fix.tx_from != fix.tx_to)
        sent += expect_segment()->len;
    assert_in_range(sent, 8000 - 1459, 8000);
}

static void test_first_sample_is_the_handshake(void **state)
{
    (void)state;
    conn_syn_received();
    advance(80);
    rx(ACK, 1, 1);
    settle();
    fix_accept();
    struct mnet_conn_info info;
    mnet_conn_info(fix.conn, &info);
    assert_int_equal(info.srtt, MNET_MS(80));
    /* RFC 6298 2.2: SRTT + max(G, 4 * RTTVAR), RTTVAR = R / 2. */
    assert_int_equal(info.rto, MNET_MS(240));
}

/* RFC 6298 3, Karn: the answer to a segment that was sent twice says nothing. */
static void test_what_was_sent_twice_is_not_timed(void **state)
{
    (void)state;
    conn_established();
    mnet_time before = mn_rtt_srtt(&fix.conn->rtt);
    fix_send(10);
    expect_text(ACK, 1, 1, 10);
    advance(201);
    expect_text(ACK, 1, 1, 10);
    advance(300);
    rx(ACK, 1, 11);
    expect_events(MNET_EV_DRAINED);
    assert_int_equal(mn_rtt_srtt(&fix.conn->rtt), before);
    expect_nothing();
}

/* RFC 7323 4: with timestamps the answer says which one it answers. */
static void test_timestamps_time_what_was_sent_twice(void **state)
{
    (void)state;
    fix.peer.has_ts = true;
    conn_established();
    fix_send(10);
    expect_text(ACK, 1, 1, 10);
    advance(201);
    expect_text(ACK, 1, 1, 10);
    advance(300);
    rx(ACK, 1, 11);
    expect_events(MNET_EV_DRAINED);
    assert_in_range(mn_rtt_srtt(&fix.conn->rtt), MNET_MS(30), MNET_MS(301));
}

/* The first transmission came, its ACK was lost: the echo is as old as our timeout. */
static void test_an_old_echo_is_no_sample(void **state)
{
    (void)state;
    fix.peer.has_ts = true;
    conn_established();
    fix_send(10);
    uint32_t first = expect_text(ACK, 1, 1, 10)->opts.ts_val;
    advance(201);
    expect_text(ACK, 1, 1, 10);
    mnet_time before = mn_rtt_srtt(&fix.conn->rtt);
    struct seg late = {.flags = ACK, .seq = 1, .ack = 11, .has_ts_val = true};
    late.opts.has_ts = true;
    late.opts.ts_val = fix.peer.ts_val;
    late.opts.ts_ecr = first;
    rx_seg(&late);
    expect_events(MNET_EV_DRAINED);
    assert_int_equal(mn_rtt_srtt(&fix.conn->rtt), before);
}

static void test_the_neighbour_table_is_told_of_progress(void **state)
{
    (void)state;
    conn_established();
    unsigned before = fix.confirms;
    for (uint32_t i = 0; i < 10; i++) {
        fix_send(1);
        ignore_tx();
        rx(ACK, 1, 2 + i);
    }
    assert_int_equal(fix.confirms, before); /* the handshake has told it just now */
    advance(5000);
    fix_send(1);
    ignore_tx();
    rx(ACK, 1, 12);
    assert_int_equal(fix.confirms, before + 1);
    ignore_events();
}

static void test_writable_is_told_once_there_is_room_worth_it(void **state)
{
    (void)state;
    fix.config.tcp_snd_buf = 10000;
    fix_restart();
    conn_established();
    static const uint8_t bytes[20000];
    assert_int_equal(mnet_conn_send(fix.conn, bytes, sizeof bytes), 10000);
    assert_int_equal(mnet_conn_send(fix.conn, bytes, 1), 0);
    assert_int_equal(mnet_conn_send_room(fix.conn), 0);
    settle();
    fix.tx_from = fix.tx_to; /* not the stream pattern */
    rx(ACK, 1, 2921);
    expect_events(0);
    rx(ACK, 1, 5841);
    expect_events(MNET_EV_WRITABLE);
    assert_int_equal(mnet_conn_send_room(fix.conn), 5840);
    rx(ACK, 1, 10001);
    expect_events(MNET_EV_DRAINED);
}

/* -- our FIN -- */

static void test_fin_wait_1_becomes_fin_wait_2(void **state)
{
    (void)state;
    conn_fin_wait_2();
    expect_nothing();
}

static void test_fin_wait_1_with_text_waits_for_the_ack_of_the_fin(void **state)
{
    (void)state;
    conn_established();
    fix_send(10);
    assert_int_equal(mnet_conn_shutdown(fix.conn, MNET_SHUTDOWN_WRITE), MNET_OK);
    expect_text(FIN | ACK, 1, 1, 10);
    rx(ACK, 1, 11);
    expect_events(MNET_EV_DRAINED);
    expect_state(MN_TCP_FIN_WAIT_1);
    rx(ACK, 1, 12);
    expect_state(MN_TCP_FIN_WAIT_2);
}

static void test_last_ack_ends_the_connection(void **state)
{
    (void)state;
    conn_last_ack();
    rx(ACK, 2, 2);
    expect_nothing();
    expect_events(0);
    expect_state(MN_TCP_CLOSED);
    assert_int_equal(mnet_conn_error(fix.conn), MNET_OK);
    assert_int_equal(mnet_conn_recv(fix.conn, &(char){0}, 1), 0);
    fix_close();
    assert_int_equal(fix.tcp->conns.count, 0);
    assert_int_equal(fix.tcp->time_waits.pool.count, 0);
}

static void test_closing_becomes_time_wait(void **state)
{
    (void)state;
    conn_closing();
    rx(ACK, 2, 2);
    expect_nothing();
    expect_state(MN_TCP_TIME_WAIT);
    assert_int_equal(fix.tcp->time_waits.pool.count, 1);
    fix_close();
    assert_int_equal(fix.tcp->conns.count, 0);
}

/* The ACK of our FIN and the peer's FIN in one segment: FIN-WAIT-1 to TIME-WAIT. */
static void test_fin_with_the_ack_of_our_fin(void **state)
{
    (void)state;
    conn_fin_wait_1();
    rx(FIN | ACK, 1, 2);
    expect_tx(ACK, 2, 2);
    expect_state(MN_TCP_TIME_WAIT);
    expect_events(MNET_EV_READABLE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FIX_TEST(test_text_on_the_handshake_ack_is_delivered),
        FIX_TEST(test_fin_on_the_handshake_ack_is_taken),
        FIX_TEST(test_no_timer_of_the_handshake_survives_it),
        FIX_TEST(test_an_ack_of_what_was_never_sent_is_challenged),
        FIX_TEST(test_a_very_old_ack_is_challenged_and_a_late_one_is_not),
        FIX_TEST(test_a_segment_without_ack_is_dropped),
        FIX_TEST(test_only_a_newer_segment_changes_the_window),
        FIX_TEST(test_the_window_is_scaled),
        FIX_TEST(test_first_sample_is_the_handshake),
        FIX_TEST(test_what_was_sent_twice_is_not_timed),
        FIX_TEST(test_timestamps_time_what_was_sent_twice),
        FIX_TEST(test_an_old_echo_is_no_sample),
        FIX_TEST(test_the_neighbour_table_is_told_of_progress),
        FIX_TEST(test_writable_is_told_once_there_is_room_worth_it),
        FIX_TEST(test_fin_wait_1_becomes_fin_wait_2),
        FIX_TEST(test_fin_wait_1_with_text_waits_for_the_ack_of_the_fin),
        FIX_TEST(test_last_ack_ends_the_connection),
        FIX_TEST(test_closing_becomes_time_wait),
        FIX_TEST(test_fin_with_the_ack_of_our_fin),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
