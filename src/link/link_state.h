/* SPDX-License-Identifier: ISC
 *
 * link/link_state.h - the state of a link, and what the files of link/ owe each other.
 *
 *   link.c       life, what IP asks and tells         finish.c   checksum and one range in software
 *   netdev.c     receive slots, device, by hand       gso.c      segmentation in software
 *   ether_in.c   ether_out.c                          neigh.c    who has which address
 *   arp.c        RFC 826                              acd.c      RFC 5227: own IPv4 addresses
 *   ndp.c        RFC 4861 7.2                         dad.c      RFC 4862 5.4: own IPv6 addresses
 *   own_addr.c   own addresses of both families
 */
#ifndef MN_LINK_STATE_H
#define MN_LINK_STATE_H

#include <link/link.h>
#include <wire/ether_hdr.h>
#include <wire/ndp_opts.h>

/* ---- receiving: netdev.c ---- */

/* As many frames as one call of the device is given room for. */
#define MN_LINK_SLOTS 16
/* 2 KiB + 4 * 16 KiB hold the 2 + 14 + 65,535 bytes of the largest frame. */
#define MN_LINK_SLOT_BLOCKS 5

/* Room for one frame: a small block and as many large ones as the device can need. */
struct mn_link_slot {
    uint8_t *block[MN_LINK_SLOT_BLOCKS]; /* the first rx_blocks are used; NULL: went with a frame */
};

/* ---- neighbours: neigh.c ---- */

/* Hosts whose addresses are kept at the same time. */
#define MN_NEIGH_MAX 512
/* Power of two, so that a hash is cut by a mask; as many as entries keeps chains short. */
#define MN_NEIGH_BUCKETS 512
/* Entries without an answer yet, or without any: addresses that somebody outside makes us look for
 * can take no more of the table. */
#define MN_NEIGH_UNRESOLVED_MAX 128
/* RFC 1122 2.3.2.2: at least one packet waits. Each neighbour may have a few, whatever others do;
 * the fragments of a 64 KiB datagram, as long as not too many wait in all. */
#define MN_NEIGH_QUEUE_SURE 4
#define MN_NEIGH_QUEUE_MAX 64
#define MN_NEIGH_WAITING_MAX 256
/* Part of the budget that large packets may wait in, or answers to large pings from neighbours that
 * somebody has made up would take it all. Small ones are bounded well enough by their number. */
#define MN_NEIGH_BUDGET_SHARE 4u
/* All that can wait for unresolved neighbours, so that none is lost between a failure and its
 * report. */
#define MN_LINK_FAILED_MAX (MN_NEIGH_UNRESOLVED_MAX * MN_NEIGH_QUEUE_SURE + MN_NEIGH_WAITING_MAX)

enum mn_neigh_state {
    MN_NEIGH_FREE,       /* not in use */
    MN_NEIGH_INCOMPLETE, /* asked, not answered; packets wait */
    MN_NEIGH_FAILED,     /* did not answer; packets are refused for a while */
    MN_NEIGH_LOST,       /* did not answer lately; the next packet asks everybody */
    MN_NEIGH_REACHABLE,  /* heard of lately */
    MN_NEIGH_STALE,      /* not heard of lately, or never by an answer; checked when used */
    MN_NEIGH_DELAY,      /* used; whoever uses it may confirm it before it is asked */
    MN_NEIGH_PROBE,      /* being checked by unicast, used meanwhile */
};

/* Every entry is in the list of its class, the one to give up first in front. */
enum mn_neigh_class {
    MN_NEIGH_CLASS_FREE,    /* FREE */
    MN_NEIGH_CLASS_ASKED,   /* INCOMPLETE */
    MN_NEIGH_CLASS_FAILED,  /* FAILED, LOST */
    MN_NEIGH_CLASS_LEARNED, /* told us its address, never sent to */
    MN_NEIGH_CLASS_USED,    /* sent to: longest ago in front */
    MN_NEIGH_CLASSES
};

/* RFC 4861 5.1: IsRouter. */
enum mn_neigh_role {
    MN_NEIGH_ROLE_UNSAID, /* nobody has said; also every neighbour of IPv4 */
    MN_NEIGH_ROLE_HOST,   /* its last advertisement said that it is no router */
    MN_NEIGH_ROLE_ROUTER
};

