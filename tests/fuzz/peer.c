/* SPDX-License-Identifier: ISC
 *
 * See peer.h. The checks are made with the project's own parsers, whose round trips other targets
 * check; the checksums with a plain loop of their own. */
#include "peer.h"
#include <wire/arp_hdr.h>
#include <wire/ether_hdr.h>
#include <wire/udp_hdr.h>

static const struct mnet_mac PEER_MAC = {{2, 0, 0, 0, 0, 1}};
static const struct mnet_mac STACK_MAC = {{2, 0, 0, 0, 0, 2}};

void peer_init(struct peer *peer)
{
    memset(peer, 0, sizeof *peer);
    for (unsigned i = 0; i < PEER_FLOWS; i++) {
        /* Some streams cross the end of the sequence space soon. */
        peer->flow[i].isn = i % 2 == 0 ? 0xfffffe00u : 1000u * i;
        peer->flow[i].nxt = peer->flow[i].isn;
        peer->flow[i].stack_port = PEER_LISTEN_PORT;
    }
}

uint8_t peer_byte(unsigned i, uint32_t place, bool is_from_stack)
{
    return (uint8_t)(place * 31 + (place >> 8) * 7 + i * 41 + is_from_stack * 97u);
}

/* ---- checksums ---- */

static uint32_t sum_of(const uint8_t *at, size_t len, uint32_t sum)
{
    for (size_t i = 0; i < len; i++)
        sum += (uint32_t)at[i] << (i % 2 == 0 ? 8 : 0);
    return sum;
}

static uint16_t fold(uint32_t sum)
{
    while (sum > 0xffff)
        sum = (sum & 0xffff) + (sum >> 16);
    return (uint16_t)sum;
}

/* Of a transport packet behind an IPv4 header: with its pseudo header, but for ICMP. */
static uint16_t transport_sum(const struct mn_ip4_hdr *ip, const uint8_t *at, size_t len)
{
    uint32_t sum = 0;
    if (ip->proto != MN_PROTO_ICMP4)
        sum = (ip->src >> 16) + (ip->src & 0xffff) + (ip->dst >> 16) + (ip->dst & 0xffff) +
              ip->proto + (uint32_t)len;
    return fold(sum_of(at, len, sum));
}

static void put16(uint8_t *at, uint16_t value)
{
    at[0] = (uint8_t)(value >> 8);
    at[1] = (uint8_t)value;
}

/* Where the checksum of a protocol's packets is; false: it has none that is known here. */
static bool csum_offset(uint8_t proto, size_t *offset)
{
    *offset = proto == MN_PROTO_TCP   ? MN_TCP_CSUM_OFFSET
              : proto == MN_PROTO_UDP ? MN_UDP_CSUM_OFFSET
                                      : MN_ICMP4_CSUM_OFFSET;
    return proto == MN_PROTO_TCP || proto == MN_PROTO_UDP || proto == MN_PROTO_ICMP4;
}

void peer_repair(struct peer *peer)
{
    uint8_t *at = peer->frame + MN_ETHER_HDR_LEN;
    if (peer->frame_len < MN_ETHER_HDR_LEN + MN_IP4_HDR_LEN_MIN)
        return;
    size_t len = peer->frame_len - MN_ETHER_HDR_LEN;
    if (at[0] >> 4 == 6) {
        peer_repair6(at, len);
        return;
    }
    size_t header_len = (at[0] & 15u) * 4u;
    if (header_len < MN_IP4_HDR_LEN_MIN || header_len > len)
        return;
    put16(at + MN_IP4_CSUM_OFFSET, 0);
    put16(at + MN_IP4_CSUM_OFFSET, (uint16_t)~fold(sum_of(at, header_len, 0)));
    struct mn_rd r = mn_rd_over(at, len);
    struct mn_ip4_hdr h;
    size_t offset;
    if (mn_ip4_hdr_read(&r, (uint32_t)len, &h) != MN_IP4_OK || mn_ip4_is_fragment(&h) ||
        !csum_offset(h.proto, &offset) || offset + 2u + h.header_len > h.total_len)
        return;
    put16(at + h.header_len + offset, 0);
    uint16_t sum = transport_sum(&h, at + h.header_len, (size_t)h.total_len - h.header_len);
    put16(at + h.header_len + offset, (uint16_t)~sum);
}

