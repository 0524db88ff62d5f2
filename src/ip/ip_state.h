/* SPDX-License-Identifier: ISC
 *
 * ip/ip_state.h - what the IP layer of one stack remembers, and what its files ask of each other.
 *
 * IPv4 addresses are host-order numbers in here: the public form (mnet/addr.h) is for the way in
 * and out of the layer. */
#ifndef MN_IP_STATE_H
#define MN_IP_STATE_H

#include <base/pkt.h>
#include <ip/ip.h>
#include <ip/ip6_state.h>
#include <ip/report.h>
#include <wire/ip4_hdr.h>

/* ---- own addresses and routes: route.c ---- */

struct mn_ip_own {
    uint32_t addr;      /* ours */
    uint32_t mask;      /* of its network */
    uint8_t prefix_len; /* bits set in mask */
    bool is_ready;      /* probing is over: may be used */
};

struct mn_ip_route {
    uint32_t net;       /* destination network, host bits zero */
    uint32_t mask;      /* of it */
    uint32_t gateway;   /* next hop; 0: the destination itself, on this link */
    uint8_t prefix_len; /* bits set in mask; the table is sorted by it, longest first */
};

/* Where a packet goes next. */
struct mn_ip_hop {
    uint32_t next;     /* neighbour to hand it to */
    bool is_local;     /* to ourselves */
    bool is_broadcast; /* to all on the link */
};

/* Readiness is asked of link/ until it is given. */
bool mn_ip_own_is_ready(const struct mn_ip *ip, const struct mn_ip_own *own);
/* The own address `addr`, NULL if it is none. */
struct mn_ip_own *mn_ip_own_find(struct mn_ip *ip, uint32_t addr);
/* Whether `addr` is 255.255.255.255 or the broadcast address of an own network. */
bool mn_ip_is_broadcast4(const struct mn_ip *ip, uint32_t addr);
/* False: no route. */
bool mn_ip_hop_find(const struct mn_ip *ip, uint32_t dst, struct mn_ip_hop *hop);
/* The source for `dst`, which goes by `hop`; false: there is none. */
bool mn_ip_source4(const struct mn_ip *ip, uint32_t dst, const struct mn_ip_hop *hop,
                   uint32_t *src);
bool mn_ip_routes_ok(const struct mn_ip *ip);

#define MN_IP_ECN_CE 3u /* RFC 3168 5: both ECN bits of the TOS octet */
#define MN_IP4_BROADCAST 0xffffffffu
#define MN_IP4_LOOPBACK 0x7f000001u
#define MN_IP4_ALL_HOSTS 0xe0000001u

/* RFC 1122 3.2.1.3 (d), (g), (a); RFC 1112 4. */
static inline bool mn_ip4_is_multicast(uint32_t addr)
{
    return addr >> 28 == 0xeu;
}
static inline bool mn_ip4_is_loopback(uint32_t addr)
{
    return addr >> 24 == 127u;
}
/* "This network": never a destination, and a source only while a host has no address yet. */
static inline bool mn_ip4_is_this_net(uint32_t addr)
{
    return addr >> 24 == 0;
}
/* Class E: reserved, but for its last address. */
static inline bool mn_ip4_is_reserved(uint32_t addr)
{
    return addr >> 28 == 0xfu && addr != MN_IP4_BROADCAST;
}

/* ---- multicast groups: group.c ---- */

/* A host without routing of multicast needs few: all of mDNS, SSDP, PTP and the like together, and
 * the solicited-node group of each own IPv6 address. */
#define MN_IP_GROUPS (16 + MN_IP6_ADDRS)

struct mn_ip_group {
    struct mnet_addr addr; /* any: this entry is free */
    uint32_t count;        /* how often joined and not left */
};

/* Whether packets to the group come in; those to 224.0.0.1 (RFC 1112 4), ff02::1 and ff01::1 (RFC
 * 4291 2.8) always do. */
bool mn_ip_group_is_joined(const struct mn_ip *ip, const struct mnet_addr *group);
bool mn_ip_groups_ok(const struct mn_ip *ip);

/* ---- path MTU: pmtu.c ---- */

#define MN_IP_PMTUS 256    /* destinations remembered */
#define MN_IP_PMTU_WAYS 4u /* places that a destination can be in */

struct mn_ip_pmtu_entry {
    struct mnet_addr dst; /* whose path it is */
    uint16_t mtu;         /* largest packet that gets there; 0: this entry is free */
    uint16_t high;        /* largest that may get there, as far as known; at least mtu */
    uint8_t misses;       /* probes of one size that were lost in a row */
    bool is_high_next;    /* `high` itself is tried next, not the middle between mtu and high */
    bool is_below;        /* the true value is below the floor: routers must fragment (IPv4) */
    mnet_time raise_at;   /* when sizes beyond `high` are tried again */
    mnet_time expires;    /* when it is forgotten */
};

