/* SPDX-License-Identifier: ISC
 *
 * What both families have in common; the bytes are in mld_test.c and igmp_test.c. */
#include "ip6_fixture.h"
#include <wire/igmp_hdr.h>

static mnet_err join(struct fix6 *f, const char *group)
{
    struct mnet_addr addr = addr6(group);
    return mn_ip_group_join(&f->ip, &addr);
}

static mnet_err leave(struct fix6 *f, const char *group)
{
    struct mnet_addr addr = addr6(group);
    return mn_ip_group_leave(&f->ip, &addr);
}

static void query(struct fix6 *f, const char *group, uint32_t response_ms, unsigned version)
{
    struct mnet_addr addr = addr6(group);
    bool is_v4 = mnet_addr_is_v4(&addr);
    if (mnet_addr_is_any(&addr))
        addr = mnet_addr_any();
    mn_report_query(&f->ip, is_v4, &addr, response_ms, version, 0, 0);
}

/* The type of the only record of the last MLD report: behind 8 bytes of alert and 8 of report. */
static unsigned record_type(const struct fix6 *f)
{
    return f->report.bytes[16];
}

/* RFC 3810 6.1, RFC 3376 5.1. */
static void a_change_is_told_at_once_and_once_more_within_a_second(void **state)
{
    struct fix6 *f = *state;
    assert_int_equal(join(f, "ff05::7"), MNET_OK);
    assert_int_equal(f->report.count, 1);
    assert_int_equal(record_type(f), MN_GROUP_TO_EXCLUDE);
    fix6_pass(f, MNET_MS(1001));
    assert_int_equal(f->report.count, 2);
    fix6_pass(f, MNET_SEC(1000));
    assert_int_equal(f->report.count, 2);
    assert_int_equal(leave(f, "ff05::7"), MNET_OK);
    assert_int_equal(f->report.count, 3);
    assert_int_equal(record_type(f), MN_GROUP_TO_INCLUDE);
    fix6_pass(f, MNET_MS(1001));
    assert_int_equal(f->report.count, 4);
    fix6_pass(f, MNET_SEC(1000));
    assert_int_equal(f->report.count, 4);
}

static void only_the_first_and_the_last_who_want_a_group_count(void **state)
{
    struct fix6 *f = *state;
    assert_int_equal(join(f, "ff05::7"), MNET_OK);
    assert_int_equal(join(f, "ff05::7"), MNET_OK);
    fix6_pass(f, MNET_SEC(2));
    assert_int_equal(leave(f, "ff05::7"), MNET_OK);
    fix6_pass(f, MNET_SEC(2));
    assert_int_equal(f->report.count, 2);
}

/* RFC 3810 6, RFC 3376 6. */
static void groups_of_everybody_are_not_reported(void **state)
{
    struct fix6 *f = *state;
    assert_int_equal(join(f, "ff02::1"), MNET_OK);
    assert_int_equal(join(f, "ff01::7"), MNET_OK);
    assert_int_equal(join(f, "224.0.0.1"), MNET_OK);
    fix6_pass(f, MNET_SEC(2));
    assert_int_equal(f->report.count + f->igmp.count, 0);
}

static void a_query_is_answered_once_within_its_time(void **state)
{
    struct fix6 *f = *state;
    assert_int_equal(join(f, "ff05::7"), MNET_OK);
    assert_int_equal(join(f, "ff05::8"), MNET_OK);
    fix6_pass(f, MNET_SEC(2));
    unsigned before = f->report.count;
    for (unsigned i = 0; i < 50; i++)
        query(f, "::", 10000, 2);
    fix6_pass(f, MNET_MS(10001));
    assert_int_equal(f->report.count, before + 1);
    assert_int_equal(record_type(f), MN_GROUP_IS_EXCLUDE);
    assert_int_equal(f->report.bytes[15], 2); /* both in one */
    for (unsigned i = 0; i < 50; i++)
        query(f, "ff05::8", 10000, 2);
    query(f, "ff05::9", 10000, 2);
    fix6_pass(f, MNET_MS(10001));
    assert_int_equal(f->report.count, before + 2);
    assert_int_equal(f->report.bytes[16 + 4 + 15], 8);
}

/* RFC 3810 8.2.1, RFC 3376 7.2.1. */
static void an_old_querier_is_answered_in_its_version_until_it_is_forgotten(void **state)
{
    struct fix6 *f = *state;
    assert_int_equal(join(f, "ff05::7"), MNET_OK);
    fix6_pass(f, MNET_SEC(2));
    query(f, "::", 1000, 1);
    fix6_pass(f, MNET_SEC(2));
    assert_int_equal(f->report.bytes[8], 131); /* MLDv1 report */
    assert_addr6(&f->report.tx.dst, "ff05::7");
    query(f, "::", 1000, 2);
    fix6_pass(f, MNET_SEC(2));
    assert_int_equal(f->report.bytes[8], 131);
    fix6_pass(f, MNET_SEC(261));
    query(f, "::", 1000, 2);
    fix6_pass(f, MNET_SEC(2));
    assert_int_equal(f->report.bytes[8], 143);
}

