/* SPDX-License-Identifier: ISC */
#include "link_test.h"

static void out(struct fixture *f, uint8_t first)
{
    mn_ether_out(&f->link, packet(f, first, 20), &PEER_MAC, MN_ETHERTYPE_IP4);
}

static void test_header_is_written_in_front(void **state)
{
    (void)state;
    struct fixture *f = fixture_new(0);
    out(f, 7);
    assert_int_equal(f->device.sent_count, 1);
    assert_sent_packet(f, 0, PEER_MAC, 7);
    assert_int_equal(f->env.stats.tx_frames, 3); /* two announcements before */
    fixture_free(f);
}

static void test_device_is_flushed_once_after_a_batch_that_sent(void **state)
{
    (void)state;
    struct fixture *f = fixture_new(0);
    mn_link_flush(&f->link);
    unsigned before = f->device.flushes;
    mn_link_flush(&f->link);
    assert_int_equal(f->device.flushes, before);
    out(f, 1);
    out(f, 2);
    mn_link_flush(&f->link);
    mn_link_flush(&f->link);
    assert_int_equal(f->device.flushes, before + 1);
    fixture_free(f);
}

static void test_full_device_gets_frames_later_in_order(void **state)
{
    (void)state;
    struct fixture *f = fixture_new(0);
    f->device.room = 2;
    for (uint8_t i = 0; i < 5; i++)
        out(f, i);
    assert_int_equal(f->device.sent_count, 2);
    assert_false(mn_link_may_send(&f->link));
    f->device.room = 1;
    out(f, 5); /* must not overtake */
    assert_int_equal(f->device.sent_count, 2);
    mn_link_flush(&f->link);
    assert_int_equal(f->device.sent_count, 3);
    assert_false(mn_link_may_send(&f->link));
    f->device.room = 100;
    mn_link_flush(&f->link);
    assert_true(mn_link_may_send(&f->link));
    assert_int_equal(f->device.sent_count, 6);
    for (uint8_t i = 0; i < 6; i++)
        assert_sent_packet(f, i, PEER_MAC, i);
    fixture_free(f);
}

static void test_single_frame_that_waits_can_be_refused_again(void **state)
{
    (void)state;
    struct fixture *f = fixture_new(0);
    f->device.room = 0;
    out(f, 1);
    mn_link_flush(&f->link);
    assert_false(mn_link_may_send(&f->link));
    out(f, 2);
    f->device.room = 2;
    mn_link_flush(&f->link);
    assert_int_equal(f->device.sent_count, 2);
    assert_sent_packet(f, 0, PEER_MAC, 1);
    assert_sent_packet(f, 1, PEER_MAC, 2);
    fixture_free(f);
}

static void test_frames_beyond_the_retry_queue_are_dropped(void **state)
{
    (void)state;
    struct fixture *f = fixture_new(0);
    f->device.room = 0;
    for (unsigned i = 0; i < MN_LINK_RETRY_MAX + 3; i++)
        out(f, (uint8_t)i);
    assert_int_equal(f->link.retry.count, MN_LINK_RETRY_MAX);
    assert_int_equal(f->env.drops[MNET_DROP_TX_DEVICE_FULL], 3);
    f->device.room = UINT32_MAX;
    mn_link_flush(&f->link);
    assert_int_equal(f->device.sent_count, MN_LINK_RETRY_MAX);
    fixture_free(f);
}

static void test_frame_that_the_device_refuses_is_dropped(void **state)
{
    (void)state;
    struct fixture *f = fixture_new(0);
    f->device.tx_err = MNET_ERR_IO;
    out(f, 1);
    f->device.tx_err = MNET_ERR_MSG_SIZE;
    out(f, 1);
    assert_int_equal(f->env.drops[MNET_DROP_TX_DEVICE_ERROR], 2);
    assert_true(mn_link_may_send(&f->link));
    fixture_free(f);
}

/* A TCP packet over IPv4, as TCP and IP hand it down. */
static struct mn_pkt *tcp_packet(struct fixture *f, uint32_t payload, uint8_t gso)
{
    struct mn_pkt *pkt = packet(f, 0, payload);
    struct mn_wr w = mn_pkt_push(&f->env, pkt, 20);
    mn_wr_zeros(&w, 20);
    pkt->frame.csum = MNET_CSUM_PARTIAL;
    pkt->frame.csum_start = 0;
    pkt->frame.csum_offset = 16;
    pkt->frame.gso = gso;
    pkt->frame.gso_size = 100;
    pkt->frame.gso_hdr_len = 20;
    w = mn_pkt_push(&f->env, pkt, 20);
    mn_wr_zeros(&w, 20);
    return pkt;
}

