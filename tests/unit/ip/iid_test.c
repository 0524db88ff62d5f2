/* SPDX-License-Identifier: ISC */
#include "ip6_fixture.h"

static void iid_of(struct fix6 *f, const char *prefix, unsigned tries, uint8_t *iid)
{
    struct mnet_addr addr = addr6(prefix);
    memset(iid, 0xee, 8);
    mn_ip6_iid(&f->ip, &addr, tries, iid);
}

static void eui64_is_the_ethernet_address_with_a_bit_turned(void **state)
{
    struct fix6 *f = fix6_new(MNET_IPV6_EUI64);
    uint8_t iid[8], other[8];
    static const uint8_t want[] = {0x00, 0, 0, 0xff, 0xfe, 0x11, 0x22, 0x33};
    (void)state;
    iid_of(f, "fe80::", 0, iid);
    assert_memory_equal(iid, want, 8);
    /* RFC 4862 5.4.5: somebody has the same; it is of no use again. */
    iid_of(f, "fe80::", 1, other);
    assert_memory_not_equal(other, want, 8);
    fix6_free(f);
}

/* RFC 7217 3. */
static void private_ones_are_stable_here_and_unrelated_elsewhere(void **state)
{
    struct fix6 *f = *state;
    uint8_t a[8], b[8], again[8], later[8];
    iid_of(f, "2001:db8:0:1::", 0, a);
    iid_of(f, "2001:db8:0:1::", 0, again);
    assert_memory_equal(a, again, 8);
    iid_of(f, "2001:db8:0:2::", 0, b);
    assert_memory_not_equal(a, b, 8);
    iid_of(f, "2001:db8:0:1::", 1, later);
    assert_memory_not_equal(a, later, 8);
    for (size_t i = 0; i + 3 <= sizeof a; i++)
        assert_memory_not_equal(a + i, f->link.mac.bytes + 3, 3);
}

static void private_ones_depend_on_secret_and_ethernet_address(void **state)
{
    struct fix6 *f = *state;
    uint8_t a[8], b[8];
    iid_of(f, "fe80::", 0, a);
    f->ip.v6.secret.k[1]++;
    iid_of(f, "fe80::", 0, b);
    assert_memory_not_equal(a, b, 8);
    f->ip.v6.secret.k[1]--;
    f->link.mac.bytes[5]++;
    iid_of(f, "fe80::", 0, b);
    assert_memory_not_equal(a, b, 8);
}

/* A generator that begins with what is asked for and goes on with something good. */
static const uint8_t *script;
static unsigned script_len;

static void fill(struct mnet_rng *rng, void *out, size_t len)
{
    (void)rng;
    static const uint8_t good[8] = {1, 2, 3, 4, 5, 6, 7, 8};
    assert_int_equal(len, 8);
    memcpy(out, script_len > 0 ? script : good, 8);
    script_len = script_len > 0 ? script_len - 1 : 0;
}

/* RFC 5453, RFC 2526. */
static void reserved_identifiers_are_not_taken(void **state)
{
    struct fix6 *f = *state;
    static const uint8_t reserved[][8] = {{0},
                                          {0x02, 0, 0x5e, 0xff, 0xfe, 0, 0x52, 0x13},
                                          {0xfd, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x80},
                                          {0xfd, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}};
    struct mnet_rng rng = {fill};
    f->env.rng = &rng;
    for (size_t i = 0; i < sizeof reserved / sizeof reserved[0]; i++) {
        uint8_t iid[8];
        script = reserved[i];
        script_len = 1;
        mn_ip6_iid_random(&f->ip, iid);
        assert_int_equal(iid[0], 1);
    }
    static const uint8_t free[8] = {0xfd, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f};
    uint8_t iid[8];
    script = free;
    script_len = 1;
    mn_ip6_iid_random(&f->ip, iid);
    assert_memory_equal(iid, free, 8);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(eui64_is_the_ethernet_address_with_a_bit_turned),
        cmocka_unit_test_setup_teardown(private_ones_are_stable_here_and_unrelated_elsewhere,
                                        fix6_setup, fix6_teardown),
        cmocka_unit_test_setup_teardown(private_ones_depend_on_secret_and_ethernet_address,
                                        fix6_setup, fix6_teardown),
        cmocka_unit_test_setup_teardown(reserved_identifiers_are_not_taken, fix6_setup,
                                        fix6_teardown),
    };
    return cmocka_run_group_tests_name("iid", tests, NULL, NULL);
}
