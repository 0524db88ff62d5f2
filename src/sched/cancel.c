/* SPDX-License-Identifier: ISC
 *
 * Cancelling children.
 *
 * Cancelling marks the whole subtree and wakes all in it that wait. It goes down by the lists of
 * children and up by the parents, without recursion, and not below a task that is cancelled
 * already: all there is, too (mn_task_create sees to it). So each task is marked once, however deep
 * the tree.
 *
 * Then the canceller waits, stubbornly, until the child has ended: what the child uses can be given
 * up right afterwards. */
#include <sched/sched.h>

void mn_task_cancel(struct mnet_task *task)
{
    struct mnet_task *at = task;
    for (;;) {
        bool is_new = !at->is_cancelled;
        at->is_cancelled = true;
        if (is_new && !at->is_stubborn)
            mn_task_wake(at, MNET_ERR_CANCELED);
        if (is_new && !mn_list_is_empty(&at->children)) {
            at = mn_task_of(at->children.next);
            continue;
        }
        while (at != task && at->siblings.next == &at->parent->children)
            at = at->parent;
        if (at == task)
            return;
        at = mn_task_of(at->siblings.next);
    }
}

void mn_task_reap(struct mnet_task *task, struct mnet_task *child)
{
    while (child->state != MN_TASK_ENDED) {
        child->is_awaited = true;
        mn_task_park_stubborn(task);
        child->is_awaited = false;
    }
    mn_task_collect(child);
}

void mnet_cancel(struct mnet_task *child)
{
    struct mnet_task *task = mn_wait_check(__func__);
    mn_task_check_child(task, child, __func__);
    mn_task_cancel(child);
    mn_task_reap(task, child);
}
