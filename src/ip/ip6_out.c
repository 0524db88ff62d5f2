/* SPDX-License-Identifier: ISC
 *
 * An IPv6 packet's way out: next hop, source, header, and what to do with one that is larger than
 * the path takes. RFC 8200 3, 4.5 and 5, RFC 6437, RFC 8201.
 *
 * Only the source may cut (RFC 8200 5), so every packet is one that fits, or a fragment. A datagram
 * is named by 32 random bits: nobody who sees some of them can tell the next, and two that are on
 * their way at the same time are alike once in four thousand million (RFC 7739 5.2). All packets of
 * a flow have one label, a keyed hash of its ends, so that routers can spread flows without reading
 * on (RFC 6437 3). */
#include <ip/ip_state.h>

#define HOP_LIMIT_GROUP 1u /* RFC 3493 5.2 */
#define LABEL_MASK 0xfffffu

/* Ends of a flow: two addresses, two ports, a protocol. */
#define FLOW_LEN 37

uint32_t mn_ip_flow_label(const struct mn_ip *ip, const struct mn_flow *of)
{
    uint8_t flow[FLOW_LEN] = {0};
    struct mn_wr wr = mn_wr_over(flow, sizeof flow);
    if (mnet_addr_is_v4(&of->dst))
        return 0;
    mn_ip6_addr_write(&wr, &of->src);
    mn_ip6_addr_write(&wr, &of->dst);
    mn_wr_be32(&wr, of->ports);
    mn_wr_u8(&wr, of->proto);
    uint32_t label = (uint32_t)mn_siphash24(&ip->env->hash_key, flow, sizeof flow) & LABEL_MASK;
    return label != 0 ? label : 1; /* RFC 6437 2: zero says that there is none */
}

static uint32_t label_of(const struct mn_ip *ip, const struct mn_pkt *pkt,
                         const struct mn_ip6_hdr *hdr)
{
    struct mn_rd rd = mn_pkt_rd(pkt);
    bool has_ports = hdr->next == MN_PROTO_TCP || hdr->next == MN_PROTO_UDP;
    struct mn_flow flow = {hdr->src, hdr->dst, has_ports ? mn_rd_be32(&rd) : 0, hdr->next};
    return mn_ip_flow_label(ip, &flow);
}

void mn_ip6_header_push(struct mn_env *env, struct mn_pkt *pkt, struct mn_ip6_hdr hdr)
{
    MN_ASSERT(pkt->frame.len <= UINT16_MAX);
    hdr.payload_len = (uint16_t)pkt->frame.len;
    struct mn_wr wr = mn_pkt_push(env, pkt, MN_IP6_HDR_LEN);
    mn_ip6_hdr_write(&wr, &hdr);
    pkt->l3_len = MN_IP6_HDR_LEN;
}

static mnet_err refuse(struct mn_ip *ip, struct mn_pkt *pkt, enum mnet_drop reason, mnet_err err)
{
    mn_pkt_drop(ip->env, pkt, reason);
    return err;
}

/* RFC 3493 5.2: a group that we are in gets a copy of what we send to it. */
static void loop_copy(struct mn_ip *ip, const struct mn_pkt *pkt, const struct mn_ip6_hdr *hdr)
{
    struct mn_pkt *copy = mn_ip_copy(ip->env, pkt);
    if (!copy)
        return;
    mn_ip6_header_push(ip->env, copy, *hdr);
    (void)mn_ip_loop(ip, copy);
}

static mnet_err send_fragments(struct mn_ip *ip, struct mn_pkt *pkt, const struct mn_ip6_hdr *hdr,
                               uint32_t mtu, const struct mn_ip6_hop *hop)
{
    struct mn_pktq queue = {0};
    mnet_err err = mn_ip6_split(ip->env, pkt, hdr, mn_env_random32(ip->env), mtu, &queue);
    ip->env->stats.ip_fragments_tx += queue.count;
    while ((pkt = mn_pktq_pop(&queue)) != NULL) {
        mnet_err sent = mn_link_out(ip->link, pkt, &hop->next, false);
        if (err == MNET_OK)
            err = sent;
    }
    return err;
}

