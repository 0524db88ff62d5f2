/* SPDX-License-Identifier: ISC
 *
 * An IPv4 packet's way out: next hop, source, header, and what to do with one that is larger than
 * the path takes. RFC 791 3.2, RFC 1122 3.2.1 and 3.3, RFC 1191.
 *
 * What fits leaves whole and with DF, so that a router which cannot pass it says so; its
 * identification means nothing and is 0 (RFC 6864 4.1). Only fragments, and packets which routers
 * may cut, have one. Large sends that the device or link/ will cut into segments (gso) fit by
 * definition. Packets to ourselves go into a bounded queue, out of which stack/ feeds them back in;
 * their checksum may stay unfinished, as nothing on the way can damage them. */
#include <ip/ip_state.h>

/* RFC 1700 "IP TIME TO LIVE": 64; RFC 1112 6.1: 1 for multicast, unless asked for. */
#define TTL 64u
#define TTL_MULTICAST 1u

/* RFC 6864 4.3 MUST: not repeated within a datagram's life; RFC 7739 5.3: nor to be guessed. A
 * keyed offset for each destination, and a counter that few destinations share. */
uint16_t mn_ip_ids(struct mn_ip *ip, uint32_t src, uint32_t dst, uint8_t proto, uint32_t count)
{
    const uint32_t key[3] = {src, dst, proto};
    uint64_t hash = mn_siphash24(&ip->env->hash_key, key, sizeof key);
    uint16_t *counter = &ip->id[(hash >> 32) % MN_IP_IDS];
    uint16_t first = (uint16_t)((uint16_t)hash + *counter);
    *counter = (uint16_t)(*counter + count);
    return first;
}

void mn_ip_header_push(struct mn_env *env, struct mn_pkt *pkt, struct mn_ip4_hdr hdr)
{
    struct mnet_frame *frame = &pkt->frame;
    struct mn_wr wr = mn_pkt_push(env, pkt, MN_IP4_HDR_LEN_MIN);
    struct mn_wr field = mn_wr_over(wr.base + MN_IP4_CSUM_OFFSET, 2);
    MN_ASSERT(frame->len <= UINT16_MAX);
    hdr.header_len = MN_IP4_HDR_LEN_MIN;
    hdr.total_len = (uint16_t)frame->len;
    hdr.checksum = 0;
    mn_ip4_hdr_write(&wr, &hdr);
    mn_wr_be16(&field, mn_sum_finish(mn_sum_add(0, wr.base, MN_IP4_HDR_LEN_MIN)));
    MN_ASSERT(mn_wr_ok(&wr) && mn_wr_ok(&field));
    pkt->l3_len = MN_IP4_HDR_LEN_MIN;
}

/* Pieces that a large send will be cut into. */
static uint32_t pieces(const struct mnet_frame *frame)
{
    if (frame->gso == MNET_GSO_NONE || frame->gso_size == 0)
        return 1;
    uint32_t payload = frame->len - frame->gso_hdr_len;
    return payload <= frame->gso_size ? 1 : (payload - 1) / frame->gso_size + 1;
}

/* ---- to ourselves ---- */

mnet_err mn_ip_loop(struct mn_ip *ip, struct mn_pkt *pkt)
{
    struct mn_env *env = ip->env;
    if (ip->loopback.count >= MN_IP_LOOPBACK_MAX) {
        mn_pkt_drop(env, pkt, MNET_DROP_TX_DEVICE_FULL);
        return MNET_OK; /* lost on the way, like on any link */
    }
    pkt->gso_count = (uint16_t)pieces(&pkt->frame);
    pkt->is_loopback = 1;
    mn_pktq_push(&ip->loopback, pkt);
    return MNET_OK;
}

struct mn_pkt *mn_ip_loopback(struct mn_ip *ip)
{
    return mn_pktq_pop(&ip->loopback);
}

bool mn_ip_has_loopback(const struct mn_ip *ip)
{
    return ip->loopback.head != NULL;
}

struct mn_pkt *mn_ip_copy(struct mn_env *env, const struct mn_pkt *pkt)
{
    const struct mnet_frame *frame = &pkt->frame;
    struct mn_pkt *copy = mn_pkt_new(env);
    if (!copy) {
        mn_env_count_drop(env, MNET_DROP_TX_NO_MEMORY);
        return NULL;
    }
    bool is_good = mn_pkt_append(env, copy, frame->seg[0].at, frame->seg[0].len);
    for (unsigned i = 1; is_good && i < frame->seg_count; i++)
        is_good = mn_pkt_add(env, copy, frame->seg[i].at, frame->seg[i].len);
    if (!is_good) {
        mn_pkt_drop(env, copy, MNET_DROP_TX_NO_MEMORY);
        return NULL;
    }
    copy->frame.csum = frame->csum;
    copy->frame.csum_start = frame->csum_start;
    copy->frame.csum_offset = frame->csum_offset;
    return copy;
}

/* RFC 1112 6.1: a group that we are in gets a copy of what we send to it. */
static void loop_copy(struct mn_ip *ip, const struct mn_pkt *pkt, const struct mn_ip4_hdr *hdr)
{
    struct mn_pkt *copy = mn_ip_copy(ip->env, pkt);
    if (!copy)
        return;
    mn_ip_header_push(ip->env, copy, *hdr);
    (void)mn_ip_loop(ip, copy);
}

/* ---- to the link ---- */

