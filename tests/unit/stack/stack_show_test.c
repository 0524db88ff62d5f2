/* SPDX-License-Identifier: ISC */
#include "stack_fixture.h"
#include <string.h>

static char text[16384];

static void add_line(void *arg, const char *line)
{
    assert_ptr_equal(arg, text);
    assert_null(strchr(line, '\n'));
    assert_true(strlen(text) + strlen(line) + 2 < sizeof text);
    strcat(strcat(text, line), "\n");
}

static void test_show_prints_every_table(void **state)
{
    (void)state;
    struct net net;
    net_up(&net);
    struct mnet_endpoint local = endpoint("10.0.0.2:9");
    struct mnet_listener *listener;
    struct mnet_conn *conn;
    const struct mnet_cidr all = {mnet_addr_v4(0), 0};
    const struct mnet_addr gateway = mnet_addr_v4(0x0a000001);
    assert_int_equal(mnet_stack_route_add(net.b.stack, &all, &gateway), MNET_OK);
    assert_int_equal(mnet_conn_listen(net.b.stack, &local, 4, NULL, NULL, &listener), MNET_OK);
    assert_int_equal(mnet_conn_open(net.a.stack, NULL, &local, NULL, NULL, &conn), MNET_OK);
    net_settle(&net);
    text[0] = '\0';
    mnet_stack_show(net.b.stack, add_line, text);
    const char *wanted[] = {"stack stack mac 02:00:00:00:00:02 mtu 1500\n",
                            "memory ",
                            "address 10.0.0.2/24\n",
                            "route 0.0.0.0/0 via 10.0.0.1\n",
                            "neighbour 10.0.0.1 02:00:00:00:00:01 ",
                            "10.0.0.2:9",
                            "ESTABLISHED",
                            "count rx_frames "};
    for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; i++)
        if (!strstr(text, wanted[i]))
            fail_msg("no '%s' in:\n%s", wanted[i], text);
    struct mnet_memory_info info;
    mnet_stack_memory(net.b.stack, &info);
    assert_int_equal(info.tcp_conns, 1);
    assert_true(info.used > 0 && info.used <= info.peak && info.peak <= info.budget);
    mnet_conn_close(conn);
    mnet_conn_unlisten(listener);
    net_down(&net);
}

static void test_drops_have_names_and_texts(void **state)
{
    (void)state;
    for (int i = 0; i < MNET_DROP_COUNT; i++) {
        assert_true(strlen(mnet_drop_name((enum mnet_drop)i)) > 3);
        assert_true(strlen(mnet_drop_text((enum mnet_drop)i)) > 10);
    }
    struct net net;
    net_up(&net);
    assert_int_equal(mnet_stack_drops(net.a.stack, MNET_DROP_COUNT), 0);
    net_down(&net);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_show_prints_every_table),
        cmocka_unit_test(test_drops_have_names_and_texts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
