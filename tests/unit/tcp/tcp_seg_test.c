/* SPDX-License-Identifier: ISC */
#include "tcp_fixture.h"

static void test_a_wrong_checksum_is_dropped(void **state)
{
    (void)state;
    conn_established();
    /* RFC 9293 3.1 MUST-3. */
    rx_seg(&(struct seg){
        .flags = ACK, .seq = 1, .ack = 1, .text = "x", .len = 1, .is_checksum_wrong = true});
    expect_drop(MNET_DROP_TCP_CHECKSUM);
    expect_nothing();
    assert_int_equal(mnet_conn_recv_ready(fix.conn), 0);
}

static void test_a_device_that_has_checked_is_believed(void **state)
{
    (void)state;
    conn_established();
    rx_seg(&(struct seg){.flags = ACK,
                         .seq = 1,
                         .ack = 1,
                         .text = "x",
                         .len = 1,
                         .is_checksum_wrong = true,
                         .is_merged_csum = true});
    expect_tx(ACK, 1, 2);
    expect_events(MNET_EV_READABLE);
}

static void test_every_odd_length_sums_up(void **state)
{
    (void)state;
    conn_established();
    uint32_t seq = 1;
    for (uint32_t len = 1; len < 3000; len += 97) {
        rx_len(ACK, seq, 1, len);
        seq += len;
        fix_recv_len(seq - len, len);
        advance(41);
    }
    expect_no_drop(MNET_DROP_TCP_CHECKSUM);
    ignore_tx();
    ignore_events();
}

/* RFC 9293 3.9.2.3 MUST-57. */
static void test_a_segment_to_a_group_is_dropped_silently(void **state)
{
    (void)state;
    conn_listen();
    rx_seg(&(struct seg){.flags = SYN, .is_group = true});
    expect_drop(MNET_DROP_TCP_NOT_UNICAST);
    expect_nothing();
}

static void test_flags_that_cannot_be_are_dropped(void **state)
{
    (void)state;
    conn_listen();
    rx(SYN | FIN, 0, 0);
    rx(SYN | RST, 0, 0);
    rx(SYN | RST | FIN | ACK, 0, 0);
    assert_int_equal(fix.env.drops[MNET_DROP_TCP_BAD_FLAGS], 3);
    expect_nothing();
}

static mn_verdict parse(const uint8_t *bytes, uint32_t len, struct mn_tcp_seg *seg)
{
    struct mn_ip_rx rx = {.src = fix.remote.addr, .dst = fix.local.addr, .proto = 6};
    struct mn_pkt *pkt = mn_pkt_new(&fix.env);
    assert_true(mn_pkt_append(&fix.env, pkt, bytes, len));
    pkt->frame.csum = MNET_CSUM_VERIFIED;
    mn_verdict verdict = mn_tcp_seg_parse(&fix.env, pkt, &rx, seg);
    mn_pkt_free(&fix.env, pkt);
    return verdict;
}

static void test_every_truncation_is_short(void **state)
{
    (void)state;
    static const uint8_t bytes[32] = {0x9c, 0x40, 0x23, 0x28, 0, 0, 0, 1, 0, 0, 0, 1,
                                      0x80, 0x10, 0xff, 0xff, 0, 0, 0, 0, 1, 1, 8, 10};
    struct mn_tcp_seg seg;
    for (uint32_t len = 0; len < 32; len++)
        assert_int_equal(parse(bytes, len, &seg), MN_DROP(TCP_SHORT));
    assert_int_equal(parse(bytes, 32, &seg), MN_DONE);
    assert_int_equal(seg.src_port, 40000);
    assert_int_equal(seg.dst_port, 9000);
    assert_int_equal(seg.len, 0);
    assert_int_equal(seg.count, 1);
    assert_true(seg.opts.has_ts);
}

/* RFC 9293 3.1 MUST-7: an illegal option length does no harm. */
static void test_illegal_options_do_no_harm(void **state)
{
    (void)state;
    static const uint8_t bytes[26] = {0x9c, 0x40, 0x23, 0x28, 0, 0, 0, 1, 0, 0, 0,   1,   0x60,
                                      0x10, 0xff, 0xff, 0,    0, 0, 0, 2, 0, 5, 180, 'h', 'i'};
    struct mn_tcp_seg seg;
    assert_int_equal(parse(bytes, 26, &seg), MN_DONE);
    assert_false(seg.opts.has_mss);
    assert_int_equal(seg.len, 2);
    assert_int_equal(mn_tcp_seg_space(&seg), 2);
}

/* How long a merged segment's pieces were is told by the device; from its length and a guess at its
 * headers a last short one would make all look longer. */
static void test_merged_segments_have_the_length_that_the_device_tells(void **state)
{
    (void)state;
    conn_established();
    advance(1000); /* past the quick start */
    fix.conn->rcv_quick = 0;
    static const uint32_t lens[] = {1460 + 10, 20 * 1460 + 100, 2 * 1460};
    struct mn_ip_rx ip = {.src = fix.remote.addr, .dst = fix.local.addr, .proto = 6};
    uint32_t seq = 1;
    for (unsigned i = 0; i < 3; i++) {
        static const uint8_t text[20 * 1460 + 100];
        struct mn_tcp_hdr hdr = {.src_port = PEER_PORT,
                                 .dst_port = OUR_PORT,
                                 .seq = mn_seq(fix.irs + seq),
                                 .ack = mn_seq(fix.iss + 1),
                                 .header_len = 20,
                                 .flags = ACK,
                                 .window = 65535};
        uint8_t bytes[20];
        struct mn_wr w = mn_wr_over(bytes, sizeof bytes);
        mn_tcp_hdr_write(&w, &hdr);
        struct mn_pkt *pkt = mn_pkt_new(&fix.env);
        assert_true(mn_pkt_append(&fix.env, pkt, bytes, sizeof bytes) &&
                    mn_pkt_append(&fix.env, pkt, text, lens[i]));
        pkt->frame.csum = MNET_CSUM_VERIFIED;
        pkt->frame.gso = MNET_GSO_TCP4;
        pkt->frame.gso_size = 1460;
        pkt->gso_count = (uint16_t)((lens[i] - 12 + 1459) / 1460);
        assert_int_equal(fix.transport->ops->in(fix.transport, pkt, &ip), MN_KEPT);
        fix.is_batch_open = true;
        seq += lens[i];
        assert_int_equal(fix.conn->rcv_mss, 1460);
        /* RFC 9293 3.8.6.3 SHLD-19: two full ones are acknowledged at once. */
        if (i > 0)
            expect_tx(ACK, 1, seq);
    }
    ignore_events();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FIX_TEST(test_a_wrong_checksum_is_dropped),
        FIX_TEST(test_a_device_that_has_checked_is_believed),
        FIX_TEST(test_every_odd_length_sums_up),
        FIX_TEST(test_a_segment_to_a_group_is_dropped_silently),
        FIX_TEST(test_flags_that_cannot_be_are_dropped),
        FIX_TEST(test_every_truncation_is_short),
        FIX_TEST(test_illegal_options_do_no_harm),
        FIX_TEST(test_merged_segments_have_the_length_that_the_device_tells),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
