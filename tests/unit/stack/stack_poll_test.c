/* SPDX-License-Identifier: ISC */
#include "stack_fixture.h"
#include <string.h>

static void test_an_idle_stack_wants_no_poll(void **state)
{
    (void)state;
    struct net net;
    net_up(&net);
    net_run(&net, MNET_SEC(60));
    assert_int_equal(mnet_stack_deadline(net.a.stack) == MNET_NEVER, 1);
    net_down(&net);
}

static void test_a_batch_is_bounded_and_the_rest_is_asked_for_at_once(void **state)
{
    (void)state;
    struct net net;
    net_up(&net);
    net_run(&net, MNET_SEC(3));
    uint64_t before = mnet_stack_stats(net.a.stack)->rx_frames;
    uint8_t junk[60] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2, 0, 0, 0, 0, 9, 0x12, 0x34};
    for (int i = 0; i < 100; i++)
        assert_int_equal(mnet_stack_frame_in(net.a.stack, junk, sizeof junk), MNET_OK);
    assert_int_equal(mnet_stack_poll(net.a.stack, net.now), net.now);
    uint64_t first = mnet_stack_stats(net.a.stack)->rx_frames - before;
    assert_true(first > 0 && first < 100);
    mnet_stack_poll(net.a.stack, net.now);
    assert_int_equal(mnet_stack_stats(net.a.stack)->rx_frames - before, 100);
    net_down(&net);
}

static void on_self(struct mnet_dgram *dgram, const struct mnet_dgram_rx *rx, void *arg)
{
    (void)arg;
    (void)rx;
    struct mnet_endpoint self = endpoint("127.0.0.1:5");
    for (int i = 0; i < 2; i++)
        (void)!mnet_dgram_send(dgram, &self, "again", 5);
}

/* A program that answers itself twice each time fills the loopback queue for ever. */
static void test_talking_to_oneself_does_not_keep_the_device_waiting(void **state)
{
    (void)state;
    struct net net;
    net_up(&net);
    net_run(&net, MNET_SEC(3));
    struct mnet_endpoint local = {mnet_addr_any(), 5}, self = endpoint("127.0.0.1:5");
    struct mnet_dgram *dgram;
    assert_int_equal(mnet_dgram_open(net.a.stack, &local, on_self, NULL, NULL, &dgram), MNET_OK);
    assert_int_equal(mnet_dgram_send(dgram, &self, "first", 5), MNET_OK);
    for (int i = 0; i < 50; i++)
        mnet_stack_poll(net.a.stack, net.now);
    uint64_t before = mnet_stack_stats(net.a.stack)->rx_frames;
    uint8_t junk[60] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2, 0, 0, 0, 0, 9, 0x12, 0x34};
    for (int i = 0; i < 30; i++)
        assert_int_equal(mnet_stack_frame_in(net.a.stack, junk, sizeof junk), MNET_OK);
    mnet_stack_poll(net.a.stack, net.now);
    assert_int_equal(mnet_stack_stats(net.a.stack)->rx_frames - before, 30);
    mnet_dgram_close(dgram);
    net_down(&net);
}

static void test_time_that_goes_back_is_ignored(void **state)
{
    (void)state;
    struct net net;
    net_up(&net);
    net_run(&net, MNET_SEC(5));
    mnet_stack_poll(net.a.stack, MNET_SEC(1));
    mnet_stack_poll(net.a.stack, net.now);
    assert_true(mnet_stack_ok(net.a.stack));
    net_down(&net);
}

static unsigned last_events;
static void note(struct mnet_conn *conn, unsigned events, void *arg)
{
    (void)conn;
    (void)arg;
    last_events |= events;
}

static void test_a_silent_neighbour_fails_the_connect_with_net_unreach(void **state)
{
    (void)state;
    struct net net;
    net_up(&net);
    struct mnet_endpoint to = endpoint("10.0.0.99:9");
    struct mnet_conn *conn;
    last_events = 0;
    assert_int_equal(mnet_conn_open(net.a.stack, NULL, &to, note, NULL, &conn), MNET_OK);
    net_run(&net, MNET_SEC(5));
    assert_int_equal(last_events, MNET_EV_ERROR);
    assert_int_equal(mnet_conn_error(conn), MNET_ERR_NET_UNREACH);
    mnet_conn_close(conn);
    net_down(&net);
}

