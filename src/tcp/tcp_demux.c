/* SPDX-License-Identifier: ISC
 *
 * Chained hashing under the stack's key, so that nobody can choose endpoints that collide. The
 * number of buckets is fixed when the stack is made, about one for each entry that there can be; an
 * entry keeps its 32 bits of hash, so that a walk along a chain compares numbers and looks at
 * addresses once.
 *
 * Ephemeral ports: RFC 6056 3.3.4, double-hash port selection. Ports that we use towards one peer
 * follow each other, which keeps a port from being used again soon, from a start that only our key
 * tells. The counter is shared by a sixteenth of all peers, chosen by hash, so that a peer learns
 * little of what we do with others. The search ends after one pass over all ports. */
#include <base/assert.h>
#include <tcp/tcp_demux.h>
#include <tcp/tcp_isn.h>
#include <tcp/tcp_listen.h>

/* RFC 6335 6: the dynamic ports; then, when they are used up for a peer, what RFC 6056 3.2 says
 * should be used, less the well-known ports. */
#define PORT_DYNAMIC 49152u
#define PORT_LAST 65535u
#define PORT_REGISTERED 1024u
/* Ports looked at in the dynamic range before the other one is tried: with more than a few thousand
 * connections to one peer a full pass for each new one would be felt. */
#define TRIES 64u

bool mn_tcp_demux_init(struct mn_tcp_demux *demux, struct mn_env *env, uint32_t entries_max)
{
    *demux = (struct mn_tcp_demux){.env = env};
    uint32_t buckets = 16;
    while (buckets < entries_max && buckets < UINT32_C(1) << 24)
        buckets *= 2;
    demux->bucket = mn_mem_carve(&env->mem, buckets * sizeof(struct mn_tcp_entry *));
    if (!demux->bucket)
        return false;
    demux->bucket_mask = buckets - 1;
    env->rng->fill(env->rng, &demux->port_key, sizeof demux->port_key);
    env->rng->fill(env->rng, demux->port_counter, sizeof demux->port_counter);
    return true;
}

static uint32_t hash_of(const struct mn_tcp_demux *demux, const struct mnet_endpoint *local,
                        const struct mnet_endpoint *remote)
{
    uint8_t tuple[MN_TCP_TUPLE_LEN];
    size_t len = mn_tcp_tuple_bytes(local, remote, tuple);
    return (uint32_t)mn_siphash13(&demux->env->hash_key, tuple, len);
}

static bool is_same(const struct mnet_endpoint *a, const struct mnet_endpoint *b)
{
    return a->port == b->port && mnet_addr_equal(&a->addr, &b->addr);
}

static struct mn_tcp_entry *find(const struct mn_tcp_demux *demux, uint32_t hash,
                                 const struct mnet_endpoint *local,
                                 const struct mnet_endpoint *remote)
{
    struct mn_tcp_entry *entry = demux->bucket[hash & demux->bucket_mask];
    while (entry && !(entry->hash == hash && is_same(&entry->remote, remote) &&
                      is_same(&entry->local, local)))
        entry = entry->next;
    return entry;
}

struct mn_tcp_entry *mn_tcp_demux_find(const struct mn_tcp_demux *demux,
                                       const struct mnet_endpoint *local,
                                       const struct mnet_endpoint *remote)
{
    return find(demux, hash_of(demux, local, remote), local, remote);
}

void mn_tcp_demux_add(struct mn_tcp_demux *demux, struct mn_tcp_entry *entry)
{
    MN_ASSERT(!entry->is_in_table);
    entry->hash = hash_of(demux, &entry->local, &entry->remote);
    MN_ASSERT(!find(demux, entry->hash, &entry->local, &entry->remote));
    struct mn_tcp_entry **bucket = &demux->bucket[entry->hash & demux->bucket_mask];
    entry->next = *bucket;
    entry->is_in_table = true;
    *bucket = entry;
    demux->count++;
}

void mn_tcp_demux_remove(struct mn_tcp_demux *demux, struct mn_tcp_entry *entry)
{
    if (!entry->is_in_table)
        return;
    struct mn_tcp_entry **link = &demux->bucket[entry->hash & demux->bucket_mask];
    while (*link != entry) {
        MN_ASSERT(*link);
        link = &(*link)->next;
    }
    *link = entry->next;
    entry->next = NULL;
    entry->is_in_table = false;
    demux->count--;
}

struct mn_tcp_entry *mn_tcp_demux_next(const struct mn_tcp_demux *demux,
                                       const struct mn_tcp_entry *after)
{
    uint32_t bucket = 0;
    if (after) {
        if (after->next)
            return after->next;
        bucket = (after->hash & demux->bucket_mask) + 1;
    }
    for (; bucket <= demux->bucket_mask; bucket++)
        if (demux->bucket[bucket])
            return demux->bucket[bucket];
    return NULL;
}

/* -- ports -- */

