/* SPDX-License-Identifier: ISC
 *
 * Listening and accepting. */
#include "flow_test.h"

static int accepted;

static int accept_and_close(void *arg)
{
    struct mnet_flow *flow;
    mnet_err err = mnet_tcp_accept(arg, &flow);
    say_err(err);
    assert_true((flow != NULL) == (err == MNET_OK));
    if (flow) {
        accepted++;
        mnet_tcp_close(flow);
    }
    return err;
}

static struct mnet_server *new_server(void)
{
    struct mnet_server *server;
    accepted = 0;
    assert_int_equal(mnet_tcp_listen(fake_stack_handle(), 9000, &server), MNET_OK);
    return server;
}

static int accept_some(void *arg)
{
    (void)arg;
    struct mnet_server *server = new_server();
    struct mnet_listener *listener = fake_stack.listener;
    assert_int_equal(listener->local.port, 9000);
    assert_true(mnet_addr_is_any(&listener->local.addr));
    assert_int_equal(listener->backlog, 128);
    fake_client(listener, true);
    assert_int_equal(accept_and_close(server), MNET_OK);
    struct mnet_task *task = mnet_async(accept_and_close, server);
    mnet_yield();
    say("|");
    fake_client(listener, true);
    assert_int_equal(mnet_await(task, NULL), MNET_OK);
    mnet_tcp_unlisten(server);
    mnet_tcp_unlisten(NULL);
    return 0;
}

static void test_accept_takes_clients_as_they_come(void **state)
{
    (void)state;
    assert_int_equal(run(accept_some), 0);
    assert_string_equal(said, "OK | OK ");
}

static int listen_in_vain(void *arg)
{
    (void)arg;
    struct mnet_server *server = NULL;
    const struct mnet_endpoint local = {.port = 7};
    fake_stack.open_err = MNET_ERR_ADDR_IN_USE;
    assert_int_equal(mnet_tcp_listen_at(fake_stack_handle(), &local, 5, &server),
                     MNET_ERR_ADDR_IN_USE);
    assert_null(server);
    fake_stack.open_err = MNET_OK;
    fake_stack.flows_limit = fake_stack.flows = 1;
    assert_int_equal(mnet_tcp_listen_at(fake_stack_handle(), &local, 5, &server),
                     MNET_ERR_NO_MEMORY);
    fake_stack.flows = 0;
    assert_int_equal(mnet_tcp_listen_at(fake_stack_handle(), &local, 5, &server), MNET_OK);
    assert_int_equal(fake_stack.listener->backlog, 5);
    /* No memory for the flow: the client stays. */
    fake_client(fake_stack.listener, true);
    assert_int_equal(accept_and_close(server), MNET_ERR_NO_MEMORY);
    fake_stack.flows_limit = 0;
    assert_int_equal(accept_and_close(server), MNET_OK);
    mnet_tcp_unlisten(server);
    return 0;
}

static void test_listen_and_accept_say_why_they_failed(void **state)
{
    (void)state;
    assert_int_equal(run(listen_in_vain), 0);
}

#define TASKS 5

static int accept_by_many(void *arg)
{
    (void)arg;
    struct mnet_server *server = new_server();
    struct mnet_task *tasks[TASKS];
    for (int i = 0; i < TASKS; i++)
        tasks[i] = mnet_async(accept_and_close, server);
    mnet_yield();
    /* Three clients in one batch, told once. */
    fake_client(fake_stack.listener, false);
    fake_client(fake_stack.listener, false);
    fake_client(fake_stack.listener, true);
    for (int i = 0; i < 5; i++)
        mnet_yield();
    assert_int_equal(accepted, 3);
    /* The others wait, and learn that nobody will come. */
    say("|");
    mnet_tcp_unlisten(server);
    assert_int_equal(mnet_await_all(tasks, TASKS, NULL), MNET_OK);
    return 0;
}

