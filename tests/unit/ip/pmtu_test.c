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

/* -- the search: RFC 4821, RFC 8899 -- */

static uint32_t next(struct fix *f, uint32_t mtu, uint32_t most, mnet_time *again)
{
    struct mnet_addr a = mnet_addr_v4(FAR);
    uint32_t size = mn_ip_pmtu_probe(&f->ip, &a, mtu, most, again);
    assert_true(size == 0 || (size > mtu && size <= most));
    return size;
}

static void probed(struct fix *f, uint32_t mtu, uint32_t size, bool has_arrived)
{
    struct mnet_addr a = mnet_addr_v4(FAR);
    mn_ip_pmtu_probed(&f->ip, &a, mtu, size, has_arrived);
    assert_true(mn_ip_ok(&f->ip));
}

static void fell(struct fix *f, uint32_t mtu, uint32_t lost)
{
    struct mnet_addr a = mnet_addr_v4(FAR);
    mn_ip_pmtu_fell(&f->ip, &a, mtu, lost);
    assert_true(mn_ip_ok(&f->ip));
}

/* Plays a path that takes `truth` until the search is over; how many probes were lost. */
static unsigned search(struct fix *f, uint32_t truth, uint32_t most)
{
    unsigned lost = 0;
    uint32_t size;
    mnet_time again;
    for (int i = 0; i < 100; i++) {
        uint32_t mtu = pmtu(f, FAR);
        size = next(f, mtu, most, &again);
        if (size == 0)
            return lost;
        probed(f, mtu, size, size <= truth);
        lost += size > truth;
    }
    fail_msg("the search does not end");
    return 0;
}

static void test_nothing_is_searched_on_a_path_that_is_not_narrow(void **state)
{
    struct fix *f = *state;
    mnet_time again;
    assert_int_equal(next(f, 1500, 1500, &again), 0);
    assert_int_equal(again, MNET_NEVER);
    (void)update(f, FAR, 1000);
    assert_int_equal(next(f, 1000, 1000, &again), 0);
    assert_int_equal(again, MNET_NEVER);
    struct mnet_addr own = mnet_addr_v4(OWN);
    assert_int_equal(mn_ip_pmtu_probe(&f->ip, &own, 1000, 65535, &again), 65535);
    assert_int_equal(mn_ip_pmtu_fallback(&f->ip, &own, 1500), 1500);
}

/* RFC 2923 2.1, RFC 8899 5.1.2: what to fall back to; IPv6 never below 1280. */
static void test_the_sizes_to_fall_back_to(void **state)
{
    struct fix *f = *state;
    struct mnet_addr a = mnet_addr_v4(FAR), b = {{0x20, 1, [15] = 7}};
    static const uint32_t rows4[][2] = {{9000, 1240}, {1500, 1240}, {1241, 1240},
                                        {1240, 576},  {577, 576},   {576, 576}};
    for (size_t i = 0; i < sizeof rows4 / sizeof rows4[0]; i++)
        assert_int_equal(mn_ip_pmtu_fallback(&f->ip, &a, rows4[i][0]), rows4[i][1]);
    static const uint32_t rows6[][2] = {{9000, 1280}, {1281, 1280}, {1280, 1280}, {600, 600}};
    for (size_t i = 0; i < sizeof rows6 / sizeof rows6[0]; i++)
        assert_int_equal(mn_ip_pmtu_fallback(&f->ip, &b, rows6[i][0]), rows6[i][1]);
}

static void test_a_fall_is_for_all_and_tries_first_what_was_lost(void **state)
{
    struct fix *f = *state;
    mnet_time again;
    fell(f, 1240, 1500);
    assert_int_equal(pmtu(f, FAR), 1240);
    assert_int_equal(pmtu(f, FAR + 1), 1500);
    assert_int_equal(next(f, 1240, 1500, &again), 1500);
    /* If it was only an interruption, nothing is left of it. */
    probed(f, 1240, 1500, true);
    assert_int_equal(pmtu(f, FAR), 1500);
    assert_int_equal(next(f, 1500, 1500, &again), 0);
    assert_int_equal(again, MNET_NEVER);
    f->link.mtu = 9000;
    assert_int_equal(pmtu(f, FAR), 9000);
}

/* A fall below what the link takes, on a path that a report has made narrow before. */
static void test_a_fall_keeps_what_a_report_has_said(void **state)
{
    struct fix *f = *state;
    mnet_time again;
    (void)update(f, FAR, 1400);
    fell(f, 1240, 1500);
    assert_int_equal(pmtu(f, FAR), 1240);
    assert_int_equal(next(f, 1240, 1500, &again), 1400);
}

