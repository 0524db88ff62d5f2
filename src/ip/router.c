/* SPDX-License-Identifier: ISC
 *
 * Router advertisements and redirects in, router solicitations out: RFC 4861 6.3, 8.3, RFC 4191,
 * RFC 8106.
 *
 * An advertisement is a bundle of facts, each with a lifetime; every file is handed its own: the
 * router itself and its routes to route6.c, prefixes to route6.c (what is on the link) and addr6.c
 * (what addresses to make), reachability times to link/. Only the DNS servers and domains are kept
 * here.
 *
 * Whoever is on the link can forge an advertisement. What one can do is bounded: tables have a
 * fixed size and do not give way, address lifetimes are not cut below two hours, the hop limit of
 * what we send is not lowered below what crosses the Internet. */
#include <ip/ip_state.h>
#include <string.h>
#include <wire/icmp6_hdr.h>
#include <wire/ndp_hdr.h>

/* RFC 7559 2: from 4 s to an hour, about doubled each time. */
#define SOLICIT_FIRST MNET_SEC(4)
#define SOLICIT_MAX MNET_SEC(3600)
/* RFC 4861 6.3.7: MAX_RTR_SOLICITATION_DELAY, so that hosts that start together do not ask
 * together. */
#define SOLICIT_DELAY_MS 1000u
/* RFC 8200 5: no link has less. */
#define MTU_MIN 1280u
/* RFC 4861 6.3.4 takes any; a forged 1 would confine us to the link. Paths are shorter than the
 * default of 64 (RFC 1700), and many routers advertise that. */
#define HOP_LIMIT_MIN 32u

static const struct mnet_cidr everywhere = {{{0}}, 0};
static const struct mnet_addr all_routers = {{0xff, 0x02, [15] = 2}};

/* ---- out ---- */

static void send_solicitation(struct mn_ip *ip, const struct mnet_addr *src)
{
    struct mn_env *env = ip->env;
    struct mn_pkt *pkt = mn_pkt_new(env);
    if (!pkt) /* the timer tries again */
        return;
    struct mn_ndp_opts opts = {.has_source_mac = true, .source_mac = *mn_link_mac(ip->link)};
    int32_t opts_len = mn_ndp_opts_len(&opts);
    struct mn_wr w = mn_pkt_push(env, pkt, (uint32_t)opts_len);
    mn_ndp_opts_write(&w, &opts);
    w = mn_pkt_push(env, pkt, MN_NDP_RS_LEN);
    struct mn_ndp_rs rs = {0};
    mn_ndp_rs_write(&w, &rs);
    uint32_t len = pkt->frame.len;
    mn_sum sum = mn_ip_pseudo_sum(src, &all_routers, MN_PROTO_ICMP6, len);
    w = mn_wr_over(pkt->frame.seg[0].at + MN_ICMP6_CSUM_OFFSET, 2);
    mn_wr_be16(&w, mn_sum_finish(mn_pkt_sum(pkt, 0, sum)));
    struct mn_ip_tx tx = {
        .src = *src, .dst = all_routers, .proto = MN_PROTO_ICMP6, .ttl = MN_NDP_HOP_LIMIT};
    (void)mn_ip_out(ip, pkt, &tx);
}

static const struct mn_ip6_own *ready_link_local(const struct mn_ip *ip)
{
    for (uint32_t i = 0; i < ip->v6.own_count; i++) {
        const struct mn_ip6_own *own = &ip->v6.own[i];
        if (own->origin == MN_IP6_LINK_LOCAL && mn_ip6_own_is_ready(ip, own))
            return own;
    }
    return NULL;
}

void mn_router_start(struct mn_ip *ip)
{
    ip->v6.solicit_after = 0;
    mnet_time delay = MNET_MS(mn_env_below(ip->env, SOLICIT_DELAY_MS));
    mn_env_arm(ip->env, &ip->v6.router_timer, ip->env->now + delay);
}

/* RFC 7559 2: RT = (2 + RAND) * RTprev, with RAND between -0.1 and 0.1; the first IRT + RAND * IRT.
 */