static void test_each_client_goes_to_one_of_several_tasks(void **state)
{
    (void)state;
    assert_int_equal(run(accept_by_many), 0);
    assert_string_equal(said, "OK OK OK | CLOSED CLOSED ");
}

static int cancel_the_woken(void *arg)
{
    (void)arg;
    struct mnet_server *server = new_server();
    struct mnet_task *a = mnet_async(accept_and_close, server);
    struct mnet_task *b = mnet_async(accept_and_close, server);
    mnet_yield();
    fake_client(fake_stack.listener, true);
    mnet_cancel(a); /* it was woken for the client and has not run yet */
    assert_int_equal(mnet_await(b, NULL), MNET_OK);
    mnet_tcp_unlisten(server);
    return 0;
}

static void test_a_client_is_not_lost_with_a_cancelled_task(void **state)
{
    (void)state;
    assert_int_equal(run(cancel_the_woken), 0);
    assert_string_equal(said, "CANCELED OK ");
}

static int accept_with_deadline(void *arg)
{
    (void)arg;
    struct mnet_server *server = new_server();
    mnet_deadline(mnet_now() + MNET_MS(10));
    assert_int_equal(accept_and_close(server), MNET_ERR_TIMED_OUT);
    fake_client(fake_stack.listener, true);
    fake_client(fake_stack.listener, true);
    assert_int_equal(accept_and_close(server), MNET_OK);
    mnet_tcp_unlisten(server); /* and the other client is the stack's to reset */
    return 0;
}

static void test_accept_has_a_deadline(void **state)
{
    (void)state;
    assert_int_equal(run(accept_with_deadline), 0);
}

/* The echo server of the manual: one task for each client, collected as they end. */
static int echo(void *arg)
{
    struct mnet_flow *flow = arg;
    struct mnet_own own;
    mnet_own(&own, mnet_tcp_close, flow);
    char buf[16];
    mnet_ssize len;
    while ((len = mnet_tcp_read(flow, buf, sizeof buf)) > 0)
        if ((len = mnet_tcp_write(flow, buf, (size_t)len)) < 0)
            break;
    mnet_release(&own);
    return (int)len;
}

static int serve(void *arg)
{
    struct mnet_orphans orphans = {0};
    struct mnet_task *task;
    struct mnet_flow *flow;
    mnet_err err;
    while ((err = mnet_tcp_accept(arg, &flow)) == MNET_OK) {
        while (mnet_care(&orphans, &task) == 1)
            assert_int_equal(mnet_await(task, NULL), MNET_OK);
        mnet_async_orphan(&orphans, echo, flow);
    }
    return err;
}

static int echo_service(void *arg)
{
    (void)arg;
    struct mnet_server *server = new_server();
    struct mnet_task *task = mnet_async(serve, server);
    struct mnet_conn *conns[10];
    for (int i = 0; i < 10; i++) {
        fake_client(fake_stack.listener, true);
        conns[i] = fake_stack.conn;
        mnet_yield();
        mnet_yield();
    }
    for (int i = 0; i < 5; i++) {
        fake_arrive(conns[i], "hello");
        mnet_yield();
        assert_memory_equal(conns[i]->out, "hello", 5);
        fake_end(conns[i]);
        mnet_yield();
    }
    assert_int_equal(fake_stack.closes, 5);
    mnet_cancel(task); /* ends the five clients that are left, too */
    assert_int_equal(fake_stack.closes, 10);
    mnet_tcp_unlisten(server);
    return 0;
}

static void test_an_echo_service_and_its_end(void **state)
{
    (void)state;
    assert_int_equal(run(echo_service), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FLOW_TEST(test_accept_takes_clients_as_they_come),
        FLOW_TEST(test_listen_and_accept_say_why_they_failed),
        FLOW_TEST(test_each_client_goes_to_one_of_several_tasks),
        FLOW_TEST(test_a_client_is_not_lost_with_a_cancelled_task),
        FLOW_TEST(test_accept_has_a_deadline),
        FLOW_TEST(test_an_echo_service_and_its_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
