/* SPDX-License-Identifier: ISC
 *
 * An IPv6 packet's way in: RFC 8200 3 and 4.
 *
 * In this order: is it a header, may it be from where it says and to where it says on this link, is
 * it for us, what do its extension headers ask for, is it whole. Headers are walked where they lie,
 * in the packet's first range, and passed over at once at the end, so that they stay in front of
 * what follows for those who quote the packet.
 *
 * A fragment goes into reassembly with its fixed header and its fragment header in front, which is
 * what an error about it quotes; a reassembled packet goes on with the fixed header alone, whose
 * next header is what the fragment header named. What comes then is walked as the first time, but
 * another fragment of a datagram in there is a trick, and hop-by-hop options are out of place. */
#include <ip/ip_state.h>
#include <wire/icmp6_hdr.h>
#include <wire/tcp_hdr.h>
#include <wire/udp_hdr.h>

/* What stays in front of a fragment. The headers between have been obeyed, and go. */
#define FRAG_HDRS_LEN (MN_IP6_HDR_LEN + MN_IP6_FRAG_LEN)

/* A packet on its way through here. */
struct in {
    struct mn_ip *ip;
    struct mn_pkt *pkt;
    struct mn_ip_rx *rx;
    struct mn_rd rd;       /* over what lies together, from the fixed header on */
    struct mn_ip6_ext ext; /* the header read last */
    bool is_reassembled;
};

/* Where the fixed header is, and how much lies together from there on. */
static struct mn_rd from_header(const struct mn_pkt *pkt)
{
    const struct mnet_seg *first = &pkt->frame.seg[0];
    return mn_rd_over(first->at - pkt->l3_len, pkt->l3_len + first->len);
}

static mn_verdict read_header(const struct mn_pkt *pkt, struct mn_ip6_hdr *hdr)
{
    struct mn_rd rd = mn_pkt_rd(pkt);
    switch (mn_ip6_hdr_read(&rd, pkt->frame.len, hdr)) {
    case MN_IP6_OK:
        return MN_DONE;
    case MN_IP6_SHORT:
        return MN_DROP(IP6_SHORT);
    case MN_IP6_BAD_VERSION:
        return MN_DROP(IP6_VERSION);
    case MN_IP6_JUMBO:
        return MN_DROP(IP6_EXT_BAD);
    case MN_IP6_BAD_ADDR:
        break;
    }
    return MN_DROP(IP6_SOURCE_BAD);
}

/* RFC 4291 2.5.3: the loopback address stays inside of a host, as does a group of interface-local
 * scope; 2.7: a group of scope 0 is silently dropped. */
static bool crosses_link(const struct mnet_addr *addr)
{
    if (mnet_addr_is_multicast(addr))
        return mn_ip6_scope(addr) > MN_IP6_SCOPE_INTERFACE;
    return !mnet_addr_is_loopback(addr);
}

/* What only neighbour discovery has a use for: :: (RFC 4291 2.5.2) and an own address, in the
 * advertisement of somebody who has it too (RFC 4862 5.4.4). */
static bool is_odd_source(struct mn_ip *ip, const struct mn_pkt *pkt, const struct mnet_addr *src)
{
    return !pkt->is_loopback && (mnet_addr_is_any(src) || mn_ip6_own_find(ip, src) != NULL);
}

static mn_verdict check_addresses(const struct mn_pkt *pkt, const struct mn_ip6_hdr *hdr)
{
    if (pkt->is_loopback)
        return MN_DONE;
    /* RFC 4291 2.7: a group is never a source, and :: never a destination. */
    if (mnet_addr_is_multicast(&hdr->src))
        return MN_DROP(IP6_SOURCE_BAD);
    if (!crosses_link(&hdr->src) || !crosses_link(&hdr->dst))
        return MN_DROP(IP6_SCOPE);
    return MN_DONE;
}

/* For one of our addresses that is ready (RFC 4862 5.4: a tentative one is not ours yet), or for a
 * group that we are in. */
static bool is_for_us(struct mn_ip *ip, const struct mn_pkt *pkt, const struct mnet_addr *dst)
{
    if (mnet_addr_is_multicast(dst))
        return mn_ip_group_is_joined(ip, dst);
    const struct mn_ip6_own *own = mn_ip6_own_find(ip, dst);
    if (own)
        return mn_ip6_own_is_ready(ip, own);
    return mnet_addr_is_loopback(dst) && pkt->is_loopback;
}

/* Tells the sender what is wrong with the packet. */
static void complain(const struct in *in, enum mn_icmp6_error what, int32_t pointer)
{
    struct mn_rd rd = from_header(in->pkt);
    mn_icmp6_send_error(in->ip, rd.base, (uint32_t)mn_rd_left(&rd), in->rx->is_group, what,
                        (uint32_t)pointer);
}

static enum mn_icmp6_error problem_of(uint8_t code)
{
    switch (code) {
    case MN_ICMP6_PARAM_NEXT:
        return MN_ICMP6_SEND_PARAM_NEXT;
    case MN_ICMP6_PARAM_OPTION:
        return MN_ICMP6_SEND_PARAM_OPTION;
    default:
        return MN_ICMP6_SEND_PARAM_HEADER;
    }
}

