/* SPDX-License-Identifier: ISC
 *
 * Which of several destinations to try first: RFC 6724 6.
 *
 * What the rules ask of a destination (and of the source that it would be reached from) is found
 * once for each and then compared; what came first stays first where no rule tells two apart
 * (rule 10), because who sent the list may have meant something by it. Rules 4 and 7 have nothing
 * to tell here: there is no home address and no tunnel.
 *
 * Rule 9 looks at the network of the source alone, also for IPv4, so that among distant servers
 * the order of the resolver stays, by which load is spread. */
#include <ip/ip_state.h>

/* A destination as the rules see it. */
struct dest {
    struct mnet_addr addr;
    bool is_unusable;    /* rule 1: no route to it, or no source for it */
    bool is_other_scope; /* rule 2: its source reaches less or more far */
    bool is_deprecated;  /* rule 3: its source is */
    bool is_other_kind;  /* rule 5: its source has another label */
    uint8_t precedence;  /* rule 6 */
    uint8_t scope;       /* rule 8 */
    uint8_t common;      /* rule 9: bits that it shares with the network of its source */
    bool is_v4;
};

static unsigned prefix_len4(const struct mn_ip *ip, const struct mnet_addr *src)
{
    uint32_t v4 = mnet_addr_to_v4(src);
    for (uint32_t i = 0; i < ip->own_count; i++)
        if (ip->own[i].addr == v4)
            return 96u + ip->own[i].prefix_len;
    return 128;
}

/* The source for `dst` and the length of its prefix; false: there is none. */
static bool find_source(struct mn_ip *ip, const struct mnet_addr *dst, struct mnet_addr *src,
                        unsigned *prefix_len, bool *is_deprecated)
{
    struct mn_ip6_hop hop;
    *is_deprecated = false;
    if (mnet_addr_is_v4(dst)) {
        if (mn_ip_source(ip, dst, src) != MNET_OK)
            return false;
        *prefix_len = prefix_len4(ip, src);
        return true;
    }
    if (!mn_ip6_hop_find(ip, dst, &hop) || !mn_ip6_source(ip, dst, &hop, src))
        return false;
    const struct mn_ip6_own *own = mn_ip6_own_find(ip, src);
    *prefix_len = own ? own->prefix_len : 128;
    *is_deprecated = own && own->preferred_until <= ip->env->now;
    return true;
}

static struct dest look_at(struct mn_ip *ip, const struct mnet_addr *addr)
{
    struct mnet_addr src;
    unsigned prefix_len;
    struct mn_ip6_policy policy = mn_ip6_policy(addr);
    struct dest d = {.addr = *addr,
                     .precedence = policy.precedence,
                     .scope = (uint8_t)mn_ip6_scope(addr),
                     .is_v4 = mnet_addr_is_v4(addr)};
    d.is_unusable = !find_source(ip, addr, &src, &prefix_len, &d.is_deprecated);
    if (d.is_unusable)
        return d;
    d.is_other_scope = mn_ip6_scope(&src) != d.scope;
    d.is_other_kind = mn_ip6_policy(&src).label != policy.label;
    d.common = (uint8_t)mn_ip6_common_prefix(&src, prefix_len, addr);
    return d;
}

static bool is_better(const struct dest *a, const struct dest *b)
{
    if (a->is_unusable != b->is_unusable)
        return b->is_unusable;
    if (a->is_other_scope != b->is_other_scope)
        return b->is_other_scope;
    if (a->is_deprecated != b->is_deprecated)
        return b->is_deprecated;
    if (a->is_other_kind != b->is_other_kind)
        return b->is_other_kind;
    if (a->precedence != b->precedence)
        return a->precedence > b->precedence;
    if (a->scope != b->scope)
        return a->scope < b->scope;
    return a->is_v4 == b->is_v4 && a->common > b->common;
}

void mn_ip_dest_sort(struct mn_ip *ip, struct mnet_addr *dst, size_t count)
{
    struct dest sorted[MN_IP_DESTS];
    size_t n = count < MN_IP_DESTS ? count : MN_IP_DESTS;
    for (size_t i = 0; i < n; i++) {
        struct dest d = look_at(ip, &dst[i]);
        size_t at = i;
        for (; at > 0 && is_better(&d, &sorted[at - 1]); at--)
            sorted[at] = sorted[at - 1];
        sorted[at] = d;
    }
    for (size_t i = 0; i < n; i++)
        dst[i] = sorted[i].addr;
}
