/* SPDX-License-Identifier: ISC */
#include "run_test_port.h"
#include <run/manifest.h>

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

static void test_a_name_that_would_need_quoting_ends_the_program(void **state)
{
    (void)state;
    char text[256];
    ASSERT_PANICS(mn_manifest(MNET_ARGS(&bad.arg), text, sizeof text), "assertion failed");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_network_device_is_printed_exactly),
        cmocka_unit_test(test_devices_come_in_the_order_of_declaration),
        cmocka_unit_test(test_no_device_is_an_empty_list),
        cmocka_unit_test(test_a_name_that_would_need_quoting_ends_the_program),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
