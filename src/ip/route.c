/* SPDX-License-Identifier: ISC
 *
 * Own addresses, routes, and the two questions they answer: where does a packet to `dst` go next,
 * and which address is it from.
 *
 * A destination is, in this order: ourselves, everybody on the link, a group, a host of an own
 * network, or behind the gateway of the longest static prefix that holds it. Own networks and
 * static routes compete by prefix length; a tie goes to the own network. There is one link, so a
 * next hop is always a neighbour on it. Both tables are a handful of entries: they are walked. */
#include <ip/ip_state.h>

static uint32_t mask_of(unsigned prefix_len)
{
    return prefix_len == 0 ? 0 : 0xffffffffu << (32 - prefix_len);
}

/* RFC 3021 2: on a /31 both addresses are hosts; a /32 has no other address at all. */
static bool has_broadcast(const struct mn_ip_own *own)
{
    return own->prefix_len < 31;
}

static bool is_in(uint32_t addr, uint32_t net, uint32_t mask)
{
    return ((addr ^ net) & mask) == 0;
}

/* ---- own addresses ---- */

static uint32_t own_index(const struct mn_ip *ip, uint32_t addr)
{
    uint32_t i = 0;
    while (i < ip->own_count && ip->own[i].addr != addr)
        i++;
    return i;
}

struct mn_ip_own *mn_ip_own_find(struct mn_ip *ip, uint32_t addr)
{
    uint32_t i = own_index(ip, addr);
    return i < ip->own_count ? &ip->own[i] : NULL;
}

bool mn_ip_own_is_ready(const struct mn_ip *ip, const struct mn_ip_own *own)
{
    if (own->is_ready)
        return true;
    struct mnet_addr addr = mnet_addr_v4(own->addr);
    return mn_link_addr_is_ready(ip->link, &addr);
}

static bool is_own6(const struct mn_ip *ip, const struct mnet_addr *addr)
{
    for (uint32_t i = 0; i < ip->v6.own_count; i++)
        if (mnet_addr_equal(&ip->v6.own[i].addr, addr))
            return true;
    return false;
}

bool mn_ip_is_own(const struct mn_ip *ip, const struct mnet_addr *addr)
{
    if (!mnet_addr_is_v4(addr))
        return mnet_addr_is_loopback(addr) || is_own6(ip, addr);
    uint32_t v4 = mnet_addr_to_v4(addr);
    return mn_ip4_is_loopback(v4) || own_index(ip, v4) < ip->own_count;
}

bool mn_ip_is_broadcast4(const struct mn_ip *ip, uint32_t addr)
{
    if (addr == MN_IP4_BROADCAST)
        return true;
    /* RFC 1122 3.2.1.3 (e): directed to an own network. */
    for (uint32_t i = 0; i < ip->own_count; i++) {
        const struct mn_ip_own *own = &ip->own[i];
        if (has_broadcast(own) && addr == (own->addr | ~own->mask))
            return true;
    }
    return false;
}

bool mn_ip_is_group(const struct mn_ip *ip, const struct mnet_addr *addr)
{
    if (!mnet_addr_is_v4(addr))
        return mnet_addr_is_multicast(addr);
    uint32_t v4 = mnet_addr_to_v4(addr);
    return mn_ip4_is_multicast(v4) || mn_ip_is_broadcast4(ip, v4);
}

/* RFC 1122 3.2.1.3: what can be the address of one host. */
static bool is_host(uint32_t addr)
{
    return !mn_ip4_is_this_net(addr) && !mn_ip4_is_loopback(addr) && !mn_ip4_is_multicast(addr) &&
           !mn_ip4_is_reserved(addr) && addr != MN_IP4_BROADCAST;
}

mnet_err mn_ip_addr_add(struct mn_ip *ip, const struct mnet_cidr *cidr)
{
    if (!mnet_addr_is_v4(&cidr->addr))
        return mn_ip6_addr_add(ip, cidr, MN_IP6_MANUAL, MNET_NEVER, MNET_NEVER);
    uint32_t addr = mnet_addr_to_v4(&cidr->addr);
    if (cidr->prefix_len > 32 || !is_host(addr))
        return MNET_ERR_INVALID;
    struct mn_ip_own own = {addr, mask_of(cidr->prefix_len), cidr->prefix_len, false};
    /* The network's own number and its broadcast address are no hosts. */
    if (has_broadcast(&own) && ((addr & ~own.mask) == 0 || (addr | own.mask) == 0xffffffffu))
        return MNET_ERR_INVALID;
    if (own_index(ip, addr) < ip->own_count)
        return MNET_ERR_ADDR_IN_USE;
    if (ip->own_count == MN_IP_ADDRS)
        return MNET_ERR_NO_MEMORY;
    ip->own[ip->own_count++] = own;
    return MNET_OK;
}

