/* SPDX-License-Identifier: ISC
 *
 * An IPv6 packet's way in. */
#include "in6_fixture.h"

static const uint8_t udp[16] = {0x30, 0x39, 0, 7, 0, 16, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8};

#define PACKET .data = udp, .len = sizeof udp

static mn_verdict in(struct fix *f, struct ip6 p)
{
    p.data = udp;
    p.len = sizeof udp;
    return receive6(f, &p);
}

static void a_packet_for_us_is_delivered_without_its_padding(void **state)
{
    struct fix *f = *state;
    assert_int_equal(in(f, (struct ip6){.padding = 9, .tclass = 0x2e, .hop_limit = 3}),
                     MN_TO_TRANSPORT);
    assert_int_equal(f->pkt->frame.len, sizeof udp);
    assert_int_equal(f->pkt->l3_len, 40);
    assert_memory_equal(f->pkt->frame.seg[0].at, udp, sizeof udp);
    assert_addr_at(f->rx.src.bytes, PEER6);
    assert_addr_at(f->rx.dst.bytes, OWN6);
    assert_int_equal(f->rx.proto, MN_PROTO_UDP);
    assert_int_equal(f->rx.ttl, 3);
    assert_int_equal(f->rx.tos, 0x2e);
    assert_false(f->rx.is_group);
}

static void what_is_no_header_is_dropped(void **state)
{
    struct fix *f = *state;
    uint8_t bytes[80];
    const struct ip6 p = {PACKET};
    uint32_t len = make6(bytes, &p);
    for (uint32_t cut = 1; cut < len; cut++) {
        receive6_bytes(f, bytes, cut);
        assert_drop(f, IP6_SHORT);
    }
    bytes[0] = 0x45;
    receive6_bytes(f, bytes, len);
    assert_drop(f, IP6_VERSION);
    bytes[0] = 0x60;
    put16(bytes + 4, 0);
    bytes[6] = 0; /* RFC 2675: a jumbogram */
    receive6_bytes(f, bytes, len);
    assert_drop(f, IP6_EXT_BAD);
    assert_false(take6(f));
}

static void off_takes_nothing(void **state)
{
    struct fix *f = *state;
    f->ip.v6.is_on = false;
    in(f, (struct ip6){0});
    assert_drop(f, ETHER_TYPE);
    f->ip.v6.is_on = true;
}

/* RFC 4291 2.5.2, 2.5.3, 2.7. */
static void sources_that_are_no_other_host_are_dropped(void **state)
{
    struct fix *f = *state;
    in(f, (struct ip6){.src = "ff02::1"});
    assert_drop(f, IP6_SOURCE_BAD);
    in(f, (struct ip6){.src = "::1"});
    assert_drop(f, IP6_SCOPE);
    in(f, (struct ip6){.src = "::"});
    assert_drop(f, IP6_SOURCE_BAD);
    in(f, (struct ip6){.src = OWN6});
    assert_drop(f, IP6_SOURCE_BAD);
    in(f, (struct ip6){.src = "::ffff:10.0.0.1"});
    assert_drop(f, IP6_SOURCE_BAD);
}

static void destinations_that_are_not_ours_are_dropped(void **state)
{
    struct fix *f = *state;
    in(f, (struct ip6){.dst = "fd00::3"});
    assert_drop(f, IP6_NOT_OURS);
    in(f, (struct ip6){.dst = "::"});
    assert_drop(f, IP6_NOT_OURS);
    in(f, (struct ip6){.dst = "::1"});
    assert_drop(f, IP6_SCOPE);
    in(f, (struct ip6){.dst = "ff01::1"});
    assert_drop(f, IP6_SCOPE);
    in(f, (struct ip6){.dst = "ff00::1"});
    assert_drop(f, IP6_SCOPE);
    in(f, (struct ip6){.dst = "ff02::fb"});
    assert_drop(f, IP6_NOT_OURS);
    assert_int_equal(f->env.stats.ip_delivered, 0);
}

