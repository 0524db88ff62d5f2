/* SPDX-License-Identifier: ISC
 *
 * What an address is: family, special ranges, prefixes. */
#include "base_test.h"
#include <mnet/addr.h>

static struct mnet_addr addr(const char *text)
{
    struct mnet_addr out;
    assert_int_equal(mnet_addr_parse(text, &out), MNET_OK);
    return out;
}

static bool contains(const char *cidr_text, const char *addr_text)
{
    struct mnet_cidr cidr;
    struct mnet_addr inside = addr(addr_text);
    assert_int_equal(mnet_cidr_parse(cidr_text, &cidr), MNET_OK);
    return mnet_cidr_contains(&cidr, &inside);
}

/* RFC 4291 2.5.5.2: an IPv4 address is held in the mapped form. */
static void test_ipv4_is_held_in_the_mapped_form(void **state)
{
    (void)state;
    struct mnet_addr v4 = mnet_addr_v4(0x0a000002);
    const uint8_t wanted[16] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 10, 0, 0, 2};
    assert_memory_equal(v4.bytes, wanted, 16);
    assert_true(mnet_addr_is_v4(&v4));
    assert_int_equal(mnet_addr_to_v4(&v4), 0x0a000002);
    v4 = mnet_addr_v4(0xfffefdfc);
    assert_true(mnet_addr_to_v4(&v4) == 0xfffefdfcu);
    struct mnet_addr v6 = addr("2001:db8::a00:2");
    assert_false(mnet_addr_is_v4(&v6));
    assert_int_equal(mnet_addr_to_v4(&v6), 0);
}

static void test_equality_is_of_all_bytes(void **state)
{
    (void)state;
    struct mnet_addr a = addr("2001:db8::1");
    struct mnet_addr b = a;
    assert_true(mnet_addr_equal(&a, &b));
    for (unsigned i = 0; i < 16; i++) {
        b.bytes[i] ^= 1;
        assert_false(mnet_addr_equal(&a, &b));
        b.bytes[i] ^= 1;
    }
}

static void test_special_addresses(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool is_any, is_loopback, is_multicast;
    } rows[] = {
        {"::", true, false, false},
        {"0.0.0.0", true, false, false},
        {"0.0.0.1", false, false, false},
        {"::1", false, true, false},
        {"::2", false, false, false},
        {"1::1", false, false, false},
        {"127.0.0.1", false, true, false}, /* RFC 1122 3.2.1.3: the whole of 127/8 */
        {"127.255.255.255", false, true, false},
        {"126.255.255.255", false, false, false},
        {"128.0.0.0", false, false, false},
        {"223.255.255.255", false, false, false},
        {"224.0.0.0", false, false, true},
        {"239.255.255.255", false, false, true},
        {"240.0.0.0", false, false, false},
        {"255.255.255.255", false, false, false},
        {"ff02::1", false, false, true},
        {"feff::1", false, false, false},
    };
    struct mnet_addr any = mnet_addr_any();
    struct mnet_addr zeros = addr("::");
    assert_true(mnet_addr_equal(&any, &zeros));
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct mnet_addr a = addr(rows[i].text);
        assert_int_equal(mnet_addr_is_any(&a), rows[i].is_any);
        assert_int_equal(mnet_addr_is_loopback(&a), rows[i].is_loopback);
        assert_int_equal(mnet_addr_is_multicast(&a), rows[i].is_multicast);
    }
}

static void test_a_network_holds_what_shares_its_prefix(void **state)
{
    (void)state;
    assert_true(contains("10.0.0.2/24", "10.0.0.255"));
    assert_false(contains("10.0.0.2/24", "10.0.1.0"));
    assert_true(contains("10.0.0.2/32", "10.0.0.2"));
    assert_false(contains("10.0.0.2/32", "10.0.0.3"));
    assert_true(contains("10.0.0.0/31", "10.0.0.1"));
    assert_true(contains("172.16.0.1/12", "172.31.255.255"));
    assert_false(contains("172.16.0.1/12", "172.32.0.0"));
    assert_true(contains("0.0.0.0/0", "255.255.255.255"));
    assert_true(contains("2001:db8::/33", "2001:db8:7fff::1"));
    assert_false(contains("2001:db8::/33", "2001:db8:8000::1"));
    assert_true(contains("::/0", "ffff::1"));
    assert_true(contains("::1/128", "::1"));
    assert_false(contains("::1/128", "::"));
}

static void test_a_network_holds_nothing_of_the_other_family(void **state)
{
    (void)state;
    assert_false(contains("::/0", "10.0.0.1"));
    assert_false(contains("0.0.0.0/0", "::1"));
    const struct mnet_cidr too_long = {mnet_addr_v4(0x0a000001), 33};
    struct mnet_addr inside = mnet_addr_v4(0x0a000001);
    assert_false(mnet_cidr_contains(&too_long, &inside));
}

/* Against the mask that one would compute for IPv4. */
static void test_every_ipv4_prefix_matches_its_mask(void **state)
{
    (void)state;
    random_state = 1;
    for (unsigned round = 0; round < 2000; round++) {
        uint8_t len = (uint8_t)random_below(33);
        uint32_t mask = len == 0 ? 0 : UINT32_MAX << (32 - len);
        uint32_t network = (uint32_t)random64();
        uint32_t host = network ^ (uint32_t)(random64() >> (32 + random_below(32)));
        const struct mnet_cidr cidr = {mnet_addr_v4(network), len};
        const struct mnet_addr a = mnet_addr_v4(host);
        assert_int_equal(mnet_cidr_contains(&cidr, &a), (network & mask) == (host & mask));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ipv4_is_held_in_the_mapped_form),
        cmocka_unit_test(test_equality_is_of_all_bytes),
        cmocka_unit_test(test_special_addresses),
        cmocka_unit_test(test_a_network_holds_what_shares_its_prefix),
        cmocka_unit_test(test_a_network_holds_nothing_of_the_other_family),
        cmocka_unit_test(test_every_ipv4_prefix_matches_its_mask),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
