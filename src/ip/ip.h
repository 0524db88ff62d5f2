/* SPDX-License-Identifier: ISC
 *
 * ip/ip.h - addresses, routes, IPv4 and IPv6 in and out, fragments, ICMP, path MTU, groups.
 *
 *   ip4_in.c   RFC 791, 1122 3.2.1: header to verdict        ip_out.c   source, route, header,
 * fragmentation route.c    own addresses and routes                      frag.c     reassembly
 * within a hard bound icmp_in.c  echo, errors about packets of ours            icmp_out.c errors we
 * send, rate limited pmtu.c     what the path to a destination takes          ip_split.c the
 * cutting of large packets group.c    joined multicast groups                       ip.c start,
 * end, timers, errors of our own
 *
 * Packets to own addresses never reach link/: they go back in through mn_ip_loopback.
 */
#ifndef MN_IP_H
#define MN_IP_H

#include <base/env.h>
#include <base/pkt.h>
#include <base/verdict.h>
#include <ip/transport.h>
#include <link/link.h>
#include <mnet/config.h>

struct mn_ip; /* defined in ip/ip_state.h for ip/ and stack/ */

MNET_MUST_USE mnet_err mn_ip_init(struct mn_ip *ip, struct mn_env *env, struct mn_link *link,
                                  const struct mnet_config *config);
void mn_ip_deinit(struct mn_ip *ip);

/* A packet that starts at its IPv6 header: as mn_ip4_in, with TO_ICMP6. Extension headers are
 * walked (RFC 8200 4), at most MN_IP6_EXTS of them; pkt->l3_len covers them. */
mn_verdict mn_ip6_in(struct mn_ip *ip, struct mn_pkt **pkt, struct mn_ip_rx *rx);
/* Verdicts: DONE (answered or noted), TO_ERROR with `err` filled, TO_NDP (neighbour solicitation
 * and advertisement), drops. Router advertisements, redirects and MLD are done with here. */
mn_verdict mn_icmp6_in(struct mn_ip *ip, struct mn_pkt *pkt, const struct mn_ip_rx *rx,
                       struct mn_ip_err *err);

/* A packet that starts at its IPv4 header. On TO_ICMP4 and TO_TRANSPORT, `*pkt` starts at the
 * transport header (and may be another packet: the reassembled one) and `rx` is filled. KEPT: a
 * fragment, waiting for the others. */
mn_verdict mn_ip4_in(struct mn_ip *ip, struct mn_pkt **pkt, struct mn_ip_rx *rx);
/* Verdicts: DONE (answered or noted), TO_ERROR with `err` filled, drops. */
mn_verdict mn_icmp4_in(struct mn_ip *ip, struct mn_pkt *pkt, const struct mn_ip_rx *rx,
                       struct mn_ip_err *err);

/* Sends a port, protocol or other unreachable (RFC 792, RFC 1122 3.2.2, RFC 1812 4.3.2) about
 * `pkt`, which starts at its transport header and stays the caller's. Silent where RFC 1122 3.2.2
 * forbids it, and beyond the rate limit. */
enum mn_icmp_unreach { MN_UNREACH_PROTOCOL, MN_UNREACH_PORT };
void mn_icmp_send_unreach(struct mn_ip *ip, const struct mn_pkt *pkt, const struct mn_ip_rx *rx,
                          enum mn_icmp_unreach what);

/* How a transport wants a packet sent. Zeroed fields mean the default. */
struct mn_ip_tx {
    struct mnet_addr src; /* any: chosen by mn_ip_source */
    struct mnet_addr dst;
    uint8_t proto; /* IPv6: or MN_IP6_EXT_HOP_BY_HOP, with which the packet then begins */
    uint8_t ttl;   /* 0: 64 (RFC 1700), or what routers say (RFC 4861 6.3.2); 1 for multicast */
    uint8_t tos;
    uint32_t flow_label; /* IPv6: of mn_ip_flow_label, from who sends often; 0: found out */
    bool is_unspecified; /* IPv6: from ::, which is what a host has before any address is ready */
    bool dont_fragment;  /* fail with MSG_SIZE instead of fragmenting */
    bool is_mtu_probe;   /* may exceed the known path, but not the link's MTU. With DF */
    bool may_fragment;   /* routers may cut it even if it fits the known path: for what nobody sends
                            again (ICMP) */
};

