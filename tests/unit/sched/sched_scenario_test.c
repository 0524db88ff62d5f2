/* SPDX-License-Identifier: ISC
 *
 * Random programs against a model. Each task does random things with its children, with mutexes,
 * conditions, triggers, resources and deadlines, and after each call the model says what must hold:
 *
 *   - a wait fails with CANCELED if and only if the task was cancelled, with TIMED_OUT only after
 *     its deadline, and a sleep is never short;
 *   - nobody below a task that was collected is still alive;
 *   - a mutex has one holder; what is owned is released exactly once, the newest first;
 *   - at the end there is no task, no resource and no stack left.
 *
 * A failure prints its seed; SEED=n COUNT=1 runs it again. */
#include "sched_test.h"
#include <stdio.h>
#include <stdlib.h>

#define NODES 400
#define CHILDREN 4
#define OWNS 4
#define MUTEXES 3
#define DEPTH_MAX 5

struct node {
    struct node *parent;
    struct mnet_task *task;
    struct mnet_task *child[CHILDREN]; /* not collected yet */
    struct node *child_node[CHILDREN];
    unsigned children;
    unsigned depth;
    bool is_alive;
    bool is_cancelled; /* by the model */
    mnet_time deadline;
    struct mnet_own own[OWNS];
    int owned[OWNS]; /* order of taking; 0: not owned */
    int taken;
    unsigned owns;
    int locked; /* index of the mutex that it holds, -1 */
};

static struct node nodes[NODES];
static unsigned node_count, alive, resources;
static struct mnet_mutex mutexes[MUTEXES];
static struct node *holders[MUTEXES];
static struct mnet_condition condition;
static struct mnet_trigger *waiting_trigger; /* of some task, to be signalled by others */
static uint64_t seed, seed_of_run;
static unsigned waits_done, cancels_done, timeouts_done;

static unsigned below(unsigned bound)
{
    seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (unsigned)((seed >> 33) % bound);
}

#define MUST(condition)                                                                            \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            fprintf(stderr, "# SEED=%llu %s:%d: %s\n", (unsigned long long)seed_of_run, __FILE__,  \
                    __LINE__, #condition);                                                         \
            abort();                                                                               \
        }                                                                                          \
    } while (0)

/* ---- what must hold after a wait ---- */

static bool model_cancelled(const struct node *n)
{
    for (; n; n = n->parent)
        if (n->is_cancelled)
            return true;
    return false;
}

static mnet_err checked(struct node *n, mnet_err err)
{
    waits_done++;
    MUST(mnet_self() == n->task || !n->task);
    MUST(mnet_is_cancelled() == model_cancelled(n));
    MUST((err == MNET_ERR_CANCELED) == model_cancelled(n));
    if (err == MNET_ERR_TIMED_OUT) {
        timeouts_done++;
        MUST(mnet_now() >= n->deadline);
    }
    return err;
}

/* ---- resources ---- */

struct thing {
    struct node *owner;
    unsigned slot;
};
static struct thing things[NODES][OWNS];

static void finalize(void *arg)
{
    struct thing *thing = arg;
    struct node *n = thing->owner;
    MUST(n->owned[thing->slot] > 0);
    if (!n->is_alive) /* the task's end: the newest first */
        for (unsigned i = 0; i < OWNS; i++)
            MUST(n->owned[i] <= n->owned[thing->slot]);
    n->owned[thing->slot] = 0;
    n->owns--;
    resources--;
}

static void own_or_release(struct node *n)
{
    unsigned i = below(OWNS);
    struct thing *thing = &things[n - nodes][i];
    if (n->owned[i]) {
        mnet_release(&n->own[i]);
        MUST(n->owned[i] == 0);
        return;
    }
    *thing = (struct thing){n, i};
    n->owned[i] = ++n->taken;
    n->owns++;
    resources++;
    mnet_own(&n->own[i], finalize, thing);
}

/* ---- mutexes, condition, trigger ---- */

static void note_locked(struct node *n, int m)
{
    MUST(holders[m] == NULL);
    MUST(mutexes[m].holder == n->task);
    holders[m] = n;
    n->locked = m;
}