/* What a packet to `dst` may be; `*may_set_df` is false when the path is narrower than the floor.
 */
uint32_t mn_ip_path_mtu(const struct mn_ip *ip, const struct mnet_addr *dst, bool *may_set_df);
/* What the link takes towards `dst`: no packet is larger, whatever the path. */
uint32_t mn_ip_link_mtu(const struct mn_ip *ip, const struct mnet_addr *dst);
/* A guess for routers that do not say: RFC 1191 7.1, below the length of the packet refused. */
uint32_t mn_ip_pmtu_plateau(uint32_t total_len);
bool mn_ip_pmtu_ok(const struct mn_ip *ip);

/* ---- reassembly: frag.c ---- */

#define MN_FRAG_SLOTS 64     /* datagrams in the making, refused ones included */
#define MN_FRAG_PER_SOURCE 8 /* of one source address */
#define MN_FRAG_RANGES                                                                             \
    256                  /* fragments of one datagram: 64 KiB over links of MTU 296 (RFC 1144)     \
                          */
#define MN_FRAG_BLOCKS 5 /* 65,535 bytes and the room in front, in large blocks */

/* Bytes in front of the payload in the first block: the longest IP header, aligned. */
#define MN_FRAG_ROOM 64u

struct mn_frag_range {
    uint16_t start, end; /* payload bytes [start, end) of one fragment */
};

/* Metadata of an open datagram, apart from its payload. */
struct mn_frag_body {
    uint8_t *block[MN_FRAG_BLOCKS];             /* payload; NULL: not touched yet */
    uint32_t count;                             /* ranges in use */
    struct mn_frag_range range[MN_FRAG_RANGES]; /* ascending, disjoint */
};

enum mn_frag_state {
    MN_FRAG_FREE,
    MN_FRAG_OPEN,    /* waits for more */
    MN_FRAG_REFUSED, /* something was wrong: what still comes of it is dropped until the deadline */
};

struct mn_frag_slot {
    enum mn_frag_state state;  /* decides which of the others mean anything */
    struct mnet_addr src, dst; /* key */
    uint32_t id;               /* key */
    uint8_t proto;             /* key of IPv4 (RFC 791 3.2); IPv6: of the first fragment */
    uint8_t hdr_len;           /* headers of the first fragment, in front of it; 0: not here yet */
    uint8_t is_ce;             /* RFC 3168 5.3: some fragment had congestion experienced */
    uint8_t is_group;          /* some fragment was sent to a group, of whatever layer */
    uint32_t total;            /* payload bytes of the datagram; 0: the last one is not here yet */
    uint32_t filled;           /* payload bytes here */
    mnet_time deadline;        /* when it is given up */
    struct mn_frag_body *body; /* NULL unless open */
};

struct mn_frag {
    struct mn_frag_slot *slot; /* MN_FRAG_SLOTS of them */
    struct mn_pool bodies;     /* struct mn_frag_body */
    uint32_t open;             /* slots in MN_FRAG_OPEN */
    uint32_t blocks;           /* large blocks held by them */
    struct mn_timer timer;     /* the earliest deadline */
};

/* What a fragment says of itself. */
struct mn_frag_part {
    struct mnet_addr src, dst;
    uint32_t id;     /* of its datagram */
    uint8_t proto;   /* of the datagram's payload, or its next header */
    uint32_t offset; /* of its bytes in the datagram's: a multiple of 8 */
    bool more;       /* not the last */
};

/* One fragment, which starts behind its headers, pkt->l3_len bytes that end in front of it. IPv6:
 * the last of them is the fragment header. DONE: `pkt` is the whole datagram now, with its IP
 * header in front, and part->proto is what it holds (IPv6: the first fragment has the say, RFC
 * 8200 4.5). KEPT: more are needed. Drops leave `pkt` to the caller. */
mn_verdict mn_frag_in(struct mn_ip *ip, struct mn_pkt *pkt, struct mn_frag_part *part,
                      struct mn_ip_rx *rx);
/* The next free block for `slot`, within the share of the budget; others give way for it, never
 * `slot`. NULL: there is none. */
uint8_t *mn_frag_block(struct mn_ip *ip, const struct mn_frag_slot *slot);
void mn_frag_expire(struct mn_ip *ip);
void mn_frag_clear(struct mn_ip *ip);
bool mn_frag_shed(struct mn_ip *ip);
bool mn_frag_ok(const struct mn_ip *ip);

/* frag_copy.c: payload bytes from `start` on of an open datagram, all of which fit a datagram. */

/* Copies the packet's bytes there and, when they are the first, its IP header in front. False: no
 * memory; a part may be there. */
