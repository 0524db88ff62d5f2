/* SPDX-License-Identifier: ISC
 *
 * Neighbour solicitations and advertisements, RFC 4861 7.1 and 7.2: what others ask and tell, and
 * how we ask and answer.
 *
 * One message on its way in:
 *   1. from beyond the link, malformed, or from an address that no host can have: dropped;
 *   2. a solicitation for an address of ours that is ready is answered, and whoever asked is kept
 *      in the table: it is about to talk to us. From :: it is answered to all;
 *   3. one from :: for an address that is not ready yet is a matter of dad.c, as is an
 *      advertisement of an address of ours;
 *   4. an advertisement brings the entry of its target up to date, if there is one. It makes none,
 *      so a flood of them changes nothing, and no other entry is touched.
 *
 * A message is built whole here, with its IPv6 header and its checksum: it is small, rare, and must
 * not depend on routes or on what IP thinks of its source.
 *
 * Every message is a first range by itself: one in fragments must be ignored (RFC 6980 5), and ip/
 * does not hand those down. */
#include <base/assert.h>
#include <link/link_state.h>
#include <string.h>
#include <wire/ip6_hdr.h>
#include <wire/ndp_hdr.h>

static const struct mnet_addr all_nodes = {{0xff, 0x02, [15] = 1}};   /* RFC 4291 2.7.1 */
static const struct mnet_addr all_routers = {{0xff, 0x02, [15] = 2}}; /* RFC 4291 2.7.1 */

/* RFC 4291 2.7.1: ff02::1:ff00:0/104, then the last 24 bits of an address. */
static const struct mnet_cidr solicited_nodes = {{{0xff, 0x02, [11] = 0x01, [12] = 0xff}}, 104};

static struct mnet_addr solicited_node(const struct mnet_addr *addr)
{
    struct mnet_addr group = solicited_nodes.addr;
    memcpy(group.bytes + 13, addr->bytes + 13, 3);
    return group;
}

/* ---- out ---- */

/* The own ready address that has the most leading bits in common with `target`: so link-local asks
 * for link-local. NULL if there is none. */
static const struct mnet_addr *nearest(const struct mn_link *link, const struct mnet_addr *target)
{
    const struct mnet_addr *best = NULL;
    uint8_t best_differs[sizeof target->bytes] = {0};
    for (unsigned i = 0; i < link->own_end; i++) {
        const struct mn_link_own *own = &link->own[i];
        if (own->state != MN_OWN_READY || mnet_addr_is_v4(&own->addr))
            continue;
        uint8_t differs[sizeof best_differs];
        for (unsigned k = 0; k < sizeof differs; k++)
            differs[k] = own->addr.bytes[k] ^ target->bytes[k];
        if (best && memcmp(differs, best_differs, sizeof differs) >= 0)
            continue;
        best = &own->addr;
        memcpy(best_differs, differs, sizeof differs);
    }
    return best;
}

/* RFC 4861 7.2.2: the source of the packet that waits, if that is ours, so that the neighbour knows
 * where to send the answer to it. */
static struct mnet_addr source(const struct mn_link *link, const struct mnet_addr *target,
                               const struct mn_pkt *prompt)
{
    struct mn_ip6_hdr ip;
    if (prompt) {
        struct mn_rd r = mn_pkt_rd(prompt);
        if (mn_ip6_hdr_read(&r, prompt->frame.len, &ip) == MN_IP6_OK &&
            mn_link_addr_is_ready(link, &ip.src))
            return ip.src;
    }
    const struct mnet_addr *near = nearest(link, target);
    return near ? *near : mnet_addr_any();
}

/* A message to send; both kinds have the same length. */
struct message {
    bool is_advert;
    struct mn_ndp_na na; /* an advertisement... */
    struct mn_ndp_ns ns; /* ...or a solicitation */
    struct mn_ndp_opts opts;
    struct mnet_addr src, dst; /* of the packet */
};

/* RFC 4443 2.3: over the pseudo header of RFC 8200 8.1 and the whole message. */
static uint16_t checksum_of(const struct message *m, const uint8_t *at, uint32_t len)
{
    mn_sum sum = mn_sum_add(0, m->src.bytes, sizeof m->src.bytes);
    sum = mn_sum_add(sum, m->dst.bytes, sizeof m->dst.bytes);
    sum = mn_sum_add16(mn_sum_add16(sum, (uint16_t)len), MN_PROTO_ICMP6);
    return mn_sum_finish(mn_sum_add(sum, at, len));
}

