/* SPDX-License-Identifier: ISC
 *
 * Waiting for a stack.
 *
 * What a task waits for is in the stack: data, room, a client. An event only says "look again", and
 * wakes one task, the first of the queue. To keep several tasks at one object from sleeping while
 * there is something for each, whoever leaves wakes the next, who looks, too, and sleeps again if
 * nothing is left. That costs one useless wake-up at most, however many wait. */
#include <base/assert.h>
#include <flow/flow_obj.h>

void *mn_flow_new(struct mnet_stack *stack)
{
    struct mn_flow_base *base = mn_stack_flow_get(stack);
    if (base) {
        base->stack = stack;
        base->refs = 1;
    }
    return base;
}

static void unref(struct mn_flow_base *base)
{
    MN_ASSERT(base->refs > 0);
    if (--base->refs == 0)
        mn_stack_flow_put(base->stack, base);
}

void mn_flow_drop(struct mn_flow_base *base)
{
    MN_ASSERT(!base->is_closed);
    base->is_closed = true;
    unref(base);
}

mnet_err mn_flow_wait(struct mn_flow_base *base, struct mnet_waitq *queue)
{
    base->refs++;
    mnet_err err = mn_waitq_wait(queue);
    if (err == MNET_OK && base->is_closed)
        err = MNET_ERR_CLOSED;
    if (err != MNET_OK)
        mn_waitq_wake(queue);
    unref(base);
    return err;
}
