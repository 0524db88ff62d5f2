/* SPDX-License-Identifier: ISC */
#include "ip6_fixture.h"
#include <wire/icmp6_hdr.h>
#include <wire/ndp_hdr.h>

#define HOUR 3600u

static const struct mnet_mac router_mac = {{0x02, 0, 0, 0, 0, 0x99}};

/* A message in the making. */
struct message {
    uint8_t bytes[1400];
    uint32_t len;
};

static struct mn_wr room(struct message *m, uint32_t len)
{
    struct mn_wr w = mn_wr_over(m->bytes + m->len, len);
    m->len += len;
    return w;
}

static struct message advertisement(uint16_t lifetime_s)
{
    struct message m = {.len = 0};
    struct mn_ndp_ra ra = {.router_lifetime_s = lifetime_s};
    struct mn_wr w = room(&m, MN_NDP_RA_LEN);
    mn_ndp_ra_write(&w, &ra);
    return m;
}

static void add_raw(struct message *m, const uint8_t *bytes, uint32_t len)
{
    memcpy(m->bytes + m->len, bytes, len);
    m->len += len;
}

static void add_prefix(struct message *m, const char *text, bool on_link, bool autonomous,
                       uint32_t preferred_s, uint32_t valid_s)
{
    struct mn_ndp_prefix o = {cidr6(text), on_link, autonomous, valid_s, preferred_s};
    struct mn_wr w = room(m, 32);
    mn_ndp_prefix_write(&w, &o);
}

static void add_opts(struct message *m, const struct mn_ndp_opts *opts)
{
    struct mn_wr w = room(m, (uint32_t)mn_ndp_opts_len(opts));
    mn_ndp_opts_write(&w, opts);
}

static mn_verdict give(struct fix6 *f, const struct message *m, const char *src, uint8_t hop_limit,
                       bool is_redirect)
{
    struct mn_pkt *pkt = mn_pkt_new(&f->env);
    assert_true(mn_pkt_append(&f->env, pkt, m->bytes, m->len));
    struct mn_ip_rx rx = {
        .src = addr6(src), .dst = addr6("ff02::1"), .proto = MN_PROTO_ICMP6, .ttl = hop_limit};
    mn_verdict verdict =
        is_redirect ? mn_redirect_in(&f->ip, pkt, &rx) : mn_router_in(&f->ip, pkt, &rx);
    mn_pkt_free(&f->env, pkt);
    assert_true(mn_ip6_addr_ok(&f->ip) && mn_ip6_route_ok(&f->ip));
    return verdict;
}

static mn_verdict hear(struct fix6 *f, const struct message *m)
{
    return give(f, m, "fe80::1", 255, false);
}

/* ---- asking ---- */

/* RFC 4861 4.1, 6.3.7. */
static void a_solicitation_goes_to_all_routers_with_our_address(void **state)
{
    struct fix6 *f = *state;
    assert_int_equal(mn_ip6_addr_start(&f->ip), MNET_OK);
    fix6_pass(f, MNET_SEC(2));
    assert_int_equal(f->sent.count, 1);
    assert_addr6(&f->sent.tx.dst, "ff02::2");
    assert_int_equal(f->sent.tx.ttl, 255);
    assert_int_equal(f->sent.tx.proto, MN_PROTO_ICMP6);
    struct mn_ip6_own *own = own6(f, MN_IP6_LINK_LOCAL, 0);
    assert_true(mnet_addr_equal(&f->sent.tx.src, &own->addr));
    static const uint8_t want[] = {133, 0};
    assert_memory_equal(f->sent.bytes, want, 2);
    static const uint8_t option[] = {1, 1, 2, 0, 0, 0x11, 0x22, 0x33};
    assert_int_equal(f->sent.len, 16);
    assert_memory_equal(f->sent.bytes + 8, option, 8);
    mn_sum sum = mn_ip_pseudo_sum(&f->sent.tx.src, &f->sent.tx.dst, 58, f->sent.len);
    assert_int_equal(mn_sum_fold(mn_sum_add(sum, f->sent.bytes, f->sent.len)), 0xffff);
}

