/* SPDX-License-Identifier: ISC
 *
 * TIME-WAIT as a record: how long it stays, what it answers, and who may take its place. After
 * conn_time_wait both FINs are at 1, so our next number and the peer's are 2. */
#include "tcp_fixture.h"

#define TWO_MSL 60000u /* ms, of the fixture's configuration */

static uint32_t records(void)
{
    return fix.tcp->time_waits.pool.count;
}

/* The user is gone, too: only the record is left. */
static void time_wait(void)
{
    conn_time_wait();
    fix_close();
    expect_nothing();
    assert_int_equal(records(), 1);
}

static void test_a_closed_connection_leaves_a_record_only(void **state)
{
    (void)state;
    conn_time_wait();
    assert_int_equal(records(), 1);
    assert_int_equal(fix.tcp->demux.count, 1);
    assert_false(mn_timer_is_armed(&fix.conn->timer));
    fix_recv("");
    fix_close();
    assert_int_equal(fix.tcp->conns.count, 0);
    assert_int_equal(fix.tcp->demux.count, 1);
    expect_nothing();
}

/* RFC 9293 3.6.1 MUST-13. */
static void test_it_ends_after_two_msl(void **state)
{
    (void)state;
    time_wait();
    advance(TWO_MSL - 5);
    assert_int_equal(records(), 1);
    advance(10);
    assert_int_equal(records(), 0);
    assert_int_equal(fix.tcp->demux.count, 0);
    rx(FIN | ACK, 1, 2);
    expect_tx(RST, 2, 0);
}

/* RFC 9293 3.10.7.4 eighth: the FIN again is acknowledged, and the wait begins anew. */
static void test_the_fin_again_is_acknowledged_and_the_wait_begins_anew(void **state)
{
    (void)state;
    time_wait();
    advance(TWO_MSL - 1000);
    rx(FIN | ACK, 1, 2);
    expect_tx(ACK, 2, 2);
    advance(TWO_MSL - 1000);
    assert_int_equal(records(), 1);
    advance(1001);
    assert_int_equal(records(), 0);
}

/* A FIN elsewhere, which anybody could send, does not prolong it. */
static void test_another_fin_does_not_prolong_it(void **state)
{
    (void)state;
    time_wait();
    advance(TWO_MSL - 1000);
    rx(FIN | ACK, 5, 2);
    expect_tx(ACK, 2, 2);
    advance(1001);
    assert_int_equal(records(), 0);
}

/* RFC 1337 3, fix F1. */
static void test_a_reset_does_not_end_it(void **state)
{
    (void)state;
    time_wait();
    rx(RST, 2, 0);
    expect_drop(MNET_DROP_TCP_TIME_WAIT);
    rx(RST | ACK, 2, 2);
    expect_drop(MNET_DROP_TCP_TIME_WAIT);
    expect_nothing();
    assert_int_equal(records(), 1);
}

/* Two sides in TIME-WAIT must not answer each other's ACKs. */
static void test_an_ack_in_order_is_not_answered(void **state)
{
    (void)state;
    time_wait();
    rx(ACK, 2, 2);
    expect_nothing();
    expect_drop(MNET_DROP_TCP_TIME_WAIT);
}

static void test_anything_else_is_answered_but_not_without_limit(void **state)
{
    (void)state;
    time_wait();
    rx_text(ACK, 2, 2, "late");
    expect_tx(ACK, 2, 2);
    rx(ACK, 1, 2);
    expect_tx(ACK, 2, 2);
    for (unsigned i = 0; i < 3000; i++)
        rx(ACK, 1, 2);
    unsigned answers = 0;
    while (fix.tx_from != fix.tx_to) {
        expect_tx(ACK, 2, 2);
        answers++;
    }
    assert_in_range(answers, 100, 1000);
}

/* -- RFC 6191: a new connection of the same pair -- */

static void test_a_newer_syn_reopens_beyond_the_old_numbers(void **state)
{
    (void)state;
    time_wait();
    uint32_t old = fix.iss + 2;
    rx(SYN, 2, 0);
    expect_tx(SYN | ACK, 0, 3);
    assert_true(mn_seq_gt(mn_seq(fix.iss), mn_seq(old)));
    assert_int_equal(records(), 0);
    rx(ACK, 3, 1);
    settle();
    fix_accept();
    expect_state(MN_TCP_ESTABLISHED);
    rx_text(ACK, 3, 1, "again");
    expect_tx(ACK, 1, 8);
    expect_events(MNET_EV_READABLE);
    fix_recv("again");
}

/* More was sent than the clock of RFC 6528 has gone on: still beyond. */
static void test_reopening_skips_what_was_sent_fast(void **state)
{
    (void)state;
    time_wait();
    struct mn_tcp_time_wait *tw =
        MN_CONTAINER(fix.tcp->time_waits.list.next, struct mn_tcp_time_wait, node);
    tw->snd_nxt = mn_seq_add(tw->snd_nxt, 1u << 30);
    struct mn_seq old = tw->snd_nxt;
    rx(SYN, 2, 0);
    expect_tx(SYN | ACK, 0, 3);
    assert_in_range(fix.iss - old.v, 65536, 131072);
}

