/* SPDX-License-Identifier: ISC */
#include "ip6_fixture.h"

static void scopes_are_those_of_rfc_6724(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        unsigned scope;
    } cases[] = {
        {"fe80::1", 2},   {"febf::1", 2},  {"fec0::1", 5},   {"2001:db8::1", 14},
        {"fd00::1", 14},  {"::1", 2},      {"ff02::1", 2},   {"ff01::1", 1},
        {"ff05::2", 5},   {"ff0e::1", 14}, {"10.0.0.1", 14}, {"169.254.1.1", 2},
        {"127.0.0.1", 2}, {"2002::1", 14},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct mnet_addr addr = addr6(cases[i].text);
        assert_int_equal(mn_ip6_scope(&addr), cases[i].scope);
    }
}

static void solicited_node_group_has_the_last_three_bytes(void **state)
{
    (void)state;
    struct mnet_addr addr = addr6("2001:db8::a1:b2c3:d4e5");
    struct mnet_addr group = mn_ip6_solicited_node(&addr);
    assert_addr6(&group, "ff02::1:ffc3:d4e5");
}

static void common_bits_are_counted_to_the_first_difference(void **state)
{
    (void)state;
    struct mnet_addr a = addr6("2001:db8::"), b = a;
    assert_int_equal(mn_ip6_common_bits(&a, &b), 128);
    for (unsigned bit = 0; bit < 128; bit++) {
        b = a;
        b.bytes[bit / 8] ^= (uint8_t)(0x80 >> bit % 8);
        for (unsigned more = bit + 1; more < 128; more += 7)
            b.bytes[more / 8] ^= (uint8_t)(0x80 >> more % 8);
        assert_int_equal(mn_ip6_common_bits(&a, &b), bit);
    }
}

/* RFC 6724 2.1: the default table. */
static void every_address_is_of_a_kind(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        unsigned precedence, label;
    } cases[] = {
        {"::1", 50, 0},     {"2001:db8::1", 40, 1}, {"10.0.0.1", 35, 4}, {"2002:1::1", 30, 2},
        {"2001::1", 5, 5},  {"fd00::1", 3, 13},     {"fc00::1", 3, 13},  {"::10.0.0.1", 1, 3},
        {"fec0::1", 1, 11}, {"3ffe::1", 1, 12},     {"fe80::1", 40, 1},  {"2003::1", 40, 1},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct mnet_addr addr = addr6(cases[i].text);
        assert_int_equal(mn_ip6_policy(&addr).precedence, cases[i].precedence);
        assert_int_equal(mn_ip6_policy(&addr).label, cases[i].label);
    }
}

/* RFC 6724 2.2. */
static void common_prefixes_end_with_that_of_the_source(void **state)
{
    (void)state;
    struct mnet_addr a = addr6("2001:db8::1"), b = addr6("2001:db8::3"), c = addr6("2001:db9::1");
    assert_int_equal(mn_ip6_common_prefix(&a, 64, &b), 64);
    assert_int_equal(mn_ip6_common_prefix(&a, 128, &b), 126);
    assert_int_equal(mn_ip6_common_prefix(&a, 64, &c), 31);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(scopes_are_those_of_rfc_6724),
        cmocka_unit_test(solicited_node_group_has_the_last_three_bytes),
        cmocka_unit_test(common_bits_are_counted_to_the_first_difference),
        cmocka_unit_test(every_address_is_of_a_kind),
        cmocka_unit_test(common_prefixes_end_with_that_of_the_source),
    };
    return cmocka_run_group_tests_name("scope6", tests, NULL, NULL);
}