void mn_router_timer(struct mn_ip *ip)
{
    struct mn_ip6 *v6 = &ip->v6;
    mnet_time base = v6->solicit_after == 0 ? SOLICIT_FIRST : 2 * v6->solicit_after;
    mnet_time unit = v6->solicit_after == 0 ? SOLICIT_FIRST : v6->solicit_after;
    if (base > SOLICIT_MAX)
        base = unit = SOLICIT_MAX;
    uint32_t tenth_ms = (uint32_t)(unit / MNET_MS(10));
    v6->solicit_after = base - MNET_MS(tenth_ms) + MNET_MS(mn_env_below(ip->env, 2 * tenth_ms + 1));
    mn_env_arm(ip->env, &v6->router_timer, ip->env->now + v6->solicit_after);
    const struct mn_ip6_own *own = ready_link_local(ip);
    if (own)
        send_solicitation(ip, &own->addr);
}

/* ---- in ---- */

static mnet_time until(const struct mn_ip *ip, uint32_t seconds)
{
    return seconds == UINT32_MAX ? MNET_NEVER : ip->env->now + MNET_SEC(seconds);
}

/* RFC 8106 5.3.1: an entry is renewed, or takes a free or expired place; there is none for more. */
static void hear_server(struct mn_ip *ip, const struct mnet_addr *server, uint32_t lifetime_s)
{
    struct mn_ip6_dns *dns = &ip->v6.dns;
    unsigned place = MN_IP6_DNS_SERVERS;
    for (unsigned i = 0; i < MN_IP6_DNS_SERVERS; i++) {
        bool is_live = dns->server_until[i] > ip->env->now;
        if (is_live && mnet_addr_equal(&dns->server[i], server)) {
            place = i;
            break;
        }
        if (!is_live && place == MN_IP6_DNS_SERVERS)
            place = i;
    }
    if (place == MN_IP6_DNS_SERVERS)
        return;
    dns->server[place] = *server;
    dns->server_until[place] = lifetime_s > 0 ? until(ip, lifetime_s) : 0;
}

static void hear_domain(struct mn_ip *ip, const char *domain, uint32_t lifetime_s)
{
    struct mn_ip6_dns *dns = &ip->v6.dns;
    unsigned place = MN_IP6_DNS_DOMAINS;
    size_t len = strlen(domain);
    if (len == 0 || len >= MN_IP6_DOMAIN_MAX)
        return;
    for (unsigned i = 0; i < MN_IP6_DNS_DOMAINS; i++) {
        bool is_live = dns->domain_until[i] > ip->env->now;
        if (is_live && memcmp(dns->domain[i], domain, len + 1) == 0) {
            place = i;
            break;
        }
        if (!is_live && place == MN_IP6_DNS_DOMAINS)
            place = i;
    }
    if (place == MN_IP6_DNS_DOMAINS)
        return;
    memcpy(dns->domain[place], domain, len + 1);
    dns->domain_until[place] = lifetime_s > 0 ? until(ip, lifetime_s) : 0;
}

static void hear_dns(struct mn_ip *ip, const struct mn_ndp_opt *opt)
{
    struct mn_ndp_rdnss servers;
    struct mn_ndp_dnssl list;
    if (opt->type == MN_NDP_OPT_RDNSS && mn_ndp_rdnss_read(opt->data, &servers)) {
        for (unsigned i = 0; i < servers.count; i++)
            hear_server(ip, &servers.server[i], servers.lifetime_s);
    } else if (opt->type == MN_NDP_OPT_DNSSL && mn_ndp_dnssl_read(opt->data, &list)) {
        char domain[MN_NDP_DOMAIN_MAX];
        for (unsigned i = 0; i < MN_IP6_DNS_DOMAINS; i++) {
            if (mn_ndp_domain_next(&list.domains, domain) != MN_NDP_ONE)
                break;
            hear_domain(ip, domain, list.lifetime_s);
        }
    }
}

static void hear_option(struct mn_ip *ip, const struct mn_ndp_opt *opt,
                        const struct mnet_addr *router)
{
    struct mn_ndp_prefix prefix;
    struct mn_ndp_route route;
    switch (opt->type) {
    case MN_NDP_OPT_PREFIX:
        if (!mn_ndp_prefix_read(opt->data, &prefix))
            return;
        if (prefix.is_on_link)
            mn_ip6_prefix_heard(ip, &prefix.prefix, prefix.valid_s);
        if (prefix.is_autonomous)
            mn_ip6_addr_prefix(ip, &prefix.prefix, router, prefix.preferred_s, prefix.valid_s);
        return;
    case MN_NDP_OPT_ROUTE:
        /* RFC 4191 3.1: a route to everywhere counts as one more word on the router itself. */
        if (mn_ndp_route_read(opt->data, &route))
            mn_ip6_route_heard(ip, &route.net, router, route.preference, route.lifetime_s);
        return;
    default:
        hear_dns(ip, opt);
        return;
    }
}