static void somebody_elses_report_is_enough_in_old_versions_only(void **state)
{
    struct fix6 *f = *state;
    struct mnet_addr group = addr6("ff05::7");
    assert_int_equal(join(f, "ff05::7"), MNET_OK);
    fix6_pass(f, MNET_SEC(2));
    unsigned before = f->report.count;
    query(f, "ff05::7", 1000, 2);
    mn_report_heard(&f->ip, &group);
    fix6_pass(f, MNET_SEC(2));
    assert_int_equal(f->report.count, before + 1);
    query(f, "ff05::7", 1000, 1);
    mn_report_heard(&f->ip, &group);
    fix6_pass(f, MNET_SEC(2));
    assert_int_equal(f->report.count, before + 1);
}

static void families_have_queriers_of_their_own(void **state)
{
    struct fix6 *f = *state;
    assert_int_equal(join(f, "ff05::7"), MNET_OK);
    assert_int_equal(join(f, "239.1.1.1"), MNET_OK);
    fix6_pass(f, MNET_SEC(2));
    unsigned v6 = f->report.count, v4 = f->igmp.count;
    mn_report_query(&f->ip, true, &(struct mnet_addr){{0}}, 1000, 1, 0, 0);
    fix6_pass(f, MNET_SEC(2));
    assert_int_equal(f->igmp.count, v4 + 1);
    assert_int_equal(f->report.count, v6);
    query(f, "::", 1000, 2);
    fix6_pass(f, MNET_SEC(2));
    assert_int_equal(f->report.count, v6 + 1);
    assert_int_equal(f->report.bytes[8], 143);
}

static void robustness_is_what_the_querier_says_within_bounds(void **state)
{
    struct fix6 *f = *state;
    struct mnet_addr all = mnet_addr_any();
    mn_report_query(&f->ip, false, &all, 1000, 2, 5, 125);
    fix6_pass(f, MNET_SEC(2)); /* nothing to answer */
    assert_int_equal(join(f, "ff05::7"), MNET_OK);
    fix6_pass(f, MNET_SEC(6));
    assert_int_equal(f->report.count, 5);
    mn_report_query(&f->ip, false, &all, 1000, 2, 255, 125);
    fix6_pass(f, MNET_SEC(2));
    unsigned before = f->report.count;
    assert_int_equal(join(f, "ff05::8"), MNET_OK);
    fix6_pass(f, MNET_SEC(300));
    assert_int_equal(f->report.count, before + MN_REPORT_ROBUSTNESS_MAX);
}

/* All that can be joined, and left again at once: the table holds. */
static void the_table_is_as_large_as_it_must_be(void **state)
{
    struct fix6 *f = *state;
    char text[40];
    for (unsigned round = 0; round < 3; round++) {
        for (unsigned i = 0; i < MN_IP_GROUPS; i++) {
            snprintf(text, sizeof text, "ff05::%x:%x", round, i + 1);
            assert_int_equal(join(f, text), MNET_OK);
            assert_true(mn_report_ok(&f->ip));
        }
        assert_int_equal(join(f, "ff05::ffff"), MNET_ERR_NO_MEMORY);
        for (unsigned i = 0; i < MN_IP_GROUPS; i++) {
            snprintf(text, sizeof text, "ff05::%x:%x", round, i + 1);
            assert_int_equal(leave(f, text), MNET_OK);
            assert_true(mn_report_ok(&f->ip));
        }
    }
    fix6_pass(f, MNET_SEC(10));
    assert_false(mn_timer_is_armed(&f->ip.group_timer));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fix6_setup, fix6_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_change_is_told_at_once_and_once_more_within_a_second),
        TEST(only_the_first_and_the_last_who_want_a_group_count),
        TEST(groups_of_everybody_are_not_reported),
        TEST(a_query_is_answered_once_within_its_time),
        TEST(an_old_querier_is_answered_in_its_version_until_it_is_forgotten),
        TEST(somebody_elses_report_is_enough_in_old_versions_only),
        TEST(families_have_queriers_of_their_own),
        TEST(robustness_is_what_the_querier_says_within_bounds),
        TEST(the_table_is_as_large_as_it_must_be),
    };
    return cmocka_run_group_tests_name("report", tests, NULL, NULL);
}