static mn_verdict param_problem(const struct in *in)
{
    const struct mn_ip6_ext *ext = &in->ext;
    complain(in, problem_of(ext->code), ext->bad_at);
    if (ext->code == MN_ICMP6_PARAM_OPTION)
        return MN_DROP(IP6_OPTION_REFUSED);
    return ext->kind == MN_IP6_EXT_ROUTING && ext->code == MN_ICMP6_PARAM_FIELD
               ? MN_DROP(IP6_ROUTING)
               : MN_DROP(IP6_EXT_BAD);
}

/* A header that ends the walk, of a packet that is whole up to there. DONE: the transport. */
static mn_verdict end_of_walk(const struct in *in, enum mn_ip6_ext_step step)
{
    switch (step) {
    case MN_IP6_EXT_LAST:
        return MN_DONE;
    case MN_IP6_EXT_NONE:
        return MN_DROP(IP6_NO_NEXT);
    case MN_IP6_EXT_TOO_MANY:
        return MN_DROP(IP6_EXT_TOO_MANY);
    case MN_IP6_EXT_REFUSED:
        return MN_DROP(IP6_OPTION_REFUSED);
    case MN_IP6_EXT_PARAM_UNLESS_GROUP:
        if (mnet_addr_is_multicast(&in->rx->dst))
            return MN_DROP(IP6_OPTION_REFUSED);
        return param_problem(in);
    case MN_IP6_EXT_PARAM:
        return param_problem(in);
    default:
        return MN_DROP(IP6_EXT_BAD);
    }
}

static bool is_part(const struct mn_ip6_ext *ext)
{
    return ext->kind == MN_IP6_EXT_FRAGMENT && !mn_ip6_frag_is_whole(&ext->frag);
}

/* Goes on to the end of the headers, or to a fragment header: ONE. RFC 6946 4: a fragment that is
 * the whole datagram is like one without that header. */
static enum mn_ip6_ext_step walk(struct mn_rd *rd, struct mn_ip6_ext *ext)
{
    enum mn_ip6_ext_step step = MN_IP6_EXT_ONE;
    for (int i = 0; i <= MN_IP6_EXTS && step == MN_IP6_EXT_ONE; i++) {
        step = mn_ip6_ext_next(rd, ext);
        if (step == MN_IP6_EXT_ONE && is_part(ext))
            return MN_IP6_EXT_ONE;
    }
    return step;
}

/* Passes over the `len` bytes of headers in front. False: they are not together with what follows,
 * or not there: but then the walk would have said so. */
static bool pass(const struct in *in, uint32_t len)
{
    struct mn_pkt *pkt = in->pkt;
    uint32_t more = len - pkt->l3_len;
    if (more > pkt->frame.seg[0].len || more > pkt->frame.len)
        return false;
    if (pkt->frame.seg[0].len == more && pkt->frame.len > more)
        return false;
    mn_pkt_pull(in->ip->env, pkt, more);
    pkt->l3_len = (uint16_t)len;
    return true;
}

/* Drops all headers in front of the packet but the fixed one and those that are `len` bytes less it
 * from the packet: the fixed one comes down to them. */
static void move_header(struct mn_pkt *pkt, uint32_t len, uint8_t next)
{
    uint8_t hdr[MN_IP6_HDR_LEN];
    uint8_t *payload = pkt->frame.seg[0].at;
    struct mn_rd rd = mn_rd_over(payload - pkt->l3_len, MN_IP6_HDR_LEN);
    struct mn_wr wr = mn_wr_over(payload - len, MN_IP6_HDR_LEN);
    struct mn_wr field = mn_wr_over(payload - len + MN_IP6_NEXT_OFFSET, 1);
    MN_ASSERT(len <= pkt->l3_len);
    mn_rd_bytes(&rd, hdr, sizeof hdr);
    mn_wr_bytes(&wr, hdr, sizeof hdr);
    mn_wr_u8(&field, next);
    pkt->l3_len = (uint16_t)len;
}

/* What a filter on the way reads of a transport: of TCP all but its options. */
static int32_t transport_hdr_len(uint8_t proto)
{
    switch (proto) {
    case MN_PROTO_TCP:
        return MN_TCP_HDR_LEN_MIN;
    case MN_PROTO_UDP:
        return MN_UDP_HDR_LEN;
    case MN_PROTO_ICMP6:
        return MN_ICMP6_HDR_LEN;
    default:
        return 1;
    }
}

/* RFC 8200 4.5, RFC 7112 5: a first fragment has all headers in it, and that of the transport. */
static bool has_all_headers(const struct in *in)
{
    struct mn_rd rd = in->rd;
    struct mn_ip6_ext ext = in->ext;
    enum mn_ip6_ext_step step = walk(&rd, &ext);
    return step != MN_IP6_EXT_SHORT &&
           (step != MN_IP6_EXT_LAST || mn_rd_left(&rd) >= transport_hdr_len(ext.next));
}

