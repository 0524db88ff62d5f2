/* SPDX-License-Identifier: ISC
 *
 * An IPv4 packet's way in: RFC 791 3.2, RFC 1122 3.2.1.
 *
 * In this order: is it a header (version, lengths, checksum), may it be from where it says, is it
 * for us, do its options ask for anything that is refused, is it whole. This is a host: a packet
 * for anybody else is dropped, never forwarded. */
#include <ip/ip_state.h>
#include <wire/ip4_opts.h>

static mn_verdict read_header(struct mn_pkt *pkt, struct mn_ip4_hdr *hdr)
{
    struct mn_rd rd = mn_pkt_rd(pkt);
    switch (mn_ip4_hdr_read(&rd, pkt->frame.len, hdr)) {
    case MN_IP4_OK:
        break;
    case MN_IP4_SHORT:
        return MN_DROP(IP4_SHORT);
    case MN_IP4_BAD_VERSION:
        /* RFC 1122 3.2.1.1 MUST: silently discarded. */
        return MN_DROP(IP4_VERSION);
    case MN_IP4_BAD_HEADER_LEN:
        return MN_DROP(IP4_HEADER_LEN);
    }
    /* RFC 1122 3.2.1.2 MUST: the header checksum is verified. */
    if (mn_sum_fold(mn_sum_add(0, rd.base, hdr->header_len)) != UINT16_MAX)
        return MN_DROP(IP4_CHECKSUM);
    return MN_DONE;
}

/* RFC 1122 3.2.1.3 MUST: a source must be a single host, and one that is not us. */
static mn_verdict check_source(struct mn_ip *ip, uint32_t src, uint32_t dst)
{
    if (mn_ip4_is_loopback(src) || mn_ip4_is_loopback(dst))
        return MN_DROP(IP4_LOOPBACK);
    /* A host without an address yet asks everybody for one: RFC 2131 4.1. */
    if (src == 0 && dst == MN_IP4_BROADCAST)
        return MN_DONE;
    if (mn_ip4_is_this_net(src) || mn_ip4_is_multicast(src) || mn_ip4_is_reserved(src) ||
        mn_ip_is_broadcast4(ip, src) || mn_ip_own_find(ip, src))
        return MN_DROP(IP4_SOURCE_BAD);
    return MN_DONE;
}

/* RFC 1122 3.2.1.3 MUST: for one of our addresses, or for a group that we are in. */
static bool is_for_us(struct mn_ip *ip, const struct mn_pkt *pkt, uint32_t dst, bool *is_group)
{
    *is_group = false;
    struct mn_ip_own *own = mn_ip_own_find(ip, dst);
    if (own)
        return own->is_ready || (own->is_ready = mn_ip_own_is_ready(ip, own));
    if (mn_ip4_is_loopback(dst))
        return pkt->is_loopback;
    *is_group = true;
    if (mn_ip4_is_multicast(dst)) {
        struct mnet_addr group = mnet_addr_v4(dst);
        return mn_ip_group_is_joined(ip, &group);
    }
    return mn_ip_is_broadcast4(ip, dst);
}

static mn_verdict check_options(const struct mn_ip4_hdr *hdr)
{
    struct mn_ip4_opts opts;
    if (!mn_ip4_opts_read(hdr->options, &opts))
        return MN_DROP(IP4_OPTION_BAD);
    /* RFC 7126 4.3, 4.4: source routes serve to get around filters, and are refused by default. */
    return opts.has_source_route ? MN_DROP(IP4_SOURCE_ROUTE) : MN_DONE;
}

static mn_verdict fragment(struct mn_ip *ip, struct mn_pkt *pkt, const struct mn_ip4_hdr *hdr,
                           struct mn_ip_rx *rx)
{
    struct mn_frag_part part = {.src = rx->src,
                                .dst = rx->dst,
                                .id = hdr->id,
                                .proto = hdr->proto,
                                .offset = hdr->frag_offset,
                                .more = hdr->more_fragments};
    return mn_frag_in(ip, pkt, &part, rx);
}

mn_verdict mn_ip4_in(struct mn_ip *ip, struct mn_pkt **in, struct mn_ip_rx *rx)
{
    struct mn_pkt *pkt = *in;
    struct mn_ip4_hdr hdr;
    ip->env->stats.ip_rx++;
    mn_verdict verdict = read_header(pkt, &hdr);
    if (verdict != MN_DONE)
        return verdict;
    if (!pkt->is_loopback && (verdict = check_source(ip, hdr.src, hdr.dst)) != MN_DONE)
        return verdict;
    bool is_group;
    if (!is_for_us(ip, pkt, hdr.dst, &is_group))
        return MN_DROP(IP4_NOT_OURS);
    if (hdr.header_len > MN_IP4_HDR_LEN_MIN && (verdict = check_options(&hdr)) != MN_DONE)
        return verdict;

    /* RFC 1122 3.2.1: what is behind the total length is padding of the link. */
    mn_pkt_limit(ip->env, pkt, hdr.total_len);
    /* The first range goes past the header, so that the header stays in front of what follows. */
    if (pkt->frame.seg[0].len == hdr.header_len && pkt->frame.len > hdr.header_len)
        return MN_DROP(IP4_SHORT);
    pkt->l3_len = hdr.header_len;
    mn_pkt_pull(ip->env, pkt, hdr.header_len);

    rx->src = mnet_addr_v4(hdr.src);
    rx->dst = mnet_addr_v4(hdr.dst);
    rx->proto = hdr.proto;
    rx->ttl = hdr.ttl;
    rx->tos = hdr.tos;
    rx->is_group = is_group || pkt->ether_group;
    rx->was_cut = mn_ip4_is_fragment(&hdr);
    rx->has_router_alert = false;
    if (rx->was_cut && (verdict = fragment(ip, pkt, &hdr, rx)) != MN_DONE)
        return verdict;
    ip->env->stats.ip_delivered++;
    if (hdr.proto == MN_PROTO_IGMP)
        return mn_igmp_in(ip, pkt, rx);
    return hdr.proto == MN_PROTO_ICMP4 ? MN_TO_ICMP4 : MN_TO_TRANSPORT;
}
