/* SPDX-License-Identifier: ISC */
#include "tcp_fixture.h"

/* -- for nobody -- */

static void test_a_segment_for_nobody_is_answered_with_a_reset(void **state)
{
    (void)state;
    fix.iss = 5000;
    /* RFC 9293 3.10.7.1: <SEQ=SEG.ACK><CTL=RST>, or <SEQ=0><ACK=SEG.SEQ+SEG.LEN><CTL=RST,ACK>. */
    rx(ACK, 7, 9);
    expect_tx(RST, 9, 0);
    expect_drop(MNET_DROP_TCP_NO_CONN);
    rx_text(SYN, 7, 0, "xy");
    fix.iss = 0;
    expect_tx(RST | ACK, 0, 10);
    rx(RST, 7, 0);
    expect_nothing();
}

/* -- SYN-SENT -- */

static void test_active_open(void **state)
{
    (void)state;
    fix.peer.has_wscale = fix.peer.has_ts = fix.peer.has_sack = true;
    fix.peer.wscale = 7;
    fix_open();
    const struct seg *syn = expect_tx(SYN, 0, 0);
    assert_true(syn->opts.has_mss && syn->opts.has_wscale && syn->opts.has_ts);
    assert_true(syn->opts.has_sack_permitted);
    assert_int_equal(syn->opts.mss, 1460);
    assert_int_equal(syn->opts.ts_ecr, 0);
    assert_int_equal(syn->wnd, 65535);
    rx_wnd(SYN | ACK, 0, 1, 1000);
    const struct seg *ack = expect_tx(ACK, 1, 1);
    assert_true(ack->opts.has_ts && !ack->opts.has_mss && !ack->opts.has_wscale);
    assert_int_equal(ack->opts.ts_ecr, fix.peer.ts_val);
    expect_events(MNET_EV_CONNECTED);
    expect_state(MN_TCP_ESTABLISHED);
    struct mnet_conn_info info;
    mnet_conn_info(fix.conn, &info);
    assert_int_equal(info.snd_wnd, 1000); /* RFC 7323 2.2: not scaled */
    assert_int_equal(info.mss_send, 1448);
    assert_true(info.has_sack && info.has_timestamps && info.has_wscale);
    rx_wnd(ACK, 1, 1, 1000);
    mnet_conn_info(fix.conn, &info);
    assert_int_equal(info.snd_wnd, 128000);
}

static void test_options_the_peer_lacks_are_not_used(void **state)
{
    (void)state;
    fix.peer.mss = 0;
    conn_active();
    struct mnet_conn_info info;
    mnet_conn_info(fix.conn, &info);
    assert_false(info.has_sack || info.has_timestamps || info.has_wscale);
    /* RFC 9293 3.7.1 MUST-15: 536 when the peer offers none. */
    assert_int_equal(info.mss_send, 536);
}

static void test_reset_of_our_syn_is_refused(void **state)
{
    (void)state;
    conn_syn_sent();
    rx(RST | ACK, 0, 1);
    expect_events(MNET_EV_ERROR);
    assert_int_equal(mnet_conn_error(fix.conn), MNET_ERR_CONN_REFUSED);
    expect_state(MN_TCP_CLOSED);
    expect_nothing();
}

static void test_reset_in_syn_sent_must_acknowledge_our_syn(void **state)
{
    (void)state;
    conn_syn_sent();
    rx(RST, 0, 0);
    expect_drop(MNET_DROP_TCP_RST_INVALID);
    rx(RST | ACK, 0, 2);
    expect_drop(MNET_DROP_TCP_BAD_ACK);
    rx(RST | ACK, 0, 0);
    expect_drop(MNET_DROP_TCP_BAD_ACK);
    expect_state(MN_TCP_SYN_SENT);
    expect_nothing();
}

static void test_wrong_ack_in_syn_sent_is_reset(void **state)
{
    (void)state;
    conn_syn_sent();
    /* RFC 9293 3.10.7.3 first: <SEQ=SEG.ACK><CTL=RST>. */
    rx(SYN | ACK, 0, 2);
    expect_tx(RST, 2, 0);
    expect_drop(MNET_DROP_TCP_BAD_ACK);
    expect_state(MN_TCP_SYN_SENT);
}

