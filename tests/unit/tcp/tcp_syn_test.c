/* SPDX-License-Identifier: ISC
 *
 * Half-open connections: what a SYN makes, and what becomes of it. */
#include "tcp_fixture.h"

static uint32_t records(void)
{
    return fix.tcp->syns.pool.count;
}

/* Completes the handshake and accepts. */
static void complete(void)
{
    rx(ACK, 1, 1);
    settle();
    fix_accept();
    expect_nothing();
    expect_events(0);
    expect_state(MN_TCP_ESTABLISHED);
}

/* -- LISTEN: RFC 9293 3.10.7.2 -- */

static void test_what_is_no_syn_makes_no_record(void **state)
{
    (void)state;
    conn_listen();
    rx(RST, 1, 0);
    expect_drop(MNET_DROP_TCP_RST_INVALID);
    expect_nothing();
    rx(ACK, 1, 77);
    expect_tx(RST, 77, 0);
    expect_drop(MNET_DROP_TCP_BAD_ACK);
    rx(SYN | ACK, 1, 78);
    expect_tx(RST, 78, 0);
    expect_drop(MNET_DROP_TCP_BAD_ACK);
    rx_text(PSH, 1, 0, "x");
    expect_drop(MNET_DROP_TCP_BAD_FLAGS);
    rx(FIN, 1, 0);
    expect_drop(MNET_DROP_TCP_BAD_FLAGS);
    rx(SYN | FIN, 1, 0);
    expect_nothing();
    assert_int_equal(records(), 0);
    assert_int_equal(fix.tcp->conns.count, 0);
}

/* RFC 9293 3.7.1 MUST-14, RFC 7323 2.2, 3.2, RFC 2018 2: the MSS always, the rest if offered. */
static void test_the_syn_ack_offers_what_the_syn_offered(void **state)
{
    (void)state;
    conn_listen();
    rx(SYN, 0, 0);
    const struct seg *seg = expect_tx(SYN | ACK, 0, 1);
    assert_true(seg->opts.has_mss);
    assert_int_equal(seg->opts.mss, 1460);
    assert_int_equal(seg->wnd, 65535);
    assert_false(seg->opts.has_wscale || seg->opts.has_ts || seg->opts.has_sack_permitted);
    fix.config.tcp_rcv_buf = 1u << 20;
    fix_restart();
    fix.peer.has_wscale = fix.peer.has_ts = fix.peer.has_sack = true;
    fix.peer.wscale = 7;
    conn_listen();
    rx(SYN, 0, 0);
    seg = expect_tx(SYN | ACK, 0, 1);
    assert_true(seg->opts.has_wscale && seg->opts.has_ts && seg->opts.has_sack_permitted);
    assert_int_equal(seg->opts.wscale, 5);
    assert_int_equal(seg->opts.ts_ecr, fix.peer.ts_val);
    /* RFC 7323 2.2: the window of a SYN is never scaled. */
    assert_int_equal(seg->wnd, 65535);
    rx_wnd(ACK, 1, 1, 100);
    settle();
    fix_accept();
    struct mnet_conn_info info;
    mnet_conn_info(fix.conn, &info);
    assert_int_equal(info.snd_wnd, 12800);
    assert_int_equal(info.snd_wscale, 7);
    assert_int_equal(info.rcv_wscale, 5);
    assert_true(info.has_wscale && info.has_timestamps && info.has_sack);
    assert_int_equal(info.mss_send, 1448);
}

/* RFC 9293 3.7.1 MUST-15. */
static void test_a_syn_without_mss_means_536(void **state)
{
    (void)state;
    fix.peer.mss = 0;
    conn_established();
    assert_int_equal(fix.conn->mss, 536);
}

