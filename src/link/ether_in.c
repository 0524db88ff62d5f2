/* SPDX-License-Identifier: ISC
 *
 * The Ethernet header of a received frame: for us, and what is in it?
 *
 * Taken are frames to our own address, to everybody and to any group: which IP groups we have
 * joined is IP's to know. A frame may be longer than what it carries (padding to 60 bytes): the
 * next layer cuts it. 802.3 frames (a length instead of a type) carry nothing that we speak. */
#include <link/link_state.h>
#include <string.h>

mn_verdict mn_ether_in(struct mn_link *link, struct mn_pkt *pkt)
{
    struct mn_rd r = mn_pkt_rd(pkt);
    struct mn_ether_hdr hdr;
    if (!mn_ether_hdr_read(&r, &hdr))
        return MN_DROP(ETHER_SHORT);

    bool is_group = mn_mac_is_group(&hdr.dst);
    if (!is_group && memcmp(hdr.dst.bytes, link->mac.bytes, sizeof hdr.dst.bytes) != 0)
        return MN_DROP(ETHER_NOT_OURS);
    if (mn_mac_is_group(&hdr.src) ||
        memcmp(hdr.src.bytes, link->mac.bytes, sizeof hdr.src.bytes) == 0)
        return MN_DROP(ETHER_SOURCE_BAD);
    pkt->ether_group = is_group;
    mn_pkt_pull(link->env, pkt, MN_ETHER_HDR_LEN);

    switch (hdr.type) {
    case MN_ETHERTYPE_IP4:
        return MN_TO_IP4;
    case MN_ETHERTYPE_ARP:
        return MN_TO_ARP;
    case MN_ETHERTYPE_IP6:
        return MN_TO_IP6;
    default:
        return MN_DROP(ETHER_TYPE);
    }
}
