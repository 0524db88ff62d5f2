/* SPDX-License-Identifier: ISC
 *
 * An echo server whose client task gives up when it reads "crash", "leave" or "hold": the flow must
 * be closed through its owner's finalizer, the end reported through the orphans, and the loop go
 * on. */
#include <mnet/mnet.h>
#include <string.h>

static struct mnet_rng_arg rng = MNET_RNG;
static struct mnet_stack_arg net = MNET_STACK("service", "10.0.0.2/24");

static int client(void *arg)
{
    struct mnet_flow *flow = arg;
    struct mnet_own own;
    mnet_own(&own, mnet_tcp_close, flow);
    char buf[512];
    mnet_ssize len;
    while ((len = mnet_tcp_read(flow, buf, sizeof buf)) > 0) {
        if (len >= 5 && memcmp(buf, "crash", 5) == 0)
            mnet_task_fail(MNET_ERR_FAILED);
        if (len >= 5 && memcmp(buf, "leave", 5) == 0)
            return MNET_ERR_INVALID;
        if (mnet_tcp_write(flow, buf, (size_t)len) != MNET_OK)
            break;
    }
    mnet_release(&own);
    return len < 0 ? (int)len : 0;
}

static void collect(struct mnet_orphans *orphans)
{
    struct mnet_task *task;
    int result;
    while (mnet_care(orphans, &task) == 1)
        if (mnet_await(task, &result) == MNET_OK && result < 0)
            mnet_print("client ended: %s", mnet_err_name(result));
}

static int body(void *arg)
{
    (void)arg;
    struct mnet_server *server = NULL;
    struct mnet_flow *flow;
    struct mnet_orphans orphans;
    mnet_orphans_init(&orphans);
    mnet_err err = mnet_tcp_listen(net.stack, 9000, &server);
    while (err == MNET_OK && (err = mnet_tcp_accept(server, &flow)) == MNET_OK) {
        if (!mnet_async_orphan(&orphans, client, flow))
            mnet_tcp_close(flow);
        mnet_yield();
        collect(&orphans);
    }
    mnet_tcp_unlisten(server);
    mnet_stack_kill(&net);
    mnet_rng_kill(&rng);
    return err;
}

int main(int argc, char **argv)
{
    return mnet_run(argc, argv, body, NULL, MNET_ARGS(&rng.arg, &net.arg));
}
