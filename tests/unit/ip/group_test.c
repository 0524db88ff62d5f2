/* SPDX-License-Identifier: ISC
 *
 * Joined multicast groups. */
#include "ip_fixture.h"

static mnet_err join(struct fix *f, uint32_t group)
{
    struct mnet_addr a = mnet_addr_v4(group);
    return mn_ip_group_join(&f->ip, &a);
}

static mnet_err leave(struct fix *f, uint32_t group)
{
    struct mnet_addr a = mnet_addr_v4(group);
    return mn_ip_group_leave(&f->ip, &a);
}

static bool is_joined6(struct fix *f, const char *text)
{
    struct mnet_addr a;
    assert_int_equal(mnet_addr_parse(text, &a), MNET_OK);
    return mn_ip_group_is_joined(&f->ip, &a);
}

/* RFC 1112 4. */
static void test_all_hosts_is_always_joined(void **state)
{
    struct fix *f = *state;
    assert_true(fix_is_joined(f, 0xe0000001));
    assert_int_equal(join(f, 0xe0000001), MNET_OK);
    assert_int_equal(leave(f, 0xe0000001), MNET_OK);
    assert_true(fix_is_joined(f, 0xe0000001));
}

/* RFC 4291 2.7.1, 2.8. */
static void test_all_nodes_are_always_joined(void **state)
{
    struct fix *f = *state;
    assert_true(is_joined6(f, "ff02::1"));
    assert_true(is_joined6(f, "ff01::1"));
    assert_false(is_joined6(f, "ff05::1"));
    assert_false(is_joined6(f, "ff02::2"));
    assert_false(is_joined6(f, "ff02:1::1"));
    assert_false(is_joined6(f, "ff12::1"));
    assert_false(is_joined6(f, "::1"));
    assert_false(is_joined6(f, "::"));
}

static void test_groups_of_both_families_are_joined(void **state)
{
    struct fix *f = *state;
    struct mnet_addr a;
    assert_int_equal(mnet_addr_parse("ff02::fb", &a), MNET_OK);
    assert_int_equal(mn_ip_group_join(&f->ip, &a), MNET_OK);
    assert_int_equal(join(f, GROUP), MNET_OK);
    assert_true(is_joined6(f, "ff02::fb"));
    assert_false(is_joined6(f, "ff05::fb"));
    assert_true(mn_ip_ok(&f->ip));
    assert_int_equal(mn_ip_group_leave(&f->ip, &a), MNET_OK);
    assert_false(is_joined6(f, "ff02::fb"));
    assert_true(fix_is_joined(f, GROUP));
}

/* RFC 1112 7.1: a group is left when all who joined it have. */
static void test_a_group_is_left_as_often_as_it_was_joined(void **state)
{
    struct fix *f = *state;
    assert_false(fix_is_joined(f, GROUP));
    assert_int_equal(join(f, GROUP), MNET_OK);
    assert_int_equal(join(f, GROUP), MNET_OK);
    assert_int_equal(leave(f, GROUP), MNET_OK);
    assert_true(fix_is_joined(f, GROUP));
    assert_int_equal(leave(f, GROUP), MNET_OK);
    assert_false(fix_is_joined(f, GROUP));
    assert_int_equal(leave(f, GROUP), MNET_ERR_ADDR_NOT_AVAIL);
}

static void test_only_multicast_is_a_group(void **state)
{
    struct fix *f = *state;
    assert_int_equal(join(f, PEER), MNET_ERR_INVALID);
    assert_int_equal(join(f, 0), MNET_ERR_INVALID);
    assert_int_equal(join(f, 0xffffffff), MNET_ERR_INVALID);
    assert_int_equal(leave(f, 0), MNET_ERR_INVALID);
    struct mnet_addr v6 = {{0xfe, 0x80}};
    assert_int_equal(mn_ip_group_join(&f->ip, &v6), MNET_ERR_INVALID);
}

static void test_groups_are_bounded(void **state)
{
    struct fix *f = *state;
    for (uint32_t i = 0; i < MN_IP_GROUPS; i++)
        assert_int_equal(join(f, GROUP + i), MNET_OK);
    assert_int_equal(join(f, GROUP + MN_IP_GROUPS), MNET_ERR_NO_MEMORY);
    assert_int_equal(join(f, GROUP), MNET_OK);
    assert_int_equal(leave(f, GROUP + 3), MNET_OK);
    assert_int_equal(join(f, GROUP + MN_IP_GROUPS), MNET_OK);
    assert_true(mn_ip_ok(&f->ip));
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, fix_setup, fix_teardown)
    const struct CMUnitTest tests[] = {
        T(test_all_hosts_is_always_joined),
        T(test_all_nodes_are_always_joined),
        T(test_groups_of_both_families_are_joined),
        T(test_a_group_is_left_as_often_as_it_was_joined),
        T(test_only_multicast_is_a_group),
        T(test_groups_are_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
