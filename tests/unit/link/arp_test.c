/* SPDX-License-Identifier: ISC */
#include "link_test.h"

static void test_request_for_us_is_answered_by_unicast(void **state)
{
    (void)state;
    /* RFC 826, "Packet Reception". */
    struct fixture *f = fixture_new(0);
    assert_int_equal(arp_request_comes(f, PEER_IP, PEER_MAC, OUR_IP), MN_DONE);
    assert_int_equal(f->device.sent_count, 1);
    struct mn_arp_hdr hdr;
    struct mnet_mac dst;
    assert_true(sent_arp(f, 0, &hdr, &dst));
    assert_int_equal(f->device.sent[0].frame.len, 42); /* not padded */
    assert_memory_equal(&dst, &PEER_MAC, 6);
    assert_int_equal(hdr.op, MN_ARP_OP_REPLY);
    assert_memory_equal(&hdr.sha, &OUR_MAC, 6);
    assert_int_equal(hdr.spa, OUR_IP);
    assert_memory_equal(&hdr.tha, &PEER_MAC, 6);
    assert_int_equal(hdr.tpa, PEER_IP);
    assert_int_equal(f->env.stats.arp_replies_sent, 1);
    fixture_free(f);
}

static void test_who_asks_for_us_is_known_afterwards(void **state)
{
    (void)state;
    struct fixture *f = fixture_new(0);
    assert_int_equal(arp_request_comes(f, PEER_IP, PEER_MAC, OUR_IP), MN_DONE);
    drop_sent(&f->device);
    assert_int_equal(send_to(f, PEER_IP, 4), MNET_OK);
    assert_int_equal(f->device.sent_count, 1);
    assert_sent_packet(f, 0, PEER_MAC, 4);
    fixture_free(f);
}

static void test_request_for_others_is_not_answered_and_makes_no_entry(void **state)
{
    (void)state;
    struct fixture *f = fixture_new(0);
    assert_int_equal(arp_request_comes(f, PEER_IP, PEER_MAC, 0x0a000003), MN_DROP(ARP_NOT_OURS));
    assert_int_equal(arp_request_comes(f, PEER_IP, PEER_MAC, PEER_IP), MN_DROP(ARP_NOT_OURS));
    assert_int_equal(f->device.sent_count, 0);
    assert_null(neigh_state(f, PEER_IP));
    fixture_free(f);
}

static void test_reply_that_nobody_asked_for_makes_no_entry(void **state)
{
    (void)state;
    struct fixture *f = fixture_new(0);
    assert_int_equal(arp_reply_comes(f, PEER_IP, PEER_MAC), MN_DROP(ARP_UNASKED));
    assert_null(neigh_state(f, PEER_IP));
    fixture_free(f);
}

static void test_probe_for_our_address_is_answered(void **state)
{
    (void)state;
    /* RFC 5227 2.1.1: so that the prober learns that the address is taken. */
    struct fixture *f = fixture_new(0);
    assert_int_equal(arp_request_comes(f, 0, PEER_MAC, OUR_IP), MN_DONE);
    assert_int_equal(f->device.sent_count, 1);
    struct mn_arp_hdr hdr;
    struct mnet_mac dst;
    assert_true(sent_arp(f, 0, &hdr, &dst));
    assert_int_equal(hdr.op, MN_ARP_OP_REPLY);
    assert_int_equal(hdr.spa, OUR_IP);
    assert_int_equal(f->env.stats.arp_conflicts, 0);
    assert_null(neigh_state(f, 0));
    assert_int_equal(arp_request_comes(f, 0, PEER_MAC, 0x0a000003), MN_DROP(ARP_NOT_OURS));
    fixture_free(f);
}

static void test_probe_resolves_nothing(void **state)
{
    (void)state;
    /* RFC 5227 1.1: its sender address is nobody's, even if we were made to look for it. */
    struct fixture *f = fixture_new(0);
    assert_int_equal(send_to(f, 0, 0), MNET_OK);
    assert_int_equal(arp_request_comes(f, 0, PEER_MAC, OUR_IP), MN_DONE);
    assert_string_equal(neigh_state(f, 0), "INCOMPLETE");
    fixture_free(f);
}

