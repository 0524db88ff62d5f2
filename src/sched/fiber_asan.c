/* SPDX-License-Identifier: ISC
 *
 * Fibers under AddressSanitizer, which has to be told before and after each switch which stack is
 * in use.
 *
 * With detect_stack_use_after_return it keeps local variables in frames of its own ("fake" ones),
 * which it throws away when a fiber says that it will not come back. What a task left on its stack
 * must stay until its children and finalizers have run; so a fiber that ended is resumed once more
 * by mn_fiber_deinit, only to say that. */
#include <base/assert.h>
#include <sched/context.h>
#include <sched/fiber.h>

void __sanitizer_start_switch_fiber(void **fake_save, const void *low, size_t size);
void __sanitizer_finish_switch_fiber(void *fake, const void **low_from, size_t *size_from);

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
    __sanitizer_start_switch_fiber(&from->fake, to->low, to->size);
    mn_context_switch(&from->sp, to->sp);
    __sanitizer_finish_switch_fiber(from->fake, NULL, NULL);
}

/* Here the bounds of the thread's own stack become known. */
void mn_fiber_begin(struct mn_fiber *from)
{
    __sanitizer_finish_switch_fiber(NULL, &from->low, &from->size);
}

_Noreturn void mn_fiber_end(struct mn_fiber *fiber, struct mn_fiber *to)
{
    mn_fiber_switch(fiber, to);
    __sanitizer_start_switch_fiber(NULL, fiber->until->low, fiber->until->size);
    mn_context_switch(&fiber->sp, fiber->until->sp);
    mn_assert_failed(__FILE__, __LINE__, "a fiber that has ended does not go on");
}

void mn_fiber_deinit(struct mn_fiber *fiber, struct mn_fiber *self)
{
    fiber->until = self;
    mn_fiber_switch(self, fiber);
}
