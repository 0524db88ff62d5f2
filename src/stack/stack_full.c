/* SPDX-License-Identifier: ISC
 *
 * The whole stack. In a file of its own, so that a program that assembles less does not link what
 * it leaves out. */
#include <mnet/stack.h>

mnet_err mnet_stack_create(const struct mnet_config *config, mnet_time now,
                           struct mnet_stack **stack, const char **why)
{
    mnet_err err = mnet_stack_create_bare(config, now, stack, why);
    if (err != MNET_OK)
        return err;
    err = mnet_stack_add_udp(*stack);
    if (err == MNET_OK)
        err = mnet_stack_add_tcp(*stack);
    if (err != MNET_OK) {
        mnet_stack_destroy(*stack);
        *stack = NULL;
        if (why)
            *why = "the config's memory is too small for its tables";
    }
    return err;
}
