/* SPDX-License-Identifier: ISC */
#include "stack_fixture.h"
#include <string.h>

static void test_without_tcp_connections_are_refused_in_words(void **state)
{
    (void)state;
    struct host host;
    host_config(&host, "10.0.0.1/24", 1);
    assert_int_equal(mnet_stack_create_bare(&host.config, 0, &host.stack, NULL), MNET_OK);
    struct mnet_endpoint to = endpoint("10.0.0.2:9");
    struct mnet_conn *conn;
    struct mnet_listener *listener;
    assert_int_equal(mnet_conn_open(host.stack, NULL, &to, NULL, NULL, &conn),
                     MNET_ERR_PROTO_UNREACH);
    assert_null(conn);
    assert_int_equal(mnet_conn_listen(host.stack, &to, 1, NULL, NULL, &listener),
                     MNET_ERR_PROTO_UNREACH);
    assert_null(listener);
    assert_int_equal(mnet_stack_add_tcp(host.stack), MNET_OK);
    assert_int_equal(mnet_stack_add_tcp(host.stack), MNET_OK);
    host_destroy(&host);
}

/* A connection of a stack with itself goes through the loopback queue, never to the wire. */
static void test_a_stack_can_talk_to_itself(void **state)
{
    (void)state;
    struct net net;
    net_up(&net);
    net_run(&net, MNET_SEC(3));
    uint64_t frames = net.frames;
    const char *addresses[] = {"127.0.0.1:9", "10.0.0.2:10"};
    for (int i = 0; i < 2; i++) {
        struct mnet_endpoint local = endpoint(addresses[i]);
        struct mnet_listener *listener;
        struct mnet_conn *conn, *accepted;
        assert_int_equal(mnet_conn_listen(net.b.stack, &local, 4, NULL, NULL, &listener), MNET_OK);
        assert_int_equal(mnet_conn_open(net.b.stack, NULL, &local, NULL, NULL, &conn), MNET_OK);
        net_settle(&net);
        assert_int_equal(mnet_conn_accept(listener, NULL, NULL, &accepted), MNET_OK);
        static char data[200000];
        assert_int_equal(mnet_conn_send(conn, data, sizeof data), sizeof data);
        net_settle(&net);
        assert_int_equal(mnet_conn_recv_ready(accepted), sizeof data);
        mnet_conn_close(accepted);
        mnet_conn_close(conn);
        mnet_conn_unlisten(listener);
        net_settle(&net);
    }
    assert_int_equal(net.frames, frames);
    net_down(&net);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_without_tcp_connections_are_refused_in_words),
        cmocka_unit_test(test_a_stack_can_talk_to_itself),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