/* RFC 4821 7.3: the search comes within a few bytes of the truth, whatever it is. */
static void test_a_search_finds_the_truth_to_within_its_grain(void **state)
{
    struct fix *f = *state;
    for (uint32_t truth = 1240; truth <= 1500; truth++) {
        fell(f, 1240, 1500);
        unsigned lost = search(f, truth, 1500);
        assert_in_range(pmtu(f, FAR), truth - 7, truth);
        assert_true(lost <= 3 * 7);
        fix_pass(f, MNET_SEC(660));
    }
    f->link.mtu = 9000;
    fell(f, 1240, 9000);
    (void)search(f, 8000, 9000);
    assert_in_range(pmtu(f, FAR), 8000 - 7, 8000);
}

/* RFC 8899 5.1.2 MAX_PROBES. */
static void test_a_size_is_given_up_after_three_losses_in_a_row(void **state)
{
    struct fix *f = *state;
    mnet_time again;
    fell(f, 1240, 1500);
    probed(f, 1240, 1500, false);
    probed(f, 1240, 1500, false);
    assert_int_equal(next(f, 1240, 1500, &again), 1500);
    probed(f, 1240, 1500, false);
    assert_int_equal(next(f, 1240, 1500, &again), 1370);
    probed(f, 1240, 1370, false);
    probed(f, 1240, 1370, false);
    probed(f, 1240, 1370, true);
    assert_int_equal(pmtu(f, FAR), 1370);
    /* Losses of before do not count for the next size. */
    assert_int_equal(next(f, 1370, 1500, &again), 1435);
    probed(f, 1370, 1435, false);
    assert_int_equal(next(f, 1370, 1500, &again), 1435);
    /* Nor do late ones of sizes that are settled. */
    for (int i = 0; i < 3; i++) {
        probed(f, 1240, 1370, false);
        probed(f, 1240, 1500, false);
    }
    assert_int_equal(next(f, 1370, 1500, &again), 1435);
    assert_int_equal(pmtu(f, FAR), 1370);
    probed(f, 1370, 1435, false);
    probed(f, 1370, 1435, false);
    assert_int_equal(next(f, 1370, 1500, &again), 1402);
    for (int i = 0; i < 3; i++)
        probed(f, 1240, 1500, false);
    assert_int_equal(next(f, 1370, 1500, &again), 1402);
}

/* The peer's offer bounds the probes of one connection, not the search. */
static void test_a_search_goes_no_further_than_the_peer_takes(void **state)
{
    struct fix *f = *state;
    mnet_time again;
    fell(f, 1240, 1500);
    assert_int_equal(next(f, 1240, 1400, &again), 1400);
    probed(f, 1240, 1400, true);
    assert_int_equal(next(f, 1400, 1400, &again), 0);
    assert_int_equal(again, MNET_NEVER);
    assert_int_equal(next(f, 1400, 1500, &again), 1500);
}

/* What one connection has found, the others try at once. */
static void test_what_another_connection_found_is_tried_next(void **state)
{
    struct fix *f = *state;
    mnet_time again;
    fell(f, 1240, 1500);
    (void)search(f, 1400, 1500);
    uint32_t found = pmtu(f, FAR);
    assert_int_equal(next(f, 1240, 1500, &again), found);
    assert_int_equal(next(f, 1240, 1300, &again), 1300);
}

/* RFC 8899 5.1.1 PMTU_RAISE_TIMER, RFC 4821 7.2, RFC 8201 4: ten minutes after a search, another
 * one; by probes while there is somebody to send them. */
static void test_the_search_begins_again_after_ten_minutes(void **state)
{
    struct fix *f = *state;
    mnet_time again;
    fell(f, 1240, 1500);
    (void)search(f, 1400, 1500);
    uint32_t found = pmtu(f, FAR);
    assert_int_equal(next(f, found, 1500, &again), 0);
    assert_int_equal(again, f->env.now + MNET_SEC(600));
    fix_pass(f, MNET_SEC(599));
    assert_int_equal(next(f, found, 1500, &again), 0);
    fix_pass(f, MNET_SEC(1));
    assert_int_equal(next(f, found, 1500, &again), 1500);
    assert_int_equal(pmtu(f, FAR), found);
    probed(f, found, 1500, false);
    /* Which keeps the entry for others. */
    fix_pass(f, MNET_SEC(300));
    assert_int_equal(pmtu(f, FAR), found);
    (void)search(f, 1450, 1500);
    assert_in_range(pmtu(f, FAR), 1450 - 7, 1450);
}

