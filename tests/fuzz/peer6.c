/* SPDX-License-Identifier: ISC
 *
 * What peer.c does, for IPv6: a packet of it is put where one of IPv4 would have been, and those of
 * the stack are checked. The checksum is that of a plain loop. */
#include "peer.h"
#include <wire/ether_hdr.h>
#include <wire/icmp6_hdr.h>
#include <wire/ip6_ext.h>
#include <wire/udp_hdr.h>

/* 10.0.0.N is fd00::N; groups, broadcasts and what is not ours are the same of IPv6. */
static struct mnet_addr addr6(uint32_t v4)
{
    struct mnet_addr addr = {{0xfd, [15] = (uint8_t)v4}};
    if (v4 == 0)
        return mnet_addr_any();
    if (v4 >> 28 >= 14)
        return (struct mnet_addr){{0xff, 0x02, [15] = (uint8_t)(v4 == UINT32_MAX ? 1 : v4)}};
    if (v4 >> 24 == 127)
        return (struct mnet_addr){{[15] = 1}};
    if (v4 >> 24 != 10)
        return (struct mnet_addr){{0x20, 0x01, [15] = (uint8_t)v4}};
    return addr;
}

/* RFC 4291 2.7.1: the last three bytes of fd00::2. */
static const struct mnet_addr solicited = {
    {0xff, 0x02, [11] = 1, [12] = 0xff, [15] = (uint8_t)PEER_STACK_IP}};

static struct mn_ip6_hdr peer_hdr6(const struct mn_ip4_hdr *h)
{
    struct mn_ip6_hdr hdr = {.traffic_class = h->tos,
                             .next = h->proto == MN_PROTO_ICMP4 ? MN_PROTO_ICMP6 : h->proto,
                             .hop_limit = h->ttl,
                             .src = addr6(h->src),
                             .dst = addr6(h->dst)};
    return hdr;
}

/* Options of IPv4 become destination options with the same bytes; a fragment stays one. */
void peer_start6(struct mn_wr *w, const struct mn_ip4_hdr *h, const uint8_t *options,
                 size_t options_len, size_t len)
{
    struct mn_ip6_hdr hdr = peer_hdr6(h);
    uint8_t next = hdr.next;
    bool is_fragment = h->more_fragments || h->frag_offset != 0;
    size_t ext_len = options_len > 0 ? (options_len + 2 + 7) / 8 * 8 : 0;
    hdr.payload_len = (uint16_t)(len + ext_len + (is_fragment ? MN_IP6_FRAG_LEN : 0));
    uint8_t after = ext_len > 0 ? MN_IP6_EXT_DST_OPTS : next;
    hdr.next = is_fragment ? MN_IP6_EXT_FRAGMENT : after;
    mn_ip6_hdr_write(w, &hdr);
    if (is_fragment) {
        const struct mn_ip6_frag frag = {after, h->more_fragments, h->frag_offset, h->id};
        mn_ip6_frag_write(w, &frag);
    }
    if (ext_len == 0)
        return;
    mn_wr_u8(w, next);
    mn_wr_u8(w, (uint8_t)(ext_len / 8 - 1));
    mn_wr_bytes(w, options, (int32_t)options_len);
    mn_wr_zeros(w, (int32_t)(ext_len - 2 - options_len));
}

/* ---- checksums ---- */

static uint16_t sum6(const struct mn_ip6_hdr *hdr, uint8_t proto, const uint8_t *at, size_t len)
{
    uint32_t sum = proto + (uint32_t)len;
    for (unsigned i = 0; i < 16; i++)
        sum += (uint32_t)(hdr->src.bytes[i] + hdr->dst.bytes[i]) << (i % 2 == 0 ? 8 : 0);
    for (size_t i = 0; i < len; i++)
        sum += (uint32_t)at[i] << (i % 2 == 0 ? 8 : 0);
    while (sum > 0xffff)
        sum = (sum & 0xffff) + (sum >> 16);
    return (uint16_t)sum;
}

/* Walks to the transport. False: there is none, or only a part of it. */
static bool find_transport(struct mn_rd *r, size_t len, struct mn_ip6_hdr *hdr, uint8_t *proto)
{
    if (mn_ip6_hdr_read(r, (uint32_t)len, hdr) != MN_IP6_OK)
        return false;
    struct mn_ip6_ext ext = mn_ip6_ext_first(hdr->next);
    enum mn_ip6_ext_step step = MN_IP6_EXT_ONE;
    for (int i = 0; i <= MN_IP6_EXTS && step == MN_IP6_EXT_ONE; i++) {
        step = mn_ip6_ext_next(r, &ext);
        if (step == MN_IP6_EXT_ONE && ext.kind == MN_IP6_EXT_FRAGMENT &&
            !mn_ip6_frag_is_whole(&ext.frag))
            return false;
    }
    *proto = ext.next;
    return step == MN_IP6_EXT_LAST;
}

