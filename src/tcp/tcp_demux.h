/* SPDX-License-Identifier: ISC
 *
 * tcp/tcp_demux.h - who a segment is for: one keyed hash table over the two endpoints for
 * everything that has two, and a small one over the port for listeners. The cost of a packet does
 * not grow with the number of connections.
 *
 * Connections, SYN-RECEIVED records and TIME-WAIT records begin with the same struct, so one lookup
 * finds either, and a local port is free for a peer when that lookup finds nothing. */
#ifndef MN_TCP_DEMUX_H
#define MN_TCP_DEMUX_H

#include <base/env.h>
#include <mnet/addr.h>

struct mnet_listener;

enum mn_tcp_entry_kind { MN_TCP_ENTRY_CONN, MN_TCP_ENTRY_SYN, MN_TCP_ENTRY_TIME_WAIT };

struct mn_tcp_entry {
    struct mn_tcp_entry *next;   /* in the chain of its bucket */
    uint32_t hash;               /* of both endpoints */
    struct mnet_endpoint local;  /* ours; no field of these changes while it is in the table */
    struct mnet_endpoint remote; /* the peer's */
    uint8_t kind;                /* enum mn_tcp_entry_kind */
    bool is_in_table;            /* between add and remove */
};

#define MN_TCP_LISTEN_BUCKETS 64u /* of listeners: a program has few */
#define MN_TCP_PORT_COUNTERS 16u  /* RFC 6056 3.3.4: more hide more of how many ports were used */

struct mn_tcp_demux {
    struct mn_env *env;
    struct mn_tcp_entry **bucket;                          /* bucket_mask + 1 chains */
    uint32_t bucket_mask;                                  /* a power of two less one */
    uint32_t count;                                        /* entries in the table */
    struct mnet_listener *listener[MN_TCP_LISTEN_BUCKETS]; /* chains by local port */
    struct mn_hash_key port_key;                           /* RFC 6056 3.3.4: for the offset */
    uint16_t port_counter[MN_TCP_PORT_COUNTERS]; /* ... and where each part of the peers is */
};

/* Carves a table for about `entries_max` entries (more work, only slower). False: it does not fit.
 */
bool mn_tcp_demux_init(struct mn_tcp_demux *demux, struct mn_env *env, uint32_t entries_max);

/* The entry with these endpoints, NULL if there is none. */
struct mn_tcp_entry *mn_tcp_demux_find(const struct mn_tcp_demux *demux,
                                       const struct mnet_endpoint *local,
                                       const struct mnet_endpoint *remote);
/* Adds an entry with its endpoints and kind set; there is none with the same endpoints (asserted).
 */
void mn_tcp_demux_add(struct mn_tcp_demux *demux, struct mn_tcp_entry *entry);
/* Takes it out; harmless when it is not in. */
void mn_tcp_demux_remove(struct mn_tcp_demux *demux, struct mn_tcp_entry *entry);
/* Calls nothing: the next entry after `after` (NULL: the first) in no particular order, NULL at the
 * end. Slow: for reports, for closing everything and for invariants. */
struct mn_tcp_entry *mn_tcp_demux_next(const struct mn_tcp_demux *demux,
                                       const struct mn_tcp_entry *after);

/* Chooses local->port when it is 0, local->addr being set: RFC 6056 3.3.4 over 49152 .. 65535, then
 * over 1024 .. 49151; a port can serve many peers at the same time. Otherwise checks that the pair
 * is free. Errors: ADDR_IN_USE. */
MNET_MUST_USE mnet_err mn_tcp_demux_bind(struct mn_tcp_demux *demux, struct mnet_endpoint *local,
                                         const struct mnet_endpoint *remote);

/* The listener for a connection to `local`: the one at its address or at any; or NULL. */
struct mnet_listener *mn_tcp_demux_listener(const struct mn_tcp_demux *demux,
                                            const struct mnet_endpoint *local);
/* Adds a listener with `local` set. Errors: ADDR_IN_USE when another one would get its segments. */
MNET_MUST_USE mnet_err mn_tcp_demux_listen(struct mn_tcp_demux *demux,
                                           struct mnet_listener *listener);
void mn_tcp_demux_unlisten(struct mn_tcp_demux *demux, struct mnet_listener *listener);

bool mn_tcp_demux_ok(const struct mn_tcp_demux *demux);

#endif
