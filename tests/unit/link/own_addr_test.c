/* SPDX-License-Identifier: ISC */
#include "link6_test.h"

static struct fixture *new_link(void)
{
    struct fixture *f = malloc(sizeof *f);
    assert_non_null(f);
    fixture_prepare(f, 2u << 20);
    assert_int_equal(mn_link_init(&f->link, &f->env, &f->config), MNET_OK);
    return f;
}

static bool has_report(struct fixture *f)
{
    struct mnet_addr addr;
    struct mnet_mac who;
    return mn_link_conflict(&f->link, &addr, &who);
}

/* The n-th address of a mixed lot. */
static struct mnet_addr nth(unsigned n)
{
    return n % 3 == 0 ? mnet_addr_v4(OUR_IP + n) : GLOBAL6(1, (uint8_t)(n + 1));
}

static void test_addresses_of_both_families_share_the_table(void **state)
{
    (void)state;
    struct fixture *f = new_link();
    for (unsigned n = 0; n < MN_LINK_ADDRS; n++) {
        struct mnet_addr addr = nth(n), more = nth(100);
        assert_int_equal(mn_link_addr_add(&f->link, &addr), MNET_OK);
        assert_int_equal(mn_link_addr_add(&f->link, &addr), MNET_ERR_ADDR_IN_USE);
        assert_false(mn_link_addr_is_ready(&f->link, &more));
        assert_false(mn_link_addr_is_taken(&f->link, &more));
        assert_true(mn_link_ok(&f->link));
    }
    struct mnet_addr more = nth(100);
    assert_int_equal(mn_link_addr_add(&f->link, &more), MNET_ERR_NO_MEMORY);
    mn_link_addr_remove(&f->link, &more); /* not there: nothing happens */
    pass(f, MNET_SEC(4));
    for (unsigned n = 0; n < MN_LINK_ADDRS; n++) {
        struct mnet_addr addr = nth(n);
        assert_true(mn_link_addr_is_ready(&f->link, &addr));
        assert_false(mn_link_addr_is_taken(&f->link, &addr));
    }

    /* Any can be removed and another one added. */
    for (unsigned n = 0; n < MN_LINK_ADDRS; n += 2) {
        struct mnet_addr addr = nth(n);
        mn_link_addr_remove(&f->link, &addr);
        assert_false(mn_link_addr_is_ready(&f->link, &addr));
        assert_true(mn_link_ok(&f->link));
    }
    for (unsigned n = 0; n < MN_LINK_ADDRS; n += 2) {
        struct mnet_addr addr = nth(n + 100);
        assert_int_equal(mn_link_addr_add(&f->link, &addr), MNET_OK);
    }
    for (unsigned n = 1; n < MN_LINK_ADDRS; n += 2) {
        struct mnet_addr addr = nth(n);
        assert_true(mn_link_addr_is_ready(&f->link, &addr));
    }
    fixture_free(f);
}

static void test_what_no_host_can_have_is_refused(void **state)
{
    (void)state;
    struct fixture *f = new_link();
    const struct mnet_addr bad[] = {
        ANY6,       mnet_addr_v4(0), mnet_addr_v4(0x7f000001), mnet_addr_v4(0xe0000001),
        ALL_NODES6, {{[15] = 1}} /* ::1 */};
    for (unsigned i = 0; i < COUNT_OF(bad); i++)
        assert_int_equal(mn_link_addr_add(&f->link, &bad[i]), MNET_ERR_INVALID);
    fixture_free(f);
}

static void test_ipv6_waits_for_detection_and_ipv4_does_not(void **state)
{
    (void)state;
    /* RFC 4862 5.4: on all unicast addresses before they are assigned. */
    struct fixture *f = new_link();
    struct mnet_addr v4 = mnet_addr_v4(OUR_IP);
    assert_int_equal(mn_link_addr_add(&f->link, &v4), MNET_OK);
    add6(f, OUR6);
    assert_true(mn_link_addr_is_ready(&f->link, &v4));
    assert_false(is_ready6(f, OUR6));
    fixture_free(f);
}

