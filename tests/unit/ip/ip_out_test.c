/* SPDX-License-Identifier: ISC
 *
 * An IPv4 packet's way out, and to ourselves. */
#include "ip_fixture.h"

static mnet_err out_tx(struct fix *f, uint32_t len, struct mn_ip_tx tx)
{
    if (tx.proto == 0)
        tx.proto = 200;
    return mn_ip_out(&f->ip, pattern_pkt(f, len), &tx);
}

static mnet_err out(struct fix *f, uint32_t dst, uint32_t len)
{
    return out_tx(f, len, (struct mn_ip_tx){.dst = mnet_addr_v4(dst)});
}

/* RFC 791 3.1, RFC 6864 4.1: fields of a packet that is not cut. */
static void test_a_packet_leaves_whole_with_df_and_id_zero(void **state)
{
    struct fix *f = *state;
    assert_int_equal(
        out_tx(f, 1480, (struct mn_ip_tx){.dst = mnet_addr_v4(PEER), .proto = 99, .tos = 0x10}),
        MNET_OK);
    assert_true(take(f));
    const uint8_t *h = f->sent.bytes;
    assert_int_equal(f->sent.len, 1500);
    assert_int_equal(h[1], 0x10);
    assert_int_equal(be16(h + 4), 0);
    assert_int_equal(be16(h + 6), 0x4000);
    assert_int_equal(h[8], 64);
    assert_int_equal(h[9], 99);
    assert_int_equal(be32(h + 12), OWN);
    assert_int_equal(be32(h + 16), PEER);
    assert_int_equal(mnet_addr_to_v4(&f->sent.next), PEER);
    assert_false(f->sent.is_broadcast);
    uint8_t want[1480];
    pattern(want, 1480, 1480);
    assert_memory_equal(h + 20, want, 1480);
    assert_int_equal(f->env.stats.ip_tx, 1);
}

static void test_ttl_is_64_and_1_for_multicast_unless_chosen(void **state)
{
    struct fix *f = *state;
    (void)out(f, GROUP, 8);
    assert_true(take(f));
    assert_int_equal(f->sent.bytes[8], 1);
    (void)out_tx(f, 8, (struct mn_ip_tx){.dst = mnet_addr_v4(GROUP), .ttl = 255});
    assert_true(take(f));
    assert_int_equal(f->sent.bytes[8], 255);
    (void)out_tx(f, 8, (struct mn_ip_tx){.dst = mnet_addr_v4(PEER), .ttl = 5});
    assert_true(take(f));
    assert_int_equal(f->sent.bytes[8], 5);
}

static void test_the_next_hop_is_the_gateway_and_broadcast_is_told(void **state)
{
    struct fix *f = *state;
    fix_route(f, 0, 0, ROUTER);
    (void)out(f, FAR, 8);
    assert_true(take(f));
    assert_int_equal(mnet_addr_to_v4(&f->sent.next), ROUTER);
    assert_int_equal(be32(f->sent.bytes + 16), FAR);
    (void)out(f, 0x0a0000ff, 8);
    assert_true(take(f));
    assert_true(f->sent.is_broadcast);
    assert_int_equal(mnet_addr_to_v4(&f->sent.next), 0x0a0000ff);
    (void)out(f, 0xffffffff, 8);
    assert_true(take(f));
    assert_true(f->sent.is_broadcast);
}

static void test_without_a_route_it_is_unreachable(void **state)
{
    struct fix *f = *state;
    assert_int_equal(out(f, FAR, 8), MNET_ERR_NET_UNREACH);
    assert_int_equal(out(f, 0, 8), MNET_ERR_NET_UNREACH);
    struct mn_ip_tx tx = {.dst = {{0x20}}};
    assert_int_equal(out_tx(f, 8, tx), MNET_ERR_NET_UNREACH);
    assert_int_equal(fix_drops(f, MNET_DROP_IP_NO_ROUTE), 3);
    f->link.refuse = MNET_ERR_NET_UNREACH;
    assert_int_equal(out(f, PEER, 8), MNET_ERR_NET_UNREACH);
    assert_int_equal(out(f, PEER, 8000), MNET_ERR_NET_UNREACH);
}

