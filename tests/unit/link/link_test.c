/* SPDX-License-Identifier: ISC */
#include "link6_test.h"

static mnet_err out_to(struct fixture *f, uint32_t ip, bool is_broadcast)
{
    struct mnet_addr addr = mnet_addr_v4(ip);
    return mn_link_out(&f->link, packet(f, 1, 20), &addr, is_broadcast);
}

static void test_broadcast_goes_to_everybody(void **state)
{
    (void)state;
    /* RFC 1122 3.3.6: an IP broadcast is a link broadcast. */
    struct fixture *f = fixture_new(0);
    assert_int_equal(out_to(f, 0x0a0000ff, true), MNET_OK);
    assert_int_equal(out_to(f, 0xffffffff, false), MNET_OK);
    assert_int_equal(f->device.sent_count, 2);
    assert_sent_packet(f, 0, MN_LINK_BROADCAST_MAC, 1);
    assert_sent_packet(f, 1, MN_LINK_BROADCAST_MAC, 1);
    fixture_free(f);
}

static void test_multicast_is_mapped(void **state)
{
    (void)state;
    /* RFC 1112 6.4: the low 23 bits. */
    struct fixture *f = fixture_new(0);
    assert_int_equal(out_to(f, 0xe0000001, false), MNET_OK);
    assert_int_equal(out_to(f, 0xefffffff, false), MNET_OK);
    assert_int_equal(out_to(f, 0xe1808182, false), MNET_OK);
    assert_sent_packet(f, 0, (struct mnet_mac){{1, 0, 0x5e, 0, 0, 1}}, 1);
    assert_sent_packet(f, 1, (struct mnet_mac){{1, 0, 0x5e, 0x7f, 0xff, 0xff}}, 1);
    assert_sent_packet(f, 2, (struct mnet_mac){{1, 0, 0x5e, 0, 0x81, 0x82}}, 1);
    fixture_free(f);
}

static void test_ipv6_multicast_is_mapped(void **state)
{
    (void)state;
    /* RFC 2464 7: the low 32 bits behind 33:33. */
    struct fixture *f = fixture6_new(0);
    static const struct mnet_addr groups[] = {{{0xff, 2, [15] = 1}},
                                              {{0xff, 5, [12] = 0xff, 0xfe, 0x81, 0x02}}};
    for (uint8_t i = 0; i < 2; i++) {
        assert_int_equal(send6(f, &groups[i], i), MNET_OK);
        assert_sent_packet6(f, i, group_mac(groups[i]), i);
    }
    assert_memory_equal(f->device.sent[0].bytes, "\x33\x33\x00\x00\x00\x01", 6);
    assert_memory_equal(f->device.sent[1].bytes, "\x33\x33\xff\xfe\x81\x02", 6);
    fixture_free(f);
}

static void test_unicast_is_resolved(void **state)
{
    (void)state;
    struct fixture *f = fixture_new(0);
    assert_int_equal(out_to(f, PEER_IP, false), MNET_OK);
    assert_int_equal(f->device.sent_count, 1);
    assert_sent_request(f, 0, OUR_IP, PEER_IP, MN_LINK_BROADCAST_MAC);
    fixture_free(f);
}

struct limits {
    uint32_t caps, dev_mtu, config_mtu, dev_gso_max;
    uint32_t mtu, gso_max;
};