/* One direction of a conversation. */
struct mn_flow {
    struct mnet_addr src, dst;
    uint32_t ports; /* the source's, then the destination's, as in the header */
    uint8_t proto;
};
/* RFC 6437 3: the label of all packets of a flow; 0 for IPv4. */
uint32_t mn_ip_flow_label(const struct mn_ip *ip, const struct mn_flow *flow);

/* Sends: `pkt` starts at the transport header (checksum complete, or csum PARTIAL with csum_start 0
 * and the pseudo-header sum in place). With gso set, gso_hdr_len is the length of the transport
 * header. What fits the path leaves with DF (RFC 1191, RFC 6864), the rest in fragments. Takes
 * `pkt`. Errors: NET_UNREACH, MSG_SIZE, ADDR_NOT_AVAIL, NO_MEMORY. */
mnet_err mn_ip_out(struct mn_ip *ip, struct mn_pkt *pkt, const struct mn_ip_tx *tx);

/* The source address for `dst`; NET_UNREACH when there is no route, or no address for it. */
MNET_MUST_USE mnet_err mn_ip_source(struct mn_ip *ip, const struct mnet_addr *dst,
                                    struct mnet_addr *src);

/* Largest IP packet that the path to `dst` takes as far as known (RFC 1191, RFC 8201): the link's
 * MTU or the cached value. */
uint32_t mn_ip_pmtu(const struct mn_ip *ip, const struct mnet_addr *dst);
/* A MSG_SIZE error said that the path to `dst` takes `mtu`, and the transport has recognised the
 * quoted packet as one of its own that is still on its way (RFC 5927 7.2): without this call
 * nothing is believed. Never raises the value. Returns mn_ip_pmtu as it is now. */
uint32_t mn_ip_pmtu_update(struct mn_ip *ip, const struct mnet_addr *dst, uint32_t mtu);
/* What is known of a path when it can be known: 65,535 for ourselves, else what the link takes. */
uint32_t mn_ip_mtu_max(const struct mn_ip *ip, const struct mnet_addr *dst);

/* The search for what a path takes without the help of ICMP: RFC 4821, RFC 8899. A transport that
 * sees its packets acknowledged, and which are lost, asks for the size of the next probe and tells
 * what became of it; the cache keeps how far the search is, for all connections to `dst`. Sizes are
 * those of IP packets, headers included.
 *
 * The size to try next, more than `mtu`, which the asker sends now, and at most `most`; or 0: then
 * `*again` is when to ask the next time (MNET_NEVER: there is nothing more to find). */
uint32_t mn_ip_pmtu_probe(const struct mn_ip *ip, const struct mnet_addr *dst, uint32_t mtu,
                          uint32_t most, mnet_time *again);
/* A probe of `size` bytes has arrived, or was lost while others arrived; `mtu` as above. */
void mn_ip_pmtu_probed(struct mn_ip *ip, const struct mnet_addr *dst, uint32_t mtu, uint32_t size,
                       bool has_arrived);
/* The size to fall back to when packets of `mtu` bytes vanish again and again without a report
 * (RFC 2923 2.1); `mtu` itself when there is no smaller one that makes sense. */
uint32_t mn_ip_pmtu_fallback(const struct mn_ip *ip, const struct mnet_addr *dst, uint32_t mtu);
/* They did, at `lost` bytes, and packets of `mtu` bytes were then acknowledged. */
void mn_ip_pmtu_fell(struct mn_ip *ip, const struct mnet_addr *dst, uint32_t mtu, uint32_t lost);
/* Largest IP packet with gso set towards `dst`; the device's, or 65,535 for software and loopback.
 */
uint32_t mn_ip_gso_max(const struct mn_ip *ip, const struct mnet_addr *dst);

