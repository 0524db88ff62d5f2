/* SPDX-License-Identifier: ISC */
#include "ip6_fixture.h"
#include <wire/mld_hdr.h>

static void join(struct fix6 *f, const char *group)
{
    struct mnet_addr addr = addr6(group);
    assert_int_equal(mn_ip_group_join(&f->ip, &addr), MNET_OK);
}

static mn_verdict give(struct fix6 *f, const uint8_t *bytes, uint32_t len, const char *src,
                       uint8_t hop_limit)
{
    struct mn_pkt *pkt = mn_pkt_new(&f->env);
    assert_true(mn_pkt_append(&f->env, pkt, bytes, len));
    struct mn_ip_rx rx = {
        .src = addr6(src), .dst = addr6("ff02::1"), .proto = MN_PROTO_ICMP6, .ttl = hop_limit};
    mn_verdict verdict = mn_mld_in(&f->ip, pkt, &rx);
    mn_pkt_free(&f->env, pkt);
    return verdict;
}

/* RFC 3810 5.2: from a link-local address, hop limit 1, with a router alert, to ff02::16. */
static void a_report_is_what_routers_and_switches_want(void **state)
{
    struct fix6 *f = *state;
    assert_int_equal(mn_ip6_addr_start(&f->ip), MNET_OK);
    fix6_pass(f, MNET_SEC(2));
    join(f, "ff05::1234");
    const struct sent6 *s = &f->report;
    assert_addr6(&s->tx.dst, "ff02::16");
    assert_int_equal(s->tx.ttl, 1);
    assert_true(mnet_addr_equal(&s->tx.src, &own6(f, MN_IP6_LINK_LOCAL, 0)->addr));
    assert_false(s->tx.is_unspecified);
    static const uint8_t alert[] = {58, 0, 5, 2, 0, 0, 1, 0};
    static const uint8_t record[] = {4, 0, 0, 0, 0xff, 5, 0, 0, 0,    0,
                                     0, 0, 0, 0, 0,    0, 0, 0, 0x12, 0x34};
    assert_int_equal(s->len, 8 + 8 + 20);
    assert_memory_equal(s->bytes, alert, 8);
    assert_int_equal(s->bytes[8], 143);
    assert_memory_equal(s->bytes + 16, record, 20);
    mn_sum sum = mn_ip_pseudo_sum(&s->tx.src, &s->tx.dst, 58, s->len - 8);
    assert_int_equal(mn_sum_fold(mn_sum_add(sum, s->bytes + 8, s->len - 8)), 0xffff);
}

/* RFC 3590 3: the group of an address that is still being probed for. */
static void before_any_address_is_ready_reports_are_from_nowhere(void **state)
{
    struct fix6 *f = *state;
    f->link.is_ready = false;
    assert_int_equal(mn_ip6_addr_start(&f->ip), MNET_OK);
    assert_int_equal(f->report.count, 1);
    assert_true(mnet_addr_is_any(&f->report.tx.src));
    assert_true(f->report.tx.is_unspecified);
    f->link.own_count = 0; /* nothing is left for the teardown to ask about */
    f->ip.v6.own_count = 0;
}

static uint32_t make_query(uint8_t *at, bool is_v2, const char *group, uint16_t code)
{
    struct mn_wr w = mn_wr_over(at, 64);
    struct mn_mld_query q = {.is_v2 = is_v2, .response_code = code, .group = addr6(group)};
    mn_mld_query_write(&w, &q);
    return (uint32_t)w.off;
}

static void queries_come_from_the_link_or_not_at_all(void **state)
{
    struct fix6 *f = *state;
    uint8_t bytes[64];
    join(f, "ff05::7");
    fix6_pass(f, MNET_SEC(2));
    unsigned before = f->report.count;
    uint32_t len = make_query(bytes, true, "::", 1000);
    assert_int_equal(give(f, bytes, len, "2001:db8::1", 1), MN_DROP(MLD_BAD));
    assert_int_equal(give(f, bytes, len, "fe80::1", 2), MN_DROP(MLD_BAD));
    assert_int_equal(give(f, bytes, len - 1, "fe80::1", 1), MN_DROP(MLD_BAD));
    fix6_pass(f, MNET_SEC(2));
    assert_int_equal(f->report.count, before);
    assert_int_equal(give(f, bytes, len, "fe80::1", 1), MN_DONE);
    fix6_pass(f, MNET_SEC(2));
    assert_int_equal(f->report.count, before + 1);
}

/* RFC 2710 3, 4. */
static void an_old_router_hears_reports_and_done(void **state)
{
    struct fix6 *f = *state;
    uint8_t bytes[64];
    join(f, "ff05::7");
    fix6_pass(f, MNET_SEC(2));
    uint32_t len = make_query(bytes, false, "::", 1000);
    assert_int_equal(len, 24);
    assert_int_equal(give(f, bytes, len, "fe80::1", 1), MN_DONE);
    fix6_pass(f, MNET_SEC(2));
    assert_int_equal(f->report.bytes[8], 131);
    assert_addr6(&f->report.tx.dst, "ff05::7");
    assert_int_equal(f->report.len, 8 + 24);
    /* Another host's report is enough. */
    unsigned before = f->report.count;
    assert_int_equal(give(f, bytes, len, "fe80::1", 1), MN_DONE);
    fix6_pass(f, MNET_SEC(2));
    assert_int_equal(f->report.count, before + 1);
    len = make_query(bytes, false, "ff05::7", 1000);
    assert_int_equal(give(f, bytes, len, "fe80::1", 1), MN_DONE);
    uint8_t report[24];
    struct mn_wr w = mn_wr_over(report, sizeof report);
    struct mn_mld1 m = {.type = MN_ICMP6_MLD1_REPORT, .group = addr6("ff05::7")};
    mn_mld1_write(&w, &m);
    assert_int_equal(give(f, report, sizeof report, "fe80::2", 1), MN_DONE);
    fix6_pass(f, MNET_SEC(2));
    assert_int_equal(f->report.count, before + 1);
    struct mnet_addr group = addr6("ff05::7");
    assert_int_equal(mn_ip_group_leave(&f->ip, &group), MNET_OK);
    assert_int_equal(f->report.bytes[8], 132);
    assert_addr6(&f->report.tx.dst, "ff02::2");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fix6_setup, fix6_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_report_is_what_routers_and_switches_want),
        TEST(before_any_address_is_ready_reports_are_from_nowhere),
        TEST(queries_come_from_the_link_or_not_at_all),
        TEST(an_old_router_hears_reports_and_done),
    };
    return cmocka_run_group_tests_name("mld", tests, NULL, NULL);
}
