/* SPDX-License-Identifier: ISC */
#include "tcp_fixture.h"

#define MSS 1460u

static void test_a_device_without_gso_gets_segments(void **state)
{
    (void)state;
    fix.gso_max = 1500;
    conn_established();
    fix_send(3 * MSS);
    for (uint32_t i = 0; i < 3; i++)
        assert_int_equal(expect_text(ACK, 1 + i * MSS, 1, MSS)->gso_size, 0);
}

/* A queue of many little blocks must not break a segment in a place of its own. */
static void test_pieces_end_at_segment_borders(void **state)
{
    (void)state;
    fix.peer.has_wscale = true;
    fix.peer.wscale = 8;
    conn_established();
    rx(ACK, 1, 1);
    mnet_conn_set_nodelay(fix.conn, true);
    fix.conn->cc.cwnd = 1u << 20;
    for (int i = 0; i < 100; i++)
        fix_send(1777);
    settle();
    while (fix.tx_to - fix.tx_from > 1)
        assert_int_equal(expect_segment()->len % MSS, 0);
    ignore_tx();
}

/* RFC 9293 3.7.1 MUST-14, MUST-16, MUST-67. */
static void test_the_mss_is_the_smaller_of_offer_and_path(void **state)
{
    (void)state;
    static const struct {
        uint32_t pmtu;
        uint16_t offer, mss;
    } rows[] = {{1500, 1460, 1460}, {1500, 9000, 1460}, {1500, 500, 500},
                {576, 1460, 536},   {9000, 8960, 8960}, {1500, 1, 88}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        fix.pmtu = rows[i].pmtu;
        fix.peer.mss = rows[i].offer;
        conn_established();
        assert_int_equal(fix.conn->mss, rows[i].mss);
        fix_restart();
    }
}

static void test_the_window_in_a_syn_is_not_scaled(void **state)
{
    (void)state;
    fix.config.tcp_rcv_buf = 1u << 20;
    fix_restart();
    fix.peer.has_wscale = true;
    fix_open();
    const struct seg *syn = expect_tx(SYN, 0, 0);
    assert_int_equal(syn->wnd, 65535);
    assert_int_equal(syn->opts.wscale, 5);
    rx(SYN | ACK, 0, 1);
    const struct seg *ack = expect_tx(ACK, 1, 1);
    assert_in_range((uint32_t)ack->wnd << 5, (1u << 20) - 32, 1u << 20);
    ignore_events();
}

/* Without scaling in the peer's SYN our buffer is worth 64 KiB. */
static void test_a_peer_without_scaling_sees_at_most_64_kib(void **state)
{
    (void)state;
    fix.config.tcp_rcv_buf = 1u << 20;
    fix_restart();
    conn_active();
    rx_len(ACK, 1, 1, 1000);
    assert_int_equal(expect_tx(ACK, 1, 1001)->wnd, 65535);
    ignore_events();
}

/* RFC 6691 2: SACK blocks take from the room for text. */
static void test_full_segments_leave_room_for_sack_blocks(void **state)
{
    (void)state;
    fix.peer.has_sack = fix.peer.has_ts = true;
    conn_established();
    for (uint32_t i = 0; i < 4; i++)
        rx_len(ACK, 101 + i * 200, 1, 100);
    fix_send(3 * MSS);
    settle();
    uint32_t total = 0;
    while (fix.tx_from != fix.tx_to) {
        const struct seg *seg = expect_segment();
        assert_int_equal(seg->opts.sack_count, 3);
        /* 12 bytes of timestamps, 28 of SACK. */
        assert_true(seg->len <= MSS - 40 || seg->gso_size <= MSS - 40);
        total += seg->len;
    }
    assert_int_equal(total, 3 * MSS);
    rx_len(ACK, 1, 1, 100);
    ignore_tx();
    ignore_events();
}

static void test_a_syn_ack_of_ours_offers_only_what_the_peer_has(void **state)
{
    (void)state;
    fix.peer.has_sack = true;
    conn_syn_sent();
    rx(SYN, 0, 0);
    const struct seg *seg = expect_tx(SYN | ACK, 0, 1);
    assert_true(seg->opts.has_mss && seg->opts.has_sack_permitted);
    assert_false(seg->opts.has_ts || seg->opts.has_wscale);
}

static void test_without_memory_there_is_no_segment(void **state)
{
    (void)state;
    conn_established();
    struct mn_tcp_piece piece = {.seq = fix.conn->snd_nxt, .flags = ACK};
    fix.env.mem.fail_at = 1;
    assert_null(mn_tcp_build(fix.conn, &piece));
    expect_drop(MNET_DROP_TX_NO_MEMORY);
}

/* RFC 9293 3.7.1 MUST-15. */
static void test_a_peer_that_offers_no_mss_takes_what_every_link_does(void **state)
{
    (void)state;
    struct mnet_addr v4 = mnet_addr_v4(0x0a000001), v6 = {{0xfd, [15] = 1}};
    assert_int_equal(mn_tcp_mss_default(&v4), 536);
    assert_int_equal(mn_tcp_mss_default(&v6), 1220);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FIX_TEST(test_a_device_without_gso_gets_segments),
        FIX_TEST(test_pieces_end_at_segment_borders),
        FIX_TEST(test_the_mss_is_the_smaller_of_offer_and_path),
        FIX_TEST(test_the_window_in_a_syn_is_not_scaled),
        FIX_TEST(test_a_peer_without_scaling_sees_at_most_64_kib),
        FIX_TEST(test_full_segments_leave_room_for_sack_blocks),
        FIX_TEST(test_a_syn_ack_of_ours_offers_only_what_the_peer_has),
        FIX_TEST(test_a_peer_that_offers_no_mss_takes_what_every_link_does),
        FIX_TEST(test_without_memory_there_is_no_segment),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
