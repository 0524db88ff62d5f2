/* SPDX-License-Identifier: ISC
 *
 * Which socket a datagram is for. Sockets hang in lists hashed by their port with the stack's
 * secret key, so that a lookup takes the same few steps however many there are.
 *
 * Several sockets may share a port on different addresses; the one that knows most of the datagram
 * gets it: connected to where it is from, then bound to the very address, then bound to any. To a
 * group, everyone who could gets it: RFC 1122 4.1.3.5. */
#include <udp/udp_state.h>

/* RFC 6056 3.2: all ports that need no privilege elsewhere, so that a spoofer has the most to guess
 * (RFC 5452 9.2 asks that of a resolver). */
#define PORT_FIRST 1024u
#define PORT_COUNT (65536u - PORT_FIRST)

/* With MN_UDP_SOCKETS_MAX of 64,512 ports taken, one try in sixteen fails; all of these, never. */
#define PORT_TRIES 64

struct mn_list *mn_udp_bucket(const struct mn_udp *udp, uint16_t port)
{
    uint64_t hash = mn_siphash13(&udp->env->hash_key, &port, sizeof port);
    return &udp->bucket[hash % MN_UDP_BUCKETS];
}

static bool is_same(const struct mnet_endpoint *a, const struct mnet_endpoint *b)
{
    return a->port == b->port && mnet_addr_equal(&a->addr, &b->addr);
}

static bool may_be_from(const struct mnet_dgram *dgram, const struct mnet_endpoint *from)
{
    return dgram->remote.port == 0 || is_same(&dgram->remote, from);
}

/* How much a socket knows of a datagram: 0: it is not for this one. */
static unsigned score(const struct mnet_dgram *dgram, const struct mnet_endpoint *to,
                      const struct mnet_endpoint *from)
{
    bool is_any = mnet_addr_is_any(&dgram->local.addr);
    if (dgram->local.port != to->port || !may_be_from(dgram, from) ||
        (!is_any && !mnet_addr_equal(&dgram->local.addr, &to->addr)))
        return 0;
    return 1u + (is_any ? 0 : 1u) + (dgram->remote.port != 0 ? 2u : 0);
}

struct mnet_dgram *mn_udp_find(const struct mn_udp *udp, const struct mnet_endpoint *to,
                               const struct mnet_endpoint *from)
{
    const struct mn_list *bucket = mn_udp_bucket(udp, to->port);
    struct mnet_dgram *best = NULL;
    unsigned best_score = 0;
    for (struct mn_list *node = bucket->next; node != bucket; node = node->next) {
        struct mnet_dgram *dgram = MN_CONTAINER(node, struct mnet_dgram, node);
        unsigned s = score(dgram, to, from);
        if (s > best_score) {
            best = dgram;
            best_score = s;
        }
    }
    return best;
}

static bool is_member(const struct mnet_dgram *dgram, const struct mnet_addr *group)
{
    for (uint32_t i = 0; i < dgram->group_count && i < MN_UDP_GROUPS; i++)
        if (mnet_addr_equal(&dgram->group[i], group))
            return true;
    return false;
}

bool mn_udp_takes_group(const struct mnet_dgram *dgram, const struct mnet_endpoint *to,
                        const struct mnet_endpoint *from)
{
    if (dgram->local.port != to->port || !may_be_from(dgram, from))
        return false;
    /* RFC 1112 6.1: whoever did not join a group did not ask for it; a broadcast asks nobody. */
    if (mnet_addr_is_multicast(&to->addr))
        return is_member(dgram, &to->addr);
    return mnet_addr_is_any(&dgram->local.addr);
}

bool mn_udp_is_used(const struct mn_udp *udp, const struct mnet_endpoint *local)
{
    const struct mn_list *bucket = mn_udp_bucket(udp, local->port);
    for (struct mn_list *node = bucket->next; node != bucket; node = node->next)
        if (is_same(&MN_CONTAINER(node, struct mnet_dgram, node)->local, local))
            return true;
    return false;
}

static bool has_port(const struct mn_udp *udp, uint16_t port)
{
    const struct mn_list *bucket = mn_udp_bucket(udp, port);
    for (struct mn_list *node = bucket->next; node != bucket; node = node->next)
        if (MN_CONTAINER(node, struct mnet_dgram, node)->local.port == port)
            return true;
    return false;
}

uint16_t mn_udp_free_port(struct mn_udp *udp)
{
    /* RFC 6056 3.3.2: random each time. */
    for (int i = 0; i < PORT_TRIES; i++) {
        uint16_t port = (uint16_t)(PORT_FIRST + mn_env_below(udp->env, PORT_COUNT));
        if (!has_port(udp, port))
            return port;
    }
    return 0;
}