/* Partial sum of the pseudo header: RFC 9293 3.1, RFC 768. Not folded. */
mn_sum mn_ip_pseudo_sum(const struct mnet_addr *src, const struct mnet_addr *dst, uint8_t proto,
                        uint32_t len);
/* Whether `addr` is one of this host's (loopback included), unicast. */
bool mn_ip_is_own(const struct mn_ip *ip, const struct mnet_addr *addr);
/* Whether `addr` is broadcast or multicast on this host's networks. */
bool mn_ip_is_group(const struct mn_ip *ip, const struct mnet_addr *addr);
/* New data was acknowledged by `dst`: its next hop is reachable. */
void mn_ip_confirm(struct mn_ip *ip, const struct mnet_addr *dst);

/* Own addresses and routes; at most MN_IP_ADDRS and MN_IP_ROUTES of IPv4, MN_IP6_ADDRS and
 * MN_IP6_ROUTES of IPv6. Telling link/ of an IPv4 address is stack/'s part. A gateway is on an own
 * network, or an own address is a /32; gateway any: the destinations are neighbours. Errors:
 * INVALID, ADDR_IN_USE (have it), ADDR_NOT_AVAIL (have it not), NO_MEMORY (full). */
#define MN_IP_ADDRS 8
#define MN_IP_ROUTES 16
MNET_MUST_USE mnet_err mn_ip_addr_add(struct mn_ip *ip, const struct mnet_cidr *cidr);
MNET_MUST_USE mnet_err mn_ip_addr_remove(struct mn_ip *ip, const struct mnet_addr *addr);
MNET_MUST_USE mnet_err mn_ip_route_add(struct mn_ip *ip, const struct mnet_cidr *dst,
                                       const struct mnet_addr *gateway);
MNET_MUST_USE mnet_err mn_ip_route_remove(struct mn_ip *ip, const struct mnet_cidr *dst);
/* The i-th own address; false when there are no more. */
bool mn_ip_addr_at(const struct mn_ip *ip, unsigned i, struct mnet_cidr *out);

/* Whether the addresses that were asked for can be used: all of IPv4 and the static ones of IPv6;
 * the link-local one if there are none of these. Those that routers bring come when they come. */
bool mn_ip_is_ready(const struct mn_ip *ip);

/* Multicast groups: RFC 1112, RFC 4291 2.7. Routers are told (ip/report.h). */
MNET_MUST_USE mnet_err mn_ip_group_join(struct mn_ip *ip, const struct mnet_addr *group);
mnet_err mn_ip_group_leave(struct mn_ip *ip, const struct mnet_addr *group);

/* The version of a packet that starts at its IP header, whatever else is wrong with it. */
static inline unsigned mn_ip_version(const struct mn_pkt *pkt)
{
    struct mn_rd rd = mn_pkt_rd(pkt);
    return mn_rd_u8(&rd) >> 4;
}

/* Source and destination of a packet that starts behind its IP headers, pkt->l3_len bytes of them.
 * False: they are not headers, as they were when the packet was received. */
bool mn_ip_ends(const struct mn_pkt *pkt, struct mnet_addr *src, struct mnet_addr *dst);

/* Takes the next packet that was sent to ourselves; it starts at its IP header. NULL: none. */
struct mn_pkt *mn_ip_loopback(struct mn_ip *ip);
bool mn_ip_has_loopback(const struct mn_ip *ip);

/* What became of a packet that starts at its IP header (from mn_link_failed): fills `err` for the
 * transport. False: not parseable. */
bool mn_ip_failed(struct mn_ip *ip, const struct mn_pkt *pkt, struct mn_ip_err *err);

/* A timer with kind & 0xf0 == MN_TIMER_IP has expired. */
void mn_ip_timer(struct mn_ip *ip, struct mn_timer *timer);
/* Gives up the oldest reassembly: true if there was one. */
bool mn_ip_shed(struct mn_ip *ip);

bool mn_ip_ok(const struct mn_ip *ip);

#endif