static void test_impossible_senders_are_dropped(void **state)
{
    (void)state;
    struct fixture *f = fixture_new(0);
    static const uint32_t bad[] = {0x00000001, 0x7f000001, 0xe0000001,
                                   0xefffffff, 0xf0000001, 0xffffffff};
    for (unsigned i = 0; i < COUNT_OF(bad); i++) {
        assert_int_equal(arp_request_comes(f, bad[i], PEER_MAC, OUR_IP), MN_DROP(ARP_SENDER_BAD));
        assert_int_equal(arp_reply_comes(f, bad[i], PEER_MAC), MN_DROP(ARP_SENDER_BAD));
    }
    assert_int_equal(arp_reply_comes(f, 0, PEER_MAC), MN_DROP(ARP_SENDER_BAD));

    /* The hardware address in the packet, under an Ethernet source that is fine. */
    struct mnet_mac macs[] = {MN_LINK_BROADCAST_MAC, {{0x03, 0, 0, 0, 0, 1}}, {{0}}, OUR_MAC};
    for (unsigned i = 0; i < COUNT_OF(macs); i++) {
        struct mn_pkt *pkt = mn_pkt_new(&f->env);
        struct mn_wr w = mn_pkt_push(&f->env, pkt, MN_ARP_HDR_LEN);
        struct mn_arp_hdr hdr = {MN_ARP_OP_REQUEST, macs[i], PEER_IP, {{0}}, OUR_IP};
        mn_arp_hdr_write(&w, &hdr);
        assert_int_equal(mn_arp_in(&f->link, pkt), MN_DROP(ARP_SENDER_BAD));
        mn_pkt_free(&f->env, pkt);
    }
    assert_int_equal(f->device.sent_count, 0);
    assert_null(neigh_state(f, PEER_IP));
    fixture_free(f);
}

static void test_malformed_packets_are_dropped(void **state)
{
    (void)state;
    struct fixture *f = fixture_new(0);
    uint8_t good[MN_ARP_HDR_LEN];
    struct mn_wr w = mn_wr_over(good, sizeof good);
    struct mn_arp_hdr hdr = {MN_ARP_OP_REQUEST, PEER_MAC, PEER_IP, {{0}}, OUR_IP};
    mn_arp_hdr_write(&w, &hdr);
    for (uint32_t len = 0; len <= sizeof good; len++) {
        struct mn_pkt *pkt = mn_pkt_new(&f->env);
        assert_true(mn_pkt_append(&f->env, pkt, good, len));
        assert_int_equal(mn_arp_in(&f->link, pkt), len < sizeof good ? MN_DROP(ARP_BAD) : MN_DONE);
        mn_pkt_free(&f->env, pkt);
    }
    for (unsigned at = 0; at < 8; at++) { /* types, lengths and operation */
        for (unsigned bit = 0; bit < 8; bit++) {
            uint8_t bad[sizeof good];
            memcpy(bad, good, sizeof bad);
            bad[at] ^= (uint8_t)(1u << bit);
            struct mn_pkt *pkt = mn_pkt_new(&f->env);
            assert_true(mn_pkt_append(&f->env, pkt, bad, sizeof bad));
            assert_int_equal(mn_arp_in(&f->link, pkt), MN_DROP(ARP_BAD));
            mn_pkt_free(&f->env, pkt);
        }
    }
    fixture_free(f);
}

static void test_requests_name_the_own_address_nearest_to_the_target(void **state)
{
    (void)state;
    struct fixture *f = fixture_new(0);
    struct mnet_addr second = mnet_addr_v4(0xc0a80102);
    assert_int_equal(mn_link_addr_add(&f->link, &second), MNET_OK);
    pass(f, MNET_SEC(5));
    drop_sent(&f->device);
    mn_arp_request(&f->link, 0xc0a801fe, NULL);
    mn_arp_request(&f->link, 0x0a0000fe, &PEER_MAC);
    assert_sent_request(f, 0, 0xc0a80102, 0xc0a801fe, MN_LINK_BROADCAST_MAC);
    assert_sent_request(f, 1, OUR_IP, 0x0a0000fe, PEER_MAC);
    fixture_free(f);
}

