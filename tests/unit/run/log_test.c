/* SPDX-License-Identifier: ISC */
#include "run_test_port.h"
#include <mnet/run.h>
#include <run/log.h>

static struct mn_console_log console;

static int setup(void **state)
{
    (void)state;
    run_test_reset();
    mn_console_log_init(&console, MNET_SEC(100));
    return 0;
}

static void test_a_line_has_time_level_source_tag_and_message(void **state)
{
    (void)state;
    mnet_log_write(&console.log, MNET_SEC(112) + MNET_US(345678), MNET_LOG_ERROR, "tcp",
                   "10.0.0.2:9000", "lost %d", 3);
    assert_string_equal(printed[1], "[+12.345678s] [ERROR] tcp 10.0.0.2:9000: lost 3\n");
    assert_string_equal(printed[0], "");
}

static void test_a_line_without_tag_has_no_gap(void **state)
{
    (void)state;
    mnet_log_write(&console.log, MNET_SEC(100) + MNET_US(7), MNET_LOG_WARNING, "arp", "", "odd");
    assert_string_equal(printed[1], "[+0.000007s] [WARNING] arp: odd\n");
}

static void test_warnings_are_shown_at_first_and_infos_are_not(void **state)
{
    (void)state;
    mnet_log_write(&console.log, MNET_SEC(100), MNET_LOG_INFO, "arp", "", "hidden");
    assert_string_equal(printed[1], "");
    mnet_log_write(&console.log, MNET_SEC(100), MNET_LOG_WARNING, "arp", "", "shown");
    assert_non_null(strstr(printed[1], "shown"));
}

static void test_print_goes_to_the_output_with_a_newline(void **state)
{
    (void)state;
    mnet_print("Hello %s!", "World");
    assert_string_equal(printed[0], "Hello World!\n");
    assert_string_equal(printed[1], "");
}

static void test_a_long_line_is_cut_and_still_ends(void **state)
{
    (void)state;
    char text[2000];
    memset(text, 'x', sizeof text);
    text[sizeof text - 1] = '\0';
    mn_console_line(false, text);
    assert_true(printed_len[0] < sizeof text);
    assert_int_equal(printed[0][printed_len[0] - 1], '\n');
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_a_line_has_time_level_source_tag_and_message, setup),
        cmocka_unit_test_setup(test_a_line_without_tag_has_no_gap, setup),
        cmocka_unit_test_setup(test_warnings_are_shown_at_first_and_infos_are_not, setup),
        cmocka_unit_test_setup(test_print_goes_to_the_output_with_a_newline, setup),
        cmocka_unit_test_setup(test_a_long_line_is_cut_and_still_ends, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
