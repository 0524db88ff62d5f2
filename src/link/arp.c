/* SPDX-License-Identifier: ISC
 *
 * The address resolution protocol, RFC 826: what others ask and tell, and how we ask.
 *
 * One packet on its way in:
 *   1. malformed, or from an address that no host can have: dropped;
 *   2. about an address of ours that somebody else claims or probes for: acd.c;
 *   3. the sender's address brings an entry up to date that is there (RFC 826's merge);
 *   4. a request for an own address is answered, and the sender kept: it is about to talk to us.
 * No other packet makes an entry, so a flood of unasked replies or announcements changes nothing.
 */
#include <base/assert.h>
#include <link/link_state.h>
#include <string.h>
#include <wire/arp_hdr.h>

static const struct mnet_mac unknown; /* RFC 5227 1.1: the target field of a request is all zeros */

/* ---- out ---- */

void mn_arp_send(struct mn_link *link, const struct mn_arp_hdr *hdr, const struct mnet_mac *dst)
{
    struct mn_pkt *pkt = mn_pkt_new(link->env);
    if (!pkt) {
        mn_env_count_drop(link->env, MNET_DROP_TX_NO_MEMORY);
        return;
    }
    struct mn_wr w = mn_pkt_push(link->env, pkt, MN_ARP_HDR_LEN);
    mn_arp_hdr_write(&w, hdr);
    MN_ASSERT(mn_wr_ok(&w));
    if (hdr->op == MN_ARP_OP_REQUEST)
        link->env->stats.arp_requests_sent++;
    else
        link->env->stats.arp_replies_sent++;
    mn_ether_out(link, pkt, dst, MN_ETHERTYPE_ARP);
}

void mn_arp_request(struct mn_link *link, uint32_t target, const struct mnet_mac *mac)
{
    const struct mn_arp_hdr hdr = {.op = MN_ARP_OP_REQUEST,
                                   .sha = link->mac,
                                   .spa = mn_acd_source(link, target),
                                   .tha = unknown,
                                   .tpa = target};
    mn_arp_send(link, &hdr, mac ? mac : &MN_LINK_BROADCAST_MAC);
}

static void reply(struct mn_link *link, const struct mn_arp_hdr *request)
{
    const struct mn_arp_hdr hdr = {.op = MN_ARP_OP_REPLY,
                                   .sha = link->mac,
                                   .spa = request->tpa,
                                   .tha = request->sha,
                                   .tpa = request->spa};
    mn_arp_send(link, &hdr, &request->sha);
}

/* ---- in ---- */

/* Whether a host can have the hardware address: one host's, and not ours (a reflection). */
static bool is_host_mac(const struct mn_link *link, const struct mnet_mac *mac)
{
    return !mn_mac_is_group(mac) && memcmp(mac, &unknown, sizeof *mac) != 0 &&
           memcmp(mac, &link->mac, sizeof *mac) != 0;
}

/* RFC 1122 3.2.1.3: addresses that must not be used as a source: this network, loopback, groups,
 * reserved, broadcast. */
static bool is_host_v4(uint32_t v4)
{
    uint32_t net = v4 >> 24;
    return net != 0 && net != 127 && net < 224;
}

mn_verdict mn_arp_in(struct mn_link *link, struct mn_pkt *pkt)
{
    struct mn_rd r = mn_pkt_rd(pkt);
    struct mn_arp_hdr hdr;
    if (!mn_arp_hdr_read(&r, &hdr))
        return MN_DROP(ARP_BAD);
    bool is_request = hdr.op == MN_ARP_OP_REQUEST;
    if (!is_request && hdr.op != MN_ARP_OP_REPLY)
        return MN_DROP(ARP_BAD);
    /* RFC 5227 1.1: a probe is a request whose sender address is all zeros. */
    bool is_probe = is_request && hdr.spa == 0;
    if (!is_host_mac(link, &hdr.sha) || (!is_probe && !is_host_v4(hdr.spa)))
        return MN_DROP(ARP_SENDER_BAD);
    if (mn_acd_in(link, &hdr))
        return MN_DONE;

    struct mnet_addr sender = mnet_addr_v4(hdr.spa);
    bool is_known = !is_probe && mn_neigh_update(link, &sender, &hdr.sha);
    if (!is_request)
        return is_known ? MN_DONE : MN_DROP(ARP_UNASKED);
    if (!mn_acd_is_ready(link, hdr.tpa))
        return is_known ? MN_DONE : MN_DROP(ARP_NOT_OURS);
    if (!is_known && !is_probe)
        mn_neigh_learn(link, &sender, &hdr.sha);
    reply(link, &hdr);
    return MN_DONE;
}
