/* SPDX-License-Identifier: ISC
 *
 * Ownership of resources.
 *
 * What is needed to release a resource stands in a slot at the low end of the owner's stack memory,
 * not in the caller's handle: the handle is mostly a local variable of the task's function and no
 * longer there when that has returned an error. Slots are taken upwards from the low end, the
 * canary moves up in front of them, and free ones are used again. A handle and its slot point at
 * each other; that they do is the test for ownership, also with a handle that outlived its owner.
 *
 * Finalizers run as the owner (mnet_self, mutexes) but inside nowait. */
#include <sched/sched.h>

static bool is_owned_by(const struct mnet_own *own, const struct mnet_task *task)
{
    return own->owner == task && own->slot->own == own;
}

static void check(const struct mnet_own *own, const struct mnet_task *task, const char *call)
{
    if (!is_owned_by(own, task))
        mn_rule_broken("NOT_OWNER: task started at %s calls %s on the resource taken at %s, which "
                       "it does not own",
                       mn_task_place(task), call, own->place ? own->place : "(nowhere)");
}

static struct mn_own_slot *get_slot(struct mnet_task *task)
{
    struct mn_own_slot *slot = task->own_free;
    if (slot) {
        task->own_free = slot->value;
        return slot;
    }
    return mn_stack_take(task, sizeof *slot);
}

static void take(struct mnet_task *task, struct mnet_own *own, void (*finally)(void *), void *value)
{
    struct mn_own_slot *slot = get_slot(task);
    slot->finally = finally;
    slot->value = value;
    slot->place = own->place;
    slot->own = own;
    mn_list_push_front(&task->owned, &slot->node);
    own->slot = slot;
    own->owner = task;
}

static void put_slot(struct mnet_task *task, struct mn_own_slot *slot)
{
    mn_list_remove(&slot->node);
    slot->own = NULL;
    slot->value = task->own_free;
    task->own_free = slot;
}

/* Calls a finalizer as `task`. */
static void finalize(struct mnet_task *task, void (*finally)(void *), void *value)
{
    struct mnet_sched *sched = task->sched;
    struct mnet_task *before = sched->current;
    sched->current = task;
    sched->nowait++;
    finally(value);
    sched->nowait--;
    sched->current = before;
}

void mn_own_finalize(struct mnet_task *task)
{
    while (!mn_list_is_empty(&task->owned)) {
        struct mn_own_slot *slot = MN_CONTAINER(task->owned.next, struct mn_own_slot, node);
        void (*finally)(void *) = slot->finally;
        void *value = slot->value;
        put_slot(task, slot);
        finalize(task, finally, value);
    }
}

void mn_own_check_none(const struct mnet_task *task)
{
    if (mn_list_is_empty(&task->owned))
        return;
    const struct mn_own_slot *slot = MN_CONTAINER(task->owned.next, struct mn_own_slot, node);
    mn_rule_broken("RESOURCE_LEAKED: task started at %s ended while it owned the resource taken at "
                   "%s",
                   mn_task_place(task), slot->place);
}

void mnet_own_at(struct mnet_own *own, void (*finally)(void *value), void *value, const char *place)
{
    struct mnet_task *task = mn_task_here("mnet_own");
    own->place = place;
    take(task, own, finally, value);
}

void mnet_disown(struct mnet_own *own)
{
    struct mnet_task *task = mn_task_here(__func__);
    check(own, task, __func__);
    put_slot(task, own->slot);
    own->owner = NULL;
}

void mnet_release(struct mnet_own *own)
{
    struct mnet_task *task = mn_task_here(__func__);
    check(own, task, __func__);
    void (*finally)(void *) = own->slot->finally;
    void *value = own->slot->value;
    mnet_disown(own);
    finalize(task, finally, value);
}

void mnet_own_transfer(struct mnet_own *own)
{
    struct mnet_task *task = mn_task_here(__func__);
    check(own, task, __func__);
    if (!task->parent)
        return;
    void (*finally)(void *) = own->slot->finally;
    void *value = own->slot->value;
    put_slot(task, own->slot);
    take(task->parent, own, finally, value);
}

void mnet_own_check(const struct mnet_own *own)
{
    check(own, mn_task_here(__func__), __func__);
}
