/* SPDX-License-Identifier: ISC
 *
 * Reading: read, really_read, get. */
#include "flow_test.h"

static int read_in_pieces(void *arg)
{
    (void)arg;
    struct mnet_flow *flow = new_flow();
    struct mnet_conn *conn = fake_stack.conn;
    char buf[8] = "";
    fake_arrive(conn, "abcdef");
    assert_int_equal(mnet_tcp_read(flow, buf, 0), 0);
    assert_int_equal(mnet_tcp_read(flow, buf, 2), 2);
    assert_memory_equal(buf, "ab", 2);
    assert_int_equal(mnet_tcp_read(flow, buf, 8), 4);
    assert_memory_equal(buf, "cdef", 4);
    fake_arrive(conn, "g");
    fake_end(conn);
    assert_int_equal(mnet_tcp_read(flow, buf, 8), 1);
    assert_int_equal(mnet_tcp_read(flow, buf, 8), 0);
    assert_int_equal(mnet_tcp_read(flow, buf, 8), 0);
    mnet_tcp_close(flow);
    return 0;
}

static void test_what_does_not_fit_stays_for_the_next_read(void **state)
{
    (void)state;
    assert_int_equal(run(read_in_pieces), 0);
}

static int read_when_it_comes(void *arg)
{
    (void)arg;
    struct mnet_flow *flow = new_flow();
    struct mnet_conn *conn = fake_stack.conn;
    struct mnet_task *task = mnet_async(read_and_say, flow);
    mnet_yield();
    fake_event(conn, MNET_EV_READABLE); /* nothing there: it waits on */
    mnet_yield();
    mnet_yield();
    say("|");
    fake_arrive(conn, "data");
    assert_int_equal(mnet_await(task, NULL), MNET_OK);
    /* A reset is never an end. */
    task = mnet_async(read_and_say, flow);
    mnet_yield();
    fake_die(conn, MNET_ERR_CONN_RESET);
    assert_int_equal(mnet_await(task, NULL), MNET_OK);
    mnet_tcp_close(flow);
    return 0;
}

static void test_read_waits_for_data_end_or_error(void **state)
{
    (void)state;
    assert_int_equal(run(read_when_it_comes), 0);
    assert_string_equal(said, "| data CONN_RESET ");
}

static int read_with_deadline(void *arg)
{
    (void)arg;
    struct mnet_flow *flow = new_flow();
    mnet_time before = mnet_deadline(mnet_now() + MNET_MS(20));
    read_and_say(flow);
    fake_arrive(fake_stack.conn, "late"); /* what is there is read also now */
    read_and_say(flow);
    mnet_deadline(before);
    struct mnet_task *task = mnet_async(read_and_say, flow);
    mnet_yield();
    mnet_cancel(task);
    /* The flow is as good as before. */
    fake_arrive(fake_stack.conn, "on");
    read_and_say(flow);
    mnet_tcp_close(flow);
    return 0;
}

static void test_read_may_time_out_or_be_cancelled_and_the_flow_goes_on(void **state)
{
    (void)state;
    assert_int_equal(run(read_with_deadline), 0);
    assert_string_equal(said, "TIMED_OUT late CANCELED on ");
}

static int really_read_five(void *arg)
{
    char buf[6] = "";
    mnet_err err = mnet_tcp_really_read(arg, buf, 5);
    say_err(err);
    say(buf);
    return err;
}

static int really_read_in_pieces(void *arg)
{
    (void)arg;
    struct mnet_flow *flow = new_flow();
    struct mnet_conn *conn = fake_stack.conn;
    assert_int_equal(mnet_tcp_really_read(flow, NULL, 0), MNET_OK);
    struct mnet_task *task = mnet_async(really_read_five, flow);
    mnet_yield();
    fake_arrive(conn, "ab");
    mnet_yield();
    fake_arrive(conn, "cdefgh");
    assert_int_equal(mnet_await(task, NULL), MNET_OK);
    fake_end(conn);
    really_read_five(flow);
    really_read_five(flow);
    mnet_tcp_close(flow);
    return 0;
}

static void test_really_read_gives_all_or_an_error(void **state)
{
    (void)state;
    assert_int_equal(run(really_read_in_pieces), 0);
    assert_string_equal(said, "OK abcde EOF fgh EOF  ");
}