/* RFC 7559 2. */
static void pauses_double_up_to_an_hour(void **state)
{
    struct fix6 *f = *state;
    assert_int_equal(mn_ip6_addr_start(&f->ip), MNET_OK);
    mnet_time last = 0, pause = 0;
    unsigned count = 0;
    for (unsigned s = 0; s < 20000; s++) {
        fix6_pass(f, MNET_SEC(1));
        if (f->sent.count == count)
            continue;
        count = f->sent.count;
        mnet_time now_pause = f->env.now - last;
        if (count == 2)
            assert_in_range(now_pause / MNET_SEC(1), 3, 6);
        if (count > 2 && pause < MNET_SEC(1500))
            assert_in_range(now_pause * 10 / pause, 15, 25);
        assert_true(now_pause < MNET_SEC(4000));
        pause = now_pause;
        last = f->env.now;
    }
    assert_in_range(count, 12, 18);
    struct message m = advertisement(1800);
    assert_int_equal(hear(f, &m), MN_DONE);
    fix6_pass(f, MNET_SEC(20000));
    assert_int_equal(f->sent.count, count);
}

static void a_router_that_is_no_default_router_ends_no_asking(void **state)
{
    struct fix6 *f = *state;
    assert_int_equal(mn_ip6_addr_start(&f->ip), MNET_OK);
    struct message m = advertisement(0);
    fix6_pass(f, MNET_SEC(2));
    assert_int_equal(hear(f, &m), MN_DONE);
    fix6_pass(f, MNET_SEC(20));
    assert_true(f->sent.count > 1);
}

/* ---- advertisements ---- */

/* RFC 4861 6.1.2. */
static void invalid_advertisements_are_dropped(void **state)
{
    struct fix6 *f = *state;
    struct message m = advertisement(1800);
    assert_int_equal(give(f, &m, "fe80::1", 254, false), MN_DROP(NDP_HOP_LIMIT));
    assert_int_equal(give(f, &m, "2001:db8::1", 255, false), MN_DROP(NDP_SOURCE));
    m.len = MN_NDP_RA_LEN - 1;
    assert_int_equal(hear(f, &m), MN_DROP(NDP_BAD));
    m = advertisement(1800);
    m.bytes[1] = 1; /* code */
    assert_int_equal(hear(f, &m), MN_DROP(NDP_BAD));
    m = advertisement(1800);
    add_prefix(&m, "2001:db8::/64", true, true, HOUR, HOUR);
    static const uint8_t empty[8] = {99, 0};
    add_raw(&m, empty, 8);
    assert_int_equal(hear(f, &m), MN_DROP(NDP_BAD));
    assert_string_equal(hop6(f, "2001:db8::1"), "none");
    assert_int_equal(f->ip.v6.own_count, 0);
}

static void a_router_becomes_the_default_router(void **state)
{
    struct fix6 *f = *state;
    struct message m = advertisement(1800);
    struct mn_ndp_opts opts = {.has_source_mac = true, .source_mac = router_mac};
    add_opts(&m, &opts);
    assert_int_equal(hear(f, &m), MN_DONE);
    assert_string_equal(hop6(f, "2001:db8::1"), "fe80::1");
    assert_addr6(&f->link.heard, "fe80::1");
    assert_memory_equal(f->link.heard_mac.bytes, router_mac.bytes, 6);
    assert_true(f->link.heard_is_router);
    m = advertisement(0);
    assert_int_equal(hear(f, &m), MN_DONE);
    assert_string_equal(hop6(f, "2001:db8::1"), "none");
}

static void flags_of_a_prefix_say_what_it_is_for(void **state)
{
    struct fix6 *f = *state;
    struct message m = advertisement(1800);
    add_prefix(&m, "2001:db8:1::/64", true, false, HOUR, HOUR);
    add_prefix(&m, "2001:db8:2::/64", false, true, HOUR, HOUR);
    assert_int_equal(hear(f, &m), MN_DONE);
    assert_string_equal(hop6(f, "2001:db8:1::7"), "2001:db8:1::7");
    assert_string_equal(hop6(f, "2001:db8:2::7"), "fe80::1");
    assert_int_equal(own6_count(f, MN_IP6_AUTO), 1);
    assert_int_equal(own6(f, MN_IP6_AUTO, 0)->addr.bytes[5], 2);
}

