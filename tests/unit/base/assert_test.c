/* SPDX-License-Identifier: ISC
 *
 * A failed assertion names its place and ends in the port's panic, which is this test's own here.
 */
#include "base_test.h"
#include <base/assert.h>
#include <mnet/port.h>
#include <stdio.h>

static jmp_buf panicked;
static char message[512];

_Noreturn void mnet_port_panic(const char *text)
{
    snprintf(message, sizeof message, "%s", text);
    longjmp(panicked, 1);
}

static void test_a_true_condition_goes_on(void **state)
{
    (void)state;
    message[0] = '\0';
    if (setjmp(panicked) == 0)
        MN_ASSERT(1 + 1 == 2);
    assert_string_equal(message, "");
}

static void test_a_false_one_names_file_line_and_text(void **state)
{
    (void)state;
    message[0] = '\0';
    char wanted[512];
    static volatile int three = 3;
    snprintf(wanted, sizeof wanted, "%s:%d: assertion failed: three == 4", __FILE__, __LINE__ + 2);
    if (setjmp(panicked) == 0)
        MN_ASSERT(three == 4);
    assert_string_equal(message, wanted);
}

static void test_long_conditions_are_cut(void **state)
{
    (void)state;
    char text[600];
    memset(text, 'x', sizeof text);
    text[sizeof text - 1] = '\0';
    if (setjmp(panicked) == 0)
        mn_assert_failed("a.c", 1, text);
    assert_int_equal(strlen(message), 255);
    assert_memory_equal(message, "a.c:1: assertion failed: xxx", 28);
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