mnet_err mn_ip_addr_remove(struct mn_ip *ip, const struct mnet_addr *addr)
{
    if (!mnet_addr_is_v4(addr))
        return mn_ip6_addr_remove(ip, addr);
    uint32_t i = own_index(ip, mnet_addr_to_v4(addr));
    if (i >= ip->own_count)
        return MNET_ERR_ADDR_NOT_AVAIL;
    ip->own_count--;
    for (; i < ip->own_count; i++) { /* the order is the order of preference */
        struct mn_ip_own moved = ip->own[i + 1];
        ip->own[i] = moved;
    }
    return MNET_OK;
}

bool mn_ip_addr_at(const struct mn_ip *ip, unsigned i, struct mnet_cidr *out)
{
    if (i < ip->own_count) {
        *out = (struct mnet_cidr){mnet_addr_v4(ip->own[i].addr), ip->own[i].prefix_len};
        return true;
    }
    uint32_t at = i - ip->own_count;
    if (at >= ip->v6.own_count)
        return false;
    *out = (struct mnet_cidr){ip->v6.own[at].addr, ip->v6.own[at].prefix_len};
    return true;
}

/* ---- static routes ---- */

/* A gateway must be a neighbour: on an own network, or anywhere when an own address is a /32, which
 * says that the link is not described by prefixes at all. */
static bool may_be_gateway(const struct mn_ip *ip, uint32_t gateway)
{
    if (!is_host(gateway) || own_index(ip, gateway) < ip->own_count ||
        mn_ip_is_broadcast4(ip, gateway))
        return false;
    for (uint32_t i = 0; i < ip->own_count; i++)
        if (ip->own[i].prefix_len == 32 || is_in(gateway, ip->own[i].addr, ip->own[i].mask))
            return true;
    return false;
}

static uint32_t route_index(const struct mn_ip *ip, uint32_t net, unsigned prefix_len)
{
    uint32_t i = 0;
    while (i < ip->route_count &&
           (ip->route[i].prefix_len != prefix_len || ip->route[i].net != net))
        i++;
    return i;
}

mnet_err mn_ip_route_add(struct mn_ip *ip, const struct mnet_cidr *dst,
                         const struct mnet_addr *gateway)
{
    bool is_direct = mnet_addr_is_any(gateway);
    if (!mnet_addr_is_v4(&dst->addr))
        return mn_ip6_route_add(ip, dst, gateway);
    if (dst->prefix_len > 32 || (!is_direct && !mnet_addr_is_v4(gateway)))
        return MNET_ERR_INVALID;
    struct mn_ip_route route = {.mask = mask_of(dst->prefix_len), .prefix_len = dst->prefix_len};
    route.net = mnet_addr_to_v4(&dst->addr) & route.mask;
    route.gateway = is_direct ? 0 : mnet_addr_to_v4(gateway);
    if (!is_direct && !may_be_gateway(ip, route.gateway))
        return MNET_ERR_INVALID;
    if (route_index(ip, route.net, route.prefix_len) < ip->route_count)
        return MNET_ERR_ADDR_IN_USE;
    if (ip->route_count == MN_IP_ROUTES)
        return MNET_ERR_NO_MEMORY;
    uint32_t i = ip->route_count++;
    for (; i > 0 && ip->route[i - 1].prefix_len < route.prefix_len; i--) {
        struct mn_ip_route moved = ip->route[i - 1];
        ip->route[i] = moved;
    }
    ip->route[i] = route;
    return MNET_OK;
}

mnet_err mn_ip_route_remove(struct mn_ip *ip, const struct mnet_cidr *dst)
{
    if (!mnet_addr_is_v4(&dst->addr))
        return mn_ip6_route_remove(ip, dst);
    uint32_t net =
        mnet_addr_to_v4(&dst->addr) & mask_of(dst->prefix_len > 32 ? 0 : dst->prefix_len);
    uint32_t i = route_index(ip, net, dst->prefix_len);
    if (i >= ip->route_count)
        return MNET_ERR_ADDR_NOT_AVAIL;
    ip->route_count--;
    for (; i < ip->route_count; i++) {
        struct mn_ip_route moved = ip->route[i + 1];
        ip->route[i] = moved;
    }
    return MNET_OK;
}

/* ---- the two questions ---- */

