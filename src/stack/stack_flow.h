/* SPDX-License-Identifier: ISC
 *
 * stack/stack_flow.h - what flow/ and run/ may ask of a stack beyond mnet/stack.h. */
#ifndef MN_STACK_FLOW_H
#define MN_STACK_FLOW_H

#include <mnet/stack.h>
#include <stdbool.h>

/* Bytes of one object of flow/: a connection's, a server's or a socket's waiting tasks. */
#define MN_STACK_FLOW_SIZE 128

/* A zeroed object of MN_STACK_FLOW_SIZE bytes from the stack's budget; NULL when that is used up.
 */
void *mn_stack_flow_get(struct mnet_stack *stack);
void mn_stack_flow_put(struct mnet_stack *stack, void *object);

/* Starts to close every connection; `is_idle` tells when no goodbye is outstanding any more. */
void mn_stack_close_all(struct mnet_stack *stack);
bool mn_stack_is_idle(const struct mnet_stack *stack);

#endif
