/* SPDX-License-Identifier: ISC
 *
 * ICMP for IPv4, incoming: RFC 792, RFC 1122 3.2.2.
 *
 * Echo requests are answered here, whatever their size. Errors about packets of ours become a
 * struct mn_ip_err for the transport that sent them; what they quote must at least be a packet that
 * we could have sent, and whether it is one on its way is for the transport to say, which is why
 * even "fragmentation needed" changes nothing yet (pmtu.c).
 *
 * Ignored: source quench (RFC 6633 3 MUST); redirects (RFC 1122 3.2.2.2), which anybody on the
 * path can forge, for they name no secret, and which could only name another router on the one
 * link that there is; timestamps and address masks, optional and of no use today. */
#include <ip/ip_state.h>
#include <wire/icmp4_hdr.h>

/* ---- echo ---- */

/* RFC 1071 2(4), RFC 1624 3: the sum of the request, which was good, less its type and code. The
 * payload is neither copied nor read. A reply of nothing but zeros needs the other form of zero,
 * which is as good for every other one. */
static uint16_t reply_checksum(const struct mn_icmp4_hdr *request)
{
    mn_sum sum = mn_sum_add16(0, (uint16_t)~request->checksum);
    sum = mn_sum_add16(sum, (uint16_t) ~((unsigned)request->type << 8 | request->code));
    sum = mn_sum_add16(sum, MN_ICMP4_ECHO_REPLY << 8);
    uint16_t checksum = mn_sum_finish(sum);
    return checksum != 0 ? checksum : UINT16_MAX;
}

struct mn_pkt *mn_icmp_echo_copy(struct mn_env *env, const struct mn_pkt *request)
{
    const struct mnet_frame *from = &request->frame;
    struct mn_pkt *reply = mn_pkt_new(env);
    if (!reply)
        return NULL;
    /* The header is of the same length in both families. */
    bool is_good = mn_pkt_add(env, reply, from->seg[0].at + MN_ICMP4_HDR_LEN,
                              from->seg[0].len - MN_ICMP4_HDR_LEN);
    for (unsigned i = 1; is_good && i < from->seg_count; i++)
        is_good = mn_pkt_add(env, reply, from->seg[i].at, from->seg[i].len);
    if (is_good)
        return reply;
    mn_pkt_free(env, reply);
    return NULL;
}

static mn_verdict echo(struct mn_ip *ip, const struct mn_pkt *pkt, const struct mn_ip_rx *rx,
                       const struct mn_icmp4_hdr *hdr)
{
    /* RFC 1122 3.2.2.6 MAY: not to groups, or one packet would be answered by a whole network. */
    if (rx->is_group)
        return MN_DROP(ICMP_BROADCAST);
    struct mn_pkt *reply = mn_icmp_echo_copy(ip->env, pkt);
    if (!reply)
        return MN_DROP(TX_NO_MEMORY);
    struct mn_icmp4_hdr own = *hdr;
    own.type = MN_ICMP4_ECHO_REPLY;
    own.code = 0;
    own.checksum = reply_checksum(hdr);
    struct mn_wr wr = mn_pkt_push(ip->env, reply, MN_ICMP4_HDR_LEN);
    mn_icmp4_hdr_write(&wr, &own);
    /* RFC 1122 3.2.2.6 MUST: from the address that was asked; and with its TOS, but its ECN. */
    struct mn_ip_tx tx = {.src = rx->dst,
                          .dst = rx->src,
                          .proto = MN_PROTO_ICMP4,
                          .tos = (uint8_t)(rx->tos & ~MN_IP_ECN_CE),
                          .may_fragment = true};
    if (mn_ip_out(ip, reply, &tx) == MNET_OK)
        ip->env->stats.icmp_echo_replies++;
    return MN_DONE;
}

/* ---- errors about packets of ours ---- */

static mnet_err err_of_unreach(uint8_t code)
{
    switch (code) {
    case MN_ICMP4_UNREACH_PROTOCOL:
        return MNET_ERR_PROTO_UNREACH;
    case MN_ICMP4_UNREACH_PORT:
        return MNET_ERR_PORT_UNREACH;
    case MN_ICMP4_UNREACH_FRAG_NEEDED:
        return MNET_ERR_MSG_SIZE;
    case MN_ICMP4_UNREACH_NET_PROHIBITED:
    case MN_ICMP4_UNREACH_HOST_PROHIBITED:
    case MN_ICMP4_UNREACH_PROHIBITED:
        return MNET_ERR_PROHIBITED;
    default:
        return MNET_ERR_NET_UNREACH;
    }
}