static void test_a_record_costs_a_record_not_a_connection(void **state)
{
    (void)state;
    conn_syn_received();
    assert_int_equal(records(), 1);
    assert_int_equal(fix.tcp->conns.count, 0);
    complete();
    assert_int_equal(records(), 0);
    assert_int_equal(fix.tcp->conns.count, 1);
    assert_int_equal(fix.tcp->demux.count, 1);
}

/* RFC 9293 3.4.1 MUST-8: the clock goes on between two handshakes of one pair. */
static void test_sequence_numbers_of_one_pair_go_forward(void **state)
{
    (void)state;
    conn_syn_received();
    uint32_t first = fix.iss;
    rx(RST, 1, 0);
    assert_int_equal(records(), 0);
    advance(100);
    rx(SYN, 0, 0);
    expect_tx(SYN | ACK, 0, 1);
    assert_in_range(fix.iss - first, 25000, 25100);
}

/* -- text and FIN around the handshake -- */

/* RFC 9293 3.10.7.2 third: text on the SYN may be left for later: it is not acknowledged. */
static void test_text_on_the_syn_is_left_to_be_sent_again(void **state)
{
    (void)state;
    conn_listen();
    rx_text(SYN, 0, 0, "hello");
    expect_tx(SYN | ACK, 0, 1);
    rx_text(ACK, 1, 1, "hello");
    expect_tx(ACK, 1, 6);
    fix_accept();
    expect_events(MNET_EV_READABLE);
    fix_recv("hello");
}

static void test_text_on_the_last_ack_of_the_handshake_is_taken(void **state)
{
    (void)state;
    conn_syn_received();
    rx_text(ACK | PSH, 1, 1, "hello");
    expect_tx(ACK, 1, 6);
    fix_accept();
    expect_events(MNET_EV_READABLE);
    fix_recv("hello");
}

static void test_a_fin_on_the_last_ack_of_the_handshake_is_taken(void **state)
{
    (void)state;
    conn_syn_received();
    rx_text(FIN | ACK, 1, 1, "bye");
    expect_tx(ACK, 1, 5);
    fix_accept();
    expect_state(MN_TCP_CLOSE_WAIT);
    expect_events(MNET_EV_READABLE);
    fix_recv("bye");
    fix_recv("");
}

/* The ACK was lost and the text that follows comes first and out of order: it acknowledges, too. */
static void test_later_text_completes_the_handshake(void **state)
{
    (void)state;
    conn_syn_received();
    rx_text(ACK, 6, 1, "world");
    expect_tx(ACK, 1, 1);
    fix_accept();
    expect_state(MN_TCP_ESTABLISHED);
    rx_text(ACK, 1, 1, "hello");
    expect_tx(ACK, 1, 11);
    expect_events(MNET_EV_READABLE);
    fix_recv("helloworld");
}

/* -- the timer -- */

static void test_the_syn_ack_comes_again_five_times_and_then_no_more(void **state)
{
    (void)state;
    conn_syn_received();
    mnet_time start = fix.env.now;
    for (unsigned i = 1; i <= 5; i++) {
        advance((500u << i) + 1);
        expect_tx(SYN | ACK, 0, 1);
        expect_nothing();
        /* 1, 2, 4, 8, 16 s after the one before. */
        assert_in_range(fix.tx_at - start, MNET_MS(500u << i), MNET_MS((500u << i) + 1));
        start = fix.tx_at;
    }
    advance(31990);
    expect_nothing();
    assert_int_equal(fix.env.stats.tcp_retransmits, 5);
    assert_int_equal(records(), 1);
    advance(11);
    expect_nothing();
    assert_int_equal(records(), 0);
    assert_int_equal(fix.tcp->demux.count, 0);
    /* What comes later is for nobody any more. */
    rx(ACK, 1, 1);
    expect_tx(RST, 1, 0);
}

