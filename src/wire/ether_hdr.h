/* SPDX-License-Identifier: ISC
 *
 * wire/ether_hdr.h - the Ethernet II header: RFC 894. */
#ifndef MN_ETHER_HDR_H
#define MN_ETHER_HDR_H

#include <base/rd.h>
#include <base/wr.h>
#include <mnet/addr.h>

#define MN_ETHER_HDR_LEN 14

/* Types below 0x0600 are IEEE 802.3 lengths: RFC 1122 2.3.3. */
#define MN_ETHERTYPE_IP4 0x0800u
#define MN_ETHERTYPE_ARP 0x0806u
#define MN_ETHERTYPE_IP6 0x86ddu

struct mn_ether_hdr {
    struct mnet_mac dst; /* to whom */
    struct mnet_mac src; /* from whom */
    uint16_t type;       /* MN_ETHERTYPE_*, or anything else */
};

/* True: `r` is at what the frame carries. False, and zeros: fewer than 14 bytes. */
bool mn_ether_hdr_read(struct mn_rd *r, struct mn_ether_hdr *out);
void mn_ether_hdr_write(struct mn_wr *w, const struct mn_ether_hdr *h);

/* Broadcast or multicast: the lowest bit of the first byte. */
static inline bool mn_mac_is_group(const struct mnet_mac *mac)
{
    return (mac->bytes[0] & 1) != 0;
}

/* For structs of other headers that hold a hardware address. */
static inline struct mnet_mac mn_mac_read(struct mn_rd *r)
{
    struct mnet_mac mac;
    mn_rd_bytes(r, mac.bytes, (int32_t)sizeof mac.bytes);
    return mac;
}

static inline void mn_mac_write(struct mn_wr *w, const struct mnet_mac *mac)
{
    mn_wr_bytes(w, mac->bytes, (int32_t)sizeof mac->bytes);
}

#endif
