/* SPDX-License-Identifier: ISC
 *
 * Ethernet and ARP: a frame of any bytes through mn_ether_in and mn_arp_in, on any state of own
 * addresses. Every length up to what the headers take is a case of its own; all longer ones are one
 * case, of which no byte behind the headers is read. The table of neighbours answers anything;
 * packets that leave are looked at.
 *
 * include: model
 * options: -eva-slevel-function main:0
 * sources: src/link/ether_in.c src/link/arp.c src/link/acd.c src/link/own_addr.c
 * sources: src/wire/arp_hdr.c src/wire/ether_hdr.c src/base/pkt.c src/base/addr.c src/base/env.c
 * reach: 80 */
#include "path.h"
#include <link/link_state.h>

#define LONGEST 48 /* more than 14 + 28 bytes of headers */

static struct mn_link link;

bool mn_neigh_update(struct mn_link *l, const struct mnet_addr *addr, const struct mnet_mac *mac)
{
    //@ assert initialized: \initialized(addr) && \initialized(mac);
    return any_bool();
}

/*@ requires initialized: \initialized(addr) && \initialized(mac);
    assigns \nothing; */
void mn_neigh_learn(struct mn_link *l, const struct mnet_addr *addr, const struct mnet_mac *mac);

/*@ requires whole: p->frame.seg_count == 1 && p->frame.len == 28 && p->frame.seg[0].len == 28;
    requires bytes: \valid_read(p->frame.seg[0].at + (0 .. 27)) && \initialized(p->frame.seg[0].at +
   (0 .. 27)); requires headroom: \valid(p->frame.seg[0].at - (1 .. 14)); requires to:
   \initialized(dst); assigns \nothing; */
void mn_ether_out(struct mn_link *l, struct mn_pkt *p, const struct mnet_mac *dst, uint16_t type);

static void any_link(void)
{
    make_any(&link, sizeof link);
    link.env = &env;
    link.is_probe_first = any_bool();
    link.own_end = Frama_C_unsigned_int_interval(0, MN_LINK_ADDRS);
    //@ loop unroll 25;
    for (unsigned i = 0; i < MN_LINK_ADDRS; i++) {
        link.own[i].was_reported = any_bool();
        link.own[i].has_conflict = any_bool();
    }
}

static void frame_in(uint32_t min, uint32_t max)
{
    any_env();
    any_link();
    any_packet(min, max);
    if (mn_ether_in(&link, &pkt) == MN_TO_ARP) {
        mn_verdict verdict = mn_arp_in(&link, &pkt);
        //@ assert verdict: verdict <= 0;
    }
}

int main(void)
{
    //@ loop unroll 65;
    for (uint32_t len = 0; len <= LONGEST; len++)
        frame_in(len, len);
    frame_in(LONGEST, FRAME_MAX);
    return 0;
}