/* A timer that survives the handshake killed servers that only receive, after ten minutes. */
static void test_no_timer_of_the_handshake_survives_it(void **state)
{
    (void)state;
    conn_established();
    uint32_t cwnd = fix.conn->cc.cwnd;
    advance(3600 * 1000);
    expect_nothing();
    expect_events(0);
    expect_state(MN_TCP_ESTABLISHED);
    assert_int_equal(fix.conn->cc.cwnd, cwnd);
    assert_false(mn_timer_is_armed(&fix.conn->timer));
}

/* RFC 6298 3, 5.7; RFC 5681 3.1: Karn's rule for the handshake. */
static void test_the_handshake_measures_the_path_unless_it_was_repeated(void **state)
{
    (void)state;
    struct mnet_conn_info info;
    conn_syn_received();
    advance(80);
    complete();
    mnet_conn_info(fix.conn, &info);
    assert_int_equal(info.srtt, MNET_MS(80));
    assert_int_equal(info.rto, MNET_MS(240));
    assert_int_equal(info.cwnd, 14600);
    fix_restart();
    conn_syn_received();
    advance(1001);
    expect_tx(SYN | ACK, 0, 1);
    complete();
    mnet_conn_info(fix.conn, &info);
    assert_int_equal(info.srtt, 0);
    assert_int_equal(info.rto, MNET_SEC(3));
    assert_int_equal(info.cwnd, 1460);
}

/* -- SYN-RECEIVED: RFC 9293 3.10.7.4 -- */

static void test_the_same_syn_again_is_answered_again(void **state)
{
    (void)state;
    conn_syn_received();
    advance(500);
    rx(SYN, 0, 0);
    expect_tx(SYN | ACK, 0, 1);
    expect_drop(MNET_DROP_TCP_OLD_DUPLICATE);
    assert_int_equal(records(), 1);
    complete();
    struct mnet_conn_info info;
    mnet_conn_info(fix.conn, &info);
    assert_int_equal(info.srtt, 0);
}

static void test_a_newer_timestamp_on_the_same_syn_is_echoed(void **state)
{
    (void)state;
    fix.peer.has_ts = true;
    conn_syn_received();
    fix.peer.ts_val += 1000;
    rx(SYN, 0, 0);
    assert_int_equal(expect_tx(SYN | ACK, 0, 1)->opts.ts_ecr, fix.peer.ts_val);
    fix.peer.ts_val -= 10;
    rx(SYN, 0, 0);
    assert_int_equal(expect_tx(SYN | ACK, 0, 1)->opts.ts_ecr, fix.peer.ts_val + 10);
}

/* RFC 9293 3.10.7.4 second, RFC 5961 3.2. */
static void test_a_reset_ends_a_record_only_at_the_exact_number(void **state)
{
    (void)state;
    conn_syn_received();
    rx(RST, 0, 0);
    expect_drop(MNET_DROP_TCP_RST_INVALID);
    rx(RST, 1 + 65535, 0);
    expect_drop(MNET_DROP_TCP_RST_INVALID);
    expect_nothing();
    rx(RST, 2, 0);
    expect_tx(ACK, 1, 1);
    expect_drop(MNET_DROP_TCP_RST_CHALLENGED);
    rx(RST, 65535, 0);
    expect_tx(ACK, 1, 1);
    expect_drop(MNET_DROP_TCP_RST_CHALLENGED);
    assert_int_equal(records(), 1);
    rx(RST, 1, 0);
    expect_nothing();
    assert_int_equal(records(), 0);
    assert_int_equal(fix.env.stats.tcp_resets_rx, 1);
    assert_int_equal(fix.accepts, 0);
}

/* RFC 9293 3.10.7.4 first: a client that has restarted. Its SYN lies elsewhere; it answers our ACK
 * with an exact reset, and its next SYN is served. */
static void test_a_restarted_client_gets_through(void **state)
{
    (void)state;
    conn_syn_received();
    rx(SYN, 1000000, 0);
    expect_tx(ACK, 1, 1);
    expect_drop(MNET_DROP_TCP_OUT_OF_WINDOW);
    rx(RST, 1, 0);
    expect_nothing();
    rx(SYN, 1000000, 0);
    expect_tx(SYN | ACK, 0, 1000001);
}

