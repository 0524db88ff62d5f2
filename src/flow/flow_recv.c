/* SPDX-License-Identifier: ISC
 *
 * Receiving: `read` copies out of the connection's receive queue, `get` lends ranges of it. What
 * `read` has no room for simply stays in the queue, so both see one stream in order. Lent bytes are
 * given back, and the window opened again, at the next call that receives. */
#include <flow/flow_obj.h>

static mnet_ssize receive(struct mnet_flow *flow, void *buf, size_t len)
{
    for (;;) {
        mnet_ssize n = mnet_conn_recv(flow->conn, buf, len);
        if (n != MNET_ERR_AGAIN) {
            mn_waitq_wake(&flow->readers);
            return n;
        }
        mnet_err err = mn_flow_wait(&flow->base, &flow->readers);
        if (err != MNET_OK)
            return err;
    }
}

mnet_ssize mnet_tcp_read(struct mnet_flow *flow, void *buf, size_t len)
{
    mnet_err err = mn_wait_begin(__func__);
    if (err != MNET_OK)
        return err;
    mn_flow_give_back(flow);
    return len == 0 ? 0 : receive(flow, buf, len);
}

mnet_err mnet_tcp_really_read(struct mnet_flow *flow, void *buf, size_t len)
{
    mnet_err err = mn_wait_begin(__func__);
    if (err != MNET_OK)
        return err;
    mn_flow_give_back(flow);
    uint8_t *at = buf;
    while (len > 0) {
        mnet_ssize n = receive(flow, at, len);
        if (n <= 0)
            return n == 0 ? MNET_ERR_EOF : (mnet_err)n;
        at += n;
        len -= (size_t)n;
    }
    return MNET_OK;
}

mnet_ssize mnet_tcp_get(struct mnet_flow *flow, struct mnet_slice *slices, size_t max)
{
    mnet_err err = mn_wait_begin(__func__);
    if (err == MNET_OK && max == 0)
        err = MNET_ERR_INVALID;
    if (err != MNET_OK)
        return err;
    mn_flow_give_back(flow);
    mnet_ssize count;
    while ((count = mnet_conn_peek(flow->conn, slices, max)) == MNET_ERR_AGAIN) {
        err = mn_flow_wait(&flow->base, &flow->readers);
        if (err != MNET_OK)
            return err;
    }
    for (mnet_ssize i = 0; i < count; i++)
        flow->lent += slices[i].len;
    mn_waitq_wake(&flow->readers);
    return count;
}
