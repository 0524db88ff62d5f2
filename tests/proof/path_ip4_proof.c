/* SPDX-License-Identifier: ISC
 *
 * The IPv4 header with its options: a packet of any bytes through mn_ip4_in, with any own addresses
 * and groups. One length at a time, each header length apart; path_ip4_long takes the lengths
 * beyond a header's. Own addresses and groups (path_route) and reassembly (path_frag) are models
 * that answer anything that their contracts allow; that of reassembly checks what it is given.
 *
 * when: all
 * include: model
 * options: -eva-slevel 9000 -eva-slevel-function main:0
 * sources: src/ip/ip4_in.c src/wire/ip4_hdr.c src/wire/ip4_opts.c src/base/pkt.c src/base/addr.c
 * sources: src/base/env.c
 * reach: 40 */
#include "path.h"
#include <ip/ip_state.h>

#ifndef FIRST
#define FIRST 0
#define LAST 66 /* more than 60 bytes of header */
#endif

static struct mn_ip ip;

struct mn_ip_own *mn_ip_own_find(struct mn_ip *i, uint32_t addr)
{
    return any_bool() ? &i->own[Frama_C_interval(0, MN_IP_ADDRS - 1)] : NULL;
}

bool mn_ip_own_is_ready(const struct mn_ip *i, const struct mn_ip_own *own)
{
    return any_bool();
}

bool mn_ip_is_broadcast4(const struct mn_ip *i, uint32_t addr)
{
    return any_bool();
}

bool mn_ip_group_is_joined(const struct mn_ip *i, uint32_t group)
{
    return any_bool();
}

mn_verdict mn_frag_in(struct mn_ip *i, struct mn_pkt *p, const struct mn_ip4_hdr *hdr,
                      struct mn_ip_rx *rx)
{
    //@ assert offset: hdr->frag_offset <= 65528 && hdr->frag_offset % 8 == 0;
    //@ assert header: 20 <= hdr->header_len <= 60 && 20 <= p->l3_len <= 60;
    //@ assert header_bytes: \valid_read(p->frame.seg[0].at - (1 .. p->l3_len));
    //@ assert packet: p == &pkt && p->frame.seg_count == 1;
#ifndef AS_ONE
    //@ assert length: p->frame.len <= FRAME_MAX;
#endif
    //@ assert rx: \initialized(rx);
    return any_bool() ? MN_DONE : any_bool() ? MN_KEPT : MN_DROP(FRAG_BAD);
}

static void any_ip(void)
{
    make_any(&ip, sizeof ip);
    ip.env = &env;
    ip.own_count = Frama_C_unsigned_int_interval(0, MN_IP_ADDRS);
    //@ loop unroll 8;
    for (unsigned i = 0; i < MN_IP_ADDRS; i++)
        ip.own[i].is_ready = any_bool();
}

static void packet_in(uint32_t min, uint32_t max, uint8_t first_min, uint8_t first_max)
{
    struct mn_ip_rx rx;
    struct mn_pkt *in = &pkt;
    any_packet(min, max);
    if (max > 0)
        *pkt.frame.seg[0].at =
            first_min < first_max ? (uint8_t)Frama_C_interval(first_min, first_max) : first_min;
    pkt.is_loopback = any_bool();
    mn_verdict verdict = mn_ip4_in(&ip, &in, &rx);
    //@ assert packet: in == &pkt;
    if (verdict == MN_TO_ICMP4 || verdict == MN_TO_TRANSPORT) {
        //@ assert header: 20 <= pkt.l3_len <= 60;
#ifndef AS_ONE
        //@ assert length: pkt.frame.len <= max && pkt.frame.seg[0].len <= max;
#endif
        //@ assert header_bytes: \valid_read(pkt.frame.seg[0].at - (1 .. pkt.l3_len));
        //@ assert rx: \initialized(&rx);
    }
    //@ assert verdict: verdict == MN_KEPT || verdict < 0 || MN_TO_ICMP4 <= verdict <= MN_TO_TRANSPORT;
}

int main(void)
{
    any_env();
    any_ip();
#ifdef AS_ONE
    packet_in(FIRST, LAST, 0, 0xff);
#else
    //@ loop unroll 1600;
    for (uint32_t len = FIRST; len <= LAST; len++) {
        packet_in(len, len, 0, 0x3f);
        //@ loop unroll 16;
        for (uint8_t first = 0x40; first <= 0x4f; first++)
            packet_in(len, len, first, first);
        packet_in(len, len, 0x50, 0xff);
    }
#endif
    return 0;
}
