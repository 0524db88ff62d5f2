/* SPDX-License-Identifier: ISC
 *
 * udp-only - the same service as udp-echo on a stack put together by hand: device, Ethernet, IPv4,
 * UDP. Nobody asks for TCP, so there is none in the image. As a task with a receive queue.
 *
 *     udp-only --net:service=tap0 [--port=7] */
#include <mnet/mnet.h>

static struct mnet_rng_arg rng = MNET_RNG;
static struct mnet_stack_arg net = MNET_STACK_BARE("service", "10.0.0.2/24");
static struct mnet_option_arg port = MNET_OPTION_PORT("port", "7", "where datagrams are sent");

static char buf[65507];

static mnet_err answer_one(struct mnet_udp *udp)
{
    struct mnet_endpoint from;
    mnet_ssize len = mnet_udp_recvfrom(udp, buf, sizeof buf, &from);
    if (len < 0)
        return (mnet_err)len;
    return mnet_udp_sendto(udp, &from, buf, (size_t)len);
}

static int body(void *arg)
{
    (void)arg;
    struct mnet_udp *udp = NULL;
    mnet_err err = mnet_stack_add_udp(net.stack);
    if (!err)
        err = mnet_udp_bind(net.stack, mnet_option_port(&port), &udp);
    /* An answer that cannot be sent is a datagram lost: the service goes on. */
    while (udp && err != MNET_ERR_CANCELED)
        err = answer_one(udp);
    mnet_udp_close(udp);
    mnet_stack_kill(&net);
    mnet_rng_kill(&rng);
    return err;
}

int main(int argc, char **argv)
{
    return mnet_run(argc, argv, body, NULL, MNET_ARGS(&rng.arg, &net.arg, &port.arg));
}