static mnet_err send_fragments(struct mn_ip *ip, struct mn_pkt *pkt, struct mn_ip4_hdr *hdr,
                               uint32_t mtu, const struct mn_ip_hop *hop)
{
    struct mn_pktq queue = {0};
    struct mnet_addr next = mnet_addr_v4(hop->next);
    hdr->dont_fragment = false;
    hdr->id = mn_ip_ids(ip, hdr->src, hdr->dst, hdr->proto, 1);
    mnet_err err = mn_ip_split(ip->env, pkt, hdr, mtu, &queue);
    ip->env->stats.ip_fragments_tx += queue.count;
    while ((pkt = mn_pktq_pop(&queue)) != NULL) {
        mnet_err sent = mn_link_out(ip->link, pkt, &next, hop->is_broadcast);
        if (err == MNET_OK)
            err = sent;
    }
    return err;
}

static mnet_err send_by(struct mn_ip *ip, struct mn_pkt *pkt, struct mn_ip4_hdr *hdr,
                        const struct mn_ip_tx *tx, const struct mn_ip_hop *hop)
{
    bool may_set_df;
    uint32_t len = pkt->frame.len + MN_IP4_HDR_LEN_MIN;
    uint32_t mtu = mn_ip_path_mtu(ip, &tx->dst, &may_set_df);
    bool is_cut_below = pkt->frame.gso != MNET_GSO_NONE;
    if (tx->is_mtu_probe) {
        mtu = mn_ip_link_mtu(ip, &tx->dst);
        may_set_df = true;
    } else if (is_cut_below) {
        mtu = mn_link_gso_max(ip->link);
    }
    if (len > mtu && (tx->dont_fragment || is_cut_below || len > UINT16_MAX)) {
        mn_pkt_drop(ip->env, pkt, MNET_DROP_IP_TOO_BIG);
        return MNET_ERR_MSG_SIZE;
    }
    if (mn_ip4_is_multicast(hdr->dst) && mn_ip_group_is_joined(ip, &tx->dst))
        loop_copy(ip, pkt, hdr);
    if (len > mtu)
        return send_fragments(ip, pkt, hdr, mtu, hop);

    hdr->dont_fragment = may_set_df && !tx->may_fragment;
    if (!hdr->dont_fragment)
        hdr->id = mn_ip_ids(ip, hdr->src, hdr->dst, hdr->proto, pieces(&pkt->frame));
    mn_ip_header_push(ip->env, pkt, *hdr);
    struct mnet_addr next = mnet_addr_v4(hop->next);
    return mn_link_out(ip->link, pkt, &next, hop->is_broadcast);
}

/* RFC 1122 3.2.1.3 MUST: a source is an own address that is ready; 127/8 stays inside. */
static bool may_be_source(struct mn_ip *ip, uint32_t src, const struct mn_ip_hop *hop)
{
    if (mn_ip4_is_loopback(src))
        return hop->is_local;
    const struct mn_ip_own *own = mn_ip_own_find(ip, src);
    return own && mn_ip_own_is_ready(ip, own);
}

static mnet_err out4(struct mn_ip *ip, struct mn_pkt *pkt, const struct mn_ip_tx *tx)
{
    struct mn_ip_hop hop;
    struct mn_ip4_hdr hdr = {.dst = mnet_addr_to_v4(&tx->dst), .proto = tx->proto, .tos = tx->tos};
    bool is_source_given = !mnet_addr_is_any(&tx->src);
    if (!mn_ip_hop_find(ip, hdr.dst, &hop) ||
        (!is_source_given && !mn_ip_source4(ip, hdr.dst, &hop, &hdr.src))) {
        mn_pkt_drop(ip->env, pkt, MNET_DROP_IP_NO_ROUTE);
        return MNET_ERR_NET_UNREACH;
    }
    if (is_source_given) {
        hdr.src = mnet_addr_to_v4(&tx->src);
        if (!may_be_source(ip, hdr.src, &hop)) {
            mn_pkt_drop(ip->env, pkt, MNET_DROP_IP_NO_ROUTE);
            return MNET_ERR_ADDR_NOT_AVAIL;
        }
    }
    hdr.ttl = tx->ttl != 0 ? tx->ttl : mn_ip4_is_multicast(hdr.dst) ? TTL_MULTICAST : TTL;
    ip->env->stats.ip_tx++;
    if (!hop.is_local)
        return send_by(ip, pkt, &hdr, tx, &hop);
    if (pkt->frame.len + MN_IP4_HDR_LEN_MIN > UINT16_MAX) {
        mn_pkt_drop(ip->env, pkt, MNET_DROP_IP_TOO_BIG);
        return MNET_ERR_MSG_SIZE;
    }
    hdr.dont_fragment = true;
    mn_ip_header_push(ip->env, pkt, hdr);
    return mn_ip_loop(ip, pkt);
}

mnet_err mn_ip_out(struct mn_ip *ip, struct mn_pkt *pkt, const struct mn_ip_tx *tx)
{
    return mnet_addr_is_v4(&tx->dst) ? out4(ip, pkt, tx) : mn_ip6_out(ip, pkt, tx);
}

mn_sum mn_ip_pseudo_sum(const struct mnet_addr *src, const struct mnet_addr *dst, uint8_t proto,
                        uint32_t len)
{
    /* An IPv4 address is the last four bytes of its mapped form; RFC 8200 8.1 has all sixteen. */
    size_t skip = mnet_addr_is_v4(src) ? 12 : 0;
    mn_sum sum = mn_sum_add(0, src->bytes + skip, 16 - skip);
    sum = mn_sum_add(sum, dst->bytes + skip, 16 - skip);
    sum = mn_sum_add16(sum, proto);
    sum = mn_sum_add16(sum, (uint16_t)(len >> 16));
    return mn_sum_add16(sum, (uint16_t)len);
}
