/* SPDX-License-Identifier: ISC
 *
 * Probes of what a path takes. The fake IP layer says which size is worth one; what it should say
 * is ip/pmtu_test.c's business. When none is sent: scenario_no_probe_test.c.
 * Black holes: scenario_black_hole_test.c. */
#include "mtu_test.h"

/* RFC 4821 7.4, 7.6.1: a probe is one packet larger than the path is known to take, in front of at
 * least three others; when it is acknowledged, all are as large. */
static void test_a_probe_that_arrives_is_the_new_size(void **state)
{
    (void)state;
    narrow(1440, false);
    fix_send(20 * BASE);
    const struct seg *probe = expect_text(ACK, 1, 1, WIDE);
    assert_true(probe->is_mtu_probe);
    assert_int_equal(probe->gso_size, 0);
    const struct seg *rest = expect_text(ACK, 1 + WIDE, 1, 8 * BASE);
    assert_false(rest->is_mtu_probe);
    assert_int_equal(rest->gso_size, BASE);
    expect_nothing();
    assert_int_equal(fix.env.stats.tcp_mtu_probes, 1);
    uint32_t cwnd = fix.conn->cc.cwnd;
    rx(ACK, 1, WIDE);
    ignore_tx();
    assert_int_equal(fix.arrived, 0);
    rx(ACK, 1, 1 + WIDE);
    settle();
    assert_int_equal(fix.arrived, 1);
    assert_int_equal(fix.conn->mss, WIDE);
    assert_true(fix.conn->cc.cwnd >= cwnd);
    assert_int_equal(fix.conn->mtu_probe_at, MNET_NEVER);
    ignore_tx();
    ack_all();
    ignore_tx();
    ack_all();
    assert_int_equal(fix.conn->sndq.len, 0);
}

/* RFC 7323 3.2, RFC 6691: timestamps are part of the probe's size. */
static void test_options_count_in_the_size_of_a_probe(void **state)
{
    (void)state;
    fix.peer.has_ts = true;
    fix.pmtu = 1240;
    fix.probe_size = 1500;
    conn_established();
    assert_int_equal(fix.conn->mss, BASE - 12);
    fix_send(20 * BASE);
    expect_text(ACK, 1, 1, MSS - 12);
    rx(ACK, 1, 1 + MSS - 12);
    ignore_tx();
    assert_int_equal(fix.conn->mss, MSS - 12);
    ack_all();
    ignore_tx();
    ack_all();
    ignore_tx();
    ack_all();
}

/* The window is full: what is acknowledged makes room for the probe, and not for others before. */
static void test_a_probe_waits_for_room_and_others_wait_for_it(void **state)
{
    (void)state;
    narrow(0, false);
    fix.probe_again = 0;
    fix.conn->mtu_probe_at = 0;
    fix_send(40 * BASE);
    expect_text(ACK, 1, 1, 10 * BASE);
    fix.probe_size = 1440;
    fix.conn->cc.ssthresh = fix.conn->cc.cwnd; /* no slow start */
    rx(ACK, 1, 1 + BASE);
    expect_nothing();
    rx(ACK, 1, 1 + 2 * BASE);
    assert_true(expect_segment()->is_mtu_probe);
    ignore_tx();
    while (fix.conn->sndq.len > 0) {
        ack_all();
        ignore_tx();
    }
}

/* A large step that the window does not allow yet is taken in smaller ones. */
static void test_a_probe_is_no_larger_than_the_window_allows(void **state)
{
    (void)state;
    fix.link_mtu = 9000;
    fix.peer.mss = 8960;
    narrow(0, false);
    fix.conn->mtu_probe_at = 0;
    fix.probe_size = 12000 - 3 * BASE + 40 + 1; /* of a window of 12,000 bytes */
    fix_send(30 * BASE);
    assert_false(expect_segment()->is_mtu_probe);
    ignore_tx();
    ack_all();
    ignore_tx();
    while (fix.conn->sndq.len > 0) {
        ack_all();
        ignore_tx();
    }
    fix.conn->cc.cwnd = 12000;
    fix.conn->mtu_probe_at = 0;
    fix.probe_size--;
    fix_send(30 * BASE);
    const struct seg *probe = expect_segment();
    assert_true(probe->is_mtu_probe);
    assert_int_equal(probe->len, 12000 - 3 * BASE);
    ignore_tx();
    while (fix.conn->sndq.len > 0) {
        ack_all();
        ignore_tx();
    }
}

