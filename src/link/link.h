/* SPDX-License-Identifier: ISC
 *
 * link/link.h - one Ethernet device of a stack: frames in and out, who has which address, what the
 * device cannot do.
 *
 *   ether_in.c    a frame's Ethernet header -> verdict
 *   ether_out.c   header, device, retry queue
 *   finish.c      what the device cannot: checksum, one range
 *   gso.c         what the device cannot: cutting a large send
 *   netdev.c      receive slots, frames by hand
 *   neigh.c       the bounded table of neighbours and what waits for them
 *   own_addr.c    our own addresses of both families
 *   arp.c acd.c   RFC 826; RFC 5227, how IPv4 addresses become ours
 *   ndp.c dad.c   RFC 4861 7; RFC 4862 5.4, how IPv6 addresses become ours
 */
#ifndef MN_LINK_H
#define MN_LINK_H

#include <base/env.h>
#include <base/pkt.h>
#include <base/verdict.h>
#include <mnet/addr.h>
#include <mnet/config.h>
#include <mnet/netdev.h>
#include <wire/ether_hdr.h>

struct mn_link; /* defined in link/link_state.h for link/ and stack/ */

/* Takes over the device of `config` (or none: then frames come by mn_link_frame_in and leave by
 * mn_link_frame_out). Carves its tables. Errors: INVALID (a device that gives larger frames than
 * mnet/netdev.h allows), NO_MEMORY; then there is nothing to undo. */
MNET_MUST_USE mnet_err mn_link_init(struct mn_link *link, struct mn_env *env,
                                    const struct mnet_config *config);
void mn_link_deinit(struct mn_link *link);

/* What IP needs to know of the device. */
uint32_t mn_link_mtu(const struct mn_link *link);
const struct mnet_mac *mn_link_mac(const struct mn_link *link);
/* Largest IP packet that may be handed down with gso set: always at least the MTU; 65,535 in
 * software. */
uint32_t mn_link_gso_max(const struct mn_link *link);

/* Receives one packet; NULL when nothing waits: after a batch that was not full without asking the
 * device again. Counts frames and bytes. */
struct mn_pkt *mn_link_rx(struct mn_link *link);

/* Ethernet header: RFC 894. Pulls it. Verdicts: TO_ARP, TO_IP4, TO_IP6, drops ETHER_*. */
mn_verdict mn_ether_in(struct mn_link *link, struct mn_pkt *pkt);
/* RFC 826, RFC 5227. Verdicts: DONE, drops ARP_*. Replies are sent from here. */
mn_verdict mn_arp_in(struct mn_link *link, struct mn_pkt *pkt);

/* A neighbour solicitation or advertisement (RFC 4861 7.1, 7.2), whose checksum and IPv6 header are
 * good: `pkt` starts at its ICMPv6 header. Verdicts: DONE, drops NDP_*. Replies are sent from here.
 */
struct mn_ndp_rx {
    struct mnet_addr src, dst; /* of the IPv6 header; src may be :: (RFC 4862 5.4.3) */
    uint8_t hop_limit;         /* must be 255 */
};
mn_verdict mn_ndp_in(struct mn_link *link, struct mn_pkt *pkt, const struct mn_ndp_rx *rx);

/* Sends an IP packet to `next_hop` on this link, resolving it first if needed: then the packet
 * waits in the bounded queue of its neighbour. Broadcast and multicast addresses are mapped (RFC
 * 919, RFC 1112 6.4, RFC 2464 7): `is_broadcast` says that next_hop is the subnet's broadcast.
 * Takes `pkt`. Errors: NET_UNREACH when the neighbour is known not to answer. */
mnet_err mn_link_out(struct mn_link *link, struct mn_pkt *pkt, const struct mnet_addr *next_hop,
                     bool is_broadcast);

/* Takes the next packet whose neighbour did not answer; it starts at its IP header. NULL: no more.
 * The caller tells who sent it and drops it as NEIGH_FAILED. */
struct mn_pkt *mn_link_failed(struct mn_link *link);

/* A timer with kind & 0xf0 == MN_TIMER_LINK has expired. */
void mn_link_timer(struct mn_link *link, struct mn_timer *timer);
/* Retries what the device had no room for, then flushes it: once after each batch. */
void mn_link_flush(struct mn_link *link);
/* Whether the device has taken all so far; while false, output waits. */
bool mn_link_may_send(const struct mn_link *link);

/* Own addresses. IPv4: announced when added (RFC 5227 2.3: ARP request for itself), probed first if
 * config says so. IPv6: always probed for first (RFC 4862 5.4), which takes one to two seconds; its
 * solicited-node group must be joined by the caller before. */
MNET_MUST_USE mnet_err mn_link_addr_add(struct mn_link *link, const struct mnet_addr *addr);
void mn_link_addr_remove(struct mn_link *link, const struct mnet_addr *addr);
/* Whether probing has found `addr` free, or was not asked for. */
bool mn_link_addr_is_ready(const struct mn_link *link, const struct mnet_addr *addr);
/* Whether another host was found to use `addr`: it will never be ready. IPv6: remove it. */
bool mn_link_addr_is_taken(const struct mn_link *link, const struct mnet_addr *addr);
/* Takes one address conflict that was detected and not yet reported: RFC 5227 2.4. */
bool mn_link_conflict(struct mn_link *link, struct mnet_addr *addr, struct mnet_mac *mac);

/* What the choice of a router wants to know of a neighbour: RFC 4861 6.3.6. `is_router` is what its
 * last advertisement said; true until one says otherwise. */
enum mn_neigh_view { MN_NEIGH_VIEW_UNKNOWN, MN_NEIGH_VIEW_SILENT, MN_NEIGH_VIEW_THERE };
enum mn_neigh_view mn_link_neigh_view(const struct mn_link *link, const struct mnet_addr *addr,
                                      bool *is_router);
/* A router, a redirect or a solicitation has told where `addr` is (a source or target link-layer
 * address option): RFC 4861 6.3.4, 7.2.3, 8.3. Makes an entry, STALE, or brings one up to date;
 * with `mac` NULL (there was no option) only an entry that is there hears that it is a router.
 * `is_router` false says nothing. */
void mn_link_neigh_heard(struct mn_link *link, const struct mnet_addr *addr,
                         const struct mnet_mac *mac, bool is_router);
/* What a router has told of the link: RFC 4861 6.3.4; 0: it did not say. ms. */
void mn_link_neigh_params(struct mn_link *link, uint32_t reachable_ms, uint32_t retrans_ms);

/* A neighbour's entry for reports: iterate with *cursor from 0; false at the end. */
struct mn_link_neigh_info {
    struct mnet_addr addr;
    struct mnet_mac mac;
    const char *state;
    bool is_router; /* it has said so, or a router has of itself */
    unsigned waiting;
};
bool mn_link_neigh_next(const struct mn_link *link, unsigned *cursor,
                        struct mn_link_neigh_info *out);

/* Upper layers have seen that the neighbour is reachable (new data acknowledged). */
void mn_link_neigh_confirm(struct mn_link *link, const struct mnet_addr *next_hop);

/* By hand, without a device. Errors: INVALID (there is one), MSG_SIZE, NO_MEMORY. frame_out gives
 * the length of the next frame, 0 if there is none; one longer than `cap` stays. */
MNET_MUST_USE mnet_err mn_link_frame_in(struct mn_link *link, const void *frame, size_t len);
size_t mn_link_frame_out(struct mn_link *link, void *buf, size_t cap);

bool mn_link_ok(const struct mn_link *link);

#endif