bool mn_frag_store(struct mn_ip *ip, const struct mn_frag_slot *slot, struct mn_frag_body *body,
                   const struct mn_pkt *pkt, uint32_t start);
/* Whether the bytes there are those of the packet. */
bool mn_frag_is_same(const struct mn_frag_body *body, const struct mn_pkt *pkt, uint32_t start);

/* ---- ICMP: icmp_out.c ---- */

/* Errors are answers to a scan or a mistake, of which some hundreds a second tell all there is to
 * tell: one token comes back each millisecond, an error takes one to three. */
#define MN_ICMP_TOKENS_MAX 100u

/* Takes what one error of either family costs; false, and counted: not now. */
bool mn_icmp_take_token(struct mn_ip *ip);

/* A packet to be sent, empty, with the room for an ICMP header and behind it by reference the
 * payload of the echo request `pkt`; NULL: no memory. */
struct mn_pkt *mn_icmp_echo_copy(struct mn_env *env, const struct mn_pkt *request);

/* RFC 792: the first fragment of a datagram that was never completed, from its IP header on. */
void mn_icmp_send_reassembly_exceeded(struct mn_ip *ip, const uint8_t *at, uint32_t len);

/* ---- output: ip_out.c, ip_split.c ---- */

/* Identifications: RFC 6864 4.3, RFC 7739 5.3. */
#define MN_IP_IDS 64u

/* The next `count` identifications of datagrams with these addresses and protocol: the first. */
uint16_t mn_ip_ids(struct mn_ip *ip, uint32_t src, uint32_t dst, uint8_t proto, uint32_t count);
/* Puts `hdr` in front of a packet that starts at the transport header; its length and checksum are
 * filled in here. */
void mn_ip_header_push(struct mn_env *env, struct mn_pkt *pkt, struct mn_ip4_hdr hdr);
/* Cuts a packet that starts at the transport header into fragments of at most `mtu` bytes with
 * their headers, in order. Takes `pkt`. NO_MEMORY: there are none. */
MNET_MUST_USE mnet_err mn_ip_split(struct mn_env *env, struct mn_pkt *pkt,
                                   const struct mn_ip4_hdr *hdr, uint32_t mtu, struct mn_pktq *out);

/* A packet over the same bytes, its first range copied; NULL, and counted: no memory. */
struct mn_pkt *mn_ip_copy(struct mn_env *env, const struct mn_pkt *pkt);
/* Puts a packet that starts at its IP header, and is for ourselves, into `loopback`. Takes `pkt`.
 * OK, also when it is lost. */
mnet_err mn_ip_loop(struct mn_ip *ip, struct mn_pkt *pkt);

/* At most so many packets wait on their way to ourselves: with 64 KiB in each, that is a connection
 * at full speed between two polls; more would be a loop. */
#define MN_IP_LOOPBACK_MAX 1024u

/* Numbers of the timers of ip/: mn_timer.kind less MN_TIMER_IP. */
enum mn_ip_timer_kind {
    MN_IP_TIMER_FRAG,
    MN_IP_TIMER_ADDR6,  /* mn_ip6.addr_timer */
    MN_IP_TIMER_ROUTE6, /* mn_ip6.route_timer */
    MN_IP_TIMER_ROUTER, /* mn_ip6.router_timer */
    MN_IP_TIMER_GROUP,  /* mn_ip6.group_timer */
};

/* ---- the whole ---- */

struct mn_ip {
    struct mn_env *env;                     /* the stack's */
    struct mn_link *link;                   /* below */
    struct mn_ip_own own[MN_IP_ADDRS];      /* own addresses */
    uint32_t own_count;                     /* of them */
    struct mn_ip_route route[MN_IP_ROUTES]; /* static routes, longest prefix first */
    uint32_t route_count;                   /* of them */
    struct mn_ip_group group[MN_IP_GROUPS]; /* joined groups */
    struct mn_ip_pmtu_entry *pmtu;          /* MN_IP_PMTUS entries */
    mnet_time pmtu_until;    /* when the last of them expires: then none is looked for */
    struct mn_frag frag;     /* reassembly */
    struct mn_pktq loopback; /* to ourselves, from the IP header on */
    uint16_t id[MN_IP_IDS];  /* next identification, by hashed destination */
    uint32_t icmp_tokens;    /* errors of both families that may be sent now */
    mnet_time icmp_refilled; /* when tokens were last added */
    struct mn_report report[MN_REPORTS]; /* what is told of groups */
    struct mn_querier querier[2];        /* of IPv4 and of IPv6 */
    struct mn_timer group_timer;         /* the next report */
    struct mn_ip6 v6;                    /* what is of IPv6 alone */
};

#endif