/* RFC 9293 3.10.7.4 fourth: a SYN in the window takes a record back to LISTEN. */
static void test_a_syn_in_the_window_begins_anew(void **state)
{
    (void)state;
    conn_syn_received();
    rx(SYN, 100, 0);
    expect_tx(SYN | ACK, 0, 101);
    assert_int_equal(records(), 1);
    rx(ACK, 101, 1);
    settle();
    fix_accept();
    expect_state(MN_TCP_ESTABLISHED);
}

/* RFC 9293 3.10.7.4 fifth. */
static void test_an_ack_of_something_else_is_reset_and_the_record_stays(void **state)
{
    (void)state;
    conn_syn_received();
    static const uint32_t bad[] = {0, 2, 1000, 0x80000000u};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        rx(ACK, 1, bad[i]);
        expect_tx(RST, bad[i], 0);
        expect_drop(MNET_DROP_TCP_BAD_ACK);
    }
    rx(PSH, 1, 0);
    expect_drop(MNET_DROP_TCP_BAD_FLAGS);
    expect_nothing();
    assert_int_equal(records(), 1);
    complete();
}

/* RFC 9293 3.10.7.4 first. */
static void test_what_is_out_of_the_window_is_answered_and_dropped(void **state)
{
    (void)state;
    conn_syn_received();
    rx(ACK, 0, 1);
    expect_tx(ACK, 1, 1);
    expect_drop(MNET_DROP_TCP_OLD_DUPLICATE);
    rx(ACK, 1 + 65535, 1);
    expect_tx(ACK, 1, 1);
    expect_drop(MNET_DROP_TCP_OUT_OF_WINDOW);
    rx_text(ACK, 0x80000000u, 1, "old");
    expect_tx(ACK, 1, 1);
    rx(SYN | ACK, 0, 1);
    expect_tx(ACK, 1, 1);
    assert_int_equal(records(), 1);
    complete();
}

/* RFC 7323 3.2, 5.3 R1. */
static void test_timestamps_are_checked_in_the_handshake(void **state)
{
    (void)state;
    fix.peer.has_ts = true;
    conn_syn_received();
    (void)rx_seg(&(struct seg){.flags = ACK, .seq = 1, .ack = 1, .has_no_ts = true});
    expect_drop(MNET_DROP_TCP_TIMESTAMP_MISSING);
    expect_nothing();
    fix.peer.ts_val--;
    rx(ACK, 1, 1);
    const struct seg *seg = expect_tx(ACK, 1, 1);
    assert_int_equal(seg->opts.ts_ecr, fix.peer.ts_val + 1);
    expect_drop(MNET_DROP_TCP_PAWS);
    assert_int_equal(records(), 1);
    fix.peer.ts_val++;
    complete();
    /* RFC 7323 5.2: a reset needs no timestamp. */
    fix_restart();
    conn_syn_received();
    rx(RST, 1, 0);
    assert_int_equal(records(), 0);
}

/* RFC 7323 5.4: ours tick in milliseconds, on every segment of the record. */
static void test_our_timestamps_tick_in_milliseconds(void **state)
{
    (void)state;
    fix.peer.has_ts = true;
    conn_listen();
    rx(SYN, 0, 0);
    uint32_t first = expect_tx(SYN | ACK, 0, 1)->opts.ts_val;
    advance(1500);
    assert_int_equal(expect_tx(SYN | ACK, 0, 1)->opts.ts_val - first, 1000);
    rx(RST, 2, 0);
    assert_int_equal(expect_tx(ACK, 1, 1)->opts.ts_val - first, 1500);
}

