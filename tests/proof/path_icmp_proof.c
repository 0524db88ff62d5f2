/* SPDX-License-Identifier: ISC
 *
 * ICMP: a message of any bytes through mn_icmp4_in, to the answer of an echo request or to the
 * quote of an error; and mn_icmp_send_unreach about a packet of any bytes. Each length that the
 * headers can take is a case of its own, and so are some longer ones; path_icmp_long has the
 * others. Own addresses are a model that answers anything; what is sent is looked at.
 *
 * when: all
 * include: model
 * options: -eva-slevel 9000 -eva-slevel-function main:0
 * sources: src/ip/icmp_in.c src/ip/icmp_out.c src/ip/pmtu.c src/wire/icmp4_hdr.c
 * sources: src/wire/ip4_hdr.c src/base/pkt.c src/base/addr.c src/base/env.c src/base/siphash.c
 * reach: 50 */
#include "path.h"
#include <ip/ip_state.h>
#include <link/link.h>

#ifndef FIRST
#define FIRST 0
#define LAST 80 /* more than an ICMP header and an IP header with 8 bytes behind it */
#endif

static struct mn_ip ip;
static struct mn_ip_rx rx;

bool mn_ip_is_own(const struct mn_ip *i, const struct mnet_addr *addr)
{
    //@ assert initialized: \initialized(addr);
    return any_bool();
}

bool mn_ip_is_group(const struct mn_ip *i, const struct mnet_addr *addr)
{
    //@ assert initialized: \initialized(addr);
    return any_bool();
}

uint32_t mn_link_mtu(const struct mn_link *l)
{
    return Frama_C_unsigned_int_interval(576, 65535);
}

uint32_t mn_link_gso_max(const struct mn_link *l)
{
    return 65535;
}

mnet_err mn_ip_out(struct mn_ip *i, struct mn_pkt *p, const struct mn_ip_tx *tx)
{
    //@ assert answer: p == &made && 1 <= p->frame.seg_count <= MNET_FRAME_SEGS;
    //@ assert header: p->frame.seg[0].len >= 8;
    //@ assert header_2: \valid_read(p->frame.seg[0].at + (0 .. p->frame.seg[0].len - 1));
    //@ assert headroom: \valid(p->frame.seg[0].at - (1 .. 80));
#ifndef AS_ONE
    uint32_t more = p->frame.seg_count > 1 ? p->frame.seg[1].len : 0;
    //@ assert payload: more == 0 || \valid_read(p->frame.seg[1].at + (0 .. more - 1));
#endif
    //@ assert tx: \initialized(tx);
    return any_bool() ? MNET_OK : MNET_ERR_NET_UNREACH;
}

static void any_message(uint32_t min, uint32_t max)
{
    any_packet(min, max);
    pkt.is_loopback = any_bool();
    make_any(&rx, sizeof rx);
    rx.is_group = any_bool();
}

/* The first byte of what an error would quote has the header length, which decides where all else
 * is. */
static void message_in(uint32_t min, uint32_t max, uint8_t quoted_min, uint8_t quoted_max)
{
    struct mn_ip_err err;
    any_message(min, max);
    if (min > 8)
        pkt.frame.seg[0].at[8] = quoted_min < quoted_max
                                     ? (uint8_t)Frama_C_interval(quoted_min, quoted_max)
                                     : quoted_min;
    if (mn_icmp4_in(&ip, &pkt, &rx, &err) != MN_TO_ERROR)
        return;
        //@ assert err: \initialized(&err);
#ifndef AS_ONE
        //@ assert quote: err.quote.base == pkt.frame.seg[0].at;
        //@ assert quote_2: 28 <= err.quote.off <= err.quote.end - 8 && !err.quote.bad;
#endif
    //@ assert quote_bytes: \valid_read(err.quote.base + (0 .. err.quote.end - 1));
}

static void unreach(uint32_t min, uint32_t max)
{
    any_message(min, max);
    rx.proto = (uint8_t)Frama_C_interval(2, UINT8_MAX);
    //@ loop unroll 11;
    for (uint16_t l3_len = 20; l3_len <= 60; l3_len += 4) {
        pkt.l3_len = l3_len;
        mn_icmp_send_unreach(&ip, &pkt, &rx, any_bool() ? MN_UNREACH_PORT : MN_UNREACH_PROTOCOL);
    }
}

static void any_ip(void)
{
    static struct mn_ip_pmtu_entry entry[MN_IP_PMTUS];
    make_any(&ip, sizeof ip);
    make_any(entry, sizeof entry);
    //@ loop unroll 256;
    for (unsigned i = 0; i < MN_IP_PMTUS; i++)
        entry[i].is_below = any_bool();
    ip.env = &env;
    ip.pmtu = entry;
}

int main(void)
{
    any_env();
    any_ip();
#ifdef AS_ONE
    message_in(FIRST, LAST, 0, 0xff);
    unreach(FIRST, LAST);
#else
    //@ loop unroll 1601;
    for (uint32_t len = FIRST; len <= LAST; len++) {
        message_in(len, len, 0, 0x3f);
        //@ loop unroll 16;
        for (uint8_t quoted = 0x40; quoted <= 0x4f && len >= 28; quoted++)
            message_in(len, len, quoted, quoted);
        message_in(len, len, 0x50, 0xff);
    }
    unreach(0, 0);
    unreach(8, 8);
    unreach(FRAME_MAX, FRAME_MAX);
#endif
    return 0;
}