/* RFC 1122 3.2.1.3 MUST: a source is one of our own. */
static void test_a_given_source_must_be_ours(void **state)
{
    struct fix *f = *state;
    fix_addr(f, OWN + 1, 24);
    struct mn_ip_tx tx = {.src = mnet_addr_v4(OWN + 1), .dst = mnet_addr_v4(PEER)};
    assert_int_equal(out_tx(f, 8, tx), MNET_OK);
    assert_true(take(f));
    assert_int_equal(be32(f->sent.bytes + 12), OWN + 1);
    tx.src = mnet_addr_v4(PEER + 5);
    assert_int_equal(out_tx(f, 8, tx), MNET_ERR_ADDR_NOT_AVAIL);
    tx.src = mnet_addr_v4(0x7f000001); /* RFC 1122 3.2.1.3 (g) */
    assert_int_equal(out_tx(f, 8, tx), MNET_ERR_ADDR_NOT_AVAIL);
    f->link.is_probing = true;
    tx.src = mnet_addr_v4(OWN);
    assert_int_equal(out_tx(f, 8, tx), MNET_ERR_ADDR_NOT_AVAIL);
    assert_false(take(f));
}

static void test_a_host_without_address_broadcasts_from_zero(void **state)
{
    struct fix *f = *state;
    f->link.is_probing = true;
    assert_int_equal(out(f, 0xffffffff, 8), MNET_OK);
    assert_true(take(f));
    assert_int_equal(be32(f->sent.bytes + 12), 0);
    assert_int_equal(out(f, GROUP, 8), MNET_ERR_NET_UNREACH);
}

/* RFC 1191 3: what is larger than the path is cut, or refused when it must not be. */
static void test_dont_fragment_fails_with_msg_size(void **state)
{
    struct fix *f = *state;
    struct mn_ip_tx tx = {.dst = mnet_addr_v4(PEER), .dont_fragment = true};
    assert_int_equal(out_tx(f, 1480, tx), MNET_OK);
    assert_int_equal(out_tx(f, 1481, tx), MNET_ERR_MSG_SIZE);
    assert_int_equal(fix_drops(f, MNET_DROP_IP_TOO_BIG), 1);
    assert_int_equal(mn_ip_pmtu_update(&f->ip, &tx.dst, 1000), 1000);
    assert_int_equal(out_tx(f, 981, tx), MNET_ERR_MSG_SIZE);
    assert_int_equal(out_tx(f, 980, tx), MNET_OK);
}

/* A path below the floor: TCP does not send less than the floor, so routers must be allowed to cut
 * it, or nothing would ever get through. */
static void test_dont_fragment_has_no_df_below_the_floor(void **state)
{
    struct fix *f = *state;
    struct mn_ip_tx tx = {.dst = mnet_addr_v4(PEER), .dont_fragment = true};
    assert_int_equal(out_tx(f, 500, tx), MNET_OK);
    assert_true(take(f));
    assert_int_equal(be16(f->sent.bytes + 6), 0x4000);
    assert_int_equal(mn_ip_pmtu_update(&f->ip, &tx.dst, 300), 552);
    assert_int_equal(out_tx(f, 533, tx), MNET_ERR_MSG_SIZE);
    assert_int_equal(out_tx(f, 532, tx), MNET_OK);
    assert_true(take(f));
    assert_int_equal(be16(f->sent.bytes + 6), 0);
}

/* RFC 4821 7.5: a probe may be larger than the path is known to take, with DF, and no larger than
 * the link takes. */
static void test_a_probe_may_exceed_the_path_but_not_the_link(void **state)
{
    struct fix *f = *state;
    struct mn_ip_tx tx = {.dst = mnet_addr_v4(PEER), .dont_fragment = true, .is_mtu_probe = true};
    assert_int_equal(mn_ip_pmtu_update(&f->ip, &tx.dst, 300), 552);
    assert_int_equal(out_tx(f, 1480, tx), MNET_OK);
    assert_true(take(f));
    assert_int_equal(f->sent.len, 1500);
    assert_int_equal(be16(f->sent.bytes + 6), 0x4000);
    assert_int_equal(out_tx(f, 1481, tx), MNET_ERR_MSG_SIZE);
}

