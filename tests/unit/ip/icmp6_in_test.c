/* SPDX-License-Identifier: ISC
 *
 * ICMPv6 messages that arrive. */
#include "in6_fixture.h"

static uint8_t msg[66000];

/* An echo request with `len` bytes of payload in `msg`. */
static uint32_t echo(uint32_t len)
{
    memset(msg, 0, 8);
    msg[0] = 128;
    put32(msg + 4, 0x12340007);
    pattern(msg + 8, len, len);
    return len + 8;
}

static void assert_reply(struct fix *f, uint32_t len, const char *src)
{
    assert_true(take6(f)); /* its checksum too */
    assert_int_equal(f->sent.bytes[6], MN_PROTO_ICMP6);
    assert_int_equal(f->sent.len, 48 + len);
    assert_int_equal(f->sent.bytes[40], 129);
    assert_int_equal(be32(f->sent.bytes + 44), 0x12340007);
    assert_memory_equal(f->sent.bytes + 48, msg + 8, len);
    assert_addr_at(f->sent.bytes + 8, src);
    assert_addr_at(f->sent.bytes + 24, PEER6);
    assert_int_equal(f->sent.bytes[7], 64);
    assert_false(take6(f));
}

/* RFC 4443 4.2. */
static void echo_of_all_lengths_is_answered(void **state)
{
    struct fix *f = *state;
    for (uint32_t len = 0; len <= 1452; len += len < 70 ? 1 : 31) {
        assert_int_equal(receive_icmp6(f, (struct ip6){.tclass = 0xb9}, msg, echo(len)), MN_DONE);
        assert_reply(f, len, OWN6);
        assert_int_equal(be32(f->sent.bytes) >> 20, 0x6b8); /* its class, without its ECN */
    }
}

/* RFC 4443 4.2: to a group too, from an address of our own. */
static void echo_to_a_group_is_answered_from_an_own_address(void **state)
{
    struct fix *f = *state;
    for (uint32_t len = 0; len < 40; len++) {
        receive_icmp6(f, (struct ip6){.dst = "ff02::1"}, msg, echo(len));
        assert_reply(f, len, OWN6);
    }
}

/* The reply to what does not fit a packet leaves in fragments. */
static void a_large_echo_is_answered_in_fragments(void **state)
{
    struct fix *f = *state;
    static uint8_t joined[66000];
    f->link.mtu = 65535;
    uint32_t len = echo(60000);
    struct ip6 p = {0};
    mn_verdict verdict = receive_icmp6(f, p, msg, len);
    assert_int_equal(verdict, MN_DONE);
    f->link.mtu = 1500;
    while (take6(f)) {
    }
    receive_icmp6(f, p, msg, len);
    uint32_t at = 0;
    while (take6(f)) {
        assert_int_equal(f->sent.bytes[6], 44);
        memcpy(joined + at, f->sent.bytes + 48, f->sent.len - 48);
        at += f->sent.len - 48;
    }
    assert_int_equal(at, len);
    assert_memory_equal(joined + 8, msg + 8, len - 8);
}

static void bad_messages_are_dropped(void **state)
{
    struct fix *f = *state;
    uint32_t len = echo(20);
    struct ip6 p = {0};
    receive_icmp6(f, p, msg, len);
    assert_true(take6(f));
    msg[9] ^= 1;
    receive6(f, &(struct ip6){.next = 58, .data = msg, .len = len});
    assert_drop(f, ICMP_CHECKSUM);
    receive6(f, &(struct ip6){.next = 58, .data = msg, .len = 7});
    assert_drop(f, ICMP_SHORT);
    msg[0] = 200; /* RFC 4443 2.4 (b) */
    receive_icmp6(f, p, msg, len);
    assert_drop(f, ICMP_TYPE);
    msg[0] = 143; /* the reports of others */
    receive_icmp6(f, p, msg, len);
    assert_drop(f, ICMP_TYPE);
    assert_false(take6(f));
}

static void neighbour_discovery_goes_to_the_link(void **state)
{
    struct fix *f = *state;
    memset(msg, 0, 24);
    msg[0] = 135;
    assert_int_equal(receive_icmp6(f, (struct ip6){.hop_limit = 255}, msg, 24), MN_TO_NDP);
    msg[0] = 136;
    assert_int_equal(receive_icmp6(f, (struct ip6){.hop_limit = 255}, msg, 24), MN_TO_NDP);
}

