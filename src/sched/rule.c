/* SPDX-License-Identifier: ISC
 *
 * What the scheduler says when a rule of mnet/task.h is broken, and how it finds out where it is.
 *
 * A broken rule is a bug of the program, not of a peer: there is no way to go on, so the program
 * ends with one line that names the rule and the places concerned. */
#include <base/fmt.h>
#include <mnet/port.h>
#include <sched/sched.h>

/* Enough for two long places and the sentence around them; what is longer is cut. */
#define MESSAGE_MAX 512

_Noreturn void mn_rule_broken(const char *format, ...)
{
    char message[MESSAGE_MAX];
    va_list args;
    va_start(args, format);
    mn_fmt_v(message, sizeof message, format, args);
    va_end(args);
    mnet_port_panic(message);
}

const char *mn_task_place(const struct mnet_task *task)
{
    return task->place ? task->place : "mnet_sched_run";
}

struct mnet_sched *mn_sched_current(void)
{
    return *mnet_port_current();
}

struct mnet_sched *mn_sched_here(const char *call)
{
    struct mnet_sched *sched = mn_sched_current();
    if (!sched)
        mn_rule_broken("NO_TASK: %s called while no scheduler runs", call);
    return sched;
}

struct mnet_task *mn_task_here(const char *call)
{
    struct mnet_task *task = mn_sched_here(call)->current;
    if (!task)
        mn_rule_broken("NO_TASK: %s called outside a task", call);
    return task;
}
