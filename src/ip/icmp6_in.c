/* SPDX-License-Identifier: ISC
 *
 * ICMPv6, incoming: RFC 4443, and who is next for the rest of its types.
 *
 * Echo requests are answered here, those to groups too (RFC 4443 4.2), from an address of our own.
 * Errors about packets of ours become a struct mn_ip_err for the transport that sent them; whether
 * what they quote is on its way is for the transport to say, which is why even "packet too big"
 * changes nothing yet (pmtu.c). One that names less than every link carries is no news of any path
 * (RFC 8201 4) and dropped.
 *
 * Packets from :: or from an address of our own are let in for neighbour discovery alone, which
 * looks at them closely. */
#include <ip/ip_state.h>
#include <wire/icmp6_hdr.h>

/* ---- echo ---- */

/* `sum` plus an address, or less one. */
static mn_sum add_addr(mn_sum sum, const struct mnet_addr *addr, bool is_less)
{
    struct mn_rd rd = mn_rd_over(addr->bytes, sizeof addr->bytes);
    for (unsigned i = 0; i < sizeof addr->bytes / 2; i++) {
        uint16_t word = mn_rd_be16(&rd);
        sum = mn_sum_add16(sum, is_less ? (uint16_t)~word : word);
    }
    return sum;
}

/* RFC 1624 3: the sum of the request, which was good, with what is different in the reply: its
 * type, and the source if the request was to a group. The payload is neither copied nor read. */
static uint16_t reply_checksum(const struct mn_icmp6_hdr *request, const struct mn_ip_rx *rx,
                               const struct mnet_addr *src)
{
    mn_sum sum = mn_sum_add16(0, (uint16_t)~request->checksum);
    sum = mn_sum_add16(sum, (uint16_t) ~((unsigned)request->type << 8 | request->code));
    sum = mn_sum_add16(sum, MN_ICMP6_ECHO_REPLY << 8);
    sum = add_addr(sum, &rx->dst, true);
    sum = add_addr(sum, src, false);
    return mn_sum_finish(sum);
}

static mn_verdict echo(struct mn_ip *ip, const struct mn_pkt *pkt, const struct mn_ip_rx *rx,
                       const struct mn_icmp6_hdr *hdr)
{
    /* RFC 4443 4.2 MUST: from the address that was asked, if it is one host's; and with its traffic
     * class, but its ECN. */
    struct mn_ip_tx tx = {.src = rx->dst,
                          .dst = rx->src,
                          .proto = MN_PROTO_ICMP6,
                          .tos = (uint8_t)(rx->tos & ~MN_IP_ECN_CE)};
    if (mnet_addr_is_multicast(&rx->dst) && mn_ip_source(ip, &rx->src, &tx.src) != MNET_OK)
        return MN_DROP(IP_NO_ROUTE);
    struct mn_pkt *reply = mn_icmp_echo_copy(ip->env, pkt);
    if (!reply)
        return MN_DROP(TX_NO_MEMORY);
    struct mn_icmp6_hdr own = *hdr;
    own.type = MN_ICMP6_ECHO_REPLY;
    own.code = 0;
    own.checksum = reply_checksum(hdr, rx, &tx.src);
    struct mn_wr wr = mn_pkt_push(ip->env, reply, MN_ICMP6_HDR_LEN);
    mn_icmp6_hdr_write(&wr, &own);
    if (mn_ip_out(ip, reply, &tx) == MNET_OK)
        ip->env->stats.icmp_echo_replies++;
    return MN_DONE;
}

/* ---- errors about packets of ours ---- */

static mnet_err err_of_unreach(uint8_t code)
{
    switch (code) {
    case MN_ICMP6_UNREACH_PORT:
        return MNET_ERR_PORT_UNREACH;
    case MN_ICMP6_UNREACH_PROHIBITED:
    case MN_ICMP6_UNREACH_POLICY:
    case MN_ICMP6_UNREACH_REJECT:
        return MNET_ERR_PROHIBITED;
    default:
        return MNET_ERR_NET_UNREACH;
    }
}

/* False: it means nothing. */
static bool classify(const struct mn_icmp6_hdr *hdr, struct mn_ip_err *err)
{
    switch (hdr->type) {
    case MN_ICMP6_UNREACH:
        err->err = err_of_unreach(hdr->code);
        break;
    case MN_ICMP6_TOO_BIG:
        err->err = MNET_ERR_MSG_SIZE;
        err->mtu = hdr->rest;
        break;
    case MN_ICMP6_TIME_EXCEEDED:
        err->err = MNET_ERR_TIMED_OUT;
        break;
    case MN_ICMP6_PARAM_PROBLEM: /* nobody there speaks the protocol, or refuses what we send */
        err->err = hdr->code == MN_ICMP6_PARAM_NEXT ? MNET_ERR_PROTO_UNREACH : MNET_ERR_PROHIBITED;
        break;
    default: /* RFC 4443 2.4 (a) MUST: an error that nobody knows yet is passed up too */
        err->err = MNET_ERR_NET_UNREACH;
        break;
    }
    err->is_hard = err->err == MNET_ERR_PROTO_UNREACH || err->err == MNET_ERR_PORT_UNREACH;
    /* RFC 8201 4 MUST: less than the minimum of every link is not believed. */
    return err->err != MNET_ERR_MSG_SIZE || err->mtu >= MN_IP6_MTU_MIN;
}

