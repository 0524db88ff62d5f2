/* SPDX-License-Identifier: ISC
 *
 * When a path is not probed: RFC 4821 7.4. */
#include "mtu_test.h"

/* RFC 4821 7.4: nothing is probed that three others cannot follow. */
static void test_no_probe_without_enough_data_behind_it(void **state)
{
    (void)state;
    narrow(1440, false);
    fix_send(ENOUGH - 1);
    const struct seg *seg = expect_segment();
    assert_false(seg->is_mtu_probe);
    ignore_tx();
    ack_all();
    fix_send(ENOUGH);
    seg = expect_segment();
    assert_true(seg->is_mtu_probe);
    ignore_tx();
    ack_all();
    expect_nothing();
}

static void test_no_probe_beyond_the_peers_window(void **state)
{
    (void)state;
    fix.peer.wnd = ENOUGH - 1;
    narrow(1440, false);
    fix_send(20 * BASE);
    assert_false(expect_segment()->is_mtu_probe);
    ignore_tx();
    fix.peer.wnd++;
    ack_all();
    assert_true(expect_segment()->is_mtu_probe);
    ignore_tx();
    fix.peer.wnd = 65535;
    while (fix.conn->sndq.len > 0) {
        ack_all();
        ignore_tx();
    }
}

/* RFC 4821 7.4: nor beyond the congestion window. */
static void test_no_probe_with_a_small_congestion_window(void **state)
{
    (void)state;
    narrow(1440, false);
    fix.conn->cc.cwnd = ENOUGH - 1;
    fix_send(20 * BASE);
    assert_false(expect_segment()->is_mtu_probe);
    ignore_tx();
    ack_all();
    assert_true(expect_segment()->is_mtu_probe);
    ignore_tx();
    while (fix.conn->sndq.len > 0) {
        ack_all();
        ignore_tx();
    }
}

/* RFC 4821 7.4: nor in a recovery, which would end by it. */
static void test_no_probe_in_a_recovery(void **state)
{
    (void)state;
    narrow(0, false);
    fix_send(20 * BASE);
    ignore_tx();
    for (int i = 0; i < 3; i++)
        rx(ACK, 1, 1);
    ignore_tx();
    fix.probe_size = 1440;
    fix.conn->mtu_probe_at = 0;
    fix.conn->cc.cwnd = 100 * BASE;
    rx(ACK, 1, 1);
    settle();
    while (fix.tx_from != fix.tx_to)
        assert_false(expect_segment()->is_mtu_probe);
    ack_all();
    ignore_tx();
    while (fix.conn->sndq.len > 0) {
        ack_all();
        ignore_tx();
    }
}

/* ... nor while SACK says that something is missing, even if ACKs go on. */
static void test_no_probe_with_a_hole(void **state)
{
    (void)state;
    narrow(0, true);
    fix_send(8 * BASE);
    ignore_tx();
    ack_with_sack(1 + BASE, 1 + 2 * BASE, 1 + 3 * BASE);
    ignore_tx();
    fix.probe_size = 1440;
    fix.conn->mtu_probe_at = 0;
    fix.conn->dup_acks = 0;
    fix.conn->cc.cwnd = 100 * BASE;
    fix_send(20 * BASE);
    settle();
    while (fix.tx_from != fix.tx_to)
        assert_false(expect_segment()->is_mtu_probe);
    ack_all();
    ignore_tx();
}

/* ... nor after a timeout, until all of before it is acknowledged. */
static void test_no_probe_after_a_timeout(void **state)
{
    (void)state;
    narrow(0, false);
    fix_send(6 * BASE);
    ignore_tx();
    advance(201);
    fix.conn->cc.cwnd = 100 * BASE;
    fix_send(BASE);
    ignore_tx();
    assert_true(mn_seq_eq(fix.conn->snd_nxt, fix.conn->snd_max));
    fix.probe_size = 1440;
    fix.conn->mtu_probe_at = 0;
    fix_send(20 * BASE);
    settle();
    while (fix.tx_from != fix.tx_to)
        assert_false(expect_segment()->is_mtu_probe);
    ack_all();
    fix_send(20 * BASE);
    assert_true(expect_segment()->is_mtu_probe);
    ignore_tx();
    ack_all();
    ignore_tx();
}

/* SACK blocks that are due would make the packet larger than the size that is tried. */
static void test_no_probe_with_sack_blocks_of_ours(void **state)
{
    (void)state;
    narrow(1500, true);
    rx_len(ACK, 101, 1, 10);
    ignore_tx();
    fix_send(20 * BASE);
    settle();
    while (fix.tx_from != fix.tx_to)
        assert_false(expect_segment()->is_mtu_probe);
    rx_len(ACK, 1, 1, 100);
    fix_recv_len(1, 110);
    ignore_tx();
    rx(ACK, 111, mn_seq_diff(fix.conn->snd_max, fix.conn->iss));
    assert_true(expect_segment()->is_mtu_probe);
    ignore_tx();
    while (fix.conn->sndq.len > 0) {
        rx(ACK, 111, mn_seq_diff(fix.conn->snd_max, fix.conn->iss));
        ignore_tx();
    }
    ignore_events();
}

