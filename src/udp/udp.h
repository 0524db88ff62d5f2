/* SPDX-License-Identifier: ISC
 *
 * udp/udp.h - UDP (RFC 768, RFC 1122 4.1) as a transport of a stack. The public calls on a socket
 * (mnet/dgram.h) are in udp_user.c; those that need a stack are thin wrappers in stack/. */
#ifndef MN_UDP_H
#define MN_UDP_H

#include <base/env.h>
#include <ip/ip.h>
#include <ip/transport.h>
#include <mnet/config.h>
#include <mnet/dgram.h>

/* Carves the state from the budget; NULL when it does not fit. */
struct mn_transport *mn_udp_create(struct mn_env *env, struct mn_ip *ip,
                                   const struct mnet_config *config);

/* mnet_dgram_open. */
MNET_MUST_USE mnet_err mn_udp_open(struct mn_transport *udp, const struct mnet_endpoint *local,
                                   mnet_dgram_fn on_dgram, mnet_dgram_ready_fn on_ready, void *arg,
                                   struct mnet_dgram **dgram);

#endif