static void test_text_without_syn_in_syn_sent_is_dropped(void **state)
{
    (void)state;
    conn_syn_sent();
    rx_text(ACK, 1, 1, "x");
    expect_drop(MNET_DROP_TCP_BAD_FLAGS);
    expect_nothing();
    expect_state(MN_TCP_SYN_SENT);
}

static void test_text_and_fin_with_the_syn_ack_are_taken(void **state)
{
    (void)state;
    fix_open();
    expect_tx(SYN, 0, 0);
    rx_text(SYN | ACK, 0, 1, "hi");
    expect_tx(ACK, 1, 3);
    expect_events(MNET_EV_CONNECTED | MNET_EV_READABLE);
    fix_recv("hi");
}

/* RFC 9293 3.5 MUST-10: simultaneous open. */
static void test_simultaneous_open(void **state)
{
    (void)state;
    conn_simultaneous();
    rx(SYN | ACK, 0, 1);
    expect_state(MN_TCP_ESTABLISHED);
    expect_events(MNET_EV_CONNECTED);
    rx_text(ACK, 1, 1, "x");
    expect_tx(ACK, 1, 2);
    expect_events(MNET_EV_READABLE);
}

/* RFC 9293 3.5 MUST-10: simultaneous open, completed by a plain ACK. */
static void test_simultaneous_open_ends_with_any_ack(void **state)
{
    (void)state;
    conn_simultaneous();
    rx(ACK, 1, 1);
    expect_state(MN_TCP_ESTABLISHED);
    expect_events(MNET_EV_CONNECTED);
    expect_nothing();
}

static void test_simultaneous_open_sends_its_syn_ack_again(void **state)
{
    (void)state;
    conn_simultaneous();
    rx(SYN, 0, 0);
    expect_tx(SYN | ACK, 0, 1);
    advance(1001);
    expect_tx(SYN | ACK, 0, 1);
    rx(RST, 1, 0);
    expect_events(MNET_EV_ERROR);
    assert_int_equal(mnet_conn_error(fix.conn), MNET_ERR_CONN_REFUSED);
}

static void test_a_wrong_ack_in_syn_received_is_reset(void **state)
{
    (void)state;
    conn_simultaneous();
    rx(ACK, 1, 2);
    expect_tx(RST, 2, 0);
    expect_drop(MNET_DROP_TCP_BAD_ACK);
    expect_state(MN_TCP_SYN_RECEIVED);
}

/* -- first: the sequence number -- */

/* The table of RFC 9293 3.4, with a window of 100 at 1; and an ACK at its right edge, without which
 * two peers that have used up each other's windows and lost some of it would be deaf for ever. */
static void test_acceptability_has_four_cases(void **state)
{
    (void)state;
    static const struct {
        uint32_t seq, len;
        bool is_acceptable;
    } rows[] = {
        {1, 0, true},    {0, 0, false},           {100, 0, true},
        {101, 0, true},  {102, 0, false},         {UINT32_MAX, 2, false},
        {0, 2, true},    {1, 10, true},           {100, 10, true},
        {101, 1, false}, {UINT32_MAX, 200, true},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        conn_established();
        fix.conn->rcv_adv = mn_seq_add(fix.conn->rcv_nxt, 100);
        mnet_time heard = ++fix.conn->heard_at;
        fix.env.now += MNET_SEC(1);
        rx_len(ACK, rows[i].seq, 1, rows[i].len);
        bool was_heard = fix.conn->heard_at != heard;
        if (was_heard != rows[i].is_acceptable)
            fail_msg("row %zu", i);
        if (!rows[i].is_acceptable)
            expect_tx(ACK, 1, 1);
        ignore_tx();
        ignore_events();
        fix_restart();
    }
}

