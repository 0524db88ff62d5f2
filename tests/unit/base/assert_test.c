/* SPDX-License-Identifier: ISC
 *
 * A failed assertion names its place and ends in the port's panic. */
#include "panic_test.h"
#include <base/assert.h>

static void test_a_true_condition_goes_on(void **state)
{
    (void)state;
    /* A panic would abort this test. */
    static volatile int two = 2;
    MN_ASSERT(1 + 1 == two);
}

static void test_a_false_one_names_file_line_and_text(void **state)
{
    (void)state;
    static volatile int three = 3;
    char wanted[512];
    ASSERT_PANICS(MN_ASSERT(three == 4));
    snprintf(wanted, sizeof wanted, "%s:%d: assertion failed: three == 4", __FILE__, __LINE__ - 1);
    assert_string_equal(panic_message, wanted);
}

static void test_long_conditions_are_cut(void **state)
{
    (void)state;
    char text[600];
    memset(text, 'x', sizeof text);
    text[sizeof text - 1] = '\0';
    ASSERT_PANICS(mn_assert_failed("a.c", 1, text));
    assert_int_equal(strlen(panic_message), 255);
    assert_memory_equal(panic_message, "a.c:1: assertion failed: xxx", 28);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_true_condition_goes_on),
        cmocka_unit_test(test_a_false_one_names_file_line_and_text),
        cmocka_unit_test(test_long_conditions_are_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
