/* SPDX-License-Identifier: ISC
 *
 * RFC 6724 6: the order of destinations, by the examples of its section 10.2 (but for the one of a
 * mobile host), and rule by rule. */
#include "ip6_fixture.h"

#define MAX 4

struct example {
    const char *own[MAX];   /* of IPv6, with prefix length; "-" in front: deprecated */
    const char *own4;       /* the source for IPv4; NULL: none */
    const char *given[MAX]; /* destinations */
    const char *want[MAX];  /* in this order */
};

/* The route to everything, as every example has it. */
static void add_route(struct fix6 *f)
{
    struct mnet_cidr all = {mnet_addr_any(), 0};
    struct mnet_addr router = addr6("fe80::99");
    mn_ip6_route_heard(&f->ip, &all, &router, 0, 9000);
}

static void add_own(struct fix6 *f, const char *text)
{
    bool is_old = text[0] == '-';
    struct mnet_cidr cidr = cidr6(text + is_old);
    enum mn_ip6_origin origin = mn_ip6_is_link_local(&cidr.addr) ? MN_IP6_LINK_LOCAL : MN_IP6_AUTO;
    assert_int_equal(
        mn_ip6_addr_add(&f->ip, &cidr, origin, is_old ? f->env.now : MNET_NEVER, MNET_NEVER),
        MNET_OK);
}

static void check(const struct example *e)
{
    struct fix6 *f = fix6_new(MNET_IPV6_PRIVATE);
    struct mnet_addr dst[MAX];
    size_t count = 0;
    add_route(f);
    for (unsigned i = 0; i < MAX && e->own[i]; i++)
        add_own(f, e->own[i]);
    if (e->own4)
        f->source4 = addr6(e->own4);
    for (; count < MAX && e->given[count]; count++)
        dst[count] = addr6(e->given[count]);
    mn_ip_dest_sort(&f->ip, dst, count);
    for (size_t i = 0; i < count; i++)
        assert_addr6(&dst[i], e->want[i]);
    fix6_free(f);
}

/* Each also with its destinations turned around: no rule of these depends on the order. */
static void check_all(const struct example *examples, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct example turned = examples[i];
        turned.given[0] = examples[i].given[1];
        turned.given[1] = examples[i].given[0];
        check(&examples[i]);
        check(&turned);
    }
}
#define CHECK(examples) check_all(examples, sizeof examples / sizeof examples[0])

static void the_examples_of_the_rfc(void **state)
{
    (void)state;
    static const struct example examples[] = {
        /* prefer matching scope */
        {{"2001:db8:1::2/64", "fe80::1/64"},
         "169.254.13.78",
         {"2001:db8:1::1", "198.51.100.121"},
         {"2001:db8:1::1", "198.51.100.121"}},
        {{"fe80::1/64"},
         "198.51.100.117",
         {"2001:db8:1::1", "198.51.100.121"},
         {"198.51.100.121", "2001:db8:1::1"}},
        /* prefer higher precedence */
        {{"2001:db8:1::2/64", "fe80::1/64"},
         "10.1.2.4",
         {"2001:db8:1::1", "10.1.2.3"},
         {"2001:db8:1::1", "10.1.2.3"}},
        /* prefer smaller scope */
        {{"2001:db8:1::2/64", "fe80::2/64"},
         NULL,
         {"2001:db8:1::1", "fe80::1"},
         {"fe80::1", "2001:db8:1::1"}},
        /* avoid deprecated addresses */
        {{"2001:db8:1::2/64", "-fe80::2/64"},
         NULL,
         {"2001:db8:1::1", "fe80::1"},
         {"2001:db8:1::1", "fe80::1"}},
        /* longest matching prefix */
        {{"2001:db8:1::2/64", "2001:db8:3f44::2/64", "fe80::2/64"},
         NULL,
         {"2001:db8:1::1", "2001:db8:3ffe::1"},
         {"2001:db8:1::1", "2001:db8:3ffe::1"}},
        /* prefer matching label */
        {{"2002:c633:6401::2/64", "fe80::2/64"},
         NULL,
         {"2002:c633:6401::1", "2001:db8:1::1"},
         {"2002:c633:6401::1", "2001:db8:1::1"}},
        /* prefer higher precedence */
        {{"2002:c633:6401::2/64", "2001:db8:1::2/64", "fe80::2/64"},
         NULL,
         {"2002:c633:6401::1", "2001:db8:1::1"},
         {"2001:db8:1::1", "2002:c633:6401::1"}},
    };
    CHECK(examples);
}