static void test_a_closed_window_still_hears_acks_and_resets(void **state)
{
    (void)state;
    conn_established();
    fix_send(10);
    expect_text(ACK, 1, 1, 10);
    fix.conn->rcv_adv = fix.conn->rcv_nxt;
    /* RFC 9293 3.4 MUST-66: text is refused, its ACK is not. */
    fix.tcp->rcv_buf = 0;
    rx_len(ACK, 1, 11, 1);
    expect_tx(ACK, 11, 1);
    expect_drop(MNET_DROP_TCP_RCV_BUF_FULL);
    expect_events(MNET_EV_DRAINED);
    rx(RST, 1, 0);
    expect_events(MNET_EV_ERROR);
}

static void test_an_old_duplicate_is_acknowledged(void **state)
{
    (void)state;
    conn_established();
    rx_len(ACK, 1, 1, 10);
    expect_tx(ACK, 1, 11);
    expect_events(MNET_EV_READABLE);
    rx_len(ACK, 1, 1, 10);
    expect_tx(ACK, 1, 11);
    expect_drop(MNET_DROP_TCP_OLD_DUPLICATE);
    assert_int_equal(mnet_conn_recv_ready(fix.conn), 10);
}

static void test_unacceptable_acks_are_not_answered_for_ever(void **state)
{
    (void)state;
    conn_established();
    rx(ACK, 0x7000000, 1);
    expect_tx(ACK, 1, 1);
    rx(ACK, 0x7000000, 1);
    expect_nothing();
    advance(100);
    rx(ACK, 0x7000000, 1);
    expect_tx(ACK, 1, 1);
}

static void test_keepalive_probes_are_answered(void **state)
{
    (void)state;
    conn_established();
    /* RFC 9293 3.8.4: <SEQ=SND.NXT-1>, without text or with one old byte. */
    rx(ACK, 0, 1);
    expect_tx(ACK, 1, 1);
    rx_len(ACK, 0, 1, 1);
    expect_tx(ACK, 1, 1);
}

/* -- timestamps -- */

static void established_ts(void)
{
    fix.peer.has_ts = true;
    conn_established();
}

static void test_paws_rejects_an_older_timestamp(void **state)
{
    (void)state;
    established_ts();
    fix.peer.ts_val += 100;
    rx_text(ACK, 1, 1, "ab");
    expect_tx(ACK, 1, 3);
    ignore_events();
    fix.peer.ts_val -= 1;
    rx_text(ACK, 3, 1, "cd");
    /* RFC 7323 5.3 R1: acknowledged and dropped. */
    expect_tx(ACK, 1, 3);
    expect_drop(MNET_DROP_TCP_PAWS);
    assert_int_equal(mnet_conn_recv_ready(fix.conn), 2);
}

static void test_paws_compares_modulo_2_32(void **state)
{
    (void)state;
    fix.peer.ts_val = 0xfffffff0u;
    established_ts();
    fix.peer.ts_val += 0x20; /* past the wrap: newer */
    rx_text(ACK, 1, 1, "ab");
    const struct seg *ack = expect_tx(ACK, 1, 3);
    assert_int_equal(ack->opts.ts_ecr, 0x10);
    expect_events(MNET_EV_READABLE);
    expect_no_drop(MNET_DROP_TCP_PAWS);
}

static void test_paws_ends_after_24_days_of_silence(void **state)
{
    (void)state;
    established_ts();
    fix.env.now += MNET_SEC(23 * 86400);
    struct seg late = {.flags = ACK, .seq = 1, .ack = 1, .len = 1, .has_ts_val = true};
    late.opts.has_ts = true;
    late.opts.ts_val = fix.peer.ts_val - 1;
    rx_seg(&late);
    expect_drop(MNET_DROP_TCP_PAWS);
    ignore_tx();
    /* RFC 7323 5.5. */
    fix.env.now += MNET_SEC(2 * 86400);
    rx_seg(&late);
    expect_no_drop(MNET_DROP_TCP_PAWS);
    expect_tx(ACK, 1, 2);
    ignore_events();
}