static void test_device_with_everything_gets_the_frame_whole(void **state)
{
    (void)state;
    struct fixture *f = fixture_new(MNET_NETDEV_TX_CSUM | MNET_NETDEV_TSO4 | MNET_NETDEV_GATHER);
    mn_ether_out(&f->link, tcp_packet(f, 1000, MNET_GSO_TCP4), &PEER_MAC, MN_ETHERTYPE_IP4);
    assert_int_equal(f->device.sent_count, 1);
    const struct mnet_frame *frame = &f->device.sent[0].frame;
    assert_int_equal(frame->len, 14 + 20 + 20 + 1000);
    assert_int_equal(frame->gso, MNET_GSO_TCP4);
    assert_int_equal(frame->gso_size, 100);
    assert_int_equal(frame->gso_hdr_len, 54);
    assert_int_equal(frame->csum, MNET_CSUM_PARTIAL);
    assert_int_equal(frame->csum_start, 34);
    assert_int_equal(frame->csum_offset, 16);
    assert_int_equal(f->env.stats.tx_gso_frames, 1);
    fixture_free(f);
}

static void test_each_missing_capability_is_made_up_for(void **state)
{
    (void)state;
    /* The fake device checks that it is asked for nothing else. */
    static const uint32_t caps[] = {
        0,
        MNET_NETDEV_GATHER,
        MNET_NETDEV_TX_CSUM,
        MNET_NETDEV_TX_CSUM | MNET_NETDEV_GATHER,
        MNET_NETDEV_TX_CSUM | MNET_NETDEV_TSO4,
        MNET_NETDEV_TX_CSUM | MNET_NETDEV_TSO6 | MNET_NETDEV_GATHER,
        MNET_NETDEV_TSO4, /* does not count without the checksum */
    };
    for (unsigned i = 0; i < COUNT_OF(caps); i++) {
        struct fixture *f = fixture_new(caps[i]);
        f->device.dev.caps &= f->link.caps;
        bool cuts = caps[i] == (MNET_NETDEV_TX_CSUM | MNET_NETDEV_TSO4);
        mn_ether_out(&f->link, tcp_packet(f, 1000, MNET_GSO_TCP4), &PEER_MAC, MN_ETHERTYPE_IP4);
        assert_int_equal(f->device.sent_count, cuts ? 1 : 10);
        mn_ether_out(&f->link, tcp_packet(f, 1000, MNET_GSO_NONE), &PEER_MAC, MN_ETHERTYPE_IP4);
        assert_int_equal(f->device.sent_count, cuts ? 2 : 11);
        fixture_free(f);
    }
}

static void test_frame_larger_than_the_device_cuts_is_cut_in_software(void **state)
{
    (void)state;
    struct fixture *f = fixture_new(MNET_NETDEV_TX_CSUM | MNET_NETDEV_TSO4 | MNET_NETDEV_GATHER);
    f->link.gso_max = 1039;
    mn_ether_out(&f->link, tcp_packet(f, 1000, MNET_GSO_TCP4), &PEER_MAC, MN_ETHERTYPE_IP4);
    assert_int_equal(f->device.sent_count, 10);
    f->link.gso_max = 1040;
    mn_ether_out(&f->link, tcp_packet(f, 1000, MNET_GSO_TCP4), &PEER_MAC, MN_ETHERTYPE_IP4);
    assert_int_equal(f->device.sent_count, 11);
    fixture_free(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_header_is_written_in_front),
        cmocka_unit_test(test_device_is_flushed_once_after_a_batch_that_sent),
        cmocka_unit_test(test_full_device_gets_frames_later_in_order),
        cmocka_unit_test(test_single_frame_that_waits_can_be_refused_again),
        cmocka_unit_test(test_frames_beyond_the_retry_queue_are_dropped),
        cmocka_unit_test(test_frame_that_the_device_refuses_is_dropped),
        cmocka_unit_test(test_device_with_everything_gets_the_frame_whole),
        cmocka_unit_test(test_each_missing_capability_is_made_up_for),
        cmocka_unit_test(test_frame_larger_than_the_device_cuts_is_cut_in_software),
    };
    return cmocka_run_group_tests_name("link/ether_out", tests, NULL, NULL);
}
