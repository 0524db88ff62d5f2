/* SPDX-License-Identifier: ISC
 *
 * ICMP: a message of any bytes through mn_icmp4_in, up to the reply to an echo and to what the transports read of a
 * quote; and a packet of any bytes that nobody takes through mn_icmp_send_unreach. They come as mn_ip4_in hands packets
 * on (check in path_ip4_proof.c). And what else makes an ICMP error or is taken for one: a datagram that was never
 * whole, a packet of ours that does not get on. Lengths up to what is ever read are cases of their own, all longer ones are one case;
 * so are the header lengths where they count. Own addresses and groups (harness `ip_tables`), output, and what turns out
 * to be of IPv6 (`path_icmp6`) answer anything.
 *
 * include: model
 * options: -eva-split-return auto -eva-no-interprocedural-splits -eva-slevel 0
 * options: -eva-split-return-function mn_icmp4_in:9,error_in:9,mn_ip_failed:0,failed4:0
 * options: -eva-slevel-function mn_icmp4_in:50,message:50,mn_ip4_hdr_read:50,error_in:50,read_quote:50,mn_ip_failed:50,failed4:50,does_not_get_on:50
 * options: -eva-slevel-function mn_pkt_append:20,mn_pkt_copy_some:20
 * sources: src/ip/icmp_in.c src/ip/icmp_out.c src/wire/ip4_hdr.c src/wire/icmp4_hdr.c src/wire/udp_hdr.c
 * sources: src/wire/tcp_hdr.c src/base/pkt.c src/base/addr.c src/base/env.c
 * reach: 85 */
#include "path.h"
#include <ip/ip_state.h>
#include <wire/tcp_hdr.h>
#include <wire/udp_hdr.h>

/* ICMP header, the longest IP header in it, and what UDP and TCP read of a quote: and some more. */
#define LONGEST 80
/* Bytes behind a header of 20 bytes that we quote ourselves. */
#define QUOTED (576 - 20 - 8 - 20)

static struct mn_ip ip;

/* ---- what answers anything ---- */

bool mn_ip_is_own(const struct mn_ip *i, const struct mnet_addr *addr)
{
    //@ assert told: \initialized(addr);
    return any_bool();
}

bool mn_ip_is_group(const struct mn_ip *i, const struct mnet_addr *addr)
{
    //@ assert told: \initialized(addr);
    return any_bool();
}

uint32_t mn_ip_pmtu_plateau(uint32_t total_len)
{
    return Frama_C_unsigned_int_interval(68, 32000);
}

/* What is sent ends here. */
mnet_err mn_ip_out(struct mn_ip *i, struct mn_pkt *p, const struct mn_ip_tx *tx)
{
    uint32_t first = p->frame.seg[0].len;
    //@ assert header: p == &made && 8 <= first && \valid_read(p->frame.seg[0].at + (0 .. first - 1));
    //@ assert ranges: 1 <= p->frame.seg_count <= 6;
    for (unsigned i = 1; i < p->frame.seg_count; i++) {
        uint32_t more = p->frame.seg[i].len;
        //@ assert more: \valid_read(p->frame.seg[i].at + (0 .. more - 1));
    }
    //@ assert told: \initialized(tx);
    mn_pkt_free(&env, p);
    return any_bool() ? MNET_OK : MNET_ERR_NET_UNREACH;
}

/* ---- what is of IPv6 ---- */

/* What it finds is handed on as it is. */
bool mn_ip6_failed(struct mn_ip *i, const struct mn_pkt *p, struct mn_ip_err *err)
{
    return false;
}

void mn_icmp6_send_error(struct mn_ip *i, const uint8_t *at, uint32_t len, bool is_group,
                         enum mn_icmp6_error what, uint32_t pointer)
{
    //@ assert quote: len == 0 || \valid_read(at + (0 .. len - 1));
}

void mn_icmp6_send_unreach(struct mn_ip *i, const struct mn_pkt *p, const struct mn_ip_rx *rx,
                           enum mn_icmp_unreach what)
{
    //@ assert told: p == &pkt && \initialized(rx);
}