static void numbers_of_the_link_are_taken_within_bounds(void **state)
{
    struct fix6 *f = *state;
    static const struct {
        uint8_t hop_limit;
        uint32_t mtu;
        uint8_t want_hop_limit;
        uint32_t want_mtu;
    } cases[] = {
        {0, 1400, 64, 1400},   {128, 1280, 128, 1280}, {1, 1279, 128, 1280},
        {31, 1501, 128, 1280}, {32, 1500, 32, 1500},   {255, 0xffffffff, 255, 1500},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct message m = {.len = 0};
        struct mn_ndp_ra ra = {.hop_limit = cases[i].hop_limit,
                               .router_lifetime_s = 1800,
                               .reachable_ms = 12000,
                               .retrans_ms = 500};
        struct mn_wr w = room(&m, MN_NDP_RA_LEN);
        mn_ndp_ra_write(&w, &ra);
        struct mn_ndp_opts opts = {.has_mtu = true, .mtu = cases[i].mtu};
        add_opts(&m, &opts);
        assert_int_equal(hear(f, &m), MN_DONE);
        assert_int_equal(f->ip.v6.hop_limit, cases[i].want_hop_limit);
        assert_int_equal(f->ip.v6.mtu, cases[i].want_mtu);
    }
    assert_int_equal(f->link.reachable_ms, 12000);
    assert_int_equal(f->link.retrans_ms, 500);
}

/* RFC 4191 2.3. */
static void routes_are_taken(void **state)
{
    struct fix6 *f = *state;
    struct message m = advertisement(0);
    struct mn_ndp_route o = {cidr6("2001:db8:7::/48"), 1, HOUR};
    struct mn_wr w = room(&m, 16);
    mn_ndp_route_write(&w, &o);
    assert_int_equal(hear(f, &m), MN_DONE);
    assert_string_equal(hop6(f, "2001:db8:7::1"), "fe80::1");
    assert_string_equal(hop6(f, "2001:db8:8::1"), "none");
    fix6_pass(f, MNET_SEC(HOUR + 1));
    assert_string_equal(hop6(f, "2001:db8:7::1"), "none");
}

static void hear_servers(struct fix6 *f, const char *a, const char *b, uint32_t lifetime_s)
{
    struct message m = advertisement(1800);
    struct mn_ndp_rdnss o = {.lifetime_s = lifetime_s, .count = 2, .server = {addr6(a), addr6(b)}};
    struct mn_wr w = room(&m, 40);
    mn_ndp_rdnss_write(&w, &o);
    assert_int_equal(hear(f, &m), MN_DONE);
}

static unsigned live_servers(const struct fix6 *f)
{
    unsigned count = 0;
    for (unsigned i = 0; i < MN_IP6_DNS_SERVERS; i++)
        count += f->ip.v6.dns.server_until[i] > f->env.now;
    return count;
}

/* RFC 8106 5.1, 5.3.1, 6.1. */
static void dns_servers_are_kept_while_they_live(void **state)
{
    struct fix6 *f = *state;
    hear_servers(f, "2001:db8::53", "2001:db8::54", HOUR);
    hear_servers(f, "2001:db8::53", "2001:db8::54", HOUR);
    assert_int_equal(live_servers(f), 2);
    hear_servers(f, "2001:db8::55", "2001:db8::56", 60);
    hear_servers(f, "2001:db8::57", "2001:db8::58", HOUR); /* no place any more */
    assert_int_equal(live_servers(f), 4);
    assert_addr6(&f->ip.v6.dns.server[0], "2001:db8::53");
    assert_addr6(&f->ip.v6.dns.server[3], "2001:db8::56");
    fix6_pass(f, MNET_SEC(61));
    assert_int_equal(live_servers(f), 2);
    hear_servers(f, "2001:db8::53", "2001:db8::54", 0);
    assert_int_equal(live_servers(f), 0);
}