static void test_an_older_syn_is_challenged(void **state)
{
    (void)state;
    time_wait();
    rx(SYN, 1, 0);
    expect_tx(ACK, 2, 2);
    expect_drop(MNET_DROP_TCP_SYN_CHALLENGED);
    rx(SYN, 0x80000002u, 0);
    expect_tx(ACK, 2, 2);
    expect_drop(MNET_DROP_TCP_SYN_CHALLENGED);
    rx(SYN | ACK, 100, 2);
    expect_tx(ACK, 2, 2);
    expect_drop(MNET_DROP_TCP_SYN_CHALLENGED);
    rx(SYN | FIN, 100, 0);
    assert_int_equal(fix.tcp->syns.pool.count, 0);
    ignore_tx();
}

static void test_without_a_listener_nothing_reopens(void **state)
{
    (void)state;
    time_wait();
    mnet_conn_unlisten(fix.listener);
    fix.listener = NULL;
    rx(SYN, 1000, 0);
    expect_tx(ACK, 2, 2);
    assert_int_equal(records(), 1);
}

/* RFC 6191 2: with timestamps on both, they decide. */
static void test_a_newer_timestamp_reopens_whatever_the_number(void **state)
{
    (void)state;
    fix.peer.has_ts = true;
    time_wait();
    fix.peer.ts_val--;
    rx(SYN, 1000, 0);
    const struct seg *ack = expect_tx(ACK, 2, 2);
    assert_true(ack->opts.has_ts);
    assert_int_equal(ack->opts.ts_ecr, fix.peer.ts_val + 1);
    expect_drop(MNET_DROP_TCP_SYN_CHALLENGED);
    fix.peer.ts_val++;
    rx(SYN, 1, 0); /* the same timestamp: the number decides */
    expect_tx(ACK, 2, 2);
    expect_drop(MNET_DROP_TCP_SYN_CHALLENGED);
    fix.peer.ts_val++;
    rx(SYN, 0x90000000u, 0);
    expect_tx(SYN | ACK, 0, 0x90000001u);
    assert_int_equal(records(), 0);
}

static void test_the_same_timestamp_and_a_later_number_reopens(void **state)
{
    (void)state;
    fix.peer.has_ts = true;
    time_wait();
    rx(SYN, 2, 0);
    expect_tx(SYN | ACK, 0, 3);
}

static void test_without_timestamps_on_the_syn_the_number_decides(void **state)
{
    (void)state;
    fix.peer.has_ts = true;
    time_wait();
    fix.peer.has_ts = false;
    rx(SYN, 1, 0);
    expect_tx(ACK, 2, 2);
    rx(SYN, 2, 0);
    expect_tx(SYN | ACK, 0, 3);
}

static void test_timestamps_that_are_new_to_the_pair_reopen(void **state)
{
    (void)state;
    time_wait();
    fix.peer.has_ts = true;
    rx(SYN, 0x80000010u, 0);
    expect_tx(SYN | ACK, 0, 0x80000011u);
}

/* RFC 7323 5.3: timestamps of the new incarnation go on from those of the old one. */
static void test_our_timestamps_go_on_after_reopening(void **state)
{
    (void)state;
    fix.peer.has_ts = true;
    conn_established();
    rx_text(ACK, 1, 1, "x");
    uint32_t before = expect_tx(ACK, 1, 2)->opts.ts_val;
    ignore_events();
    assert_int_equal(mnet_conn_shutdown(fix.conn, MNET_SHUTDOWN_WRITE), MNET_OK);
    expect_tx(FIN | ACK, 1, 2);
    rx(FIN | ACK, 2, 2);
    expect_tx(ACK, 2, 3);
    ignore_events();
    fix_recv("x");
    fix_close();
    advance(1000);
    rx(SYN, 100, 0);
    assert_int_equal(expect_tx(SYN | ACK, 0, 101)->opts.ts_val - before, 1000);
}

/* What it answers carries on from the connection: window, our clock, the peer's last timestamp. */
static void test_its_answers_carry_on_from_the_connection(void **state)
{
    (void)state;
    fix.peer.has_ts = true;
    conn_fin_wait_2();
    rx(FIN | ACK, 1, 2);
    const struct seg *seg = expect_tx(ACK, 2, 2);
    uint32_t first = seg->opts.ts_val, wnd = seg->wnd;
    ignore_events();
    fix_close();
    advance(1000);
    rx(FIN | ACK, 1, 2);
    seg = expect_tx(ACK, 2, 2);
    assert_int_equal(seg->opts.ts_val - first, 1000);
    assert_int_equal(seg->opts.ts_ecr, fix.peer.ts_val);
    assert_in_range(seg->wnd, wnd - 1, wnd);
    /* The FIN that lost its timestamp is answered all the same. */
    (void)rx_seg(&(struct seg){.flags = FIN | ACK, .seq = 1, .ack = 2, .has_no_ts = true});
    assert_int_equal(expect_tx(ACK, 2, 2)->opts.ts_ecr, fix.peer.ts_val);
    expect_no_drop(MNET_DROP_TCP_PAWS);
}

