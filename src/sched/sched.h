/* SPDX-License-Identifier: ISC
 *
 * sched/sched.h - the scheduler's state, and what flow/ and run/ may ask of it beyond mnet/task.h.
 *
 * Memory of a task, which is one stack from the port:
 *
 *     | own slots -> | canary |            ...            <- stack | struct mnet_task |
 *     memory                                                        top
 *
 * Nothing else is allocated. Stacks of tasks that are gone are kept for the next ones and go back
 * to the port only when the scheduler ends: so a struct mnet_task * always points at a task, if
 * perhaps at one that is gone, and misuse can be told from use. */
#ifndef MN_SCHED_H
#define MN_SCHED_H

#include <base/list.h>
#include <base/wheel.h>
#include <mnet/task.h>
#include <sched/fiber.h>

enum mn_task_state {
    MN_TASK_GONE,    /* awaited or cancelled; its stack waits for another task */
    MN_TASK_READY,   /* in the run queue, or running */
    MN_TASK_WAITING, /* for mn_task_wake */
    MN_TASK_ENDING,  /* its function has ended, children of its have not */
    MN_TASK_ENDED,   /* its result waits for the parent */
};

/* How to release one owned resource; kept in the owner's memory, because the handle may be in the
 * frame of a function that has returned when the resource must be finalized. */
struct mn_own_slot {
    struct mn_list node;          /* in owner->owned; in owner->own_free: only next */
    void (*finally)(void *value); /* the finalizer */
    void *value;                  /* its argument */
    const char *place;            /* where it was taken */
    struct mnet_own *own;         /* the handle; NULL: the slot is free */
};

struct mnet_task {
    struct mn_fiber fiber;    /* its stack */
    struct mnet_sched *sched; /* whose it is */
    void *memory;             /* what the port gave */
    uint64_t *canary;         /* overwritten if the stack was too small */

    /* What it is. */
    mnet_task_fn fn;          /* its body */
    void *arg;                /* its argument */
    const char *place;        /* where it was started */
    int result;               /* its value, once ENDING */
    enum mn_task_state state; /* see above */
    bool is_cancelled;        /* for good */
    bool is_stubborn;         /* while it waits: cancellation and deadline do not end that */
    bool is_awaited;          /* its parent waits for it by name */
    mnet_err woken_by;        /* why its last wait ended */
    mnet_time deadline;       /* of its waits */
    struct mn_timer timer;    /* armed while it waits */
    struct mnet_waitq *queue; /* that it waits in; NULL: none */
    struct mnet_task *next;   /* in the run queue, a wait queue, the ended ones of an orphans */
    struct mnet_task *prev;   /* likewise; the free stacks use only next */

    /* Family. */
    struct mnet_task *parent;             /* NULL: the first task */
    struct mn_list children;              /* by their siblings, the oldest first */
    struct mn_list siblings;              /* in parent->children */
    struct mnet_orphans *orphans;         /* of the parent, that it is among; NULL: none */
    const struct mnet_orphans *cares_for; /* orphans that it waits for; NULL: none */

    /* Property. */
    struct mn_list owned;         /* own slots in use, the newest first */
    struct mn_own_slot *own_free; /* own slots not in use */
};

struct mnet_sched {
    struct mn_fiber fiber;     /* the stack of mnet_sched_run */
    struct mnet_task *current; /* the task that runs; NULL: a hook, a poller, the scheduler */
    struct mnet_task *first;   /* the first task */
    struct mnet_waitq ready;   /* the run queue */
    struct mnet_task *free;    /* stacks of tasks that are gone */
    unsigned nowait;           /* mnet_nowait_begin without its end */
    mnet_time now;             /* when this round began */
    mnet_time poll_budget;     /* how long tasks run in one round */
    size_t stack_size;         /* of each task, bytes */
    struct mnet_node pollers;  /* rings, the newest first */
    struct mnet_node hooks;
    struct mnet_node resources;
    struct mnet_node *walk; /* the next poller or hook of the round */
    void *context;          /* run/'s: mn_sched_context */
    struct mn_wheel wheel;  /* the timers of waiting tasks */
};

/* ---- for flow/ and run/ ---- */

/* The scheduler that runs, NULL if none does. */
struct mnet_sched *mn_sched_current(void);
/* A pointer that belongs to run/, NULL at first. */
static inline void **mn_sched_context(struct mnet_sched *sched)
{
    return &sched->context;
}

