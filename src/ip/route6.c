/* SPDX-License-Identifier: ISC
 *
 * Where an IPv6 packet goes next: RFC 4861 5.2, RFC 4191 3.2.
 *
 * A destination is, in this order: ourselves; a group; on the link because it is link-local; what a
 * redirect says; or what the longest prefix says that holds it, which is on the link, or behind a
 * router. A default router is a route to ::/0. Of routes to the same prefix the more preferred
 * counts (RFC 4191), but a router that does not answer counts only when no other is left, and then
 * they take turns, so that each is tried (RFC 4861 6.3.6).
 *
 * What routers advertise goes into bounded tables that do not give way: a flood of advertisements
 * fills them and then has no effect on what was there before (RFC 6104 3). All tables but the
 * redirects are a handful of entries and are walked. */
#include <ip/ip_state.h>
#include <string.h>

static mnet_time until(const struct mn_ip *ip, uint32_t seconds)
{
    return seconds == UINT32_MAX ? MNET_NEVER : ip->env->now + MNET_SEC(seconds);
}

static bool is_in(const struct mnet_addr *addr, const struct mnet_addr *net, unsigned prefix_len)
{
    return !mnet_addr_is_v4(addr) && mn_ip6_common_bits(addr, net) >= prefix_len;
}

/* The network of a prefix: all bits behind it cleared. */
static struct mnet_addr net_of(const struct mnet_cidr *cidr)
{
    struct mnet_addr net = {{0}};
    unsigned whole = cidr->prefix_len / 8, rest = cidr->prefix_len % 8;
    memcpy(net.bytes, cidr->addr.bytes, whole);
    if (rest > 0)
        net.bytes[whole] = (uint8_t)(cidr->addr.bytes[whole] & (0xff00u >> rest));
    return net;
}

static void arm(struct mn_ip *ip)
{
    mnet_time at = MNET_NEVER;
    for (unsigned i = 0; i < MN_IP6_PREFIXES; i++)
        if (ip->v6.prefix[i].is_used && ip->v6.prefix[i].valid_until < at)
            at = ip->v6.prefix[i].valid_until;
    for (unsigned i = 0; i < MN_IP6_ROUTES; i++)
        if (ip->v6.route[i].is_used && ip->v6.route[i].valid_until < at)
            at = ip->v6.route[i].valid_until;
    mn_env_arm(ip->env, &ip->v6.route_timer, at);
}

/* ---- prefixes on the link ---- */

void mn_ip6_prefix_heard(struct mn_ip *ip, const struct mnet_cidr *prefix, uint32_t valid_s)
{
    struct mnet_addr net = net_of(prefix);
    struct mn_ip6_prefix *free = NULL, *found = NULL;
    /* RFC 4861 6.3.4: the link-local prefix is not to be told about. */
    if (mn_ip6_is_link_local(&net) || mnet_addr_is_multicast(&net))
        return;
    for (unsigned i = 0; i < MN_IP6_PREFIXES && !found; i++) {
        struct mn_ip6_prefix *p = &ip->v6.prefix[i];
        if (!p->is_used)
            free = p;
        else if (p->prefix_len == prefix->prefix_len && mnet_addr_equal(&p->net, &net))
            found = p;
    }
    if (!found)
        found = free;
    if (!found)
        return;
    found->net = net;
    found->prefix_len = prefix->prefix_len;
    found->is_used = valid_s > 0;
    found->valid_until = until(ip, valid_s);
    arm(ip);
}

/* ---- routes ---- */

static unsigned default_routers(const struct mn_ip *ip)
{
    unsigned count = 0;
    for (unsigned i = 0; i < MN_IP6_ROUTES; i++)
        count += ip->v6.route[i].is_used && ip->v6.route[i].prefix_len == 0;
    return count;
}

/* The route to `net` by `gateway` (any: by whomever); NULL if there is none. */
static struct mn_ip6_route *find(struct mn_ip *ip, const struct mnet_addr *net, unsigned prefix_len,
                                 const struct mnet_addr *gateway, bool is_static)
{
    for (unsigned i = 0; i < MN_IP6_ROUTES; i++) {
        struct mn_ip6_route *r = &ip->v6.route[i];
        if (r->is_used && r->is_static == is_static && r->prefix_len == prefix_len &&
            mnet_addr_equal(&r->net, net) && (!gateway || mnet_addr_equal(&r->gateway, gateway)))
            return r;
    }
    return NULL;
}

static struct mn_ip6_route *find_free(struct mn_ip *ip, unsigned prefix_len)
{
    if (prefix_len == 0 && default_routers(ip) >= MN_IP6_ROUTERS)
        return NULL;
    for (unsigned i = 0; i < MN_IP6_ROUTES; i++)
        if (!ip->v6.route[i].is_used)
            return &ip->v6.route[i];
    return NULL;
}

