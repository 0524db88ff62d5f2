/* SPDX-License-Identifier: ISC
 *
 * tcp/tcp.h - TCP as a transport of a stack. The public calls on a connection (mnet/conn.h) are in
 * tcp_user.c; those that need a stack are thin wrappers in stack/. */
#ifndef MN_TCP_H
#define MN_TCP_H

#include <base/env.h>
#include <ip/ip.h>
#include <ip/transport.h>
#include <mnet/config.h>
#include <mnet/conn.h>

/* Carves the state and tables from the budget; NULL when they do not fit. */
struct mn_transport *mn_tcp_create(struct mn_env *env, struct mn_ip *ip,
                                   const struct mnet_config *config);

/* mnet_conn_open, mnet_conn_listen. */
MNET_MUST_USE mnet_err mn_tcp_open(struct mn_transport *tcp, const struct mnet_endpoint *local,
                                   const struct mnet_endpoint *remote, mnet_conn_event_fn on_event,
                                   void *arg, struct mnet_conn **conn);
MNET_MUST_USE mnet_err mn_tcp_listen(struct mn_transport *tcp, const struct mnet_endpoint *local,
                                     unsigned backlog, mnet_listener_fn on_conn, void *arg,
                                     struct mnet_listener **listener);

/* For mnet_stack_memory. */
void mn_tcp_counts(const struct mn_transport *tcp, uint32_t *conns, uint32_t *syns,
                   uint32_t *time_waits);

#endif