static void classify(const struct mn_icmp4_hdr *hdr, const struct mn_ip4_hdr *quoted,
                     struct mn_ip_err *err)
{
    if (hdr->type == MN_ICMP4_TIME_EXCEEDED) {
        err->err = MNET_ERR_TIMED_OUT;
        return;
    }
    if (hdr->type == MN_ICMP4_PARAM_PROBLEM) { /* somebody refuses what we send */
        err->err = MNET_ERR_PROHIBITED;
        return;
    }
    err->err = err_of_unreach(hdr->code);
    /* RFC 1122 4.2.3.9: hard errors; but see RFC 1191 6.4 for "fragmentation needed". */
    err->is_hard = err->err == MNET_ERR_PROTO_UNREACH || err->err == MNET_ERR_PORT_UNREACH;
    if (err->err == MNET_ERR_MSG_SIZE) {
        /* RFC 1191 5: routers of before 1990 leave the field zero. */
        uint16_t mtu = mn_icmp4_mtu(hdr);
        err->mtu = mtu != 0 ? mtu : mn_ip_pmtu_plateau(quoted->total_len);
    }
}

/* The quote: `rd` is at its IP header. False: not of a packet that we could have sent. */
static bool read_quote(const struct mn_ip *ip, struct mn_rd *rd, struct mn_ip4_hdr *quoted,
                       struct mn_ip_err *err)
{
    *err = (struct mn_ip_err){0};
    /* RFC 792: the header and at least 64 bits of what follows, where the ports are. */
    if (mn_ip4_hdr_read(rd, UINT16_MAX, quoted) != MN_IP4_OK || quoted->frag_offset != 0 ||
        mn_rd_left(rd) < 8)
        return false;
    err->src = mnet_addr_v4(quoted->src);
    err->dst = mnet_addr_v4(quoted->dst);
    err->proto = quoted->proto;
    err->quote = mn_rd_sub(rd, mn_rd_left(rd));
    return mn_ip_is_own(ip, &err->src) && !mn_ip_is_group(ip, &err->dst);
}

static mn_verdict error_in(struct mn_ip *ip, const struct mn_ip_rx *rx,
                           const struct mn_icmp4_hdr *hdr, struct mn_rd rd, struct mn_ip_err *err)
{
    struct mn_ip4_hdr quoted;
    ip->env->stats.icmp_errors_rx++;
    /* RFC 1122 3.2.2 MUST: passed to the transport that the quote names, and it was sent to the
     * source of what it quotes. */
    if (rx->is_group || !read_quote(ip, &rd, &quoted, err) || !mnet_addr_equal(&err->src, &rx->dst))
        return MN_DROP(ICMP_QUOTE_BAD);
    classify(hdr, &quoted, err);
    return MN_TO_ERROR;
}

mn_verdict mn_icmp4_in(struct mn_ip *ip, struct mn_pkt *pkt, const struct mn_ip_rx *rx,
                       struct mn_ip_err *err)
{
    struct mn_icmp4_hdr hdr;
    struct mn_rd rd = mn_pkt_rd(pkt);
    ip->env->stats.icmp_rx++;
    if (!mn_icmp4_hdr_read(&rd, &hdr))
        return MN_DROP(ICMP_SHORT);
    /* No device checks ICMP, so `verified` would be of something else. */
    if (!pkt->is_loopback && mn_sum_fold(mn_pkt_sum(pkt, 0, 0)) != UINT16_MAX)
        return MN_DROP(ICMP_CHECKSUM);
    switch (hdr.type) {
    case MN_ICMP4_ECHO_REQUEST:
        return echo(ip, pkt, rx, &hdr);
    case MN_ICMP4_UNREACH:
    case MN_ICMP4_TIME_EXCEEDED:
    case MN_ICMP4_PARAM_PROBLEM:
        return error_in(ip, rx, &hdr, rd, err);
    default:
        /* RFC 1122 3.2.2 MUST: an unknown type is silently discarded. */
        return MN_DROP(ICMP_TYPE);
    }
}

/* ---- errors that we find ourselves ---- */

static bool failed4(struct mn_ip *ip, const struct mn_pkt *pkt, struct mn_ip_err *err)
{
    struct mn_rd rd = mn_pkt_rd(pkt);
    struct mn_ip4_hdr hdr;
    *err = (struct mn_ip_err){0};
    if (mn_ip4_hdr_read(&rd, pkt->frame.len, &hdr) != MN_IP4_OK || hdr.frag_offset != 0)
        return false;
    /* A fragment's payload is in ranges of its own. */
    if (mn_rd_left(&rd) == 0 && pkt->frame.seg_count > 1)
        rd = mn_rd_over(pkt->frame.seg[1].at, pkt->frame.seg[1].len);
    if (mn_rd_left(&rd) < 8)
        return false;
    err->err = MNET_ERR_NET_UNREACH;
    err->is_local = true;
    err->src = mnet_addr_v4(hdr.src);
    err->dst = mnet_addr_v4(hdr.dst);
    err->proto = hdr.proto;
    err->quote = mn_rd_sub(&rd, mn_rd_left(&rd));
    return mn_ip_is_own(ip, &err->src);
}

bool mn_ip_failed(struct mn_ip *ip, const struct mn_pkt *pkt, struct mn_ip_err *err)
{
    return mn_ip_version(pkt) == 4 ? failed4(ip, pkt, err) : mn_ip6_failed(ip, pkt, err);
}