static void test_what_was_found_and_nobody_uses_is_forgotten(void **state)
{
    struct fix *f = *state;
    fell(f, 1240, 1500);
    fix_pass(f, MNET_SEC(659));
    assert_int_equal(pmtu(f, FAR), 1240);
    fix_pass(f, MNET_SEC(1));
    assert_int_equal(pmtu(f, FAR), 1500);
}

/* A report's value is forgotten after ten minutes; who still sends less tries by a probe. */
static void test_after_a_report_is_forgotten_a_probe_comes_first(void **state)
{
    struct fix *f = *state;
    mnet_time again;
    (void)update(f, FAR, 1400);
    assert_int_equal(next(f, 1400, 1500, &again), 0);
    assert_int_equal(again, f->env.now + MNET_SEC(600));
    fix_pass(f, MNET_SEC(600));
    assert_int_equal(next(f, 1400, 1500, &again), 1500);
    probed(f, 1400, 1500, true);
    assert_int_equal(pmtu(f, FAR), 1500);
    probed(f, 1400, 1500, false);
    assert_int_equal(pmtu(f, FAR), 1400);
    assert_int_equal(next(f, 1400, 1500, &again), 1500);
}

/* RFC 8899 4.6: a report about a probe says where the search ends. */
static void test_a_report_about_a_probe_ends_the_search(void **state)
{
    struct fix *f = *state;
    mnet_time again;
    fell(f, 1240, 1500);
    assert_int_equal(update(f, FAR, 1400), 1240);
    assert_int_equal(next(f, 1240, 1500, &again), 1400);
    probed(f, 1240, 1500, false);
    assert_int_equal(next(f, 1240, 1500, &again), 1400);
    probed(f, 1240, 1400, true);
    assert_int_equal(next(f, 1400, 1500, &again), 0);
}

/* A path narrower than the floor is used without DF; a probe that arrives, with DF, ends that. */
static void test_a_probe_that_arrives_brings_df_back(void **state)
{
    struct fix *f = *state;
    bool df;
    (void)update(f, FAR, 300);
    probed(f, 552, 600, true);
    assert_int_equal(path(f, FAR, &df), 600);
    assert_true(df);
}

/* RFC 8201 4: IPv6 likewise, and never below 1280. */
static void test_both_families_are_searched(void **state)
{
    struct fix *f = *state;
    struct mnet_addr a = {{0x20, 1, [15] = 7}};
    mnet_time again;
    mn_ip_pmtu_fell(&f->ip, &a, 1100, 1500);
    assert_int_equal(mn_ip_pmtu(&f->ip, &a), 1500);
    mn_ip_pmtu_fell(&f->ip, &a, 1280, 1500);
    assert_int_equal(mn_ip_pmtu(&f->ip, &a), 1280);
    mn_ip_pmtu_probed(&f->ip, &a, 1280, 1500, false);
    mn_ip_pmtu_probed(&f->ip, &a, 1280, 1500, false);
    mn_ip_pmtu_probed(&f->ip, &a, 1280, 1500, false);
    assert_int_equal(mn_ip_pmtu_probe(&f->ip, &a, 1280, 1500, &again), 1390);
    mn_ip_pmtu_probed(&f->ip, &a, 1280, 1390, true);
    assert_int_equal(mn_ip_pmtu(&f->ip, &a), 1390);
    assert_int_equal(pmtu(f, FAR), 1500);
    assert_true(mn_ip_ok(&f->ip));
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
        T(test_nothing_is_searched_on_a_path_that_is_not_narrow),
        T(test_the_sizes_to_fall_back_to),
        T(test_a_fall_is_for_all_and_tries_first_what_was_lost),
        T(test_a_fall_keeps_what_a_report_has_said),
        T(test_a_search_finds_the_truth_to_within_its_grain),
        T(test_a_size_is_given_up_after_three_losses_in_a_row),
        T(test_a_search_goes_no_further_than_the_peer_takes),
        T(test_what_another_connection_found_is_tried_next),
        T(test_the_search_begins_again_after_ten_minutes),
        T(test_what_was_found_and_nobody_uses_is_forgotten),
        T(test_after_a_report_is_forgotten_a_probe_comes_first),
        T(test_a_report_about_a_probe_ends_the_search),
        T(test_a_probe_that_arrives_brings_df_back),
        T(test_both_families_are_searched),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
