/* SPDX-License-Identifier: ISC
 *
 * The main loop. One round is:
 *
 *     the clock is read
 *     pollers take in what has come, and call back     \
 *     hooks are called                                  > these make tasks ready
 *     timers expire                                    /
 *     ready tasks run, until none is ready or the budget of the round is used up
 *     pollers send what is wanted, and say when they want to be called again
 *     if no task is ready: the port waits for a frame or the next instant
 *
 * A task that is always ready thus cannot keep frames and timers waiting for longer than the budget
 * and its own time between two waits. Everything is O(1) for each task, poller or hook concerned;
 * nothing is done for tasks that wait.
 *
 * Hooks, pollers and finalizers run on the scheduler's own stack, inside nowait: they cannot be
 * switched away from. */
#include <base/assert.h>
#include <mnet/port.h>
#include <sched/sched.h>
#include <string.h>

/* Less does not hold a task, the frames of a few calls and a sanitizer's bookkeeping. */
#define STACK_SIZE_MIN (8u * 1024u)
/* About what one large batch of frames takes: waiting for longer would let the device's queue
 * overflow at full speed (1000 frames of 1500 bytes at 10 Gbit/s come in 1.2 ms). */
#define POLL_BUDGET_DEFAULT MNET_US(100)
/* Reading the clock costs about as much as a switch, so it is not done at each. */
#define SWITCHES_PER_CLOCK 16u
/* Bounds a round also where the clock stands still while tasks run: in simulators. */
#define SWITCHES_MAX 1024u

/* ---- rings ---- */

static void ring_init(struct mnet_node *ring)
{
    ring->next = ring->prev = ring;
}

/* The newest goes first: one that is added, or removed and added again, during a walk is not met in
 * the same walk, which therefore ends. */
static void ring_add(struct mnet_node *ring, struct mnet_node *node)
{
    MN_ASSERT(node->next == NULL);
    node->next = ring->next;
    node->prev = ring;
    ring->next->prev = node;
    ring->next = node;
}

static void ring_remove(struct mnet_sched *sched, struct mnet_node *node)
{
    MN_ASSERT(node->next != NULL);
    if (sched->walk == node)
        sched->walk = node->next;
    node->prev->next = node->next;
    node->next->prev = node->prev;
    node->next = node->prev = NULL;
}

/* The next of a walk, which began by pointing sched->walk at the ring's first. */
static struct mnet_node *ring_step(struct mnet_sched *sched, struct mnet_node *ring)
{
    struct mnet_node *node = sched->walk;
    if (node == ring)
        return NULL;
    sched->walk = node->next;
    return node;
}

/* ---- one round ---- */

static void poll_in(struct mnet_sched *sched)
{
    struct mnet_node *node;
    for (sched->walk = sched->pollers.next; (node = ring_step(sched, &sched->pollers)) != NULL;) {
        struct mnet_poller *poller = MN_CONTAINER(node, struct mnet_poller, node);
        poller->poll_in(poller, sched->now);
    }
    for (sched->walk = sched->hooks.next; (node = ring_step(sched, &sched->hooks)) != NULL;) {
        struct mnet_hook *hook = MN_CONTAINER(node, struct mnet_hook, node);
        hook->call(hook);
    }
}

static void expire(struct mnet_sched *sched)
{
    struct mn_timer *timer;
    while ((timer = mn_wheel_expire(&sched->wheel, sched->now)) != NULL)
        mn_task_wake(MN_CONTAINER(timer, struct mnet_task, timer), MNET_ERR_TIMED_OUT);
}

static void run_ready(struct mnet_sched *sched)
{
    struct mnet_task *task;
    for (unsigned switches = 1;
         switches <= SWITCHES_MAX && (task = mn_waitq_pop(&sched->ready)) != NULL; switches++) {
        mn_task_run(task);
        if (switches % SWITCHES_PER_CLOCK == 0 &&
            mnet_port_clock() - sched->now >= sched->poll_budget)
            break;
    }
}