static void test_a_missing_timestamp_is_dropped_silently(void **state)
{
    (void)state;
    established_ts();
    /* RFC 7323 3.2. */
    rx_seg(&(struct seg){.flags = ACK, .seq = 1, .ack = 1, .len = 1, .has_no_ts = true});
    expect_drop(MNET_DROP_TCP_TIMESTAMP_MISSING);
    expect_nothing();
    /* RFC 7323 5.2: a reset needs none. */
    rx(RST, 1, 0);
    expect_events(MNET_EV_ERROR);
}

static void test_ts_recent_follows_the_last_ack_sent_only(void **state)
{
    (void)state;
    established_ts();
    uint32_t first = fix.peer.ts_val;
    fix.peer.ts_val += 5;
    rx_len(ACK, 11, 1, 10); /* beyond a hole */
    const struct seg *dup = expect_tx(ACK, 1, 1);
    assert_int_equal(dup->opts.ts_ecr, first);
    rx_len(ACK, 1, 1, 10);
    const struct seg *ack = expect_tx(ACK, 1, 21);
    assert_int_equal(ack->opts.ts_ecr, first + 5);
    ignore_events();
}

/* RFC 5961 4.2: a SYN is challenged and changes nothing, or whoever hits the window with one could
 * end the connection by a timestamp of his choice. */
static void test_a_challenged_syn_leaves_ts_recent_alone(void **state)
{
    (void)state;
    established_ts();
    struct seg syn = {.flags = SYN, .seq = 1, .has_ts_val = true};
    syn.opts.has_ts = true;
    syn.opts.ts_val = fix.peer.ts_val + 1000000;
    rx_seg(&syn);
    const struct seg *ack = expect_tx(ACK, 1, 1);
    assert_int_equal(ack->opts.ts_ecr, fix.peer.ts_val);
    rx_text(ACK, 1, 1, "ab");
    expect_tx(ACK, 1, 3);
    expect_events(MNET_EV_READABLE);
    expect_no_drop(MNET_DROP_TCP_PAWS);
}

/* -- second: RST -- */

/* RFC 9293 3.6 MUST-12; a bug of the ancestor. */
static void test_a_reset_at_rcv_nxt_is_an_error_never_an_end(void **state)
{
    (void)state;
    conn_established();
    rx_text(ACK, 1, 1, "abc");
    expect_tx(ACK, 1, 4);
    rx(RST, 4, 0);
    expect_events(MNET_EV_READABLE | MNET_EV_ERROR);
    expect_nothing();
    expect_state(MN_TCP_CLOSED);
    /* What had come can be read; then the error, not 0. */
    fix_recv("abc");
    char c;
    assert_int_equal(mnet_conn_recv(fix.conn, &c, 1), MNET_ERR_CONN_RESET);
    assert_int_equal(mnet_conn_send(fix.conn, "x", 1), MNET_ERR_CONN_RESET);
    assert_int_equal(fix.env.stats.tcp_resets_rx, 1);
}

/* RFC 5961 3.2. */
static void test_a_reset_inside_the_window_is_challenged(void **state)
{
    (void)state;
    conn_established();
    rx(RST, 2, 0);
    expect_tx(ACK, 1, 1);
    expect_drop(MNET_DROP_TCP_RST_CHALLENGED);
    rx(RST, 0x7000000, 0);
    expect_nothing();
    expect_drop(MNET_DROP_TCP_RST_INVALID);
    expect_state(MN_TCP_ESTABLISHED);
}

/* RFC 9293 3.5 MUST-11. */
static void test_reset_of_an_unaccepted_connection_leaves_nothing(void **state)
{
    (void)state;
    conn_syn_received();
    rx(ACK, 1, 1);
    rx(RST, 1, 0);
    struct mnet_conn *conn;
    assert_int_equal(mnet_conn_accept(fix.listener, NULL, NULL, &conn), MNET_ERR_AGAIN);
    assert_int_equal(fix.tcp->conns.count, 0);
}