static void rule_1_what_cannot_be_reached_is_last(void **state)
{
    (void)state;
    static const struct example examples[] = {
        {{"2001:db8:1::2/64"}, NULL, {"2001:db8:1::1", "10.0.0.1"}, {"2001:db8:1::1", "10.0.0.1"}},
        {{NULL}, "10.0.0.2", {"2001:db8:1::1", "10.0.0.1"}, {"10.0.0.1", "2001:db8:1::1"}},
    };
    CHECK(examples);
}

/* RFC 6724 2.1: a unique local destination is worth trying if there is a source of that kind. */
static void rule_5_unique_local_addresses_go_together(void **state)
{
    (void)state;
    static const struct example examples[] = {
        {{"2001:db8:1::2/64"}, "10.0.0.2", {"fd00::1", "10.0.0.1"}, {"10.0.0.1", "fd00::1"}},
        {{"fd00::2/64"}, "10.0.0.2", {"2001:db8::1", "10.0.0.1"}, {"10.0.0.1", "2001:db8::1"}},
        /* rule 6: both fit, and IPv4 has the higher precedence */
        {{"fd00::2/64"}, "10.0.0.2", {"fd00::1", "10.0.0.1"}, {"10.0.0.1", "fd00::1"}},
        {{"fd00::2/64"}, NULL, {"::1", "fd00::1"}, {"::1", "fd00::1"}},
    };
    CHECK(examples);
}

/* Bits of an identifier do not count: the order stays as it came (rule 10). */
static void rule_9_ends_with_the_network_of_the_source(void **state)
{
    (void)state;
    static const struct example examples[] = {
        {{"2001:db8:1::2/64"},
         NULL,
         {"2001:db8:1::1", "2001:db8:1::3", "2001:db8:7::1"},
         {"2001:db8:1::1", "2001:db8:1::3", "2001:db8:7::1"}},
        {{"2001:db8:1::2/64"},
         NULL,
         {"2001:db8:1::1", "2001:db8:1::fff2"},
         {"2001:db8:1::1", "2001:db8:1::fff2"}},
        {{"2001:db8:1::2/64"},
         NULL,
         {"2001:db8:1::fff2", "2001:db8:1::1"},
         {"2001:db8:1::fff2", "2001:db8:1::1"}},
    };
    for (size_t i = 0; i < 3; i++)
        check(&examples[i]);
}

/* For IPv4 the network is that of the own address: distant servers stay as they came. */
static void rule_9_for_ipv4_prefers_the_own_network_alone(void **state)
{
    struct fix6 *f = *state;
    f->source4 = addr6("10.1.2.4");
    f->ip.own[0] = (struct mn_ip_own){0x0a010204, 0xffffff00, 24, true};
    f->ip.own_count = 1;
    struct mnet_addr dst[] = {addr6("198.51.100.1"), addr6("198.51.100.2"), addr6("10.1.2.9"),
                              addr6("10.1.2.5")};
    mn_ip_dest_sort(&f->ip, dst, 4);
    assert_addr6(&dst[0], "10.1.2.9");
    assert_addr6(&dst[1], "10.1.2.5");
    assert_addr6(&dst[2], "198.51.100.1");
    assert_addr6(&dst[3], "198.51.100.2");
}

static void more_than_can_be_sorted_stay_behind(void **state)
{
    struct fix6 *f = *state;
    static struct mnet_addr dst[MN_IP_DESTS + 2];
    f->source4 = addr6("10.0.0.2");
    for (unsigned i = 0; i < MN_IP_DESTS + 2; i++)
        dst[i] = i % 2 ? mnet_addr_v4(0x0a000000u + i) : addr6("2001:db8::1");
    mn_ip_dest_sort(&f->ip, dst, MN_IP_DESTS + 2);
    for (unsigned i = 0; i < MN_IP_DESTS; i++)
        assert_int_equal(mnet_addr_is_v4(&dst[i]), i < MN_IP_DESTS / 2);
    assert_addr6(&dst[MN_IP_DESTS], "2001:db8::1");
    assert_addr6(&dst[MN_IP_DESTS + 1], "10.0.0.33");
    mn_ip_dest_sort(&f->ip, NULL, 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, fix6_setup, fix6_teardown)
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_examples_of_the_rfc),
        cmocka_unit_test(rule_1_what_cannot_be_reached_is_last),
        cmocka_unit_test(rule_5_unique_local_addresses_go_together),
        cmocka_unit_test(rule_9_ends_with_the_network_of_the_source),
        TEST(rule_9_for_ipv4_prefers_the_own_network_alone),
        TEST(more_than_can_be_sorted_stay_behind),
    };
    return cmocka_run_group_tests_name("dest", tests, NULL, NULL);
}