static mnet_err send_by(struct mn_ip *ip, struct mn_pkt *pkt, const struct mn_ip6_hdr *hdr,
                        const struct mn_ip_tx *tx, const struct mn_ip6_hop *hop)
{
    uint32_t len = pkt->frame.len + MN_IP6_HDR_LEN;
    bool is_cut_below = pkt->frame.gso != MNET_GSO_NONE;
    uint32_t mtu = is_cut_below       ? mn_link_gso_max(ip->link)
                   : tx->is_mtu_probe ? mn_ip_link_mtu(ip, &tx->dst)
                                      : mn_ip_pmtu(ip, &tx->dst);
    if (len > mtu && (tx->dont_fragment || is_cut_below))
        return refuse(ip, pkt, MNET_DROP_IP_TOO_BIG, MNET_ERR_MSG_SIZE);
    if (hop->is_group && mn_ip_group_is_joined(ip, &hdr->dst))
        loop_copy(ip, pkt, hdr);
    /* RFC 4291 2.7: what is for this host's own groups does not leave it. */
    if (hop->is_group && mn_ip6_scope(&hdr->dst) <= MN_IP6_SCOPE_INTERFACE) {
        mn_pkt_free(ip->env, pkt);
        return MNET_OK;
    }
    if (len > mtu)
        return send_fragments(ip, pkt, hdr, mtu, hop);
    mn_ip6_header_push(ip->env, pkt, *hdr);
    return mn_link_out(ip->link, pkt, &hop->next, false);
}

/* RFC 4862 5.4: a source is an own address that is ready; ::1 stays inside. */
static bool may_be_source(struct mn_ip *ip, const struct mnet_addr *src,
                          const struct mn_ip6_hop *hop)
{
    if (mnet_addr_is_loopback(src))
        return hop->is_local;
    const struct mn_ip6_own *own = mn_ip6_own_find(ip, src);
    return own && mn_ip6_own_is_ready(ip, own);
}

static mnet_err find_source(struct mn_ip *ip, const struct mn_ip_tx *tx,
                            const struct mn_ip6_hop *hop, struct mnet_addr *src)
{
    *src = tx->src;
    if (tx->is_unspecified)
        return MNET_OK;
    if (mnet_addr_is_any(src))
        return mn_ip6_source(ip, &tx->dst, hop, src) ? MNET_OK : MNET_ERR_NET_UNREACH;
    return may_be_source(ip, src, hop) ? MNET_OK : MNET_ERR_ADDR_NOT_AVAIL;
}

mnet_err mn_ip6_out(struct mn_ip *ip, struct mn_pkt *pkt, const struct mn_ip_tx *tx)
{
    struct mn_ip6_hop hop;
    struct mn_ip6_hdr hdr = {.dst = tx->dst, .next = tx->proto, .traffic_class = tx->tos};
    if (!ip->v6.is_on || !mn_ip6_hop_find(ip, &tx->dst, &hop))
        return refuse(ip, pkt, MNET_DROP_IP_NO_ROUTE, MNET_ERR_NET_UNREACH);
    mnet_err err = find_source(ip, tx, &hop, &hdr.src);
    if (err != MNET_OK)
        return refuse(ip, pkt, MNET_DROP_IP_NO_ROUTE, err);
    if (pkt->frame.len > UINT16_MAX)
        return refuse(ip, pkt, MNET_DROP_IP_TOO_BIG, MNET_ERR_MSG_SIZE);
    hdr.hop_limit = tx->ttl != 0 ? tx->ttl : hop.is_group ? HOP_LIMIT_GROUP : ip->v6.hop_limit;
    hdr.flow_label = tx->flow_label != 0 ? tx->flow_label : label_of(ip, pkt, &hdr);
    ip->env->stats.ip_tx++;
    if (!hop.is_local)
        return send_by(ip, pkt, &hdr, tx, &hop);
    mn_ip6_header_push(ip->env, pkt, hdr);
    return mn_ip_loop(ip, pkt);
}
