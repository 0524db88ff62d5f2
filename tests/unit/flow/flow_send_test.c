/* SPDX-License-Identifier: ISC
 *
 * Writing: waiting for room, and never waiting. */
#include "flow_test.h"

static int write_as_room_comes(void *arg)
{
    (void)arg;
    struct mnet_flow *flow = new_flow();
    struct mnet_conn *conn = fake_stack.conn;
    struct mnet_task *task = mnet_async(write_and_say, flow);
    mnet_yield();
    assert_int_equal(conn->out_len, 8);
    fake_make_room(conn, 1);
    mnet_yield();
    assert_int_equal(conn->out_len, 9);
    say("|");
    fake_make_room(conn, 5);
    assert_int_equal(mnet_await(task, NULL), MNET_OK);
    assert_memory_equal(conn->out, "0123456789", 10);
    assert_int_equal(mnet_tcp_write(flow, "", 0), MNET_OK);
    mnet_tcp_close(flow);
    return 0;
}

static void test_write_waits_until_all_is_queued(void **state)
{
    (void)state;
    assert_int_equal(run(write_as_room_comes), 0);
    assert_string_equal(said, "| wrote OK ");
}

static int write_to_the_dead(void *arg)
{
    (void)arg;
    struct mnet_flow *flow = new_flow();
    struct mnet_conn *conn = fake_stack.conn;
    struct mnet_task *task = mnet_async(write_and_say, flow);
    mnet_yield();
    fake_die(conn, MNET_ERR_CLOSED_BY_PEER);
    assert_int_equal(mnet_await(task, NULL), MNET_OK);
    write_and_say(flow);
    assert_int_equal(mnet_tcp_write_without_interruption(flow, "x", 1), MNET_ERR_CLOSED_BY_PEER);
    mnet_tcp_close(flow);
    return 0;
}

static void test_write_says_why_it_failed(void **state)
{
    (void)state;
    assert_int_equal(run(write_to_the_dead), 0);
    assert_string_equal(said, "wrote CLOSED_BY_PEER wrote CLOSED_BY_PEER ");
}

static int write_with_deadline(void *arg)
{
    (void)arg;
    struct mnet_flow *flow = new_flow();
    mnet_time before = mnet_deadline(mnet_now() + MNET_MS(20));
    write_and_say(flow);
    mnet_deadline(before);
    struct mnet_task *task = mnet_async(write_and_say, flow);
    mnet_yield();
    mnet_cancel(task);
    mnet_tcp_close(flow);
    return 0;
}

static void test_write_may_time_out_or_be_cancelled(void **state)
{
    (void)state;
    assert_int_equal(run(write_with_deadline), 0);
    assert_string_equal(said, "wrote TIMED_OUT wrote CANCELED ");
}

static int read_and_write_at_once(void *arg)
{
    (void)arg;
    struct mnet_flow *flow = new_flow();
    struct mnet_conn *conn = fake_stack.conn;
    struct mnet_task *tasks[2] = {mnet_async(read_and_say, flow), mnet_async(write_and_say, flow)};
    mnet_yield();
    fake_make_room(conn, 5);
    mnet_yield();
    fake_arrive(conn, "data");
    assert_int_equal(mnet_await_all(tasks, 2, NULL), MNET_OK);
    mnet_tcp_close(flow);
    return 0;
}

static void test_a_reader_and_a_writer_wait_at_the_same_time(void **state)
{
    (void)state;
    assert_int_equal(run(read_and_write_at_once), 0);
    assert_string_equal(said, "wrote OK data ");
}

static int two_writers(void *arg)
{
    (void)arg;
    struct mnet_flow *flow = new_flow();
    struct mnet_conn *conn = fake_stack.conn;
    struct mnet_task *tasks[2] = {mnet_async(write_and_say, flow), mnet_async(write_and_say, flow)};
    mnet_yield();
    fake_make_room(conn, 100); /* one event, room for both */
    assert_int_equal(mnet_await_all(tasks, 2, NULL), MNET_OK);
    assert_int_equal(conn->out_len, 20);
    mnet_tcp_close(flow);
    return 0;
}

static void test_no_writer_sleeps_while_there_is_room(void **state)
{
    (void)state;
    assert_int_equal(run(two_writers), 0);
}

static void say_goodbye(void *flow)
{
    assert_int_equal(mnet_tcp_write_without_interruption(flow, "goodbye, all of you", 19), MNET_OK);
    assert_int_equal(fake_stack.conn->out_len, 19);
    mnet_tcp_close(flow);
}

static int goodbye_at_the_end(void *arg)
{
    (void)arg;
    struct mnet_own own;
    struct mnet_flow *flow = new_flow();
    mnet_own(&own, say_goodbye, flow);
    return MNET_ERR_FAILED;
}

static void test_write_without_interruption_is_for_finalizers(void **state)
{
    (void)state;
    assert_int_equal(run(goodbye_at_the_end), MNET_ERR_FAILED);
    assert_int_equal(fake_stack.closes, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FLOW_TEST(test_write_waits_until_all_is_queued),
        FLOW_TEST(test_write_says_why_it_failed),
        FLOW_TEST(test_write_may_time_out_or_be_cancelled),
        FLOW_TEST(test_a_reader_and_a_writer_wait_at_the_same_time),
        FLOW_TEST(test_no_writer_sleeps_while_there_is_room),
        FLOW_TEST(test_write_without_interruption_is_for_finalizers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