/* ---- building ---- */

static struct mn_wr start(struct peer *peer, uint16_t type)
{
    struct mn_wr w = mn_wr_over(peer->frame, sizeof peer->frame);
    mn_ether_hdr_write(&w, &(struct mn_ether_hdr){STACK_MAC, PEER_MAC, type});
    return w;
}

static void finish(struct peer *peer, const struct mn_wr *w)
{
    FUZZ_CHECK(mn_wr_ok(w));
    peer->frame_len = (size_t)w->off;
    peer_repair(peer);
}

void peer_arp(struct peer *peer, uint16_t op, uint32_t spa, uint32_t tpa)
{
    struct mn_wr w = start(peer, MN_ETHERTYPE_ARP);
    const struct mn_arp_hdr h = {.op = op, .sha = PEER_MAC, .spa = spa, .tpa = tpa};
    mn_arp_hdr_write(&w, &h);
    peer->frame_len = (size_t)w.off;
}

/* An IPv4 header for `len` more bytes. */
static struct mn_wr start_ip(struct peer *peer, struct mn_ip4_hdr h, const uint8_t *options,
                             size_t options_len, size_t len)
{
    struct mn_wr w = start(peer, peer->is_ipv6 ? MN_ETHERTYPE_IP6 : MN_ETHERTYPE_IP4);
    if (peer->is_ipv6) {
        peer_start6(&w, &h, options, options_len, len);
        return w;
    }
    options_len = options_len > MN_IP4_OPTIONS_LEN_MAX ? MN_IP4_OPTIONS_LEN_MAX : options_len & ~3u;
    h.header_len = (uint8_t)(MN_IP4_HDR_LEN_MIN + options_len);
    h.total_len = (uint16_t)(h.header_len + len);
    mn_ip4_hdr_write(&w, &h);
    mn_wr_bytes(&w, options, (int32_t)options_len);
    return w;
}

void peer_ip(struct peer *peer, struct mn_ip4_hdr h, const uint8_t *options, size_t options_len,
             const uint8_t *payload, size_t len)
{
    struct mn_wr w = start_ip(peer, h, options, options_len, len);
    mn_wr_bytes(&w, payload, (int32_t)len);
    finish(peer, &w);
}

static struct mn_ip4_hdr plain_ip(uint8_t proto)
{
    return (struct mn_ip4_hdr){.ttl = 64, .proto = proto, .src = PEER_IP, .dst = PEER_STACK_IP};
}

void peer_tcp(struct peer *peer, unsigned i, struct mn_tcp_hdr h, const uint8_t *options,
              size_t options_len, size_t len)
{
    h.header_len = (uint8_t)(MN_TCP_HDR_LEN_MIN + options_len);
    struct mn_wr w = start_ip(peer, plain_ip(MN_PROTO_TCP), NULL, 0, h.header_len + len);
    mn_tcp_hdr_write(&w, &h);
    mn_wr_bytes(&w, options, (int32_t)options_len);
    uint32_t place = h.seq.v - peer->flow[i].isn - 1 + ((h.flags & MN_TCP_SYN) != 0);
    for (uint32_t k = 0; k < len; k++)
        mn_wr_u8(&w, peer_byte(i, place + k, false));
    finish(peer, &w);
}

void peer_udp(struct peer *peer, uint16_t src_port, uint16_t dst_port, uint16_t length, size_t len)
{
    struct mn_wr w = start_ip(peer, plain_ip(MN_PROTO_UDP), NULL, 0, MN_UDP_HDR_LEN + len);
    mn_udp_hdr_write(&w, &(struct mn_udp_hdr){src_port, dst_port, length, 0});
    mn_wr_zeros(&w, (int32_t)len);
    finish(peer, &w);
}

void peer_icmp(struct peer *peer, struct mn_icmp4_hdr h, const uint8_t *payload, size_t len)
{
    struct mn_wr w = start_ip(peer, plain_ip(MN_PROTO_ICMP4), NULL, 0, MN_ICMP4_HDR_LEN + len);
    mn_icmp4_hdr_write(&w, &h);
    mn_wr_bytes(&w, payload, (int32_t)len);
    finish(peer, &w);
}