/* RFC 4821 7.6.2: a probe that is lost alone is sent again in segments of the old size, and the
 * window stays. */
static void lost_probe(bool has_sack)
{
    narrow(1440, has_sack);
    fix_send(20 * BASE);
    expect_text(ACK, 1, 1, WIDE);
    expect_text(ACK, 1 + WIDE, 1, 8 * BASE);
    uint32_t cwnd = fix.conn->cc.cwnd;
    uint32_t ssthresh = fix.conn->cc.ssthresh;
    for (uint32_t i = 1; i <= 3; i++) {
        ignore_tx(); /* RFC 3042 */
        if (has_sack)
            ack_with_sack(1, 1 + WIDE, 1 + WIDE + i * BASE);
        else
            rx(ACK, 1, 1);
    }
    const struct seg *seg = expect_text(ACK, 1, 1, WIDE);
    assert_false(seg->is_mtu_probe);
    assert_int_equal(seg->gso_size, BASE);
    assert_int_equal(fix.missed, 1);
    assert_int_equal(fix.arrived, 0);
    assert_int_equal(fix.conn->cc.cwnd, cwnd);
    assert_int_equal(fix.conn->cc.ssthresh, ssthresh);
    ignore_tx();
    ack_all();
    ignore_tx();
    assert_int_equal(fix.conn->cc.cwnd, cwnd);
    assert_int_equal(fix.conn->cc.ssthresh, ssthresh);
    assert_int_equal(fix.conn->mss, BASE);
    assert_false(fix.conn->is_recovering);
    assert_int_equal(fix.arrived, 0);
}

static void test_a_lost_probe_is_no_sign_of_congestion(void **state)
{
    (void)state;
    lost_probe(false);
}

static void test_a_lost_probe_is_no_sign_of_congestion_with_sack(void **state)
{
    (void)state;
    lost_probe(true);
}

/* The next one waits for some round trips. */
static void test_a_lost_probe_is_followed_by_a_pause(void **state)
{
    (void)state;
    lost_probe(true);
    while (fix.conn->sndq.len > 0) {
        ack_all();
        ignore_tx();
    }
    fix_send(ENOUGH);
    assert_false(expect_segment()->is_mtu_probe);
    ignore_tx();
    ack_all();
    advance(98);
    fix_send(ENOUGH);
    assert_false(expect_segment()->is_mtu_probe);
    ignore_tx();
    ack_all();
    advance(3);
    fix_send(20 * BASE);
    bool has_probed = false;
    settle();
    while (fix.tx_from != fix.tx_to)
        has_probed |= expect_segment()->is_mtu_probe;
    assert_true(has_probed);
    while (fix.conn->sndq.len > 0) {
        ack_all();
        ignore_tx();
    }
}

/* RFC 4821 7.6.4: with others lost as well it is congestion, and the probe has told nothing. */
static void test_a_probe_lost_with_others_is_congestion(void **state)
{
    (void)state;
    narrow(1440, true);
    fix_send(12 * BASE);
    ignore_tx();
    uint32_t cwnd = fix.conn->cc.cwnd;
    /* The probe and the second segment behind it. */
    struct seg seg = {.flags = ACK, .seq = 1, .ack = 1, .opts = {.sack_count = 2}};
    seg.opts.sack[0] = (struct mn_tcp_sack){mn_seq(fix.iss + 1 + WIDE + 2 * BASE),
                                            mn_seq(fix.iss + 1 + WIDE + 8 * BASE)};
    seg.opts.sack[1] =
        (struct mn_tcp_sack){mn_seq(fix.iss + 1 + WIDE), mn_seq(fix.iss + 1 + WIDE + BASE)};
    rx_seg(&seg);
    settle();
    assert_true(fix.conn->is_recovering);
    assert_true(fix.conn->cc.cwnd <= cwnd / 2 + BASE);
    assert_int_equal(fix.missed, 0);
    assert_int_equal(fix.conn->mtu_probe_len, 0);
    ignore_tx();
    ack_all();
    ignore_tx();
    assert_int_equal(fix.arrived, 0);
}