/* The quote: `rd` is at its IPv6 header. False: not of a packet that we could have sent. */
static bool read_quote(const struct mn_ip *ip, struct mn_rd *rd, struct mn_ip_err *err)
{
    struct mn_ip6_hdr hdr;
    struct mn_ip6_ext ext;
    *err = (struct mn_ip_err){0};
    /* The ports are in the first bytes of what follows. */
    if (!mn_ip6_quote_read(rd, &hdr, &ext) || mn_rd_left(rd) < 8)
        return false;
    err->src = hdr.src;
    err->dst = hdr.dst;
    err->proto = ext.next;
    err->quote = mn_rd_sub(rd, mn_rd_left(rd));
    return mn_ip_is_own(ip, &err->src) && !mnet_addr_is_multicast(&err->dst);
}

static mn_verdict error_in(struct mn_ip *ip, const struct mn_ip_rx *rx,
                           const struct mn_icmp6_hdr *hdr, struct mn_rd rd, struct mn_ip_err *err)
{
    ip->env->stats.icmp_errors_rx++;
    /* RFC 4443 2.4 (d): passed to the transport that the quote names; it was sent to the source of
     * what it quotes. */
    if (rx->is_group || !read_quote(ip, &rd, err) || !mnet_addr_equal(&err->src, &rx->dst) ||
        !classify(hdr, err))
        return MN_DROP(ICMP_QUOTE_BAD);
    return MN_TO_ERROR;
}

/* ---- all types ---- */

static bool has_good_checksum(const struct mn_pkt *pkt, const struct mn_ip_rx *rx)
{
    /* No device checks ICMPv6, so `verified` would be of something else. */
    if (pkt->is_loopback)
        return true;
    uint32_t len = pkt->frame.len;
    mn_sum sum = mn_ip_pseudo_sum(&rx->src, &rx->dst, MN_PROTO_ICMP6, len);
    return mn_sum_fold(mn_pkt_sum(pkt, 0, sum)) == UINT16_MAX;
}

static bool is_discovery(uint8_t type)
{
    return type >= MN_ICMP6_ROUTER_SOLICIT && type <= MN_ICMP6_REDIRECT;
}

mn_verdict mn_icmp6_in(struct mn_ip *ip, struct mn_pkt *pkt, const struct mn_ip_rx *rx,
                       struct mn_ip_err *err)
{
    struct mn_icmp6_hdr hdr;
    struct mn_rd rd = mn_pkt_rd(pkt);
    ip->env->stats.icmp_rx++;
    if (!mn_icmp6_hdr_read(&rd, &hdr))
        return MN_DROP(ICMP_SHORT);
    if (!has_good_checksum(pkt, rx))
        return MN_DROP(ICMP_CHECKSUM);
    /* RFC 6980 5 MUST: what watches the link (RFC 6105) does not put pieces together. */
    if (rx->was_cut && is_discovery(hdr.type))
        return MN_DROP(NDP_FRAGMENT);
    if (hdr.type == MN_ICMP6_NEIGH_SOLICIT || hdr.type == MN_ICMP6_NEIGH_ADVERT)
        return MN_TO_NDP;
    if (!pkt->is_loopback && (mnet_addr_is_any(&rx->src) || mn_ip_is_own(ip, &rx->src)))
        return MN_DROP(IP6_SOURCE_BAD);
    if (mn_icmp6_is_error(hdr.type))
        return error_in(ip, rx, &hdr, rd, err);
    switch (hdr.type) {
    case MN_ICMP6_ECHO_REQUEST:
        return echo(ip, pkt, rx, &hdr);
    case MN_ICMP6_ROUTER_ADVERT:
        return mn_router_in(ip, pkt, rx);
    case MN_ICMP6_REDIRECT:
        return mn_redirect_in(ip, pkt, rx);
    case MN_ICMP6_MLD_QUERY:
    case MN_ICMP6_MLD1_REPORT:
    case MN_ICMP6_MLD1_DONE:
        return mn_mld_in(ip, pkt, rx);
    default:
        /* RFC 4443 2.4 (b) MUST: an unknown message that is no error is silently discarded. */
        return MN_DROP(ICMP_TYPE);
    }
}

/* ---- errors that we find ourselves ---- */

bool mn_ip6_failed(struct mn_ip *ip, const struct mn_pkt *pkt, struct mn_ip_err *err)
{
    struct mn_rd rd = mn_pkt_rd(pkt);
    struct mn_ip6_hdr hdr;
    struct mn_ip6_ext ext;
    *err = (struct mn_ip_err){0};
    if (!mn_ip6_quote_read(&rd, &hdr, &ext))
        return false;
    /* A fragment's payload is in ranges of its own. */
    if (mn_rd_left(&rd) == 0 && pkt->frame.seg_count > 1)
        rd = mn_rd_over(pkt->frame.seg[1].at, pkt->frame.seg[1].len);
    if (mn_rd_left(&rd) < 8)
        return false;
    err->err = MNET_ERR_NET_UNREACH;
    err->is_local = true;
    err->src = hdr.src;
    err->dst = hdr.dst;
    err->proto = ext.next;
    err->quote = mn_rd_sub(&rd, mn_rd_left(&rd));
    return mn_ip_is_own(ip, &err->src);
}