static void groups_that_we_are_in_are_delivered(void **state)
{
    struct fix *f = *state;
    struct mnet_addr group = a6("ff05::fb");
    assert_int_equal(in(f, (struct ip6){.dst = "ff02::1"}), MN_TO_TRANSPORT);
    assert_true(f->rx.is_group);
    assert_int_equal(mn_ip_group_join(&f->ip, &group), MNET_OK);
    assert_int_equal(in(f, (struct ip6){.dst = "ff05::fb"}), MN_TO_TRANSPORT);
    assert_int_equal(mn_ip_group_leave(&f->ip, &group), MNET_OK);
    in(f, (struct ip6){.dst = "ff05::fb"});
    assert_drop(f, IP6_NOT_OURS);
}

/* RFC 4862 5.4: an address that is still probed for is nobody's. */
static void a_tentative_address_takes_nothing(void **state)
{
    struct fix *f = *state;
    f->link.is_probing = true;
    in(f, (struct ip6){0});
    assert_drop(f, IP6_NOT_OURS);
    f->link.is_probing = false;
    assert_int_equal(in(f, (struct ip6){0}), MN_TO_TRANSPORT);
}

/* RFC 4862 5.4.4: somebody who has our address may say so. */
static void neighbour_discovery_may_be_from_odd_sources(void **state)
{
    struct fix *f = *state;
    uint8_t ns[24] = {135}, na[24] = {136}, echo[8] = {128};
    struct mn_ip6_own *own = &f->ip.v6.own[1];
    struct mnet_addr group = mn_ip6_solicited_node(&own->addr);
    char text[MNET_ADDR_TEXT_MAX];
    mnet_addr_print(&group, text, sizeof text);
    struct ip6 p = {.src = "::", .dst = text, .hop_limit = 255};
    assert_int_equal(receive_icmp6(f, p, ns, sizeof ns), MN_TO_NDP);
    p = (struct ip6){.src = OWN6, .dst = "ff02::1", .hop_limit = 255};
    assert_int_equal(receive_icmp6(f, p, na, sizeof na), MN_TO_NDP);
    receive_icmp6(f, p, echo, sizeof echo);
    assert_drop(f, IP6_SOURCE_BAD);
    p.src = "::";
    receive_icmp6(f, p, echo, sizeof echo);
    assert_drop(f, IP6_SOURCE_BAD);
}

/* ---- extension headers ---- */

/* Asserts an error of that type and code about the last packet, and that nothing else was sent. */
static void assert_error(struct fix *f, uint8_t type, uint8_t code, uint32_t rest)
{
    assert_true(take6(f));
    assert_int_equal(f->sent.bytes[6], MN_PROTO_ICMP6);
    assert_int_equal(f->sent.bytes[40], type);
    assert_int_equal(f->sent.bytes[41], code);
    assert_int_equal(be32(f->sent.bytes + 44), rest);
    assert_false(take6(f));
}

static void known_headers_are_passed_over(void **state)
{
    struct fix *f = *state;
    /* Hop-by-hop with a router alert, destination options, a routing header that is used up. */
    static const uint8_t ext[] = {60, 0, 5, 2, 0, 0, 1, 0, 43, 0, 1, 4, 0, 0, 0, 0,
                                  60, 0, 0, 0, 0, 0, 0, 0, 17, 0, 1, 4, 0, 0, 0, 0};
    struct ip6 p = {.is_next_zero = true, .ext = ext, .ext_len = sizeof ext};
    assert_int_equal(in(f, p), MN_TO_TRANSPORT);
    assert_int_equal(f->pkt->l3_len, 40 + sizeof ext);
    assert_int_equal(f->pkt->frame.len, sizeof udp);
    assert_int_equal(f->rx.proto, MN_PROTO_UDP);
    assert_true(f->rx.has_router_alert);
    struct mnet_addr src, dst;
    assert_true(mn_ip_ends(f->pkt, &src, &dst));
    assert_addr_at(src.bytes, PEER6);
    assert_addr_at(dst.bytes, OWN6);
    assert_int_equal(in(f, (struct ip6){0}), MN_TO_TRANSPORT);
    assert_false(f->rx.has_router_alert);
}

static void a_hop_by_hop_header_is_first_or_nowhere(void **state)
{
    struct fix *f = *state;
    static const uint8_t ext[] = {0, 0, 1, 4, 0, 0, 0, 0, 17, 0, 1, 4, 0, 0, 0, 0};
    in(f, (struct ip6){.next = 60, .ext = ext, .ext_len = sizeof ext});
    assert_drop(f, IP6_EXT_BAD);
    assert_error(f, 4, 1, 40);
}

