/* SPDX-License-Identifier: ISC
 *
 * Sending: into the connection's send buffer, waiting while it is full; or beyond its limit, for
 * those who must not wait. The bytes leave at the stack's next poll. */
#include <flow/flow_obj.h>

mnet_err mnet_tcp_write(struct mnet_flow *flow, const void *data, size_t len)
{
    mnet_err err = mn_wait_begin(__func__);
    if (err != MNET_OK)
        return err;
    const uint8_t *at = data;
    for (;;) {
        mnet_ssize n = mnet_conn_send(flow->conn, at, len);
        if (n < 0 || (size_t)n == len) {
            mn_waitq_wake(&flow->writers);
            return n < 0 ? (mnet_err)n : MNET_OK;
        }
        at += n;
        len -= (size_t)n;
        err = mn_flow_wait(&flow->base, &flow->writers);
        if (err != MNET_OK)
            return err;
    }
}

mnet_err mnet_tcp_write_without_interruption(struct mnet_flow *flow, const void *data, size_t len)
{
    mnet_nowait_begin();
    mnet_err err = mnet_conn_send_all(flow->conn, data, len);
    mnet_nowait_end();
    return err;
}