/* The packet is a part of a datagram. DONE: it is the whole datagram now. */
static mn_verdict fragment(struct in *in)
{
    const struct mn_ip6_frag *frag = &in->ext.frag;
    int32_t behind = in->rd.off;
    uint32_t len = in->pkt->l3_len + in->pkt->frame.len - (uint32_t)behind;
    if (in->is_reassembled)
        return MN_DROP(FRAG_BAD);
    /* RFC 8200 4.5: all but the last are multiples of 8 bytes. */
    if (frag->more && len % 8 != 0) {
        complain(in, MN_ICMP6_SEND_PARAM_HEADER, MN_IP6_PAYLOAD_LEN_OFFSET);
        return MN_DROP(FRAG_BAD);
    }
    /* RFC 8200 4.5: no datagram is longer than its length can say. */
    if (frag->offset + len > UINT16_MAX) {
        complain(in, MN_ICMP6_SEND_PARAM_HEADER, in->ext.at + MN_IP6_FRAG_OFFSET_OFFSET);
        return MN_DROP(FRAG_BAD);
    }
    if (frag->offset == 0 && !has_all_headers(in)) {
        complain(in, MN_ICMP6_SEND_PARAM_CHAIN, 0);
        return MN_DROP(IP6_EXT_BAD);
    }
    if (!pass(in, (uint32_t)behind))
        return MN_DROP(IP6_SHORT);
    move_header(in->pkt, FRAG_HDRS_LEN, MN_IP6_EXT_FRAGMENT);
    struct mn_frag_part part = {.src = in->rx->src,
                                .dst = in->rx->dst,
                                .id = frag->id,
                                .proto = frag->next,
                                .offset = frag->offset,
                                .more = frag->more};
    mn_verdict verdict = mn_frag_in(in->ip, in->pkt, &part, in->rx);
    if (verdict != MN_DONE)
        return verdict;
    in->is_reassembled = true;
    move_header(in->pkt, MN_IP6_HDR_LEN, part.proto);
    in->rd = from_header(in->pkt);
    mn_rd_skip(&in->rd, MN_IP6_HDR_LEN);
    in->ext = mn_ip6_ext_first(part.proto);
    in->ext.count = 1; /* so that hop-by-hop options are not in their place any more */
    return MN_DONE;
}

/* From the end of the fixed header to the transport. */
static mn_verdict read_extensions(struct in *in)
{
    enum mn_ip6_ext_step step = walk(&in->rd, &in->ext);
    if (step == MN_IP6_EXT_ONE) {
        mn_verdict verdict = fragment(in);
        if (verdict != MN_DONE)
            return verdict;
        step = walk(&in->rd, &in->ext);
        if (step == MN_IP6_EXT_ONE)
            return fragment(in);
    }
    return end_of_walk(in, step);
}

/* What the fixed header says; and on to the others. */
static void begin(struct in *in, const struct mn_ip6_hdr *hdr)
{
    struct mn_pkt *pkt = in->pkt;
    /* What is behind the payload is padding of the link. */
    mn_pkt_limit(in->ip->env, pkt, MN_IP6_HDR_LEN + hdr->payload_len);
    pkt->l3_len = 0;
    *in->rx = (struct mn_ip_rx){
        .src = hdr->src,
        .dst = hdr->dst,
        .ttl = hdr->hop_limit,
        .tos = hdr->traffic_class,
        .is_group = mnet_addr_is_multicast(&hdr->dst) || pkt->ether_group,
    };
    in->rd = from_header(pkt);
    mn_rd_skip(&in->rd, MN_IP6_HDR_LEN);
    in->ext = mn_ip6_ext_first(hdr->next);
}

mn_verdict mn_ip6_in(struct mn_ip *ip, struct mn_pkt **pkt, struct mn_ip_rx *rx)
{
    struct mn_ip6_hdr hdr;
    struct in in = {.ip = ip, .pkt = *pkt, .rx = rx};
    if (!ip->v6.is_on)
        return MN_DROP(ETHER_TYPE);
    ip->env->stats.ip_rx++;
    mn_verdict verdict = read_header(in.pkt, &hdr);
    if (verdict != MN_DONE)
        return verdict;
    bool is_odd = is_odd_source(ip, in.pkt, &hdr.src);
    if ((verdict = check_addresses(in.pkt, &hdr)) != MN_DONE)
        return verdict;
    if (!is_for_us(ip, in.pkt, &hdr.dst))
        return MN_DROP(IP6_NOT_OURS);

    begin(&in, &hdr);
    if ((verdict = read_extensions(&in)) != MN_DONE)
        return verdict;
    if (!pass(&in, (uint32_t)in.rd.off))
        return MN_DROP(IP6_SHORT);

    rx->proto = in.ext.next;
    rx->was_cut = in.is_reassembled || in.ext.has_fragment;
    rx->has_router_alert = in.ext.has_router_alert && in.ext.router_alert == MN_IP6_ALERT_MLD;
    if (is_odd && rx->proto != MN_PROTO_ICMP6)
        return MN_DROP(IP6_SOURCE_BAD);
    ip->env->stats.ip_delivered++;
    return rx->proto == MN_PROTO_ICMP6 ? MN_TO_ICMP6 : MN_TO_TRANSPORT;
}
