/* SPDX-License-Identifier: ISC
 *
 * discard - throws away what it receives: RFC 863. With callbacks: a connection costs no task and
 * no stack.
 *
 *     discard --net:service=tap0 [--port=9] */
#include <mnet/mnet.h>

static struct mnet_rng_arg rng = MNET_RNG;
static struct mnet_stack_arg net = MNET_STACK("service", "10.0.0.2/24");
static struct mnet_option_arg port = MNET_OPTION_PORT("port", "9", "where clients connect");

static void on_event(struct mnet_conn *conn, unsigned events, void *arg)
{
    (void)arg;
    struct mnet_slice slices[8];
    mnet_ssize count = MNET_ERR_AGAIN;
    while (!(events & MNET_EV_ERROR) && (count = mnet_conn_peek(conn, slices, 8)) > 0) {
        for (mnet_ssize i = 0; i < count; i++)
            mnet_conn_consume(conn, slices[i].len);
    }
    if (count != MNET_ERR_AGAIN || (events & MNET_EV_ERROR))
        mnet_conn_close(conn);
}

static void on_conn(struct mnet_listener *listener, void *arg)
{
    struct mnet_conn *conn;
    while (mnet_conn_accept(listener, on_event, arg, &conn) == MNET_OK) {
    }
}

static int body(void *arg)
{
    (void)arg;
    struct mnet_endpoint local = {.port = mnet_option_port(&port)};
    struct mnet_listener *listener = NULL;
    struct mnet_trigger never = {0};
    mnet_err err = mnet_conn_listen(net.stack, &local, 128, on_conn, NULL, &listener);
    if (!err)
        err = mnet_trigger_wait(&never);
    mnet_conn_unlisten(listener);
    mnet_stack_kill(&net);
    mnet_rng_kill(&rng);
    return err;
}

int main(int argc, char **argv)
{
    return mnet_run(argc, argv, body, NULL, MNET_ARGS(&rng.arg, &net.arg, &port.arg));
}
