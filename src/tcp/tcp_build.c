/* SPDX-License-Identifier: ISC
 *
 * One segment: how long it may be, its header and options, its text. RFC 9293 3.1, 3.7.1; RFC 6691,
 * RFC 7323, RFC 2018.
 *
 * Text is not copied: a piece refers to the blocks of the send queue. Its checksum is left to the
 * device or to link/, which hold the bytes anyway; so is cutting a piece of up to 64 KiB into
 * segments. */
#include <tcp/tcp_conn.h>

#define IP4_HDR_LEN 20u
#define IP6_HDR_LEN 40u
#define IP_LEN_MAX 65535u

/* -- segment size -- */

static uint32_t ip_hdr_len(const struct mnet_addr *dst)
{
    return mnet_addr_is_v4(dst) ? IP4_HDR_LEN : IP6_HDR_LEN;
}

/* What a full segment of the connection has beside its text. */
static uint32_t overhead(const struct mnet_conn *conn)
{
    return ip_hdr_len(&conn->entry.remote.addr) + MN_TCP_HDR_LEN_MIN +
           (conn->has_timestamps ? (uint32_t)MN_TCP_TS_LEN : 0u);
}

/* RFC 9293 3.7.1 MUST-16, MUST-67; RFC 6691: the option takes off fixed headers only, the sender
 * takes off options. RFC 1191 3.1: what we can receive does not depend on the path to the peer. */
uint16_t mn_tcp_mss_offer(const struct mn_tcp *tcp, const struct mnet_addr *dst)
{
    uint32_t mss = mn_ip_mtu_max(tcp->ip, dst) - ip_hdr_len(dst) - MN_TCP_HDR_LEN_MIN;
    MN_ASSERT(mss <= IP_LEN_MAX);
    return (uint16_t)mss;
}

uint16_t mn_tcp_mss_default(const struct mnet_addr *remote)
{
    return mnet_addr_is_v4(remote) ? MN_TCP_MSS_DEFAULT : MN_TCP_MSS_DEFAULT6;
}

uint32_t mn_tcp_mtu(const struct mnet_conn *conn)
{
    return conn->mss + overhead(conn);
}

void mn_tcp_mtu_set(struct mnet_conn *conn, uint32_t mtu)
{
    uint32_t opts = conn->has_timestamps ? (uint32_t)MN_TCP_TS_LEN : 0u;
    uint32_t mss = mtu - (overhead(conn) - opts);
    MN_ASSERT(mss <= IP_LEN_MAX);
    if (mss > conn->mss_peer)
        mss = conn->mss_peer;
    if (mss < MN_TCP_MSS_MIN)
        mss = MN_TCP_MSS_MIN;
    conn->mss = (uint16_t)(mss - opts);
}

void mn_tcp_mss_init(struct mnet_conn *conn)
{
    mn_tcp_mtu_set(conn, mn_ip_pmtu(conn->tcp->ip, &conn->entry.remote.addr));
    mn_tcp_mtu_look(conn);
}

void mn_tcp_mss_update(struct mnet_conn *conn)
{
    uint32_t mtu = mn_ip_pmtu(conn->tcp->ip, &conn->entry.remote.addr);
    if (mtu >= mn_tcp_mtu(conn))
        return;
    mn_tcp_mtu_set(conn, mtu);
    mn_tcp_mtu_look(conn);
}

/* -- the segment -- */

static void fill_opts(const struct mnet_conn *conn, uint8_t flags, struct mn_tcp_opts *opts)
{
    const struct mn_tcp *tcp = conn->tcp;
    *opts = (struct mn_tcp_opts){0};
    if (flags & MN_TCP_SYN) {
        /* RFC 7323 2.2, 3.2; RFC 2018 2: a SYN with ACK has only what the other one had. */
        bool is_first = !(flags & MN_TCP_ACK);
        opts->has_mss = true; /* RFC 9293 3.7.1 SHLD-5, MAY-3 */
        opts->mss = mn_tcp_mss_offer(tcp, &conn->entry.remote.addr);
        opts->has_wscale = is_first || conn->has_wscale;
        opts->wscale = tcp->rcv_wscale;
        opts->has_sack_permitted = is_first || conn->has_sack;
        opts->has_ts = is_first || conn->has_timestamps;
    } else {
        /* RFC 7323 3.2: in every segment once it is agreed upon. */
        opts->has_ts = conn->has_timestamps;
        if (conn->has_sack && mn_rcvq_has_ooo(&conn->rcvq))
            opts->sack_count =
                (uint8_t)mn_rcvq_sacks(&conn->rcvq, opts->sack, mn_tcp_opts_sack_room(opts));
    }
    if (opts->has_ts) {
        opts->ts_val = mn_tcp_ts_now(tcp, conn->ts_offset);
        opts->ts_ecr = (flags & MN_TCP_ACK) ? conn->ts_recent : 0;
    }
}

/* RFC 6691 2: text that one wire segment has room for now: SACK blocks, which every segment carries
 * while something is out of order, are taken off as well. */
