/* SPDX-License-Identifier: ISC
 *
 * mnet/tcp.h - TCP for tasks: listen, accept, connect, read, write, close.
 *
 * Calls that wait suspend the calling task; they fail with CANCELED when it is cancelled and with
 * TIMED_OUT when its deadline passes (mnet/task.h), on top of the errors listed. `close` and
 * `write_without_interruption` never switch task: they are safe in finalizers. Several tasks may
 * wait at one flow or server; if another closes it meanwhile, their waits fail with CLOSED. */
#ifndef MNET_TCP_H
#define MNET_TCP_H

#include <mnet/addr.h>
#include <mnet/conn.h>
#include <mnet/err.h>

struct mnet_stack;
struct mnet_flow;   /* one connection; belongs to whoever connected or accepted it */
struct mnet_server; /* a port that is listened on */

/* Connects. On success the caller owns `*flow`; on failure it is NULL. Waits. Errors: CONN_REFUSED
 * (reset), NET_UNREACH (no route, or the neighbour does not answer), TIMED_OUT, NO_MEMORY. A
 * cancelled connect leaves nothing behind. */
MNET_MUST_USE mnet_err mnet_tcp_connect(struct mnet_stack *stack,
                                        const struct mnet_endpoint *remote,
                                        struct mnet_flow **flow);

/* Listens on `port` of all own addresses with a backlog of 128; `_at` on one endpoint with a
 * backlog of your choice. Errors: ADDR_IN_USE, INVALID, NO_MEMORY. */
MNET_MUST_USE mnet_err mnet_tcp_listen(struct mnet_stack *stack, uint16_t port,
                                       struct mnet_server **server);
MNET_MUST_USE mnet_err mnet_tcp_listen_at(struct mnet_stack *stack,
                                          const struct mnet_endpoint *local, unsigned backlog,
                                          struct mnet_server **server);

/* Waits for a client and takes it: the caller owns `*flow`. Several tasks may wait at the same
 * server; each client goes to one. Errors: CLOSED (unlistened meanwhile), NO_MEMORY (the client
 * stays in the backlog). */
MNET_MUST_USE mnet_err mnet_tcp_accept(struct mnet_server *server, struct mnet_flow **flow);

/* Stops listening: clients that nobody accepted are reset, waiting accepts fail with CLOSED. NULL
 * is fine. */
void mnet_tcp_unlisten(struct mnet_server *server);

/* Reads up to `len` bytes: at least 1, or 0 when the peer has closed its side (or len is 0). What
 * does not fit stays for the next call. Waits. Errors: CONN_RESET, TIMED_OUT, CLOSED (after
 * shutdown READ). */
mnet_ssize mnet_tcp_read(struct mnet_flow *flow, void *buf, size_t len);
/* Reads exactly `len` bytes. Errors: as read, and EOF when the stream ends before; what was read
 * until then is lost. */
MNET_MUST_USE mnet_err mnet_tcp_really_read(struct mnet_flow *flow, void *buf, size_t len);
/* Lends what has arrived, up to `max` ranges, without a copy: the bytes are valid until the next
 * get, read, really_read, shutdown or close on this flow, which give them back as read. What an
 * earlier `read` left comes first. Returns the number of ranges, 0 at the end of the stream. Waits.
 * Errors: as read. */
mnet_ssize mnet_tcp_get(struct mnet_flow *flow, struct mnet_slice *slices, size_t max);

/* Queues all `len` bytes; waits while the send buffer is full. Errors: CLOSED_BY_PEER (the peer
 * answers data with a reset after it has closed), CONN_RESET, CLOSED (own shutdown), TIMED_OUT,
 * NO_MEMORY. */
MNET_MUST_USE mnet_err mnet_tcp_write(struct mnet_flow *flow, const void *data, size_t len);
/* The same without ever switching task: the send buffer may exceed its limit. */
MNET_MUST_USE mnet_err mnet_tcp_write_without_interruption(struct mnet_flow *flow, const void *data,
                                                           size_t len);

/* Ends one or both directions (mnet/conn.h). Does not wait. */
mnet_err mnet_tcp_shutdown(struct mnet_flow *flow, enum mnet_shutdown how);

/* Gives up the flow. What is queued, and the FIN, still go out in the background. Never switches
 * task. The signature fits mnet_own. NULL is fine. */
void mnet_tcp_close(void *flow);
/* Gives it up with a reset. */
void mnet_tcp_abort(struct mnet_flow *flow);

void mnet_tcp_peers(const struct mnet_flow *flow, struct mnet_endpoint *local,
                    struct mnet_endpoint *remote);
/* The tag for log lines about this flow (mnet_conn_tag); returns `buf`. */
char *mnet_tcp_tag(const struct mnet_flow *flow, char *buf, size_t cap);
/* The connection under it, for options and mnet_conn_info; stays the flow's. */
struct mnet_conn *mnet_tcp_conn(struct mnet_flow *flow);

#endif
