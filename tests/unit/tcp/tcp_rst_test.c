/* SPDX-License-Identifier: ISC
 *
 * What no connection sends. */
#include "tcp_fixture.h"

/* RFC 9293 3.10.7.1: <SEQ=SEG.ACK><CTL=RST>. */
static void test_an_acknowledgement_for_nobody_is_reset_at_its_number(void **state)
{
    (void)state;
    rx_text(ACK | PSH, 100, 777, "text");
    const struct seg *rst = expect_tx(RST, 777, 0);
    assert_int_equal(rst->wnd, 0);
    rx(SYN | ACK, 100, 778);
    expect_tx(RST, 778, 0);
    rx(FIN | ACK, 100, 0);
    expect_tx(RST, 0, 0);
    assert_int_equal(fix.env.stats.tcp_resets_sent, 3);
}

/* RFC 9293 3.10.7.1: <SEQ=0><ACK=SEG.SEQ+SEG.LEN><CTL=RST,ACK>; SYN and FIN count. */
static void test_a_segment_without_ack_for_nobody_is_acknowledged_and_reset(void **state)
{
    (void)state;
    rx(SYN, 100, 0);
    expect_tx(RST | ACK, 0, 101);
    rx_text(FIN, 100, 0, "abc");
    expect_tx(RST | ACK, 0, 104);
    rx_text(PSH, 0xffffffffu - fix.irs, 0, "ab");
    expect_tx(RST | ACK, 0, 1 - fix.irs);
}

/* RFC 9293 3.5.2: two stacks must not reset each other for ever. */
static void test_a_reset_is_never_answered(void **state)
{
    (void)state;
    rx(RST, 100, 0);
    rx(RST | ACK, 100, 5);
    expect_nothing();
}

/* RFC 9293 3.9.2.3 MUST-57: what came to a group address is dropped silently. */
static void test_a_segment_to_a_group_is_never_answered(void **state)
{
    (void)state;
    (void)rx_seg(&(struct seg){.flags = SYN, .seq = 1, .is_group = true});
    expect_nothing();
    struct mn_ip_rx ip = {.src = fix.remote.addr, .dst = fix.local.addr, .is_group = true};
    struct mn_tcp_seg seg = {.rx = &ip, .flags = SYN};
    mn_tcp_rst_reply(fix.tcp, &seg);
    expect_nothing();
    assert_int_equal(fix.env.stats.tcp_resets_sent, 0);
}

static void test_resets_are_limited_in_a_second(void **state)
{
    (void)state;
    for (unsigned second = 0; second < 3; second++) {
        for (unsigned i = 0; i < MN_TCP_RST_RATE + 500; i++)
            rx(ACK, 1, 1);
        for (unsigned i = 0; i < MN_TCP_RST_RATE; i++)
            expect_tx(RST, 1, 0);
        expect_nothing();
        advance(1000);
    }
}

static void test_without_memory_a_bare_segment_is_a_counted_loss(void **state)
{
    (void)state;
    struct mn_tcp_bare bare = {.local = fix.local, .remote = fix.remote, .flags = ACK};
    fix.env.mem.fail_at = 1;
    assert_int_equal(mn_tcp_send_bare(fix.tcp, &bare), MNET_ERR_NO_MEMORY);
    expect_drop(MNET_DROP_TX_NO_MEMORY);
    expect_nothing();
    fix.out_err = MNET_ERR_NET_UNREACH;
    assert_int_equal(mn_tcp_send_bare(fix.tcp, &bare), MNET_ERR_NET_UNREACH);
    expect_nothing();
}

static void test_a_bare_segment_says_what_it_was_told(void **state)
{
    (void)state;
    struct mn_tcp_bare bare = {
        .local = fix.local,
        .remote = fix.remote,
        .seq = mn_seq(0xfffffffeu),
        .ack = mn_seq(fix.irs + 5),
        .wnd = 4711,
        .flags = SYN | ACK,
        .opts = {.has_mss = true, .mss = 1234, .has_ts = true, .ts_val = 7, .ts_ecr = 9},
    };
    assert_int_equal(mn_tcp_send_bare(fix.tcp, &bare), MNET_OK);
    assert_true(fix.tcp->has_sent);
    const struct seg *seg = expect_tx(SYN | ACK, 0, 5);
    assert_int_equal(fix.iss, 0xfffffffeu);
    assert_int_equal(seg->wnd, 4711);
    assert_true(seg->opts.has_mss && seg->opts.has_ts && !seg->opts.has_wscale);
    assert_int_equal(seg->opts.mss, 1234);
    assert_int_equal(seg->opts.ts_val, 7);
    assert_int_equal(seg->opts.ts_ecr, 9);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FIX_TEST(test_an_acknowledgement_for_nobody_is_reset_at_its_number),
        FIX_TEST(test_a_segment_without_ack_for_nobody_is_acknowledged_and_reset),
        FIX_TEST(test_a_reset_is_never_answered),
        FIX_TEST(test_a_segment_to_a_group_is_never_answered),
        FIX_TEST(test_resets_are_limited_in_a_second),
        FIX_TEST(test_without_memory_a_bare_segment_is_a_counted_loss),
        FIX_TEST(test_a_bare_segment_says_what_it_was_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