struct mn_neigh {
    struct mn_list node;    /* in the list of its class */
    struct mn_timer timer;  /* armed in all states but FREE */
    struct mn_pktq waiting; /* INCOMPLETE: packets that start at their IP header */
    mnet_time confirmed_at; /* when it was last known to be there */
    struct mnet_addr addr;  /* the key */
    struct mnet_mac mac;    /* from REACHABLE on */
    uint16_t chain;         /* next entry of the same bucket plus one, 0: last */
    uint8_t state;          /* enum mn_neigh_state */
    uint8_t class;          /* enum mn_neigh_class */
    uint8_t tries;          /* INCOMPLETE, PROBE: requests sent */
    uint8_t role;           /* enum mn_neigh_role */
};

struct mn_neigh_table {
    struct mn_neigh *entry;                /* MN_NEIGH_MAX, carved */
    uint16_t *bucket;                      /* MN_NEIGH_BUCKETS: first entry plus one, 0: none */
    struct mn_list list[MN_NEIGH_CLASSES]; /* of mn_neigh.node */
    uint16_t count[MN_NEIGH_CLASSES];      /* entries in each list */
    uint32_t waiting;                      /* packets in all mn_neigh.waiting */
    uint64_t waiting_bytes;                /* of budget that they hold, counted in whole blocks */
    uint16_t last;                         /* entry found last plus one, 0: none */
    uint32_t reachable_ms;                 /* RFC 4861 6.3.2: BaseReachableTime, IPv6 */
    uint32_t retrans_ms;                   /* RFC 4861 6.3.2: RetransTimer, IPv6 */
    mnet_time reachable;                   /* ReachableTime, drawn from it; 0: not drawn yet */
    mnet_time drawn_at;                    /* when it was drawn */
};

/* ---- own addresses: own_addr.c ---- */

/* As many as ip/ keeps, or more: 8 of IPv4, 17 of IPv6. */
#define MN_LINK_ADDRS 25

enum mn_own_state {
    MN_OWN_FREE,     /* not in use */
    MN_OWN_PROBING,  /* not ours yet: being probed for */
    MN_OWN_CONFLICT, /* probing has found another host; never used */
    MN_OWN_READY,    /* ours */
};

struct mn_link_own {
    struct mn_timer timer;           /* armed while something is to be sent or waited for */
    mnet_time reported_at;           /* when a conflict was last reported (IPv4: and answered) */
    struct mnet_addr addr;           /* of either family */
    struct mnet_mac conflict_mac;    /* who else uses it; zeros: not known */
    uint8_t nonce[MN_NDP_NONCE_LEN]; /* IPv6, PROBING: in our solicitations */
    uint8_t state;                   /* enum mn_own_state */
    uint8_t sent;                    /* probes, then (IPv4) announcements, sent so far */
    uint8_t extra;                   /* IPv6: solicitations beyond the usual number */
    bool was_reported;               /* reported_at means something */
    bool has_conflict;               /* to be reported */
};

/* ---- the link ---- */

#define MN_LINK_BROADCAST_MAC ((struct mnet_mac){{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}})

/* Frames that wait for a device that was full. Enough for four 64 KiB sends cut in software. */
#define MN_LINK_RETRY_MAX 256
/* Frames that wait each way in a stack without a device. */
#define MN_LINK_HAND_MAX 1024

struct mn_link {
    struct mn_env *env;      /* of the stack */
    struct mnet_netdev *dev; /* NULL: frames by hand */
    struct mnet_mac mac;     /* own address */
    uint32_t caps;           /* MNET_NETDEV_* of the device */
    uint32_t mtu;            /* largest IP packet of a frame that is sent as it is */
    uint32_t gso_max;        /* largest IP packet that the device cuts */
    bool is_probe_first;     /* own addresses are probed for before use */