static void test_more_than_65535_bytes_is_msg_size_on_every_way(void **state)
{
    struct fix *f = *state;
    assert_int_equal(out(f, PEER, 65515), MNET_OK);
    assert_int_equal(out(f, PEER, 65516), MNET_ERR_MSG_SIZE);
    assert_int_equal(out(f, OWN, 65516), MNET_ERR_MSG_SIZE);
    f->link.mtu = 65535;
    assert_int_equal(out(f, PEER, 65516), MNET_ERR_MSG_SIZE);
}

static void test_fragments_share_an_id_and_have_no_df(void **state)
{
    struct fix *f = *state;
    assert_int_equal(out(f, PEER, 4000), MNET_OK);
    uint16_t id = 0;
    for (uint32_t off = 0; off < 4000; off += 1480) {
        assert_true(take(f));
        if (off == 0)
            id = be16(f->sent.bytes + 4);
        assert_int_equal(be16(f->sent.bytes + 4), id);
        assert_int_equal(be16(f->sent.bytes + 6), off / 8 | (off + 1480 < 4000 ? 0x2000 : 0));
    }
    assert_false(take(f));
    assert_int_equal(f->env.stats.ip_fragments_tx, 3);
}

/* RFC 6864 4.3 MUST: identifications towards one destination do not repeat soon. */
static void test_ids_do_not_repeat_within_65536_datagrams(void **state)
{
    struct fix *f = *state;
    static uint8_t seen[65536];
    memset(seen, 0, sizeof seen);
    for (uint32_t i = 0; i < 65536; i++) {
        uint16_t id = mn_ip_ids(&f->ip, OWN, PEER, 17, 1);
        assert_int_equal(seen[id]++, 0);
    }
    /* RFC 7739 5.3: another destination's start elsewhere. */
    unsigned same = 0;
    for (uint32_t i = 0; i < 64; i++)
        same += mn_ip_ids(&f->ip, OWN, FAR + i, 17, 1) == mn_ip_ids(&f->ip, OWN, FAR + i, 6, 1);
    assert_true(same < 4);
}

static void test_a_packet_that_routers_may_cut_has_an_id_and_no_df(void **state)
{
    struct fix *f = *state;
    struct mn_ip_tx tx = {.dst = mnet_addr_v4(PEER), .may_fragment = true};
    (void)out_tx(f, 8, tx);
    assert_true(take(f));
    uint16_t id = be16(f->sent.bytes + 4);
    assert_int_equal(be16(f->sent.bytes + 6), 0);
    (void)out_tx(f, 8, tx);
    assert_true(take(f));
    assert_int_not_equal(be16(f->sent.bytes + 4), id);
    /* The same on a path below the floor. */
    (void)mn_ip_pmtu_update(&f->ip, &tx.dst, 100);
    tx.may_fragment = false;
    (void)out_tx(f, 8, tx);
    assert_true(take(f));
    assert_int_equal(be16(f->sent.bytes + 6), 0);
}

static struct mn_pkt *gso_pkt(struct fix *f, uint32_t len)
{
    struct mn_pkt *pkt = pattern_pkt(f, len);
    pkt->frame.gso = MNET_GSO_TCP4;
    pkt->frame.gso_size = 1400;
    pkt->frame.gso_hdr_len = 32;
    pkt->frame.csum = MNET_CSUM_PARTIAL;
    pkt->frame.csum_start = 0;
    pkt->frame.csum_offset = 16;
    return pkt;
}

static void test_large_sends_pass_whole_up_to_what_the_link_cuts(void **state)
{
    struct fix *f = *state;
    struct mn_ip_tx tx = {.dst = mnet_addr_v4(PEER), .proto = MN_PROTO_TCP};
    assert_int_equal(mn_ip_out(&f->ip, gso_pkt(f, 40000), &tx), MNET_OK);
    assert_true(take(f));
    assert_int_equal(f->sent.len, 40020);
    assert_int_equal(f->sent.gso, MNET_GSO_TCP4);
    assert_int_equal(f->sent.gso_hdr_len, 52);
    assert_int_equal(f->sent.csum_start, 20);
    assert_int_equal(be16(f->sent.bytes + 6), 0x4000);
    f->link.gso_max = 30000;
    assert_int_equal(mn_ip_out(&f->ip, gso_pkt(f, 40000), &tx), MNET_ERR_MSG_SIZE);
}

