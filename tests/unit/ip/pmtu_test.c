/* SPDX-License-Identifier: ISC
 *
 * The path MTU cache. */
#include "ip_fixture.h"

static uint32_t pmtu(struct fix *f, uint32_t dst)
{
    struct mnet_addr a = mnet_addr_v4(dst);
    return mn_ip_pmtu(&f->ip, &a);
}

static uint32_t update(struct fix *f, uint32_t dst, uint32_t mtu)
{
    struct mnet_addr a = mnet_addr_v4(dst);
    uint32_t now = mn_ip_pmtu_update(&f->ip, &a, mtu);
    assert_int_equal(now, pmtu(f, dst));
    assert_true(mn_ip_ok(&f->ip));
    return now;
}

static uint32_t path(struct fix *f, uint32_t dst, bool *may_set_df)
{
    struct mnet_addr a = mnet_addr_v4(dst);
    return mn_ip_path_mtu(&f->ip, &a, may_set_df);
}

static void test_an_unknown_path_takes_what_the_link_takes(void **state)
{
    struct fix *f = *state;
    assert_int_equal(pmtu(f, FAR), 1500);
    f->link.mtu = 9000;
    assert_int_equal(pmtu(f, FAR), 9000);
}

static void test_ourselves_take_everything(void **state)
{
    struct fix *f = *state;
    struct mnet_addr own = mnet_addr_v4(OWN);
    struct mnet_addr peer = mnet_addr_v4(PEER);
    assert_int_equal(pmtu(f, OWN), 65535);
    assert_int_equal(pmtu(f, 0x7f000001), 65535);
    assert_int_equal(update(f, OWN, 600), 65535);
    f->link.gso_max = 30000;
    assert_int_equal(mn_ip_gso_max(&f->ip, &own), 65535);
    assert_int_equal(mn_ip_gso_max(&f->ip, &peer), 30000);
}

static void test_a_report_is_remembered_for_its_destination(void **state)
{
    struct fix *f = *state;
    assert_int_equal(update(f, FAR, 1400), 1400);
    assert_int_equal(pmtu(f, FAR + 1), 1500);
    assert_int_equal(f->env.stats.pmtu_updates, 1);
}

/* RFC 1191 3 MUST: a report never raises the estimate. */
static void test_a_report_never_raises_the_value(void **state)
{
    struct fix *f = *state;
    assert_int_equal(update(f, FAR, 1400), 1400);
    assert_int_equal(update(f, FAR, 1450), 1400);
    assert_int_equal(update(f, FAR, 9000), 1400);
    assert_int_equal(update(f, FAR, 1200), 1200);
    assert_int_equal(update(f, FAR + 1, 1500), 1500);
    assert_int_equal(update(f, FAR + 1, 65535), 1500);
    assert_int_equal(f->env.stats.pmtu_updates, 2);
}

/* RFC 1191 6.3: forgotten after ten minutes. */
static void test_a_value_is_forgotten_after_ten_minutes(void **state)
{
    struct fix *f = *state;
    (void)update(f, FAR, 1400);
    fix_pass(f, MNET_SEC(300));
    (void)update(f, FAR + 1, 1300);
    fix_pass(f, MNET_SEC(299));
    assert_int_equal(pmtu(f, FAR), 1400);
    fix_pass(f, MNET_SEC(1));
    assert_int_equal(pmtu(f, FAR), 1500);
    assert_int_equal(pmtu(f, FAR + 1), 1300);
    fix_pass(f, MNET_SEC(300));
    assert_int_equal(pmtu(f, FAR + 1), 1500);
    assert_int_equal(update(f, FAR, 1450), 1450);
}

/* A forged report cannot make us send tiny packets, and a true one still gets through: without DF.
 */
static void test_a_value_below_the_floor_clears_df_instead(void **state)
{
    struct fix *f = *state;
    bool df;
    assert_int_equal(path(f, FAR, &df), 1500);
    assert_true(df);
    assert_int_equal(update(f, FAR, 68), 552);
    assert_int_equal(path(f, FAR, &df), 552);
    assert_false(df);
    assert_int_equal(update(f, FAR + 1, 0), 552);
    assert_int_equal(update(f, FAR + 2, 552), 552);
    assert_int_equal(path(f, FAR + 2, &df), 552);
    assert_true(df);
}

static void test_a_smaller_link_mtu_counts_more(void **state)
{
    struct fix *f = *state;
    (void)update(f, FAR, 1400);
    f->link.mtu = 1300;
    assert_int_equal(pmtu(f, FAR), 1300);
}

