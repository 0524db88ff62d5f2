/* SPDX-License-Identifier: ISC
 *
 * sched/fiber.h - stacks that take turns on the processor, and what AddressSanitizer must know of
 * that. fiber_asan.c is linked into builds with the sanitizer, fiber_plain.c into all others. */
#ifndef MN_FIBER_H
#define MN_FIBER_H

#include <stddef.h>

struct mn_fiber {
    void *sp;        /* where it stopped; meaningless while it runs */
    const void *low; /* the lowest byte of its stack */
    size_t size;     /* bytes of its stack */

    /* For fiber_asan.c only. */
    void *fake;             /* the sanitizer's frames of it */
    struct mn_fiber *until; /* where to go when mn_fiber_deinit has resumed it */
};

/* Makes a fiber of the `size` bytes at `low` (both multiples of 16). At the first switch to it
 * `entry(arg)` is called, which calls mn_fiber_begin first and never returns. A zeroed fiber stands
 * for the stack that the thread came with. */
void mn_fiber_init(struct mn_fiber *fiber, void *low, size_t size, void (*entry)(void *),
                   void *arg);

/* Stops `from`, which is running, and goes on with `to`. */
void mn_fiber_switch(struct mn_fiber *from, struct mn_fiber *to);

/* The first act of a new fiber; `from` is the one that switched to it. */
void mn_fiber_begin(struct mn_fiber *from);

/* The last act of a fiber: its stack may be looked at until mn_fiber_deinit. */
_Noreturn void mn_fiber_end(struct mn_fiber *fiber, struct mn_fiber *to);

/* Called by `self`, which runs, on a fiber that has ended: its stack may be used for anything
 * afterwards. */
void mn_fiber_deinit(struct mn_fiber *fiber, struct mn_fiber *self);

#endif