static void test_checksums_left_to_the_device_move_with_the_header(void **state)
{
    struct fix *f = *state;
    struct mn_pkt *pkt = pattern_pkt(f, 100);
    pkt->frame.csum = MNET_CSUM_PARTIAL;
    pkt->frame.csum_start = 0;
    pkt->frame.csum_offset = 6;
    struct mn_ip_tx tx = {.dst = mnet_addr_v4(PEER), .proto = 17};
    assert_int_equal(mn_ip_out(&f->ip, pkt, &tx), MNET_OK);
    assert_true(take(f));
    assert_int_equal(f->sent.csum_start, 20);
}

/* ---- to ourselves ---- */

static void test_packets_to_ourselves_come_back_in(void **state)
{
    struct fix *f = *state;
    assert_false(mn_ip_has_loopback(&f->ip));
    assert_int_equal(out(f, OWN, 60000), MNET_OK);
    assert_int_equal(out(f, 0x7f000001, 10), MNET_OK);
    assert_false(take(f));
    assert_true(mn_ip_has_loopback(&f->ip));
    assert_int_equal(receive_loopback(f), MN_TO_TRANSPORT);
    assert_int_equal(f->pkt->frame.len, 60000);
    assert_int_equal(f->pkt->is_loopback, 1);
    assert_int_equal(f->pkt->gso_count, 1);
    assert_int_equal(mnet_addr_to_v4(&f->rx.src), OWN);
    assert_int_equal(receive_loopback(f), MN_TO_TRANSPORT);
    assert_int_equal(mnet_addr_to_v4(&f->rx.src), 0x7f000001);
    assert_int_equal(mnet_addr_to_v4(&f->rx.dst), 0x7f000001);
    assert_null(mn_ip_loopback(&f->ip));
    assert_false(mn_ip_has_loopback(&f->ip));
}

static void test_large_sends_to_ourselves_are_counted_as_their_pieces(void **state)
{
    struct fix *f = *state;
    struct mn_ip_tx tx = {.dst = mnet_addr_v4(OWN), .proto = MN_PROTO_TCP};
    assert_int_equal(mn_ip_out(&f->ip, gso_pkt(f, 32 + 1400 * 10 + 1), &tx), MNET_OK);
    assert_int_equal(receive_loopback(f), MN_TO_TRANSPORT);
    assert_int_equal(f->pkt->gso_count, 11);
    assert_int_equal(mn_ip_out(&f->ip, gso_pkt(f, 32 + 1400 * 10), &tx), MNET_OK);
    assert_int_equal(receive_loopback(f), MN_TO_TRANSPORT);
    assert_int_equal(f->pkt->gso_count, 10);
    assert_int_equal(mn_ip_out(&f->ip, gso_pkt(f, 32), &tx), MNET_OK);
    assert_int_equal(receive_loopback(f), MN_TO_TRANSPORT);
    assert_int_equal(f->pkt->gso_count, 1);
}

static void test_the_way_to_ourselves_is_bounded(void **state)
{
    (void)state;
    struct fix *f = fix_new(512);
    for (unsigned i = 0; i < MN_IP_LOOPBACK_MAX + 10; i++)
        assert_int_equal(out(f, OWN, 8), MNET_OK);
    assert_int_equal(fix_drops(f, MNET_DROP_TX_DEVICE_FULL), 10);
    assert_true(mn_ip_ok(&f->ip));
    fix_free(f); /* also frees what still waits */
}

/* RFC 1112 6.1: a member of the group gets a copy of its own. */
static void test_multicast_to_a_joined_group_comes_back_too(void **state)
{
    struct fix *f = *state;
    struct mnet_addr group = mnet_addr_v4(GROUP);
    assert_int_equal(out(f, GROUP, 3000), MNET_OK);
    assert_false(mn_ip_has_loopback(&f->ip));
    assert_int_equal(mn_ip_group_join(&f->ip, &group), MNET_OK);
    assert_int_equal(out(f, GROUP, 3000), MNET_OK);
    for (unsigned i = 0; i < 6; i++)
        assert_true(take(f)); /* three fragments each */
    assert_false(take(f));
    assert_int_equal(receive_loopback(f), MN_TO_TRANSPORT);
    assert_true(f->rx.is_group);
    assert_int_equal(f->pkt->frame.len, 3000);
    static uint8_t got[3000], want[3000];
    pattern(want, 3000, 3000);
    mn_pkt_copy_out(f->pkt, 0, got, 3000);
    assert_memory_equal(got, want, 3000);
    /* A small one is a copy: both may have headers pushed. */
    assert_int_equal(out(f, GROUP, 30), MNET_OK);
    assert_true(take(f));
    assert_int_equal(receive_loopback(f), MN_TO_TRANSPORT);
    assert_int_equal(f->pkt->frame.len, 30);
}