    /* Receiving. Slots with all their blocks come first after rx_refill. */
    struct mn_link_slot slot[MN_LINK_SLOTS];
    struct mnet_frame frame[MN_LINK_SLOTS]; /* what the device is given and gives */
    struct mn_pkt
        *spare;          /* a record for a frame when there is no memory for another; may be NULL */
    unsigned slot_count; /* wanted; 0: not decided yet */
    unsigned slot_full;  /* slots with all their blocks */
    unsigned slot_blocks;     /* blocks of each */
    unsigned rx_batch;        /* slots given to the device at most */
    unsigned rx_next, rx_end; /* frames of the last batch not handed up yet */
    bool is_rx_drained;       /* the last batch was not full: the next call tells its end */

    /* Sending. */
    struct mn_pktq retry;    /* whole frames that the device had no room for */
    uint8_t *flat;           /* where a frame larger than a block becomes one range, carved; NULL:
                                the device takes several, or its frames fit a block */
    bool is_flush_wanted;    /* frames were given to the device since the last flush */
    struct mn_pktq hand_in;  /* by hand: frames to be received */
    struct mn_pktq hand_out; /* by hand: frames to be taken */
    struct mn_pktq failed;   /* packets whose neighbour did not answer */

    struct mn_neigh_table neigh;
    struct mn_link_own own[MN_LINK_ADDRS];
    unsigned own_end; /* own addresses from here on are free */
};

/* The low four bits of a timer's kind. */
enum { MN_LINK_TIMER_NEIGH = MN_TIMER_LINK | 0, MN_LINK_TIMER_OWN = MN_TIMER_LINK | 1 };

/* ---- link.c ---- */

/* The Ethernet address of a group. */
struct mnet_mac mn_link_group_mac(const struct mnet_addr *group);
/* The Ethernet type of packets to `addr`. */
static inline uint16_t mn_link_type(const struct mnet_addr *addr)
{
    return mnet_addr_is_v4(addr) ? MN_ETHERTYPE_IP4 : MN_ETHERTYPE_IP6;
}

/* ---- netdev.c ---- */

MNET_MUST_USE mnet_err mn_netdev_init(struct mn_link *link, const struct mnet_config *config);
void mn_netdev_deinit(struct mn_link *link);
/* Hands one finished frame to the device. Takes `pkt` unless it returns AGAIN. */
mnet_err mn_netdev_tx(struct mn_link *link, struct mn_pkt *pkt);
bool mn_netdev_ok(const struct mn_link *link);

/* ---- ether_out.c ---- */

/* Sends what `pkt` carries to `dst`: header, fallbacks, device. Takes `pkt`. */
void mn_ether_out(struct mn_link *link, struct mn_pkt *pkt, const struct mnet_mac *dst,
                  uint16_t type);
/* The second half: `pkt` is a frame that needs no segmentation any more. Takes it. */
void mn_ether_send(struct mn_link *link, struct mn_pkt *pkt);

/* ---- finish.c ---- */

/* Does what the device cannot: checksum, one range; all but for a frame larger than a block. False
 * when out of memory; `pkt` stays the caller's. */
bool mn_link_finish(struct mn_link *link, struct mn_pkt *pkt);
/* What is left to do for such a frame, right before the device takes it: `out` is the whole of it,
 * in link->flat, until the next call. */
void mn_link_flatten(struct mn_link *link, const struct mnet_frame *frame, struct mnet_frame *out);

/* ---- gso.c ---- */

/* Cuts a frame with gso set into pieces and sends them. Takes `pkt`. */
void mn_gso_out(struct mn_link *link, struct mn_pkt *pkt);

/* ---- neigh.c ---- */

MNET_MUST_USE mnet_err mn_neigh_init(struct mn_link *link);
void mn_neigh_deinit(struct mn_link *link);
/* Sends an IP packet to a neighbour, or lets it wait. Takes `pkt`. Errors: NET_UNREACH. */
mnet_err mn_neigh_out(struct mn_link *link, struct mn_pkt *pkt, const struct mnet_addr *addr);
/* `addr` is at `mac`. An entry there is brings up to date, and sends what waited; true. Otherwise
 * false. */
bool mn_neigh_update(struct mn_link *link, const struct mnet_addr *addr,
                     const struct mnet_mac *mac);
/* `addr`, of which there is no entry, is at `mac` and about to talk to us: keeps it if that costs
 * nobody else's entry. */
