/* SPDX-License-Identifier: ISC */
#include "run_test_port.h"
#include <run/args.h>
#include <run/log.h>

static struct mnet_stack_arg service = {.arg = {MNET_ARG_STACK, "service", "here"},
                                        .ipv4 = "10.0.0.2/24"};
static struct mnet_stack_arg other = {.arg = {MNET_ARG_STACK, "other", "here"}};
static struct mnet_block_arg disk = MNET_BLOCK("disk");
static struct mnet_option_arg port = MNET_OPTION_PORT("port", "9000", "where clients connect");
static struct mnet_option_arg spin = MNET_FLAG("spin", "never sleep");

static void show(struct mnet_arg *const *declared, bool is_error)
{
    struct mn_args args;
    struct mn_console_log console;
    char name[] = "program", *argv[] = {name};
    run_test_reset();
    mn_console_log_init(&console, 0);
    assert_int_equal(mn_args_parse(&args, 1, argv, declared, &console.log), MN_ARGS_RUN);
    mn_usage(&args, name, is_error);
}

static void assert_shows(const char *text)
{
    if (!strstr(printed[0], text))
        fail_msg("no '%s' in:\n%s", text, printed[0]);
}

static void test_every_option_is_listed_with_its_default(void **state)
{
    (void)state;
    show(MNET_ARGS(&service.arg, &disk.arg, &port.arg, &spin.arg), false);
    assert_shows("usage: program [OPTION]...\n");
    assert_shows("  --net:service=DEVICE");
    assert_shows("  --ipv4=ADDRESS/LENGTH");
    assert_shows("its own address, or off [10.0.0.2/24]");
    assert_shows("  --ipv4-gateway=ADDRESS");
    assert_shows("  --ipv6=MODE");
    assert_shows("  --ipv6-gateway=ADDRESS");
    assert_shows("  --ipv6-temporary ");
    assert_shows("  --ipv6-secret=HEX");
    assert_shows("[random at each start]");
    assert_shows("  --block:disk=FILE");
    assert_shows("  --port=...");
    assert_shows("where clients connect [9000]");
    assert_shows("  --spin ");
    assert_shows("  --manifest ");
    assert_shows("  --log=SOURCE:LEVEL ");
    assert_shows("  --help ");
    assert_string_equal(printed[1], "");
}

static void test_with_several_stacks_addresses_have_a_name(void **state)
{
    (void)state;
    show(MNET_ARGS(&service.arg, &other.arg), false);
    assert_shows("  --ipv4:service=ADDRESS/LENGTH");
    assert_shows("  --ipv4-gateway:other=ADDRESS");
    assert_shows("[required, unless --ipv6 is given]");
}

static void test_behind_an_error_it_goes_where_errors_go(void **state)
{
    (void)state;
    show(MNET_ARGS(&service.arg), true);
    assert_string_equal(printed[0], "");
    assert_non_null(strstr(printed[1], "usage:"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_option_is_listed_with_its_default),
        cmocka_unit_test(test_with_several_stacks_addresses_have_a_name),
        cmocka_unit_test(test_behind_an_error_it_goes_where_errors_go),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
