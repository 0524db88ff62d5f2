/* SPDX-License-Identifier: ISC */
#include "ip6_fixture.h"

static void on_link(struct fix6 *f, const char *text, uint32_t valid_s)
{
    struct mnet_cidr cidr = cidr6(text);
    mn_ip6_prefix_heard(&f->ip, &cidr, valid_s);
}

static void route(struct fix6 *f, const char *net, const char *router, int preference,
                  uint32_t lifetime_s)
{
    struct mnet_cidr cidr = cidr6(net);
    struct mnet_addr gateway = addr6(router);
    mn_ip6_route_heard(&f->ip, &cidr, &gateway, preference, lifetime_s);
}

static mnet_err add(struct fix6 *f, const char *net, const char *gateway)
{
    struct mnet_cidr cidr = cidr6(net);
    struct mnet_addr by = addr6(gateway);
    return mn_ip6_route_add(&f->ip, &cidr, &by);
}

static void nothing_is_known_at_first(void **state)
{
    struct fix6 *f = *state;
    assert_string_equal(hop6(f, "2001:db8::1"), "none");
    assert_string_equal(hop6(f, "::"), "none");
    assert_string_equal(hop6(f, "10.0.0.1"), "none");
    assert_string_equal(hop6(f, "::1"), "local");
    assert_string_equal(hop6(f, "ff02::1"), "group");
    assert_string_equal(hop6(f, "fe80::1"), "fe80::1");
}

static void own_addresses_are_local(void **state)
{
    struct fix6 *f = *state;
    struct mnet_cidr cidr = cidr6("2001:db8::2/64");
    assert_int_equal(mn_ip6_addr_add(&f->ip, &cidr, MN_IP6_AUTO, MNET_NEVER, MNET_NEVER), MNET_OK);
    assert_string_equal(hop6(f, "2001:db8::2"), "local");
    /* RFC 5942 4: an address says nothing about what is on the link. */
    assert_string_equal(hop6(f, "2001:db8::3"), "none");
}

/* RFC 5942 4: but who sets an address with its prefix length by hand, does. */
static void a_prefix_set_by_hand_is_on_the_link(void **state)
{
    struct fix6 *f = *state;
    struct mnet_cidr cidr = cidr6("2001:db8::2/64"), alone = cidr6("2001:db8:1::2/128");
    assert_int_equal(mn_ip6_addr_add(&f->ip, &cidr, MN_IP6_MANUAL, MNET_NEVER, MNET_NEVER),
                     MNET_OK);
    assert_int_equal(mn_ip6_addr_add(&f->ip, &alone, MN_IP6_MANUAL, MNET_NEVER, MNET_NEVER),
                     MNET_OK);
    assert_string_equal(hop6(f, "2001:db8::3"), "2001:db8::3");
    assert_string_equal(hop6(f, "2001:db8:1::3"), "none");
    assert_string_equal(hop6(f, "2001:db8:0:1::3"), "none");
    assert_int_equal(mn_ip6_addr_remove(&f->ip, &cidr.addr), MNET_OK);
    assert_string_equal(hop6(f, "2001:db8::3"), "none");
}

static void a_prefix_on_the_link_is_reached_directly_while_it_lasts(void **state)
{
    struct fix6 *f = *state;
    on_link(f, "2001:db8::/64", 60);
    assert_string_equal(hop6(f, "2001:db8::9"), "2001:db8::9");
    assert_string_equal(hop6(f, "2001:db8:0:1::9"), "none");
    fix6_pass(f, MNET_SEC(59));
    assert_string_equal(hop6(f, "2001:db8::9"), "2001:db8::9");
    fix6_pass(f, MNET_SEC(2));
    assert_string_equal(hop6(f, "2001:db8::9"), "none");
    /* RFC 4861 6.3.4: a lifetime of zero takes it away at once. */
    on_link(f, "2001:db8::/64", UINT32_MAX);
    on_link(f, "2001:db8::/64", 0);
    assert_string_equal(hop6(f, "2001:db8::9"), "none");
}

static void link_local_prefixes_are_not_told_about(void **state)
{
    struct fix6 *f = *state;
    on_link(f, "fe80::/10", UINT32_MAX);
    on_link(f, "ff00::/8", UINT32_MAX);
    assert_false(f->ip.v6.prefix[0].is_used);
}

