/* SPDX-License-Identifier: ISC
 *
 * Which own address a packet is from: RFC 6724 5.
 *
 * The rules compare two candidates; the first that tells them apart decides. Rules 4 and 5 have
 * nothing to tell here: there is one interface, and no home address. */
#include <ip/ip_state.h>

/* Rule 2: the smaller scope if it reaches that far, else the larger one. */
static bool is_scope_better(unsigned a, unsigned b, unsigned wanted)
{
    return a < b ? a >= wanted : b < wanted;
}

static bool is_advertised_by(const struct mn_ip6_own *own, const struct mnet_addr *router)
{
    for (unsigned i = 0; i < MN_IP6_OWN_ROUTERS; i++)
        if (!mnet_addr_is_any(router) && mnet_addr_equal(&own->router[i], router))
            return true;
    return false;
}

/* Whether `a` is a better source for `dst`, which goes by `next`, than `b`. */
static bool is_better(const struct mn_ip *ip, const struct mn_ip6_own *a,
                      const struct mn_ip6_own *b, const struct mnet_addr *dst,
                      const struct mnet_addr *next)
{
    mnet_time now = ip->env->now;
    unsigned scope_a = mn_ip6_scope(&a->addr), scope_b = mn_ip6_scope(&b->addr);
    if (scope_a != scope_b)
        return is_scope_better(scope_a, scope_b, mn_ip6_scope(dst));
    /* Rule 3: not a deprecated one. */
    bool is_old_a = a->preferred_until <= now, is_old_b = b->preferred_until <= now;
    if (is_old_a != is_old_b)
        return is_old_b;
    /* Rule 5.5: of the network that the router belongs to; others it may drop (RFC 2827). */
    bool is_near_a = is_advertised_by(a, next), is_near_b = is_advertised_by(b, next);
    if (is_near_a != is_near_b)
        return is_near_a;
    /* Rule 6: of the same kind of network. */
    uint8_t label = mn_ip6_policy(dst).label;
    bool fits_a = mn_ip6_policy(&a->addr).label == label;
    bool fits_b = mn_ip6_policy(&b->addr).label == label;
    if (fits_a != fits_b)
        return fits_a;
    /* Rule 7: temporary ones are there to be used. */
    if ((a->origin == MN_IP6_TEMPORARY) != (b->origin == MN_IP6_TEMPORARY))
        return a->origin == MN_IP6_TEMPORARY;
    /* Rule 8: the nearest in numbers. */
    return mn_ip6_common_prefix(&a->addr, a->prefix_len, dst) >
           mn_ip6_common_prefix(&b->addr, b->prefix_len, dst);
}

bool mn_ip6_source(const struct mn_ip *ip, const struct mnet_addr *dst,
                   const struct mn_ip6_hop *hop, struct mnet_addr *src)
{
    const struct mn_ip6_own *best = NULL;
    *src = *dst;
    if (hop->is_local) /* rule 1 */
        return true;
    for (uint32_t i = 0; i < ip->v6.own_count; i++) {
        const struct mn_ip6_own *own = &ip->v6.own[i];
        if (mn_ip6_own_is_ready(ip, own) && (!best || is_better(ip, own, best, dst, &hop->next)))
            best = own;
    }
    if (best)
        *src = best->addr;
    return best != NULL;
}