void mn_ip6_route_heard(struct mn_ip *ip, const struct mnet_cidr *net,
                        const struct mnet_addr *router, int preference, uint32_t lifetime_s)
{
    struct mnet_addr to = net_of(net);
    struct mn_ip6_route *r = find(ip, &to, net->prefix_len, router, false);
    if (!r && lifetime_s > 0)
        r = find_free(ip, net->prefix_len);
    if (!r)
        return;
    *r = (struct mn_ip6_route){.net = to,
                               .gateway = *router,
                               .prefix_len = net->prefix_len,
                               .preference = (int8_t)preference,
                               .is_used = lifetime_s > 0,
                               .valid_until = until(ip, lifetime_s)};
    arm(ip);
}

mnet_err mn_ip6_route_add(struct mn_ip *ip, const struct mnet_cidr *net,
                          const struct mnet_addr *gateway)
{
    bool is_direct = mnet_addr_is_any(gateway);
    if (!ip->v6.is_on || mnet_addr_is_v4(&net->addr) || net->prefix_len > 128 ||
        mnet_addr_is_v4(gateway) || mnet_addr_is_multicast(gateway) ||
        mnet_addr_is_loopback(gateway) || mn_ip6_own_find(ip, gateway))
        return MNET_ERR_INVALID;
    /* A gateway is a neighbour: its own address is link-local or on a prefix of the link. */
    struct mn_ip6_hop hop;
    if (!is_direct && (!mn_ip6_hop_find(ip, gateway, &hop) || hop.is_local || hop.is_group ||
                       !mnet_addr_equal(&hop.next, gateway)))
        return MNET_ERR_INVALID;
    struct mnet_addr to = net_of(net);
    if (find(ip, &to, net->prefix_len, NULL, true))
        return MNET_ERR_ADDR_IN_USE;
    struct mn_ip6_route *r = find_free(ip, net->prefix_len);
    if (!r)
        return MNET_ERR_NO_MEMORY;
    *r = (struct mn_ip6_route){.net = to,
                               .gateway = *gateway,
                               .prefix_len = net->prefix_len,
                               .is_static = true,
                               .is_used = true,
                               .valid_until = MNET_NEVER};
    return MNET_OK;
}

mnet_err mn_ip6_route_remove(struct mn_ip *ip, const struct mnet_cidr *net)
{
    if (net->prefix_len > 128)
        return MNET_ERR_ADDR_NOT_AVAIL;
    struct mnet_addr to = net_of(net);
    struct mn_ip6_route *r = find(ip, &to, net->prefix_len, NULL, true);
    if (!r)
        return MNET_ERR_ADDR_NOT_AVAIL;
    r->is_used = false;
    return MNET_OK;
}

/* ---- redirects ---- */

static struct mn_ip6_redirect *redirect_at(const struct mn_ip *ip, const struct mnet_addr *dst)
{
    uint64_t hash = mn_siphash13(&ip->env->hash_key, dst->bytes, sizeof dst->bytes);
    return &ip->v6.redirect[hash % MN_IP6_REDIRECTS];
}

/* What a redirect says of `dst`, as long as it is there: RFC 4861 7.3.3. */
static bool find_redirect(const struct mn_ip *ip, const struct mnet_addr *dst,
                          struct mnet_addr *next)
{
    if (!ip->v6.has_redirects)
        return false;
    struct mn_ip6_redirect *r = redirect_at(ip, dst);
    bool is_router;
    if (!r->is_used || !mnet_addr_equal(&r->dst, dst))
        return false;
    enum mn_neigh_view view = mn_link_neigh_view(ip->link, &r->next, &is_router);
    bool is_on_link = mnet_addr_equal(&r->next, dst);
    if (view == MN_NEIGH_VIEW_SILENT || (!is_router && !is_on_link)) {
        r->is_used = false;
        return false;
    }
    *next = r->next;
    return true;
}

bool mn_ip6_redirect_heard(struct mn_ip *ip, const struct mnet_addr *from,
                           const struct mnet_addr *dst, const struct mnet_addr *next)
{
    struct mn_ip6_hop hop;
    if (!mn_ip6_hop_find(ip, dst, &hop) || hop.is_local || hop.is_group ||
        !mnet_addr_equal(&hop.next, from))
        return false;
    ip->v6.has_redirects = true;
    *redirect_at(ip, dst) = (struct mn_ip6_redirect){.dst = *dst, .next = *next, .is_used = true};
    return true;
}

/* ---- the choice ---- */

/* The prefix length of the longest prefix on the link that holds `dst`; -1: none. */
static int longest_on_link(const struct mn_ip *ip, const struct mnet_addr *dst)
{
    int best = -1;
    for (unsigned i = 0; i < MN_IP6_PREFIXES; i++) {
        const struct mn_ip6_prefix *p = &ip->v6.prefix[i];
        if (p->is_used && p->prefix_len > best && p->valid_until > ip->env->now &&
            is_in(dst, &p->net, p->prefix_len))
            best = p->prefix_len;
    }
    /* An address that was set by hand says with its prefix length what is on the link. */
    for (uint32_t i = 0; i < ip->v6.own_count; i++) {
        const struct mn_ip6_own *own = &ip->v6.own[i];
        if (own->origin == MN_IP6_MANUAL && own->prefix_len < 128 && own->prefix_len > best &&
            is_in(dst, &own->addr, own->prefix_len))
            best = own->prefix_len;
    }
    return best;
}