/* A pair that is free and does not connect an endpoint to itself. */
static bool is_free(const struct mn_tcp_demux *demux, const struct mnet_endpoint *local,
                    const struct mnet_endpoint *remote)
{
    return !is_same(local, remote) && !mn_tcp_demux_find(demux, local, remote);
}

/* At most `tries` ports of [first, last], from where the peer's offset and the counter say. */
static bool pick(struct mn_tcp_demux *demux, struct mnet_endpoint *local,
                 const struct mnet_endpoint *remote, uint32_t first, uint32_t last, uint32_t tries,
                 uint64_t offset, uint16_t *counter)
{
    uint32_t count = last - first + 1;
    offset += *counter;
    for (uint32_t i = 0; i < tries && i < count; i++) {
        local->port = (uint16_t)(first + (offset + i) % count);
        if (is_free(demux, local, remote)) {
            *counter = (uint16_t)(*counter + i + 1);
            return true;
        }
    }
    local->port = 0;
    return false;
}

mnet_err mn_tcp_demux_bind(struct mn_tcp_demux *demux, struct mnet_endpoint *local,
                           const struct mnet_endpoint *remote)
{
    if (local->port != 0)
        return is_free(demux, local, remote) ? MNET_OK : MNET_ERR_ADDR_IN_USE;
    /* RFC 6056 3.3.4: offset = F(IPs, remote port), index = G(IPs, remote port). */
    uint8_t tuple[MN_TCP_TUPLE_LEN];
    size_t len = mn_tcp_tuple_bytes(local, remote, tuple);
    uint64_t hash = mn_siphash24(&demux->port_key, tuple, len);
    uint16_t *counter = &demux->port_counter[(hash >> 32) % MN_TCP_PORT_COUNTERS];
    uint64_t offset = (uint32_t)hash;
    if (pick(demux, local, remote, PORT_DYNAMIC, PORT_LAST, TRIES, offset, counter) ||
        pick(demux, local, remote, PORT_REGISTERED, PORT_DYNAMIC - 1, UINT16_MAX, offset,
             counter) ||
        pick(demux, local, remote, PORT_DYNAMIC, PORT_LAST, UINT16_MAX, offset, counter))
        return MNET_OK;
    return MNET_ERR_ADDR_IN_USE;
}

/* -- listeners -- */

static struct mnet_listener **listen_bucket(struct mn_tcp_demux *demux, uint16_t port)
{
    return &demux->listener[port % MN_TCP_LISTEN_BUCKETS];
}

/* Whether a listener at `at` takes connections to `to`: 0.0.0.0 stands for all IPv4 addresses, the
 * zeroed address for all. */
static bool takes(const struct mnet_addr *at, const struct mnet_addr *to)
{
    if (mnet_addr_is_any(at))
        return !mnet_addr_is_v4(at) || mnet_addr_is_v4(to);
    return mnet_addr_equal(at, to);
}

struct mnet_listener *mn_tcp_demux_listener(const struct mn_tcp_demux *demux,
                                            const struct mnet_endpoint *local)
{
    struct mnet_listener *l = demux->listener[local->port % MN_TCP_LISTEN_BUCKETS];
    while (l && !(l->local.port == local->port && takes(&l->local.addr, &local->addr)))
        l = l->next;
    return l;
}

mnet_err mn_tcp_demux_listen(struct mn_tcp_demux *demux, struct mnet_listener *listener)
{
    struct mnet_listener **bucket = listen_bucket(demux, listener->local.port);
    const struct mnet_endpoint *mine = &listener->local;
    for (const struct mnet_listener *l = *bucket; l; l = l->next)
        if (l->local.port == mine->port &&
            (takes(&l->local.addr, &mine->addr) || takes(&mine->addr, &l->local.addr)))
            return MNET_ERR_ADDR_IN_USE;
    listener->next = *bucket;
    *bucket = listener;
    return MNET_OK;
}

void mn_tcp_demux_unlisten(struct mn_tcp_demux *demux, struct mnet_listener *listener)
{
    struct mnet_listener **link = listen_bucket(demux, listener->local.port);
    while (*link != listener) {
        MN_ASSERT(*link);
        link = &(*link)->next;
    }
    *link = listener->next;
    listener->next = NULL;
}

bool mn_tcp_demux_ok(const struct mn_tcp_demux *demux)
{
    uint32_t count = 0;
    for (uint32_t b = 0; b <= demux->bucket_mask; b++) {
        for (const struct mn_tcp_entry *e = demux->bucket[b]; e; e = e->next) {
            bool is_ok = e->is_in_table && (e->hash & demux->bucket_mask) == b &&
                         e->hash == hash_of(demux, &e->local, &e->remote) &&
                         find(demux, e->hash, &e->local, &e->remote) == e;
            if (!is_ok || ++count > demux->count)
                return false;
        }
    }
    return count == demux->count;
}
