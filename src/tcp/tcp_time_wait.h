/* SPDX-License-Identifier: ISC
 *
 * tcp/tcp_time_wait.h - connections in TIME-WAIT, as compact records. The calls are in tcp_conn.h.
 *
 * A record keeps the two endpoints busy for 2 MSL after both sides have closed and answers what
 * still comes for them: RFC 9293 3.6.1. There is a hard bound; beyond, the oldest goes. */
#ifndef MN_TCP_TIME_WAIT_H
#define MN_TCP_TIME_WAIT_H

#include <base/env.h>
#include <base/seq.h>
#include <tcp/tcp_demux.h>

struct mn_tcp;

struct mn_tcp_time_wait {
    struct mn_tcp_entry entry; /* first; kind TIME_WAIT */
    struct mn_timer timer;     /* 2 MSL */
    struct mn_list node;       /* on mn_tcp_time_waits.list */
    struct mn_seq snd_nxt;     /* after our FIN */
    struct mn_seq rcv_nxt;     /* after the peer's FIN */
    uint32_t ts_recent;        /* TS.Recent of RFC 7323 */
    uint32_t ts_offset;        /* of our timestamps */
    uint16_t rcv_wnd;          /* the last window as it goes into a header */
    bool has_timestamps;       /* RFC 7323 was in use */
};

_Static_assert(sizeof(struct mn_tcp_time_wait) <= 128, "TIME-WAIT is meant to be cheap");

struct mn_tcp_time_waits {
    struct mn_pool pool; /* struct mn_tcp_time_wait */
    struct mn_list list; /* all, the one that ends first in front */
};

/* At most `count_max` records. */
void mn_tcp_time_waits_init(struct mn_tcp_time_waits *tws, struct mn_env *env, uint32_t count_max);
/* Frees all. */
void mn_tcp_time_waits_clear(struct mn_tcp *tcp);

bool mn_tcp_time_waits_ok(const struct mn_tcp *tcp);

#endif