void mn_neigh_learn(struct mn_link *link, const struct mnet_addr *addr, const struct mnet_mac *mac);
/* What an advertisement says of a neighbour: RFC 4861 4.4. */
struct mn_neigh_advert {
    const struct mnet_mac *mac; /* where it is; NULL: not said */
    bool is_router, is_solicited, is_override;
};
/* Brings the entry of `addr` up to date: RFC 4861 7.2.5. False: there is none. */
bool mn_neigh_advertised(struct mn_link *link, const struct mnet_addr *addr,
                         const struct mn_neigh_advert *advert);
/* RFC 4861 6.3.2: RetransTimer, ms. */
uint32_t mn_neigh_retrans_ms(const struct mn_link *link);
void mn_neigh_timer(struct mn_link *link, struct mn_neigh *neigh);
bool mn_neigh_ok(const struct mn_link *link);

/* ---- arp.c ---- */

/* Asks who has `target`: everybody, or the one at `mac` (NULL: everybody). */
void mn_arp_request(struct mn_link *link, uint32_t target, const struct mnet_mac *mac);
/* Sends any ARP packet from our hardware address. */
struct mn_arp_hdr;
void mn_arp_send(struct mn_link *link, const struct mn_arp_hdr *hdr, const struct mnet_mac *dst);

/* ---- ndp.c ---- */

/* Asks who has `target`: everybody, or the one at `mac` (NULL: everybody). `prompt` is the packet
 * that waits for the answer, NULL if there is none. */
void mn_ndp_solicit(struct mn_link *link, const struct mnet_addr *target,
                    const struct mnet_mac *mac, const struct mn_pkt *prompt);
/* Asks from :: whether anybody has `target`: RFC 4862 5.4.2. False: out of memory. */
bool mn_ndp_probe(struct mn_link *link, const struct mnet_addr *target, const uint8_t *nonce);
/* Tells all routers where the own address `addr` is. */
void mn_ndp_announce(struct mn_link *link, const struct mnet_addr *addr);

/* ---- own_addr.c ---- */

void mn_own_init(struct mn_link *link);
void mn_own_deinit(struct mn_link *link);
/* The entry of an own address in any state; NULL: there is none. */
struct mn_link_own *mn_own_find(struct mn_link *link, const struct mnet_addr *addr);
/* A random time in [min, max]. */
mnet_time mn_own_random_time(struct mn_link *link, mnet_time min, mnet_time max);
/* The host at `mac` (zeros: not known) uses an own address too: reports it, but once in an interval
 * only. False: it was reported a short while ago. */
bool mn_own_report(struct mn_link *link, struct mn_link_own *own, const struct mnet_mac *mac);
/* It has the address, and we do not get it. */
void mn_own_lose(struct mn_link *link, struct mn_link_own *own, const struct mnet_mac *mac);
void mn_own_timer(struct mn_link *link, struct mn_link_own *own);
bool mn_own_ok(const struct mn_link *link);

/* ---- acd.c ---- */

/* Looks at every valid ARP packet of another host first. True: it is about an address of ours that
 * another host claims; nobody else is to believe it. */
bool mn_acd_in(struct mn_link *link, const struct mn_arp_hdr *hdr);
/* Whether `v4` is ours and may be told to others. */
bool mn_acd_is_ready(const struct mn_link *link, uint32_t v4);
/* The own address that has the most leading bits in common with `target`: 0 if there is none. */
uint32_t mn_acd_source(const struct mn_link *link, uint32_t target);
void mn_acd_timer(struct mn_link *link, struct mn_link_own *own);
bool mn_acd_ok(const struct mn_link_own *own);

/* ---- dad.c ---- */

void mn_dad_timer(struct mn_link *link, struct mn_link_own *own);
/* Somebody asks from :: for `own`, which is PROBING: RFC 4862 5.4.3. `nonce` of MN_NDP_NONCE_LEN
 * bytes, NULL: none. */
void mn_dad_probed(struct mn_link *link, struct mn_link_own *own, const uint8_t *nonce);
/* Another host, at `mac` (NULL: not said), says that it has `own`, which is PROBING or READY: RFC
 * 4862 5.4.4. */
void mn_dad_advertised(struct mn_link *link, struct mn_link_own *own, const struct mnet_mac *mac);
bool mn_dad_ok(const struct mn_link_own *own);

#endif