static void unlock(struct node *n)
{
    if (n->locked < 0)
        return;
    MUST(holders[n->locked] == n);
    holders[n->locked] = NULL;
    mnet_mutex_unlock(&mutexes[n->locked]);
    n->locked = -1;
}

static mnet_err lock(struct node *n)
{
    if (n->locked >= 0) {
        if (below(2)) {
            unlock(n);
            return MNET_OK;
        }
        int m = n->locked;
        holders[m] = NULL;
        mnet_err err = mnet_condition_wait(&condition, &mutexes[m]);
        MUST(mutexes[m].holder == n->task);
        MUST(holders[m] == NULL);
        holders[m] = n;
        return checked(n, err);
    }
    int m = (int)below(MUTEXES);
    mnet_err err = checked(n, mnet_mutex_lock(&mutexes[m]));
    if (err == MNET_OK)
        note_locked(n, m);
    return err;
}

static mnet_err wait_trigger(struct node *n)
{
    if (waiting_trigger) {
        mnet_trigger_signal(waiting_trigger);
        return MNET_OK;
    }
    struct mnet_trigger trigger = {0};
    waiting_trigger = &trigger;
    mnet_err err = mnet_trigger_wait(&trigger);
    waiting_trigger = NULL;
    return checked(n, err);
}

static mnet_err nap(struct node *n)
{
    mnet_time start = mnet_now(), duration = MNET_US(below(500));
    mnet_err err = checked(n, mnet_sleep(duration));
    if (err == MNET_OK)
        MUST(mnet_now() >= start + duration);
    return err;
}

/* ---- children ---- */

static int live(void *arg);

static void start(struct node *n)
{
    if (n->children == CHILDREN || n->depth == DEPTH_MAX || node_count == NODES)
        return;
    struct node *c = &nodes[node_count++];
    *c = (struct node){.parent = n,
                       .depth = n->depth + 1,
                       .is_alive = true,
                       .deadline = n->deadline,
                       .locked = -1};
    alive++;
    c->task = mnet_async(live, c);
    MUST(c->task);
    n->child[n->children] = c->task;
    n->child_node[n->children++] = c;
}

static void check_gone(const struct node *n)
{
    MUST(!n->is_alive);
    for (unsigned i = 0; i < node_count; i++)
        if (nodes[i].is_alive)
            for (const struct node *up = &nodes[i]; up; up = up->parent)
                MUST(up != n);
}

static void forget(struct node *n, unsigned i)
{
    check_gone(n->child_node[i]);
    n->children--;
    n->child[i] = n->child[n->children];
    n->child_node[i] = n->child_node[n->children];
}

static void cancel_child(struct node *n, unsigned i)
{
    unlock(n); /* which the child may need to come back from the condition */
    cancels_done++;
    n->child_node[i]->is_cancelled = true;
    mnet_cancel(n->child[i]);
    forget(n, i);
}

static mnet_err await_some(struct node *n)
{
    if (n->children == 0)
        return MNET_OK;
    unlock(n); /* or the child may wait for us */
    size_t which = below(n->children);
    mnet_err err;
    switch (below(4)) {
    case 0:
        err = checked(n, mnet_await_one(n->child, n->children, &which, NULL));
        break;
    case 1:
        err = checked(n, mnet_await_all(n->child, n->children, NULL));
        if (err == MNET_OK)
            while (n->children > 0)
                forget(n, n->children - 1);
        return err;
    default:
        err = checked(n, mnet_await(n->child[which], NULL));
        break;
    }
    if (err == MNET_OK)
        forget(n, (unsigned)which);
    return err;
}

/* ---- a life ---- */

