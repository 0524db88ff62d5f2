/* SPDX-License-Identifier: ISC
 *
 * An IPv6 packet's way out. */
#include "in6_fixture.h"

static struct mn_ip_tx to(const char *dst)
{
    return (struct mn_ip_tx){.dst = a6(dst), .proto = MN_PROTO_UDP};
}

static mnet_err send(struct fix *f, struct mn_ip_tx tx, uint32_t len)
{
    return mn_ip_out(&f->ip, pattern_pkt(f, len), &tx);
}

static void assert_next(struct fix *f, const char *next)
{
    assert_addr_at(f->sent.next.bytes, next);
}

static void a_packet_leaves_with_a_right_header(void **state)
{
    struct fix *f = *state;
    struct mn_ip_tx tx = to(FAR6);
    tx.tos = 0xb8;
    uint8_t want[1460];
    for (uint32_t len = 8; len <= 1460; len += 363) {
        assert_int_equal(send(f, tx, len), MNET_OK);
        assert_true(take6(f));
        assert_next(f, ROUTER6);
        assert_int_equal(be32(f->sent.bytes) >> 20, 0x6b8);
        assert_int_equal(f->sent.bytes[6], MN_PROTO_UDP);
        assert_int_equal(f->sent.bytes[7], 64);
        assert_addr_at(f->sent.bytes + 8, OWN6);
        assert_addr_at(f->sent.bytes + 24, FAR6);
        pattern(want, len, len);
        assert_memory_equal(f->sent.bytes + 40, want, len);
        assert_false(take6(f));
    }
    assert_int_equal(send(f, to(PEER6), 8), MNET_OK);
    assert_true(take6(f));
    assert_next(f, PEER6);
}

static void the_hop_limit_is_asked_for_or_what_routers_say(void **state)
{
    struct fix *f = *state;
    struct mn_ip_tx tx = to(FAR6);
    f->ip.v6.hop_limit = 77;
    assert_int_equal(send(f, tx, 8), MNET_OK);
    assert_true(take6(f));
    assert_int_equal(f->sent.bytes[7], 77);
    tx.ttl = 255;
    assert_int_equal(send(f, tx, 8), MNET_OK);
    assert_true(take6(f));
    assert_int_equal(f->sent.bytes[7], 255);
    assert_int_equal(send(f, to("ff02::fb"), 8), MNET_OK);
    assert_true(take6(f));
    assert_int_equal(f->sent.bytes[7], 1);
    assert_next(f, "ff02::fb");
}

static void the_source_is_ours_and_ready(void **state)
{
    struct fix *f = *state;
    struct mn_ip_tx tx = to(FAR6);
    tx.src = a6(PEER6);
    assert_int_equal(send(f, tx, 8), MNET_ERR_ADDR_NOT_AVAIL);
    tx.src = a6("::1");
    assert_int_equal(send(f, tx, 8), MNET_ERR_ADDR_NOT_AVAIL);
    tx.src = f->ip.v6.own[0].addr; /* link-local */
    assert_int_equal(send(f, tx, 8), MNET_OK);
    assert_true(take6(f));
    assert_memory_equal(f->sent.bytes + 8, tx.src.bytes, 16);
    f->link.is_probing = true;
    assert_int_equal(send(f, tx, 8), MNET_ERR_ADDR_NOT_AVAIL);
    assert_int_equal(send(f, to(FAR6), 8), MNET_ERR_NET_UNREACH);
    tx = to("ff02::16");
    tx.is_unspecified = true; /* RFC 3810 5.2.13 */
    assert_int_equal(send(f, tx, 8), MNET_OK);
    assert_true(take6(f));
    assert_addr_at(f->sent.bytes + 8, "::");
    f->link.is_probing = false;
}

