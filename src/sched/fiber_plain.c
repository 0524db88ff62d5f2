/* SPDX-License-Identifier: ISC
 *
 * Fibers in ordinary builds: nothing but the switch. */
#include <base/assert.h>
#include <sched/context.h>
#include <sched/fiber.h>

void mn_fiber_init(struct mn_fiber *fiber, void *low, size_t size, void (*entry)(void *), void *arg)
{
    fiber->low = low;
    fiber->size = size;
    fiber->fake = NULL;
    fiber->until = NULL;
    fiber->sp = mn_context_init((char *)low + size, entry, arg);
}

void mn_fiber_switch(struct mn_fiber *from, struct mn_fiber *to)
{
    mn_context_switch(&from->sp, to->sp);
}

void mn_fiber_begin(struct mn_fiber *from)
{
    (void)from;
}

_Noreturn void mn_fiber_end(struct mn_fiber *fiber, struct mn_fiber *to)
{
    mn_context_switch(&fiber->sp, to->sp);
    mn_assert_failed(__FILE__, __LINE__, "a fiber that has ended does not go on");
}

void mn_fiber_deinit(struct mn_fiber *fiber, struct mn_fiber *self)
{
    (void)fiber;
    (void)self;
}
