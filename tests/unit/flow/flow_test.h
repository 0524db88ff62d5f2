/* SPDX-License-Identifier: ISC
 *
 * What the tests of flow/ share. */
#ifndef FLOW_TEST_H
#define FLOW_TEST_H

#include "../sched/sched_test.h"
#include "fake_stack.h"
#include <mnet/tcp.h>
#include <mnet/udp.h>

static const struct mnet_endpoint peer = {.port = 9000};

static inline int flow_setup(void **state)
{
    memset(&fake_stack, 0, sizeof fake_stack);
    return setup(state);
}

/* Nothing of the stack may be left. */
static inline int flow_teardown(void **state)
{
    if (fake_stack.flows != 0 || fake_stack.conns != 0 || fake_stack.listeners != 0 ||
        fake_stack.dgrams != 0)
        return -1;
    return teardown(state);
}

#define FLOW_TEST(name) cmocka_unit_test_setup_teardown(name, flow_setup, flow_teardown)

static inline int connect_now(void *arg)
{
    (void)arg;
    while (!fake_stack.conn)
        mnet_yield();
    fake_event(fake_stack.conn, MNET_EV_CONNECTED);
    return 0;
}

/* A connected flow; its connection is fake_stack.conn. */
static inline struct mnet_flow *new_flow(void)
{
    struct mnet_flow *flow;
    fake_stack.conn = NULL;
    struct mnet_task *task = mnet_async(connect_now, NULL);
    assert_int_equal(mnet_tcp_connect(fake_stack_handle(), &peer, &flow), MNET_OK);
    assert_int_equal(mnet_await(task, NULL), MNET_OK);
    return flow;
}

/* ---- tasks at a flow ---- */

static inline int read_and_say(void *arg)
{
    char buf[32] = "";
    mnet_ssize n = mnet_tcp_read(arg, buf, sizeof buf - 1);
    if (n > 0)
        say(buf);
    else
        n < 0 ? say_err((mnet_err)n) : say("end");
    return n < 0 ? (int)n : 0;
}

static inline int write_and_say(void *arg)
{
    mnet_err err = mnet_tcp_write(arg, "0123456789", 10);
    say("wrote");
    say_err(err);
    return err;
}

#endif
