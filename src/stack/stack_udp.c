/* SPDX-License-Identifier: ISC
 *
 * UDP joins a stack. Only a program that uses it links this file. */
#include <mnet/dgram.h>
#include <stack/stack_state.h>
#include <udp/udp.h>

mnet_err mnet_stack_add_udp(struct mnet_stack *stack)
{
    if (stack->udp)
        return MNET_OK;
    stack->udp = mn_udp_create(&stack->env, &stack->ip, &stack->config);
    return mn_stack_add(stack, stack->udp);
}

mnet_err mnet_dgram_open(struct mnet_stack *stack, const struct mnet_endpoint *local,
                         mnet_dgram_fn on_dgram, mnet_dgram_ready_fn on_ready, void *arg,
                         struct mnet_dgram **dgram)
{
    *dgram = NULL;
    if (!stack->udp)
        return MNET_ERR_PROTO_UNREACH;
    return mn_udp_open(stack->udp, local, on_dgram, on_ready, arg, dgram);
}
