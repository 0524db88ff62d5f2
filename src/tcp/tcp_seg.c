/* SPDX-License-Identifier: ISC
 *
 * From packet to segment: header, options and checksum, before anything is known of a connection.
 *
 * All bytes are read here, by the parsers of wire/, which read the first range of the packet; what
 * follows in this folder sees numbers only. Nothing but `seg` and the front of the packet changes.
 */
#include <tcp/tcp_conn.h>

/* RFC 9293 3.1 MUST-3: the checksum of a segment that has come must be checked; the pseudo header
 * is part of it. A device that has done it, or a sender in this very stack, is believed. */
static bool has_good_checksum(const struct mn_pkt *pkt, const struct mn_ip_rx *rx)
{
    if (pkt->frame.csum != MNET_CSUM_NONE)
        return true;
    mn_sum sum = mn_ip_pseudo_sum(&rx->src, &rx->dst, MN_PROTO_TCP, pkt->frame.len);
    return mn_sum_finish(mn_pkt_sum(pkt, 0, sum)) == 0;
}

/* Flags that no TCP sends together. SYN with FIN would be a transaction of RFC 1644, which is gone;
 * what is left of it are port scanners. */
static bool are_flags_possible(uint8_t flags)
{
    uint8_t both = flags & (MN_TCP_SYN | MN_TCP_FIN | MN_TCP_RST);
    return !(both & MN_TCP_SYN) || both == MN_TCP_SYN;
}

mn_verdict mn_tcp_seg_parse(struct mn_env *env, struct mn_pkt *pkt, const struct mn_ip_rx *rx,
                            struct mn_tcp_seg *seg)
{
    *seg = (struct mn_tcp_seg){0};
    struct mn_tcp_hdr hdr;
    struct mn_rd rd = mn_pkt_rd(pkt);
    if (!mn_tcp_hdr_read(&rd, &hdr))
        return MN_DROP(TCP_SHORT);
    if (!has_good_checksum(pkt, rx))
        return MN_DROP(TCP_CHECKSUM);
    /* RFC 9293 3.9.2.3 MUST-57: nothing from or to a broadcast or multicast address. */
    if (rx->is_group)
        return MN_DROP(TCP_NOT_UNICAST);
    if (!are_flags_possible(hdr.flags) || hdr.src_port == 0)
        return MN_DROP(TCP_BAD_FLAGS);
    /* RFC 9293 3.1 MUST-7: illegal options do no harm: those before them count. */
    (void)mn_tcp_opts_read(hdr.options, &seg->opts);
    seg->seq = hdr.seq;
    seg->ack = hdr.ack;
    seg->src_port = hdr.src_port;
    seg->dst_port = hdr.dst_port;
    seg->wnd = hdr.window;
    seg->flags = hdr.flags;
    seg->count = pkt->gso_count > 0 ? pkt->gso_count : 1;
    seg->each = pkt->frame.gso_size;
    seg->pkt = pkt;
    seg->rx = rx;
    mn_pkt_pull(env, pkt, hdr.header_len);
    seg->len = pkt->frame.len;
    return MN_DONE;
}