/* RFC 8200 4.2: what the two highest bits of an unknown option ask for. */
static void unknown_options_are_treated_as_they_say(void **state)
{
    struct fix *f = *state;
    uint8_t ext[] = {17, 0, 0x1e, 4, 0, 0, 0, 0};
    struct ip6 p = {.next = 60, .ext = ext, .ext_len = sizeof ext};
    struct ip6 group = {.next = 60, .ext = ext, .ext_len = sizeof ext, .dst = "ff02::1"};
    assert_int_equal(in(f, p), MN_TO_TRANSPORT);
    ext[2] = 0x5e;
    in(f, p);
    assert_drop(f, IP6_OPTION_REFUSED);
    assert_false(take6(f));
    ext[2] = 0x9e;
    in(f, p);
    assert_drop(f, IP6_OPTION_REFUSED);
    assert_error(f, 4, 2, 42);
    in(f, group);
    assert_error(f, 4, 2, 42);
    /* RFC 4443 2.2 (b): a group is no source. */
    assert_addr_at(f->sent.bytes + 8, OWN6);
    ext[2] = 0xde;
    in(f, p);
    assert_error(f, 4, 2, 42);
    in(f, group);
    assert_drop(f, IP6_OPTION_REFUSED);
    assert_false(take6(f));
}

/* RFC 8200 4.4, RFC 5095 3. */
static void a_route_to_be_followed_is_refused(void **state)
{
    struct fix *f = *state;
    uint8_t ext[24] = {17, 2, 0, 1};
    in(f, (struct ip6){.next = 43, .ext = ext, .ext_len = sizeof ext});
    assert_drop(f, IP6_ROUTING);
    assert_error(f, 4, 0, 42);
}

static void headers_are_bounded(void **state)
{
    struct fix *f = *state;
    uint8_t ext[10 * 8] = {0};
    for (unsigned i = 0; i < 10; i++)
        memcpy(ext + 8 * i, (uint8_t[]){i == 9 ? 17 : 60, 0, 1, 4}, 4);
    in(f, (struct ip6){.next = 60, .ext = ext, .ext_len = sizeof ext});
    assert_drop(f, IP6_EXT_TOO_MANY);
    assert_int_equal(in(f, (struct ip6){.next = 60, .ext = ext + 16, .ext_len = 64}),
                     MN_TO_TRANSPORT);
    assert_false(take6(f));
}

static void nothing_behind_the_headers_is_nothing(void **state)
{
    struct fix *f = *state;
    in(f, (struct ip6){.next = 59});
    assert_drop(f, IP6_NO_NEXT);
    assert_false(take6(f));
}

static void headers_that_end_outside_of_the_packet_are_dropped(void **state)
{
    struct fix *f = *state;
    uint8_t ext[] = {17, 9, 1, 4, 0, 0, 0, 0};
    in(f, (struct ip6){.next = 60, .ext = ext, .ext_len = sizeof ext});
    assert_drop(f, IP6_EXT_BAD);
}

/* ---- fragments ---- */

static uint8_t datagram[65536 + 64]; /* and what lies behind the largest */

static mn_verdict piece(struct fix *f, uint32_t id, uint32_t off, uint32_t len, bool more)
{
    uint8_t ext[8] = {17, 0};
    put16(ext + 2, off | more);
    put32(ext + 4, id);
    struct ip6 p = {
        .next = 44, .ext = ext, .ext_len = 8, .data = datagram + off, .len = len, .tclass = 2};
    return receive6(f, &p);
}

static void fragments_become_the_datagram(void **state)
{
    struct fix *f = *state;
    pattern(datagram, sizeof datagram, 1);
    const uint32_t lens[] = {1240, 3000, 20000, 65535};
    for (uint32_t i = 0; i < 4; i++) {
        uint32_t len = lens[i];
        for (uint32_t off = len / 1232 * 1232; off > 0; off -= 1232)
            if (off < len)
                assert_int_equal(
                    piece(f, 7 + i, off, len - off < 1232 ? len - off : 1232, off + 1232 < len),
                    MN_KEPT);
        assert_int_equal(piece(f, 7 + i, 0, 1232, true), MN_TO_TRANSPORT);
        assert_int_equal(f->pkt->frame.len, len);
        assert_int_equal(f->pkt->l3_len, 40);
        assert_int_equal(f->rx.proto, MN_PROTO_UDP);
        static uint8_t got[65536];
        mn_pkt_copy_out(f->pkt, 0, got, len);
        assert_memory_equal(got, datagram, len);
        struct mnet_addr src, dst;
        assert_true(mn_ip_ends(f->pkt, &src, &dst));
        assert_addr_at(src.bytes, PEER6);
        assert_int_equal(f->pkt->frame.seg[0].at[-40 + 6], MN_PROTO_UDP);
    }
    assert_int_equal(f->env.stats.ip_reassembled, 4);
}

