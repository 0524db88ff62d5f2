/* SPDX-License-Identifier: ISC
 *
 * sched/context.h - changing stacks: the part that each processor has in arch/NAME/switch.S. */
#ifndef MN_CONTEXT_H
#define MN_CONTEXT_H

/* Bytes that mn_context_call leaves free between its caller's frame and `fn`'s. */
#define MN_CONTEXT_GAP 1024

/* Stops here, stores the stack pointer in `*save`, and goes on where the stack `to` was stopped.
 * Returns when somebody switches to what was stored. */
void mn_context_switch(void **save, void *to);

/* Prepares the stack whose memory ends at `top` (a multiple of 16): the first switch to the
 * returned pointer calls `entry(arg)`, which must not return. */
void *mn_context_init(void *top, void (*entry)(void *), void *arg);

/* Returns `fn(arg)`, called so that MN_CONTEXT_GAP bytes of calls made by the caller afterwards do
 * not overwrite what was the frame of `fn`. */
int mn_context_call(int (*fn)(void *), void *arg);

#endif