static void test_flood_of_senders_is_answered_and_forgotten(void **state)
{
    (void)state;
    struct fixture *f = fixture_new(0);
    assert_int_equal(send_to(f, PEER_IP, 0), MNET_OK);
    assert_int_equal(arp_reply_comes(f, PEER_IP, PEER_MAC), MN_DONE);
    f->device.room = 0;
    for (uint32_t i = 0; i < 100000; i++) {
        struct mnet_mac mac = {{2, 7, 7, (uint8_t)(i >> 16), (uint8_t)(i >> 8), (uint8_t)i}};
        uint32_t tpa = i % 2 ? OUR_IP : 0x0a000003;
        mn_verdict verdict = arp_request_comes(f, 0x0b000000 + i, mac, tpa);
        assert_int_equal(verdict, i % 2 ? MN_DONE : MN_DROP(ARP_NOT_OURS));
        assert_int_equal(arp_reply_comes(f, 0x0c000000 + i, mac), MN_DROP(ARP_UNASKED));
    }
    assert_true(mn_link_ok(&f->link));
    assert_true(f->env.pkts.count <= MN_LINK_RETRY_MAX + 1);
    mn_pktq_clear(&f->env, &f->link.retry);
    drop_sent(&f->device);
    f->device.room = UINT32_MAX;
    assert_int_equal(send_to(f, PEER_IP, 6), MNET_OK);
    assert_sent_packet(f, 0, PEER_MAC, 6);
    fixture_free(f);
}

static void test_arbitrary_packets_do_no_harm(void **state)
{
    (void)state;
    struct fixture *f = fixture_new(0);
    uint64_t seed = 21;
    for (unsigned i = 0; i < 20000; i++) {
        uint8_t bytes[MN_ARP_HDR_LEN + 4];
        struct mn_wr w = mn_wr_over(bytes, sizeof bytes);
        struct mn_arp_hdr hdr = {MN_ARP_OP_REQUEST, PEER_MAC, PEER_IP, {{0}}, OUR_IP};
        mn_arp_hdr_write(&w, &hdr);
        mn_wr_zeros(&w, 4);
        for (unsigned n = random_below(&seed, 4); n > 0; n--)
            bytes[random_below(&seed, sizeof bytes)] = (uint8_t)random64(&seed);
        struct mn_pkt *pkt = mn_pkt_new(&f->env);
        assert_true(mn_pkt_append(&f->env, pkt, bytes, random_below(&seed, sizeof bytes + 1)));
        (void)mn_arp_in(&f->link, pkt);
        mn_pkt_free(&f->env, pkt);
        drop_sent(&f->device);
        if (i % 100 == 0)
            assert_true(mn_link_ok(&f->link));
    }
    fixture_free(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_request_for_us_is_answered_by_unicast),
        cmocka_unit_test(test_who_asks_for_us_is_known_afterwards),
        cmocka_unit_test(test_request_for_others_is_not_answered_and_makes_no_entry),
        cmocka_unit_test(test_reply_that_nobody_asked_for_makes_no_entry),
        cmocka_unit_test(test_probe_for_our_address_is_answered),
        cmocka_unit_test(test_probe_resolves_nothing),
        cmocka_unit_test(test_impossible_senders_are_dropped),
        cmocka_unit_test(test_malformed_packets_are_dropped),
        cmocka_unit_test(test_requests_name_the_own_address_nearest_to_the_target),
        cmocka_unit_test(test_flood_of_senders_is_answered_and_forgotten),
        cmocka_unit_test(test_arbitrary_packets_do_no_harm),
    };
    return cmocka_run_group_tests_name("link/arp", tests, NULL, NULL);
}
