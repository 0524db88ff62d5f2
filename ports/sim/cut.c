/* SPDX-License-Identifier: ISC
 *
 * ports/sim/cut.c - what a network card does with large frames and unfinished checksums.
 *
 * Written on its own, without anything of the stack, so that it checks what it is given: a wrong
 * pseudo-header sum or header length of the stack gives frames that nobody accepts. */
#include "sim_world.h"
#include <string.h>

#define IP4_HDR_LEN 20u
#define PROTO_TCP 6u
#define PROTO_UDP 17u
#define TCP_FIN 0x01u
#define TCP_PSH 0x08u
#define TCP_CWR 0x80u

static uint32_t get16(const uint8_t *at)
{
    return (uint32_t)at[0] << 8 | at[1];
}
static uint32_t get32(const uint8_t *at)
{
    return get16(at) << 16 | get16(at + 2);
}

static void put16(uint8_t *at, uint32_t value)
{
    at[0] = (uint8_t)(value >> 8);
    at[1] = (uint8_t)value;
}

static void put32(uint8_t *at, uint32_t value)
{
    put16(at, value >> 16);
    put16(at + 2, value);
}

/* RFC 1071 4.1: sixteen bits at a time. At most 64 KiB, so that 32 bits do not overflow. */
static uint32_t sum_of(const uint8_t *at, uint32_t len, uint32_t sum)
{
    for (uint32_t i = 0; i + 1 < len; i += 2)
        sum += get16(at + i);
    return len % 2 ? sum + ((uint32_t)at[len - 1] << 8) : sum;
}

static uint32_t fold(uint32_t sum)
{
    while (sum >> 16)
        sum = (sum & 0xffffu) + (sum >> 16);
    return sum;
}

void sim_finish_checksum(struct sim_frame *frame)
{
    if (frame->facts.csum != MNET_CSUM_PARTIAL)
        return;
    uint32_t start = frame->facts.csum_start;
    uint8_t *field = frame->bytes + start + frame->facts.csum_offset;
    uint32_t sum = ~fold(sum_of(frame->bytes + start, frame->len - start, 0)) & 0xffffu;
    /* RFC 768: a computed zero is sent as all ones; to TCP the two are the same. */
    put16(field, sum ? sum : 0xffffu);
    frame->facts.csum = MNET_CSUM_NONE;
}

uint32_t sim_cut_count(const struct sim_frame *frame)
{
    uint32_t payload = frame->len - frame->facts.gso_hdr_len;
    return (payload + frame->facts.gso_size - 1) / frame->facts.gso_size;
}

/* Lengths, identification and header checksum of the i-th piece of an IPv4 frame; returns the sum
 * of its pseudo header. */
static uint32_t renew_ip4(uint8_t *ip, uint32_t ip_len, uint32_t tcp_len, uint32_t i)
{
    uint32_t hdr_len = (ip[0] & 0xfu) * 4u;
    put16(ip + 2, ip_len);
    put16(ip + 4, get16(ip + 4) + i);
    put16(ip + 10, 0);
    put16(ip + 10, ~fold(sum_of(ip, hdr_len, 0)) & 0xffffu);
    return sum_of(ip + 12, 8, PROTO_TCP + tcp_len);
}

static uint32_t renew_ip6(uint8_t *ip, uint32_t ip_len, uint32_t tcp_len)
{
    put16(ip + 4, ip_len - 40);
    return sum_of(ip + 8, 32, PROTO_TCP + tcp_len);
}

struct sim_frame *sim_cut(const struct sim_frame *frame, uint32_t i)
{
    uint32_t hdr_len = frame->facts.gso_hdr_len;
    uint32_t offset = i * frame->facts.gso_size;
    uint32_t left = frame->len - hdr_len - offset;
    uint32_t piece = left < frame->facts.gso_size ? left : frame->facts.gso_size;
    uint32_t tcp_at = frame->facts.csum_start;
    uint32_t tcp_len = hdr_len - tcp_at + piece;
    struct sim_frame *cut = sim_frame_new(NULL, hdr_len + piece);
    memcpy(cut->bytes, frame->bytes, hdr_len);
    memcpy(cut->bytes + hdr_len, frame->bytes + hdr_len + offset, piece);
    uint8_t *ip = cut->bytes + SIM_ETHER_HDR_LEN;
    uint8_t *tcp = cut->bytes + tcp_at;
    uint32_t ip_len = cut->len - SIM_ETHER_HDR_LEN;
    uint32_t pseudo = frame->facts.gso == MNET_GSO_TCP4 ? renew_ip4(ip, ip_len, tcp_len, i)
                                                        : renew_ip6(ip, ip_len, tcp_len);
    put32(tcp + 4, get32(tcp + 4) + offset);
    if (piece < left)
        tcp[13] &= (uint8_t) ~(TCP_FIN | TCP_PSH);
    if (i > 0)
        tcp[13] &= (uint8_t)~TCP_CWR;
    put16(tcp + 16, 0);
    put16(tcp + 16, ~fold(sum_of(tcp, tcp_len, pseudo)) & 0xffffu);
    return cut;
}

/* Where things are in a frame that is one unfragmented TCP or UDP packet over IPv4. */
struct ip4_view {
    uint32_t hdr_len;  /* of IPv4 */
    uint32_t len;      /* of the packet */
    uint32_t proto;    /* TCP or UDP */
    bool is_whole;     /* not a fragment */
    const uint8_t *at; /* the IPv4 header */
};

static bool view_ip4(const struct sim_frame *frame, struct ip4_view *view)
{
    if (frame->len < SIM_ETHER_HDR_LEN + IP4_HDR_LEN || get16(frame->bytes + 12) != 0x0800)
        return false;
    view->at = frame->bytes + SIM_ETHER_HDR_LEN;
    view->hdr_len = (view->at[0] & 0xfu) * 4u;
    view->len = get16(view->at + 2);
    view->proto = view->at[9];
    view->is_whole = (get16(view->at + 6) & 0x3fffu) == 0;
    return view->hdr_len >= IP4_HDR_LEN && view->len >= view->hdr_len + 8 &&
           view->len <= frame->len - SIM_ETHER_HDR_LEN;
}

/* A UDP checksum of 0 means that none was computed: RFC 768. */
static bool has_udp_checksum(const struct ip4_view *view)
{
    return get16(view->at + view->hdr_len + 6) != 0;
}

bool sim_verify(const struct sim_frame *frame)
{
    struct ip4_view view;
    if (!view_ip4(frame, &view) || !view.is_whole)
        return false;
    uint32_t len = view.len - view.hdr_len;
    if (view.proto == PROTO_UDP) {
        if (!has_udp_checksum(&view) || get16(view.at + view.hdr_len + 4) != len)
            return false;
    } else if (view.proto != PROTO_TCP) {
        return false;
    }
    uint32_t pseudo = sum_of(view.at + 12, 8, view.proto + len);
    return fold(sum_of(view.at + view.hdr_len, len, pseudo)) == 0xffffu &&
           fold(sum_of(view.at, view.hdr_len, 0)) == 0xffffu;
}

bool sim_is_covered(const struct sim_frame *frame, uint32_t at)
{
    struct ip4_view view;
    if (!view_ip4(frame, &view) || at < SIM_ETHER_HDR_LEN || at >= SIM_ETHER_HDR_LEN + view.len)
        return false;
    /* A fragment may be of a datagram without checksum; the header of any is covered. */
    if (at < SIM_ETHER_HDR_LEN + view.hdr_len)
        return true;
    return view.is_whole && (view.proto != PROTO_UDP || has_udp_checksum(&view));
}