/* To be called at the start of every public call that waits, whether it will have to or not, with
 * the call's name: MUST_NOT_WAIT and NO_TASK are broken always or never. Errors: CANCELED, after
 * others have run, so that a task that ignores it stops only itself. */
MNET_MUST_USE mnet_err mn_wait_begin(const char *call);
/* Waits for mn_waitq_wake. Errors: CANCELED, also if woken at the same time; TIMED_OUT. */
MNET_MUST_USE mnet_err mn_waitq_wait(struct mnet_waitq *queue);
/* The same, whatever happens to the calling task meanwhile. */
void mn_waitq_wait_stubborn(struct mnet_waitq *queue);
/* Wakes the one that has waited longest, if any does. */
void mn_waitq_wake(struct mnet_waitq *queue);

/* ---- inside sched/ ---- */

/* The scheduler that runs, the task that runs; `call` is the public call for NO_TASK. */
struct mnet_sched *mn_sched_here(const char *call);
struct mnet_task *mn_task_here(const char *call);

/* Ends the program: "RULE: what happened", format as base/fmt.h. */
_Noreturn void mn_rule_broken(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* Where `task` was started, for such messages. */
const char *mn_task_place(const struct mnet_task *task);

void mn_waitq_push(struct mnet_waitq *queue, struct mnet_task *task);
void mn_waitq_remove(struct mnet_waitq *queue, struct mnet_task *task);
struct mnet_task *mn_waitq_pop(struct mnet_waitq *queue);

/* The calling task; breaks MUST_NOT_WAIT or NO_TASK if it may not wait. */
struct mnet_task *mn_wait_check(const char *call);
/* Stops the calling task until mn_task_wake, or `until` or its deadline (TIMED_OUT), or it is
 * cancelled. */
MNET_MUST_USE mnet_err mn_task_park(struct mnet_task *task, mnet_time until);
/* Stops the calling task until mn_task_wake, whatever else happens. */
void mn_task_park_stubborn(struct mnet_task *task);
/* Makes a waiting task ready; nothing if it is not waiting. */
void mn_task_wake(struct mnet_task *task, mnet_err why);
/* Lets all others that are ready run. */
void mn_task_pass(struct mnet_task *task);

/* The task that `siblings` is the node of. */
static inline struct mnet_task *mn_task_of(const struct mn_list *siblings)
{
    return MN_CONTAINER(siblings, struct mnet_task, siblings);
}

/* A new task in the run queue; NULL: no memory. */
struct mnet_task *mn_task_create(struct mnet_sched *sched, struct mnet_task *parent,
                                 mnet_task_fn fn, void *arg, const char *place);
/* Goes on with a ready task until it stops. */
void mn_task_run(struct mnet_task *task);
/* Takes an ended child from its parent and orphans, and keeps its stack for another. */
void mn_task_collect(struct mnet_task *task);
/* Marks `task` and all below as cancelled, and wakes those that wait. */
void mn_task_cancel(struct mnet_task *task);
/* Waits for a cancelled child of the calling task, whatever happens to that, and collects it. */
void mn_task_reap(struct mnet_task *task, struct mnet_task *child);
/* Breaks NOT_A_CHILD unless `child` is one of `task`. */
void mn_task_check_child(const struct mnet_task *task, const struct mnet_task *child,
                         const char *call);
/* Gives all kept stacks back to the port. */
void mn_task_free_stacks(struct mnet_sched *sched);

/* A new child joins orphans; it has ended; it is collected by name. */
void mn_orphans_adopt(struct mnet_orphans *orphans, struct mnet_task *child);
void mn_orphans_ended(struct mnet_orphans *orphans, struct mnet_task *child);
void mn_orphans_forget(struct mnet_orphans *orphans, struct mnet_task *child);

/* Calls the finalizers of all that `task` owns, the newest first. */
void mn_own_finalize(struct mnet_task *task);
/* Breaks RESOURCE_LEAKED if `task` owns something. */
void mn_own_check_none(const struct mnet_task *task);

/* Ends the program if the canary was overwritten or the stack went past it. */
void mn_stack_check(const struct mnet_task *task);
/* Takes `len` bytes (a multiple of 8) from the low end of the stack's memory, for good; ends the
 * program if the stack has come too near. */
void *mn_stack_take(struct mnet_task *task, size_t len);

#endif
