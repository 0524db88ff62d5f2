/* SPDX-License-Identifier: ISC
 *
 * Awaiting children.
 *
 * A parent marks the children that it waits for; when one of those ends it wakes the parent, which
 * looks again. The cost of a wait is that of the array that the caller hands in, and a child that
 * ends looks only at itself. */
#include <sched/sched.h>

void mn_task_check_child(const struct mnet_task *task, const struct mnet_task *child,
                         const char *call)
{
    if (!child)
        mn_rule_broken("NOT_A_CHILD: task started at %s calls %s on a task that was not started",
                       mn_task_place(task), call);
    if (child->state == MN_TASK_GONE)
        mn_rule_broken("NOT_A_CHILD: task started at %s calls %s on the task started at %s, which "
                       "is gone",
                       mn_task_place(task), call, mn_task_place(child));
    if (child->parent != task)
        mn_rule_broken("NOT_A_CHILD: task started at %s calls %s on the task started at %s, which "
                       "is not its child",
                       mn_task_place(task), call, mn_task_place(child));
}

static void check_children(const struct mnet_task *task, struct mnet_task *const *children,
                           size_t count, const char *call)
{
    for (size_t i = 0; i < count; i++)
        mn_task_check_child(task, children[i], call);
}

static void collect(struct mnet_task *child, int *result)
{
    if (result)
        *result = child->result;
    mn_task_collect(child);
}

/* Waits until `child` has ended. */
static mnet_err wait_for(struct mnet_task *task, struct mnet_task *child)
{
    mnet_err err = MNET_OK;
    while (err == MNET_OK && child->state != MN_TASK_ENDED) {
        child->is_awaited = true;
        err = mn_task_park(task, MNET_NEVER);
        child->is_awaited = false;
    }
    return err;
}

mnet_err mnet_await(struct mnet_task *child, int *result)
{
    mnet_err err = mn_wait_begin(__func__);
    struct mnet_task *task = mn_task_here(__func__);
    mn_task_check_child(task, child, __func__);
    if (err == MNET_OK)
        err = wait_for(task, child);
    if (err == MNET_OK)
        collect(child, result);
    return err;
}

mnet_err mnet_await_all(struct mnet_task **children, size_t count, int *results)
{
    mnet_err err = mn_wait_begin(__func__);
    struct mnet_task *task = mn_task_here(__func__);
    check_children(task, children, count, __func__);
    for (size_t i = 0; err == MNET_OK && i < count; i++)
        err = wait_for(task, children[i]);
    if (err != MNET_OK)
        return err;
    for (size_t i = 0; i < count; i++) {
        mn_task_check_child(task, children[i], __func__);
        collect(children[i], results ? &results[i] : NULL);
    }
    return MNET_OK;
}

/* The index of the first child that has ended well, else of the first that has ended, else
 * `count`. */
static size_t find_ended(struct mnet_task *const *children, size_t count)
{
    size_t found = count;
    for (size_t i = 0; i < count; i++) {
        if (children[i]->state != MN_TASK_ENDED)
            continue;
        if (children[i]->result >= 0)
            return i;
        if (found == count)
            found = i;
    }
    return found;
}

static mnet_err wait_for_one(struct mnet_task **children, size_t count, size_t *which,
                             const char *call)
{
    mnet_err err = mn_wait_begin(call);
    struct mnet_task *task = mn_task_here(call);
    check_children(task, children, count, call);
    if (err == MNET_OK && count == 0)
        err = MNET_ERR_INVALID;
    while (err == MNET_OK && (*which = find_ended(children, count)) == count) {
        for (size_t i = 0; i < count; i++)
            children[i]->is_awaited = true;
        err = mn_task_park(task, MNET_NEVER);
        for (size_t i = 0; i < count; i++)
            children[i]->is_awaited = false;
    }
    return err;
}

mnet_err mnet_await_one(struct mnet_task **children, size_t count, size_t *which, int *result)
{
    size_t found = 0;
    mnet_err err = wait_for_one(children, count, &found, __func__);
    if (err != MNET_OK)
        return err;
    if (which)
        *which = found;
    collect(children[found], result);
    return MNET_OK;
}

mnet_err mnet_await_first(struct mnet_task **children, size_t count, size_t *which, int *result)
{
    size_t found = 0;
    mnet_err err = wait_for_one(children, count, &found, __func__);
    if (err != MNET_OK)
        return err;
    if (which)
        *which = found;
    collect(children[found], result);
    struct mnet_task *task = mn_task_here(__func__);
    for (size_t i = 0; i < count; i++)
        if (i != found)
            mn_task_cancel(children[i]);
    for (size_t i = 0; i < count; i++) {
        if (i == found)
            continue;
        mn_task_check_child(task, children[i], __func__);
        mn_task_reap(task, children[i]);
    }
    return MNET_OK;
}
