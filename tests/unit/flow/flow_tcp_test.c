/* SPDX-License-Identifier: ISC
 *
 * Connecting, closing, and what is asked of a flow between. */
#include "flow_test.h"

static mnet_err connect_err;

static int connect_and_say(void *arg)
{
    (void)arg;
    struct mnet_flow *flow = (struct mnet_flow *)&connect_err;
    mnet_err err = mnet_tcp_connect(fake_stack_handle(), &peer, &flow);
    say_err(err);
    assert_true((flow != NULL) == (err == MNET_OK));
    if (flow)
        mnet_tcp_close(flow);
    return err;
}

static int connect_well(void *arg)
{
    (void)arg;
    struct mnet_flow *flow = new_flow();
    struct mnet_endpoint local, remote;
    char tag[MNET_CONN_TAG_MAX];
    mnet_tcp_peers(flow, &local, &remote);
    assert_int_equal(remote.port, 9000);
    assert_string_equal(mnet_tcp_tag(flow, tag, sizeof tag), "tag of 9000");
    assert_ptr_equal(mnet_tcp_conn(flow), fake_stack.conn);
    mnet_tcp_close(flow);
    mnet_tcp_close(NULL);
    assert_int_equal(fake_stack.closes, 1);
    return 0;
}

static void test_connect_gives_a_flow_to_the_peer(void **state)
{
    (void)state;
    assert_int_equal(run(connect_well), 0);
}

static int fail_to_connect(void *arg)
{
    (void)arg;
    static const mnet_err errs[] = {MNET_ERR_CONN_REFUSED, MNET_ERR_NET_UNREACH,
                                    MNET_ERR_TIMED_OUT};
    for (int i = 0; i < 3; i++) {
        struct mnet_task *task = mnet_async(connect_and_say, NULL);
        mnet_yield();
        fake_die(fake_stack.conn, errs[i]);
        assert_int_equal(mnet_await(task, NULL), MNET_OK);
        assert_int_equal(fake_stack.conns, 0);
        assert_int_equal(fake_stack.flows, 0);
    }
    fake_stack.open_err = MNET_ERR_NET_UNREACH;
    connect_and_say(NULL);
    fake_stack.open_err = MNET_OK;
    fake_stack.flows_limit = 1;
    fake_stack.flows = 1;
    connect_and_say(NULL);
    fake_stack.flows = 0;
    return 0;
}

static void test_connect_says_why_it_failed_and_leaves_nothing(void **state)
{
    (void)state;
    assert_int_equal(run(fail_to_connect), 0);
    assert_string_equal(said, "CONN_REFUSED NET_UNREACH TIMED_OUT NET_UNREACH NO_MEMORY ");
}

static int connect_and_die_at_once(void *arg)
{
    (void)arg;
    struct mnet_task *task = mnet_async(connect_and_say, NULL);
    mnet_yield();
    fake_event(fake_stack.conn, MNET_EV_CONNECTED | MNET_EV_READABLE);
    fake_die(fake_stack.conn, MNET_ERR_CONN_RESET);
    return mnet_await(task, NULL);
}

static void test_a_connection_that_dies_after_it_was_made_was_made(void **state)
{
    (void)state;
    assert_int_equal(run(connect_and_die_at_once), 0);
    assert_string_equal(said, "OK ");
}

static int cancel_connect(void *arg)
{
    (void)arg;
    struct mnet_task *task = mnet_async(connect_and_say, NULL);
    mnet_yield();
    assert_int_equal(fake_stack.conns, 1);
    mnet_cancel(task);
    assert_int_equal(fake_stack.aborts, 1);
    assert_int_equal(fake_stack.conns, 0);
    /* Also if the answer has come and the task has not run since. */
    task = mnet_async(connect_and_say, NULL);
    mnet_yield();
    fake_event(fake_stack.conn, MNET_EV_CONNECTED);
    mnet_cancel(task);
    assert_int_equal(fake_stack.aborts, 2);
    return 0;
}

static void test_a_cancelled_connect_leaves_nothing(void **state)
{
    (void)state;
    assert_int_equal(run(cancel_connect), 0);
    assert_string_equal(said, "CANCELED CANCELED ");
}

static int connect_with_deadline(void *arg)
{
    mnet_time start = mnet_now();
    mnet_deadline(start + MNET_MS(50));
    connect_and_say(arg);
    assert_in_range(mnet_now() - start, MNET_MS(50), MNET_MS(51));
    return 0;
}

static void test_connect_has_a_deadline(void **state)
{
    (void)state;
    assert_int_equal(run(connect_with_deadline), 0);
    assert_string_equal(said, "TIMED_OUT ");
    assert_int_equal(fake_stack.aborts, 1);
}

/* ---- close ---- */

