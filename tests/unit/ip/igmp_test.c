/* SPDX-License-Identifier: ISC */
#include "ip6_fixture.h"
#include <wire/igmp_hdr.h>

static void join(struct fix6 *f, const char *group)
{
    struct mnet_addr addr = addr6(group);
    assert_int_equal(mn_ip_group_join(&f->ip, &addr), MNET_OK);
}

static mn_verdict give(struct fix6 *f, uint8_t *bytes, uint32_t len, bool is_good)
{
    bytes[2] = bytes[3] = 0;
    uint16_t sum = mn_sum_finish(mn_sum_add(0, bytes, len));
    bytes[2] = (uint8_t)((sum >> 8) ^ !is_good);
    bytes[3] = (uint8_t)sum;
    struct mn_pkt *pkt = mn_pkt_new(&f->env);
    assert_true(mn_pkt_append(&f->env, pkt, bytes, len));
    struct mn_ip_rx rx = {.proto = MN_PROTO_IGMP, .ttl = 1};
    mn_verdict verdict = mn_igmp_in(&f->ip, pkt, &rx);
    mn_pkt_free(&f->env, pkt);
    return verdict;
}

static uint32_t make_query(uint8_t *at, uint8_t version, uint32_t group, uint8_t code)
{
    struct mn_wr w = mn_wr_over(at, 64);
    struct mn_igmp_query q = {.version = version, .response_code = code, .group = group};
    mn_igmp_query_write(&w, &q);
    return (uint32_t)w.off;
}

/* RFC 3376 4, 4.2: TTL 1, router alert, precedence, to 224.0.0.22. */
static void a_report_is_what_routers_and_switches_want(void **state)
{
    struct fix6 *f = *state;
    f->source4 = addr6("10.0.0.2");
    join(f, "239.1.2.3");
    const uint8_t *b = f->igmp.bytes;
    assert_int_equal(f->igmp.count, 1);
    assert_int_equal(f->igmp.len, 24 + 8 + 8);
    static const uint8_t head[] = {0x46, 0xc0, 0, 40, 0, 0, 0x40, 0, 1, 2};
    assert_memory_equal(b, head, sizeof head);
    static const uint8_t ends[] = {10, 0, 0, 2, 224, 0, 0, 22, 0x94, 4, 0, 0};
    assert_memory_equal(b + 12, ends, sizeof ends);
    assert_int_equal(mn_sum_fold(mn_sum_add(0, b, 24)), 0xffff);
    assert_int_equal(mn_sum_fold(mn_sum_add(0, b + 24, 16)), 0xffff);
    static const uint8_t report[] = {0x22, 0};
    static const uint8_t rest[] = {0, 0, 0, 1, 4, 0, 0, 0, 239, 1, 2, 3};
    assert_memory_equal(b + 24, report, 2);
    assert_memory_equal(b + 28, rest, sizeof rest);
}

static void without_an_address_reports_are_from_nowhere(void **state)
{
    struct fix6 *f = *state;
    join(f, "239.1.2.3");
    static const uint8_t nowhere[4];
    assert_memory_equal(f->igmp.bytes + 12, nowhere, 4);
}

static void queries_are_answered_if_their_checksum_is_right(void **state)
{
    struct fix6 *f = *state;
    uint8_t bytes[64];
    join(f, "239.1.2.3");
    fix6_pass(f, MNET_SEC(2));
    unsigned before = f->igmp.count;
    uint32_t len = make_query(bytes, 3, 0, 10);
    assert_int_equal(len, 12);
    assert_int_equal(give(f, bytes, len, false), MN_DROP(MLD_BAD));
    fix6_pass(f, MNET_SEC(2));
    assert_int_equal(f->igmp.count, before);
    assert_int_equal(give(f, bytes, len, true), MN_DONE);
    fix6_pass(f, MNET_MS(1001));
    assert_int_equal(f->igmp.count, before + 1);
    assert_int_equal(f->igmp.bytes[32], MN_GROUP_IS_EXCLUDE);
}

/* RFC 2236 3, 6. */
static void a_v2_router_hears_reports_and_leaving(void **state)
{
    struct fix6 *f = *state;
    uint8_t bytes[64];
    join(f, "239.1.2.3");
    fix6_pass(f, MNET_SEC(2));
    uint32_t len = make_query(bytes, 2, 0, 10);
    assert_int_equal(give(f, bytes, len, true), MN_DONE);
    fix6_pass(f, MNET_SEC(2));
    assert_int_equal(f->igmp.bytes[24], MN_IGMP_V2_REPORT);
    assert_addr6(&f->igmp.tx.dst, "239.1.2.3");
    struct mnet_addr group = addr6("239.1.2.3");
    assert_int_equal(mn_ip_group_leave(&f->ip, &group), MNET_OK);
    assert_int_equal(f->igmp.bytes[24], MN_IGMP_V2_LEAVE);
    assert_addr6(&f->igmp.tx.dst, "224.0.0.2");
}

/* RFC 1112 appendix I: no leaving; ten seconds to answer. */
static void a_v1_router_hears_reports_only(void **state)
{
    struct fix6 *f = *state;
    uint8_t bytes[64];
    join(f, "239.1.2.3");
    fix6_pass(f, MNET_SEC(2));
    uint32_t len = make_query(bytes, 1, 0, 0);
    assert_int_equal(give(f, bytes, len, true), MN_DONE);
    fix6_pass(f, MNET_MS(10001));
    assert_int_equal(f->igmp.bytes[24], MN_IGMP_V1_REPORT);
    unsigned before = f->igmp.count;
    struct mnet_addr group = addr6("239.1.2.3");
    assert_int_equal(mn_ip_group_leave(&f->ip, &group), MNET_OK);
    fix6_pass(f, MNET_SEC(2));
    assert_int_equal(f->igmp.count, before);
}

static void another_hosts_report_is_enough_for_old_routers(void **state)
{
    struct fix6 *f = *state;
    uint8_t bytes[64];
    join(f, "239.1.2.3");
    fix6_pass(f, MNET_SEC(2));
    uint32_t len = make_query(bytes, 2, 0xef010203, 100);
    assert_int_equal(give(f, bytes, len, true), MN_DONE);
    struct mn_wr w = mn_wr_over(bytes, sizeof bytes);
    struct mn_igmp_report1 m = {.type = MN_IGMP_V2_REPORT, .group = 0xef010203};
    mn_igmp_report1_write(&w, &m);
    unsigned before = f->igmp.count;
    assert_int_equal(give(f, bytes, 8, true), MN_DONE);
    fix6_pass(f, MNET_SEC(20));
    assert_int_equal(f->igmp.count, before);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fix6_setup, fix6_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_report_is_what_routers_and_switches_want),
        TEST(without_an_address_reports_are_from_nowhere),
        TEST(queries_are_answered_if_their_checksum_is_right),
        TEST(a_v2_router_hears_reports_and_leaving),
        TEST(a_v1_router_hears_reports_only),
        TEST(another_hosts_report_is_enough_for_old_routers),
    };
    return cmocka_run_group_tests_name("igmp", tests, NULL, NULL);
}