static void without_a_route_nothing_leaves(void **state)
{
    struct fix *f = *state;
    const struct mnet_cidr all = {mnet_addr_any(), 0};
    assert_int_equal(mn_ip_route_remove(&f->ip, &all), MNET_OK);
    assert_int_equal(send(f, to(FAR6), 8), MNET_ERR_NET_UNREACH);
    assert_int_equal(send(f, to("::"), 8), MNET_ERR_NET_UNREACH);
    assert_int_equal(fix_drops(f, MNET_DROP_IP_NO_ROUTE), 2);
    f->ip.v6.is_on = false;
    assert_int_equal(send(f, to(PEER6), 8), MNET_ERR_NET_UNREACH);
    f->ip.v6.is_on = true;
}

/* RFC 6437 3: one flow, one label; others, others; never zero; not to be guessed. */
static void a_flow_has_its_label(void **state)
{
    struct fix *f = *state;
    struct mn_ip_tx tx = to(FAR6);
    uint32_t seen[64], differ = 0;
    for (uint32_t i = 0; i < 64; i++) {
        for (int twice = 0; twice < 2; twice++) {
            assert_int_equal(send(f, tx, 8 + i % 32), MNET_OK);
            assert_true(take6(f));
            uint32_t label = be32(f->sent.bytes) & 0xfffff;
            assert_int_not_equal(label, 0);
            if (twice)
                assert_int_equal(label, seen[i]);
            seen[i] = label;
        }
        for (uint32_t j = 0; j < i; j++)
            differ += seen[j] != seen[i];
        if (i == 31)
            f->env.hash_key.k[0]++;
    }
    assert_true(differ > 64 * 63 / 2 - 3);
}

/* A transport that keeps the label of its flow sends what is found from each packet. */
static void a_label_that_was_kept_is_the_same(void **state)
{
    struct fix *f = *state;
    struct mn_ip_tx tx = to(FAR6);
    tx.proto = MN_PROTO_UDP;
    assert_int_equal(send(f, tx, 64), MNET_OK);
    assert_true(take6(f));
    uint32_t found = be32(f->sent.bytes) & 0xfffff;
    struct mn_flow flow = {.dst = tx.dst, .proto = MN_PROTO_UDP};
    memcpy(flow.src.bytes, f->sent.bytes + 8, 16);
    flow.ports = be32(f->sent.bytes + 40);
    assert_int_equal(mn_ip_flow_label(&f->ip, &flow), found);
    tx.flow_label = found ^ 1;
    assert_int_equal(send(f, tx, 64), MNET_OK);
    assert_true(take6(f));
    assert_int_equal(be32(f->sent.bytes) & 0xfffff, found ^ 1);
    flow.dst = mnet_addr_v4(0x0a000001);
    assert_int_equal(mn_ip_flow_label(&f->ip, &flow), 0);
}

/* RFC 8200 4.5, RFC 7739. */
static void what_does_not_fit_leaves_in_fragments(void **state)
{
    struct fix *f = *state;
    static uint8_t joined[65536], want[65536];
    const uint32_t lens[] = {1461, 3000, 65535};
    uint32_t last_id = 0;
    for (unsigned i = 0; i < 3; i++) {
        assert_int_equal(send(f, to(FAR6), lens[i]), MNET_OK);
        uint32_t at = 0, id = 0;
        bool more = true;
        while (take6(f)) {
            const uint8_t *frag = f->sent.bytes + 40;
            assert_true(more && f->sent.len <= 1500);
            assert_int_equal(f->sent.bytes[6], 44);
            assert_int_equal(frag[0], MN_PROTO_UDP);
            assert_int_equal(frag[1], 0);
            assert_int_equal(be16(frag + 2) & ~7u, at);
            more = be16(frag + 2) & 1;
            assert_true(!more || (f->sent.len - 48) % 8 == 0);
            if (at > 0)
                assert_int_equal(be32(frag + 4), id);
            id = be32(frag + 4);
            memcpy(joined + at, frag + 8, f->sent.len - 48);
            at += f->sent.len - 48;
            assert_next(f, ROUTER6);
        }
        assert_false(more);
        assert_int_equal(at, lens[i]);
        pattern(want, at, at);
        assert_memory_equal(joined, want, at);
        assert_true(id > last_id + 1 || id < last_id); /* no counter */
        last_id = id;
    }
    assert_int_equal(send(f, to(FAR6), 65536), MNET_ERR_MSG_SIZE);
    struct mn_ip_tx tx = to(FAR6);
    tx.dont_fragment = true;
    assert_int_equal(send(f, tx, 1460), MNET_OK);
    assert_true(take6(f));
    assert_int_equal(send(f, tx, 1461), MNET_ERR_MSG_SIZE);
    assert_false(take6(f));
}