/* RFC 7323 2.3: only the windows of SYNs are not scaled. */
static void test_the_window_of_a_challenge_is_scaled(void **state)
{
    (void)state;
    fix.config.tcp_rcv_buf = 1u << 20;
    fix_restart();
    fix.peer.has_wscale = true;
    conn_syn_received();
    rx(RST, 2, 0);
    assert_int_equal(expect_tx(ACK, 1, 1)->wnd, 65535 >> 5);
}

static void test_a_small_receive_buffer_is_a_small_window(void **state)
{
    (void)state;
    fix.config.tcp_rcv_buf = 4096;
    fix_restart();
    conn_listen();
    rx(SYN, 0, 0);
    assert_int_equal(expect_tx(SYN | ACK, 0, 1)->wnd, 4096);
    rx(ACK, 1 + 4096, 1);
    expect_tx(ACK, 1, 1);
    expect_drop(MNET_DROP_TCP_OUT_OF_WINDOW);
    complete();
}

/* RFC 5927 4.1, RFC 9293 3.9.2.2. */
static void test_only_a_hard_error_about_our_syn_ack_ends_a_record(void **state)
{
    (void)state;
    conn_syn_received();
    rx_icmp(MNET_ERR_NET_UNREACH, false, 0, 0);
    rx_icmp(MNET_ERR_PORT_UNREACH, true, 0, 1);
    rx_icmp(MNET_ERR_PORT_UNREACH, true, 0, 0xffffffffu);
    assert_int_equal(records(), 1);
    rx_icmp(MNET_ERR_PORT_UNREACH, true, 0, 0);
    assert_int_equal(records(), 0);
    expect_nothing();
}

/* -- floods -- */

static uint32_t flood_iss[300];

/* The i-th client of a flood. */
static void flood(uint16_t i)
{
    fix.remote.port = (uint16_t)(10000 + i);
    rx(SYN, 0, 0);
    expect_tx(SYN | ACK, 0, 1);
    flood_iss[i] = fix.iss;
}

static bool is_half_open(uint16_t i, uint16_t port)
{
    struct mnet_endpoint local = {fix.local.addr, port};
    struct mnet_endpoint remote = {fix.remote.addr, (uint16_t)(10000 + i)};
    const struct mn_tcp_entry *entry = mn_tcp_demux_find(&fix.tcp->demux, &local, &remote);
    return entry && entry->kind == MN_TCP_ENTRY_SYN;
}

/* RFC 4987 3.3: the oldest gives way; a listener has a bound that follows its backlog. */
static void test_beyond_the_bound_of_a_listener_the_oldest_gives_way(void **state)
{
    (void)state;
    fix.has_many = true;
    conn_listen();
    for (uint16_t i = 0; i < 128; i++)
        flood(i);
    assert_int_equal(records(), 128);
    expect_no_drop(MNET_DROP_TCP_SYN_QUEUE_FULL);
    flood(128);
    expect_drop(MNET_DROP_TCP_SYN_QUEUE_FULL);
    assert_int_equal(records(), 128);
    assert_false(is_half_open(0, OUR_PORT));
    assert_true(is_half_open(1, OUR_PORT));
    /* The last one can still complete. */
    rx(ACK, 1, 1);
    settle();
    fix_accept();
    expect_state(MN_TCP_ESTABLISHED);
}

static void test_a_flood_at_one_port_harms_nobody_at_another(void **state)
{
    (void)state;
    fix.config.tcp_syn_max = 8;
    fix_restart();
    fix.has_many = true;
    conn_listen();
    struct mnet_endpoint second = {.port = 7000};
    struct mnet_listener *other;
    assert_int_equal(mn_tcp_listen(fix.transport, &second, 1, NULL, NULL, &other), MNET_OK);
    for (uint16_t i = 0; i < 8; i++)
        flood(i);
    /* A client of the other port takes a record from the flooded one. */
    fix.local.port = 7000;
    flood(200);
    expect_drop(MNET_DROP_TCP_SYN_QUEUE_FULL);
    assert_true(is_half_open(200, 7000));
    assert_false(is_half_open(0, OUR_PORT));
    /* However long the flood goes on, he keeps it. */
    fix.local.port = OUR_PORT;
    for (uint16_t i = 8; i < 100; i++)
        flood(i);
    assert_true(is_half_open(200, 7000));
    assert_int_equal(records(), 8);
    fix.local.port = 7000;
    fix.remote.port = 10200;
    fix.iss = flood_iss[200];
    rx(ACK, 1, 1);
    settle();
    assert_int_equal(other->queue_count, 1);
}

