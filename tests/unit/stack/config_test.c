/* SPDX-License-Identifier: ISC */
#include "stack_fixture.h"
#include <string.h>

static void test_init_means_every_default(void **state)
{
    (void)state;
    struct mnet_config config, zero;
    memset(&config, 0xff, sizeof config);
    memset(&zero, 0, sizeof zero);
    mnet_config_init(&config);
    assert_memory_equal(&config, &zero, sizeof config);
}

static void test_the_minimum_grows_with_the_connections_asked_for(void **state)
{
    (void)state;
    struct mnet_config config;
    mnet_config_init(&config);
    size_t few = mnet_config_memory_min(&config);
    config.tcp_conns_max = 100000;
    assert_true(mnet_config_memory_min(&config) >= few + 100000 * 8);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_init_means_every_default),
        cmocka_unit_test(test_the_minimum_grows_with_the_connections_asked_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