/* ---- checking ---- */

static void see_tcp(struct peer *peer, struct mn_rd r)
{
    struct mn_tcp_hdr h;
    struct mn_tcp_opts opts;
    FUZZ_CHECK(mn_tcp_hdr_read(&r, &h));
    FUZZ_CHECK(mn_tcp_opts_read(h.options, &opts));
    unsigned i = h.dst_port - PEER_PORT;
    if (h.dst_port < PEER_PORT || i >= PEER_FLOWS)
        return;
    struct peer_flow *flow = &peer->flow[i];
    uint32_t len = (uint32_t)mn_rd_left(&r);
    bool is_syn = (h.flags & MN_TCP_SYN) != 0;
    if ((h.flags & MN_TCP_RST) != 0)
        return;
    if (is_syn) {
        flow->stack_isn = h.seq.v;
        flow->isn_port = h.src_port;
        FUZZ_CHECK(opts.has_mss && opts.sack_count == 0);
    }
    /* The same place of a stream is always the same byte, however often it is sent. A SYN starts
     * another stream. */
    if (!peer->is_wild && h.src_port == flow->isn_port) {
        uint32_t place = h.seq.v - flow->stack_isn - 1 + is_syn;
        for (uint32_t k = 0; k < len && place < 0x40000000; k++)
            FUZZ_CHECK(mn_rd_u8(&r) == peer_byte(i, place + k, true));
    }
    flow->stack_port = h.src_port;
    flow->stack_nxt = h.seq.v + len + is_syn + ((h.flags & MN_TCP_FIN) != 0);
    if ((h.flags & MN_TCP_ACK) != 0)
        flow->nxt = h.ack.v;
    if (opts.has_ts)
        flow->ts = opts.ts_val;
}

static void see_ip(struct peer *peer, const uint8_t *at, size_t len)
{
    struct mn_rd r = mn_rd_over(at, len);
    struct mn_ip4_hdr h;
    FUZZ_CHECK(mn_ip4_hdr_read(&r, (uint32_t)len, &h) == MN_IP4_OK);
    FUZZ_CHECK(h.total_len == len);
    FUZZ_CHECK(fold(sum_of(at, h.header_len, 0)) == 0xffff);
    FUZZ_CHECK(h.ttl > 0 && h.src >> 24 == 10);
    if (mn_ip4_is_fragment(&h))
        return;
    at += h.header_len;
    len -= h.header_len;
    if (h.proto == MN_PROTO_UDP) {
        struct mn_udp_hdr udp;
        struct mn_rd u = r;
        FUZZ_CHECK(mn_udp_hdr_read(&u, &udp) && udp.length == len);
        /* RFC 1122 4.1.3.4: a datagram of ours has a checksum, which is never sent as zero. */
        FUZZ_CHECK(udp.checksum != 0);
    }
    FUZZ_CHECK(transport_sum(&h, at, len) == 0xffff);
    if (h.proto == MN_PROTO_TCP)
        see_tcp(peer, r);
}

void peer_see(struct peer *peer, const uint8_t *frame, size_t len)
{
    struct mn_rd r = mn_rd_over(frame, len);
    struct mn_ether_hdr h;
    FUZZ_CHECK(len <= PEER_FRAME_MAX && mn_ether_hdr_read(&r, &h));
    FUZZ_CHECK(memcmp(h.src.bytes, STACK_MAC.bytes, sizeof h.src.bytes) == 0);
    if (h.type == MN_ETHERTYPE_ARP) {
        struct mn_arp_hdr arp;
        FUZZ_CHECK(mn_arp_hdr_read(&r, &arp));
    } else if (h.type == MN_ETHERTYPE_IP6) {
        if (peer_see6(frame + MN_ETHER_HDR_LEN, len - MN_ETHER_HDR_LEN, &r))
            see_tcp(peer, r);
    } else {
        FUZZ_CHECK(h.type == MN_ETHERTYPE_IP4);
        see_ip(peer, frame + MN_ETHER_HDR_LEN, len - MN_ETHER_HDR_LEN);
    }
    memcpy(peer->frame, frame, len);
    peer->frame_len = len;
}
