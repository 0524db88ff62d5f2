/* SPDX-License-Identifier: ISC
 *
 * The start and the end of the IP layer, its timers, and its invariant. */
#include <ip/ip_state.h>
#include <string.h>

#define HOP_LIMIT 64u /* RFC 1700 "IP TIME TO LIVE" */

/* What a host knows of IPv6 before any router has spoken. */
static mnet_err init6(struct mn_ip *ip, const struct mnet_config *config)
{
    struct mn_ip6 *v6 = &ip->v6;
    uint8_t secret[sizeof config->ipv6_secret] = {0};
    bool is_new = config->ipv6_mode == MNET_IPV6_RANDOM;
    v6->mode = (uint8_t)config->ipv6_mode;
    v6->is_on = config->ipv6_mode != MNET_IPV6_OFF;
    v6->wants_temporary = config->ipv6_temporary;
    v6->hop_limit = HOP_LIMIT;
    v6->mtu = mn_link_mtu(ip->link);
    if (!is_new && memcmp(config->ipv6_secret, secret, sizeof secret) != 0)
        memcpy(secret, config->ipv6_secret, sizeof secret);
    else
        ip->env->rng->fill(ip->env->rng, secret, sizeof secret);
    memcpy(v6->secret.k, secret, sizeof secret);
    mn_timer_init(&v6->addr_timer, MN_TIMER_IP | MN_IP_TIMER_ADDR6);
    mn_timer_init(&v6->route_timer, MN_TIMER_IP | MN_IP_TIMER_ROUTE6);
    mn_timer_init(&v6->router_timer, MN_TIMER_IP | MN_IP_TIMER_ROUTER);
    if (!v6->is_on)
        return MNET_OK;
    v6->redirect = mn_mem_carve(&ip->env->mem, MN_IP6_REDIRECTS * sizeof v6->redirect[0]);
    return v6->redirect ? mn_ip6_addr_start(ip) : MNET_ERR_NO_MEMORY;
}

mnet_err mn_ip_init(struct mn_ip *ip, struct mn_env *env, struct mn_link *link,
                    const struct mnet_config *config)
{
    /* The addresses and gateways of the config are added by stack/, which tells link/ too. */
    memset(ip, 0, sizeof *ip);
    ip->env = env;
    ip->link = link;
    ip->icmp_tokens = MN_ICMP_TOKENS_MAX;
    ip->icmp_refilled = env->now;
    mn_pool_init(&ip->frag.bodies, &env->mem, "reassemblies", sizeof(struct mn_frag_body),
                 MN_FRAG_SLOTS);
    mn_timer_init(&ip->frag.timer, MN_TIMER_IP | MN_IP_TIMER_FRAG);
    mn_report_init(ip);
    /* RFC 6864: a counter that starts at a known value tells how long we have been up. */
    for (unsigned i = 0; i < MN_IP_IDS; i++)
        ip->id[i] = (uint16_t)mn_env_random32(env);
    ip->pmtu = mn_mem_carve(&env->mem, MN_IP_PMTUS * sizeof ip->pmtu[0]);
    ip->frag.slot = mn_mem_carve(&env->mem, MN_FRAG_SLOTS * sizeof ip->frag.slot[0]);
    return ip->pmtu && ip->frag.slot ? init6(ip, config) : MNET_ERR_NO_MEMORY;
}

void mn_ip_deinit(struct mn_ip *ip)
{
    mn_pktq_clear(ip->env, &ip->loopback);
    if (ip->frag.slot)
        mn_frag_clear(ip);
}

void mn_ip_timer(struct mn_ip *ip, struct mn_timer *timer)
{
    switch (timer->kind - MN_TIMER_IP) {
    case MN_IP_TIMER_FRAG:
        mn_frag_expire(ip);
        break;
    case MN_IP_TIMER_ADDR6:
        mn_ip6_addr_timer(ip);
        break;
    case MN_IP_TIMER_ROUTE6:
        mn_ip6_route_timer(ip);
        break;
    case MN_IP_TIMER_ROUTER:
        mn_router_timer(ip);
        break;
    case MN_IP_TIMER_GROUP:
        mn_report_timer(ip);
        break;
    default:
        MN_ASSERT(false); /* there are no others */
        break;
    }
}

bool mn_ip_is_ready(const struct mn_ip *ip)
{
    const struct mn_ip6_own *own6 = ip->v6.own;
    uint32_t wanted = ip->own_count;
    for (uint32_t i = 0; i < ip->own_count; i++)
        if (!mn_ip_own_is_ready(ip, &ip->own[i]))
            return false;
    for (uint32_t i = 0; i < ip->v6.own_count; i++) {
        if (own6[i].origin != MN_IP6_MANUAL)
            continue;
        wanted++;
        if (!mn_ip6_own_is_ready(ip, &own6[i]) && !mn_link_addr_is_taken(ip->link, &own6[i].addr))
            return false;
    }
    /* The link-local address was made first. */
    return wanted > 0 || ip->v6.own_count == 0 || mn_ip6_own_is_ready(ip, &own6[0]);
}

bool mn_ip_shed(struct mn_ip *ip)
{
    return mn_frag_shed(ip);
}

bool mn_ip_ok(const struct mn_ip *ip)
{
    return ip->loopback.count <= MN_IP_LOOPBACK_MAX &&
           (ip->loopback.head == NULL) == (ip->loopback.count == 0) && mn_ip_groups_ok(ip) &&
           mn_ip_routes_ok(ip) && mn_ip_pmtu_ok(ip) && mn_frag_ok(ip) && mn_ip6_addr_ok(ip) &&
           mn_ip6_route_ok(ip) && mn_report_ok(ip);
}

bool mn_ip_ends(const struct mn_pkt *pkt, struct mnet_addr *src, struct mnet_addr *dst)
{
    struct mn_rd rd = mn_rd_over(pkt->frame.seg[0].at - pkt->l3_len, pkt->l3_len);
    struct mn_rd rd6 = rd;
    struct mn_ip4_hdr hdr;
    struct mn_ip6_hdr hdr6;
    if (mn_ip4_hdr_read(&rd, UINT16_MAX, &hdr) == MN_IP4_OK) {
        *src = mnet_addr_v4(hdr.src);
        *dst = mnet_addr_v4(hdr.dst);
        return true;
    }
    bool is_good = mn_ip6_hdr_read(&rd6, UINT32_MAX, &hdr6) == MN_IP6_OK;
    *src = hdr6.src;
    *dst = hdr6.dst;
    return is_good;
}