/* ---- what comes in ---- */

static void any_rx(struct mn_ip_rx *rx, uint8_t proto)
{
    make_any(rx, sizeof *rx);
    rx->proto = proto;
    rx->is_group = any_bool();
}

static void start(uint32_t min, uint32_t max, uint32_t ranges, uint16_t l3_len)
{
    any_env();
    make_any(&ip.icmp_refilled, sizeof ip.icmp_refilled);
    ip.icmp_tokens = Frama_C_unsigned_int_interval(0, MN_ICMP_TOKENS_MAX);
    if (ranges == 0)
        any_packet(min, max);
    else
        any_long_packet(ranges);
    pkt.l3_len = l3_len;
    pkt.is_loopback = any_bool();
}

/* What the transports do with a quote first. */
static void read_by_transport(const struct mn_ip_err *err)
{
    struct mn_rd quote = err->quote;
    struct mn_tcp_hdr tcp;
    struct mn_udp_hdr udp;
    mn_tcp_quote_read(&quote, &tcp);
    quote = err->quote;
    mn_udp_hdr_read(&quote, &udp);
}

/* Of min to max bytes; or, if `ranges` is not 0, as reassembly leaves it. */
static void message(uint32_t min, uint32_t max, uint32_t ranges)
{
    struct mn_ip_rx rx;
    struct mn_ip_err err;
    start(min, max, ranges, (uint16_t)Frama_C_interval(20, 60));
    any_rx(&rx, MN_PROTO_ICMP4);
    if (mn_icmp4_in(&ip, &pkt, &rx, &err) != MN_TO_ERROR)
        return;
    //@ assert told: \initialized(&err.proto) && \initialized(&err.mtu) && \initialized(&err.src);
    read_by_transport(&err);
}

static void unwanted(uint32_t min, uint32_t max, uint32_t ranges)
{
    struct mn_ip_rx rx;
    //@ loop unroll 11;
    for (uint16_t l3_len = 20; l3_len <= 60; l3_len = (uint16_t)(l3_len + 4)) {
        start(min, max, ranges, l3_len);
        any_rx(&rx, (uint8_t)Frama_C_interval(2, 255));
        mn_icmp_send_unreach(&ip, &pkt, &rx, any_bool() ? MN_UNREACH_PORT : MN_UNREACH_PROTOCOL);
    }
}

/* From the IP header of a first fragment on: at the end of its block. */
static void never_whole(uint32_t min, uint32_t max)
{
    start(0, 0, 0, 20);
    make_any(large_block, sizeof large_block);
    mn_icmp_send_reassembly_exceeded(&ip, large_block + sizeof large_block - max, Frama_C_unsigned_int_interval(min, max));
}

static void does_not_get_on(uint32_t min, uint32_t max)
{
    struct mn_ip_err err;
    start(min, max, 0, 0);
    if (mn_ip_failed(&ip, &pkt, &err))
        read_by_transport(&err);
}

int main(void)
{
    ip.env = &env;
    //@ loop unroll 81;
    for (uint32_t len = 0; len <= LONGEST; len++)
        message(len, len, 0);
    message(LONGEST + 1, FRAME_MAX - 20, 0);
    //@ loop unroll 81;
    for (uint32_t len = 0; len <= LONGEST; len++) {
        never_whole(len, len);
        does_not_get_on(len, len);
    }
    never_whole(LONGEST + 1, MN_BLOCK_LARGE);
    does_not_get_on(LONGEST + 1, FRAME_MAX);
    unwanted(0, 0, 0);
    unwanted(1, QUOTED - 1, 0);
    unwanted(QUOTED, QUOTED, 0);
    unwanted(QUOTED + 1, FRAME_MAX - 20, 0);
    //@ loop unroll 5;
    for (uint32_t ranges = 1; ranges <= 5; ranges++) {
        message(0, 0, ranges);
        unwanted(0, 0, ranges);
    }
    return 0;
}