/* RFC 4861 6.1.2 MUST: what makes an advertisement invalid, but for what the wire functions see. */
static mn_verdict check(const struct mn_ip_rx *rx)
{
    if (rx->ttl != MN_NDP_HOP_LIMIT)
        return MN_DROP(NDP_HOP_LIMIT);
    return mn_ip6_is_link_local(&rx->src) ? MN_DONE : MN_DROP(NDP_SOURCE);
}

static void hear_router(struct mn_ip *ip, const struct mn_ndp_ra *ra,
                        const struct mn_ndp_opts *opts, const struct mnet_addr *router)
{
    struct mn_ip6 *v6 = &ip->v6;
    if (ra->hop_limit >= HOP_LIMIT_MIN)
        v6->hop_limit = ra->hop_limit;
    mn_link_neigh_params(ip->link, ra->reachable_ms, ra->retrans_ms);
    if (opts->has_source_mac)
        mn_link_neigh_heard(ip->link, router, &opts->source_mac, true);
    mn_ip6_route_heard(ip, &everywhere, router, ra->preference, ra->router_lifetime_s);
    /* RFC 4861 6.3.4: not above what the link takes. */
    if (opts->has_mtu && opts->mtu >= MTU_MIN && opts->mtu <= mn_link_mtu(ip->link))
        v6->mtu = opts->mtu;
    /* RFC 7559 2.1: until a router answers that is one for us. */
    if (ra->router_lifetime_s > 0)
        mn_env_disarm(ip->env, &v6->router_timer);
}

mn_verdict mn_router_in(struct mn_ip *ip, struct mn_pkt *pkt, const struct mn_ip_rx *rx)
{
    struct mn_rd rd = mn_pkt_rd(pkt);
    struct mn_ndp_ra ra;
    struct mn_ndp_opts opts;
    struct mn_ndp_opt opt;
    mn_verdict verdict = check(rx);
    if (verdict != MN_DONE)
        return verdict;
    if (rd.end != (int32_t)pkt->frame.len || !mn_ndp_ra_read(&rd, &ra) ||
        !mn_ndp_opts_read(ra.options, &opts))
        return MN_DROP(NDP_BAD);
    hear_router(ip, &ra, &opts, &rx->src);
    for (int i = 0; i < MN_NDP_OPTIONS_MAX; i++) {
        if (mn_ndp_opt_next(&ra.options, &opt) != MN_NDP_ONE)
            break;
        hear_option(ip, &opt, &rx->src);
    }
    return MN_DONE;
}

/* RFC 4861 8.1 MUST: the target is the destination itself, a neighbour, or a router's link-local
 * address. */
mn_verdict mn_redirect_in(struct mn_ip *ip, struct mn_pkt *pkt, const struct mn_ip_rx *rx)
{
    struct mn_rd rd = mn_pkt_rd(pkt);
    struct mn_ndp_redirect redirect;
    struct mn_ndp_opts opts;
    mn_verdict verdict = check(rx);
    if (verdict != MN_DONE)
        return verdict;
    if (rd.end != (int32_t)pkt->frame.len || !mn_ndp_redirect_read(&rd, &redirect) ||
        !mn_ndp_opts_read(redirect.options, &opts))
        return MN_DROP(NDP_BAD);
    bool is_on_link = mnet_addr_equal(&redirect.target, &redirect.dst);
    if (!is_on_link && !mn_ip6_is_link_local(&redirect.target))
        return MN_DROP(NDP_BAD);
    if (!mn_ip6_redirect_heard(ip, &rx->src, &redirect.dst, &redirect.target))
        return MN_DROP(REDIRECT_REFUSED);
    if (opts.has_target_mac)
        mn_link_neigh_heard(ip->link, &redirect.target, &opts.target_mac, !is_on_link);
    return MN_DONE;
}