static void test_write_after_close_and_reset_is_closed_by_peer(void **state)
{
    (void)state;
    conn_close_wait();
    fix_send(5);
    expect_text(ACK, 1, 2, 5);
    rx(RST, 2, 0);
    expect_events(MNET_EV_ERROR);
    assert_int_equal(mnet_conn_send(fix.conn, "x", 1), MNET_ERR_CLOSED_BY_PEER);
    char c;
    assert_int_equal(mnet_conn_recv(fix.conn, &c, 1), 0); /* all of the stream had come */
}

/* -- fourth: SYN -- */

/* RFC 5961 4.2. */
static void test_a_syn_on_an_open_connection_is_challenged(void **state)
{
    (void)state;
    conn_established();
    rx(SYN, 1, 0);
    expect_tx(ACK, 1, 1);
    rx(SYN, 0x7000000, 0);
    expect_tx(ACK, 1, 1);
    rx(SYN | ACK, 0, 1);
    expect_tx(ACK, 1, 1);
    assert_int_equal(fix.env.drops[MNET_DROP_TCP_SYN_CHALLENGED], 3);
    expect_state(MN_TCP_ESTABLISHED);
}

/* A peer that has restarted: half-open connections are found, RFC 9293 3.5.1. */
static void test_a_restarted_peer_gets_through(void **state)
{
    (void)state;
    conn_established();
    rx(SYN, 0x7000000, 0);
    const struct seg *ack = expect_tx(ACK, 1, 1);
    rx(RST, ack->ack, 0);
    expect_events(MNET_EV_ERROR);
}

/* RFC 5961 7, CVE-2016-5696. */
static void test_challenge_acks_are_limited_by_a_random_number(void **state)
{
    (void)state;
    unsigned counts[3];
    conn_established();
    for (int second = 0; second < 3; second++) {
        counts[second] = 0;
        for (unsigned i = 0; i < 1500; i++) {
            rx(SYN, 1, 0);
            settle();
            if (fix.tx_from != fix.tx_to) {
                counts[second]++;
                ignore_tx();
            }
        }
        assert_in_range(counts[second], 500, 999);
        advance(1000);
    }
    assert_true(counts[0] != counts[1] || counts[1] != counts[2]);
}

/* -- batches and the fast path -- */

/* RFC 9293 3.10.7.4 MUST-58, MUST-59. */
static void test_one_ack_for_a_batch(void **state)
{
    (void)state;
    conn_established();
    for (uint32_t i = 0; i < 8; i++)
        rx_len(ACK, 1 + i * 1000, 1, 1000);
    expect_tx(ACK, 1, 8001);
    expect_nothing();
    expect_events(MNET_EV_READABLE);
    fix_recv_len(1, 8000);
}

static void test_the_fast_path_takes_what_an_open_connection_sees(void **state)
{
    (void)state;
    conn_established();
    uint64_t before = fix.env.stats.tcp_fast_path;
    rx_text(ACK | PSH, 1, 1, "ping");
    fix_send(4);
    expect_text(ACK, 1, 5, 4);
    rx_text(ACK | PSH, 5, 5, "ping");
    fix_send(4);
    expect_text(ACK, 5, 9, 4);
    rx(ACK, 9, 9);
    expect_nothing();
    assert_int_equal(fix.env.stats.tcp_fast_path, before + 3);
    ignore_events();
    fix_recv("pingping");
}

/* The same segments with and without the fast path end in the same state. */
static void test_fast_and_slow_path_agree(void **state)
{
    (void)state;
    struct mnet_conn_info info[2];
    for (int slow = 0; slow < 2; slow++) {
        unsigned urg = slow ? URG : 0; /* keeps a segment off the fast path and changes nothing */
        conn_established();
        fix_send(5000);
        ignore_tx();
        rx_wnd(ACK | urg, 1, 1461, 40000);
        rx_seg(&(struct seg){.flags = ACK | urg, .seq = 1, .ack = 2921, .len = 100, .wnd = 30000});
        rx_seg(&(struct seg){.flags = ACK | urg, .seq = 101, .ack = 5001, .len = 2920, .count = 2});
        settle();
        uint64_t fast = fix.env.stats.tcp_fast_path;
        assert_int_equal(fast, slow ? 0 : 3);
        mnet_conn_info(fix.conn, &info[slow]);
        ignore_tx();
        ignore_events();
        fix_restart();
        fix.env.stats.tcp_fast_path = 0;
    }
    assert_int_equal(info[0].snd_wnd, info[1].snd_wnd);
    assert_int_equal(info[0].cwnd, info[1].cwnd);
    assert_int_equal(info[0].rcv_wnd, info[1].rcv_wnd);
    assert_int_equal(info[0].bytes_acked, info[1].bytes_acked);
    assert_int_equal(info[0].bytes_received, info[1].bytes_received);
    assert_int_equal(info[0].recv_queued, info[1].recv_queued);
    assert_int_equal(info[0].mss_recv, info[1].mss_recv);
}

