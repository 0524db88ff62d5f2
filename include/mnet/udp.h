/* SPDX-License-Identifier: ISC
 *
 * mnet/udp.h - UDP for tasks: sendto and recvfrom over a receive queue, so that nothing is lost
 * between two calls. The callback form is mnet/dgram.h. */
#ifndef MNET_UDP_H
#define MNET_UDP_H

#include <mnet/addr.h>
#include <mnet/dgram.h>
#include <mnet/err.h>

struct mnet_stack;
struct mnet_udp; /* one socket; belongs to whoever bound it */

/* Opens a socket on `port` of all own addresses (0: a random free one). Errors: ADDR_IN_USE,
 * NO_MEMORY. */
MNET_MUST_USE mnet_err mnet_udp_bind(struct mnet_stack *stack, uint16_t port,
                                     struct mnet_udp **udp);
/* Never switches task. The signature fits mnet_own. NULL is fine. */
void mnet_udp_close(void *udp);

/* Waits for a datagram, copies up to `cap` bytes and returns its whole length; `from` may be NULL.
 * Errors: CANCELED, TIMED_OUT, and errors that an earlier send met on a connected socket. */
mnet_ssize mnet_udp_recvfrom(struct mnet_udp *udp, void *buf, size_t cap,
                             struct mnet_endpoint *from);
/* Sends one datagram. Does not wait. Errors: mnet_dgram_send. */
MNET_MUST_USE mnet_err mnet_udp_sendto(struct mnet_udp *udp, const struct mnet_endpoint *to,
                                       const void *data, size_t len);
/* The socket under it: for groups (mnet_dgram_join), a chosen source (mnet_dgram_send_from), or one
 * remote end (mnet_dgram_connect). */
struct mnet_dgram *mnet_udp_dgram(struct mnet_udp *udp);

#endif
