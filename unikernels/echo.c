/* SPDX-License-Identifier: ISC
 *
 * echo - sends back what it receives: RFC 862. One task for each client, in direct style.
 *
 *     echo --net:service=tap0 [--port=7]
 *
 * The task of a client owns its flow: whatever ends the task, an error or a cancellation, closes
 * the flow. The loop that accepts collects the tasks that have ended and says how. */
#include <mnet/mnet.h>

static struct mnet_rng_arg rng = MNET_RNG;
static struct mnet_stack_arg net = MNET_STACK("service", "10.0.0.2/24");
static struct mnet_option_arg port = MNET_OPTION_PORT("port", "9000", "where clients connect");

static int serve(void *arg)
{
    struct mnet_flow *flow = arg;
    struct mnet_own own;
    char buf[4096];
    mnet_own(&own, mnet_tcp_close, flow);
    mnet_ssize len;
    while ((len = mnet_tcp_read(flow, buf, sizeof buf)) > 0) {
        mnet_err err = mnet_tcp_write(flow, buf, (size_t)len);
        if (err)
            return err;
    }
    if (len < 0)
        return (int)len;
    mnet_release(&own);
    return 0;
}

static void say(int result)
{
    struct mnet_log *log = mnet_run_log();
    mnet_time now = mnet_now();
    if (result == 0)
        mnet_log_write(log, now, MNET_LOG_INFO, "echo", "", "Echo connection closure initiated.");
    else if (result == MNET_ERR_TIMED_OUT)
        mnet_log_write(log, now, MNET_LOG_INFO, "echo", "", "Echo connection timed out; closing.");
    else
        mnet_log_write(log, now, MNET_LOG_INFO, "echo", "", "Echo connection error: %s",
                       mnet_err_text(result));
}

static void collect(struct mnet_orphans *clients)
{
    struct mnet_task *task;
    int result;
    while (mnet_care(clients, &task) == 1) {
        if (mnet_await(task, &result) == MNET_OK)
            say(result);
    }
}

static int body(void *arg)
{
    (void)arg;
    struct mnet_orphans clients = {0};
    struct mnet_server *server = NULL;
    struct mnet_flow *flow;
    mnet_err err = mnet_tcp_listen(net.stack, mnet_option_port(&port), &server);
    while (!err && !(err = mnet_tcp_accept(server, &flow))) {
        collect(&clients);
        if (!mnet_async_orphan(&clients, serve, flow))
            mnet_tcp_close(flow);
    }
    mnet_tcp_unlisten(server);
    mnet_stack_kill(&net);
    mnet_rng_kill(&rng);
    mnet_task_fail(err); /* which also cancels the clients that are left */
}

int main(int argc, char **argv)
{
    return mnet_run(argc, argv, body, NULL, MNET_ARGS(&rng.arg, &net.arg, &port.arg));
}
