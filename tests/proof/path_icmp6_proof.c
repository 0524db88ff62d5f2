/* SPDX-License-Identifier: ISC
 *
 * ICMPv6: a message of any bytes through mn_icmp6_in, up to the reply to an echo, to what the transports read of a quote, and
 * to whoever else is next; and a packet of any bytes, whole or not, that somebody has to be told about, up to the error that
 * is sent. They come as mn_ip6_in hands packets on (check in path_ip6_proof.c). And what else is taken for an error: a
 * packet of ours that does not get on.
 *
 * Lengths up to what is ever read are cases of their own, all longer ones are one case. The walk over extension headers of
 * a quote takes any steps that harness `wire6_in` has it take. Own addresses and groups (those of IPv4: `ip_tables`), who is
 * next (`path_ra`, `path_group`, `path_ndp`) and output answer anything.
 *
 * include: model
 * options: -eva-split-return auto -eva-no-interprocedural-splits -eva-slevel 0
 * options: -eva-split-return-function mn_icmp6_in:9,error_in:9,mn_ip6_failed:0,read_quote:0,mn_ip6_quote_read:0,mn_icmp6_hdr_read:0
 * options: -eva-slevel-function mn_icmp6_in:50,message:50,error_in:50,read_quote:50,mn_ip6_quote_read:10
 * options: -eva-slevel-function mn_ip6_failed:50,does_not_get_on:50,mn_icmp6_send_error:50,make:20,mn_pkt_append:20,mn_ip6_ext_next:10
 * sources: src/ip/icmp6_in.c src/ip/icmp6_out.c src/ip/icmp_in.c src/ip/icmp_out.c src/wire/ip6_hdr.c src/wire/icmp6_hdr.c
 * sources: src/wire/udp_hdr.c src/wire/tcp_hdr.c src/base/pkt.c src/base/addr.c src/base/env.c
 * reach: 85 */
#include "path.h"
#include <ip/ip_state.h>
#include <wire/tcp_hdr.h>
#include <wire/udp_hdr.h>

/* ICMPv6 header, the IPv6 header in it, and what UDP and TCP read of a quote: and some more. */
#define LONGEST 60

static struct mn_ip ip;

/* ---- what answers anything ---- */

bool mn_ip_is_own(const struct mn_ip *i, const struct mnet_addr *addr)
{
    //@ assert told: \initialized(addr);
    return any_bool();
}

mnet_err mn_ip_source(struct mn_ip *i, const struct mnet_addr *dst, struct mnet_addr *src)
{
    //@ assert told: \initialized(dst);
    make_any(src, sizeof *src);
    return any_bool() ? MNET_OK : MNET_ERR_NET_UNREACH;
}

/*@ requires told: \initialized(src) && \initialized(dst);
    assigns \result \from *src, *dst, proto, len; */
mn_sum mn_ip_pseudo_sum(const struct mnet_addr *src, const struct mnet_addr *dst, uint8_t proto, uint32_t len);

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

static void check(const struct mn_pkt *p, const struct mn_ip_rx *rx)
{
    uint32_t len = p->frame.seg[0].len;
    //@ assert whole: p == &pkt && 8 <= len && \valid_read(p->frame.seg[0].at + (0 .. len - 1));
    //@ assert told: \initialized(rx);
}

static mn_verdict any_verdict(void)
{
    return any_bool() ? MN_DONE : MN_DROP(NDP_BAD);
}

mn_verdict mn_router_in(struct mn_ip *i, struct mn_pkt *p, const struct mn_ip_rx *rx)
{
    check(p, rx);
    return any_verdict();
}

mn_verdict mn_redirect_in(struct mn_ip *i, struct mn_pkt *p, const struct mn_ip_rx *rx)
{
    check(p, rx);
    return any_verdict();
}

mn_verdict mn_mld_in(struct mn_ip *i, struct mn_pkt *p, const struct mn_ip_rx *rx)
{
    check(p, rx);
    return any_verdict();
}

/* ---- the walk over a quote ---- */

struct mn_ip6_ext mn_ip6_ext_first(uint8_t next)
{
    return (struct mn_ip6_ext){.next = next, .next_at = MN_IP6_NEXT_OFFSET};
}

