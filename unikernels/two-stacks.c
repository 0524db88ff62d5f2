/* SPDX-License-Identifier: ISC
 *
 * two-stacks - two devices with a stack each in one program: one task serves on the one, another
 * calls it through the other. Each task knows only the stack that it was given; what is between the
 * two is not in this program.
 *
 *     two-stacks --net:client=tap0 --net:server=tap1 [--ipv4:server=10.0.0.2/24] */
#include <mnet/mnet.h>

#define PORT 9000

static struct mnet_rng_arg rng = MNET_RNG;
static struct mnet_stack_arg client_net = MNET_STACK("client", "10.0.0.3/24");
static struct mnet_stack_arg server_net = MNET_STACK("server", "10.0.0.2/24");

/* What the client is told. */
struct call {
    struct mnet_stack *stack;
    struct mnet_endpoint remote;
};

static int serve(void *arg)
{
    struct mnet_server *server;
    struct mnet_flow *flow;
    mnet_err err = mnet_tcp_listen(arg, PORT, &server);
    if (err)
        return err;
    err = mnet_tcp_accept(server, &flow);
    mnet_tcp_unlisten(server);
    if (err)
        return err;
    err = mnet_tcp_write(flow, "Hello World!", 12);
    mnet_tcp_close(flow);
    return err;
}

static mnet_err call(const struct call *whom)
{
    struct mnet_flow *flow;
    char text[13] = "";
    mnet_err err = mnet_tcp_connect(whom->stack, &whom->remote, &flow);
    if (err)
        return err;
    err = mnet_tcp_really_read(flow, text, 12);
    if (!err)
        mnet_print("the client has read: %s", text);
    mnet_tcp_close(flow);
    return err;
}

/* The client's side is this task itself, the server's a child of it. */
static mnet_err meet(void)
{
    struct mnet_cidr own;
    struct call whom = {.stack = client_net.stack, .remote.port = PORT};
    int served = MNET_OK;
    if (!mnet_stack_addr_at(server_net.stack, 0, &own))
        return MNET_ERR_ADDR_NOT_AVAIL;
    whom.remote.addr = own.addr;
    struct mnet_task *server = mnet_async(serve, server_net.stack);
    if (!server)
        return MNET_ERR_NO_MEMORY;
    mnet_err err = call(&whom);
    if (!err)
        err = mnet_await(server, &served);
    if (err)
        mnet_cancel(server);
    return err ? err : served;
}

static int body(void *arg)
{
    (void)arg;
    mnet_err err = meet();
    mnet_stack_kill(&client_net);
    mnet_stack_kill(&server_net);
    mnet_rng_kill(&rng);
    return err;
}

int main(int argc, char **argv)
{
    return mnet_run(argc, argv, body, NULL, MNET_ARGS(&rng.arg, &client_net.arg, &server_net.arg));
}
