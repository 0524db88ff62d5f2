/* SPDX-License-Identifier: ISC */
#include "run_test_port.h"
#include <run/manifest.h>
#include <string.h>

static struct mnet_rng_arg rng = MNET_RNG;
static struct mnet_stack_arg service = {.arg = {MNET_ARG_STACK, "service", "here"}};
static struct mnet_stack_arg bad = {.arg = {MNET_ARG_STACK, "a\"b", "here"}};
static struct mnet_block_arg disk = MNET_BLOCK("disk");
static struct mnet_option_arg option = MNET_OPTION("port", "7", "a port");

static void test_one_network_device_is_printed_exactly(void **state)
{
    (void)state;
    char text[256];
    static const char want[] = "{\"type\":\"solo5.manifest\",\"version\":1,\"devices\":[{\"name\":"
                               "\"service\",\"type\":\"NET_BASIC\"}]}\n";
    size_t len = mn_manifest(MNET_ARGS(&rng.arg, &service.arg, &option.arg), text, sizeof text);
    assert_string_equal(text, want);
    assert_int_equal(len, sizeof want - 1);
}

static void test_devices_come_in_the_order_of_declaration(void **state)
{
    (void)state;
    char text[256];
    mn_manifest(MNET_ARGS(&disk.arg, &service.arg), text, sizeof text);
    assert_string_equal(text, "{\"type\":\"solo5.manifest\",\"version\":1,\"devices\":[{\"name\":"
                              "\"disk\",\"type\":\"BLOCK_BASIC\"},{\"name\":\"service\",\"type\":"
                              "\"NET_BASIC\"}]}\n");
}

static void test_no_device_is_an_empty_list(void **state)
{
    (void)state;
    char text[256];
    mn_manifest(MNET_ARGS(&rng.arg), text, sizeof text);
    assert_string_equal(text, "{\"type\":\"solo5.manifest\",\"version\":1,\"devices\":[]}\n");
    assert_false(mn_manifest_has_devices(MNET_ARGS(&rng.arg, &option.arg)));
    assert_true(mn_manifest_has_devices(MNET_ARGS(&rng.arg, &disk.arg)));
}

static void assert_refused(struct mnet_arg *const *declared, const char *want)
{
    char why[256] = "";
    assert_false(mn_manifest_check(declared, why, sizeof why));
    assert_string_equal(why, want);
}

static void test_names_that_solo5_does_not_take_are_refused(void **state)
{
    (void)state;
    char why[256];
    static char longest[] = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ01234";
    struct mnet_stack_arg named = {.arg = {MNET_ARG_STACK, longest, "p.c:1"}};
    assert_int_equal(strlen(longest), 67);
    assert_true(mn_manifest_check(MNET_ARGS(&rng.arg, &named.arg), why, sizeof why));
    assert_refused(MNET_ARGS(&rng.arg, &bad.arg),
                   "'a\"b', declared at here: a device's name is 1 to 67 letters and digits");
    named.arg.name = "";
    assert_refused(MNET_ARGS(&named.arg),
                   "'', declared at p.c:1: a device's name is 1 to 67 letters and digits");
    named.arg.name = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ012345";
    assert_false(mn_manifest_check(MNET_ARGS(&named.arg), why, sizeof why));
}

static void test_two_devices_of_one_kind_have_two_names(void **state)
{
    (void)state;
    char why[256];
    struct mnet_stack_arg twin = {.arg = {MNET_ARG_STACK, "service", "p.c:2"}};
    struct mnet_block_arg other = {.arg = {MNET_ARG_BLOCK, "service", "p.c:3"}};
    assert_refused(MNET_ARGS(&service.arg, &twin.arg),
                   "'service', declared at p.c:2: there is a device of that name already");
    assert_true(mn_manifest_check(MNET_ARGS(&service.arg, &other.arg), why, sizeof why));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_network_device_is_printed_exactly),
        cmocka_unit_test(test_devices_come_in_the_order_of_declaration),
        cmocka_unit_test(test_no_device_is_an_empty_list),
        cmocka_unit_test(test_names_that_solo5_does_not_take_are_refused),
        cmocka_unit_test(test_two_devices_of_one_kind_have_two_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