static unsigned conflicts;
static void on_conflict(struct mnet_stack *stack, const struct mnet_addr *addr,
                        const struct mnet_mac *mac, void *arg)
{
    (void)stack;
    (void)arg;
    assert_int_equal(mnet_addr_to_v4(addr), 0x0a000002);
    assert_int_equal(mac->bytes[5], 1);
    conflicts++;
}

/* RFC 5227 2.4: a second owner of the address is told to the program. */
static void test_an_address_conflict_is_told(void **state)
{
    (void)state;
    struct net net;
    memset(&net, 0, sizeof net);
    host_config(&net.a, "10.0.0.2/24", 1);
    host_config(&net.b, "10.0.0.2/24", 2);
    host_create(&net.a, 0);
    host_create(&net.b, 0);
    conflicts = 0;
    mnet_stack_on_conflict(net.b.stack, on_conflict, NULL);
    net_run(&net, MNET_SEC(5));
    assert_true(conflicts > 0);
    net_down(&net);
}

/* The same frames, times and random numbers give the same frames. */
static void test_a_run_repeats_itself_to_the_bit(void **state)
{
    (void)state;
    uint64_t digest[2];
    for (int run = 0; run < 2; run++) {
        struct net net;
        net_up(&net);
        struct mnet_endpoint local = endpoint("10.0.0.2:9");
        struct mnet_listener *listener;
        struct mnet_conn *conn, *accepted;
        assert_int_equal(mnet_conn_listen(net.b.stack, &local, 4, NULL, NULL, &listener), MNET_OK);
        assert_int_equal(mnet_conn_open(net.a.stack, NULL, &local, NULL, NULL, &conn), MNET_OK);
        net_settle(&net);
        assert_int_equal(mnet_conn_accept(listener, NULL, NULL, &accepted), MNET_OK);
        char data[5000];
        memset(data, 'd', sizeof data);
        assert_int_equal(mnet_conn_send(conn, data, sizeof data), sizeof data);
        net_run(&net, MNET_SEC(2));
        assert_int_equal(mnet_conn_recv_ready(accepted), sizeof data);
        mnet_conn_abort(conn);
        mnet_conn_close(accepted);
        net_run(&net, MNET_SEC(2));
        digest[run] = net.digest;
        net_down(&net);
    }
    assert_int_equal(digest[0], digest[1]);
}

/* Every allocation may fail, one at a time: nothing leaks (destroy asserts it), the next try works.
 */
static void test_every_single_failed_allocation_is_survived(void **state)
{
    (void)state;
    for (uint64_t k = 1; k < 200; k++) {
        struct net net;
        net_up(&net);
        struct mnet_endpoint local = endpoint("10.0.0.2:9");
        struct mnet_listener *listener = NULL;
        struct mnet_conn *conn = NULL, *accepted = NULL;
        mnet_stack_fail_at(net.a.stack, k);
        mnet_stack_fail_at(net.b.stack, k);
        mnet_err err = mnet_conn_listen(net.b.stack, &local, 4, NULL, NULL, &listener);
        if (err == MNET_OK)
            err = mnet_conn_open(net.a.stack, NULL, &local, NULL, NULL, &conn);
        net_run(&net, MNET_SEC(10));
        if (conn && mnet_conn_error(conn) == MNET_OK) {
            mnet_ssize sent = mnet_conn_send(conn, "hello", 5);
            net_run(&net, MNET_SEC(10));
            assert_int_equal(mnet_conn_accept(listener, NULL, NULL, &accepted), MNET_OK);
            if (sent == 5)
                assert_int_equal(mnet_conn_recv_ready(accepted), 5);
        }
        mnet_conn_close(accepted);
        mnet_conn_close(conn);
        mnet_conn_unlisten(listener);
        net_run(&net, MNET_SEC(1));
        net_down(&net);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_an_idle_stack_wants_no_poll),
        cmocka_unit_test(test_a_batch_is_bounded_and_the_rest_is_asked_for_at_once),
        cmocka_unit_test(test_talking_to_oneself_does_not_keep_the_device_waiting),
        cmocka_unit_test(test_time_that_goes_back_is_ignored),
        cmocka_unit_test(test_a_silent_neighbour_fails_the_connect_with_net_unreach),
        cmocka_unit_test(test_an_address_conflict_is_told),
        cmocka_unit_test(test_a_run_repeats_itself_to_the_bit),
        cmocka_unit_test(test_every_single_failed_allocation_is_survived),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