/* The whole IPv6 packet; NULL when out of memory. */
static struct mn_pkt *build(struct mn_link *link, const struct message *m)
{
    struct mn_pkt *pkt = mn_pkt_new(link->env);
    if (!pkt) {
        mn_env_count_drop(link->env, MNET_DROP_TX_NO_MEMORY);
        return NULL;
    }
    uint32_t len = MN_NDP_NS_LEN + (uint32_t)mn_ndp_opts_len(&m->opts);
    struct mn_wr w = mn_pkt_push(link->env, pkt, len);
    if (m->is_advert)
        mn_ndp_na_write(&w, &m->na);
    else
        mn_ndp_ns_write(&w, &m->ns);
    mn_ndp_opts_write(&w, &m->opts);
    MN_ASSERT(mn_wr_ok(&w));
    struct mn_wr sum = mn_wr_over(w.base + MN_ICMP6_CSUM_OFFSET, 2);
    mn_wr_be16(&sum, checksum_of(m, w.base, len));

    const struct mn_ip6_hdr ip = {.payload_len = (uint16_t)len,
                                  .next = MN_PROTO_ICMP6,
                                  .hop_limit = MN_NDP_HOP_LIMIT,
                                  .src = m->src,
                                  .dst = m->dst};
    w = mn_pkt_push(link->env, pkt, MN_IP6_HDR_LEN);
    mn_ip6_hdr_write(&w, &ip);
    return pkt;
}

/* Sends a message to the one at `mac`; NULL: to its group, or to where the table says. False: out
 * of memory. */
static bool send(struct mn_link *link, const struct message *m, const struct mnet_mac *mac)
{
    struct mn_pkt *pkt = build(link, m);
    if (!pkt)
        return false;
    if (m->is_advert)
        link->env->stats.ndp_adverts_sent++;
    else
        link->env->stats.ndp_solicits_sent++;
    if (mac)
        mn_ether_out(link, pkt, mac, MN_ETHERTYPE_IP6);
    else
        (void)!mn_link_out(link, pkt, &m->dst, false); /* a failure is counted there */
    return true;
}

void mn_ndp_solicit(struct mn_link *link, const struct mnet_addr *target,
                    const struct mnet_mac *mac, const struct mn_pkt *prompt)
{
    const struct message m = {.ns.target = *target,
                              .opts = {.has_source_mac = true, .source_mac = link->mac},
                              .src = source(link, target, prompt),
                              .dst = mac ? *target : solicited_node(target)};
    /* From :: it would be taken for duplicate address detection. */
    if (!mnet_addr_is_any(&m.src))
        (void)send(link, &m, mac);
}

bool mn_ndp_probe(struct mn_link *link, const struct mnet_addr *target, const uint8_t *nonce)
{
    struct message m = {
        .ns.target = *target, .opts.has_nonce = true, .dst = solicited_node(target)};
    memcpy(m.opts.nonce, nonce, sizeof m.opts.nonce);
    return send(link, &m, NULL);
}

/* Advertises the own address na->target. RFC 4861 7.2.4: our place is always in it. */
static void advertise(struct mn_link *link, const struct mn_ndp_na *na, const struct mnet_addr *dst,
                      const struct mnet_mac *mac)
{
    const struct message m = {.is_advert = true,
                              .na = *na,
                              .opts = {.has_target_mac = true, .target_mac = link->mac},
                              .src = na->target,
                              .dst = *dst};
    (void)send(link, &m, mac);
}

void mn_ndp_announce(struct mn_link *link, const struct mnet_addr *addr)
{
    const struct mn_ndp_na na = {.target = *addr};
    advertise(link, &na, &all_routers, NULL);
}

/* ---- in ---- */

/* Whether a host can be at `mac`: not a group, not nowhere, not ourselves (a reflection). */
static bool is_host_mac(const struct mn_link *link, const struct mnet_mac *mac)
{
    static const struct mnet_mac nowhere;
    return !mn_mac_is_group(mac) && memcmp(mac, &nowhere, sizeof *mac) != 0 &&
           memcmp(mac, &link->mac, sizeof *mac) != 0;
}

