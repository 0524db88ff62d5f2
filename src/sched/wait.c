/* SPDX-License-Identifier: ISC
 *
 * Waiting and waking.
 *
 * A task that waits is in no queue but the one it waits in, if any, and is made ready by exactly
 * one of: a wake, its timer, its cancellation. Whoever wakes it takes it out of the queue at once,
 * so that a later wake of the queue is not spent on a task that is ready already.
 *
 * A wake and a cancellation may both come before the task runs again. Then the wait returns
 * CANCELED, and who can have been woken for something that others wait for too (a mutex, a
 * condition, a flow) hands it on. */
#include <base/assert.h>
#include <sched/sched.h>

void mn_waitq_push(struct mnet_waitq *queue, struct mnet_task *task)
{
    task->next = NULL;
    task->prev = queue->last;
    if (queue->last)
        queue->last->next = task;
    else
        queue->first = task;
    queue->last = task;
}

void mn_waitq_remove(struct mnet_waitq *queue, struct mnet_task *task)
{
    if (task->prev)
        task->prev->next = task->next;
    else
        queue->first = task->next;
    if (task->next)
        task->next->prev = task->prev;
    else
        queue->last = task->prev;
}

struct mnet_task *mn_waitq_pop(struct mnet_waitq *queue)
{
    struct mnet_task *task = queue->first;
    if (task)
        mn_waitq_remove(queue, task);
    return task;
}

/* Goes on with the scheduler, which does not come back before the task is ready. */
static void stop(struct mnet_task *task)
{
    MN_ASSERT(task == task->sched->current && task->sched->nowait == 0);
    mn_fiber_switch(&task->fiber, &task->sched->fiber);
}

mnet_err mn_task_park(struct mnet_task *task, mnet_time until)
{
    if (task->is_cancelled)
        return MNET_ERR_CANCELED;
    mn_timer_arm(&task->sched->wheel, &task->timer,
                 until < task->deadline ? until : task->deadline);
    task->state = MN_TASK_WAITING;
    stop(task);
    return task->is_cancelled ? MNET_ERR_CANCELED : task->woken_by;
}

void mn_task_park_stubborn(struct mnet_task *task)
{
    task->is_stubborn = true;
    task->state = MN_TASK_WAITING;
    stop(task);
    task->is_stubborn = false;
}

void mn_task_wake(struct mnet_task *task, mnet_err why)
{
    if (task->state != MN_TASK_WAITING)
        return;
    mn_timer_disarm(&task->sched->wheel, &task->timer);
    if (task->queue) {
        mn_waitq_remove(task->queue, task);
        task->queue = NULL;
    }
    task->woken_by = why;
    task->state = MN_TASK_READY;
    mn_waitq_push(&task->sched->ready, task);
}

void mn_task_pass(struct mnet_task *task)
{
    mn_waitq_push(&task->sched->ready, task);
    stop(task);
}

struct mnet_task *mn_wait_check(const char *call)
{
    struct mnet_sched *sched = mn_sched_here(call);
    if (sched->nowait > 0 && !sched->current)
        mn_rule_broken("MUST_NOT_WAIT: %s called in a hook or callback", call);
    struct mnet_task *task = mn_task_here(call);
    if (sched->nowait > 0)
        mn_rule_broken("MUST_NOT_WAIT: task started at %s calls %s in a finalizer or between "
                       "mnet_nowait_begin and its end",
                       mn_task_place(task), call);
    return task;
}

mnet_err mn_wait_begin(const char *call)
{
    struct mnet_task *task = mn_wait_check(call);
    if (!task->is_cancelled)
        return MNET_OK;
    mn_task_pass(task);
    return MNET_ERR_CANCELED;
}

mnet_err mn_waitq_wait(struct mnet_waitq *queue)
{
    struct mnet_task *task = mn_task_here(__func__);
    if (task->is_cancelled)
        return MNET_ERR_CANCELED;
    task->queue = queue;
    mn_waitq_push(queue, task);
    return mn_task_park(task, MNET_NEVER);
}

void mn_waitq_wait_stubborn(struct mnet_waitq *queue)
{
    struct mnet_task *task = mn_task_here(__func__);
    task->queue = queue;
    mn_waitq_push(queue, task);
    mn_task_park_stubborn(task);
}

void mn_waitq_wake(struct mnet_waitq *queue)
{
    if (queue->first)
        mn_task_wake(queue->first, MNET_OK);
}

mnet_err mnet_yield(void)
{
    mnet_err err = mn_wait_begin(__func__);
    if (err != MNET_OK)
        return err;
    struct mnet_task *task = mn_task_here(__func__);
    mn_task_pass(task);
    if (task->is_cancelled)
        return MNET_ERR_CANCELED;
    return task->deadline <= task->sched->now ? MNET_ERR_TIMED_OUT : MNET_OK;
}

mnet_err mnet_sleep(mnet_time duration)
{
    mnet_err err = mn_wait_begin(__func__);
    if (err != MNET_OK)
        return err;
    struct mnet_task *task = mn_task_here(__func__);
    mnet_time now = task->sched->now;
    mnet_time until = duration < MNET_NEVER - now ? now + duration : MNET_NEVER;
    err = mn_task_park(task, until);
    return err == MNET_ERR_TIMED_OUT && until <= task->deadline ? MNET_OK : err;
}

mnet_time mnet_deadline(mnet_time at)
{
    struct mnet_task *task = mn_task_here(__func__);
    mnet_time before = task->deadline;
    task->deadline = at;
    return before;
}

mnet_time mnet_now(void)
{
    return mn_sched_here(__func__)->now;
}

bool mnet_is_cancelled(void)
{
    return mn_task_here(__func__)->is_cancelled;
}

struct mnet_task *mnet_self(void)
{
    return mn_task_here(__func__);
}