uint32_t mn_tcp_text_mss(const struct mnet_conn *conn)
{
    if (!conn->has_sack || !mn_rcvq_has_ooo(&conn->rcvq))
        return conn->mss;
    struct mn_tcp_opts opts;
    fill_opts(conn, MN_TCP_ACK, &opts);
    uint32_t fixed = conn->has_timestamps ? (uint32_t)MN_TCP_TS_LEN : 0u;
    return conn->mss - ((uint32_t)mn_tcp_opts_len(&opts) - fixed);
}

/* Text that one packet can carry: whole segments. */
uint32_t mn_tcp_piece_max(const struct mnet_conn *conn, uint32_t mss)
{
    uint32_t most = mn_ip_gso_max(conn->tcp->ip, &conn->entry.remote.addr);
    most = (most < IP_LEN_MAX ? most : IP_LEN_MAX) - ip_hdr_len(&conn->entry.remote.addr) -
           MN_TCP_HDR_LEN_MAX;
    return most > mss ? most - most % mss : mss;
}

/* The window field; notes what it promises. Rounded down to the scale: rounding up would let tiny
 * segments, one after the other, move the edge past the buffer. The little that a receiver seems to
 * take back by that is foreseen in RFC 7323 2.4. */
static uint16_t promise_window(struct mnet_conn *conn, bool is_syn)
{
    uint32_t wnd = mn_tcp_rcv_wnd(conn);
    unsigned shift = is_syn ? 0 : conn->rcv_wscale;
    uint32_t field = wnd >> shift;
    if (field > UINT16_MAX)
        field = UINT16_MAX;
    struct mn_seq edge = mn_seq_add(conn->rcv_nxt, field << shift);
    conn->rcv_adv = mn_seq_max(conn->rcv_adv, edge);
    return (uint16_t)field;
}

static void write_header(struct mnet_conn *conn, struct mn_pkt *pkt, const struct mn_tcp_piece *p)
{
    struct mn_env *env = conn->tcp->env;
    struct mn_tcp_opts opts;
    fill_opts(conn, p->flags, &opts);
    int32_t opts_len = mn_tcp_opts_len(&opts);
    uint32_t hdr_len = MN_TCP_HDR_LEN_MIN + (uint32_t)opts_len;
    const struct mn_tcp_entry *id = &conn->entry;
    struct mn_tcp_hdr hdr = {
        .src_port = id->local.port,
        .dst_port = id->remote.port,
        .seq = p->seq,
        .ack = (p->flags & MN_TCP_ACK) ? conn->rcv_nxt : mn_seq(0),
        .header_len = (uint8_t)hdr_len,
        .flags = p->flags,
        .window = promise_window(conn, (p->flags & MN_TCP_SYN) != 0),
        .checksum = mn_sum_fold(
            mn_ip_pseudo_sum(&id->local.addr, &id->remote.addr, MN_PROTO_TCP, hdr_len + p->len)),
    };
    struct mn_wr wr = mn_pkt_push(env, pkt, hdr_len);
    mn_tcp_hdr_write(&wr, &hdr);
    mn_tcp_opts_write(&wr, &opts);
    MN_ASSERT(mn_wr_ok(&wr) && mn_wr_left(&wr) == 0);
    /* RFC 9293 3.1 MUST-2: the sender computes the checksum: of the pseudo header here, the rest in
     * link/ or the device. */
    pkt->frame.csum = MNET_CSUM_PARTIAL;
    pkt->frame.csum_start = 0;
    pkt->frame.csum_offset = MN_TCP_CSUM_OFFSET;
    uint32_t mss = mn_tcp_text_mss(conn);
    if (p->len > mss && !p->is_mtu_probe) {
        pkt->frame.gso = mnet_addr_is_v4(&id->remote.addr) ? MNET_GSO_TCP4 : MNET_GSO_TCP6;
        pkt->frame.gso_size = (uint16_t)mss;
        pkt->frame.gso_hdr_len = (uint16_t)hdr_len;
    }
}

/* Text of the piece, by reference. What the packet has no ranges for is left for the next one. */
static void gather(struct mnet_conn *conn, struct mn_pkt *pkt, struct mn_tcp_piece *p)
{
    struct mn_tcp *tcp = conn->tcp;
    uint32_t offset = mn_seq_diff(p->seq, mn_tcp_data_start(conn));
    uint32_t got = mn_sndq_gather(&tcp->sndq_mem, &conn->sndq, offset, p->len, pkt);
    if (got == p->len)
        return;
    MN_ASSERT(got > 0);
    uint32_t mss = mn_tcp_text_mss(conn);
    if (got > mss) {
        got = p->is_mtu_probe ? mss : got - got % mss;
        mn_pkt_trim(tcp->env, pkt, got);
    }
    p->len = got;
    p->is_mtu_probe = false;
    p->flags &= (uint8_t) ~(MN_TCP_FIN | MN_TCP_PSH);
}

struct mn_pkt *mn_tcp_build(struct mnet_conn *conn, struct mn_tcp_piece *p)
{
    struct mn_pkt *pkt = mn_pkt_new(conn->tcp->env);
    if (!pkt) {
        mn_env_count_drop(conn->tcp->env, MNET_DROP_TX_NO_MEMORY);
        return NULL;
    }
    if (p->len > 0)
        gather(conn, pkt, p);
    write_header(conn, pkt, p);
    return pkt;
}