/* Leaves nothing but small blocks, none beside another; `keep` holds the rest. */
static unsigned fragment_memory(uint8_t **keep, unsigned max)
{
    struct mn_mem *mem = &fix.env.mem;
    uint8_t *small[64];
    unsigned count = 0;
    for (unsigned i = 0; i < 64; i++)
        assert_non_null(small[i] = mn_block_get_small(mem));
    while (count < max - 64 && (keep[count] = mn_block_get_large(mem)) != NULL)
        count++;
    for (unsigned i = 0; i < 64; i++)
        if (i % 2 == 0)
            keep[count++] = small[i];
        else
            mn_block_unref(mem, small[i]);
    return count;
}

/* Text that lies in more places than a packet has ranges for: what leaves is no probe. */
static void test_a_probe_that_is_cut_short_is_none(void **state)
{
    (void)state;
    static uint8_t *keep[1024];
    fix.link_mtu = 30000;
    fix.peer.mss = 29000;
    narrow(20040, false);
    fix.conn->cc.cwnd = 100000;
    /* So that there are records for packets and of the send queue. */
    struct mn_pkt *pkt = mn_pkt_new(&fix.env);
    fix_send(1);
    ignore_tx();
    unsigned count = fragment_memory(keep, 1024);
    fix_send(30000);
    const struct seg *seg = expect_text(ACK, 2, 1, BASE);
    assert_false(seg->is_mtu_probe);
    assert_int_equal(fix.env.stats.tcp_mtu_probes, 0);
    assert_int_equal(fix.conn->mtu_probe_len, 0);
    ignore_tx();
    while (fix.conn->sndq.len > 0) {
        ack_all();
        ignore_tx();
    }
    assert_int_equal(fix.arrived, 0);
    while (count > 0)
        mn_block_unref(&fix.env.mem, keep[--count]);
    mn_pkt_free(&fix.env, pkt);
}

/* What is sent again after a report is no place for a probe. */
static void test_no_probe_in_what_was_sent_before(void **state)
{
    (void)state;
    narrow(0, false);
    fix_send(9 * BASE);
    ignore_tx();
    fix.probe_size = 1240;
    rx_icmp(MNET_ERR_MSG_SIZE, false, 1000, 1);
    assert_false(expect_segment()->is_mtu_probe);
    ignore_tx();
    assert_int_equal(fix.env.stats.tcp_mtu_probes, 0);
    ack_all();
}

/* What is in flight fills a part of the peer's window. */
static void test_no_probe_beyond_what_is_left_of_the_peers_window(void **state)
{
    (void)state;
    fix.peer.wnd = 5 * BASE + ENOUGH - 1;
    narrow(0, false);
    fix.conn->cc.cwnd = 100 * BASE;
    fix_send(5 * BASE);
    ignore_tx();
    fix.probe_size = 1440;
    fix.conn->mtu_probe_at = 0;
    fix_send(20 * BASE);
    assert_false(expect_segment()->is_mtu_probe);
    fix.peer.wnd = 65535;
    while (fix.conn->sndq.len > 0) {
        ignore_tx();
        ack_all();
    }
}

/* The cache has forgotten why the segments are small: they get larger by a probe all the same. */
static void test_no_larger_segments_without_a_probe(void **state)
{
    (void)state;
    narrow(0, false);
    fix_send(BASE);
    ignore_tx();
    ack_all();
    fix.pmtu = 1500;
    advance(700000);
    fix_send(2 * BASE);
    assert_int_equal(expect_segment()->gso_size, BASE);
    ack_all();
    assert_int_equal(fix.conn->mss, BASE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FIX_TEST(test_no_probe_without_enough_data_behind_it),
        FIX_TEST(test_no_probe_beyond_the_peers_window),
        FIX_TEST(test_no_probe_with_a_small_congestion_window),
        FIX_TEST(test_no_probe_in_a_recovery),
        FIX_TEST(test_no_probe_with_a_hole),
        FIX_TEST(test_no_probe_after_a_timeout),
        FIX_TEST(test_no_probe_with_sack_blocks_of_ours),
        FIX_TEST(test_a_probe_that_is_cut_short_is_none),
        FIX_TEST(test_no_probe_in_what_was_sent_before),
        FIX_TEST(test_no_probe_beyond_what_is_left_of_the_peers_window),
        FIX_TEST(test_no_larger_segments_without_a_probe),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