static void a_default_router_takes_the_rest_until_its_lifetime_ends(void **state)
{
    struct fix6 *f = *state;
    route(f, "::/0", "fe80::1", 0, 1800);
    on_link(f, "2001:db8::/64", UINT32_MAX);
    assert_string_equal(hop6(f, "2001:db8::9"), "2001:db8::9");
    assert_string_equal(hop6(f, "2001:db8:1::9"), "fe80::1");
    fix6_pass(f, MNET_SEC(1801));
    assert_string_equal(hop6(f, "2001:db8:1::9"), "none");
    route(f, "::/0", "fe80::1", 0, 1800);
    route(f, "::/0", "fe80::1", 0, 0);
    assert_string_equal(hop6(f, "2001:db8:1::9"), "none");
}

/* RFC 4191 3.2. */
static void the_longest_prefix_then_the_preference_decides(void **state)
{
    struct fix6 *f = *state;
    route(f, "::/0", "fe80::1", 0, 1800);
    route(f, "::/0", "fe80::2", 1, 1800);
    route(f, "::/0", "fe80::3", -1, 1800);
    assert_string_equal(hop6(f, "2001:db8::1"), "fe80::2");
    route(f, "2001:db8::/32", "fe80::3", -1, 1800);
    assert_string_equal(hop6(f, "2001:db8::1"), "fe80::3");
    route(f, "2001:db8::/32", "fe80::1", 0, 1800);
    assert_string_equal(hop6(f, "2001:db8::1"), "fe80::1");
    assert_string_equal(hop6(f, "2001:db9::1"), "fe80::2");
}

/* RFC 4861 6.3.6, RFC 4191 3.2. */
static void a_silent_router_is_passed_over_while_another_is_left(void **state)
{
    struct fix6 *f = *state;
    route(f, "::/0", "fe80::1", 1, 1800);
    route(f, "::/0", "fe80::2", 0, 1800);
    set_silent(f, "fe80::1");
    assert_string_equal(hop6(f, "2001:db8::1"), "fe80::2");
    set_silent(f, "fe80::2");
    /* Now they take turns among equals: each is tried. */
    route(f, "::/0", "fe80::1", 0, 1800);
    bool seen[3] = {false, false, false};
    for (unsigned i = 0; i < 2 * MN_IP6_ROUTES; i++)
        seen[hop6(f, "2001:db8::1")[6] - '0'] = true;
    assert_true(seen[1] && seen[2]);
}

/* RFC 4861 7.3.3. */
static void a_neighbour_that_is_no_router_any_more_is_forgotten(void **state)
{
    struct fix6 *f = *state;
    route(f, "::/0", "fe80::1", 0, UINT32_MAX);
    set_not_router(f, "fe80::1");
    assert_string_equal(hop6(f, "2001:db8::1"), "none");
    f->link.not_router_count = 0;
    assert_string_equal(hop6(f, "2001:db8::1"), "none");
}

static void a_flood_of_routers_and_routes_does_not_push_out_the_first(void **state)
{
    struct fix6 *f = *state;
    route(f, "::/0", "fe80::1", 0, 1800);
    on_link(f, "2001:db8::/64", 1800);
    for (unsigned i = 2; i < 200; i++) {
        char text[40];
        snprintf(text, sizeof text, "fe80::%x", i);
        route(f, "::/0", text, 0, 1800);
        snprintf(text, sizeof text, "2001:db8:%x::/48", i);
        route(f, text, "fe80::1", 0, 1800);
        snprintf(text, sizeof text, "2001:db9:%x::/64", i);
        on_link(f, text, 1800);
        assert_true(mn_ip6_route_ok(&f->ip));
    }
    assert_string_equal(hop6(f, "2001:db8::9"), "2001:db8::9");
    assert_string_equal(hop6(f, "2001:dbf::9"), "fe80::1");
}

static void a_static_route_goes_before_advertised_ones(void **state)
{
    struct fix6 *f = *state;
    route(f, "::/0", "fe80::1", 1, 1800);
    assert_int_equal(add(f, "::/0", "fe80::9"), MNET_OK);
    assert_string_equal(hop6(f, "2001:db8::1"), "fe80::9");
    assert_int_equal(add(f, "::/0", "fe80::9"), MNET_ERR_ADDR_IN_USE);
    fix6_pass(f, MNET_SEC(4000));
    assert_string_equal(hop6(f, "2001:db8::1"), "fe80::9");
    struct mnet_cidr all = cidr6("::/0");
    assert_int_equal(mn_ip6_route_remove(&f->ip, &all), MNET_OK);
    assert_int_equal(mn_ip6_route_remove(&f->ip, &all), MNET_ERR_ADDR_NOT_AVAIL);
    assert_string_equal(hop6(f, "2001:db8::1"), "none");
}

