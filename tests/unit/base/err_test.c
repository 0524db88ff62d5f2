/* SPDX-License-Identifier: ISC
 *
 * Every error has a number, a name and a text of its own. */
#include "base_test.h"
#include <mnet/err.h>

#define ROW(name, value, text) {#name, (value), (text)},
static const struct {
    const char *name;
    mnet_err err;
    const char *text;
} rows[] = {MNET_ERR_MAP(ROW)};

static void test_each_error_has_its_name_and_text(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        assert_string_equal(mnet_err_name(rows[i].err), rows[i].name);
        assert_string_equal(mnet_err_text(rows[i].err), rows[i].text);
    }
}

static void test_errors_are_negative_and_differ(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        assert_true(rows[i].err < 0);
        for (size_t j = 0; j < i; j++)
            assert_true(rows[i].err != rows[j].err);
    }
}

static void test_success_and_nonsense_have_texts_too(void **state)
{
    (void)state;
    assert_string_equal(mnet_err_name(MNET_OK), "OK");
    assert_string_equal(mnet_err_text(MNET_OK), "ok");
    static const mnet_err none[] = {1, 100, -1000};
    for (size_t i = 0; i < COUNT_OF(none); i++) {
        assert_string_equal(mnet_err_name(none[i]), "UNKNOWN");
        assert_string_equal(mnet_err_text(none[i]), "unknown error");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_error_has_its_name_and_text),
        cmocka_unit_test(test_errors_are_negative_and_differ),
        cmocka_unit_test(test_success_and_nonsense_have_texts_too),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