static size_t csum_offset6(uint8_t proto)
{
    return proto == MN_PROTO_TCP     ? MN_TCP_CSUM_OFFSET
           : proto == MN_PROTO_UDP   ? MN_UDP_CSUM_OFFSET
           : proto == MN_PROTO_ICMP6 ? MN_ICMP6_CSUM_OFFSET
                                     : SIZE_MAX - 2;
}

void peer_repair6(uint8_t *at, size_t len)
{
    struct mn_rd r = mn_rd_over(at, len);
    struct mn_ip6_hdr hdr;
    uint8_t proto;
    if (!find_transport(&r, len, &hdr, &proto))
        return;
    size_t off = (size_t)r.off, end = MN_IP6_HDR_LEN + (size_t)hdr.payload_len;
    size_t csum = off + csum_offset6(proto);
    if (csum_offset6(proto) == SIZE_MAX - 2 || end > len || csum + 2 > end)
        return;
    at[csum] = at[csum + 1] = 0;
    uint16_t sum = (uint16_t)~sum6(&hdr, proto, at + off, end - off);
    if (sum == 0)
        sum = UINT16_MAX;
    at[csum] = (uint8_t)(sum >> 8);
    at[csum + 1] = (uint8_t)sum;
}

/* ---- neighbour discovery ---- */

void peer_ndp(struct peer *peer, uint8_t type, uint8_t flags, uint32_t about,
              const uint8_t *options, size_t options_len)
{
    uint8_t body[40] = {type};
    struct mnet_addr target = addr6(about);
    size_t len = type == MN_ICMP6_ROUTER_ADVERT ? 16 : type == MN_ICMP6_REDIRECT ? 40 : 24;
    struct mn_ip6_hdr hdr = {.next = MN_PROTO_ICMP6,
                             .hop_limit = (uint8_t)(flags & 1 ? 254 : 255),
                             .src = {{0xfe, 0x80, [15] = 1}},
                             .dst = {{0xff, 0x02, [15] = 1}},
                             .payload_len = (uint16_t)(len + options_len)};
    if (type == MN_ICMP6_ROUTER_ADVERT) {
        body[4] = flags;
        body[7] = (uint8_t)(flags & 2 ? 0 : 60);
        body[5] = (uint8_t)(flags & 0x18);
    } else {
        body[4] = (uint8_t)(flags & 0xe0);
        memcpy(body + 8, target.bytes, 16);
        if (type != MN_ICMP6_REDIRECT || flags & 0x10)
            hdr.src = flags & 4 ? mnet_addr_any() : addr6(PEER_IP);
        else
            memcpy(body + 8, (struct mnet_addr){{0xfe, 0x80, [15] = (uint8_t)about}}.bytes, 16);
        memcpy(body + 24, (struct mnet_addr){{0x20, 0x01, [15] = 0xf2}}.bytes, 16);
        hdr.dst = flags & 8 ? addr6(PEER_STACK_IP) : solicited;
    }
    struct mn_wr w = mn_wr_over(peer->frame, sizeof peer->frame);
    mn_ether_hdr_write(
        &w, &(struct mn_ether_hdr){{{2, 0, 0, 0, 0, 2}}, {{2, 0, 0, 0, 0, 1}}, MN_ETHERTYPE_IP6});
    mn_ip6_hdr_write(&w, &hdr);
    mn_wr_bytes(&w, body, (int32_t)len);
    mn_wr_bytes(&w, options, (int32_t)options_len);
    FUZZ_CHECK(mn_wr_ok(&w));
    peer->frame_len = (size_t)w.off;
    peer_repair(peer);
}

/* ---- checking ---- */

bool peer_see6(const uint8_t *at, size_t len, struct mn_rd *tcp)
{
    struct mn_rd r = mn_rd_over(at, len);
    struct mn_ip6_hdr hdr, again;
    struct mn_rd fixed = r;
    uint8_t proto;
    FUZZ_CHECK(mn_ip6_hdr_read(&fixed, (uint32_t)len, &again) == MN_IP6_OK);
    FUZZ_CHECK(again.payload_len + (size_t)MN_IP6_HDR_LEN == len && again.hop_limit > 0);
    FUZZ_CHECK(!mnet_addr_is_multicast(&again.src) && !mnet_addr_is_any(&again.dst));
    FUZZ_CHECK(!mnet_addr_is_loopback(&again.src) && !mnet_addr_is_loopback(&again.dst));
    if (!find_transport(&r, len, &hdr, &proto))
        return false;
    size_t off = (size_t)r.off;
    if (csum_offset6(proto) != SIZE_MAX - 2)
        FUZZ_CHECK(sum6(&hdr, proto, at + off, len - off) == 0xffff);
    if (proto == MN_PROTO_UDP) /* RFC 8200 8.1: never without */
        FUZZ_CHECK(at[off + MN_UDP_CSUM_OFFSET] != 0 || at[off + MN_UDP_CSUM_OFFSET + 1] != 0);
    *tcp = r;
    return proto == MN_PROTO_TCP;
}
