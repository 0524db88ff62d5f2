/* SPDX-License-Identifier: ISC
 *
 * ip/transport.h - the contract between the IP layer and what lies on it (UDP, TCP).
 *
 * A stack has a short list of transports, so that a program can be linked without TCP: stack/ calls
 * them, ip/ never does. */
#ifndef MN_TRANSPORT_H
#define MN_TRANSPORT_H

#include <base/pkt.h>
#include <base/verdict.h>
#include <base/wheel.h>
#include <mnet/addr.h>
#include <wire/ip4_hdr.h> /* MN_PROTO_* */

/* What the IP layer says of a packet that it delivers. The packet then starts at the transport
 * header. */
struct mn_ip_rx {
    struct mnet_addr src, dst;
    uint8_t proto;
    uint8_t ttl;
    uint8_t tos;
    bool is_group; /* dst is broadcast or multicast, or the frame was: never answered with an error
                    */
    bool was_cut;  /* it came with a fragment header, alone or among others */
    bool has_router_alert; /* of MLD (RFC 2711 2.1): in the hop-by-hop options of IPv6 */
};

/* Something that a packet of ours met: an ICMP error that quotes it, or a neighbour that did not
 * answer. Fields are as we sent them. */
struct mn_ip_err {
    mnet_err
        err; /* NET_UNREACH, PORT_UNREACH, PROTO_UNREACH, PROHIBITED, MSG_SIZE, TIMED_OUT (TTL) */
    bool is_hard; /* RFC 1122 4.2.3.9: protocol or port unreachable. Not MSG_SIZE: RFC 1191 has made
                     that a report of the path */
    bool is_local; /* found by ourselves (neighbour, route), not told by the network */
    uint32_t mtu;  /* MSG_SIZE: what the path is said to take. Stored only when the transport
                      believes it: mn_ip_pmtu_update */
    struct mnet_addr src, dst; /* of the packet that we sent */
    uint8_t proto;
    struct mn_rd quote; /* its transport header, at least the first 8 bytes */
};

struct mn_transport;

struct mn_transport_ops {
    uint8_t proto;       /* MN_PROTO_* */
    uint8_t timer_owner; /* MN_TIMER_* */
    /* A packet for this protocol. Verdicts: DONE, KEPT, drops (UDP_NO_PORT makes stack/ send a port
     * unreachable). */
    mn_verdict (*in)(struct mn_transport *t, struct mn_pkt *pkt, const struct mn_ip_rx *rx);
    /* A packet of ours met an error. */
    void (*error)(struct mn_transport *t, const struct mn_ip_err *err);
    /* One of our timers has expired. */
    void (*timer)(struct mn_transport *t, struct mn_timer *timer);
    /* Sends what is wanted: once after each batch. NULL if there is never anything. */
    void (*out)(struct mn_transport *t);
    /* Calls the users' callbacks for what has happened since the last time. */
    void (*events)(struct mn_transport *t);
    /* Whether `out` or `events` have something to do now. */
    bool (*is_busy)(const struct mn_transport *t);
    /* Gives up some memory of the given rank: 0 what the peer will send again (out-of-order data),
     * 1 half-open connections. False: nothing left of it. */
    bool (*shed)(struct mn_transport *t, unsigned rank);
    /* Prints its sockets or connections, line by line. */
    void (*show)(const struct mn_transport *t, void (*line)(void *arg, const char *text),
                 void *arg);
    /* Starts to close everything (graceful); `is_idle` says when nothing is left to wait for. */
    void (*close_all)(struct mn_transport *t);
    bool (*is_idle)(const struct mn_transport *t);
    bool (*ok)(const struct mn_transport *t);
    void (*deinit)(struct mn_transport *t);
};

struct mn_transport {
    const struct mn_transport_ops *ops;
};

#endif
