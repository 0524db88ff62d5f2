/* SPDX-License-Identifier: ISC
 *
 * tcp/tcp_listen.h - listeners and half-open connections. The calls are in tcp_conn.h and
 * mnet/conn.h.
 *
 * A SYN costs a record of 144 bytes, never a connection: the connection is made by the ACK that
 * completes the handshake. There is a hard bound for all records and one for those of a listener;
 * beyond, the oldest gives way (RFC 4987 3.1, 3.3). */
#ifndef MN_TCP_LISTEN_H
#define MN_TCP_LISTEN_H

#include <base/env.h>
#include <base/seq.h>
#include <base/verdict.h>
#include <mnet/conn.h>
#include <tcp/tcp_demux.h>

struct mn_tcp;
struct mn_tcp_seg;

struct mnet_listener {
    struct mnet_listener *next; /* in its chain of the demultiplexer */
    struct mn_tcp *tcp;
    struct mnet_endpoint local; /* where; address any: all own ones */
    mnet_listener_fn on_conn;   /* may be NULL */
    void *arg;                  /* for on_conn */
    struct mn_list queue;       /* connections to be accepted, oldest first: queue_node */
    struct mn_list syns;        /* records, oldest first: node */
    struct mn_list syns_node;   /* on mn_tcp_syns.busy while it has records */
    struct mn_list events_node; /* on mn_tcp_syns.events while on_conn is owed a call */
    struct mn_list all_node;    /* on mn_tcp_syns.listeners */
    uint32_t queue_count;       /* connections on `queue` */
    uint32_t queue_max;         /* the backlog */
    uint32_t syn_count;         /* records on `syns` */
    uint32_t syn_max;           /* the most of them, from the backlog */
    bool is_stopped;            /* out of the table: nothing comes in any more */
};

/* A connection in SYN-RECEIVED after a passive open. */
struct mn_tcp_syn {
    struct mn_tcp_entry entry;      /* first; kind SYN */
    struct mn_timer timer;          /* the next SYN-ACK, or the end; always armed */
    struct mn_list node;            /* on listener->syns */
    struct mnet_listener *listener; /* whose */
    struct mn_seq iss, irs;         /* our and the peer's initial sequence number */
    uint32_t ts_recent;             /* TSval of the SYN */
    uint16_t rcv_wnd;               /* window that our SYN-ACK promises, never scaled */
    uint16_t mss_peer;              /* the peer's MSS option or its default */
    uint8_t snd_wscale;             /* the peer's shift */
    uint8_t sent_count;             /* SYN-ACKs sent so far because of a SYN or the timer */
    bool has_wscale : 1;            /* the SYN carried the option, and so does our SYN-ACK */
    bool has_timestamps : 1;        /* likewise */
    bool has_sack : 1;              /* likewise */
    bool is_resent : 1;             /* more than one SYN-ACK was sent */
};

_Static_assert(sizeof(struct mn_tcp_syn) <= 144, "half-open connections are meant to be cheap");

struct mn_tcp_syns {
    struct mn_pool pool;        /* struct mn_tcp_syn */
    struct mn_pool listen_pool; /* struct mnet_listener */
    struct mn_list listeners;   /* all: all_node */
    struct mn_list busy;   /* listeners that have records, in the order in which they give way */
    struct mn_list events; /* listeners whose on_conn is owed a call */
};

/* At most `syn_max` half-open connections. */
void mn_tcp_syns_init(struct mn_tcp_syns *syns, struct mn_env *env, uint32_t syn_max);

/* RFC 9293 3.10.7.2 third, for a SYN that reopens a connection in TIME-WAIT: our sequence numbers
 * begin after `after`. */
mn_verdict mn_tcp_listen_reopen(struct mn_tcp *tcp, struct mnet_listener *listener,
                                const struct mn_tcp_seg *seg, struct mn_seq after);
/* Resets all half-open connections of a listener. */
void mn_tcp_syn_reset_all(struct mnet_listener *listener);
/* Stops all listeners as unlisten does; their owners still unlisten them. */
void mn_tcp_listen_stop_all(struct mn_tcp *tcp);
/* Frees all records and listeners without a word to anybody: the stack goes. Connections that wait
 * to be accepted are the caller's. */
void mn_tcp_syns_clear(struct mn_tcp *tcp);

bool mn_tcp_syns_ok(const struct mn_tcp *tcp);

#endif