/* A route leads through a neighbour that has said that it is no router (any more): RFC 4861 7.3.3.
 */
static enum mn_neigh_view look_at(struct mn_ip *ip, struct mn_ip6_route *r)
{
    bool is_router = true;
    if (mnet_addr_is_any(&r->gateway))
        return MN_NEIGH_VIEW_THERE;
    enum mn_neigh_view view = mn_link_neigh_view(ip->link, &r->gateway, &is_router);
    if (!is_router && !r->is_static)
        r->is_used = false;
    return view;
}

static bool is_better(const struct mn_ip6_route *a, const struct mn_ip6_route *b)
{
    if (!b || a->prefix_len != b->prefix_len)
        return !b || a->prefix_len > b->prefix_len;
    /* What we were told by who set us up comes first. */
    if (a->is_static != b->is_static)
        return a->is_static;
    return a->preference > b->preference;
}

/* The best route with a prefix longer than `longer_than`. The walk begins at another place each
 * time that only silent ones are left. */
static struct mn_ip6_route *best_route(struct mn_ip *ip, const struct mnet_addr *dst,
                                       int longer_than, bool may_be_silent)
{
    struct mn_ip6_route *best = NULL;
    unsigned first = may_be_silent ? ip->v6.turn++ : 0;
    for (unsigned i = 0; i < MN_IP6_ROUTES; i++) {
        struct mn_ip6_route *r = &ip->v6.route[(first + i) % MN_IP6_ROUTES];
        if (!r->is_used || r->prefix_len <= longer_than || r->valid_until <= ip->env->now ||
            !is_in(dst, &r->net, r->prefix_len))
            continue;
        bool is_silent = look_at(ip, r) == MN_NEIGH_VIEW_SILENT;
        if (r->is_used && (may_be_silent || !is_silent) && is_better(r, best))
            best = r;
    }
    return best;
}

bool mn_ip6_hop_find(struct mn_ip *ip, const struct mnet_addr *dst, struct mn_ip6_hop *hop)
{
    *hop = (struct mn_ip6_hop){.next = *dst};
    if (!ip->v6.is_on || mnet_addr_is_v4(dst) || mnet_addr_is_any(dst))
        return false;
    if (mnet_addr_is_loopback(dst) || mn_ip6_own_find(ip, dst)) {
        hop->is_local = true;
        return true;
    }
    if (mnet_addr_is_multicast(dst)) {
        hop->is_group = true;
        return true;
    }
    if (mn_ip6_is_link_local(dst) || find_redirect(ip, dst, &hop->next))
        return true;
    int on_link = longest_on_link(ip, dst);
    const struct mn_ip6_route *r = best_route(ip, dst, on_link, false);
    if (!r && on_link < 0)
        r = best_route(ip, dst, on_link, true);
    if (r && !mnet_addr_is_any(&r->gateway))
        hop->next = r->gateway;
    return r || on_link >= 0;
}

/* ---- time, invariant ---- */

void mn_ip6_route_timer(struct mn_ip *ip)
{
    mnet_time now = ip->env->now;
    for (unsigned i = 0; i < MN_IP6_PREFIXES; i++)
        if (ip->v6.prefix[i].valid_until <= now)
            ip->v6.prefix[i].is_used = false;
    for (unsigned i = 0; i < MN_IP6_ROUTES; i++)
        if (ip->v6.route[i].valid_until <= now)
            ip->v6.route[i].is_used = false;
    arm(ip);
}

bool mn_ip6_route_ok(const struct mn_ip *ip)
{
    for (unsigned i = 0; i < MN_IP6_PREFIXES; i++) {
        const struct mn_ip6_prefix *p = &ip->v6.prefix[i];
        struct mnet_cidr cidr = {p->net, p->prefix_len};
        struct mnet_addr net = net_of(&cidr);
        if (p->is_used && (p->prefix_len > 128 || !mnet_addr_equal(&net, &p->net)))
            return false;
    }
    for (unsigned i = 0; i < MN_IP6_ROUTES; i++) {
        const struct mn_ip6_route *r = &ip->v6.route[i];
        struct mnet_cidr cidr = {r->net, r->prefix_len};
        struct mnet_addr net = net_of(&cidr);
        if (r->is_used && (r->prefix_len > 128 || r->preference < -1 || r->preference > 1 ||
                           !mnet_addr_equal(&net, &r->net)))
            return false;
    }
    return default_routers(ip) <= MN_IP6_ROUTERS;
}
