/* SPDX-License-Identifier: ISC */
#include "ip6_fixture.h"

#define HOUR 3600u
#define DAY 86400u

static void prefix(struct fix6 *f, const char *text, uint32_t preferred_s, uint32_t valid_s)
{
    struct mnet_cidr cidr = cidr6(text);
    struct mnet_addr router = addr6("fe80::1");
    mn_ip6_addr_prefix(&f->ip, &cidr, &router, preferred_s, valid_s);
    assert_true(mn_ip6_addr_ok(&f->ip));
}

/* Seconds that are left until `at`. */
static uint32_t left(const struct fix6 *f, mnet_time at)
{
    return (uint32_t)((at - f->env.now) / MNET_SEC(1));
}

static void the_link_local_address_comes_first(void **state)
{
    struct fix6 *f = *state;
    assert_int_equal(mn_ip6_addr_start(&f->ip), MNET_OK);
    struct mn_ip6_own *own = own6(f, MN_IP6_LINK_LOCAL, 0);
    assert_true(mn_ip6_is_link_local(&own->addr));
    assert_int_equal(f->link.own_count, 1);
    /* RFC 4862 5.4.2: its solicited-node group was joined. */
    struct mnet_addr group = mn_ip6_solicited_node(&own->addr);
    assert_true(mn_ip_group_is_joined(&f->ip, &group));
    assert_true(own->valid_until == MNET_NEVER);
}

static void routers_are_asked_once_it_is_ready(void **state)
{
    struct fix6 *f = *state;
    f->link.is_ready = false;
    assert_int_equal(mn_ip6_addr_start(&f->ip), MNET_OK);
    fix6_pass(f, MNET_SEC(3));
    assert_int_equal(f->sent.count, 0);
    assert_false(mn_timer_is_armed(&f->ip.v6.router_timer));
    f->link.is_ready = true;
    fix6_pass(f, MNET_SEC(2));
    assert_int_equal(f->sent.count, 1);
}

static void what_cannot_be_an_address_is_refused(void **state)
{
    struct fix6 *f = *state;
    static const char *const bad[] = {"::/0", "::1/128", "ff02::1/64", "10.0.0.1/24"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct mnet_cidr cidr = cidr6(bad[i]);
        assert_int_equal(mn_ip6_addr_add(&f->ip, &cidr, MN_IP6_MANUAL, MNET_NEVER, MNET_NEVER),
                         MNET_ERR_INVALID);
    }
    struct mnet_cidr good = cidr6("2001:db8::2/64");
    assert_int_equal(mn_ip6_addr_add(&f->ip, &good, MN_IP6_MANUAL, MNET_NEVER, MNET_NEVER),
                     MNET_OK);
    assert_int_equal(mn_ip6_addr_add(&f->ip, &good, MN_IP6_MANUAL, MNET_NEVER, MNET_NEVER),
                     MNET_ERR_ADDR_IN_USE);
    assert_int_equal(mn_ip6_addr_remove(&f->ip, &good.addr), MNET_OK);
    assert_int_equal(mn_ip6_addr_remove(&f->ip, &good.addr), MNET_ERR_ADDR_NOT_AVAIL);
    assert_int_equal(f->link.own_count, 0);
    struct mnet_addr group = mn_ip6_solicited_node(&good.addr);
    assert_false(mn_ip_group_is_joined(&f->ip, &group));
}

static void the_table_is_bounded(void **state)
{
    struct fix6 *f = *state;
    struct mnet_cidr cidr = cidr6("2001:db8::1/64");
    for (unsigned i = 0; i < MN_IP6_ADDRS; i++) {
        cidr.addr.bytes[14] = (uint8_t)(i + 1);
        assert_int_equal(mn_ip6_addr_add(&f->ip, &cidr, MN_IP6_MANUAL, MNET_NEVER, MNET_NEVER),
                         MNET_OK);
    }
    cidr.addr.bytes[14] = 0xff;
    assert_int_equal(mn_ip6_addr_add(&f->ip, &cidr, MN_IP6_MANUAL, MNET_NEVER, MNET_NEVER),
                     MNET_ERR_NO_MEMORY);
}