static void the_path_decides_what_fits(void **state)
{
    struct fix *f = *state;
    struct mnet_addr far = a6(FAR6);
    assert_int_equal(mn_ip_pmtu_update(&f->ip, &far, 1300), 1300);
    assert_int_equal(send(f, to(FAR6), 1400), MNET_OK);
    while (take6(f))
        assert_true(f->sent.len <= 1300);
    assert_int_equal(send(f, to("2001:db8::8"), 1400), MNET_OK);
    assert_true(take6(f));
    assert_int_equal(f->sent.len, 1440);
    f->ip.v6.mtu = 1280;
    assert_int_equal(send(f, to("2001:db8::8"), 1400), MNET_OK);
    while (take6(f))
        assert_true(f->sent.len <= 1280);
}

/* RFC 4821 7.5 */
static void a_probe_may_exceed_the_path_but_not_the_link(void **state)
{
    struct fix *f = *state;
    struct mn_ip_tx tx = to(FAR6);
    tx.dont_fragment = true;
    assert_int_equal(mn_ip_pmtu_update(&f->ip, &tx.dst, 1300), 1300);
    assert_int_equal(send(f, tx, 1261), MNET_ERR_MSG_SIZE);
    tx.is_mtu_probe = true;
    assert_int_equal(send(f, tx, 1460), MNET_OK);
    assert_true(take6(f));
    assert_int_equal(f->sent.len, 1500);
    assert_int_equal(send(f, tx, 1461), MNET_ERR_MSG_SIZE);
}

static void fragments_have_their_checksum_finished(void **state)
{
    struct fix *f = *state;
    struct mn_pkt *pkt = pattern_pkt(f, 3000);
    static uint8_t joined[3000];
    uint8_t *at = pkt->frame.seg[0].at;
    struct mn_ip_tx tx = to(FAR6);
    tx.src = a6(OWN6);
    put16(at + 6, mn_sum_fold(mn_ip_pseudo_sum(&tx.src, &tx.dst, MN_PROTO_UDP, 3000)));
    pkt->frame.csum = MNET_CSUM_PARTIAL;
    pkt->frame.csum_offset = 6;
    assert_int_equal(mn_ip_out(&f->ip, pkt, &tx), MNET_OK);
    uint32_t len = 0;
    while (take6(f)) {
        assert_int_equal(f->sent.csum, MNET_CSUM_NONE);
        memcpy(joined + len, f->sent.bytes + 48, f->sent.len - 48);
        len += f->sent.len - 48;
    }
    uint32_t sum = MN_PROTO_UDP + 3000;
    for (int i = 8; i < 40; i += 2)
        sum += be16(f->sent.bytes + i);
    assert_int_equal(plain_sum(joined, 3000, sum), 0);
}

static void large_sends_are_left_to_the_link(void **state)
{
    struct fix *f = *state;
    struct mn_ip_tx tx = to(FAR6);
    tx.proto = MN_PROTO_TCP;
    tx.dont_fragment = true;
    struct mn_pkt *pkt = pattern_pkt(f, 30000);
    pkt->frame.gso = MNET_GSO_TCP6;
    pkt->frame.gso_size = 1428;
    pkt->frame.gso_hdr_len = 32;
    assert_int_equal(mn_ip_out(&f->ip, pkt, &tx), MNET_OK);
    assert_true(take6(f));
    assert_int_equal(f->sent.len, 30040);
    assert_int_equal(f->sent.gso, MNET_GSO_TCP6);
    assert_int_equal(f->sent.gso_hdr_len, 72);
    f->link.gso_max = 20000;
    pkt = pattern_pkt(f, 30000);
    pkt->frame.gso = MNET_GSO_TCP6;
    pkt->frame.gso_size = 1428;
    assert_int_equal(mn_ip_out(&f->ip, pkt, &tx), MNET_ERR_MSG_SIZE);
}