static void domains_are_kept_while_they_live(void **state)
{
    struct fix6 *f = *state;
    static const uint8_t option[] = {31,  4,   0,   0,   0,   0,   0,   60,  3,   'l', 'a',
                                     'n', 7,   'e', 'x', 'a', 'm', 'p', 'l', 'e', 3,   'o',
                                     'r', 'g', 0,   1,   'x', 0,   0,   0,   0,   0};
    struct message m = advertisement(1800);
    add_raw(&m, option, sizeof option);
    assert_int_equal(hear(f, &m), MN_DONE);
    assert_string_equal(f->ip.v6.dns.domain[0], "lan.example.org");
    assert_string_equal(f->ip.v6.dns.domain[1], "x");
    assert_int_equal(f->ip.v6.dns.domain_until[2], 0);
    fix6_pass(f, MNET_SEC(61));
    assert_true(f->ip.v6.dns.domain_until[0] <= f->env.now);
}

/* ---- redirects ---- */

static mn_verdict redirect(struct fix6 *f, const char *from, const char *dst, const char *target,
                           uint8_t hop_limit)
{
    struct message m = {.len = 0};
    struct mn_ndp_redirect o = {.target = addr6(target), .dst = addr6(dst)};
    struct mn_wr w = room(&m, MN_NDP_REDIRECT_LEN);
    mn_ndp_redirect_write(&w, &o);
    struct mn_ndp_opts opts = {.has_target_mac = true, .target_mac = router_mac};
    add_opts(&m, &opts);
    return give(f, &m, from, hop_limit, true);
}

/* RFC 4861 8.1, 8.3. */
static void redirects_are_checked_and_followed(void **state)
{
    struct fix6 *f = *state;
    struct message m = advertisement(1800);
    assert_int_equal(hear(f, &m), MN_DONE);
    assert_int_equal(redirect(f, "fe80::1", "2001:db8::7", "fe80::2", 254), MN_DROP(NDP_HOP_LIMIT));
    assert_int_equal(redirect(f, "2001:db8::1", "2001:db8::7", "fe80::2", 255),
                     MN_DROP(NDP_SOURCE));
    assert_int_equal(redirect(f, "fe80::1", "2001:db8::7", "2001:db8::9", 255), MN_DROP(NDP_BAD));
    assert_int_equal(redirect(f, "fe80::1", "ff02::7", "fe80::2", 255), MN_DROP(NDP_BAD));
    assert_int_equal(redirect(f, "fe80::3", "2001:db8::7", "fe80::2", 255),
                     MN_DROP(REDIRECT_REFUSED));
    assert_int_equal(f->link.heard_count, 0);
    assert_int_equal(redirect(f, "fe80::1", "2001:db8::7", "fe80::2", 255), MN_DONE);
    assert_string_equal(hop6(f, "2001:db8::7"), "fe80::2");
    assert_true(f->link.heard_is_router);
    assert_int_equal(redirect(f, "fe80::1", "2001:db8::8", "2001:db8::8", 255), MN_DONE);
    assert_string_equal(hop6(f, "2001:db8::8"), "2001:db8::8");
    assert_false(f->link.heard_is_router);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fix6_setup, fix6_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_solicitation_goes_to_all_routers_with_our_address),
        TEST(pauses_double_up_to_an_hour),
        TEST(a_router_that_is_no_default_router_ends_no_asking),
        TEST(invalid_advertisements_are_dropped),
        TEST(a_router_becomes_the_default_router),
        TEST(flags_of_a_prefix_say_what_it_is_for),
        TEST(numbers_of_the_link_are_taken_within_bounds),
        TEST(routes_are_taken),
        TEST(dns_servers_are_kept_while_they_live),
        TEST(domains_are_kept_while_they_live),
        TEST(redirects_are_checked_and_followed),
    };
    return cmocka_run_group_tests_name("router", tests, NULL, NULL);
}
