/* SPDX-License-Identifier: ISC
 *
 * UDP for tasks. */
#include "flow_test.h"

static int recv_and_say(void *arg)
{
    char buf[8] = "";
    struct mnet_endpoint from = {0};
    mnet_ssize len = mnet_udp_recvfrom(arg, buf, sizeof buf - 1, &from);
    if (len < 0)
        say_err((mnet_err)len);
    else
        say(buf);
    assert_true(len < 0 || from.port == 77);
    return len < 0 ? (int)len : 0;
}

static struct mnet_udp *new_udp(void)
{
    struct mnet_udp *udp;
    assert_int_equal(mnet_udp_bind(fake_stack_handle(), 53, &udp), MNET_OK);
    return udp;
}

static int receive_some(void *arg)
{
    (void)arg;
    struct mnet_udp *udp = new_udp();
    struct mnet_dgram *dgram = fake_stack.dgram;
    assert_int_equal(dgram->local.port, 53);
    assert_ptr_equal(mnet_udp_dgram(udp), dgram);
    /* What came before is there, in order. */
    fake_datagram(dgram, "one");
    fake_datagram(dgram, "two");
    recv_and_say(udp);
    recv_and_say(udp);
    struct mnet_task *task = mnet_async(recv_and_say, udp);
    mnet_yield();
    say("|");
    fake_datagram(dgram, "three");
    assert_int_equal(mnet_await(task, NULL), MNET_OK);
    /* The whole length, also of what does not fit. */
    char buf[4];
    fake_datagram(dgram, "too long");
    assert_int_equal(mnet_udp_recvfrom(udp, buf, 3, NULL), 8);
    mnet_udp_close(udp);
    mnet_udp_close(NULL);
    return 0;
}

static void test_recvfrom_takes_datagrams_in_order(void **state)
{
    (void)state;
    assert_int_equal(run(receive_some), 0);
    assert_string_equal(said, "one two | three ");
}

static int send_some(void *arg)
{
    (void)arg;
    struct mnet_udp *udp = new_udp();
    struct mnet_endpoint to = {.port = 9};
    mnet_nowait_begin(); /* it does not wait */
    assert_int_equal(mnet_udp_sendto(udp, &to, "hello", 5), MNET_OK);
    assert_string_equal(fake_stack.dgram->out, "hello");
    to.port = 0;
    assert_int_equal(mnet_udp_sendto(udp, &to, "hello", 5), MNET_ERR_INVALID);
    mnet_udp_close(udp);
    mnet_nowait_end();
    return 0;
}

static void test_sendto_does_not_wait(void **state)
{
    (void)state;
    assert_int_equal(run(send_some), 0);
}

static int bind_in_vain(void *arg)
{
    (void)arg;
    struct mnet_udp *udp = NULL;
    fake_stack.open_err = MNET_ERR_ADDR_IN_USE;
    assert_int_equal(mnet_udp_bind(fake_stack_handle(), 53, &udp), MNET_ERR_ADDR_IN_USE);
    assert_null(udp);
    fake_stack.flows_limit = fake_stack.flows = 1;
    assert_int_equal(mnet_udp_bind(fake_stack_handle(), 53, &udp), MNET_ERR_NO_MEMORY);
    fake_stack.flows = 0;
    return 0;
}

static void test_bind_says_why_it_failed(void **state)
{
    (void)state;
    assert_int_equal(run(bind_in_vain), 0);
}

static int learn_errors(void *arg)
{
    (void)arg;
    struct mnet_udp *udp = new_udp();
    struct mnet_dgram *dgram = fake_stack.dgram;
    struct mnet_task *task = mnet_async(recv_and_say, udp);
    mnet_yield();
    dgram->err = MNET_ERR_PORT_UNREACH;
    mnet_nowait_begin();
    dgram->on_ready(dgram, dgram->arg);
    mnet_nowait_end();
    assert_int_equal(mnet_await(task, NULL), MNET_OK);
    /* Once, and after what was received. */
    dgram->err = MNET_ERR_NET_UNREACH;
    fake_datagram(dgram, "data");
    recv_and_say(udp);
    recv_and_say(udp);
    mnet_deadline(mnet_now() + MNET_MS(10));
    recv_and_say(udp);
    mnet_deadline(MNET_NEVER);
    task = mnet_async(recv_and_say, udp);
    mnet_yield();
    mnet_cancel(task);
    mnet_udp_close(udp);
    return 0;
}

static void test_recvfrom_tells_errors(void **state)
{
    (void)state;
    assert_int_equal(run(learn_errors), 0);
    assert_string_equal(said, "PORT_UNREACH data NET_UNREACH TIMED_OUT CANCELED ");
}

static int receive_by_many(void *arg)
{
    (void)arg;
    struct mnet_udp *udp = new_udp();
    struct mnet_task *tasks[4];
    for (int i = 0; i < 4; i++)
        tasks[i] = mnet_async(recv_and_say, udp);
    mnet_yield();
    /* Two in one batch, told once. */
    strcpy(fake_stack.dgram->queue[fake_stack.dgram->last++], "a");
    fake_datagram(fake_stack.dgram, "b");
    for (int i = 0; i < 4; i++)
        mnet_yield();
    mnet_udp_close(udp);
    assert_int_equal(fake_stack.flows, 1);
    return mnet_await_all(tasks, 4, NULL);
}

static void test_several_tasks_receive_and_learn_of_the_close(void **state)
{
    (void)state;
    assert_int_equal(run(receive_by_many), 0);
    assert_string_equal(said, "a b CLOSED CLOSED ");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FLOW_TEST(test_recvfrom_takes_datagrams_in_order),
        FLOW_TEST(test_sendto_does_not_wait),
        FLOW_TEST(test_bind_says_why_it_failed),
        FLOW_TEST(test_recvfrom_tells_errors),
        FLOW_TEST(test_several_tasks_receive_and_learn_of_the_close),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