/* RFC 1122 3.3.1.1: a destination on a connected network is sent to directly. */
static bool find_unicast(const struct mn_ip *ip, uint32_t dst, struct mn_ip_hop *hop)
{
    int best = -1;
    for (uint32_t i = 0; i < ip->own_count; i++) {
        const struct mn_ip_own *own = &ip->own[i];
        if (own->prefix_len > best && own->prefix_len < 32 && is_in(dst, own->addr, own->mask))
            best = own->prefix_len;
    }
    for (uint32_t i = 0; i < ip->route_count && ip->route[i].prefix_len > best; i++) {
        const struct mn_ip_route *route = &ip->route[i];
        if (is_in(dst, route->net, route->mask)) {
            hop->next = route->gateway != 0 ? route->gateway : dst;
            return true;
        }
    }
    return best >= 0;
}

bool mn_ip_hop_find(const struct mn_ip *ip, uint32_t dst, struct mn_ip_hop *hop)
{
    *hop = (struct mn_ip_hop){.next = dst};
    if (mn_ip4_is_loopback(dst) || own_index(ip, dst) < ip->own_count) {
        hop->is_local = true;
        return true;
    }
    if (mn_ip_is_broadcast4(ip, dst)) {
        hop->is_broadcast = true;
        return true;
    }
    if (mn_ip4_is_multicast(dst))
        return true;
    return is_host(dst) && find_unicast(ip, dst, hop);
}

bool mn_ip_source4(const struct mn_ip *ip, uint32_t dst, const struct mn_ip_hop *hop, uint32_t *src)
{
    *src = dst;
    if (hop->is_local)
        return true;
    /* RFC 1122 3.3.4.3: an address on the network of the next hop, else any. */
    const struct mn_ip_own *found = NULL;
    for (uint32_t i = 0; i < ip->own_count; i++) {
        const struct mn_ip_own *own = &ip->own[i];
        if (!mn_ip_own_is_ready(ip, own))
            continue;
        bool is_near = is_in(hop->next, own->addr, own->mask);
        if (is_near && (!found || !is_in(hop->next, found->addr, found->mask) ||
                        own->prefix_len > found->prefix_len))
            found = own;
        else if (!found)
            found = own;
    }
    /* RFC 1122 3.2.1.3 (a): a host that still looks for its address is 0.0.0.0 to everybody. */
    *src = found ? found->addr : 0;
    return found || dst == MN_IP4_BROADCAST;
}

static mnet_err source6(struct mn_ip *ip, const struct mnet_addr *dst, struct mnet_addr *src)
{
    struct mn_ip6_hop hop;
    return mn_ip6_hop_find(ip, dst, &hop) && mn_ip6_source(ip, dst, &hop, src)
               ? MNET_OK
               : MNET_ERR_NET_UNREACH;
}

mnet_err mn_ip_source(struct mn_ip *ip, const struct mnet_addr *dst, struct mnet_addr *src)
{
    struct mn_ip_hop hop;
    if (!mnet_addr_is_v4(dst))
        return source6(ip, dst, src);
    uint32_t v4 = mnet_addr_to_v4(dst);
    *src = mnet_addr_any();
    if (!mn_ip_hop_find(ip, v4, &hop) || !mn_ip_source4(ip, v4, &hop, &v4))
        return MNET_ERR_NET_UNREACH;
    *src = mnet_addr_v4(v4);
    return MNET_OK;
}

static void confirm6(struct mn_ip *ip, const struct mnet_addr *dst)
{
    struct mn_ip6_hop hop;
    if (mn_ip6_hop_find(ip, dst, &hop) && !hop.is_local)
        mn_link_neigh_confirm(ip->link, &hop.next);
}

void mn_ip_confirm(struct mn_ip *ip, const struct mnet_addr *dst)
{
    struct mn_ip_hop hop;
    if (!mnet_addr_is_v4(dst)) {
        confirm6(ip, dst);
        return;
    }
    if (!mn_ip_hop_find(ip, mnet_addr_to_v4(dst), &hop) || hop.is_local)
        return;
    struct mnet_addr next = mnet_addr_v4(hop.next);
    mn_link_neigh_confirm(ip->link, &next);
}

bool mn_ip_routes_ok(const struct mn_ip *ip)
{
    if (ip->own_count > MN_IP_ADDRS || ip->route_count > MN_IP_ROUTES)
        return false;
    for (uint32_t i = 0; i < ip->own_count; i++) {
        const struct mn_ip_own *own = &ip->own[i];
        if (!is_host(own->addr) || own->prefix_len > 32 || own->mask != mask_of(own->prefix_len) ||
            own_index(ip, own->addr) != i)
            return false;
    }
    for (uint32_t i = 0; i < ip->route_count; i++) {
        const struct mn_ip_route *route = &ip->route[i];
        if (route->prefix_len > 32 || route->mask != mask_of(route->prefix_len) ||
            (route->net & ~route->mask) != 0 ||
            route_index(ip, route->net, route->prefix_len) != i ||
            (i > 0 && ip->route[i - 1].prefix_len < route->prefix_len))
            return false;
    }
    return true;
}
