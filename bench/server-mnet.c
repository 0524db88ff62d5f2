/* SPDX-License-Identifier: ISC
 *
 * The three services on mnet, in direct style, a task for each client: ports 7 (echo, also UDP), 9
 * (discard), 19 (source). With `--callbacks`, echo is served by callbacks instead, for very many
 * connections. */
#include <mnet/mnet.h>

static struct mnet_rng_arg rng = MNET_RNG;
static struct mnet_stack_arg net = MNET_STACK("service", "10.0.0.2/24");
static struct mnet_option_arg callbacks = MNET_FLAG("callbacks", "serve echo by callbacks");

static char data[256 * 1024];

static int echo(void *arg)
{
    struct mnet_flow *flow = arg;
    char buf[2048];
    mnet_ssize len;
    mnet_conn_set_nodelay(mnet_tcp_conn(flow), true);
    while ((len = mnet_tcp_read(flow, buf, sizeof buf)) > 0)
        if (mnet_tcp_write(flow, buf, (size_t)len) != MNET_OK)
            break;
    mnet_tcp_close(flow);
    return 0;
}

static int discard(void *arg)
{
    struct mnet_flow *flow = arg;
    struct mnet_slice slices[16];
    while (mnet_tcp_get(flow, slices, 16) > 0)
        ;
    mnet_tcp_close(flow);
    return 0;
}

static int source(void *arg)
{
    struct mnet_flow *flow = arg;
    while (mnet_tcp_write(flow, data, sizeof data) == MNET_OK)
        ;
    mnet_tcp_close(flow);
    return 0;
}

struct service {
    uint16_t port;
    mnet_task_fn client;
};

static int serve(void *arg)
{
    const struct service *service = arg;
    const struct mnet_endpoint local = {mnet_addr_any(), service->port};
    struct mnet_server *server = NULL;
    struct mnet_flow *flow;
    struct mnet_task *ended;
    struct mnet_orphans orphans;
    int result;
    mnet_orphans_init(&orphans);
    mnet_err err = mnet_tcp_listen_at(net.stack, &local, 1024, &server);
    while (err == MNET_OK && (err = mnet_tcp_accept(server, &flow)) == MNET_OK) {
        if (!mnet_async_orphan(&orphans, service->client, flow))
            mnet_tcp_close(flow);
        while (mnet_care(&orphans, &ended) == 1)
            if (mnet_await(ended, &result) != MNET_OK)
                break;
    }
    mnet_tcp_unlisten(server);
    return err;
}

static void on_event(struct mnet_conn *conn, unsigned events, void *arg)
{
    (void)arg;
    char buf[2048];
    mnet_ssize len = 0;
    if (!(events & MNET_EV_ERROR))
        while ((len = mnet_conn_recv(conn, buf, sizeof buf)) > 0)
            if (mnet_conn_send(conn, buf, (size_t)len) != len)
                break;
    if (len != MNET_ERR_AGAIN)
        mnet_conn_close(conn);
}

static void on_conn(struct mnet_listener *listener, void *arg)
{
    struct mnet_conn *conn;
    while (mnet_conn_accept(listener, on_event, arg, &conn) == MNET_OK)
        mnet_conn_set_nodelay(conn, true);
}

static void on_dgram(struct mnet_dgram *dgram, const struct mnet_dgram_rx *rx, void *arg)
{
    (void)arg;
    if (rx->count == 1)
        (void)!mnet_dgram_send(dgram, &rx->from, rx->slices[0].at, rx->len);
}

static int body(void *arg)
{
    (void)arg;
    static const struct service services[] = {{9, discard}, {19, source}, {7, echo}};
    struct mnet_endpoint local = {mnet_addr_any(), 7};
    struct mnet_task *tasks[3];
    struct mnet_listener *listener = NULL;
    struct mnet_dgram *dgram = NULL;
    size_t count = callbacks.is_set ? 2 : 3;
    mnet_err err = mnet_dgram_open(net.stack, &local, on_dgram, NULL, NULL, &dgram);
    if (err == MNET_OK && callbacks.is_set)
        err = mnet_conn_listen(net.stack, &local, 1024, on_conn, NULL, &listener);
    for (size_t i = 0; i < count; i++)
        tasks[i] = mnet_async(serve, (void *)(uintptr_t)&services[i]);
    if (err == MNET_OK)
        err = mnet_await_all(tasks, count, NULL);
    if (err != MNET_OK)
        for (size_t i = 0; i < count; i++)
            mnet_cancel(tasks[i]);
    mnet_dgram_close(dgram);
    mnet_conn_unlisten(listener);
    mnet_stack_kill(&net);
    mnet_rng_kill(&rng);
    return 0;
}

int main(int argc, char **argv)
{
    net.memory = (size_t)512 << 20;
    return mnet_run(argc, argv, body, NULL, MNET_ARGS(&rng.arg, &net.arg, &callbacks.arg));
}
