/* SPDX-License-Identifier: ISC */
#include "stack_fixture.h"
#include <string.h>

static void test_without_udp_sockets_are_refused_in_words(void **state)
{
    (void)state;
    struct host host;
    host_config(&host, "10.0.0.1/24", 1);
    assert_int_equal(mnet_stack_create_bare(&host.config, 0, &host.stack, NULL), MNET_OK);
    struct mnet_endpoint local = {mnet_addr_any(), 9};
    struct mnet_dgram *dgram;
    assert_int_equal(mnet_dgram_open(host.stack, &local, NULL, NULL, NULL, &dgram),
                     MNET_ERR_PROTO_UNREACH);
    assert_int_equal(mnet_stack_add_udp(host.stack), MNET_OK);
    assert_int_equal(mnet_stack_add_udp(host.stack), MNET_OK);
    assert_int_equal(mnet_dgram_open(host.stack, &local, NULL, NULL, NULL, &dgram), MNET_OK);
    mnet_dgram_close(dgram);
    host_destroy(&host);
}

static void test_a_datagram_crosses_and_comes_back(void **state)
{
    (void)state;
    struct net net;
    net_up(&net);
    struct mnet_endpoint any = {mnet_addr_any(), 0}, to = endpoint("10.0.0.2:7"), from;
    struct mnet_dgram *a, *b;
    char buf[8000], data[6000];
    memset(data, 'q', sizeof data);
    assert_int_equal(mnet_dgram_open(net.a.stack, &any, NULL, NULL, NULL, &a), MNET_OK);
    assert_int_equal(mnet_dgram_open(net.b.stack, &to, NULL, NULL, NULL, &b), MNET_OK);
    assert_int_equal(mnet_dgram_send(a, &to, data, sizeof data), MNET_OK);
    net_settle(&net);
    assert_int_equal(mnet_dgram_recv(b, buf, sizeof buf, &from, NULL), sizeof data);
    assert_memory_equal(buf, data, sizeof data);
    assert_int_equal(mnet_dgram_send(b, &from, "back", 4), MNET_OK);
    net_settle(&net);
    assert_int_equal(mnet_dgram_recv(a, buf, sizeof buf, &from, NULL), 4);
    assert_int_equal(from.port, 7);
    mnet_dgram_close(a);
    mnet_dgram_close(b);
    net_down(&net);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_without_udp_sockets_are_refused_in_words),
        cmocka_unit_test(test_a_datagram_crosses_and_comes_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
