/* SPDX-License-Identifier: ISC
 *
 * The life of a task: create, run, end, collect.
 *
 * A task's function may end by a return or by mnet_task_fail, from any depth. Both only note the
 * value and go on with the scheduler, on whose stack the rest is done: check the rules after a
 * normal end; after an abnormal one cancel the children and, when the last of them has ended, run
 * the finalizers; then tell the parent. So an end needs no room on a stack that may be nearly full,
 * and it does not run over the frame that has just been left, which children and finalizers may
 * have pointers into (mn_context_call keeps that frame whole while the stack is still in use).
 *
 * The end of a child may be the end of a parent that was only waiting for it, and so on upwards: a
 * loop, not a recursion. */
#include <base/assert.h>
#include <mnet/port.h>
#include <sched/context.h>
#include <sched/sched.h>
#include <string.h>

#define CANARY UINT64_C(0x5ac7ca9a12d0dead)

/* Bytes of a stack that must be free for it to give some away: a few frames. */
#define STACK_LEFT_MIN 512u

/* ---- the stack ---- */

static void guard(struct mnet_task *task, void *at)
{
    task->canary = at;
    *task->canary = CANARY;
}

static _Noreturn void overflow(const struct mnet_task *task)
{
    mn_rule_broken("stack overflow of task created at %s", mn_task_place(task));
}

void mn_stack_check(const struct mnet_task *task)
{
    if (*task->canary != CANARY || (uintptr_t)task->fiber.sp <= (uintptr_t)task->canary)
        overflow(task);
}

void *mn_stack_take(struct mnet_task *task, size_t len)
{
    mn_stack_check(task);
    bool is_running = task == task->sched->current && task->state == MN_TASK_READY;
    uintptr_t sp = (uintptr_t)(is_running ? __builtin_frame_address(0) : task->fiber.sp);
    char *taken = (char *)task->canary;
    if (sp < (uintptr_t)taken + len + STACK_LEFT_MIN)
        overflow(task);
    guard(task, taken + len);
    return taken;
}

/* Where the task's struct stands in its memory: a cache line of its own. */
static struct mnet_task *task_of(const struct mnet_sched *sched, void *memory)
{
    uintptr_t top = (uintptr_t)memory + sched->stack_size - sizeof(struct mnet_task);
    return (struct mnet_task *)(top & ~(uintptr_t)63);
}

void mn_task_free_stacks(struct mnet_sched *sched)
{
    while (sched->free) {
        struct mnet_task *task = sched->free;
        sched->free = task->next;
        mnet_port_stack_free(task->memory, sched->stack_size);
    }
}

/* ---- the beginning ---- */

/* The function of `task` has ended with `value`. */
static _Noreturn void leave(struct mnet_task *task, int value)
{
    if (task->sched->nowait > 0)
        mn_rule_broken("MUST_NOT_WAIT: task started at %s ends in a finalizer or between "
                       "mnet_nowait_begin and its end",
                       mn_task_place(task));
    task->result = value;
    task->state = MN_TASK_ENDING;
    mn_fiber_end(&task->fiber, &task->sched->fiber);
}

static void enter(void *arg)
{
    struct mnet_task *task = arg;
    mn_fiber_begin(&task->sched->fiber);
    leave(task, mn_context_call(task->fn, task->arg));
}

_Noreturn void mnet_task_fail(mnet_err err)
{
    MN_ASSERT(err < 0);
    leave(mn_task_here(__func__), err);
}

