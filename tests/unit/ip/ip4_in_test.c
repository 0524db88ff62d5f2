/* SPDX-License-Identifier: ISC
 *
 * An IPv4 packet's way in. */
#include "ip_fixture.h"

static const uint8_t DATA[32] = "0123456789abcdef0123456789abcde";

static mn_verdict from_to(struct fix *f, uint32_t src, uint32_t dst)
{
    struct ip4 p = {.src = src, .dst = dst, .data = DATA, .len = 32, .from_zero = src == 0};
    return receive(f, &p);
}

static mn_verdict with_options(struct fix *f, const uint8_t *options, uint8_t len)
{
    struct ip4 p = {.data = DATA, .len = 32, .options_len = (uint8_t)((len + 3u) & ~3u)};
    memcpy(p.options, options, len);
    return receive(f, &p);
}

static void test_a_good_packet_is_delivered_with_its_facts(void **state)
{
    struct fix *f = *state;
    struct ip4 p = {.proto = 200, .ttl = 17, .tos = 0x2a, .data = DATA, .len = 32, .df = true};
    assert_int_equal(receive(f, &p), MN_TO_TRANSPORT);
    assert_int_equal(mnet_addr_to_v4(&f->rx.src), PEER);
    assert_int_equal(mnet_addr_to_v4(&f->rx.dst), OWN);
    assert_int_equal(f->rx.proto, 200);
    assert_int_equal(f->rx.ttl, 17);
    assert_int_equal(f->rx.tos, 0x2a);
    assert_false(f->rx.is_group);
    assert_int_equal(f->pkt->frame.len, 32);
    assert_int_equal(f->pkt->l3_len, 20);
    assert_memory_equal(f->pkt->frame.seg[0].at, DATA, 32);
    assert_int_equal(f->pkt->frame.seg[0].at[-20], 0x45);
    assert_int_equal(f->env.stats.ip_delivered, 1);
}

static void test_every_truncation_is_dropped(void **state)
{
    struct fix *f = *state;
    uint8_t bytes[60];
    uint32_t len = make(bytes, &(struct ip4){.data = DATA, .len = 32});
    for (uint32_t cut = 0; cut < len; cut++) {
        assert_int_equal(receive_bytes(f, bytes, cut), MN_DROP(IP4_SHORT));
    }
    assert_int_equal(receive_bytes(f, bytes, len), MN_TO_TRANSPORT);
}

/* RFC 1122 3.2.1.1 MUST: version other than 4 is silently discarded. */
static void test_another_version_is_dropped(void **state)
{
    struct fix *f = *state;
    uint8_t bytes[60];
    uint32_t len = make(bytes, &(struct ip4){.data = DATA, .len = 32});
    for (unsigned v = 0; v < 16; v++) {
        bytes[0] = (uint8_t)(v << 4 | 5);
        put16(bytes + 10, 0);
        put16(bytes + 10, plain_sum(bytes, 20, 0));
        assert_int_equal(receive_bytes(f, bytes, len),
                         v == 4 ? MN_TO_TRANSPORT : MN_DROP(IP4_VERSION));
    }
}

static void test_an_impossible_header_length_is_dropped(void **state)
{
    struct fix *f = *state;
    uint8_t bytes[60];
    uint32_t len = make(bytes, &(struct ip4){.data = DATA, .len = 32});
    for (unsigned ihl = 0; ihl < 5; ihl++) {
        bytes[0] = (uint8_t)(0x40 | ihl);
        assert_int_equal(receive_bytes(f, bytes, len), MN_DROP(IP4_HEADER_LEN));
    }
    bytes[0] = 0x4f; /* 60 bytes of header in a packet of 52 */
    assert_int_equal(receive_bytes(f, bytes, len), MN_DROP(IP4_HEADER_LEN));
    len = make(bytes, &(struct ip4){.data = DATA, .len = 32});
    put16(bytes + 2, 19); /* total length below the header's */
    assert_int_equal(receive_bytes(f, bytes, len), MN_DROP(IP4_HEADER_LEN));
}

static void test_a_total_length_beyond_the_frame_is_dropped(void **state)
{
    struct fix *f = *state;
    uint8_t bytes[60];
    uint32_t len = make(bytes, &(struct ip4){.data = DATA, .len = 32});
    put16(bytes + 2, len + 1);
    put16(bytes + 10, 0);
    put16(bytes + 10, plain_sum(bytes, 20, 0));
    assert_int_equal(receive_bytes(f, bytes, len), MN_DROP(IP4_SHORT));
}

/* RFC 1122 3.2.1.2 MUST: every single changed bit of a header is noticed. */
static void test_a_changed_bit_in_the_header_is_dropped(void **state)
{
    struct fix *f = *state;
    uint8_t bytes[80];
    struct ip4 p = {.data = DATA, .len = 32, .options = {1, 1, 1, 0}, .options_len = 4};
    uint32_t len = make(bytes, &p);
    for (unsigned bit = 0; bit < 24 * 8; bit++) {
        bytes[bit / 8] = (uint8_t)(bytes[bit / 8] ^ 1u << bit % 8);
        assert_true(mn_verdict_is_drop(receive_bytes(f, bytes, len)));
        bytes[bit / 8] = (uint8_t)(bytes[bit / 8] ^ 1u << bit % 8);
    }
    assert_true(fix_drops(f, MNET_DROP_IP4_CHECKSUM) > 150);
    assert_int_equal(receive_bytes(f, bytes, len), MN_TO_TRANSPORT);
}

