/* SPDX-License-Identifier: ISC
 *
 * chargen - sends characters for as long as the client takes them: RFC 864.
 *
 *     chargen --net:service=tap0 [--port=19]
 *
 * Lines of 72 of the 95 printing characters, each beginning one character later than the one
 * before. After 95 lines they repeat, so all of them are made once. */
#include <mnet/mnet.h>

#define PRINTING 95 /* ' ' to '~' */
#define WIDTH 72
#define LINE (WIDTH + 2)

static struct mnet_rng_arg rng = MNET_RNG;
static struct mnet_stack_arg net = MNET_STACK("service", "10.0.0.2/24");
static struct mnet_option_arg port = MNET_OPTION_PORT("port", "19", "where clients connect");

static char lines[PRINTING][LINE];

static void make_lines(void)
{
    for (int i = 0; i < PRINTING; i++) {
        for (int k = 0; k < WIDTH; k++)
            lines[i][k] = (char)(' ' + (i + k) % PRINTING);
        lines[i][WIDTH] = '\r';
        lines[i][WIDTH + 1] = '\n';
    }
}

static int serve(void *arg)
{
    struct mnet_own own;
    mnet_own(&own, mnet_tcp_close, arg);
    for (;;) {
        mnet_err err = mnet_tcp_write(arg, lines, sizeof lines);
        if (err)
            return err; /* the client has gone: the usual end */
    }
}

static void collect(struct mnet_orphans *clients)
{
    struct mnet_task *task;
    while (mnet_care(clients, &task) == 1 && mnet_await(task, NULL) == MNET_OK) {
    }
}

static int body(void *arg)
{
    (void)arg;
    struct mnet_orphans clients = {0};
    struct mnet_server *server = NULL;
    struct mnet_flow *flow;
    make_lines();
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