static void test_an_older_timestamp_is_no_fin_again(void **state)
{
    (void)state;
    fix.peer.has_ts = true;
    time_wait();
    advance(TWO_MSL / 2);
    uint32_t now = fix.peer.ts_val;
    fix.peer.ts_val = now - TWO_MSL;
    rx(FIN | ACK, 1, 2);
    expect_tx(ACK, 2, 2);
    expect_drop(MNET_DROP_TCP_PAWS);
    advance(TWO_MSL / 2 + 1);
    assert_int_equal(records(), 0);
}

/* -- bounds -- */

/* One more client of the fixture's listener, closed by us first. */
static void another(uint16_t port)
{
    fix.has_many = true;
    fix.remote.port = port;
    rx(SYN, 0, 0);
    expect_tx(SYN | ACK, 0, 1);
    rx(ACK, 1, 1);
    settle();
    fix_accept();
    fix_close();
    expect_tx(FIN | ACK, 1, 1);
    rx(FIN | ACK, 1, 2);
    expect_tx(ACK, 2, 2);
    assert_int_equal(fix.tcp->conns.count, 0);
}

static bool is_waiting(uint16_t port)
{
    struct mnet_endpoint remote = {fix.remote.addr, port};
    return mn_tcp_demux_find(&fix.tcp->demux, &fix.local, &remote) != NULL;
}

static void test_beyond_the_bound_the_oldest_goes(void **state)
{
    (void)state;
    fix.config.tcp_time_wait_max = 3;
    fix_restart();
    conn_listen();
    for (uint16_t i = 0; i < 3; i++) {
        another((uint16_t)(100 + i));
        advance(1000);
    }
    /* Its FIN came again: now it is the youngest. */
    fix.remote.port = 100;
    rx(FIN | ACK, 1, 2);
    ignore_tx();
    another(103);
    assert_int_equal(records(), 3);
    assert_true(is_waiting(100));
    assert_false(is_waiting(101));
    assert_true(is_waiting(102) && is_waiting(103));
}

static void test_many_come_and_go_without_a_leak(void **state)
{
    (void)state;
    conn_listen();
    for (uint16_t i = 0; i < 300; i++) {
        another((uint16_t)(1000 + i));
        advance(500);
    }
    assert_in_range(records(), 64 - 1, 64); /* at most as many as connections, see mnet/config.h */
    advance(TWO_MSL + 1);
    assert_int_equal(records(), 0);
}

static void test_without_memory_there_is_no_record(void **state)
{
    (void)state;
    conn_fin_wait_2();
    fix.tcp->time_waits.pool.count_max = 0;
    rx(FIN | ACK, 1, 2);
    assert_int_equal(records(), 0);
    expect_state(MN_TCP_TIME_WAIT);
    ignore_events();
    ignore_tx();
    fix_close();
    assert_int_equal(fix.tcp->demux.count, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FIX_TEST(test_a_closed_connection_leaves_a_record_only),
        FIX_TEST(test_it_ends_after_two_msl),
        FIX_TEST(test_the_fin_again_is_acknowledged_and_the_wait_begins_anew),
        FIX_TEST(test_another_fin_does_not_prolong_it),
        FIX_TEST(test_a_reset_does_not_end_it),
        FIX_TEST(test_an_ack_in_order_is_not_answered),
        FIX_TEST(test_anything_else_is_answered_but_not_without_limit),
        FIX_TEST(test_a_newer_syn_reopens_beyond_the_old_numbers),
        FIX_TEST(test_reopening_skips_what_was_sent_fast),
        FIX_TEST(test_an_older_syn_is_challenged),
        FIX_TEST(test_without_a_listener_nothing_reopens),
        FIX_TEST(test_a_newer_timestamp_reopens_whatever_the_number),
        FIX_TEST(test_the_same_timestamp_and_a_later_number_reopens),
        FIX_TEST(test_without_timestamps_on_the_syn_the_number_decides),
        FIX_TEST(test_timestamps_that_are_new_to_the_pair_reopen),
        FIX_TEST(test_our_timestamps_go_on_after_reopening),
        FIX_TEST(test_its_answers_carry_on_from_the_connection),
        FIX_TEST(test_an_older_timestamp_is_no_fin_again),
        FIX_TEST(test_beyond_the_bound_the_oldest_goes),
        FIX_TEST(test_many_come_and_go_without_a_leak),
        FIX_TEST(test_without_memory_there_is_no_record),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