/* The entry of an address that is ours or about to be; NULL otherwise: what another host was found
 * to have is that host's. */
static struct mn_link_own *ours(struct mn_link *link, const struct mnet_addr *addr)
{
    struct mn_link_own *own = mn_own_find(link, addr);
    return own && own->state != MN_OWN_CONFLICT ? own : NULL;
}

/* RFC 4861 7.2.3. */
static mn_verdict solicit_in(struct mn_link *link, struct mn_rd *r, const struct mn_ndp_rx *rx)
{
    struct mn_ndp_ns ns;
    struct mn_ndp_opts opts;
    if (!mn_ndp_ns_read(r, &ns) || !mn_ndp_opts_read(ns.options, &opts))
        return MN_DROP(NDP_BAD);
    bool is_probe = mnet_addr_is_any(&rx->src);
    /* RFC 4861 7.1.1: what one from :: must be like. */
    if (is_probe && (!mnet_cidr_contains(&solicited_nodes, &rx->dst) || opts.has_source_mac))
        return MN_DROP(NDP_BAD);
    const struct mnet_mac *mac = opts.has_source_mac ? &opts.source_mac : NULL;
    /* Whoever asks from an address of ours must not come into the table with it. */
    if ((mac && !is_host_mac(link, mac)) || ours(link, &rx->src))
        return MN_DROP(NDP_SOURCE);

    struct mn_link_own *own = ours(link, &ns.target);
    if (own && own->state == MN_OWN_PROBING && is_probe) {
        mn_dad_probed(link, own, opts.has_nonce ? opts.nonce : NULL);
        return MN_DONE;
    }
    if (!own || own->state != MN_OWN_READY)
        return MN_DROP(NDP_NOT_OURS);
    if (mac)
        mn_link_neigh_heard(link, &rx->src, mac, false);
    const struct mn_ndp_na na = {
        .target = own->addr, .is_solicited = !is_probe, .is_override = true};
    advertise(link, &na, is_probe ? &all_nodes : &rx->src, mac);
    return MN_DONE;
}

/* RFC 4861 7.2.5. */
static mn_verdict advert_in(struct mn_link *link, struct mn_rd *r, const struct mn_ndp_rx *rx)
{
    struct mn_ndp_na na;
    struct mn_ndp_opts opts;
    if (!mn_ndp_na_read(r, &na) || !mn_ndp_opts_read(na.options, &opts))
        return MN_DROP(NDP_BAD);
    /* RFC 4861 7.1.2: an answer goes to whoever has asked. */
    if (na.is_solicited && mnet_addr_is_multicast(&rx->dst))
        return MN_DROP(NDP_BAD);
    const struct mnet_mac *mac = opts.has_target_mac ? &opts.target_mac : NULL;
    if (mnet_addr_is_any(&rx->src) || (mac && !is_host_mac(link, mac)))
        return MN_DROP(NDP_SOURCE);

    struct mn_link_own *own = ours(link, &na.target);
    if (own) {
        mn_dad_advertised(link, own, mac);
        return MN_DONE;
    }
    const struct mn_neigh_advert advert = {.mac = mac,
                                           .is_router = na.is_router,
                                           .is_solicited = na.is_solicited,
                                           .is_override = na.is_override};
    return mn_neigh_advertised(link, &na.target, &advert) ? MN_DONE : MN_DROP(NDP_UNASKED);
}

mn_verdict mn_ndp_in(struct mn_link *link, struct mn_pkt *pkt, const struct mn_ndp_rx *rx)
{
    /* RFC 4861 7.1.1, 7.1.2: no router has forwarded it. */
    if (rx->hop_limit != MN_NDP_HOP_LIMIT)
        return MN_DROP(NDP_HOP_LIMIT);
    if (pkt->frame.len != pkt->frame.seg[0].len)
        return MN_DROP(NDP_BAD);
    if (mnet_addr_is_multicast(&rx->src))
        return MN_DROP(NDP_SOURCE);
    struct mn_rd r = mn_pkt_rd(pkt), type = r;
    return mn_rd_u8(&type) == MN_ICMP6_NEIGH_SOLICIT ? solicit_in(link, &r, rx)
                                                     : advert_in(link, &r, rx);
}