static mnet_err step(struct node *n)
{
    switch (below(12)) {
    case 0:
    case 1:
        start(n);
        return MNET_OK;
    case 2:
        return await_some(n);
    case 3:
        if (n->children > 0)
            cancel_child(n, below(n->children));
        return MNET_OK;
    case 4:
    case 5:
        return lock(n);
    case 6:
        own_or_release(n);
        return MNET_OK;
    case 7:
        n->deadline = below(3) ? MNET_NEVER : mnet_now() + MNET_US(below(1000));
        mnet_deadline(n->deadline);
        return MNET_OK;
    case 8:
        return wait_trigger(n);
    case 9:
        if (below(2))
            mnet_condition_signal(&condition);
        else
            mnet_condition_broadcast(&condition);
        return MNET_OK;
    case 10:
        return nap(n);
    default:
        return checked(n, mnet_yield());
    }
}

static int live(void *arg)
{
    struct node *n = arg;
    n->task = mnet_self();
    unsigned steps = below(30);
    for (unsigned i = 0; i < steps; i++) {
        mnet_err err = step(n);
        if (err != MNET_OK && below(2))
            break;
    }
    unlock(n);
    unsigned way = n->parent ? below(4) : 0;
    if (way == 1) {
        n->is_alive = false;
        n->is_cancelled = true; /* what is below is cancelled by its end */
        alive--;
        mnet_task_fail(MNET_ERR_FAILED);
    }
    if (way == 2) {
        n->is_alive = false;
        n->is_cancelled = true;
        alive--;
        return MNET_ERR_EOF;
    }
    while (n->children > 0)
        cancel_child(n, n->children - 1);
    for (unsigned i = 0; i < OWNS; i++)
        if (n->owned[i])
            mnet_release(&n->own[i]);
    n->is_alive = false;
    alive--;
    return 0;
}

/* Signals whoever waits, so that no program waits for ever. */
static int wake_everybody(void *arg)
{
    (void)arg;
    while (mnet_sleep(MNET_US(300)) == MNET_OK) {
        if (waiting_trigger)
            mnet_trigger_signal(waiting_trigger);
        mnet_condition_broadcast(&condition);
    }
    return 0;
}

static int program(void *arg)
{
    (void)arg;
    struct mnet_task *waker = mnet_async(wake_everybody, NULL);
    for (int i = 0; i < 4; i++) {
        struct node *n = &nodes[node_count++];
        *n = (struct node){.is_alive = true, .deadline = MNET_NEVER, .locked = -1};
        alive++;
        n->task = mnet_async(live, n);
    }
    struct mnet_task *tops[4] = {nodes[0].task, nodes[1].task, nodes[2].task, nodes[3].task};
    mnet_err err = mnet_await_all(tops, 4, NULL);
    mnet_cancel(waker);
    return err;
}

static void run_seed(uint64_t first_seed)
{
    seed = first_seed;
    node_count = alive = resources = 0;
    memset(mutexes, 0, sizeof mutexes);
    memset(holders, 0, sizeof holders);
    memset(&condition, 0, sizeof condition);
    waiting_trigger = NULL;
    fake_port_reset();
    fake_port.tick = below(2) ? MNET_US(1) : 0;
    const struct mnet_sched_config config = {.stack_size = 32 << 10};
    MUST(mnet_sched_run(&config, program, NULL) == MNET_OK);
    MUST(alive == 0);
    MUST(resources == 0);
    MUST(fake_port.stacks == 0);
    MUST(condition.waiters.first == NULL && condition.waiters.last == NULL);
    for (int m = 0; m < MUTEXES; m++)
        MUST(mutexes[m].holder == NULL && mutexes[m].waiters.first == NULL);
}

static uint64_t number_from(const char *name, uint64_t otherwise)
{
    const char *text = getenv(name);
    return text ? strtoull(text, NULL, 0) : otherwise;
}

static void test_random_programs_keep_the_rules(void **state)
{
    (void)state;
    uint64_t first = number_from("SEED", 1), count = number_from("COUNT", 3000);
    waits_done = cancels_done = timeouts_done = 0;
    for (uint64_t i = first; i < first + count; i++) {
        seed_of_run = i;
        run_seed(i);
    }
    /* The programs did something. */
    if (count >= 100) {
        assert_true(waits_done > count * 20);
        assert_true(cancels_done > count);
        assert_true(timeouts_done > count / 10);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_random_programs_keep_the_rules),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
