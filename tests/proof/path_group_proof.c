/* SPDX-License-Identifier: ISC
 *
 * Groups: messages of MLD and IGMP of any bytes through mn_mld_in and mn_igmp_in, on any state of what is told of groups and
 * of queriers; and what time and changes of groups have us send, up to the packet.
 *
 * Lengths up to more than a query's fixed part are cases of their own, all longer ones are one case. What is sent is looked
 * at where it leaves; the checksums are of anything.
 *
 * include: model
 * options: -eva-split-return auto -eva-no-interprocedural-splits -eva-slevel 0 -eva-plevel 300
 * options: -eva-split-return-function mn_mld_query_read:0,mn_mld1_read:0,mn_igmp_query_read:0,mn_igmp_report1_read:0
 * options: -eva-slevel-function mn_mld_in:20,mn_igmp_in:20,mn_mld_query_read:20,mn_igmp_query_read:20,mn_mld1_read:20
 * options: -eva-slevel-function mn_igmp_report1_read:20,mn_igmp_send:300,mn_mld_send:300,send_v1:10,send_old:10,mn_pkt_append:20,find:0
 * sources: src/ip/mld.c src/ip/igmp.c src/ip/report.c src/ip/scope6.c src/wire/mld_hdr.c src/wire/igmp_hdr.c
 * sources: src/wire/ip4_hdr.c src/wire/ip6_hdr.c src/wire/ip6_ext.c src/wire/icmp6_hdr.c src/base/pkt.c src/base/addr.c src/base/env.c
 * reach: 85 */
#include "path.h"
#include <ip/ip_state.h>

#define LONGEST 32 /* more than the fixed part of a query, of 28 bytes */

static struct mn_ip ip;

/* ---- what answers anything ---- */

bool mn_ip6_own_is_ready(const struct mn_ip *i, const struct mn_ip6_own *own)
{
    //@ assert own: \initialized(&own->addr);
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

/* ---- what is sent ends here ---- */

static void check(const struct mn_pkt *p, uint32_t min, uint32_t max)
{
    uint32_t len = p->frame.seg[0].len;
    //@ assert whole: p == &made && p->frame.seg_count == 1 && min <= len <= max && p->frame.len <= max;
    //@ assert bytes: \valid_read(p->frame.seg[0].at + (0 .. len - 1));
    //@ assert headroom: \valid(p->frame.seg[0].at - (1 .. 54));
}

/* MLD: hop-by-hop options, and a report of all groups at most. */
mnet_err mn_ip_out(struct mn_ip *i, struct mn_pkt *p, const struct mn_ip_tx *tx)
{
    check(p, 8 + 24, 8 + 8 + 20 * MN_REPORTS);
    //@ assert told: \initialized(&tx->src) && \initialized(&tx->dst) && tx->ttl == 1;
    mn_pkt_free(&env, p);
    return any_bool() ? MNET_OK : MNET_ERR_NET_UNREACH;
}

/* IGMP: with its IPv4 header. */
mnet_err mn_link_out(struct mn_link *l, struct mn_pkt *p, const struct mnet_addr *next_hop, bool is_broadcast)
{
    check(p, 24 + 8, 24 + 8 + 8 * MN_REPORTS);
    //@ assert to: \initialized(next_hop) && is_broadcast == 0;
    mn_pkt_free(&env, p);
    return any_bool() ? MNET_OK : MNET_ERR_NET_UNREACH;
}

/* ---- any state ---- */

static void start(void)
{
    any_env();
    make_any(&ip, sizeof ip);
    ip.env = &env;
    ip.v6.own_count = Frama_C_unsigned_int_interval(0, MN_IP6_ADDRS);
    //@ loop unroll 67;
    for (unsigned i = 0; i < MN_REPORTS; i++)
        ip.report[i].is_joined = any_bool();
}

static void message(uint32_t min, uint32_t max)
{
    struct mn_ip_rx rx;
    start();
    make_any(&rx, sizeof rx);
    any_packet(min, max);
    mn_verdict verdict = any_bool() ? mn_mld_in(&ip, &pkt, &rx) : mn_igmp_in(&ip, &pkt, &rx);
    //@ assert verdict: verdict <= 0;
}

int main(void)
{
    struct mnet_addr group;
    //@ loop unroll 34;
    for (uint32_t len = 0; len <= LONGEST; len++)
        message(len, len);
    message(LONGEST + 1, FRAME_MAX - 20);
    start();
    mn_report_timer(&ip);
    start();
    make_any(&group, sizeof group);
    mn_report_changed(&ip, &group, any_bool());
    return 0;
}