static void test_nonsense_destinations_store_nothing(void **state)
{
    struct fix *f = *state;
    struct mnet_addr none = mnet_addr_any();
    (void)mn_ip_pmtu_update(&f->ip, &none, 1300);
    (void)update(f, 0, 600);
    assert_int_equal(f->env.stats.pmtu_updates, 0);
}

/* RFC 8201 4: values of IPv6 lie beside those of IPv4, and never below 1280. */
static void test_both_families_have_their_values_and_floors(void **state)
{
    struct fix *f = *state;
    struct mnet_addr a = {{0x20, 1, [15] = 7}}, b = {{0x20, 1, [15] = 8}};
    assert_int_equal(mn_ip_pmtu(&f->ip, &a), 1500);
    assert_int_equal(mn_ip_pmtu_update(&f->ip, &a, 1400), 1400);
    assert_int_equal(mn_ip_pmtu_update(&f->ip, &a, 1450), 1400);
    assert_int_equal(update(f, FAR, 1300), 1300);
    assert_int_equal(mn_ip_pmtu(&f->ip, &a), 1400);
    assert_int_equal(mn_ip_pmtu(&f->ip, &b), 1500);
    assert_int_equal(mn_ip_pmtu_update(&f->ip, &b, 600), 1280);
    assert_true(mn_ip_ok(&f->ip));
    fix_pass(f, MNET_SEC(600));
    assert_int_equal(mn_ip_pmtu(&f->ip, &a), 1500);
}

/* RFC 4861 6.3.4: a router's word on the link counts for IPv6, up to what the link really takes. */
static void test_what_routers_say_of_the_link_is_for_ipv6(void **state)
{
    struct fix *f = *state;
    struct mnet_addr a = {{0x20, 1, [15] = 7}};
    f->ip.v6.mtu = 1400;
    assert_int_equal(mn_ip_pmtu(&f->ip, &a), 1400);
    assert_int_equal(pmtu(f, FAR), 1500);
    f->link.mtu = 1300;
    assert_int_equal(mn_ip_pmtu(&f->ip, &a), 1300);
}

/* A flood of reports keeps to the table, and the newest are in it. */
static void test_the_table_is_bounded_and_prefers_the_newest(void **state)
{
    struct fix *f = *state;
    for (uint32_t i = 0; i < 5000; i++) {
        f->env.now += MNET_MS(1);
        assert_int_equal(update(f, 0xc0000000 + i, 1000), 1000);
    }
    uint32_t live = 0;
    uint32_t young = 0;
    for (uint32_t i = 0; i < 5000; i++) {
        live += pmtu(f, 0xc0000000 + i) == 1000;
        young += i >= 4900 && pmtu(f, 0xc0000000 + i) == 1000;
    }
    assert_true(live > MN_IP_PMTUS / 2 && live <= MN_IP_PMTUS);
    assert_true(young > 90);
}

/* RFC 1191 7.1. */
static void test_plateaus_are_below_the_packet_that_was_refused(void **state)
{
    (void)state;
    assert_int_equal(mn_ip_pmtu_plateau(65535), 32000);
    assert_int_equal(mn_ip_pmtu_plateau(1500), 1492);
    assert_int_equal(mn_ip_pmtu_plateau(1492), 1006);
    assert_int_equal(mn_ip_pmtu_plateau(576), 508);
    assert_int_equal(mn_ip_pmtu_plateau(69), 68);
    assert_int_equal(mn_ip_pmtu_plateau(20), 68);
    for (uint32_t len = 69; len < 65536; len++)
        assert_true(mn_ip_pmtu_plateau(len) < len);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, fix_setup, fix_teardown)
    const struct CMUnitTest tests[] = {
        T(test_an_unknown_path_takes_what_the_link_takes),
        T(test_ourselves_take_everything),
        T(test_a_report_is_remembered_for_its_destination),
        T(test_a_report_never_raises_the_value),
        T(test_a_value_is_forgotten_after_ten_minutes),
        T(test_a_value_below_the_floor_clears_df_instead),
        T(test_a_smaller_link_mtu_counts_more),
        T(test_nonsense_destinations_store_nothing),
        T(test_both_families_have_their_values_and_floors),
        T(test_what_routers_say_of_the_link_is_for_ipv6),
        T(test_the_table_is_bounded_and_prefers_the_newest),
        T(test_plateaus_are_below_the_packet_that_was_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
