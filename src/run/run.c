/* SPDX-License-Identifier: ISC
 *
 * The main function of a program. First, without a scheduler: the command line, and the devices.
 * Then, as the first task: generator and stacks; the body, as a child of its own, beside another
 * that waits for the platform to ask for the end. Whichever ends first cancels the other.
 *
 *     first task --+-- feed      (feed.c)
 *                  +-- body
 *                  +-- ending */
#include <base/fmt.h>
#include <base/list.h>
#include <mnet/port.h>
#include <run/manifest.h>
#include <run/run_state.h>
#include <sched/sched.h>
#include <string.h>

/* Exit statuses. */
#define STATUS_FAILED 1
#define STATUS_USAGE 2

/* Enough for the names of MN_ARGS_MAX devices. */
#define MANIFEST_MAX 4096u

void mn_run_complain(const struct mn_run *run, const char *format, ...)
{
    char text[320], line[400];
    va_list args;
    va_start(args, format);
    mn_fmt_v(text, sizeof text, format, args);
    va_end(args);
    mn_fmt(line, sizeof line, "%s: %s", run->program, text);
    mn_console_line(true, line);
}

struct mnet_log *mnet_run_log(void)
{
    struct mnet_sched *sched = mn_sched_current();
    struct mn_run *run = sched ? *mn_sched_context(sched) : NULL;
    return run ? &run->log.log : NULL;
}

/* ---- as tasks ---- */

static void on_round(struct mnet_hook *hook)
{
    struct mn_run *run = MN_CONTAINER(hook, struct mn_run, hook);
    if (mnet_port_is_ending()) {
        mnet_hook_remove(hook);
        mnet_trigger_signal(&run->ending);
    }
}

static int wait_for_ending(void *arg)
{
    struct mn_run *run = arg;
    return mnet_trigger_wait(&run->ending);
}

static int run_body(struct mn_run *run)
{
    struct mnet_task *tasks[2];
    size_t which;
    int result;
    tasks[0] = mnet_async_at(run->body, run->body_arg, NULL, "mnet_run");
    if (!tasks[0])
        return MNET_ERR_NO_MEMORY;
    tasks[1] = mnet_async(wait_for_ending, run);
    if (!tasks[1]) {
        mnet_cancel(tasks[0]);
        return MNET_ERR_NO_MEMORY;
    }
    run->hook.call = on_round;
    mnet_hook_add(&run->hook);
    mnet_err err = mnet_await_first(tasks, 2, &which, &result);
    if (run->hook.node.next)
        mnet_hook_remove(&run->hook);
    return err == MNET_OK ? result : err;
}

static int first_task(void *arg)
{
    struct mn_run *run = arg;
    run->has_begun = true;
    *mn_sched_context(mn_sched_current()) = run;
    run->result = STATUS_FAILED;
    if (mn_run_set_up(run)) {
        run->result = run_body(run);
        if (run->result < 0)
            mn_run_complain(run, "%s", mnet_err_text(run->result));
    }
    mn_run_tear_down(run);
    return run->result;
}

/* ---- as a program ---- */

static int run_program(struct mn_run *run)
{
    if (!mn_run_open_devices(run))
        return STATUS_FAILED;
    mnet_sched_run(NULL, first_task, run);
    if (!run->has_begun) {
        mn_run_complain(run, "%s", mnet_err_text(MNET_ERR_NO_MEMORY));
        run->result = STATUS_FAILED;
    }
    mn_run_close_devices(run);
    return run->result < 0 ? STATUS_FAILED : run->result;
}

static void print_manifest(const struct mn_run *run)
{
    char text[MANIFEST_MAX];
    mnet_port_console(text, mn_manifest(run->args.declared, text, sizeof text), false);
}

static const char *program_name(int argc, char *const *argv)
{
    const char *name = argc > 0 ? argv[0] : "mnet";
    for (const char *c = name; *c; c++) {
        if (*c == '/' && c[1])
            name = c + 1;
    }
    return name;
}

int mnet_run(int argc, char **argv, mnet_task_fn body, void *body_arg, struct mnet_arg *const *args)
{
    struct mn_run run;
    memset(&run, 0, sizeof run);
    run.program = program_name(argc, argv);
    run.body = body;
    run.body_arg = body_arg;
    mn_console_log_init(&run.log, mnet_port_clock());
    if (!mn_manifest_check(args, run.args.error, sizeof run.args.error)) {
        mn_run_complain(&run, "%s", run.args.error);
        return STATUS_FAILED;
    }
    enum mn_args_wish wish = mn_args_parse(&run.args, argc, argv, args, &run.log.log);
    if (wish == MN_ARGS_RUN && !run.args.names_device && mn_manifest_has_devices(args) &&
        !mn_run_finds_device(&run))
        wish = MN_ARGS_MANIFEST;
    if (wish == MN_ARGS_RUN && !mn_args_complete(&run.args))
        wish = MN_ARGS_ERROR;
    switch (wish) {
    case MN_ARGS_RUN:
        return run_program(&run);
    case MN_ARGS_MANIFEST:
        print_manifest(&run);
        return 0;
    case MN_ARGS_HELP:
        mn_usage(&run.args, run.program, false);
        return 0;
    case MN_ARGS_ERROR:
        break;
    }
    mn_run_complain(&run, "%s", run.args.error);
    mn_usage(&run.args, run.program, true);
    return STATUS_USAGE;
}
