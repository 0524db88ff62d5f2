/* SPDX-License-Identifier: ISC
 *
 * run/run_state.h - all that a running program is made of. It lives in the frame of mnet_run, and
 * is the scheduler's context. */
#ifndef MN_RUN_STATE_H
#define MN_RUN_STATE_H

#include <mnet/netdev.h>
#include <run/args.h>
#include <run/feed.h>
#include <run/log.h>

/* What was made for one declared argument; which fields are used depends on its kind. */
struct mn_run_part {
    struct mnet_netdev *netdev;    /* open device, for a stack */
    struct mnet_blockdev *block;   /* open device */
    struct mnet_stack *stack;      /* NULL: not made yet, or gone */
    void *memory;                  /* the stack's budget */
    size_t memory_len;             /* bytes of it */
    mnet_time lives_until;         /* the stack has time so long in any case */
    mnet_time goodbye_until;       /* its connections have time so long; 0: not asked to end */
    struct mnet_log *log;          /* the program's, for reports about the stack */
    struct mnet_poller poller;     /* drives the stack */
    struct mnet_resource resource; /* open until the body kills it */
};

struct mn_run {
    const char *program;                  /* its name, for messages */
    mnet_task_fn body;                    /* what it does */
    void *body_arg;                       /* its argument */
    struct mn_args args;                  /* what the command line says */
    struct mn_console_log log;            /* the program's log */
    struct mn_feed feed;                  /* the generator */
    struct mnet_rng *rng;                 /* the same, once it is seeded */
    struct mn_run_part part[MN_ARGS_MAX]; /* one for each declared argument */
    struct mnet_hook hook;                /* looks whether the program is asked to end */
    struct mnet_trigger ending;           /* it was */
    bool has_begun;                       /* the first task ran */
    int result;                           /* of the body, or of what failed before */
};

/* setup.c: opens all devices that are declared. False after a line about what is missing; then all
 * are closed. */
bool mn_run_open_devices(struct mn_run *run);
void mn_run_close_devices(struct mn_run *run);
/* setup.c: whether the platform has a device for the program without being told which. */
bool mn_run_finds_device(struct mn_run *run);
/* setup.c: makes generator and stacks, from left to right, as the first task. False after a line
 * about what failed. */
bool mn_run_set_up(struct mn_run *run);
/* setup.c: ends them from right to left. Waits. */
void mn_run_tear_down(struct mn_run *run);

/* Prints "program: message" to the error console. */
void mn_run_complain(const struct mn_run *run, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
