/* SPDX-License-Identifier: ISC */
#include "stack_fixture.h"

static void test_the_whole_stack_has_udp_and_tcp(void **state)
{
    (void)state;
    struct net net;
    net_up(&net);
    struct mnet_endpoint local = endpoint("10.0.0.2:9");
    struct mnet_listener *listener;
    struct mnet_dgram *dgram;
    assert_int_equal(mnet_conn_listen(net.b.stack, &local, 4, NULL, NULL, &listener), MNET_OK);
    assert_int_equal(mnet_dgram_open(net.b.stack, &local, NULL, NULL, NULL, &dgram), MNET_OK);
    mnet_dgram_close(dgram);
    mnet_conn_unlisten(listener);
    net_down(&net);
}

static void test_tables_that_do_not_fit_are_refused_without_a_leak(void **state)
{
    (void)state;
    struct host host;
    host_config(&host, "10.0.0.1/24", 1);
    const char *why = NULL;
    host.config.tcp_conns_max = 100u << 20;
    assert_int_not_equal(mnet_stack_create(&host.config, 0, &host.stack, &why), MNET_OK);
    assert_null(host.stack);
    assert_non_null(why);
    host_destroy(&host);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_whole_stack_has_udp_and_tcp),
        cmocka_unit_test(test_tables_that_do_not_fit_are_refused_without_a_leak),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
