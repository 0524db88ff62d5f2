/* SPDX-License-Identifier: ISC
 *
 * mnet/conn.h - TCP connections with callbacks: RFC 9293. For programs without tasks, and for very
 * many connections.
 *
 * Nothing here waits. What happens on a connection is told by its callback, called from
 * mnet_stack_poll after a batch of frames, never from inside another call of this header. A
 * callback may call anything here, also close its own connection.
 *
 * Events are edges: READABLE is told when data (or the end) has come since the last event; after
 * it, receive until AGAIN, 0 or an error. WRITABLE is told when there is room again after
 * mnet_conn_send accepted less than it was given. */
#ifndef MNET_CONN_H
#define MNET_CONN_H

#include <mnet/addr.h>
#include <mnet/err.h>
#include <mnet/time.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct mnet_stack;
struct mnet_conn;     /* one connection; belongs to whoever opened or accepted it, until closed */
struct mnet_listener; /* a local port where connections come in */

/* Bytes lent to the caller. */
struct mnet_slice {
    const uint8_t *at;
    size_t len;
};

#define MNET_EV_CONNECTED 0x01u /* our open has succeeded */
#define MNET_EV_READABLE 0x02u  /* data, or the end of the stream, has come */
#define MNET_EV_WRITABLE 0x04u  /* room to send again */
#define MNET_EV_DRAINED 0x08u   /* all that was sent is acknowledged */
#define MNET_EV_ERROR                                                                              \
    0x10u /* the connection is dead: mnet_conn_error says why. Close it. The last event. */

typedef void (*mnet_conn_event_fn)(struct mnet_conn *conn, unsigned events, void *arg);
typedef void (*mnet_listener_fn)(struct mnet_listener *listener, void *arg);

/* Starts to connect to `remote` from `local` (NULL, or any address and port 0: chosen; RFC 6056).
 * The caller owns `*conn` on success. CONNECTED or ERROR follow. Errors: NET_UNREACH, ADDR_IN_USE,
 * ADDR_NOT_AVAIL, INVALID, NO_MEMORY. */
MNET_MUST_USE mnet_err mnet_conn_open(struct mnet_stack *stack, const struct mnet_endpoint *local,
                                      const struct mnet_endpoint *remote,
                                      mnet_conn_event_fn on_event, void *arg,
                                      struct mnet_conn **conn);

/* Listens on `local` (any address: all own ones). `on_conn` (may be NULL) is told when connections
 * wait; at most `backlog` (at least 1) do. The caller owns
 * `*listener`. Errors: ADDR_IN_USE, ADDR_NOT_AVAIL, INVALID (port 0, backlog 0), NO_MEMORY. */
MNET_MUST_USE mnet_err mnet_conn_listen(struct mnet_stack *stack, const struct mnet_endpoint *local,
                                        unsigned backlog, mnet_listener_fn on_conn, void *arg,
                                        struct mnet_listener **listener);

/* Takes the connection that has waited longest; the caller owns it. Data that came before is told
 * as READABLE at the next poll. Errors: AGAIN. */
MNET_MUST_USE mnet_err mnet_conn_accept(struct mnet_listener *listener, mnet_conn_event_fn on_event,
                                        void *arg, struct mnet_conn **conn);

/* Stops listening; connections that wait to be accepted, and half-open ones, are reset. NULL is
 * fine. */
void mnet_conn_unlisten(struct mnet_listener *listener);
/* Where it listens. */
struct mnet_endpoint mnet_listener_local(const struct mnet_listener *listener);

/* Changes who is told. */
void mnet_conn_on_event(struct mnet_conn *conn, mnet_conn_event_fn on_event, void *arg);

/* Copies up to `len` bytes to the send buffer and returns how many it took: less than `len` means
 * full, and WRITABLE will follow. They leave at the next poll. That the peer has closed his side
 * does not stop us (half-close). Errors: after a reset CONN_RESET, or CLOSED_BY_PEER when the peer
 * had closed before; after the own shutdown CLOSED; NO_MEMORY when not a byte could be taken and
 * none is queued whose acknowledgement would make room. */