static void packets_to_ourselves_come_back(void **state)
{
    struct fix *f = *state;
    const char *const dsts[] = {"::1", OWN6};
    for (unsigned i = 0; i < 2; i++) {
        assert_int_equal(send(f, to(dsts[i]), 5000), MNET_OK);
        assert_false(take6(f));
        assert_int_equal(receive6_loopback(f), MN_TO_TRANSPORT);
        assert_int_equal(f->pkt->frame.len, 5000);
        assert_int_equal(f->pkt->l3_len, 40);
        assert_addr_at(f->rx.src.bytes, dsts[i]);
        assert_addr_at(f->rx.dst.bytes, dsts[i]);
    }
    assert_int_equal(send(f, to("::1"), 65535), MNET_OK);
    assert_int_equal(receive6_loopback(f), MN_TO_TRANSPORT);
    assert_int_equal(send(f, to("::1"), 65536), MNET_ERR_MSG_SIZE);
}

static void groups_that_we_are_in_hear_us(void **state)
{
    struct fix *f = *state;
    struct mnet_addr group = a6("ff02::fb"), inner = a6("ff01::5");
    assert_int_equal(mn_ip_group_join(&f->ip, &group), MNET_OK);
    assert_int_equal(mn_ip_group_join(&f->ip, &inner), MNET_OK);
    assert_int_equal(send(f, to("ff02::fb"), 100), MNET_OK);
    assert_true(take6(f));
    assert_int_equal(receive6_loopback(f), MN_TO_TRANSPORT);
    assert_true(f->rx.is_group);
    assert_int_equal(f->pkt->frame.len, 100);
    assert_int_equal(send(f, to("ff02::fc"), 100), MNET_OK);
    assert_true(take6(f));
    assert_false(mn_ip_has_loopback(&f->ip));
    /* RFC 4291 2.7: this one stays inside. */
    assert_int_equal(send(f, to("ff01::5"), 100), MNET_OK);
    assert_false(take6(f));
    assert_int_equal(receive6_loopback(f), MN_TO_TRANSPORT);
}

static void without_memory_nothing_is_lost(void **state)
{
    struct fix *f = *state;
    for (uint64_t k = 1; k < 12; k++) {
        struct mn_pkt *pkt = pattern_pkt(f, 6000);
        struct mn_ip_tx tx = to(FAR6);
        f->env.mem.fail_at = k;
        mnet_err err = mn_ip_out(&f->ip, pkt, &tx);
        f->env.mem.fail_at = 0;
        unsigned sent = 0;
        while (take6(f))
            sent++;
        assert_true(err == MNET_OK ? sent == 5 : err == MNET_ERR_NO_MEMORY && sent == 0);
    }
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, in6_setup, fix_teardown)
    const struct CMUnitTest tests[] = {
        T(a_packet_leaves_with_a_right_header),
        T(the_hop_limit_is_asked_for_or_what_routers_say),
        T(the_source_is_ours_and_ready),
        T(without_a_route_nothing_leaves),
        T(a_flow_has_its_label),
        T(a_label_that_was_kept_is_the_same),
        T(what_does_not_fit_leaves_in_fragments),
        T(the_path_decides_what_fits),
        T(a_probe_may_exceed_the_path_but_not_the_link),
        T(fragments_have_their_checksum_finished),
        T(large_sends_are_left_to_the_link),
        T(packets_to_ourselves_come_back),
        T(groups_that_we_are_in_hear_us),
        T(without_memory_nothing_is_lost),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