static void a_gateway_must_be_a_neighbour(void **state)
{
    struct fix6 *f = *state;
    assert_int_equal(add(f, "2001:db8:5::/48", "2001:db8::1"), MNET_ERR_INVALID);
    on_link(f, "2001:db8::/64", UINT32_MAX);
    assert_int_equal(add(f, "2001:db8:5::/48", "2001:db8::1"), MNET_OK);
    assert_string_equal(hop6(f, "2001:db8:5::7"), "2001:db8::1");
    assert_int_equal(add(f, "2001:db8:6::/48", "2001:db8:5::1"), MNET_ERR_INVALID);
    assert_int_equal(add(f, "2001:db8:6::/48", "ff02::1"), MNET_ERR_INVALID);
    assert_int_equal(add(f, "2001:db8:6::/48", "::1"), MNET_ERR_INVALID);
    assert_int_equal(add(f, "10.0.0.0/8", "fe80::1"), MNET_ERR_INVALID);
    /* Without a gateway: neighbours. */
    assert_int_equal(add(f, "2001:db8:7::/64", "::"), MNET_OK);
    assert_string_equal(hop6(f, "2001:db8:7::7"), "2001:db8:7::7");
}

static bool redirect(struct fix6 *f, const char *from, const char *dst, const char *next)
{
    struct mnet_addr a = addr6(from), b = addr6(dst), c = addr6(next);
    return mn_ip6_redirect_heard(&f->ip, &a, &b, &c);
}

/* RFC 4861 8.1, 8.3. */
static void a_redirect_counts_only_from_the_router_in_use(void **state)
{
    struct fix6 *f = *state;
    route(f, "::/0", "fe80::1", 1, 1800);
    route(f, "::/0", "fe80::2", 0, 1800);
    assert_false(redirect(f, "fe80::2", "2001:db8::7", "fe80::3"));
    assert_true(redirect(f, "fe80::1", "2001:db8::7", "fe80::3"));
    assert_string_equal(hop6(f, "2001:db8::7"), "fe80::3");
    assert_string_equal(hop6(f, "2001:db8::8"), "fe80::1");
    /* From now on the other one is in use for it. */
    assert_false(redirect(f, "fe80::1", "2001:db8::7", "fe80::4"));
    assert_true(redirect(f, "fe80::3", "2001:db8::7", "2001:db8::7"));
    assert_string_equal(hop6(f, "2001:db8::7"), "2001:db8::7");
}

static void a_redirect_to_a_silent_neighbour_is_forgotten(void **state)
{
    struct fix6 *f = *state;
    route(f, "::/0", "fe80::1", 1, 1800);
    assert_true(redirect(f, "fe80::1", "2001:db8::7", "fe80::3"));
    set_silent(f, "fe80::3");
    assert_string_equal(hop6(f, "2001:db8::7"), "fe80::1");
    f->link.silent_count = 0;
    assert_string_equal(hop6(f, "2001:db8::7"), "fe80::1");
}

static void a_prefix_longer_than_an_address_is_that_of_no_route(void **state)
{
    struct fix6 *f = *state;
    struct mnet_cidr all = {addr6("2001:db8::"), UINT8_MAX};
    const struct mnet_addr none = mnet_addr_any();
    assert_int_equal(mn_ip6_route_add(&f->ip, &all, &none), MNET_ERR_INVALID);
    assert_int_equal(mn_ip6_route_remove(&f->ip, &all), MNET_ERR_ADDR_NOT_AVAIL);
}

static void off_has_no_routes(void **state)
{
    struct fix6 *f = fix6_new(MNET_IPV6_OFF);
    (void)state;
    assert_int_equal(add(f, "::/0", "fe80::9"), MNET_ERR_INVALID);
    fix6_free(f);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fix6_setup, fix6_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(nothing_is_known_at_first),
        TEST(own_addresses_are_local),
        TEST(a_prefix_set_by_hand_is_on_the_link),
        TEST(a_prefix_on_the_link_is_reached_directly_while_it_lasts),
        TEST(link_local_prefixes_are_not_told_about),
        TEST(a_default_router_takes_the_rest_until_its_lifetime_ends),
        TEST(the_longest_prefix_then_the_preference_decides),
        TEST(a_silent_router_is_passed_over_while_another_is_left),
        TEST(a_neighbour_that_is_no_router_any_more_is_forgotten),
        TEST(a_flood_of_routers_and_routes_does_not_push_out_the_first),
        TEST(a_static_route_goes_before_advertised_ones),
        TEST(a_gateway_must_be_a_neighbour),
        TEST(a_redirect_counts_only_from_the_router_in_use),
        TEST(a_redirect_to_a_silent_neighbour_is_forgotten),
        TEST(a_prefix_longer_than_an_address_is_that_of_no_route),
        cmocka_unit_test(off_has_no_routes),
    };
    return cmocka_run_group_tests_name("route6", tests, NULL, NULL);
}
