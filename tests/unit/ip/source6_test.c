/* SPDX-License-Identifier: ISC
 *
 * RFC 6724 5, rule by rule; the examples are of its section 10.1 where they apply. */
#include "ip6_fixture.h"

static struct mn_ip6_own *own(struct fix6 *f, const char *text, enum mn_ip6_origin origin)
{
    struct mnet_cidr cidr = cidr6(text);
    assert_int_equal(mn_ip6_addr_add(&f->ip, &cidr, origin, MNET_NEVER, MNET_NEVER), MNET_OK);
    return &f->ip.v6.own[f->ip.v6.own_count - 1];
}

static const char *source(struct fix6 *f, const char *dst)
{
    static char text[MNET_ADDR_TEXT_MAX];
    struct mnet_addr to = addr6(dst), src;
    struct mn_ip6_hop hop = {.next = to};
    hop.is_local = mn_ip6_own_find(&f->ip, &to) || mnet_addr_is_loopback(&to);
    if (!mn_ip6_source(&f->ip, &to, &hop, &src))
        return "none";
    return mnet_addr_print(&src, text, sizeof text);
}

static void there_is_none_before_one_is_ready(void **state)
{
    struct fix6 *f = *state;
    f->link.is_ready = false;
    own(f, "2001:db8::2/64", MN_IP6_MANUAL);
    assert_string_equal(source(f, "2001:db8::1"), "none");
    f->link.is_ready = true;
    assert_string_equal(source(f, "2001:db8::1"), "2001:db8::2");
}

static void rule_1_same_address(void **state)
{
    struct fix6 *f = *state;
    own(f, "2001:db8::2/64", MN_IP6_MANUAL);
    own(f, "2001:db8::3/64", MN_IP6_MANUAL);
    assert_string_equal(source(f, "2001:db8::3"), "2001:db8::3");
    assert_string_equal(source(f, "::1"), "::1");
}

static void rule_2_scope(void **state)
{
    struct fix6 *f = *state;
    own(f, "fe80::1/64", MN_IP6_LINK_LOCAL);
    assert_string_equal(source(f, "2001:db8:1::1"), "fe80::1"); /* nothing better */
    own(f, "2001:db8:3::1/64", MN_IP6_MANUAL);
    assert_string_equal(source(f, "2001:db8:1::1"), "2001:db8:3::1");
    assert_string_equal(source(f, "ff05::1"), "2001:db8:3::1");
    assert_string_equal(source(f, "ff02::1"), "fe80::1");
    assert_string_equal(source(f, "fe80::7"), "fe80::1");
}

static void rule_3_not_deprecated(void **state)
{
    struct fix6 *f = *state;
    own(f, "2001:db8::2/64", MN_IP6_MANUAL)->preferred_until = f->env.now;
    own(f, "2001:db8:8000::3/64", MN_IP6_MANUAL);
    assert_string_equal(source(f, "2001:db8::1"), "2001:db8:8000::3");
    f->ip.v6.own[1].preferred_until = f->env.now;
    assert_string_equal(source(f, "2001:db8::1"), "2001:db8::2");
    f->ip.v6.own[0].preferred_until = f->ip.v6.own[1].preferred_until = MNET_NEVER;
}

static void rule_6_label(void **state)
{
    struct fix6 *f = *state;
    own(f, "2001:db8:1::2/64", MN_IP6_MANUAL);
    own(f, "2002:c633:6401:8000::2/64", MN_IP6_MANUAL);
    own(f, "fd00:1::2/64", MN_IP6_MANUAL);
    assert_string_equal(source(f, "2002:c633:6401::1"), "2002:c633:6401:8000::2");
    assert_string_equal(source(f, "2001:db8:1::d5e3:0:1"), "2001:db8:1::2");
    assert_string_equal(source(f, "fd77::1"), "fd00:1::2");
}

static void rule_7_temporary(void **state)
{
    struct fix6 *f = *state;
    own(f, "2001:db8:1::2/64", MN_IP6_AUTO);
    own(f, "2001:db8:1:0:d5e3::1/64", MN_IP6_TEMPORARY);
    assert_string_equal(source(f, "2001:db8:1::3"), "2001:db8:1:0:d5e3::1");
}

static void rule_8_longest_match_within_the_prefix(void **state)
{
    struct fix6 *f = *state;
    own(f, "2001:db8:1::2/64", MN_IP6_MANUAL);
    own(f, "2001:db8:3::2/64", MN_IP6_MANUAL);
    assert_string_equal(source(f, "2001:db8:1::1"), "2001:db8:1::2");
    assert_string_equal(source(f, "2001:db8:3::1"), "2001:db8:3::2");
    /* Bits behind the prefix do not count: the first one stays. */
    own(f, "2001:db8:1::ffff/64", MN_IP6_MANUAL);
    assert_string_equal(source(f, "2001:db8:1::fffe"), "2001:db8:1::2");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fix6_setup, fix6_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(there_is_none_before_one_is_ready),
        TEST(rule_1_same_address),
        TEST(rule_2_scope),
        TEST(rule_3_not_deprecated),
        TEST(rule_6_label),
        TEST(rule_7_temporary),
        TEST(rule_8_longest_match_within_the_prefix),
    };
    return cmocka_run_group_tests_name("source6", tests, NULL, NULL);
}