/* Returns when the next round is due. */
static mnet_time poll_out(struct mnet_sched *sched)
{
    mnet_time due = MNET_NEVER;
    struct mnet_node *node;
    for (sched->walk = sched->pollers.next; (node = ring_step(sched, &sched->pollers)) != NULL;) {
        struct mnet_poller *poller = MN_CONTAINER(node, struct mnet_poller, node);
        mnet_time at = poller->poll_out(poller, sched->now);
        due = at < due ? at : due;
    }
    mnet_time timer = mn_wheel_next(&sched->wheel);
    return timer < due ? timer : due;
}

static void loop(struct mnet_sched *sched)
{
    while (sched->first->state != MN_TASK_ENDED) {
        sched->now = mnet_port_clock();
        sched->nowait++;
        poll_in(sched);
        sched->nowait--;
        expire(sched);
        run_ready(sched);
        sched->nowait++;
        mnet_time due = poll_out(sched);
        sched->nowait--;
        MN_ASSERT(sched->nowait == 0);
        if (!sched->ready.first && due > sched->now && sched->first->state != MN_TASK_ENDED)
            mnet_port_wait(due);
    }
}

/* ---- beginning and end ---- */

static void check_resources(const struct mnet_sched *sched, int result)
{
    const struct mnet_node *oldest = sched->resources.prev;
    if (oldest == &sched->resources)
        return;
    const struct mnet_resource *r = MN_CONTAINER(oldest, const struct mnet_resource, node);
    mn_rule_broken("RESOURCE_LEAKED: %s '%s' made at %s was not killed%s%s%s", r->kind, r->name,
                   r->place, result < 0 ? " (the program ended with " : "",
                   result < 0 ? mnet_err_name(result) : "", result < 0 ? ")" : "");
}

int mnet_sched_run(const struct mnet_sched_config *config, mnet_task_fn fn, void *arg)
{
    struct mnet_sched sched;
    memset(&sched, 0, sizeof sched);
    sched.stack_size =
        config && config->stack_size ? config->stack_size : mnet_port_stack_default();
    sched.stack_size &= ~(size_t)63;
    sched.poll_budget = config && config->poll_budget ? config->poll_budget : POLL_BUDGET_DEFAULT;
    if (sched.stack_size < STACK_SIZE_MIN)
        return MNET_ERR_INVALID;
    ring_init(&sched.pollers);
    ring_init(&sched.hooks);
    ring_init(&sched.resources);
    sched.now = mnet_port_clock();
    mn_wheel_init(&sched.wheel, sched.now);

    struct mnet_sched **cell = mnet_port_current();
    MN_ASSERT(*cell == NULL);
    *cell = &sched;
    int result = MNET_ERR_NO_MEMORY;
    sched.first = mn_task_create(&sched, NULL, fn, arg, NULL);
    if (sched.first) {
        loop(&sched);
        result = sched.first->result;
        check_resources(&sched, result);
        mn_task_collect(sched.first);
    }
    mn_task_free_stacks(&sched);
    *cell = NULL;
    return result;
}

/* ---- what drives and is driven ---- */

void mnet_poller_add(struct mnet_poller *poller)
{
    ring_add(&mn_sched_here(__func__)->pollers, &poller->node);
}

void mnet_poller_remove(struct mnet_poller *poller)
{
    ring_remove(mn_sched_here(__func__), &poller->node);
}

void mnet_hook_add(struct mnet_hook *hook)
{
    ring_add(&mn_sched_here(__func__)->hooks, &hook->node);
}

void mnet_hook_remove(struct mnet_hook *hook)
{
    ring_remove(mn_sched_here(__func__), &hook->node);
}

void mnet_resource_open(struct mnet_resource *resource)
{
    ring_add(&mn_sched_here(__func__)->resources, &resource->node);
}

void mnet_resource_close(struct mnet_resource *resource)
{
    ring_remove(mn_sched_here(__func__), &resource->node);
}

void mnet_nowait_begin(void)
{
    mn_sched_here(__func__)->nowait++;
}

void mnet_nowait_end(void)
{
    struct mnet_sched *sched = mn_sched_here(__func__);
    MN_ASSERT(sched->nowait > 0);
    sched->nowait--;
}