/* RFC 6980 5: what is cut is dropped without a word, by whichever way it was cut: in pieces, or
 * with a fragment header around the whole. Other messages may be cut. */
static void neighbour_discovery_in_fragments_is_dropped(void **state)
{
    struct fix *f = *state;
    static uint8_t at[120];
    uint8_t whole[] = {58, 0, 0, 0, 0, 0, 0, 9}, first[] = {58, 0, 0, 1, 0, 0, 0, 7};
    uint8_t last[] = {58, 0, 0, 24, 0, 0, 0, 7};
    for (unsigned type = 133; type <= 137; type++) {
        const struct ip6 p = {.next = 58, .hop_limit = 255, .data = at + 40, .len = 40};
        memset(at, 0, sizeof at);
        at[40] = (uint8_t)type;
        make6(at, &p);
        put16(at + 42, sum6(at, MN_PROTO_ICMP6, 40, 40));
        struct ip6 q = {.next = 44, .hop_limit = 255, .ext = whole, .ext_len = 8};
        q.data = at + 40;
        q.len = 40;
        receive6(f, &q);
        assert_drop(f, NDP_FRAGMENT);
        q.ext = last;
        q.data = at + 64;
        q.len = 16;
        assert_int_equal(receive6(f, &q), MN_KEPT);
        q.ext = first;
        q.data = at + 40;
        q.len = 24;
        receive6(f, &q);
        assert_drop(f, NDP_FRAGMENT);
        first[7]++;
        last[7]++;
    }
    uint32_t len = echo(20);
    make6(at, &(struct ip6){.next = 58, .data = msg, .len = len});
    put16(msg + 2, 0);
    memcpy(at + 40, msg, len);
    put16(at + 42, sum6(at, MN_PROTO_ICMP6, 40, len));
    const struct ip6 q = {.next = 44, .ext = whole, .ext_len = 8, .data = at + 40, .len = len};
    assert_int_equal(receive6(f, &q), MN_DONE);
    assert_true(take6(f));
    assert_false(take6(f));
}

/* ---- errors ---- */

/* An error that quotes a packet of ours: UDP with ports 1000 and 53. */
static uint32_t error(uint8_t type, uint8_t code, uint32_t rest, const struct ip6 *about)
{
    struct ip6 p = *about;
    static const uint8_t udp[16] = {3, 0xe8, 0, 53, 0, 16};
    p.src = p.src ? p.src : OWN6;
    p.dst = p.dst ? p.dst : FAR6;
    p.data = p.data ? p.data : udp;
    p.len = p.len ? p.len : sizeof udp;
    memset(msg, 0, 8);
    msg[0] = type;
    msg[1] = code;
    put32(msg + 4, rest);
    return 8 + make6(msg + 8, &p);
}

static const struct ip6 ours;

static void errors_become_what_they_mean(void **state)
{
    struct fix *f = *state;
    const struct {
        uint8_t type, code;
        uint32_t rest;
        mnet_err err;
        bool is_hard;
    } cases[] = {
        {1, 0, 0, MNET_ERR_NET_UNREACH, false},   {1, 1, 0, MNET_ERR_PROHIBITED, false},
        {1, 2, 0, MNET_ERR_NET_UNREACH, false},   {1, 3, 0, MNET_ERR_NET_UNREACH, false},
        {1, 4, 0, MNET_ERR_PORT_UNREACH, true},   {1, 5, 0, MNET_ERR_PROHIBITED, false},
        {1, 6, 0, MNET_ERR_PROHIBITED, false},    {2, 0, 1280, MNET_ERR_MSG_SIZE, false},
        {3, 0, 0, MNET_ERR_TIMED_OUT, false},     {4, 0, 0, MNET_ERR_PROHIBITED, false},
        {4, 1, 40, MNET_ERR_PROTO_UNREACH, true}, {100, 0, 0, MNET_ERR_NET_UNREACH, false},
    };
    for (unsigned i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        uint32_t len = error(cases[i].type, cases[i].code, cases[i].rest, &ours);
        struct ip6 p = {.src = ROUTER6};
        assert_int_equal(receive_icmp6(f, p, msg, len), MN_TO_ERROR);
        assert_int_equal(f->err.err, cases[i].err);
        assert_int_equal(f->err.is_hard, cases[i].is_hard);
        assert_false(f->err.is_local);
        assert_int_equal(f->err.mtu, cases[i].type == 2 ? 1280 : 0);
        assert_int_equal(f->err.proto, MN_PROTO_UDP);
        assert_addr_at(f->err.src.bytes, OWN6);
        assert_addr_at(f->err.dst.bytes, FAR6);
        assert_int_equal(mn_rd_be16(&f->err.quote), 1000);
    }
    /* Nothing is believed yet. */
    struct mnet_addr far = a6(FAR6);
    assert_int_equal(mn_ip_pmtu(&f->ip, &far), 1500);
}