static void test_memory_pressure_takes_records_listener_by_listener(void **state)
{
    (void)state;
    fix.has_many = true;
    conn_listen();
    for (uint16_t i = 0; i < 3; i++)
        flood(i);
    for (uint16_t i = 0; i < 3; i++) {
        assert_true(is_half_open(i, OUR_PORT));
        assert_true(fix.transport->ops->shed(fix.transport, 1));
        expect_drop(MNET_DROP_TCP_SYN_QUEUE_FULL);
        assert_false(is_half_open(i, OUR_PORT));
    }
    assert_false(fix.transport->ops->shed(fix.transport, 1));
}

static void test_a_syn_without_memory_is_a_counted_loss(void **state)
{
    (void)state;
    conn_listen();
    fix.env.mem.fail_at = 3; /* after the two pieces of the packet that brings it */
    rx(SYN, 0, 0);
    expect_drop(MNET_DROP_TCP_NO_MEMORY);
    expect_nothing();
    rx(SYN, 0, 0);
    expect_tx(SYN | ACK, 0, 1);
    complete();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FIX_TEST(test_what_is_no_syn_makes_no_record),
        FIX_TEST(test_the_syn_ack_offers_what_the_syn_offered),
        FIX_TEST(test_a_syn_without_mss_means_536),
        FIX_TEST(test_a_record_costs_a_record_not_a_connection),
        FIX_TEST(test_sequence_numbers_of_one_pair_go_forward),
        FIX_TEST(test_text_on_the_syn_is_left_to_be_sent_again),
        FIX_TEST(test_text_on_the_last_ack_of_the_handshake_is_taken),
        FIX_TEST(test_a_fin_on_the_last_ack_of_the_handshake_is_taken),
        FIX_TEST(test_later_text_completes_the_handshake),
        FIX_TEST(test_the_syn_ack_comes_again_five_times_and_then_no_more),
        FIX_TEST(test_no_timer_of_the_handshake_survives_it),
        FIX_TEST(test_the_handshake_measures_the_path_unless_it_was_repeated),
        FIX_TEST(test_the_same_syn_again_is_answered_again),
        FIX_TEST(test_a_newer_timestamp_on_the_same_syn_is_echoed),
        FIX_TEST(test_a_reset_ends_a_record_only_at_the_exact_number),
        FIX_TEST(test_a_restarted_client_gets_through),
        FIX_TEST(test_a_syn_in_the_window_begins_anew),
        FIX_TEST(test_an_ack_of_something_else_is_reset_and_the_record_stays),
        FIX_TEST(test_what_is_out_of_the_window_is_answered_and_dropped),
        FIX_TEST(test_timestamps_are_checked_in_the_handshake),
        FIX_TEST(test_our_timestamps_tick_in_milliseconds),
        FIX_TEST(test_the_window_of_a_challenge_is_scaled),
        FIX_TEST(test_a_small_receive_buffer_is_a_small_window),
        FIX_TEST(test_only_a_hard_error_about_our_syn_ack_ends_a_record),
        FIX_TEST(test_beyond_the_bound_of_a_listener_the_oldest_gives_way),
        FIX_TEST(test_a_flood_at_one_port_harms_nobody_at_another),
        FIX_TEST(test_memory_pressure_takes_records_listener_by_listener),
        FIX_TEST(test_a_syn_without_memory_is_a_counted_loss),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
