/* SPDX-License-Identifier: ISC
 *
 * ICMPv6 errors that we send: RFC 4443 2.4 and 3.
 *
 * They obey the same rate, at the same random cost, as those of IPv4 (icmp_out.c): what is
 * protected is the same. RFC 4443 2.4 (e) says what is never answered: errors and redirects,
 * whatever was sent to many (but for an unknown option that asks to be told, 2.4 (e.3)), and
 * packets whose source is not one host. */
#include <ip/ip_state.h>
#include <wire/icmp6_hdr.h>

/* RFC 4443 2.4 (c): as much of the packet as fits what every link carries. */
#define QUOTE_MAX ((uint32_t)(MN_IP6_MTU_MIN - MN_IP6_HDR_LEN - MN_ICMP6_HDR_LEN))

static const struct {
    uint8_t type, code;
} wire[] = {
    [MN_ICMP6_SEND_NO_PORT] = {MN_ICMP6_UNREACH, MN_ICMP6_UNREACH_PORT},
    [MN_ICMP6_SEND_PARAM_HEADER] = {MN_ICMP6_PARAM_PROBLEM, MN_ICMP6_PARAM_FIELD},
    [MN_ICMP6_SEND_PARAM_NEXT] = {MN_ICMP6_PARAM_PROBLEM, MN_ICMP6_PARAM_NEXT},
    [MN_ICMP6_SEND_PARAM_OPTION] = {MN_ICMP6_PARAM_PROBLEM, MN_ICMP6_PARAM_OPTION},
    [MN_ICMP6_SEND_PARAM_CHAIN] = {MN_ICMP6_PARAM_PROBLEM, MN_ICMP6_PARAM_CHAIN},
    [MN_ICMP6_SEND_REASSEMBLY] = {MN_ICMP6_TIME_EXCEEDED, MN_ICMP6_TIME_REASSEMBLY},
};

void mn_icmp6_checksum(struct mn_pkt *pkt, const struct mnet_addr *src, const struct mnet_addr *dst)
{
    uint32_t len = pkt->frame.len;
    mn_sum sum = mn_ip_pseudo_sum(src, dst, MN_PROTO_ICMP6, len);
    struct mn_wr wr = mn_wr_over(pkt->frame.seg[0].at + MN_ICMP6_CSUM_OFFSET, 2);
    MN_ASSERT(pkt->frame.seg[0].len >= MN_ICMP6_HDR_LEN);
    mn_wr_be16(&wr, mn_sum_finish(mn_pkt_sum(pkt, 0, sum)));
}

bool mn_ip6_quote_read(struct mn_rd *rd, struct mn_ip6_hdr *hdr, struct mn_ip6_ext *ext)
{
    if (mn_ip6_hdr_read(rd, UINT32_MAX, hdr) != MN_IP6_OK)
        return false;
    *ext = mn_ip6_ext_first(hdr->next);
    enum mn_ip6_ext_step step = MN_IP6_EXT_ONE;
    for (int i = 0; i <= MN_IP6_EXTS && step == MN_IP6_EXT_ONE; i++) {
        step = mn_ip6_ext_next(rd, ext);
        if (step == MN_IP6_EXT_ONE && ext->kind == MN_IP6_EXT_FRAGMENT && ext->frag.offset != 0)
            return false;
    }
    return step == MN_IP6_EXT_LAST;
}

/* RFC 4443 2.4 (e.1), (e.2): the packet is an error or a redirect. */
static bool is_error_itself(struct mn_rd rd)
{
    struct mn_ip6_hdr hdr;
    struct mn_ip6_ext ext;
    if (!mn_ip6_quote_read(&rd, &hdr, &ext) || ext.next != MN_PROTO_ICMP6 || mn_rd_left(&rd) < 1)
        return false;
    uint8_t type = mn_rd_u8(&rd);
    return mn_icmp6_is_error(type) || type == MN_ICMP6_REDIRECT;
}

/* RFC 4443 2.2: from the address that the packet was sent to, if that is one of ours. */
static bool find_source(struct mn_ip *ip, const struct mn_ip6_hdr *about, struct mnet_addr *src)
{
    *src = about->dst;
    return mn_ip_is_own(ip, src) || mn_ip_source(ip, &about->src, src) == MNET_OK;
}

static struct mn_pkt *make(struct mn_env *env, const uint8_t *quote, uint32_t len,
                           enum mn_icmp6_error what, uint32_t pointer)
{
    struct mn_pkt *pkt = mn_pkt_new(env);
    if (!pkt || !mn_pkt_append(env, pkt, quote, len)) {
        mn_pkt_free(env, pkt);
        mn_env_count_drop(env, MNET_DROP_TX_NO_MEMORY);
        return NULL;
    }
    struct mn_icmp6_hdr hdr = {.type = wire[what].type, .code = wire[what].code, .rest = pointer};
    struct mn_wr wr = mn_pkt_push(env, pkt, MN_ICMP6_HDR_LEN);
    mn_icmp6_hdr_write(&wr, &hdr);
    return pkt;
}

void mn_icmp6_send_error(struct mn_ip *ip, const uint8_t *at, uint32_t len, bool is_group,
                         enum mn_icmp6_error what, uint32_t pointer)
{
    struct mn_rd rd = mn_rd_over(at, len);
    struct mn_rd whole = rd;
    struct mn_ip6_hdr about;
    struct mn_ip_tx tx = {.proto = MN_PROTO_ICMP6};
    if (mn_ip6_hdr_read(&rd, UINT32_MAX, &about) != MN_IP6_OK ||
        (is_group && what != MN_ICMP6_SEND_PARAM_OPTION) || mnet_addr_is_any(&about.src) ||
        mnet_addr_is_multicast(&about.src) || is_error_itself(whole))
        return;
    if (!find_source(ip, &about, &tx.src) || !mn_icmp_take_token(ip))
        return;
    struct mn_pkt *pkt = make(ip->env, at, len < QUOTE_MAX ? len : QUOTE_MAX, what, pointer);
    if (!pkt)
        return;
    tx.dst = about.src;
    mn_icmp6_checksum(pkt, &tx.src, &tx.dst);
    if (mn_ip_out(ip, pkt, &tx) == MNET_OK)
        ip->env->stats.icmp_errors_sent++;
}

void mn_icmp6_send_unreach(struct mn_ip *ip, const struct mn_pkt *pkt, const struct mn_ip_rx *rx,
                           enum mn_icmp_unreach what)
{
    const uint8_t *at = pkt->frame.seg[0].at - pkt->l3_len;
    uint32_t len = pkt->l3_len + pkt->frame.seg[0].len;
    struct mn_rd rd = mn_rd_over(at, len);
    struct mn_ip6_hdr hdr;
    struct mn_ip6_ext ext;
    if (what == MN_UNREACH_PORT)
        mn_icmp6_send_error(ip, at, len, rx->is_group, MN_ICMP6_SEND_NO_PORT, 0);
    else if (mn_ip6_quote_read(&rd, &hdr, &ext)) /* RFC 8200 4: points at who named it */
        mn_icmp6_send_error(ip, at, len, rx->is_group, MN_ICMP6_SEND_PARAM_NEXT,
                            (uint32_t)ext.next_at);
}