/* RFC 8201 4 MUST. */
static void a_path_below_the_minimum_is_not_believed(void **state)
{
    struct fix *f = *state;
    receive_icmp6(f, (struct ip6){0}, msg, error(2, 0, 1279, &ours));
    assert_drop(f, ICMP_QUOTE_BAD);
}

static void quotes_are_read_through_their_headers(void **state)
{
    struct fix *f = *state;
    uint8_t frag[] = {17, 0, 0, 1, 0, 0, 0, 9};
    struct ip6 about = {.next = 44, .ext = frag, .ext_len = 8};
    assert_int_equal(receive_icmp6(f, (struct ip6){0}, msg, error(2, 0, 1280, &about)),
                     MN_TO_ERROR);
    assert_int_equal(mn_rd_be16(&f->err.quote), 1000);
    put16(frag + 2, 8); /* not the first: whose it is cannot be told */
    receive_icmp6(f, (struct ip6){0}, msg, error(2, 0, 1280, &about));
    assert_drop(f, ICMP_QUOTE_BAD);
}

static void quotes_that_cannot_be_of_ours_are_dropped(void **state)
{
    struct fix *f = *state;
    const struct ip6 cases[] = {
        {.src = PEER6},     /* somebody else's */
        {.dst = "ff02::1"}, /* nobody answers a group */
        {.len = 7},         /* no ports */
    };
    for (unsigned i = 0; i < 3; i++) {
        receive_icmp6(f, (struct ip6){0}, msg, error(1, 4, 0, &cases[i]));
        assert_drop(f, ICMP_QUOTE_BAD);
    }
    receive_icmp6(f, (struct ip6){.dst = "ff02::1"}, msg, error(1, 4, 0, &ours));
    assert_drop(f, ICMP_QUOTE_BAD);
    uint32_t len = error(1, 4, 0, &ours);
    for (uint32_t cut = 8; cut < 56; cut++) {
        receive_icmp6(f, (struct ip6){0}, msg, cut);
        assert_drop(f, ICMP_QUOTE_BAD);
    }
    assert_int_equal(receive_icmp6(f, (struct ip6){0}, msg, len), MN_TO_ERROR);
}

/* ---- what our own link did not deliver ---- */

static void a_packet_that_found_no_neighbour_is_an_error(void **state)
{
    struct fix *f = *state;
    struct mn_ip_tx tx = {.dst = a6(FAR6), .proto = MN_PROTO_UDP};
    for (uint32_t len = 100; len <= 5000; len += 4900) {
        struct mn_ip_err err;
        assert_int_equal(mn_ip_out(&f->ip, pattern_pkt(f, len), &tx), MNET_OK);
        struct mn_pkt *pkt = f->link.queue.head;
        mn_pkt_pull(&f->env, pkt, 14);
        assert_true(mn_ip_failed(&f->ip, pkt, &err));
        assert_int_equal(err.err, MNET_ERR_NET_UNREACH);
        assert_true(err.is_local);
        assert_int_equal(err.proto, MN_PROTO_UDP);
        assert_addr_at(err.dst.bytes, FAR6);
        uint8_t first[8], want[5000];
        mn_rd_bytes(&err.quote, first, 8);
        pattern(want, len, len);
        assert_memory_equal(first, want, 8);
        mn_pktq_clear(&f->env, &f->link.queue);
    }
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, in6_setup, fix_teardown)
    const struct CMUnitTest tests[] = {
        T(echo_of_all_lengths_is_answered),
        T(echo_to_a_group_is_answered_from_an_own_address),
        T(a_large_echo_is_answered_in_fragments),
        T(bad_messages_are_dropped),
        T(neighbour_discovery_goes_to_the_link),
        T(neighbour_discovery_in_fragments_is_dropped),
        T(errors_become_what_they_mean),
        T(a_path_below_the_minimum_is_not_believed),
        T(quotes_are_read_through_their_headers),
        T(quotes_that_cannot_be_of_ours_are_dropped),
        T(a_packet_that_found_no_neighbour_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
