/* SPDX-License-Identifier: ISC
 *
 * Every reason to drop a packet can be named and told apart. */
#include "base_test.h"
#include <mnet/drop.h>

#define ROW(name, text) {MNET_DROP_##name, #name, (text)},
static const struct {
    enum mnet_drop reason;
    const char *name;
    const char *text;
} rows[] = {MNET_DROP_MAP(ROW)};

static void test_each_reason_has_its_name_and_text(void **state)
{
    (void)state;
    assert_int_equal(COUNT_OF(rows), MNET_DROP_COUNT);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        assert_string_equal(mnet_drop_name(rows[i].reason), rows[i].name);
        assert_string_equal(mnet_drop_text(rows[i].reason), rows[i].text);
    }
}

static void test_no_two_reasons_look_alike(void **state)
{
    (void)state;
    for (unsigned i = 0; i < MNET_DROP_COUNT; i++) {
        for (unsigned j = 0; j < i; j++) {
            enum mnet_drop a = (enum mnet_drop)i;
            enum mnet_drop b = (enum mnet_drop)j;
            assert_string_not_equal(mnet_drop_name(a), mnet_drop_name(b));
            assert_string_not_equal(mnet_drop_text(a), mnet_drop_text(b));
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_reason_has_its_name_and_text),
        cmocka_unit_test(test_no_two_reasons_look_alike),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