struct mnet_task *mn_task_create(struct mnet_sched *sched, struct mnet_task *parent,
                                 mnet_task_fn fn, void *arg, const char *place)
{
    struct mnet_task *task = sched->free;
    void *memory;
    if (task) {
        sched->free = task->next;
        memory = task->memory;
    } else {
        memory = mnet_port_stack(sched->stack_size);
        if (!memory)
            return NULL;
        MN_ASSERT(((uintptr_t)memory & 15) == 0);
        task = task_of(sched, memory);
    }
    memset(task, 0, sizeof *task);
    task->sched = sched;
    task->memory = memory;
    task->fn = fn;
    task->arg = arg;
    task->place = place;
    task->deadline = parent ? parent->deadline : MNET_NEVER;
    task->is_cancelled = parent && parent->is_cancelled;
    task->parent = parent;
    mn_timer_init(&task->timer, 0);
    mn_list_init(&task->children);
    mn_list_init(&task->siblings);
    mn_list_init(&task->owned);
    if (parent)
        mn_list_push_back(&parent->children, &task->siblings);
    mn_fiber_init(&task->fiber, memory, (size_t)((char *)task - (char *)memory), enter, task);
    guard(task, memory);
    task->state = MN_TASK_READY;
    mn_waitq_push(&sched->ready, task);
    return task;
}

struct mnet_task *mnet_async_at(mnet_task_fn fn, void *arg, struct mnet_orphans *orphans,
                                const char *place)
{
    struct mnet_task *task = mn_task_here(__func__);
    struct mnet_task *child = mn_task_create(task->sched, task, fn, arg, place);
    if (child && orphans)
        mn_orphans_adopt(orphans, child);
    return child;
}

/* ---- the end ---- */

void mn_task_collect(struct mnet_task *task)
{
    MN_ASSERT(task->state == MN_TASK_ENDED);
    if (task->orphans)
        mn_orphans_forget(task->orphans, task);
    mn_list_remove(&task->siblings);
    struct mnet_sched *sched = task->sched;
    mn_fiber_deinit(&task->fiber, sched->current ? &sched->current->fiber : &sched->fiber);
    task->state = MN_TASK_GONE;
    task->next = sched->free;
    sched->free = task;
}

static void cancel_children(struct mnet_task *task)
{
    struct mn_list *next;
    for (struct mn_list *l = task->children.next; l != &task->children; l = next) {
        next = l->next;
        struct mnet_task *child = mn_task_of(l);
        child->orphans = NULL;
        if (child->state == MN_TASK_ENDED)
            mn_task_collect(child);
        else
            mn_task_cancel(child);
    }
}

/* The children of `task` have ended. Returns its parent if that was waiting only for this to end,
 * too. */
static struct mnet_task *finish(struct mnet_task *task)
{
    mn_own_finalize(task);
    if (!mn_list_is_empty(&task->children))
        mn_rule_broken("STILL_HAS_CHILDREN: task started at %s started one at %s in a finalizer",
                       mn_task_place(task), mn_task_place(mn_task_of(task->children.next)));
    task->state = MN_TASK_ENDED;
    struct mnet_task *parent = task->parent;
    if (parent && parent->state == MN_TASK_ENDING) {
        mn_task_collect(task);
        return mn_list_is_empty(&parent->children) ? parent : NULL;
    }
    if (task->orphans)
        mn_orphans_ended(task->orphans, task);
    if (task->is_awaited || (task->orphans && parent->cares_for == task->orphans))
        mn_task_wake(parent, MNET_OK);
    return NULL;
}

static void end(struct mnet_task *task)
{
    if (task->is_cancelled)
        task->result = MNET_ERR_CANCELED;
    if (task->result < 0) {
        cancel_children(task);
        if (!mn_list_is_empty(&task->children))
            return;
    } else {
        if (!mn_list_is_empty(&task->children))
            mn_rule_broken("STILL_HAS_CHILDREN: task started at %s ended while its child started "
                           "at %s was neither awaited nor cancelled",
                           mn_task_place(task), mn_task_place(mn_task_of(task->children.next)));
        mn_own_check_none(task);
    }
    while (task)
        task = finish(task);
}

void mn_task_run(struct mnet_task *task)
{
    struct mnet_sched *sched = task->sched;
    sched->current = task;
    mn_fiber_switch(&sched->fiber, &task->fiber);
    sched->current = NULL;
    mn_stack_check(task);
    if (task->state == MN_TASK_ENDING)
        end(task);
}
