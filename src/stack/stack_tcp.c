/* SPDX-License-Identifier: ISC
 *
 * TCP joins a stack. Only a program that uses it links this file. */
#include <mnet/conn.h>
#include <stack/stack_state.h>
#include <tcp/tcp.h>

mnet_err mnet_stack_add_tcp(struct mnet_stack *stack)
{
    if (stack->tcp)
        return MNET_OK;
    stack->tcp = mn_tcp_create(&stack->env, &stack->ip, &stack->config);
    stack->tcp_counts = mn_tcp_counts;
    return mn_stack_add(stack, stack->tcp);
}

mnet_err mnet_conn_open(struct mnet_stack *stack, const struct mnet_endpoint *local,
                        const struct mnet_endpoint *remote, mnet_conn_event_fn on_event, void *arg,
                        struct mnet_conn **conn)
{
    *conn = NULL;
    if (!stack->tcp)
        return MNET_ERR_PROTO_UNREACH;
    return mn_tcp_open(stack->tcp, local, remote, on_event, arg, conn);
}

mnet_err mnet_conn_listen(struct mnet_stack *stack, const struct mnet_endpoint *local,
                          unsigned backlog, mnet_listener_fn on_conn, void *arg,
                          struct mnet_listener **listener)
{
    *listener = NULL;
    if (!stack->tcp)
        return MNET_ERR_PROTO_UNREACH;
    return mn_tcp_listen(stack->tcp, local, backlog, on_conn, arg, listener);
}
