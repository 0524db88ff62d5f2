/* SPDX-License-Identifier: ISC
 *
 * Which own address a packet is from: RFC 6724 5.
 *
 * The rules compare two candidates; the first that tells them apart decides. Left out, because
 * there is one interface, no home address and no record of who advertised what: rules 4, 5 and
 * 5.5. The table of policies is the default one of 2.1. */
#include <ip/ip_state.h>

struct policy {
    struct mnet_addr prefix;
    uint8_t prefix_len;
    uint8_t precedence;
    uint8_t label;
};

/* RFC 6724 2.1, the longest prefixes first. */
static const struct policy policies[] = {
    {{{[15] = 1}}, 128, 50, 0},  {{{[10] = 0xff, [11] = 0xff}}, 96, 35, 4},
    {{{0}}, 96, 1, 3},           {{{0x20, 0x01}}, 32, 5, 5},
    {{{0x20, 0x02}}, 16, 30, 2}, {{{0x3f, 0xfe}}, 16, 1, 12},
    {{{0xfe, 0xc0}}, 10, 1, 11}, {{{0xfc}}, 7, 3, 13},
};
static const struct policy others = {.precedence = 40, .label = 1};

static const struct policy *policy_of(const struct mnet_addr *addr)
{
    for (unsigned i = 0; i < sizeof policies / sizeof policies[0]; i++)
        if (mn_ip6_common_bits(addr, &policies[i].prefix) >= policies[i].prefix_len)
            return &policies[i];
    return &others;
}

/* Rule 2: the smaller scope if it reaches that far, else the larger one. */
static bool is_scope_better(unsigned a, unsigned b, unsigned wanted)
{
    return a < b ? a >= wanted : b < wanted;
}

static unsigned common(const struct mn_ip6_own *own, const struct mnet_addr *dst)
{
    unsigned bits = mn_ip6_common_bits(&own->addr, dst);
    return bits < own->prefix_len ? bits : own->prefix_len;
}

/* Whether `a` is a better source for `dst` than `b`. */
static bool is_better(const struct mn_ip *ip, const struct mn_ip6_own *a,
                      const struct mn_ip6_own *b, const struct mnet_addr *dst)
{
    mnet_time now = ip->env->now;
    unsigned scope_a = mn_ip6_scope(&a->addr), scope_b = mn_ip6_scope(&b->addr);
    if (scope_a != scope_b)
        return is_scope_better(scope_a, scope_b, mn_ip6_scope(dst));
    /* Rule 3: not a deprecated one. */
    bool is_old_a = a->preferred_until <= now, is_old_b = b->preferred_until <= now;
    if (is_old_a != is_old_b)
        return is_old_b;
    /* Rule 6: of the same kind of network. */
    uint8_t label = policy_of(dst)->label;
    bool fits_a = policy_of(&a->addr)->label == label, fits_b = policy_of(&b->addr)->label == label;
    if (fits_a != fits_b)
        return fits_a;
    /* Rule 7: temporary ones are there to be used. */
    if ((a->origin == MN_IP6_TEMPORARY) != (b->origin == MN_IP6_TEMPORARY))
        return a->origin == MN_IP6_TEMPORARY;
    /* Rule 8: the nearest in numbers. */
    return common(a, dst) > common(b, dst);
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
        if (mn_ip6_own_is_ready(ip, own) && (!best || is_better(ip, own, best, dst)))
            best = own;
    }
    if (best)
        *src = best->addr;
    return best != NULL;
}
