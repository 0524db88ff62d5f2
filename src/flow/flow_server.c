/* SPDX-License-Identifier: ISC
 *
 * Listening: tasks wait at a server for clients. The flow of a client is allocated before the
 * client is taken, so that one who comes when memory is short stays in the backlog. */
#include <flow/flow_obj.h>

/* Enough for a burst that comes while the accepting task has its turn; few enough that half of a
 * small budget is not lost to clients whom nobody serves. */
#define BACKLOG_DEFAULT 128u

static void on_conn(struct mnet_listener *listener, void *arg)
{
    (void)listener;
    struct mnet_server *server = arg;
    mn_waitq_wake(&server->waiters);
}

mnet_err mnet_tcp_listen_at(struct mnet_stack *stack, const struct mnet_endpoint *local,
                            unsigned backlog, struct mnet_server **out)
{
    *out = NULL;
    struct mnet_server *server = mn_flow_new(stack);
    if (!server)
        return MNET_ERR_NO_MEMORY;
    mnet_err err = mnet_conn_listen(stack, local, backlog, on_conn, server, &server->listener);
    if (err == MNET_OK)
        *out = server;
    else
        mn_flow_drop(&server->base);
    return err;
}

mnet_err mnet_tcp_listen(struct mnet_stack *stack, uint16_t port, struct mnet_server **out)
{
    const struct mnet_endpoint local = {mnet_addr_any(), port};
    return mnet_tcp_listen_at(stack, &local, BACKLOG_DEFAULT, out);
}

mnet_err mnet_tcp_accept(struct mnet_server *server, struct mnet_flow **out)
{
    *out = NULL;
    mnet_err err = mn_wait_begin(__func__);
    if (err != MNET_OK)
        return err;
    struct mnet_flow *flow = mn_flow_new(server->base.stack);
    if (!flow)
        return MNET_ERR_NO_MEMORY;
    for (;;) {
        err = mnet_conn_accept(server->listener, mn_flow_event, flow, &flow->conn);
        if (err != MNET_ERR_AGAIN) {
            mn_waitq_wake(&server->waiters);
            break;
        }
        err = mn_flow_wait(&server->base, &server->waiters);
        if (err != MNET_OK)
            break;
    }
    if (err == MNET_OK) {
        flow->is_connected = true;
        *out = flow;
    } else {
        mn_flow_drop(&flow->base);
    }
    return err;
}

void mnet_tcp_unlisten(struct mnet_server *server)
{
    if (!server)
        return;
    mnet_nowait_begin();
    mnet_conn_unlisten(server->listener);
    mn_waitq_wake(&server->waiters);
    mn_flow_drop(&server->base);
    mnet_nowait_end();
}