/* ... also if that turns out later: by SACK, or by an ACK that stops behind the probe. */
static void test_a_second_loss_in_a_probes_recovery_is_congestion(void **state)
{
    (void)state;
    narrow(1440, false);
    fix_send(12 * BASE);
    ignore_tx();
    for (int i = 0; i < 3; i++)
        rx(ACK, 1, 1);
    ignore_tx();
    uint32_t cwnd = fix.conn->cc.cwnd;
    assert_true(fix.conn->is_mtu_probe_lost);
    rx(ACK, 1, 1 + WIDE);
    expect_text(ACK, 1 + WIDE, 1, BASE);
    ignore_tx();
    assert_false(fix.conn->is_mtu_probe_lost);
    assert_true(fix.conn->is_recovering);
    assert_true(fix.conn->cc.cwnd < cwnd);
    ack_all();
    ignore_tx();
}

static void test_a_second_loss_that_sack_shows_is_congestion(void **state)
{
    (void)state;
    narrow(1440, true);
    fix_send(20 * BASE);
    ignore_tx();
    ack_with_sack(1, 1 + WIDE, 1 + WIDE + 3 * BASE);
    ignore_tx();
    uint32_t cwnd = fix.conn->cc.cwnd;
    assert_true(fix.conn->is_mtu_probe_lost);
    ack_with_sack(1, 1 + WIDE + 4 * BASE, 1 + WIDE + 8 * BASE);
    ignore_tx();
    assert_false(fix.conn->is_mtu_probe_lost);
    assert_true(fix.conn->is_recovering);
    assert_true(fix.conn->cc.cwnd < cwnd);
    ack_all();
    ignore_tx();
    ack_all();
    ignore_tx();
}

/* RFC 4821 7.6.3: all behind the probe is lost, too. */
static void test_a_probe_that_times_out_is_lost(void **state)
{
    (void)state;
    narrow(1440, false);
    fix_send(12 * BASE);
    ignore_tx();
    advance(201);
    expect_text(ACK, 1, 1, BASE);
    assert_int_equal(fix.missed, 1);
    /* Congestion, too. */
    assert_int_equal(fix.conn->cc.cwnd, BASE);
    rx(ACK, 1, 1 + BASE);
    ignore_tx();
    ack_all();
    ignore_tx();
    assert_int_equal(fix.arrived, 0);
    assert_int_equal(fix.conn->mss, BASE);
}

/* RFC 4821 7.6.4: what is before the probe times out. */
static void test_a_timeout_before_the_probe_tells_nothing_of_it(void **state)
{
    (void)state;
    narrow(0, false);
    fix_send(BASE);
    ignore_tx();
    fix.probe_size = 1440;
    fix.conn->mtu_probe_at = 0;
    fix_send(12 * BASE);
    assert_true(expect_segment()->is_mtu_probe);
    ignore_tx();
    advance(201);
    ignore_tx();
    ack_all();
    ignore_tx();
    assert_int_equal(fix.missed + fix.arrived, 0);
    assert_int_equal(fix.conn->mss, BASE);
    ack_all();
    ignore_tx();
}

/* A probe that a report of ICMP has made pointless: the size goes down, not up. */
static void test_a_report_ends_a_probe(void **state)
{
    (void)state;
    narrow(1440, false);
    fix_send(12 * BASE);
    ignore_tx();
    rx_icmp(MNET_ERR_MSG_SIZE, false, 1000, 1);
    ignore_tx();
    assert_int_equal(fix.conn->mss, 960);
    assert_int_equal(fix.conn->mtu_probe_len, 0);
    ack_all();
    ignore_tx();
    assert_int_equal(fix.conn->mss, 960);
    assert_int_equal(fix.arrived, 0);
    ack_all();
    ignore_tx();
}

