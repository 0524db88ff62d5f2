/* SPDX-License-Identifier: ISC
 *
 * mnet/task.h - tasks: the scheduler in which services are written in direct style.
 *
 * One task runs at a time, until it waits. Tasks are run in the order in which they became ready.
 * Devices and timers are polled on a time budget even when tasks are always ready. A task is
 * started by another, its parent, and these rules hold; breaking one ends the program with the
 * rule's name and the place (file:line) where the task or resource was made:
 *
 *   STILL_HAS_CHILDREN  a task ends while a child of its is neither awaited nor cancelled
 *   NOT_A_CHILD         awaiting or cancelling a task that is not one's child (or twice: a task is
 *                       gone once awaited)
 *   NOT_OWNER           using a resource, or orphans, that the task does not own
 *   RESOURCE_LEAKED     a task ends normally while it owns a resource; the program ends while a
 *                       stack or generator is alive
 *   MUST_NOT_WAIT       waiting or ending where that is forbidden: in a finalizer, a hook, a
 *                       callback
 *   NOT_LOCKED          unlocking a mutex that the task does not hold
 *   NO_TASK             calling this outside a task
 *
 * Ends: a task ends normally by returning a value >= 0, abnormally by returning a negative
 * mnet_err, by mnet_task_fail, or when it was cancelled. An abnormal end cancels the task's
 * children, waits for them, and runs the finalizers of what it owns, the newest first. Where
 * children or finalizers use local variables of the task, end it with mnet_task_fail: to C they are
 * gone after a return.
 *
 * Waiting: calls marked "waits" give other tasks the processor. They return MNET_ERR_CANCELED once
 * the task is cancelled, also at every later attempt, and MNET_ERR_TIMED_OUT when they have to wait
 * and the task's deadline (see mnet_deadline) passes. All others return without another task having
 * run. */
#ifndef MNET_TASK_H
#define MNET_TASK_H

#include <mnet/err.h>
#include <mnet/time.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct mnet_task;
struct mnet_sched;

typedef int (*mnet_task_fn)(void *arg);

#define MNET_STRINGIFY_(x) #x
#define MNET_STRINGIFY(x) MNET_STRINGIFY_(x)
#define MNET_HERE __FILE__ ":" MNET_STRINGIFY(__LINE__)

/* ---- running ---- */

struct mnet_sched_config {
    size_t stack_size; /* bytes of each task's stack [what the port says: Linux 64 KiB, else 16], at
                          least 8 KiB */
    mnet_time
        poll_budget; /* how long ready tasks may run before devices are polled again [100 us] */
};

/* Runs `fn` as the first task, on the calling thread, until it has ended; returns its value
 * (negative: mnet_err). `config` may be NULL, its zeros mean the default. Errors of its own:
 * INVALID (stack too small), NO_MEMORY. */
int mnet_sched_run(const struct mnet_sched_config *config, mnet_task_fn fn, void *arg);

/* The instant at which this round of the scheduler began. */
mnet_time mnet_now(void);

/* ---- tasks ---- */

/* Starts a child that runs `fn(arg)` later: never before the caller waits. NULL when there is no
 * memory for its stack. It inherits the caller's deadline. A child that is cancelled before it
 * began runs nevertheless, and learns it at its first wait: so it can release what it was given. */
#define mnet_async(fn, arg) mnet_async_at((fn), (arg), NULL, MNET_HERE)
struct mnet_orphans;
/* The same, and the child is put among `orphans` instead of being awaited by name. */
#define mnet_async_orphan(orphans, fn, arg) mnet_async_at((fn), (arg), (orphans), MNET_HERE)
struct mnet_task *mnet_async_at(mnet_task_fn fn, void *arg, struct mnet_orphans *orphans,
                                const char *place);

/* Waits until `child` has ended; `*result` (may be NULL) is its value, MNET_ERR_CANCELED if it was
 * cancelled. The child is gone afterwards. On an error of the wait itself (CANCELED, TIMED_OUT) it
 * is still there. Errors: CANCELED, TIMED_OUT. */
MNET_MUST_USE mnet_err mnet_await(struct mnet_task *child, int *result);
/* Waits for all; `results` may be NULL. On an error all are still there. */
MNET_MUST_USE mnet_err mnet_await_all(struct mnet_task **children, size_t count, int *results);
/* Waits until one has ended, and cancels and collects the others. Of several that have ended the
 * first successful one wins. `*which` is its index. On an error all are still there. Errors:
 * INVALID (count 0), CANCELED, TIMED_OUT. */
MNET_MUST_USE mnet_err mnet_await_first(struct mnet_task **children, size_t count, size_t *which,
                                        int *result);
/* Waits until one has ended, chosen likewise; the others go on and must still be awaited or
 * cancelled. */
MNET_MUST_USE mnet_err mnet_await_one(struct mnet_task **children, size_t count, size_t *which,
                                      int *result);

/* Cancels a child and all below it, and waits until they have ended. It may have ended already: its
 * value is lost then. The child is gone afterwards. Never fails: also a cancelled task may cancel
 * and collect its children. */
void mnet_cancel(struct mnet_task *child);
/* Whether the calling task has been cancelled. */
bool mnet_is_cancelled(void);

/* Ends the calling task abnormally, from any depth: its owned resources are finalized. `err` is its
 * value (negative). */
_Noreturn void mnet_task_fail(mnet_err err);

/* The calling task. */
struct mnet_task *mnet_self(void);

/* Lets other ready tasks run. Waits. */
mnet_err mnet_yield(void);
/* Waits until `mnet_now() + duration`. */
mnet_err mnet_sleep(mnet_time duration);

