/* SPDX-License-Identifier: ISC
 *
 * The life of a flow: connect, close, and what is asked of it between. The connection's events wake
 * the tasks that wait; they come from the stack's poll, never from inside a call of this folder. */
#include <flow/flow_obj.h>

void mn_flow_event(struct mnet_conn *conn, unsigned events, void *arg)
{
    (void)conn;
    struct mnet_flow *flow = arg;
    if (events & MNET_EV_CONNECTED)
        flow->is_connected = true;
    if (events & (MNET_EV_READABLE | MNET_EV_ERROR))
        mn_waitq_wake(&flow->readers);
    if (events & (MNET_EV_WRITABLE | MNET_EV_CONNECTED | MNET_EV_ERROR))
        mn_waitq_wake(&flow->writers);
}

void mn_flow_give_back(struct mnet_flow *flow)
{
    if (flow->lent > 0)
        mnet_conn_consume(flow->conn, flow->lent);
    flow->lent = 0;
}

static void drop(struct mnet_flow *flow)
{
    mn_waitq_wake(&flow->readers);
    mn_waitq_wake(&flow->writers);
    mn_flow_drop(&flow->base);
}

mnet_err mnet_tcp_connect(struct mnet_stack *stack, const struct mnet_endpoint *remote,
                          struct mnet_flow **out)
{
    *out = NULL;
    mnet_err err = mn_wait_begin(__func__);
    if (err != MNET_OK)
        return err;
    struct mnet_flow *flow = mn_flow_new(stack);
    if (!flow)
        return MNET_ERR_NO_MEMORY;
    err = mnet_conn_open(stack, NULL, remote, mn_flow_event, flow, &flow->conn);
    if (err != MNET_OK) {
        mn_flow_drop(&flow->base);
        return err;
    }
    while (err == MNET_OK && !flow->is_connected) {
        err = mn_flow_wait(&flow->base, &flow->writers);
        if (err == MNET_OK && !flow->is_connected)
            err = mnet_conn_error(flow->conn);
    }
    if (err == MNET_OK)
        *out = flow;
    else
        mnet_tcp_abort(flow);
    return err;
}

void mnet_tcp_close(void *arg)
{
    struct mnet_flow *flow = arg;
    if (!flow)
        return;
    mnet_nowait_begin();
    mn_flow_give_back(flow);
    mnet_conn_close(flow->conn);
    drop(flow);
    mnet_nowait_end();
}

void mnet_tcp_abort(struct mnet_flow *flow)
{
    mnet_nowait_begin();
    mnet_conn_abort(flow->conn);
    drop(flow);
    mnet_nowait_end();
}

/* Nothing is called back from inside: tasks that wait for what will not come now are told here. */
mnet_err mnet_tcp_shutdown(struct mnet_flow *flow, enum mnet_shutdown how)
{
    mnet_nowait_begin();
    mnet_err err = mnet_conn_shutdown(flow->conn, how);
    mn_waitq_wake(&flow->readers);
    mn_waitq_wake(&flow->writers);
    mnet_nowait_end();
    return err;
}

void mnet_tcp_peers(const struct mnet_flow *flow, struct mnet_endpoint *local,
                    struct mnet_endpoint *remote)
{
    mnet_conn_peers(flow->conn, local, remote);
}

char *mnet_tcp_tag(const struct mnet_flow *flow, char *buf, size_t cap)
{
    return mnet_conn_tag(flow->conn, buf, cap);
}

struct mnet_conn *mnet_tcp_conn(struct mnet_flow *flow)
{
    return flow->conn;
}