static void an_address_that_link_refuses_leaves_nothing(void **state)
{
    struct fix6 *f = *state;
    struct mnet_cidr cidr = cidr6("2001:db8::2/64");
    struct mnet_addr group = mn_ip6_solicited_node(&cidr.addr);
    f->link.refuse = MNET_ERR_NO_MEMORY;
    assert_int_equal(mn_ip6_addr_add(&f->ip, &cidr, MN_IP6_MANUAL, MNET_NEVER, MNET_NEVER),
                     MNET_ERR_NO_MEMORY);
    assert_int_equal(f->ip.v6.own_count, 0);
    assert_false(mn_ip_group_is_joined(&f->ip, &group));
}

/* RFC 4862 5.5.3. */
static void a_prefix_makes_an_address(void **state)
{
    struct fix6 *f = *state;
    prefix(f, "2001:db8:1:2::/64", HOUR, DAY);
    struct mn_ip6_own *own = own6(f, MN_IP6_AUTO, 0);
    struct mnet_cidr net = cidr6("2001:db8:1:2::/64");
    assert_true(mnet_cidr_contains(&net, &own->addr));
    assert_int_equal(left(f, own->preferred_until), HOUR);
    assert_int_equal(left(f, own->valid_until), DAY);
    prefix(f, "2001:db8:1:2::/64", HOUR, DAY);
    assert_int_equal(own6_count(f, MN_IP6_AUTO), 1);
}

static void prefixes_that_make_none(void **state)
{
    struct fix6 *f = *state;
    prefix(f, "2001:db8::/48", HOUR, DAY); /* 5.5.3 (d): identifiers have 64 bits */
    prefix(f, "2001:db8::/65", HOUR, DAY);
    prefix(f, "fe80::/64", HOUR, DAY); /* (b) */
    prefix(f, "ff05::/64", HOUR, DAY);
    prefix(f, "2001:db8::/64", DAY + 1, DAY); /* (c) */
    prefix(f, "2001:db8::/64", 0, 0);         /* (d): of no use from the beginning */
    assert_int_equal(f->ip.v6.own_count, 0);
}

static void static_and_off_make_none(void **state)
{
    (void)state;
    static const enum mnet_ipv6_mode modes[] = {MNET_IPV6_STATIC, MNET_IPV6_OFF};
    for (size_t i = 0; i < 2; i++) {
        struct fix6 *f = fix6_new(modes[i]);
        prefix(f, "2001:db8::/64", HOUR, DAY);
        assert_int_equal(f->ip.v6.own_count, 0);
        fix6_free(f);
    }
}

static void a_flood_of_prefixes_makes_few_addresses(void **state)
{
    struct fix6 *f = *state;
    f->ip.v6.wants_temporary = true;
    assert_int_equal(mn_ip6_addr_start(&f->ip), MNET_OK);
    for (unsigned i = 0; i < 1000; i++) {
        char text[40];
        snprintf(text, sizeof text, "2001:db8:0:%x::/64", i);
        prefix(f, text, UINT32_MAX, UINT32_MAX);
    }
    assert_int_equal(own6_count(f, MN_IP6_AUTO), 4);
    assert_int_equal(own6_count(f, MN_IP6_TEMPORARY), 4);
    assert_int_equal(own6_count(f, MN_IP6_LINK_LOCAL), 1);
}