/* Sets the instant after which the calling task's waits fail with TIMED_OUT (MNET_NEVER: none),
 * returns the one before, to be restored. */
mnet_time mnet_deadline(mnet_time at);

/* ---- orphans: children that are collected as they end ---- */

struct mnet_orphans {
    struct mnet_task *first_ended, *last_ended; /* ended, not collected */
    struct mnet_task *owner;                    /* the task that made it */
    size_t count;                               /* all, ended or not */
};

/* An empty set that belongs to the calling task. A zeroed one is bound to the first task that uses
 * it. */
void mnet_orphans_init(struct mnet_orphans *orphans);
/* Takes one that has ended: `*child` is to be awaited (which does not wait any more). Returns 1 for
 * that, 0 when none has ended yet, -1 when there are no orphans at all. */
int mnet_care(struct mnet_orphans *orphans, struct mnet_task **child);
/* Waits until one has ended and takes it. Errors: INVALID when there are none, CANCELED, TIMED_OUT.
 */
MNET_MUST_USE mnet_err mnet_orphans_wait(struct mnet_orphans *orphans, struct mnet_task **child);

/* ---- ownership ---- */

/* The handle of a resource that a task owns. It is the caller's memory, often on the task's stack:
 * it is used only by the calls below, not at the task's end. */
struct mnet_own {
    struct mn_own_slot *slot; /* how to release it, kept with the owner */
    struct mnet_task *owner;  /* NULL: nobody */
    const char *place;        /* where it was taken */
};

/* The calling task owns `value` from now on: if it ends without having given it up,
 * `finally(value)` is called, which must not wait. */
#define mnet_own(own, finally, value) mnet_own_at((own), (finally), (value), MNET_HERE)
void mnet_own_at(struct mnet_own *own, void (*finally)(void *value), void *value,
                 const char *place);
/* Gives up ownership: disown without, release with calling the finalizer. NOT_OWNER if it is
 * another task's. */
void mnet_disown(struct mnet_own *own);
void mnet_release(struct mnet_own *own);
/* Hands ownership to the parent of the calling task; the first task has none and keeps it. */
void mnet_own_transfer(struct mnet_own *own);
/* Breaks NOT_OWNER unless the calling task owns it. */
void mnet_own_check(const struct mnet_own *own);

/* ---- waiting for each other ---- */

/* A one-shot signal with one waiter. Zeroed is ready for use; signalling before the wait is kept.
 */
struct mnet_trigger {
    struct mnet_task *waiter; /* NULL: none */
    bool is_signaled;         /* and not taken yet */
};
/* Waits for the signal, takes it and rearms. Errors: CANCELED, TIMED_OUT. */
MNET_MUST_USE mnet_err mnet_trigger_wait(struct mnet_trigger *trigger);
/* May be called from callbacks, hooks and finalizers. */
void mnet_trigger_signal(struct mnet_trigger *trigger);

/* A queue of waiting tasks; the base of the two below. Zeroed is empty. */
struct mnet_waitq {
    struct mnet_task *first, *last; /* NULL: empty */
};

/* Zeroed is unlocked. */
struct mnet_mutex {
    struct mnet_waitq waiters; /* in the order in which they came */
    struct mnet_task *holder;  /* NULL: unlocked */
};
/* Waits until the calling task holds it; the lock is handed on in the order of waiting. Not
 * recursive: locking it twice waits for ever. Errors: CANCELED, TIMED_OUT. */
MNET_MUST_USE mnet_err mnet_mutex_lock(struct mnet_mutex *mutex);
bool mnet_mutex_try_lock(struct mnet_mutex *mutex);
void mnet_mutex_unlock(struct mnet_mutex *mutex);

/* Zeroed is ready. */
struct mnet_condition {
    struct mnet_waitq waiters; /* in the order in which they came */
};
/* Unlocks `mutex`, waits, locks it again (also when it returns an error). Errors: CANCELED,
 * TIMED_OUT. */
MNET_MUST_USE mnet_err mnet_condition_wait(struct mnet_condition *condition,
                                           struct mnet_mutex *mutex);
void mnet_condition_signal(struct mnet_condition *condition);
void mnet_condition_broadcast(struct mnet_condition *condition);

/* ---- for devices, stacks and generators ---- */

/* The scheduler's: one in a list of the below. */
struct mnet_node {
    struct mnet_node *next, *prev; /* NULL: in no list */
};

/* Something that the scheduler drives: before tasks run (`poll_in`) and after (`poll_out`, which
 * returns when it wants to be called next). Neither may wait; both may add and remove pollers. */
struct mnet_poller {
    struct mnet_node node;
    void (*poll_in)(struct mnet_poller *poller, mnet_time now);
    mnet_time (*poll_out)(struct mnet_poller *poller, mnet_time now);
};
void mnet_poller_add(struct mnet_poller *poller);
void mnet_poller_remove(struct mnet_poller *poller);

/* Called once each round of the scheduler. Must not wait; may add and remove hooks. */
struct mnet_hook {
    struct mnet_node node;
    void (*call)(struct mnet_hook *hook);
};
void mnet_hook_add(struct mnet_hook *hook);
void mnet_hook_remove(struct mnet_hook *hook);

/* What must be gone when the program ends (RESOURCE_LEAKED). */
struct mnet_resource {
    struct mnet_node node;
    const char *kind;  /* "stack" */
    const char *name;  /* "service" */
    const char *place; /* where it was made */
};
void mnet_resource_open(struct mnet_resource *resource);
void mnet_resource_close(struct mnet_resource *resource);

/* Between these two, waiting breaks MUST_NOT_WAIT. They nest. */
void mnet_nowait_begin(void);
void mnet_nowait_end(void);

#endif
