/* SPDX-License-Identifier: ISC
 *
 * IPv4: a packet of any bytes through mn_ip4_in: header, checksum, source, destination, options, padding, and what it
 * says of the packet afterwards, which is what the harnesses of the layers above begin with. Lengths up to what a header
 * takes are cases of their own, all longer ones are one case; so are the header lengths. Own addresses and groups (harness
 * `ip_tables`) and reassembly (path_frag) answer anything.
 *
 * include: model
 * options: -eva-split-return auto -eva-split-return-function mn_ip4_in:0:1:5:8 -eva-no-interprocedural-splits -eva-slevel 0 -eva-slevel-function mn_ip4_in:50,packet_in:50,mn_ip4_hdr_read:50,read_header:50
 * sources: src/ip/ip4_in.c src/wire/ip4_hdr.c src/base/pkt.c src/base/addr.c src/base/env.c
 * reach: 80 */
#include "path.h"
#include <ip/ip_state.h>
#include <wire/ip4_opts.h>

#define LONGEST 64 /* more than the longest header */

static struct mn_ip ip;

/* ---- what answers anything ---- */

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

bool mn_ip_group_is_joined(const struct mn_ip *i, const struct mnet_addr *group)
{
    //@ assert told: \initialized(group);
    return any_bool();
}

/* Harness `wire_in` has it read any bytes. */
bool mn_ip4_opts_read(struct mn_rd options, struct mn_ip4_opts *out)
{
    //@ assert reader: 0 <= options.off <= options.end && \valid_read(options.base + (0 .. options.end - 1));
    make_any(out, sizeof *out);
    out->has_source_route = any_bool();
    return any_bool();
}

/* ---- the packet ---- */

static void check(const struct mn_pkt *p, const struct mn_ip_rx *rx)
{
    uint32_t len = p->frame.seg[0].len;
    //@ assert one_range: p->frame.seg_count == 1 && p->frame.len <= FRAME_MAX && len <= FRAME_MAX;
    //@ assert in_block: len == 0 || \valid_read(p->frame.seg[0].at + (0 .. len - 1));
    //@ assert header: 20 <= p->l3_len <= 60 && \valid_read(p->frame.seg[0].at - (1 .. p->l3_len));
    //@ assert told: \initialized(rx);
}

mn_verdict mn_frag_in(struct mn_ip *i, struct mn_pkt *p, struct mn_frag_part *part, struct mn_ip_rx *rx)
{
    check(p, rx);
    //@ assert part: \initialized(&part->src) && \initialized(&part->dst) && \initialized(&part->proto);
    //@ assert place: part->offset <= 65528 && part->id <= 65535 && (part->more == 0 || part->more == 1);
    return Frama_C_interval(0, 2) == 0 ? MN_DONE : any_bool() ? MN_KEPT : MN_DROP(FRAG_BAD);
}

mn_verdict mn_igmp_in(struct mn_ip *i, struct mn_pkt *p, const struct mn_ip_rx *rx)
{
    check(p, rx);
    return any_bool() ? MN_DONE : MN_DROP(MLD_BAD);
}

static void packet_in(uint32_t min, uint32_t max, uint8_t version_min, uint8_t version_max)
{
    struct mn_ip_rx rx;
    struct mn_pkt *in = &pkt;
    any_env();
    any_packet(min, max);
    if (max > 0)
        pkt.frame.seg[0].at[0] = (uint8_t)Frama_C_interval(version_min, version_max);
    mn_verdict verdict = mn_ip4_in(&ip, &in, &rx);
    //@ assert same: in == &pkt;
    if (verdict > MN_KEPT)
        check(in, &rx);
}

static void of_length(uint32_t min, uint32_t max)
{
    packet_in(min, max, 0, 0x3f);
    packet_in(min, max, 0x40, 0x44);
    //@ loop unroll 11;
    for (uint8_t v = 0x45; v <= 0x4f; v++)
        packet_in(min, max, v, v);
    packet_in(min, max, 0x50, 0xff);
}

int main(void)
{
    make_any(&ip, sizeof ip);
    ip.env = &env;
    //@ loop unroll 8;
    for (unsigned i = 0; i < MN_IP_ADDRS; i++)
        ip.own[i].is_ready = any_bool();
    //@ loop unroll 20;
    for (uint32_t len = 0; len < 20; len++)
        packet_in(len, len, 0, 0xff);
    //@ loop unroll 45;
    for (uint32_t len = 20; len <= LONGEST; len++)
        of_length(len, len);
    of_length(LONGEST + 1, FRAME_MAX);
    return 0;
}
