/* SPDX-License-Identifier: ISC
 *
 * Neighbour discovery: a message of any bytes through mn_ndp_in, from and to any addresses, on any
 * state of own addresses; and what own addresses and neighbours make us ask. Every length up to the
 * fixed part with two options is a case of its own; those up to nine options are one. The table of
 * neighbours answers anything; packets that leave are looked at.
 *
 * include: model
 * options: -eva-slevel-function main:0,mn_ndp_opts_read:100000
 * sources: src/link/ndp.c src/link/dad.c src/link/own_addr.c src/wire/ndp_hdr.c src/wire/ndp_opts.c
 * sources: src/wire/icmp6_hdr.c src/wire/ip6_hdr.c src/wire/ether_hdr.c src/base/pkt.c
 * sources: src/base/addr.c src/base/env.c
 * reach: 80 */
#include "path.h"
#include <link/link_state.h>

#define LONGEST 40   /* 24 bytes and two options of 8 */
#define MORE_MAX 96 /* ...and nine: all of 1600 bytes do not end in eight minutes */

static struct mn_link link;

bool mn_neigh_advertised(struct mn_link *l, const struct mnet_addr *addr,
                         const struct mn_neigh_advert *advert)
{
    //@ assert initialized: \initialized(addr) && \initialized(advert);
    //@ assert place: advert->mac == \null || \initialized(advert->mac);
    return any_bool();
}

/*@ requires initialized: \initialized(addr) && \initialized(mac);
    assigns \nothing; */
void mn_link_neigh_heard(struct mn_link *l, const struct mnet_addr *addr,
                         const struct mnet_mac *mac, bool is_router);

uint32_t mn_neigh_retrans_ms(const struct mn_link *l)
{
    return Frama_C_unsigned_int_interval(100, 10000);
}

/*@ requires whole: p->frame.seg_count == 1 && p->frame.len == 72 && p->frame.seg[0].len == 72;
    requires bytes: \valid_read(p->frame.seg[0].at + (0 .. 71)) &&
                    \initialized(p->frame.seg[0].at + (0 .. 71));
    requires headroom: \valid(p->frame.seg[0].at - (1 .. 14));
    requires to: \initialized(dst);
    assigns \nothing; */
void mn_ether_out(struct mn_link *l, struct mn_pkt *p, const struct mnet_mac *dst, uint16_t type);

/*@ requires whole: p->frame.seg_count == 1 && p->frame.len == 72 && p->frame.seg[0].len == 72;
    requires bytes: \valid_read(p->frame.seg[0].at + (0 .. 71)) &&
                    \initialized(p->frame.seg[0].at + (0 .. 71));
    requires headroom: \valid(p->frame.seg[0].at - (1 .. 14));
    requires to: \initialized(next_hop);
    assigns \result \from \nothing; */
mnet_err mn_link_out(struct mn_link *l, struct mn_pkt *p, const struct mnet_addr *next_hop,
                     bool is_broadcast);

static void any_link(void)
{
    make_any(&link, sizeof link);
    link.env = &env;
    link.own_end = Frama_C_unsigned_int_interval(0, MN_LINK_ADDRS);
    //@ loop unroll 25;
    for (unsigned i = 0; i < MN_LINK_ADDRS; i++) {
        link.own[i].was_reported = any_bool();
        link.own[i].has_conflict = any_bool();
    }
}

static void message_in(uint32_t min, uint32_t max)
{
    struct mn_ndp_rx rx;
    any_env();
    any_link();
    any_packet(min, max);
    make_any(&rx, sizeof rx);
    mn_verdict verdict = mn_ndp_in(&link, &pkt, &rx);
    //@ assert verdict: verdict <= 0;
}

static void asked(void)
{
    struct mnet_addr target;
    struct mnet_mac mac;
    any_env();
    any_link();
    any_packet(FRAME_MAX, FRAME_MAX);
    make_any(&target, sizeof target);
    make_any(&mac, sizeof mac);
    mn_ndp_solicit(&link, &target, any_bool() ? &mac : NULL, any_bool() ? &pkt : NULL);
    mn_dad_timer(&link, &link.own[Frama_C_unsigned_int_interval(0, MN_LINK_ADDRS - 1)]);
}

int main(void)
{
    asked();
    //@ loop unroll 65;
    for (uint32_t len = 0; len <= LONGEST; len++)
        message_in(len, len);
    message_in(LONGEST, MORE_MAX);
    return 0;
}
