/* SPDX-License-Identifier: ISC
 *
 * wire/arp_hdr.h - ARP for IPv4 over Ethernet: RFC 826, whose field names are kept. */
#ifndef MN_ARP_HDR_H
#define MN_ARP_HDR_H

#include <base/rd.h>
#include <base/wr.h>
#include <mnet/addr.h>

#define MN_ARP_HDR_LEN 28

#define MN_ARP_OP_REQUEST 1u
#define MN_ARP_OP_REPLY 2u

struct mn_arp_hdr {
    uint16_t op;         /* MN_ARP_OP_*, or anything else */
    struct mnet_mac sha; /* sender's hardware address */
    uint32_t spa;        /* sender's protocol address, host order */
    struct mnet_mac tha; /* target's hardware address */
    uint32_t tpa;        /* target's protocol address, host order */
};

/* False, and zeros: fewer than 28 bytes, or not IPv4 over Ethernet. What follows the 28 bytes is
 * padding. */
bool mn_arp_hdr_read(struct mn_rd *r, struct mn_arp_hdr *out);
void mn_arp_hdr_write(struct mn_wr *w, const struct mn_arp_hdr *h);

#endif