/* RFC 1122 3.2.1: Ethernet pads to 60 bytes; what is behind the total length is not the packet. */
static void test_padding_is_cut(void **state)
{
    struct fix *f = *state;
    uint8_t bytes[4000];
    memset(bytes, 0xee, sizeof bytes);
    uint32_t len = make(bytes, &(struct ip4){.data = DATA, .len = 5});
    for (uint32_t pad = 0; pad < 3000; pad += 499) {
        assert_int_equal(receive_bytes(f, bytes, len + pad), MN_TO_TRANSPORT);
        assert_int_equal(f->pkt->frame.len, 5);
    }
}

static void test_a_packet_without_payload_is_delivered_empty(void **state)
{
    struct fix *f = *state;
    uint8_t bytes[60] = {0};
    uint32_t len = make(bytes, &(struct ip4){.proto = 200});
    assert_int_equal(receive_bytes(f, bytes, len), MN_TO_TRANSPORT);
    assert_int_equal(f->pkt->frame.len, 0);
    assert_int_equal(receive_bytes(f, bytes, 46), MN_TO_TRANSPORT);
    assert_int_equal(f->pkt->frame.len, 0);
}

/* RFC 7126 4.3, 4.4. */
static void test_source_routes_are_refused(void **state)
{
    struct fix *f = *state;
    const uint8_t lsrr[] = {131, 7, 4, 10, 0, 0, 9};
    const uint8_t ssrr[] = {137, 7, 4, 10, 0, 0, 9};
    const uint8_t behind_nops[] = {1, 1, 131, 3, 4};
    assert_int_equal(with_options(f, lsrr, 7), MN_DROP(IP4_SOURCE_ROUTE));
    assert_int_equal(with_options(f, ssrr, 7), MN_DROP(IP4_SOURCE_ROUTE));
    assert_int_equal(with_options(f, behind_nops, 5), MN_DROP(IP4_SOURCE_ROUTE));
}

/* RFC 1122 3.2.1.8 MUST: options not understood are ignored; malformed ones do no harm. */
static void test_options_are_walked_within_the_header(void **state)
{
    struct fix *f = *state;
    const uint8_t unknown[] = {222, 4, 1, 2};
    const uint8_t record_route[] = {7, 7, 4, 0, 0, 0, 0};
    const uint8_t end[] = {0, 131, 3, 4};
    const uint8_t zero_len[] = {222, 0, 0, 0};
    const uint8_t one_len[] = {222, 1, 0, 0};
    const uint8_t too_long[] = {222, 41, 0, 0};
    const uint8_t cut[] = {1, 1, 1, 222};
    assert_int_equal(with_options(f, unknown, 4), MN_TO_TRANSPORT);
    assert_int_equal(f->pkt->l3_len, 24);
    assert_int_equal(with_options(f, record_route, 7), MN_TO_TRANSPORT);
    assert_int_equal(with_options(f, end, 4), MN_TO_TRANSPORT);
    assert_int_equal(with_options(f, zero_len, 4), MN_DROP(IP4_OPTION_BAD));
    assert_int_equal(with_options(f, one_len, 4), MN_DROP(IP4_OPTION_BAD));
    assert_int_equal(with_options(f, too_long, 4), MN_DROP(IP4_OPTION_BAD));
    assert_int_equal(with_options(f, cut, 4), MN_DROP(IP4_OPTION_BAD));
}