/* RFC 6946 4: alone, and beside fragments with the same name. */
static void an_atomic_fragment_is_delivered_alone(void **state)
{
    struct fix *f = *state;
    assert_int_equal(piece(f, 9, 0, 16, true), MN_KEPT);
    assert_int_equal(piece(f, 9, 0, 24, false), MN_TO_TRANSPORT);
    assert_int_equal(f->pkt->frame.len, 24);
    assert_int_equal(f->pkt->l3_len, 48);
    assert_int_equal(piece(f, 9, 16, 8, false), MN_TO_TRANSPORT);
    assert_int_equal(f->pkt->frame.len, 24);
    assert_int_equal(f->env.stats.ip_reassembled, 1);
}

/* RFC 8200 4.5, RFC 5722. */
static void an_overlap_drops_the_datagram(void **state)
{
    struct fix *f = *state;
    assert_int_equal(piece(f, 9, 0, 32, true), MN_KEPT);
    piece(f, 9, 24, 16, true);
    assert_drop(f, FRAG_OVERLAP);
    piece(f, 9, 32, 8, false);
    assert_drop(f, FRAG_OVERLAP);
}

/* RFC 8200 4.5: the parameter problems. */
static void fragments_of_impossible_lengths_are_complained_about(void **state)
{
    struct fix *f = *state;
    piece(f, 9, 0, 17, true);
    assert_drop(f, FRAG_BAD);
    assert_error(f, 4, 0, 4);
    piece(f, 9, 65528, 16, false);
    assert_drop(f, FRAG_BAD);
    assert_error(f, 4, 0, 42);
    assert_int_equal(f->ip.frag.open, 0);
}

/* RFC 8200 4.5, RFC 7112 5. */
static void a_first_fragment_has_all_headers(void **state)
{
    struct fix *f = *state;
    uint8_t ext[] = {60, 0, 0, 1, 0, 0, 0, 9, 17, 2, 1, 4, 0, 0, 0, 0};
    struct ip6 p = {.next = 44, .ext = ext, .ext_len = sizeof ext};
    receive6(f, &p);
    assert_drop(f, IP6_EXT_BAD);
    assert_error(f, 4, 3, 0);
    ext[9] = 0; /* whole, but nothing behind it */
    receive6(f, &p);
    assert_drop(f, IP6_EXT_BAD);
    assert_error(f, 4, 3, 0);
}

/* RFC 7112 5: the header of the transport is among them. */
static void a_first_fragment_has_the_transports_header(void **state)
{
    struct fix *f = *state;
    static const struct {
        uint8_t proto;
        uint32_t len;
    } cases[] = {{MN_PROTO_TCP, 20}, {MN_PROTO_UDP, 8}, {MN_PROTO_ICMP6, 8}};
    uint8_t ext[8] = {0, 0, 0, 1, 0, 0, 0, 9};
    for (unsigned i = 0; i < 3; i++) {
        uint32_t full_len = (cases[i].len + 7) / 8 * 8;
        struct ip6 p = {.next = 44, .ext = ext, .ext_len = 8, .data = datagram};
        ext[0] = cases[i].proto;
        ext[7]++;
        p.len = full_len - 8;
        receive6(f, &p);
        assert_drop(f, IP6_EXT_BAD);
        assert_error(f, 4, 3, 0);
        p.len = full_len;
        assert_int_equal(receive6(f, &p), MN_KEPT);
    }
}