/* RFC 4862 5.5.3 (e): the two-hour rule, each of its cases. */
static void a_valid_lifetime_is_not_cut_below_two_hours(void **state)
{
    struct fix6 *f = *state;
    prefix(f, "2001:db8::/64", HOUR, DAY);
    struct mn_ip6_own *own = own6(f, MN_IP6_AUTO, 0);
    prefix(f, "2001:db8::/64", 3 * HOUR, 3 * HOUR); /* more than two hours: taken */
    assert_int_equal(left(f, own->valid_until), 3 * HOUR);
    prefix(f, "2001:db8::/64", 0, 1); /* more was left: two hours */
    assert_int_equal(left(f, own->valid_until), 2 * HOUR);
    assert_int_equal(left(f, own->preferred_until), 0);
    fix6_pass(f, MNET_SEC(HOUR)); /* less is left: stays */
    prefix(f, "2001:db8::/64", 0, 60);
    assert_int_equal(left(f, own->valid_until), HOUR);
    prefix(f, "2001:db8::/64", HOUR, HOUR + 60); /* more than is left: taken */
    assert_int_equal(left(f, own->valid_until), HOUR + 60);
}

static void addresses_end_with_their_lifetime(void **state)
{
    struct fix6 *f = *state;
    prefix(f, "2001:db8::/64", 60, 120);
    prefix(f, "2001:db8:1::/64", 60, UINT32_MAX);
    struct mnet_addr first = own6(f, MN_IP6_AUTO, 0)->addr;
    fix6_pass(f, MNET_SEC(119));
    assert_non_null(mn_ip6_own_find(&f->ip, &first));
    fix6_pass(f, MNET_SEC(2));
    assert_null(mn_ip6_own_find(&f->ip, &first));
    assert_int_equal(f->link.own_count, 1);
    fix6_pass(f, MNET_SEC(400 * DAY));
    assert_int_equal(own6_count(f, MN_IP6_AUTO), 1);
}

/* RFC 7217 6, RFC 4862 5.4.5. */
static void a_taken_address_gets_another_identifier_three_times(void **state)
{
    struct fix6 *f = *state;
    f->link.is_ready = false;
    prefix(f, "2001:db8::/64", HOUR, DAY);
    for (unsigned i = 0; i < 3; i++) {
        struct mnet_addr addr = own6(f, MN_IP6_AUTO, 0)->addr;
        set_taken(f, &addr);
        fix6_pass(f, MNET_MS(200));
        assert_null(mn_ip6_own_find(&f->ip, &addr));
        assert_int_equal(own6(f, MN_IP6_AUTO, 0)->tries, i + 1);
        assert_int_equal(left(f, own6(f, MN_IP6_AUTO, 0)->valid_until) / HOUR, 23);
    }
    set_taken(f, &own6(f, MN_IP6_AUTO, 0)->addr);
    fix6_pass(f, MNET_MS(200));
    assert_int_equal(f->ip.v6.own_count, 0);
    assert_int_equal(f->link.own_count, 0);
}

static void a_taken_static_address_is_given_up(void **state)
{
    struct fix6 *f = *state;
    struct mnet_cidr cidr = cidr6("2001:db8::2/64");
    f->link.is_ready = false;
    assert_int_equal(mn_ip6_addr_add(&f->ip, &cidr, MN_IP6_MANUAL, MNET_NEVER, MNET_NEVER),
                     MNET_OK);
    set_taken(f, &cidr.addr);
    fix6_pass(f, MNET_SEC(1));
    assert_int_equal(f->ip.v6.own_count, 0);
}

static void a_conflict_after_it_was_ready_takes_nothing_away(void **state)
{
    struct fix6 *f = *state;
    prefix(f, "2001:db8::/64", HOUR, DAY);
    fix6_pass(f, MNET_SEC(1));
    set_taken(f, &own6(f, MN_IP6_AUTO, 0)->addr);
    fix6_pass(f, MNET_SEC(60));
    assert_int_equal(own6_count(f, MN_IP6_AUTO), 1);
}