static void test_without_memory_for_the_copy_multicast_still_leaves(void **state)
{
    struct fix *f = *state;
    struct mnet_addr group = mnet_addr_v4(GROUP);
    assert_int_equal(mn_ip_group_join(&f->ip, &group), MNET_OK);
    for (uint64_t k = 1; k <= 2; k++) {
        struct mn_pkt *pkt = pattern_pkt(f, 100);
        struct mn_ip_tx tx = {.dst = group, .proto = 200};
        f->env.mem.fail_at = k;
        assert_int_equal(mn_ip_out(&f->ip, pkt, &tx), MNET_OK);
        assert_int_equal(fix_drops(f, MNET_DROP_TX_NO_MEMORY), k);
        assert_true(take(f));
        assert_false(mn_ip_has_loopback(&f->ip));
    }
}

/* RFC 768, RFC 9293 3.1: the pseudo header. */
static void test_the_pseudo_header_is_summed(void **state)
{
    (void)state;
    struct mnet_addr a = mnet_addr_v4(0xc0a80001), b = mnet_addr_v4(0x0a0000fe);
    const uint8_t bytes[] = {0xc0, 0xa8, 0, 1, 10, 0, 0, 0xfe, 0, 17, 0x12, 0x34};
    assert_int_equal(mn_sum_finish(mn_ip_pseudo_sum(&a, &b, 17, 0x1234)), plain_sum(bytes, 12, 0));
    /* RFC 8200 8.1: whole addresses and a length of 32 bits. */
    struct mnet_addr v6a = {{0x20, 1, [15] = 7}}, v6b = {{0xfe, 0x80, [14] = 3}};
    uint8_t six[40] = {0x20, 1};
    six[15] = 7;
    six[16] = 0xfe;
    six[17] = 0x80;
    six[30] = 3;
    put32(six + 32, 0x00012345);
    six[39] = 6;
    assert_int_equal(mn_sum_finish(mn_ip_pseudo_sum(&v6a, &v6b, 6, 0x12345)),
                     plain_sum(six, 40, 0));
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, fix_setup, fix_teardown)
    const struct CMUnitTest tests[] = {
        T(test_a_packet_leaves_whole_with_df_and_id_zero),
        T(test_ttl_is_64_and_1_for_multicast_unless_chosen),
        T(test_the_next_hop_is_the_gateway_and_broadcast_is_told),
        T(test_without_a_route_it_is_unreachable),
        T(test_a_given_source_must_be_ours),
        T(test_a_host_without_address_broadcasts_from_zero),
        T(test_dont_fragment_fails_with_msg_size),
        T(test_dont_fragment_has_no_df_below_the_floor),
        T(test_a_probe_may_exceed_the_path_but_not_the_link),
        T(test_more_than_65535_bytes_is_msg_size_on_every_way),
        T(test_fragments_share_an_id_and_have_no_df),
        T(test_ids_do_not_repeat_within_65536_datagrams),
        T(test_a_packet_that_routers_may_cut_has_an_id_and_no_df),
        T(test_large_sends_pass_whole_up_to_what_the_link_cuts),
        T(test_checksums_left_to_the_device_move_with_the_header),
        T(test_packets_to_ourselves_come_back_in),
        T(test_large_sends_to_ourselves_are_counted_as_their_pieces),
        T(test_the_way_to_ourselves_is_bounded),
        T(test_multicast_to_a_joined_group_comes_back_too),
        T(test_without_memory_for_the_copy_multicast_still_leaves),
        T(test_the_pseudo_header_is_summed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
