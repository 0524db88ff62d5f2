/* SPDX-License-Identifier: ISC
 *
 * The four fields that say which kinds of addresses follow have one value each here; a packet with
 * another one is refused as a whole. */
#include <wire/arp_hdr.h>
#include <wire/ether_hdr.h>

#define HRD_ETHERNET 1u /* RFC 826: ares_hrd$Ethernet */
#define HLN_ETHERNET 6u /* bytes of a hardware address */
#define PLN_IP4 4u      /* bytes of a protocol address */

bool mn_arp_hdr_read(struct mn_rd *r, struct mn_arp_hdr *out)
{
    *out = (struct mn_arp_hdr){0};
    struct mn_rd h = mn_rd_sub(r, MN_ARP_HDR_LEN);
    if (!mn_rd_ok(&h))
        return false;
    uint16_t hrd = mn_rd_be16(&h);
    uint16_t pro = mn_rd_be16(&h);
    uint8_t hln = mn_rd_u8(&h);
    uint8_t pln = mn_rd_u8(&h);
    /* RFC 826 "Packet Reception": the hardware type, the protocol and both lengths are checked
     * first. */
    if (hrd != HRD_ETHERNET || pro != MN_ETHERTYPE_IP4 || hln != HLN_ETHERNET || pln != PLN_IP4)
        return false;
    out->op = mn_rd_be16(&h);
    out->sha = mn_mac_read(&h);
    out->spa = mn_rd_be32(&h);
    out->tha = mn_mac_read(&h);
    out->tpa = mn_rd_be32(&h);
    return true;
}

void mn_arp_hdr_write(struct mn_wr *w, const struct mn_arp_hdr *h)
{
    struct mn_wr out = mn_wr_sub(w, MN_ARP_HDR_LEN);
    mn_wr_be16(&out, HRD_ETHERNET);
    mn_wr_be16(&out, MN_ETHERTYPE_IP4);
    mn_wr_u8(&out, HLN_ETHERNET);
    mn_wr_u8(&out, PLN_IP4);
    mn_wr_be16(&out, h->op);
    mn_mac_write(&out, &h->sha);
    mn_wr_be32(&out, h->spa);
    mn_mac_write(&out, &h->tha);
    mn_wr_be32(&out, h->tpa);
}