enum mn_ip6_ext_step mn_ip6_ext_next(struct mn_rd *r, struct mn_ip6_ext *ext)
{
    int32_t len = 8 * Frama_C_interval(1, 256);
    //@ assert reader: 0 <= r->off && (r->end == 0 || \valid_read(r->base + (0 .. r->end - 1))) && \initialized(ext);
    make_any(ext, sizeof *ext);
    ext->has_fragment = any_bool();
    ext->has_router_alert = any_bool();
    ext->frag.more = any_bool();
    ext->at = ext->next_at = r->off;
    if (any_bool())
        return MN_IP6_EXT_LAST;
    if (len > r->end - r->off || any_bool())
        return (enum mn_ip6_ext_step)Frama_C_interval(MN_IP6_EXT_NONE, MN_IP6_EXT_PARAM_UNLESS_GROUP);
    r->off += len;
    return MN_IP6_EXT_ONE;
}

/* ---- what comes in ---- */

static void any_rx(struct mn_ip_rx *rx)
{
    make_any(rx, sizeof *rx);
    rx->is_group = any_bool();
    rx->was_cut = any_bool();
    rx->has_router_alert = any_bool();
}

/* Of min to max bytes; or, if `ranges` is not 0, as reassembly leaves it. */
static void start(uint32_t min, uint32_t max, uint32_t ranges)
{
    any_env();
    make_any(&ip.icmp_refilled, sizeof ip.icmp_refilled);
    ip.icmp_tokens = Frama_C_unsigned_int_interval(0, MN_ICMP_TOKENS_MAX);
    if (ranges == 0)
        any_packet(min, max);
    else
        any_long_packet(ranges);
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

static void message(uint32_t min, uint32_t max, uint32_t ranges)
{
    struct mn_ip_rx rx;
    struct mn_ip_err err;
    start(min, max, ranges);
    any_rx(&rx);
    if (mn_icmp6_in(&ip, &pkt, &rx, &err) != MN_TO_ERROR)
        return;
    //@ assert told: \initialized(&err.proto) && \initialized(&err.mtu) && \initialized(&err.src);
    read_by_transport(&err);
}

/* About a packet from its IPv6 header on, which ends with its block. */
static void tell(uint32_t min, uint32_t max)
{
    start(0, 0, 0);
    make_any(large_block, sizeof large_block);
    mn_icmp6_send_error(&ip, large_block + sizeof large_block - max, Frama_C_unsigned_int_interval(min, max), any_bool(),
                        (enum mn_icmp6_error)Frama_C_interval(MN_ICMP6_SEND_NO_PORT, MN_ICMP6_SEND_REASSEMBLY),
                        Frama_C_unsigned_int_interval(0, UINT32_MAX));
}

/* A packet behind its headers, of which there are 40 bytes, or more: how many counts for nothing. */
static void unwanted(uint32_t min, uint32_t max, uint32_t ranges)
{
    struct mn_ip_rx rx;
    start(min, max, ranges);
    any_rx(&rx);
    pkt.l3_len = 40;
    if (ranges == 0) {
        pkt.frame.seg[0].at += pkt.l3_len;
        pkt.frame.seg[0].len -= pkt.l3_len;
        pkt.frame.len -= pkt.l3_len;
    }
    mn_icmp6_send_unreach(&ip, &pkt, &rx, any_bool() ? MN_UNREACH_PORT : MN_UNREACH_PROTOCOL);
}

static void does_not_get_on(uint32_t min, uint32_t max)
{
    struct mn_ip_err err;
    start(min, max, 0);
    if (mn_ip6_failed(&ip, &pkt, &err))
        read_by_transport(&err);
}

int main(void)
{
    ip.env = &env;
    //@ loop unroll 81;
    for (uint32_t len = 0; len <= LONGEST; len++) {
        message(len, len, 0);
        tell(len, len);
        does_not_get_on(len, len);
    }
    message(LONGEST + 1, FRAME_MAX - 40, 0);
    tell(LONGEST + 1, MN_BLOCK_LARGE);
    does_not_get_on(LONGEST + 1, FRAME_MAX);
    unwanted(40, 40, 0);
    unwanted(41, FRAME_MAX, 0);
    //@ loop unroll 5;
    for (uint32_t ranges = 1; ranges <= 5; ranges++) {
        message(0, 0, ranges);
        unwanted(0, 0, ranges);
    }
    return 0;
}
