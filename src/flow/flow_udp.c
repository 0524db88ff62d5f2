/* SPDX-License-Identifier: ISC
 *
 * UDP for tasks: the socket's own queue holds what comes between two calls. */
#include <flow/flow_obj.h>

static void on_ready(struct mnet_dgram *dgram, void *arg)
{
    (void)dgram;
    struct mnet_udp *udp = arg;
    mn_waitq_wake(&udp->readers);
}

mnet_err mnet_udp_bind(struct mnet_stack *stack, uint16_t port, struct mnet_udp **out)
{
    *out = NULL;
    struct mnet_udp *udp = mn_flow_new(stack);
    if (!udp)
        return MNET_ERR_NO_MEMORY;
    const struct mnet_endpoint local = {mnet_addr_any(), port};
    mnet_err err = mnet_dgram_open(stack, &local, NULL, on_ready, udp, &udp->dgram);
    if (err == MNET_OK)
        *out = udp;
    else
        mn_flow_drop(&udp->base);
    return err;
}

void mnet_udp_close(void *arg)
{
    struct mnet_udp *udp = arg;
    if (!udp)
        return;
    mnet_nowait_begin();
    mnet_dgram_close(udp->dgram);
    mn_waitq_wake(&udp->readers);
    mn_flow_drop(&udp->base);
    mnet_nowait_end();
}

mnet_ssize mnet_udp_recvfrom(struct mnet_udp *udp, void *buf, size_t cap,
                             struct mnet_endpoint *from)
{
    mnet_err err = mn_wait_begin(__func__);
    if (err != MNET_OK)
        return err;
    for (;;) {
        mnet_ssize len = mnet_dgram_recv(udp->dgram, buf, cap, from, NULL);
        if (len == MNET_ERR_AGAIN && (err = mnet_dgram_error(udp->dgram)) != MNET_OK)
            len = err;
        if (len != MNET_ERR_AGAIN) {
            mn_waitq_wake(&udp->readers);
            return len;
        }
        err = mn_flow_wait(&udp->base, &udp->readers);
        if (err != MNET_OK)
            return err;
    }
}

mnet_err mnet_udp_sendto(struct mnet_udp *udp, const struct mnet_endpoint *to, const void *data,
                         size_t len)
{
    return mnet_dgram_send(udp->dgram, to, data, len);
}

struct mnet_dgram *mnet_udp_dgram(struct mnet_udp *udp)
{
    return udp->dgram;
}