mnet_ssize mnet_conn_send(struct mnet_conn *conn, const void *from, size_t len);
/* The same, beyond the send buffer's limit if need be: takes all or fails with NO_MEMORY. */
MNET_MUST_USE mnet_err mnet_conn_send_all(struct mnet_conn *conn, const void *from, size_t len);
/* Room in the send buffer. */
size_t mnet_conn_send_room(const struct mnet_conn *conn);

/* Copies up to `len` received bytes out. 0: the peer has closed its side and all was read (or len
 * is 0). Errors: AGAIN, CONN_RESET, TIMED_OUT, ... : never 0 for those. */
mnet_ssize mnet_conn_recv(struct mnet_conn *conn, void *to, size_t len);
/* Lends up to `max` ranges of received bytes, in order, without a copy; returns how many. They are
 * valid until the next recv, consume, shutdown or close on this connection. Same errors as recv; 0
 * ranges: the end. */
mnet_ssize mnet_conn_peek(struct mnet_conn *conn, struct mnet_slice *slices, size_t max);
/* Gives back the first `len` bytes, at most what is there: reopens the receive window. */
void mnet_conn_consume(struct mnet_conn *conn, size_t len);
/* Received bytes not read yet. */
size_t mnet_conn_recv_ready(const struct mnet_conn *conn);

/* Ends one or both directions. WRITE: FIN after what is queued; the peer reads to its end. READ:
 * what is and what will be received is refused: further data of the peer is answered with a reset
 * (its writes fail). Before the connection is open it takes effect as soon as
 * it is. Errors: CLOSED if that was done already, or the connection is dead. */
enum mnet_shutdown { MNET_SHUTDOWN_READ = 1, MNET_SHUTDOWN_WRITE = 2, MNET_SHUTDOWN_BOTH = 3 };
mnet_err mnet_conn_shutdown(struct mnet_conn *conn, enum mnet_shutdown how);

/* Gives up the connection: `conn` must not be used again. What is queued and the FIN still go out
 * in the background; with unread received data the peer gets a reset instead (RFC 2525 2.17, RFC
 * 9293 3.10.4). No event follows. NULL is fine. */
void mnet_conn_close(struct mnet_conn *conn);
/* Gives up the connection at once with a reset: RFC 9293 3.10.5. */
void mnet_conn_abort(struct mnet_conn *conn);

/* Why the connection is dead; 0 while it is not. */
mnet_err mnet_conn_error(const struct mnet_conn *conn);
/* Whether the peer has closed its side (everything before it may still wait to be read). */
bool mnet_conn_is_peer_closed(const struct mnet_conn *conn);

/* The two ends. */
void mnet_conn_peers(const struct mnet_conn *conn, struct mnet_endpoint *local,
                     struct mnet_endpoint *remote);
/* "10.0.0.2:9000 10.0.0.1:51234" for log lines; returns `buf`. */
#define MNET_CONN_TAG_MAX 112
char *mnet_conn_tag(const struct mnet_conn *conn, char *buf, size_t cap);

/* Options. Nagle (RFC 9293 3.7.4) is on at first; keepalive (RFC 9293 3.8.4) is off at first:
 * `idle` before the first probe, `interval` between, `count` unanswered ones end it with TIMED_OUT.
 * User timeout: RFC 9293 3.8.3, 0: the stack's. */
void mnet_conn_set_nodelay(struct mnet_conn *conn, bool on);
void mnet_conn_set_keepalive(struct mnet_conn *conn, bool on, mnet_time idle, mnet_time interval,
                             unsigned count);
void mnet_conn_set_user_timeout(struct mnet_conn *conn, mnet_time timeout);

/* What a connection knows of itself. */
struct mnet_conn_info {
    const char *state; /* RFC 9293 3.3.2: "ESTABLISHED" */
    uint32_t snd_una, snd_nxt, snd_wnd, rcv_nxt, rcv_wnd;
    uint32_t cwnd, ssthresh, mss_send, mss_recv;
    uint8_t snd_wscale, rcv_wscale;
    bool has_timestamps, has_sack, has_wscale;
    mnet_time srtt, rttvar, rto;
    uint64_t bytes_sent, bytes_acked, bytes_received;
    uint32_t retransmits;
    size_t send_queued, recv_queued;
};
void mnet_conn_info(const struct mnet_conn *conn, struct mnet_conn_info *info);

#endif