/* What is behind the fragment header is walked once all is here. */
static void headers_in_a_datagram_are_walked(void **state)
{
    struct fix *f = *state;
    uint8_t first[] = {60, 0, 0, 1, 0, 0, 0, 9, 17, 0, 1, 4, 0, 0, 0, 0};
    uint8_t last[] = {60, 0, 0, 24, 0, 0, 0, 9};
    struct ip6 p = {.next = 44, .ext = first, .ext_len = sizeof first, PACKET};
    struct ip6 q = {.next = 44, .ext = last, .ext_len = sizeof last, PACKET};
    assert_int_equal(receive6(f, &p), MN_KEPT);
    assert_int_equal(receive6(f, &q), MN_TO_TRANSPORT);
    assert_int_equal(f->rx.proto, MN_PROTO_UDP);
    assert_int_equal(f->pkt->l3_len, 48);
    assert_int_equal(f->pkt->frame.len, 32);
    first[8] = 0; /* hop-by-hop: not here */
    assert_int_equal(receive6(f, &p), MN_KEPT);
    receive6(f, &q);
    assert_drop(f, IP6_EXT_BAD);
    assert_error(f, 4, 1, 40);
    first[8] = 44; /* a fragment in a datagram of fragments */
    p.data = (uint8_t[16]){17, 0, 0, 1, 0, 0, 0, 9};
    assert_int_equal(receive6(f, &p), MN_KEPT);
    receive6(f, &q);
    assert_drop(f, FRAG_BAD);
}

/* RFC 4443 3.3: the first fragment is quoted, with its fragment header. */
static void a_datagram_that_is_never_whole_is_reported(void **state)
{
    struct fix *f = *state;
    assert_int_equal(piece(f, 9, 0, 32, true), MN_KEPT);
    assert_int_equal(piece(f, 10, 32, 32, true), MN_KEPT);
    fix_pass(f, MNET_SEC(31));
    assert_error(f, 3, 1, 0);
    assert_addr_at(f->sent.bytes + 24, PEER6);
    const uint8_t *quote = f->sent.bytes + 48;
    assert_int_equal(quote[6], 44);
    assert_addr_at(quote + 8, PEER6);
    assert_int_equal(be32(quote + 44), 9);
    assert_memory_equal(quote + 48, datagram, 32);
    assert_int_equal(fix_drops(f, MNET_DROP_FRAG_TIMEOUT), 2);
}

/* Whatever arrives: no assertion fails, no packet is lost, the invariant holds. */
static void noise_is_survived(void **state)
{
    struct fix *f = *state;
    uint8_t bytes[200];
    for (uint32_t n = 0; n < 20000; n++) {
        uint8_t ext[40];
        pattern(ext, sizeof ext, n);
        for (unsigned i = 0; i < sizeof ext; i += 8) {
            ext[i] = (uint8_t[]){0, 43, 44, 60, 17, 58, 59, 6}[ext[i] % 8];
            ext[i + 1] &= 1;
        }
        struct ip6 p = {.next = (uint8_t[]){44, 60, 43, 58}[n % 4], .ext = ext, .ext_len = 40};
        p.data = udp;
        p.len = n % 17;
        uint32_t len = make6(bytes, &p);
        receive6_bytes(f, bytes, len - n % 3 * 8 % len);
        while (take6(f)) {
        }
    }
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, in6_setup, fix_teardown)
    const struct CMUnitTest tests[] = {
        T(a_packet_for_us_is_delivered_without_its_padding),
        T(what_is_no_header_is_dropped),
        T(off_takes_nothing),
        T(sources_that_are_no_other_host_are_dropped),
        T(destinations_that_are_not_ours_are_dropped),
        T(groups_that_we_are_in_are_delivered),
        T(a_tentative_address_takes_nothing),
        T(neighbour_discovery_may_be_from_odd_sources),
        T(known_headers_are_passed_over),
        T(a_hop_by_hop_header_is_first_or_nowhere),
        T(unknown_options_are_treated_as_they_say),
        T(a_route_to_be_followed_is_refused),
        T(headers_are_bounded),
        T(nothing_behind_the_headers_is_nothing),
        T(headers_that_end_outside_of_the_packet_are_dropped),
        T(fragments_become_the_datagram),
        T(an_atomic_fragment_is_delivered_alone),
        T(an_overlap_drops_the_datagram),
        T(fragments_of_impossible_lengths_are_complained_about),
        T(a_first_fragment_has_all_headers),
        T(a_first_fragment_has_the_transports_header),
        T(headers_in_a_datagram_are_walked),
        T(a_datagram_that_is_never_whole_is_reported),
        T(noise_is_survived),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