/* RFC 8981 3.4. */
static void temporary_addresses_live_a_day_at_most(void **state)
{
    struct fix6 *f = *state;
    f->ip.v6.wants_temporary = true;
    prefix(f, "2001:db8::/64", UINT32_MAX, UINT32_MAX);
    struct mn_ip6_own *temp = own6(f, MN_IP6_TEMPORARY, 0);
    assert_true(left(f, temp->preferred_until) <= DAY);
    assert_true(left(f, temp->preferred_until) >= DAY * 3 / 5 - 1);
    assert_int_equal(left(f, temp->valid_until), 2 * DAY);
    assert_memory_not_equal(temp->addr.bytes + 8, own6(f, MN_IP6_AUTO, 0)->addr.bytes + 8, 8);
    /* Never beyond that, whatever routers say later. */
    mnet_time before = temp->preferred_until;
    fix6_pass(f, MNET_SEC(HOUR));
    prefix(f, "2001:db8::/64", UINT32_MAX, UINT32_MAX);
    assert_true(temp->preferred_until == before);
    assert_int_equal(left(f, temp->valid_until), 2 * DAY - HOUR);
    /* But shorter, if they say so. */
    prefix(f, "2001:db8::/64", HOUR, DAY);
    assert_int_equal(left(f, own6(f, MN_IP6_TEMPORARY, 0)->preferred_until), HOUR);
}

static void a_temporary_address_is_followed_by_another_one(void **state)
{
    struct fix6 *f = *state;
    f->ip.v6.wants_temporary = true;
    prefix(f, "2001:db8::/64", UINT32_MAX, UINT32_MAX);
    struct mnet_addr first = own6(f, MN_IP6_TEMPORARY, 0)->addr;
    mnet_time wait = own6(f, MN_IP6_TEMPORARY, 0)->preferred_until - f->env.now;
    fix6_pass(f, wait - MNET_SEC(6));
    assert_int_equal(own6_count(f, MN_IP6_TEMPORARY), 1);
    fix6_pass(f, MNET_SEC(2)); /* REGEN_ADVANCE before it is deprecated */
    assert_int_equal(own6_count(f, MN_IP6_TEMPORARY), 2);
    /* A year: never none, never more than two or three at a time, and the first is gone. */
    for (unsigned day = 0; day < 365; day++) {
        fix6_pass(f, MNET_SEC(DAY));
        prefix(f, "2001:db8::/64", UINT32_MAX, UINT32_MAX);
        unsigned usable = 0;
        for (unsigned i = 0; i < own6_count(f, MN_IP6_TEMPORARY); i++)
            usable += own6(f, MN_IP6_TEMPORARY, i)->preferred_until > f->env.now;
        assert_true(usable >= 1 && own6_count(f, MN_IP6_TEMPORARY) <= 4);
    }
    assert_null(mn_ip6_own_find(&f->ip, &first));
}

static void a_short_lived_prefix_has_no_temporary_address(void **state)
{
    struct fix6 *f = *state;
    f->ip.v6.wants_temporary = true;
    prefix(f, "2001:db8::/64", 5, DAY);
    assert_int_equal(own6_count(f, MN_IP6_AUTO), 1);
    assert_int_equal(own6_count(f, MN_IP6_TEMPORARY), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fix6_setup, fix6_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_link_local_address_comes_first),
        TEST(routers_are_asked_once_it_is_ready),
        TEST(what_cannot_be_an_address_is_refused),
        TEST(the_table_is_bounded),
        TEST(an_address_that_link_refuses_leaves_nothing),
        TEST(a_prefix_makes_an_address),
        TEST(prefixes_that_make_none),
        cmocka_unit_test(static_and_off_make_none),
        TEST(a_flood_of_prefixes_makes_few_addresses),
        TEST(a_valid_lifetime_is_not_cut_below_two_hours),
        TEST(addresses_end_with_their_lifetime),
        TEST(a_taken_address_gets_another_identifier_three_times),
        TEST(a_taken_static_address_is_given_up),
        TEST(a_conflict_after_it_was_ready_takes_nothing_away),
        TEST(temporary_addresses_live_a_day_at_most),
        TEST(a_temporary_address_is_followed_by_another_one),
        TEST(a_short_lived_prefix_has_no_temporary_address),
    };
    return cmocka_run_group_tests_name("addr6", tests, NULL, NULL);
}
