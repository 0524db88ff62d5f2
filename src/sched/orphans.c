/* SPDX-License-Identifier: ISC
 *
 * Orphans: children that are collected as they end.
 *
 * The set links those that have ended, in that order; of the others it knows only how many there
 * are. Each child knows the set that it is among. Taking a child out of the set makes it an
 * ordinary child, to be awaited by name. */
#include <base/assert.h>
#include <sched/sched.h>

void mnet_orphans_init(struct mnet_orphans *orphans)
{
    *orphans = (struct mnet_orphans){.owner = mn_task_here(__func__)};
}

static void check_owner(struct mnet_orphans *orphans, struct mnet_task *task, const char *call)
{
    if (!orphans->owner)
        orphans->owner = task;
    if (orphans->owner != task)
        mn_rule_broken("NOT_OWNER: task started at %s calls %s on the orphans of the task started "
                       "at %s",
                       mn_task_place(task), call, mn_task_place(orphans->owner));
}

void mn_orphans_adopt(struct mnet_orphans *orphans, struct mnet_task *child)
{
    check_owner(orphans, child->parent, "mnet_async_orphan");
    child->orphans = orphans;
    orphans->count++;
}

/* The ended ones of `orphans`, as a queue. */
static struct mnet_waitq ended(const struct mnet_orphans *orphans)
{
    return (struct mnet_waitq){orphans->first_ended, orphans->last_ended};
}

static void set_ended(struct mnet_orphans *orphans, struct mnet_waitq queue)
{
    orphans->first_ended = queue.first;
    orphans->last_ended = queue.last;
}

void mn_orphans_ended(struct mnet_orphans *orphans, struct mnet_task *child)
{
    struct mnet_waitq queue = ended(orphans);
    mn_waitq_push(&queue, child);
    set_ended(orphans, queue);
}

void mn_orphans_forget(struct mnet_orphans *orphans, struct mnet_task *child)
{
    MN_ASSERT(orphans->count > 0);
    struct mnet_waitq queue = ended(orphans);
    mn_waitq_remove(&queue, child);
    set_ended(orphans, queue);
    orphans->count--;
    child->orphans = NULL;
}

int mnet_care(struct mnet_orphans *orphans, struct mnet_task **child)
{
    check_owner(orphans, mn_task_here(__func__), __func__);
    *child = orphans->first_ended;
    if (!*child)
        return orphans->count > 0 ? 0 : -1;
    mn_orphans_forget(orphans, *child);
    return 1;
}

mnet_err mnet_orphans_wait(struct mnet_orphans *orphans, struct mnet_task **child)
{
    mnet_err err = mn_wait_begin(__func__);
    struct mnet_task *task = mn_task_here(__func__);
    check_owner(orphans, task, __func__);
    *child = NULL;
    if (err == MNET_OK && orphans->count == 0)
        err = MNET_ERR_INVALID;
    while (err == MNET_OK && !orphans->first_ended) {
        task->cares_for = orphans;
        err = mn_task_park(task, MNET_NEVER);
        task->cares_for = NULL;
    }
    if (err == MNET_OK && mnet_care(orphans, child) != 1)
        MN_ASSERT(false);
    return err;
}