static void test_removed_address_is_neither_announced_nor_answered_for(void **state)
{
    (void)state;
    struct fixture *f = new_link();
    struct mnet_addr v4 = mnet_addr_v4(OUR_IP), v6 = OUR6;
    const struct mnet_mac mac = OTHER_MAC;
    assert_int_equal(mn_link_addr_add(&f->link, &v4), MNET_OK);
    add6(f, v6);
    mn_link_addr_remove(&f->link, &v4);
    mn_link_addr_remove(&f->link, &v6);
    pass(f, MNET_SEC(5));
    assert_int_equal(f->device.sent_count, 0);
    assert_int_equal(arp_request_comes(f, PEER_IP, PEER_MAC, OUR_IP), MN_DROP(ARP_NOT_OURS));
    assert_int_equal(arp_reply_comes(f, OUR_IP, OTHER_MAC), MN_DROP(ARP_UNASKED));
    assert_int_equal(ndp_comes(f, solicit(PEER6, OUR6, &mac)), MN_DROP(NDP_NOT_OURS));
    assert_int_equal(ndp_comes(f, advert(OUR6, ALL_NODES6, O_FLAG, &mac)), MN_DROP(NDP_UNASKED));
    assert_false(has_report(f));
    assert_int_equal(f->device.sent_count, 0);

    /* Added again, it begins anew. */
    assert_int_equal(mn_link_addr_add(&f->link, &v4), MNET_OK);
    add6(f, v6);
    assert_false(is_ready6(f, v6));
    pass(f, MNET_SEC(5));
    assert_int_equal(f->device.sent_count, 3); /* two announcements, one solicitation */
    assert_true(is_ready6(f, v6));
    fixture_free(f);
}

static void test_report_of_a_removed_address_is_taken_back(void **state)
{
    (void)state;
    struct fixture *f = fixture6_new(0);
    struct mnet_addr v4 = mnet_addr_v4(OUR_IP), v6 = OUR6;
    const struct mnet_mac mac = OTHER_MAC;
    assert_int_equal(arp_reply_comes(f, OUR_IP, OTHER_MAC), MN_DONE);
    assert_int_equal(ndp_comes(f, advert(OUR6, ALL_NODES6, O_FLAG, &mac)), MN_DONE);
    mn_link_addr_remove(&f->link, &v4);
    mn_link_addr_remove(&f->link, &v6);
    assert_false(has_report(f));
    /* Added again, it has no report behind it. */
    add6(f, v6);
    assert_int_equal(ndp_comes(f, advert(OUR6, ALL_NODES6, O_FLAG, &mac)), MN_DONE);
    assert_true(has_report(f));
    fixture_free(f);
}

static char logged[256], logged_source[8];
static unsigned logged_count;

static void sink(struct mnet_log *log, const struct mnet_log_record *record)
{
    (void)log;
    assert_int_equal(record->level, MNET_LOG_WARNING);
    assert_true(strlen(record->message) < sizeof logged);
    assert_true(strlen(record->source) < sizeof logged_source);
    strcpy(logged, record->message);
    strcpy(logged_source, record->source);
    logged_count++;
}

static void test_conflict_is_logged_once(void **state)
{
    (void)state;
    struct fixture *f = fixture6_new(0);
    const struct mnet_mac mac = OTHER_MAC;
    struct mnet_log log = {.sink = sink, .level = MNET_LOG_WARNING};
    f->env.log = &log;
    for (unsigned i = 0; i < 5; i++)
        assert_int_equal(arp_reply_comes(f, OUR_IP, OTHER_MAC), MN_DONE);
    assert_int_equal(logged_count, 1);
    assert_string_equal(logged_source, "arp");
    assert_string_equal(logged, "10.0.0.2 is also used by 02:00:00:00:00:99");
    for (unsigned i = 0; i < 5; i++)
        assert_int_equal(ndp_comes(f, advert(OUR6, ALL_NODES6, O_FLAG, &mac)), MN_DONE);
    assert_int_equal(logged_count, 2);
    assert_string_equal(logged_source, "ndp");
    assert_string_equal(logged, "fe80::77:2 is also used by 02:00:00:00:00:99");
    pass(f, MNET_SEC(11));
    assert_int_equal(ndp_comes(f, advert(OUR6, ALL_NODES6, O_FLAG, NULL)), MN_DONE);
    assert_string_equal(logged, "fe80::77:2 is also used by another host");
    fixture_free(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_addresses_of_both_families_share_the_table),
        cmocka_unit_test(test_what_no_host_can_have_is_refused),
        cmocka_unit_test(test_ipv6_waits_for_detection_and_ipv4_does_not),
        cmocka_unit_test(test_removed_address_is_neither_announced_nor_answered_for),
        cmocka_unit_test(test_report_of_a_removed_address_is_taken_back),
        cmocka_unit_test(test_conflict_is_logged_once),
    };
    return cmocka_run_group_tests_name("link/own_addr", tests, NULL, NULL);
}