static void test_limits_are_those_of_device_and_config(void **state)
{
    (void)state;
    const uint32_t tso = MNET_NETDEV_TX_CSUM | MNET_NETDEV_TSO4, gather = MNET_NETDEV_GATHER;
    const struct limits cases[] = {
        {0, 1500, 0, 0, 1500, 65535},
        {0, 1500, 1000, 0, 1000, 65535},
        {0, 1500, 9000, 0, 1500, 65535},
        {gather, 65535, 0, 0, 65535, 65535},
        {0, 65535, 0, 0, 65535, 65535}, /* by way of a place of its own */
        {tso | gather, 1500, 0, 65535, 1500, 65535},
        {tso | gather, 1500, 0, 32768, 1500, 32768},
        {tso, 1500, 0, 65535, 1500, 16370},
        {tso | gather, 9000, 0, 4000, 9000, 9000},   /* never below the MTU */
        {MNET_NETDEV_TSO4, 1500, 0, 0, 1500, 65535}, /* no checksum: not cut there */
    };
    for (unsigned i = 0; i < COUNT_OF(cases); i++) {
        struct fixture f;
        fixture_prepare(&f, 2u << 20);
        f.device.dev.caps = cases[i].caps;
        f.device.dev.mtu = cases[i].dev_mtu;
        f.device.dev.gso_max = cases[i].dev_gso_max;
        f.config.mtu = cases[i].config_mtu;
        assert_int_equal(mn_link_init(&f.link, &f.env, &f.config), MNET_OK);
        assert_int_equal(mn_link_mtu(&f.link), cases[i].mtu);
        assert_int_equal(mn_link_gso_max(&f.link), cases[i].gso_max);
        fixture_end(&f);
    }
}

static void test_link_that_does_not_fit_is_refused(void **state)
{
    (void)state;
    struct fixture f;
    fixture_prepare(&f, 40u << 10); /* less than the table of neighbours */
    assert_int_equal(mn_link_init(&f.link, &f.env, &f.config), MNET_ERR_NO_MEMORY);
    assert_int_equal(f.env.mem.pages_used, 0); /* there is nothing to undo */
    free(f.region);
}

static void test_end_gives_back_whatever_waits(void **state)
{
    (void)state;
    struct fixture *f = fixture_new(0);
    assert_int_equal(out_to(f, PEER_IP, false), MNET_OK); /* waits for a neighbour */
    assert_int_equal(out_to(f, PEER_IP + 1000, false), MNET_OK);
    pass(f, MNET_SEC(4)); /* has failed */
    assert_int_equal(out_to(f, PEER_IP + 2000, false), MNET_OK);
    f->device.room = 0;
    assert_int_equal(out_to(f, 0xffffffff, false), MNET_OK); /* waits for the device */
    uint8_t frame[60] = {0};
    device_give(f, frame, sizeof frame);
    device_give(f, frame, sizeof frame);
    mn_pkt_free(&f->env, mn_link_rx(&f->link)); /* one frame of the batch is left */
    fixture_free(f);                            /* checks it */
}

/* One more packet goes out, if there is memory for it. */
static void send_one(struct fixture *f, const struct mnet_addr *to)
{
    static const uint8_t bytes[1200];
    struct mn_pkt *pkt = mn_pkt_new(&f->env);
    if (pkt && mn_pkt_append(&f->env, pkt, bytes, sizeof bytes))
        (void)!mn_link_out(&f->link, pkt, to, false);
    else
        mn_pkt_free(&f->env, pkt);
}

/* An ARP packet comes in, if there is memory for it. */
static void arp_one(struct fixture *f, uint16_t op)
{
    uint8_t bytes[60] = {0};
    struct mn_wr w = mn_wr_over(bytes, sizeof bytes);
    struct mn_ether_hdr ether = {OUR_MAC, PEER_MAC, MN_ETHERTYPE_ARP};
    struct mn_arp_hdr arp = {op, PEER_MAC, PEER_IP, {{0}}, OUR_IP};
    mn_ether_hdr_write(&w, &ether);
    mn_arp_hdr_write(&w, &arp);
    device_give(f, bytes, sizeof bytes);
    for (unsigned i = 0; i < 4; i++) {
        struct mn_pkt *in = mn_link_rx(&f->link);
        if (in && mn_ether_in(&f->link, in) == MN_TO_ARP)
            (void)mn_arp_in(&f->link, in);
        mn_pkt_free(&f->env, in);
    }
}

