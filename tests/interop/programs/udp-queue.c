/* SPDX-License-Identifier: ISC
 *
 * Sleeps between two recvfrom: nothing that comes meanwhile may be lost (line 12). Answers each
 * datagram with its length. */
#include <mnet/mnet.h>

static struct mnet_rng_arg rng = MNET_RNG;
static struct mnet_stack_arg net = MNET_STACK("service", "10.0.0.2/24");

static int body(void *arg)
{
    (void)arg;
    static char buf[65536];
    struct mnet_udp *udp = NULL;
    struct mnet_endpoint from;
    mnet_err err = mnet_udp_bind(net.stack, 9001, &udp);
    mnet_ssize len = 0;
    while (err == MNET_OK && (len = mnet_udp_recvfrom(udp, buf, sizeof buf, &from)) >= 0) {
        mnet_print("got %ld: %.*s", (long)len, (int)(len < 40 ? len : 40), buf);
        if (mnet_sleep(MNET_MS(20)) != MNET_OK)
            break;
        err = mnet_udp_sendto(udp, &from, buf, (size_t)len);
        if (err != MNET_OK)
            mnet_print("send: %s", mnet_err_name(err));
    }
    mnet_udp_close(udp);
    mnet_stack_kill(&net);
    mnet_rng_kill(&rng);
    return 0;
}

int main(int argc, char **argv)
{
    return mnet_run(argc, argv, body, NULL, MNET_ARGS(&rng.arg, &net.arg));
}
