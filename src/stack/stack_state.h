/* SPDX-License-Identifier: ISC
 *
 * stack/stack_state.h - one stack: the shared environment, the layers from the device up, and who
 * is told what. */
#ifndef MN_STACK_STATE_H
#define MN_STACK_STATE_H

#include <base/env.h>
#include <ip/ip_state.h>
#include <ip/transport.h>
#include <link/link_state.h>
#include <mnet/stack.h>

/* UDP and TCP; the list is what lets a program be linked without one of them. */
#define MN_STACK_TRANSPORTS 2

struct mnet_stack {
    struct mn_env env;                                   /* time, memory, timers, counters */
    struct mn_link link;                                 /* Ethernet and the device */
    struct mn_ip ip;                                     /* IP, ICMP, fragments, routes */
    struct mn_transport *transport[MN_STACK_TRANSPORTS]; /* what was added, in that order */
    unsigned transport_count;                            /* of them */
    struct mn_transport *udp;                            /* NULL: not added */
    struct mn_transport *tcp;                            /* NULL: not added */
    /* mn_tcp_counts, or NULL: by pointer, so that a program without TCP links none of it. */
    void (*tcp_counts)(const struct mn_transport *tcp, uint32_t *conns, uint32_t *syns,
                       uint32_t *time_waits);
    struct mnet_config config;    /* as given, for transports added later */
    struct mn_pool flows;         /* what flow/ keeps for each of its objects */
    mnet_conflict_fn on_conflict; /* told of address conflicts; may be NULL */
    void *on_conflict_arg;        /* handed to it */
    bool has_more;                /* the last batch ended before the device was empty */
};

/* stack_in.c: one packet's whole way in. Takes `pkt`. */
void mn_stack_in(struct mnet_stack *stack, struct mn_pkt *pkt, mn_verdict verdict);
/* Tells the transport concerned that a packet of ours met an error. */
void mn_stack_error(struct mnet_stack *stack, const struct mn_ip_err *err);
/* Puts a transport on the list; NO_MEMORY when `transport` is NULL. */
MNET_MUST_USE mnet_err mn_stack_add(struct mnet_stack *stack, struct mn_transport *transport);

#endif
