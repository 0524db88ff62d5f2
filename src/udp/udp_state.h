/* SPDX-License-Identifier: ISC
 *
 * udp/udp_state.h - a UDP socket, the table of them, and what the files of udp/ ask of each other.
 */
#ifndef MN_UDP_STATE_H
#define MN_UDP_STATE_H

#include <base/list.h>
#include <base/pkt.h>
#include <udp/udp.h>
#include <wire/udp_hdr.h>

/* Sockets at the same time, and lists they are hashed into: four in each when it is full. */
#define MN_UDP_SOCKETS_MAX 4096u
#define MN_UDP_BUCKETS 1024u
/* Groups of one socket: a protocol has one or two. */
#define MN_UDP_GROUPS 4

struct mnet_dgram {
    struct mn_list node;          /* in its port's bucket */
    struct mn_list ready;         /* in mn_udp.ready while its user is to be told something */
    struct mn_udp *udp;           /* the table */
    struct mnet_endpoint local;   /* address any: all own ones and all groups */
    struct mnet_endpoint remote;  /* port 0: not connected */
    mnet_dgram_fn on_dgram;       /* NULL: datagrams are queued for mnet_dgram_recv */
    mnet_dgram_ready_fn on_ready; /* may be NULL */
    void *arg;                    /* handed to both */
    struct mn_pktq queue;         /* datagrams, from their UDP header on; owner32: bytes charged */
    uint32_t queue_bytes;         /* of budget that they hold */
    mnet_err error;               /* that an earlier send met and nobody was told of; 0: none */
    struct mnet_addr group[MN_UDP_GROUPS]; /* joined */
    uint32_t group_count;                  /* of them */
};

struct mn_udp {
    struct mn_transport transport; /* what stack/ sees; first */
    struct mn_env *env;            /* the stack's */
    struct mn_ip *ip;              /* below */
    struct mn_pool sockets;        /* struct mnet_dgram */
    struct mn_list ready;          /* sockets whose users are to be told something */
    struct mn_list *bucket;        /* MN_UDP_BUCKETS lists of sockets, by hashed port */
    uint32_t queue_max;            /* bytes of budget that one socket's queue may hold */
};

/* ---- udp_demux.c ---- */

/* The list that sockets on `port` are in. */
struct mn_list *mn_udp_bucket(const struct mn_udp *udp, uint16_t port);
/* The socket for a datagram to our address `to`, or for an error about one from there; NULL: none.
 */
struct mnet_dgram *mn_udp_find(const struct mn_udp *udp, const struct mnet_endpoint *to,
                               const struct mnet_endpoint *from);
/* Whether a socket takes a datagram that was sent to the group address `to`. */
bool mn_udp_takes_group(const struct mnet_dgram *dgram, const struct mnet_endpoint *to,
                        const struct mnet_endpoint *from);
/* Whether some socket has exactly this local end. */
bool mn_udp_is_used(const struct mn_udp *udp, const struct mnet_endpoint *local);
/* A random free port; 0: none was found. */
uint16_t mn_udp_free_port(struct mn_udp *udp);

/* ---- udp_in.c ---- */

mn_verdict mn_udp_in(struct mn_transport *t, struct mn_pkt *pkt, const struct mn_ip_rx *rx);
void mn_udp_error(struct mn_transport *t, const struct mn_ip_err *err);

/* ---- udp_queue.c ---- */

/* Appends a datagram that starts at its UDP header, or drops it when the queue is full. Takes
 * `pkt`.
 */
void mn_udp_queue_push(struct mnet_dgram *dgram, struct mn_pkt *pkt);
/* Takes the oldest one, which starts at its payload then; NULL: none. */
struct mn_pkt *mn_udp_queue_pop(struct mnet_dgram *dgram, struct mnet_endpoint *from,
                                struct mnet_endpoint *to);
/* Tells a socket's callback of a datagram that starts at its payload. The socket may be gone after
 * it. */
void mn_udp_tell(struct mnet_dgram *dgram, const struct mn_pkt *pkt,
                 const struct mnet_endpoint *from, const struct mnet_endpoint *to);
void mn_udp_events(struct mn_transport *t);
bool mn_udp_queue_ok(const struct mnet_dgram *dgram);

/* ---- udp_out.c ---- */

MNET_MUST_USE mnet_err mn_udp_out(struct mnet_dgram *dgram, const struct mnet_addr *src,
                                  const struct mnet_endpoint *to, const void *data, size_t len);

#endif