/* RFC 1122 3.2.1.3 MUST: a source that cannot be a host's. */
static void test_bad_sources_are_dropped(void **state)
{
    struct fix *f = *state;
    const uint32_t bad[] = {0x00000001, GROUP, 0xf0000001, 0xffffffff, 0x0a0000ff, OWN, 0};
    for (unsigned i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_int_equal(from_to(f, bad[i], OWN), MN_DROP(IP4_SOURCE_BAD));
}

/* RFC 1122 3.2.1.3 (g) MUST: 127/8 does not appear outside a host. */
static void test_loopback_addresses_on_the_wire_are_dropped(void **state)
{
    struct fix *f = *state;
    assert_int_equal(from_to(f, 0x7f000001, OWN), MN_DROP(IP4_LOOPBACK));
    assert_int_equal(from_to(f, PEER, 0x7f000001), MN_DROP(IP4_LOOPBACK));
    assert_int_equal(from_to(f, PEER, 0x7fffffff), MN_DROP(IP4_LOOPBACK));
}

static void test_a_host_without_address_may_broadcast(void **state)
{
    struct fix *f = *state;
    assert_int_equal(from_to(f, 0, 0xffffffff), MN_TO_TRANSPORT);
    assert_true(f->rx.is_group);
    assert_int_equal(from_to(f, 0, 0x0a0000ff), MN_DROP(IP4_SOURCE_BAD));
}

static void test_packets_for_others_are_not_forwarded(void **state)
{
    struct fix *f = *state;
    fix_route(f, 0, 0, ROUTER);
    const uint32_t others[] = {PEER + 7, FAR, 0x0a000000, 0x0a0001ff, 0xf0000001, 0x00000000};
    for (unsigned i = 0; i < sizeof others / sizeof others[0]; i++) {
        uint8_t bytes[60];
        uint32_t len = make(bytes, &(struct ip4){.dst = 1, .data = DATA, .len = 32});
        put32(bytes + 16, others[i]);
        put16(bytes + 10, 0);
        put16(bytes + 10, plain_sum(bytes, 20, 0));
        assert_int_equal(receive_bytes(f, bytes, len), MN_DROP(IP4_NOT_OURS));
    }
    assert_false(take(f));
}

static void test_broadcasts_are_taken_and_marked(void **state)
{
    struct fix *f = *state;
    fix_addr(f, 0xc0a80105, 16);
    const uint32_t groups[] = {0xffffffff, 0x0a0000ff, 0xc0a8ffff, 0xe0000001};
    for (unsigned i = 0; i < sizeof groups / sizeof groups[0]; i++) {
        assert_int_equal(from_to(f, PEER, groups[i]), MN_TO_TRANSPORT);
        assert_true(f->rx.is_group);
    }
}

static void test_multicast_is_taken_while_joined(void **state)
{
    struct fix *f = *state;
    struct mnet_addr group = mnet_addr_v4(GROUP);
    assert_int_equal(from_to(f, PEER, GROUP), MN_DROP(IP4_NOT_OURS));
    assert_int_equal(mn_ip_group_join(&f->ip, &group), MNET_OK);
    assert_int_equal(from_to(f, PEER, GROUP), MN_TO_TRANSPORT);
    assert_true(f->rx.is_group);
    assert_int_equal(mn_ip_group_leave(&f->ip, &group), MNET_OK);
    assert_int_equal(from_to(f, PEER, GROUP), MN_DROP(IP4_NOT_OURS));
}

static void test_a_frame_to_a_group_marks_a_unicast_packet(void **state)
{
    struct fix *f = *state;
    uint8_t bytes[60];
    uint32_t len = make(bytes, &(struct ip4){.data = DATA, .len = 32});
    struct mn_pkt *pkt = mn_pkt_new(&f->env);
    assert_true(mn_pkt_append(&f->env, pkt, bytes, len));
    pkt->ether_group = 1;
    assert_int_equal(mn_ip4_in(&f->ip, &pkt, &f->rx), MN_TO_TRANSPORT);
    assert_true(f->rx.is_group);
    mn_pkt_free(&f->env, pkt);
}

/* RFC 5227 2.1.1: an address that is probed for is not ours yet. */
static void test_an_address_being_probed_is_not_ours_yet(void **state)
{
    struct fix *f = *state;
    f->link.is_probing = true;
    assert_int_equal(from_to(f, PEER, OWN), MN_DROP(IP4_NOT_OURS));
    f->link.is_probing = false;
    assert_int_equal(from_to(f, PEER, OWN), MN_TO_TRANSPORT);
}

/* A header that ends with the first range would not stay in front of its payload. */
static void test_a_header_alone_in_its_range_is_dropped(void **state)
{
    struct fix *f = *state;
    uint8_t bytes[60];
    (void)make(bytes, &(struct ip4){.data = DATA, .len = 32});
    struct mn_pkt *pkt = mn_pkt_new(&f->env);
    assert_true(mn_pkt_append(&f->env, pkt, bytes, 20));
    uint8_t *block = mn_block_get_small(&f->env.mem);
    memcpy(block, DATA, 32);
    assert_true(mn_pkt_add(&f->env, pkt, block, 32));
    mn_block_unref(&f->env.mem, block);
    assert_int_equal(mn_ip4_in(&f->ip, &pkt, &f->rx), MN_DROP(IP4_SHORT));
    mn_pkt_free(&f->env, pkt);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, fix_setup, fix_teardown)
    const struct CMUnitTest tests[] = {
        T(test_a_good_packet_is_delivered_with_its_facts),
        T(test_every_truncation_is_dropped),
        T(test_another_version_is_dropped),
        T(test_an_impossible_header_length_is_dropped),
        T(test_a_total_length_beyond_the_frame_is_dropped),
        T(test_a_changed_bit_in_the_header_is_dropped),
        T(test_padding_is_cut),
        T(test_a_packet_without_payload_is_delivered_empty),
        T(test_source_routes_are_refused),
        T(test_options_are_walked_within_the_header),
        T(test_bad_sources_are_dropped),
        T(test_loopback_addresses_on_the_wire_are_dropped),
        T(test_a_host_without_address_may_broadcast),
        T(test_packets_for_others_are_not_forwarded),
        T(test_broadcasts_are_taken_and_marked),
        T(test_multicast_is_taken_while_joined),
        T(test_a_frame_to_a_group_marks_a_unicast_packet),
        T(test_an_address_being_probed_is_not_ours_yet),
        T(test_a_header_alone_in_its_range_is_dropped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