/* -- the wrap of sequence numbers -- */

static void test_both_directions_cross_the_wrap(void **state)
{
    (void)state;
    fix.irs = 0xffffff00u;
    fix_open_iss(0xfffffe00u);
    expect_tx(SYN, 0, 0);
    rx(SYN | ACK, 0, 1);
    expect_tx(ACK, 1, 1);
    for (uint32_t i = 0; i < 4; i++) {
        rx_len(ACK, 1 + i * 200, 1 + i * 400, 200);
        fix_send(400);
        expect_text(ACK, 1 + i * 400, 201 + i * 200, 400);
    }
    rx(ACK, 801, 1601);
    expect_nothing();
    fix_recv_len(1, 800);
    ignore_events();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FIX_TEST(test_a_segment_for_nobody_is_answered_with_a_reset),
        FIX_TEST(test_active_open),
        FIX_TEST(test_options_the_peer_lacks_are_not_used),
        FIX_TEST(test_reset_of_our_syn_is_refused),
        FIX_TEST(test_reset_in_syn_sent_must_acknowledge_our_syn),
        FIX_TEST(test_wrong_ack_in_syn_sent_is_reset),
        FIX_TEST(test_text_without_syn_in_syn_sent_is_dropped),
        FIX_TEST(test_text_and_fin_with_the_syn_ack_are_taken),
        FIX_TEST(test_simultaneous_open),
        FIX_TEST(test_simultaneous_open_ends_with_any_ack),
        FIX_TEST(test_simultaneous_open_sends_its_syn_ack_again),
        FIX_TEST(test_a_wrong_ack_in_syn_received_is_reset),
        FIX_TEST(test_acceptability_has_four_cases),
        FIX_TEST(test_a_closed_window_still_hears_acks_and_resets),
        FIX_TEST(test_an_old_duplicate_is_acknowledged),
        FIX_TEST(test_unacceptable_acks_are_not_answered_for_ever),
        FIX_TEST(test_keepalive_probes_are_answered),
        FIX_TEST(test_paws_rejects_an_older_timestamp),
        FIX_TEST(test_paws_compares_modulo_2_32),
        FIX_TEST(test_paws_ends_after_24_days_of_silence),
        FIX_TEST(test_a_missing_timestamp_is_dropped_silently),
        FIX_TEST(test_ts_recent_follows_the_last_ack_sent_only),
        FIX_TEST(test_a_challenged_syn_leaves_ts_recent_alone),
        FIX_TEST(test_a_reset_at_rcv_nxt_is_an_error_never_an_end),
        FIX_TEST(test_a_reset_inside_the_window_is_challenged),
        FIX_TEST(test_reset_of_an_unaccepted_connection_leaves_nothing),
        FIX_TEST(test_write_after_close_and_reset_is_closed_by_peer),
        FIX_TEST(test_a_syn_on_an_open_connection_is_challenged),
        FIX_TEST(test_a_restarted_peer_gets_through),
        FIX_TEST(test_challenge_acks_are_limited_by_a_random_number),
        FIX_TEST(test_one_ack_for_a_batch),
        FIX_TEST(test_the_fast_path_takes_what_an_open_connection_sees),
        FIX_TEST(test_fast_and_slow_path_agree),
        FIX_TEST(test_both_directions_cross_the_wrap),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
