/* SPDX-License-Identifier: ISC
 *
 * ICMP errors that we send: RFC 792, RFC 1122 3.2.2.
 *
 * Before one is sent, three things must hold. The rules of RFC 1122 3.2.2 allow it: nobody answers
 * an error, a group, a fragment but the first, or a source that is not one host. It fits a rate: a
 * bucket of tokens, one for all destinations, because what it protects is this host's own work and
 * uplink, and a table of destinations could be flooded itself. And what an error costs is random,
 * for a bucket that can be counted exactly tells an observer, through the errors that it does not
 * get, what somebody else was sent: that is how resolvers were poisoned in 2020 (SAD DNS,
 * CVE-2020-25705). */
#include <ip/ip_state.h>
#include <wire/icmp4_hdr.h>

/* RFC 1812 4.3.2.3: as much of the packet as fits 576 bytes, what every host must take. */
#define QUOTE_MAX (576u - MN_IP4_HDR_LEN_MIN - MN_ICMP4_HDR_LEN)

#define TOKEN_EVERY MNET_MS(1)
#define COST_MAX 3u

bool mn_icmp_take_token(struct mn_ip *ip)
{
    uint64_t fresh = (ip->env->now - ip->icmp_refilled) / TOKEN_EVERY;
    ip->icmp_refilled += fresh * TOKEN_EVERY;
    ip->icmp_tokens += fresh < MN_ICMP_TOKENS_MAX ? (uint32_t)fresh : MN_ICMP_TOKENS_MAX;
    if (ip->icmp_tokens > MN_ICMP_TOKENS_MAX)
        ip->icmp_tokens = MN_ICMP_TOKENS_MAX;
    if (ip->icmp_tokens < COST_MAX) {
        mn_env_count_drop(ip->env, MNET_DROP_ICMP_RATE);
        return false;
    }
    ip->icmp_tokens -= 1 + mn_env_below(ip->env, COST_MAX);
    return true;
}

/* Sends `type` about the packet of which `quote` is the beginning. */
static void send(struct mn_ip *ip, uint8_t type, uint8_t code, const struct mn_ip_rx *about,
                 const uint8_t *quote, uint32_t len)
{
    struct mn_env *env = ip->env;
    if (!mn_icmp_take_token(ip))
        return;
    struct mn_pkt *pkt = mn_pkt_new(env);
    if (!pkt || !mn_pkt_append(env, pkt, quote, len)) {
        mn_pkt_free(env, pkt);
        mn_env_count_drop(env, MNET_DROP_TX_NO_MEMORY);
        return;
    }
    struct mn_icmp4_hdr hdr = {.type = type, .code = code};
    struct mn_wr wr = mn_pkt_push(env, pkt, MN_ICMP4_HDR_LEN);
    mn_icmp4_hdr_write(&wr, &hdr);
    wr = mn_wr_over(wr.base + MN_ICMP4_CSUM_OFFSET, 2);
    mn_wr_be16(&wr, mn_sum_finish(mn_pkt_sum(pkt, 0, 0)));

    /* RFC 1122 3.2.2: from the address that the packet was sent to. */
    struct mn_ip_tx tx = {
        .src = about->dst, .dst = about->src, .proto = MN_PROTO_ICMP4, .may_fragment = true};
    if (mn_ip_out(ip, pkt, &tx) == MNET_OK)
        env->stats.icmp_errors_sent++;
}

/* RFC 1122 3.2.2 MUST NOT: what is never answered with an error, but for ICMP errors. */
static bool may_answer(const struct mn_ip *ip, const struct mn_ip_rx *about)
{
    return !about->is_group && !mn_ip_is_group(ip, &about->src) && !mnet_addr_is_any(&about->src) &&
           !mn_ip4_is_this_net(mnet_addr_to_v4(&about->src));
}

void mn_icmp_send_unreach(struct mn_ip *ip, const struct mn_pkt *pkt, const struct mn_ip_rx *rx,
                          enum mn_icmp_unreach what)
{
    uint8_t quote[QUOTE_MAX];
    if (!mnet_addr_is_v4(&rx->src)) {
        mn_icmp6_send_unreach(ip, pkt, rx, what);
        return;
    }
    if (!may_answer(ip, rx))
        return;
    /* ICMP always finds its protocol and has no ports. */
    MN_ASSERT(rx->proto != MN_PROTO_ICMP4 && pkt->l3_len <= MN_IP4_HDR_LEN_MAX);
    struct mn_rd rd = mn_rd_over(pkt->frame.seg[0].at - pkt->l3_len, pkt->l3_len);
    mn_rd_bytes(&rd, quote, pkt->l3_len);
    uint32_t len = mn_pkt_copy_some(pkt, 0, quote + pkt->l3_len, QUOTE_MAX - pkt->l3_len);
    uint8_t code = what == MN_UNREACH_PORT ? MN_ICMP4_UNREACH_PORT : MN_ICMP4_UNREACH_PROTOCOL;
    send(ip, MN_ICMP4_UNREACH, code, rx, quote, pkt->l3_len + len);
}

void mn_icmp_send_reassembly_exceeded(struct mn_ip *ip, const uint8_t *at, uint32_t len)
{
    struct mn_rd rd = mn_rd_over(at, len);
    struct mn_ip4_hdr hdr;
    enum mn_ip4_result result = mn_ip4_hdr_read(&rd, UINT16_MAX, &hdr);
    if (result == MN_IP4_BAD_VERSION)
        mn_icmp6_send_error(ip, at, len, false, MN_ICMP6_SEND_REASSEMBLY, 0);
    if (result != MN_IP4_OK)
        return;
    struct mn_ip_rx about = {
        .src = mnet_addr_v4(hdr.src), .dst = mnet_addr_v4(hdr.dst), .proto = hdr.proto};
    bool is_error = hdr.proto == MN_PROTO_ICMP4 && mn_icmp4_is_error(mn_rd_u8(&rd));
    if (is_error || !may_answer(ip, &about))
        return;
    send(ip, MN_ICMP4_TIME_EXCEEDED, MN_ICMP4_TIME_REASSEMBLY, &about, at,
         len < QUOTE_MAX ? len : QUOTE_MAX);
}
