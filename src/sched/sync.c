/* SPDX-License-Identifier: ISC
 *
 * Trigger, mutex, condition: what tasks wait for each other with.
 *
 * The mutex is handed over: unlocking gives it to the task that has waited longest, so that nobody
 * who comes later can overtake. What a task was given and, being cancelled, cannot use, it passes
 * on: a mutex to the next, the signal of a condition to the next. */
#include <base/assert.h>
#include <sched/sched.h>

mnet_err mnet_trigger_wait(struct mnet_trigger *trigger)
{
    mnet_err err = mn_wait_begin(__func__);
    if (err != MNET_OK)
        return err;
    struct mnet_task *task = mn_task_here(__func__);
    MN_ASSERT(trigger->waiter == NULL);
    while (err == MNET_OK && !trigger->is_signaled) {
        trigger->waiter = task;
        err = mn_task_park(task, MNET_NEVER);
        trigger->waiter = NULL;
    }
    if (err == MNET_OK)
        trigger->is_signaled = false;
    return err;
}

void mnet_trigger_signal(struct mnet_trigger *trigger)
{
    trigger->is_signaled = true;
    if (trigger->waiter)
        mn_task_wake(trigger->waiter, MNET_OK);
}

/* ---- mutex ---- */

bool mnet_mutex_try_lock(struct mnet_mutex *mutex)
{
    struct mnet_task *task = mn_task_here(__func__);
    if (mutex->holder)
        return false;
    mutex->holder = task;
    return true;
}

/* Hands it to the next, if any. */
static void hand_over(struct mnet_mutex *mutex)
{
    mutex->holder = mutex->waiters.first;
    mn_waitq_wake(&mutex->waiters);
}

mnet_err mnet_mutex_lock(struct mnet_mutex *mutex)
{
    mnet_err err = mn_wait_begin(__func__);
    if (err != MNET_OK || mnet_mutex_try_lock(mutex))
        return err;
    err = mn_waitq_wait(&mutex->waiters);
    if (err != MNET_OK && mn_task_here(__func__)->woken_by == MNET_OK)
        hand_over(mutex);
    return err;
}

void mnet_mutex_unlock(struct mnet_mutex *mutex)
{
    struct mnet_task *task = mn_task_here(__func__);
    if (mutex->holder != task)
        mn_rule_broken("NOT_LOCKED: task started at %s unlocks a mutex that it does not hold",
                       mn_task_place(task));
    hand_over(mutex);
}

/* Locks it, whatever happens to the task. */
static void lock_stubborn(struct mnet_mutex *mutex)
{
    struct mnet_task *task = mn_task_here(__func__);
    if (mnet_mutex_try_lock(mutex))
        return;
    mn_waitq_wait_stubborn(&mutex->waiters);
    MN_ASSERT(mutex->holder == task);
}

/* ---- condition ---- */

mnet_err mnet_condition_wait(struct mnet_condition *condition, struct mnet_mutex *mutex)
{
    mnet_err err = mn_wait_begin(__func__);
    if (err != MNET_OK)
        return err;
    struct mnet_task *task = mn_task_here(__func__);
    mnet_mutex_unlock(mutex);
    err = mn_waitq_wait(&condition->waiters);
    bool is_signaled = task->woken_by == MNET_OK;
    lock_stubborn(mutex);
    if (task->is_cancelled)
        err = MNET_ERR_CANCELED;
    if (err != MNET_OK && is_signaled)
        mnet_condition_signal(condition);
    return err;
}

void mnet_condition_signal(struct mnet_condition *condition)
{
    mn_waitq_wake(&condition->waiters);
}

void mnet_condition_broadcast(struct mnet_condition *condition)
{
    while (condition->waiters.first)
        mn_waitq_wake(&condition->waiters);
}
