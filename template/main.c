/* SPDX-License-Identifier: ISC
 *
 * greet - asks who is there, and greets. Yours to change: it has what most services need, an option
 * of its own, one task for each visitor, a deadline, and an end in good order.
 *
 *     greet --net:service=tap0 [--port=9000] [--greeting=Hello] */
#include <mnet/mnet.h>
#include <stdio.h>
#include <string.h>

/* What the program asks of the world: random numbers, a network device, and two options. */
static struct mnet_rng_arg rng = MNET_RNG;
static struct mnet_stack_arg net = MNET_STACK("service", "10.0.0.2/24");
static struct mnet_option_arg port = MNET_OPTION_PORT("port", "9000", "where visitors connect");
static struct mnet_option_arg greeting = MNET_OPTION("greeting", "Hello", "how they are greeted");

/* One task runs at a time, until it waits: a counter needs no lock. */
static unsigned visitors;

/* Reads a line, or as much of one as fits, and cuts its end off. */
static mnet_err read_line(struct mnet_flow *flow, char *line, size_t cap)
{
    size_t len = 0;
    while (len < cap - 1 && !memchr(line, '\n', len)) {
        mnet_ssize got = mnet_tcp_read(flow, line + len, cap - 1 - len);
        if (got < 0)
            return (mnet_err)got;
        if (got == 0)
            break;
        len += (size_t)got;
    }
    line[len] = '\0';
    line[strcspn(line, "\r\n")] = '\0';
    return MNET_OK;
}

static mnet_err write_text(struct mnet_flow *flow, const char *text)
{
    return mnet_tcp_write(flow, text, strlen(text));
}

static mnet_err talk(struct mnet_flow *flow)
{
    char name[64], answer[256];
    mnet_err err = write_text(flow, "Who are you?\n");
    if (!err)
        err = read_line(flow, name, sizeof name);
    if (err)
        return err;
    snprintf(answer, sizeof answer, "%s, %s! You are visitor %u.\n", greeting.value, name,
             ++visitors);
    return write_text(flow, answer);
}

/* The task of one visitor. It owns the connection: whatever ends the task, closes it. */
static int serve(void *arg)
{
    struct mnet_flow *flow = arg;
    struct mnet_own own;
    mnet_own(&own, mnet_tcp_close, flow);
    mnet_deadline(mnet_now() + MNET_SEC(30)); /* nobody keeps us longer than that */
    mnet_err err = talk(flow);
    if (err)
        return err;
    mnet_release(&own);
    return 0;
}

/* Collects the tasks that have ended; an error of one visitor is a line in the log (-v). */
static void collect(struct mnet_orphans *tasks)
{
    struct mnet_task *task;
    int result;
    while (mnet_care(tasks, &task) == 1) {
        if (mnet_await(task, &result) == MNET_OK && result < 0)
            mnet_log_write(mnet_run_log(), mnet_now(), MNET_LOG_INFO, "greet", "",
                           "a visitor was lost: %s", mnet_err_text(result));
    }
}

/* The first task: it accepts visitors until the program is asked to end, and gives everything back
 * that it was given. */
static int body(void *arg)
{
    (void)arg;
    struct mnet_orphans tasks = {0};
    struct mnet_server *server = NULL;
    struct mnet_flow *flow;
    mnet_err err = mnet_tcp_listen(net.stack, mnet_option_port(&port), &server);
    if (!err)
        mnet_print("greet: waiting for visitors at port %s", port.value);
    while (!err && !(err = mnet_tcp_accept(server, &flow))) {
        collect(&tasks);
        if (!mnet_async_orphan(&tasks, serve, flow))
            mnet_tcp_close(flow); /* no memory for one more task */
    }
    mnet_tcp_unlisten(server);
    mnet_stack_kill(&net);
    mnet_rng_kill(&rng);
    mnet_task_fail(err); /* cancels the visitors who are left */
}

int main(int argc, char **argv)
{
    return mnet_run(argc, argv, body, NULL,
                    MNET_ARGS(&rng.arg, &net.arg, &port.arg, &greeting.arg));
}
