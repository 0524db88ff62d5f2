/* SPDX-License-Identifier: ISC
 *
 * Segments that no connection sends: resets for segments that belong to nothing, and the SYN-ACKs
 * and ACKs of records. They carry no text, are never sent again from here, and leave at once.
 *
 * A reset is sent only in answer to a segment that is not one itself, so two stacks never keep each
 * other busy, and at most MN_TCP_RST_RATE times a second, so that a flood of segments with forged
 * source is not reflected whole. */
#include <tcp/tcp_conn.h>

mnet_err mn_tcp_send_bare(struct mn_tcp *tcp, const struct mn_tcp_bare *bare)
{
    struct mn_env *env = tcp->env;
    struct mn_pkt *pkt = mn_pkt_new(env);
    if (!pkt) {
        mn_env_count_drop(env, MNET_DROP_TX_NO_MEMORY);
        return MNET_ERR_NO_MEMORY;
    }
    uint32_t len = MN_TCP_HDR_LEN_MIN + (uint32_t)mn_tcp_opts_len(&bare->opts);
    mn_sum pseudo = mn_ip_pseudo_sum(&bare->local.addr, &bare->remote.addr, MN_PROTO_TCP, len);
    struct mn_tcp_hdr hdr = {
        .src_port = bare->local.port,
        .dst_port = bare->remote.port,
        .seq = bare->seq,
        .ack = bare->ack,
        .header_len = (uint8_t)len,
        .flags = bare->flags,
        .window = bare->wnd,
        .checksum = mn_sum_fold(pseudo),
    };
    struct mn_wr w = mn_pkt_push(env, pkt, len);
    mn_tcp_hdr_write(&w, &hdr);
    mn_tcp_opts_write(&w, &bare->opts);
    MN_ASSERT(mn_wr_ok(&w) && mn_wr_left(&w) == 0);
    pkt->frame.csum = MNET_CSUM_PARTIAL;
    pkt->frame.csum_start = 0;
    pkt->frame.csum_offset = MN_TCP_CSUM_OFFSET;
    struct mn_ip_tx tx = {
        .src = bare->local.addr,
        .dst = bare->remote.addr,
        .proto = MN_PROTO_TCP,
        .dont_fragment = true,
    };
    env->stats.tcp_tx++;
    if (bare->flags & MN_TCP_RST)
        env->stats.tcp_resets_sent++;
    tcp->has_sent = true;
    return mn_ip_out(tcp->ip, pkt, &tx);
}

static bool may_reset(struct mn_tcp *tcp)
{
    struct mn_tcp_rst_rate *rate = &tcp->rst_rate;
    if (tcp->env->now >= rate->until) {
        rate->until = tcp->env->now + MNET_SEC(1);
        rate->left = MN_TCP_RST_RATE;
    }
    if (rate->left == 0)
        return false;
    rate->left--;
    return true;
}

void mn_tcp_rst_reply(struct mn_tcp *tcp, const struct mn_tcp_seg *seg)
{
    /* RFC 9293 3.5.2: never in answer to a reset. RFC 9293 3.9.2.3 MUST-57: nor to a group. */
    if ((seg->flags & MN_TCP_RST) || seg->rx->is_group || !may_reset(tcp))
        return;
    struct mn_tcp_bare bare = {
        .local = {seg->rx->dst, seg->dst_port},
        .remote = {seg->rx->src, seg->src_port},
    };
    /* RFC 9293 3.10.7.1: with a sequence number that the peer finds acceptable. */
    if (seg->flags & MN_TCP_ACK) {
        bare.seq = seg->ack;
        bare.flags = MN_TCP_RST;
    } else {
        bare.ack = mn_seq_add(seg->seq, mn_tcp_seg_space(seg));
        bare.flags = MN_TCP_RST | MN_TCP_ACK;
    }
    (void)mn_tcp_send_bare(tcp, &bare); /* if it is lost, the peer asks again */
}