static int close_while_others_wait(void *arg)
{
    bool is_abort = arg != NULL;
    struct mnet_flow *flow = new_flow();
    fake_stack.conn->room = 0;
    struct mnet_task *tasks[4] = {mnet_async(read_and_say, flow), mnet_async(write_and_say, flow),
                                  mnet_async(read_and_say, flow), mnet_async(write_and_say, flow)};
    mnet_yield();
    if (is_abort)
        mnet_tcp_abort(flow);
    else
        mnet_tcp_close(flow);
    assert_int_equal(fake_stack.conns, 0);
    assert_int_equal(fake_stack.flows, 1); /* until they know */
    assert_int_equal(mnet_await_all(tasks, 4, NULL), MNET_OK);
    assert_int_equal(fake_stack.flows, 0);
    return 0;
}

static void test_closing_a_flow_ends_the_waits_of_others(void **state)
{
    (void)state;
    assert_int_equal(run(close_while_others_wait), 0);
    assert_string_equal(said, "CLOSED wrote CLOSED CLOSED wrote CLOSED ");
    said[0] = '\0';
    assert_int_equal(mnet_sched_run(NULL, close_while_others_wait, said), 0);
    assert_string_equal(said, "CLOSED wrote CLOSED CLOSED wrote CLOSED ");
    assert_int_equal(fake_stack.aborts, 1);
}

static int close_and_cancel(void *arg)
{
    (void)arg;
    struct mnet_flow *flow = new_flow();
    struct mnet_task *a = mnet_async(read_and_say, flow), *b = mnet_async(read_and_say, flow);
    mnet_yield();
    mnet_tcp_close(flow);
    mnet_cancel(a); /* it was woken and has not run: the other must learn it all the same */
    return mnet_await(b, NULL);
}

static void test_a_cancelled_waiter_does_not_keep_the_close_from_others(void **state)
{
    (void)state;
    assert_int_equal(run(close_and_cancel), 0);
    assert_string_equal(said, "CANCELED CLOSED ");
}

static int client_that_fails(void *arg)
{
    struct mnet_flow *flow = arg;
    struct mnet_own own;
    mnet_own(&own, mnet_tcp_close, flow);
    char byte;
    mnet_ssize n = mnet_tcp_read(flow, &byte, 1);
    return n == 1 ? MNET_ERR_FAILED : (int)n;
}

static int close_by_finalizer(void *arg)
{
    (void)arg;
    struct mnet_task *task = mnet_async(client_that_fails, new_flow());
    mnet_yield();
    fake_arrive(fake_stack.conn, "x");
    int result = 0;
    assert_int_equal(mnet_await(task, &result), MNET_OK);
    assert_int_equal(result, MNET_ERR_FAILED);
    assert_int_equal(fake_stack.closes, 1);
    /* And when the client is cancelled. */
    task = mnet_async(client_that_fails, new_flow());
    mnet_yield();
    mnet_cancel(task);
    assert_int_equal(fake_stack.closes, 2);
    return 0;
}

static void test_a_failing_client_closes_its_flow_through_the_finalizer(void **state)
{
    (void)state;
    assert_int_equal(run(close_by_finalizer), 0);
}

/* ---- shutdown ---- */

static int shut_down_while_others_wait(void *arg)
{
    (void)arg;
    struct mnet_flow *flow = new_flow();
    fake_stack.conn->room = 0;
    struct mnet_task *reader = mnet_async(read_and_say, flow);
    struct mnet_task *writer = mnet_async(write_and_say, flow);
    mnet_yield();
    assert_int_equal(mnet_tcp_shutdown(flow, MNET_SHUTDOWN_WRITE), MNET_OK);
    assert_int_equal(mnet_await(writer, NULL), MNET_OK);
    assert_int_equal(mnet_tcp_shutdown(flow, MNET_SHUTDOWN_READ), MNET_OK);
    assert_int_equal(mnet_await(reader, NULL), MNET_OK);
    mnet_tcp_close(flow);
    return 0;
}

static void test_shutdown_ends_the_waits_on_its_side(void **state)
{
    (void)state;
    assert_int_equal(run(shut_down_while_others_wait), 0);
    assert_string_equal(said, "wrote CLOSED CLOSED ");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FLOW_TEST(test_connect_gives_a_flow_to_the_peer),
        FLOW_TEST(test_connect_says_why_it_failed_and_leaves_nothing),
        FLOW_TEST(test_a_connection_that_dies_after_it_was_made_was_made),
        FLOW_TEST(test_a_cancelled_connect_leaves_nothing),
        FLOW_TEST(test_connect_has_a_deadline),
        FLOW_TEST(test_closing_a_flow_ends_the_waits_of_others),
        FLOW_TEST(test_a_cancelled_waiter_does_not_keep_the_close_from_others),
        FLOW_TEST(test_a_failing_client_closes_its_flow_through_the_finalizer),
        FLOW_TEST(test_shutdown_ends_the_waits_on_its_side),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
