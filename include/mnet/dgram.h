/* SPDX-License-Identifier: ISC
 *
 * mnet/dgram.h - UDP sockets with a receive queue or a callback: RFC 768. Nothing here waits.
 *
 * A datagram that comes between two calls waits in the queue of its socket, up to the bound in the
 * stack's config. */
#ifndef MNET_DGRAM_H
#define MNET_DGRAM_H

#include <mnet/addr.h>
#include <mnet/conn.h>
#include <mnet/err.h>
#include <stddef.h>
#include <stdint.h>

struct mnet_stack;
struct mnet_dgram; /* one socket; belongs to whoever opened it */

/* Told from mnet_stack_poll, once for each datagram: `data` (in `count` ranges) is lent for the
 * call. The callback may send, also back, and may close the socket. */
struct mnet_dgram_rx {
    struct mnet_endpoint from, to;
    const struct mnet_slice *slices;
    unsigned count;
    size_t len;
};
typedef void (*mnet_dgram_fn)(struct mnet_dgram *dgram, const struct mnet_dgram_rx *rx, void *arg);
/* Told when a datagram was queued, or when an earlier send failed (mnet_dgram_error). */
typedef void (*mnet_dgram_ready_fn)(struct mnet_dgram *dgram, void *arg);

/* Opens a socket on `local` (any address: all; port 0: a random free one). With `on_dgram`
 * datagrams are told as they come; without, they are queued and `on_ready` (may be NULL) is told.
 * The caller owns `*dgram`. Errors: ADDR_IN_USE, ADDR_NOT_AVAIL, NO_MEMORY. */
MNET_MUST_USE mnet_err mnet_dgram_open(struct mnet_stack *stack, const struct mnet_endpoint *local,
                                       mnet_dgram_fn on_dgram, mnet_dgram_ready_fn on_ready,
                                       void *arg, struct mnet_dgram **dgram);
/* Frees the socket and what is queued. NULL is fine. */
void mnet_dgram_close(struct mnet_dgram *dgram);

/* Only datagrams from `remote` come in from now on, and ICMP errors about it are told. NULL: from
 * everyone again. */
void mnet_dgram_connect(struct mnet_dgram *dgram, const struct mnet_endpoint *remote);

/* Sends one datagram of up to 65,507 bytes; the bytes are copied before the call returns. Errors:
 * NET_UNREACH, MSG_SIZE, NO_MEMORY, INVALID (port 0), and once, a waiting ICMP error of a connected
 * socket. */
MNET_MUST_USE mnet_err mnet_dgram_send(struct mnet_dgram *dgram, const struct mnet_endpoint *to,
                                       const void *data, size_t len);
/* The same from a chosen own address. */
MNET_MUST_USE mnet_err mnet_dgram_send_from(struct mnet_dgram *dgram, const struct mnet_addr *from,
                                            const struct mnet_endpoint *to, const void *data,
                                            size_t len);

/* Takes the oldest queued datagram: copies up to `cap` bytes, returns the datagram's whole length
 * (more than `cap`: the rest is gone). `from` and `to` may be NULL. Errors: AGAIN. */
mnet_ssize mnet_dgram_recv(struct mnet_dgram *dgram, void *buf, size_t cap,
                           struct mnet_endpoint *from, struct mnet_endpoint *to);

/* Takes the error that an earlier send met; 0 if none. */
mnet_err mnet_dgram_error(struct mnet_dgram *dgram);

struct mnet_endpoint mnet_dgram_local(const struct mnet_dgram *dgram);

/* Multicast of both families: RFC 1112, RFC 4291 2.7. A socket gets the datagrams of the groups
 * that it has joined itself, at most four, from any source; routers and switches are told with the
 * first socket of the stack that joins a group and the last that leaves it (IGMPv3, MLDv2, or older
 * versions where a router speaks them). Whoever is in a group gets what is sent to it from here as
 * well, once, the sender included; who does not want that compares `from`. To send to a group one
 * need not be in it; the datagrams leave with a TTL of 1. Closing leaves all. Joining twice is
 * joining once. Errors: INVALID if `group` is not multicast, NO_MEMORY (too many), ADDR_NOT_AVAIL
 * (never joined). */
MNET_MUST_USE mnet_err mnet_dgram_join(struct mnet_dgram *dgram, const struct mnet_addr *group);
MNET_MUST_USE mnet_err mnet_dgram_leave(struct mnet_dgram *dgram, const struct mnet_addr *group);

#endif