/* Solicitations and advertisements come in; their own memory does not fail. */
static void ndp_some(struct fixture *f, unsigned step)
{
    const struct mnet_mac mac = PEER_MAC;
    uint64_t fail_at = f->env.mem.fail_at;
    struct ndp m = step % 3 == 0   ? advert(PEER6, OUR6, S_FLAG, &mac)
                   : step % 3 == 1 ? solicit(PEER6, OUR6, step % 2 ? &mac : NULL)
                                   : probe(OUR6, NULL);
    uint8_t bytes[32] = {m.type, 0, 0, 0, m.flags};
    memcpy(bytes + 8, m.target.bytes, 16);
    memcpy(bytes + 24, m.options, 8);
    f->env.mem.fail_at = 0;
    struct mn_pkt *pkt = mn_pkt_new(&f->env);
    assert_true(pkt && mn_pkt_append(&f->env, pkt, bytes, 24u + m.options_len));
    f->env.mem.fail_at = fail_at;
    const struct mn_ndp_rx rx = {m.src, m.dst, 255};
    assert_true(mn_ndp_in(&f->link, pkt, &rx) <= 0);
    mn_pkt_free(&f->env, pkt);
}

/* A life with everything in it; memory fails at request `k`. True: it was never reached. */
static bool live(uint64_t k, uint32_t caps)
{
    struct fixture *f = malloc(sizeof *f);
    fixture_prepare(f, 4u << 20);
    f->device.dev.caps = caps;
    assert_int_equal(mn_link_init(&f->link, &f->env, &f->config), MNET_OK);
    struct mnet_addr own = mnet_addr_v4(OUR_IP);
    assert_int_equal(mn_link_addr_add(&f->link, &own), MNET_OK);
    add6(f, OUR6);
    f->env.mem.fail_at = k;
    pass(f, MNET_SEC(4));
    for (unsigned step = 0; step < 12; step++) {
        struct mnet_addr to = mnet_addr_v4(PEER_IP + step % 3),
                         to6 = LL6((uint8_t)(1 + 2 * (step % 2)));
        send_one(f, &to);
        send_one(f, &to6);
        arp_one(f, (uint16_t)(1 + step % 2));
        ndp_some(f, step);
        mn_link_flush(&f->link);
        pass(f, step % 5 == 4 ? MNET_SEC(70) : MNET_MS(700));
        struct mn_pkt *failed = mn_link_failed(&f->link);
        mn_pkt_free(&f->env, failed);
    }
    bool was_complete = f->env.mem.fail_at != 0;
    f->env.mem.fail_at = 0;

    /* And after it all is well again. */
    pass(f, MNET_SEC(4));
    assert_int_equal(arp_request_comes(f, PEER_IP, PEER_MAC, OUR_IP), MN_DONE);
    drop_sent(&f->device);
    assert_int_equal(send_to(f, PEER_IP, 3), MNET_OK);
    assert_sent_packet(f, f->device.sent_count - 1, PEER_MAC, 3);
    const struct mnet_mac mac = PEER_MAC;
    assert_int_equal(ndp_comes(f, solicit(PEER6, OUR6, &mac)), MN_DONE);
    drop_sent(&f->device);
    assert_int_equal(send6(f, &PEER6, 3), MNET_OK);
    assert_sent_packet6(f, f->device.sent_count - 1, PEER_MAC, 3);
    fixture_free(f);
    return was_complete;
}

static void test_failure_of_each_request_leaks_and_breaks_nothing(void **state)
{
    (void)state;
    uint64_t k = 1;
    while (!live(k, 0))
        k++;
    assert_true(k > 30); /* the life was worth it */
    for (k = 1; !live(k, MNET_NETDEV_GATHER | MNET_NETDEV_TX_CSUM); k++)
        ;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_broadcast_goes_to_everybody),
        cmocka_unit_test(test_multicast_is_mapped),
        cmocka_unit_test(test_ipv6_multicast_is_mapped),
        cmocka_unit_test(test_unicast_is_resolved),
        cmocka_unit_test(test_limits_are_those_of_device_and_config),
        cmocka_unit_test(test_link_that_does_not_fit_is_refused),
        cmocka_unit_test(test_end_gives_back_whatever_waits),
        cmocka_unit_test(test_failure_of_each_request_leaks_and_breaks_nothing),
    };
    return cmocka_run_group_tests_name("link/link", tests, NULL, NULL);
}