static int get_some(void *arg)
{
    (void)arg;
    struct mnet_flow *flow = new_flow();
    struct mnet_conn *conn = fake_stack.conn;
    struct mnet_slice slices[4];
    char buf[8] = "";
    fake_arrive(conn, "abcdefgh");
    /* What read left comes first. */
    assert_int_equal(mnet_tcp_read(flow, buf, 2), 2);
    assert_int_equal(mnet_tcp_get(flow, slices, 1), 1);
    assert_int_equal(slices[0].len, 3);
    assert_memory_equal(slices[0].at, "cde", 3);
    assert_int_equal(conn->in_len, 6); /* lent, not given back */
    assert_int_equal(mnet_tcp_get(flow, slices, 4), 1);
    assert_memory_equal(slices[0].at, "fgh", 3);
    fake_arrive(conn, "ijkl");
    assert_memory_equal(slices[0].at, "fgh", 3);
    /* Any call that receives gives back. */
    assert_int_equal(mnet_tcp_read(flow, buf, 1), 1);
    assert_memory_equal(buf, "i", 1);
    assert_int_equal(mnet_tcp_get(flow, slices, 4), 1);
    assert_int_equal(mnet_tcp_read(flow, buf, 0), 0);
    assert_int_equal(conn->in_len, 0);
    assert_int_equal(mnet_tcp_get(flow, slices, 0), MNET_ERR_INVALID);
    fake_arrive(conn, "mnopqrs");
    assert_int_equal(mnet_tcp_get(flow, slices, 4), 3);
    fake_end(conn);
    assert_int_equal(mnet_tcp_get(flow, slices, 4), 0);
    fake_die(conn, MNET_ERR_CONN_RESET);
    assert_int_equal(mnet_tcp_get(flow, slices, 4), MNET_ERR_CONN_RESET);
    mnet_tcp_close(flow);
    return 0;
}

static void test_get_lends_until_the_next_call(void **state)
{
    (void)state;
    assert_int_equal(run(get_some), 0);
}

static size_t left_at_close;

static int get_and_say(void *arg)
{
    struct mnet_slice slice;
    mnet_ssize n = mnet_tcp_get(arg, &slice, 1);
    if (n < 0)
        say_err((mnet_err)n);
    return (int)n;
}

static int get_and_close(void *arg)
{
    (void)arg;
    struct mnet_flow *flow = new_flow();
    struct mnet_task *task = mnet_async(get_and_say, flow);
    mnet_yield();
    fake_arrive(fake_stack.conn, "abc");
    assert_int_equal(mnet_await(task, NULL), MNET_OK);
    /* Or the peer would get a reset for data that the program has seen. */
    left_at_close = SIZE_MAX;
    fake_stack.left_at_close = &left_at_close;
    mnet_tcp_close(flow);
    assert_int_equal(left_at_close, 0);
    return 0;
}

static void test_close_gives_back_what_was_lent(void **state)
{
    (void)state;
    assert_int_equal(run(get_and_close), 0);
}

/* ---- several readers ---- */

static int read_three(void *arg)
{
    char buf[4] = "";
    mnet_ssize n = mnet_tcp_read(arg, buf, 3);
    say(n > 0 ? buf : n == 0 ? "end" : mnet_err_name((mnet_err)n));
    return 0;
}

static int two_readers(void *arg)
{
    (void)arg;
    struct mnet_flow *flow = new_flow();
    struct mnet_conn *conn = fake_stack.conn;
    struct mnet_task *tasks[3];
    for (int i = 0; i < 3; i++)
        tasks[i] = mnet_async(read_three, flow);
    mnet_yield();
    fake_arrive(conn, "abcdef"); /* one event, data for two */
    mnet_yield();
    mnet_yield();
    assert_string_equal(said, "abc def ");
    fake_arrive(conn, "g");
    assert_int_equal(mnet_await_all(tasks, 3, NULL), MNET_OK);
    for (int i = 0; i < 3; i++)
        tasks[i] = mnet_async(i == 1 ? get_and_say : read_three, flow);
    mnet_yield();
    fake_end(conn); /* one event, news for all */
    assert_int_equal(mnet_await_all(tasks, 3, NULL), MNET_OK);
    mnet_tcp_close(flow);
    return 0;
}

static void test_no_reader_sleeps_while_there_is_something_for_it(void **state)
{
    (void)state;
    assert_int_equal(run(two_readers), 0);
    assert_string_equal(said, "abc def g end end ");
}

static int read_in_finalizer(void *arg)
{
    (void)arg;
    struct mnet_flow *flow = new_flow();
    fake_arrive(fake_stack.conn, "x");
    mnet_nowait_begin();
    return read_and_say(flow);
}

static void test_reading_where_waiting_is_forbidden_is_forbidden_also_with_data(void **state)
{
    (void)state;
    assert_true(fake_port_panics(read_in_finalizer, "MUST_NOT_WAIT: * calls mnet_tcp_read *"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FLOW_TEST(test_what_does_not_fit_stays_for_the_next_read),
        FLOW_TEST(test_read_waits_for_data_end_or_error),
        FLOW_TEST(test_read_may_time_out_or_be_cancelled_and_the_flow_goes_on),
        FLOW_TEST(test_really_read_gives_all_or_an_error),
        FLOW_TEST(test_get_lends_until_the_next_call),
        FLOW_TEST(test_close_gives_back_what_was_lent),
        FLOW_TEST(test_no_reader_sleeps_while_there_is_something_for_it),
        FLOW_TEST(test_reading_where_waiting_is_forbidden_is_forbidden_also_with_data),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