/* No memory, or no device: tried again later, and nothing stands still. */
static void test_a_probe_that_cannot_leave_holds_nothing_up(void **state)
{
    (void)state;
    narrow(1440, false);
    fix.link_mtu = 1300; /* behind the back of who said 1440 */
    fix_send(12 * BASE);
    fix.conn->mtu_probe_at = 0;
    settle();
    ignore_tx();
    advance(250);
    ignore_tx();
    assert_int_equal(fix.env.stats.tcp_mtu_probes, 0);
    fix.link_mtu = 1500;
    while (fix.conn->sndq.len > 0) {
        ack_all();
        ignore_tx();
    }
}

/* Who sends as much as link and peer take asks nobody. */
static void test_a_full_sized_connection_never_asks(void **state)
{
    (void)state;
    conn_established();
    assert_int_equal(fix.conn->mtu_probe_at, MNET_NEVER);
    unsigned asks = fix.probe_asks;
    for (int i = 0; i < 20; i++) {
        fix_send(20 * MSS);
        ignore_tx();
        ack_all();
        ignore_tx();
        ack_all();
    }
    assert_int_equal(fix.probe_asks, asks);
}

/* The search is over: it is asked again when the cache has said so. */
static void test_the_cache_says_when_to_ask_again(void **state)
{
    (void)state;
    fix.probe_again = MNET_SEC(1600);
    narrow(0, false);
    assert_int_equal(fix.conn->mtu_probe_at, MNET_SEC(1600));
    fix_send(12 * BASE);
    ignore_tx();
    ack_all();
    ignore_tx();
    ack_all();
    fix.probe_size = 1500;
    fix_send(8 * BASE);
    ignore_tx();
    ack_all();
    assert_int_equal(fix.env.stats.tcp_mtu_probes, 0);
    advance(601000);
    fix_send(8 * BASE);
    assert_true(expect_segment()->is_mtu_probe);
    ignore_tx();
    ack_all();
    ignore_tx();
    ack_all();
    assert_int_equal(fix.conn->mss, MSS);
}

/* A peer that offers next to nothing: what we send all the same is no reason to probe. */
static void test_no_probe_beyond_a_tiny_offer(void **state)
{
    (void)state;
    fix.peer.has_ts = true;
    fix.peer.mss = 1;
    fix.probe_size = 1500;
    conn_established();
    assert_int_equal(fix.conn->mss, MN_TCP_MSS_MIN - 12);
    assert_int_equal(fix.conn->mtu_probe_at, MNET_NEVER);
    for (fix.probe_size = 100; fix.probe_size < 600; fix.probe_size++) {
        mn_tcp_mtu_look(fix.conn);
        assert_true(fix.conn->mtu_probe_at == MNET_NEVER);
    }
}

/* RFC 1191 3.1: what the path to the peer takes says nothing of what we take. */
static void test_the_offered_mss_is_the_links(void **state)
{
    (void)state;
    fix.pmtu = 1240;
    fix_open();
    assert_int_equal(expect_tx(SYN, 0, 0)->opts.mss, MSS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FIX_TEST(test_a_probe_that_arrives_is_the_new_size),
        FIX_TEST(test_options_count_in_the_size_of_a_probe),
        FIX_TEST(test_a_probe_waits_for_room_and_others_wait_for_it),
        FIX_TEST(test_a_probe_is_no_larger_than_the_window_allows),
        FIX_TEST(test_a_lost_probe_is_no_sign_of_congestion),
        FIX_TEST(test_a_lost_probe_is_no_sign_of_congestion_with_sack),
        FIX_TEST(test_a_lost_probe_is_followed_by_a_pause),
        FIX_TEST(test_a_probe_lost_with_others_is_congestion),
        FIX_TEST(test_a_second_loss_in_a_probes_recovery_is_congestion),
        FIX_TEST(test_a_second_loss_that_sack_shows_is_congestion),
        FIX_TEST(test_a_probe_that_times_out_is_lost),
        FIX_TEST(test_a_timeout_before_the_probe_tells_nothing_of_it),
        FIX_TEST(test_a_report_ends_a_probe),
        FIX_TEST(test_a_probe_that_cannot_leave_holds_nothing_up),
        FIX_TEST(test_a_full_sized_connection_never_asks),
        FIX_TEST(test_the_cache_says_when_to_ask_again),
        FIX_TEST(test_no_probe_beyond_a_tiny_offer),
        FIX_TEST(test_the_offered_mss_is_the_links),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
