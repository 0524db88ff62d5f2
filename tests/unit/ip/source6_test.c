/* SPDX-License-Identifier: ISC
 *
 * RFC 6724 5, rule by rule, and the examples of its section 10.1. */
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

/* Of two prefixes the one that the next hop has advertised. */
static void rule_5_5_prefix_of_the_next_hop(void **state)
{
    struct fix6 *f = *state;
    struct mnet_addr a = addr6("fe80::a"), b = addr6("fe80::b"), dst = addr6("2001:db8:2::1"), src;
    struct mnet_cidr of_a = cidr6("2001:db8:1::/64"), of_b = cidr6("2001:db8:f::/64");
    struct mn_ip6_hop hop = {.next = a};
    mn_ip6_addr_prefix(&f->ip, &of_b, &b, 1000, 2000);
    mn_ip6_addr_prefix(&f->ip, &of_a, &a, 1000, 2000);
    for (unsigned i = 0; i < 3; i++) {
        hop.next = i == 1 ? b : a;
        assert_true(mn_ip6_source(&f->ip, &dst, &hop, &src));
        assert_int_equal(src.bytes[5], i == 1 ? 0xf : 1);
    }
    /* Both have advertised it: nothing to choose by. */
    mn_ip6_addr_prefix(&f->ip, &of_a, &b, 1000, 2000);
    hop.next = b;
    assert_true(mn_ip6_source(&f->ip, &dst, &hop, &src));
    assert_int_equal(src.bytes[5], 1); /* rule 8 */
    /* Who advertised it before is not forgotten: rule 8 would take the other. */
    hop.next = a;
    dst = addr6("2001:db8:e::1");
    assert_true(mn_ip6_source(&f->ip, &dst, &hop, &src));
    assert_int_equal(src.bytes[5], 1);
}

/* All of RFC 6724 10.1, but for the one of a mobile host. */
static void the_examples_of_the_rfc(void **state)
{
    (void)state;
    static const struct {
        const char *dst, *own[2];
        unsigned deprecated; /* of the two: 1, 2; 0: none */
        unsigned temporary;  /* likewise */
        unsigned want;       /* 1, 2 */
    } cases[] = {
        {"2001:db8:1::1", {"2001:db8:3::1/64", "fe80::1/64"}, 0, 0, 1},
        {"ff05::1", {"2001:db8:3::1/64", "fe80::1/64"}, 0, 0, 1},
        {"2001:db8:1::1", {"2001:db8:1::1/64", "2001:db8:2::1/64"}, 1, 0, 1},
        {"fe80::1", {"fe80::2/64", "2001:db8:1::1/64"}, 1, 0, 1},
        {"2001:db8:1::1", {"2001:db8:1::2/64", "2001:db8:3::2/64"}, 0, 0, 1},
        {"2002:c633:6401::1",
         {"2002:c633:6401::d5e3:7953:13eb:22e8/64", "2001:db8:1::2/64"},
         0,
         1,
         1},
        {"2001:db8:1::d5e3:0:0:1",
         {"2001:db8:1::2/64", "2001:db8:1::d5e3:7953:13eb:22e8/64"},
         0,
         2,
         2},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        for (unsigned turned = 0; turned < 2; turned++) {
            struct fix6 *f = fix6_new(MNET_IPV6_PRIVATE);
            for (unsigned k = 0; k < 2; k++) {
                unsigned which = k ^ turned;
                bool is_temporary = cases[i].temporary == which + 1;
                struct mn_ip6_own *o =
                    own(f, cases[i].own[which], is_temporary ? MN_IP6_TEMPORARY : MN_IP6_AUTO);
                if (cases[i].deprecated == which + 1)
                    o->preferred_until = f->env.now;
            }
            struct mnet_cidr want = cidr6(cases[i].own[cases[i].want - 1]);
            char text[MNET_ADDR_TEXT_MAX];
            assert_string_equal(source(f, cases[i].dst),
                                mnet_addr_print(&want.addr, text, sizeof text));
            fix6_free(f);
        }
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fix6_setup, fix6_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(there_is_none_before_one_is_ready),
        TEST(rule_1_same_address),
        TEST(rule_2_scope),
        TEST(rule_3_not_deprecated),
        TEST(rule_5_5_prefix_of_the_next_hop),
        TEST(rule_6_label),
        TEST(rule_7_temporary),
        TEST(rule_8_longest_match_within_the_prefix),
        cmocka_unit_test(the_examples_of_the_rfc),
    };
    return cmocka_run_group_tests_name("source6", tests, NULL, NULL);
}
