/* SPDX-License-Identifier: ISC
 *
 * link/link_state.h - the state of a link, and what the files of link/ owe each other.
 *
 *   link.c       life, what IP asks and tells         finish.c   checksum and one range in software
 *   netdev.c     receive slots, device, by hand       gso.c      segmentation in software
 *   ether_in.c   ether_out.c                          neigh.c    who has which address
 *   arp.c        RFC 826                              acd.c      RFC 5227: our own addresses
 */
#ifndef MN_LINK_STATE_H
#define MN_LINK_STATE_H

#include <link/link.h>
#include <wire/ether_hdr.h>

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
    MN_NEIGH_REACHABLE,  /* heard of lately */
    MN_NEIGH_STALE,      /* not heard of lately; checked when used */
    MN_NEIGH_PROBE,      /* being checked by unicast, used meanwhile */
};

/* Every entry is in the list of its class, the one to give up first in front. */
enum mn_neigh_class {
    MN_NEIGH_CLASS_FREE,    /* FREE */
    MN_NEIGH_CLASS_ASKED,   /* INCOMPLETE */
    MN_NEIGH_CLASS_FAILED,  /* FAILED */
    MN_NEIGH_CLASS_LEARNED, /* told us its address, never sent to */
    MN_NEIGH_CLASS_USED,    /* sent to: longest ago in front */
    MN_NEIGH_CLASSES
};

struct mn_neigh {
    struct mn_list node;    /* in the list of its class */
    struct mn_timer timer;  /* armed in all states but FREE */
    struct mn_pktq waiting; /* INCOMPLETE: packets that start at their IP header */
    mnet_time confirmed_at; /* when it was last known to be there */
    struct mnet_addr addr;  /* the key */
    struct mnet_mac mac;    /* REACHABLE, STALE, PROBE */
    uint16_t chain;         /* next entry of the same bucket plus one, 0: last */
    uint8_t state;          /* enum mn_neigh_state */
    uint8_t class;          /* enum mn_neigh_class */
    uint8_t tries;          /* INCOMPLETE, PROBE: requests sent */
};

struct mn_neigh_table {
    struct mn_neigh *entry;                /* MN_NEIGH_MAX, carved */
    uint16_t *bucket;                      /* MN_NEIGH_BUCKETS: first entry plus one, 0: none */
    struct mn_list list[MN_NEIGH_CLASSES]; /* of mn_neigh.node */
    uint16_t count[MN_NEIGH_CLASSES];      /* entries in each list */
    uint32_t waiting;                      /* packets in all mn_neigh.waiting */
    uint64_t waiting_bytes;                /* of budget that they hold, counted in whole blocks */
    uint16_t last;                         /* entry found last plus one, 0: none */
};

/* ---- own addresses: acd.c ---- */

/* As many as ip/ keeps, or more. */
#define MN_LINK_ADDRS 8

enum mn_own_state {
    MN_OWN_FREE,     /* not in use */
    MN_OWN_PROBING,  /* not ours yet: being probed for */
    MN_OWN_CONFLICT, /* probing has found another host; never used */
    MN_OWN_READY,    /* ours */
};

struct mn_link_own {
    struct mn_timer timer;        /* armed while probes or announcements are to be sent */
    mnet_time defended_at;        /* when it was last defended */
    struct mnet_addr addr;        /* IPv4 */
    struct mnet_mac conflict_mac; /* who else uses it */
    uint8_t state;                /* enum mn_own_state */
    uint8_t sent;                 /* probes, then announcements, sent so far */
    bool was_defended;            /* defended_at means something */
    bool has_conflict;            /* to be reported */
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
};

/* The low four bits of a timer's kind. */
enum { MN_LINK_TIMER_NEIGH = MN_TIMER_LINK | 0, MN_LINK_TIMER_OWN = MN_TIMER_LINK | 1 };

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
void mn_neigh_timer(struct mn_link *link, struct mn_neigh *neigh);
bool mn_neigh_ok(const struct mn_link *link);

/* ---- arp.c ---- */

/* Asks who has `target`: everybody, or the one at `mac` (NULL: everybody). */
void mn_arp_request(struct mn_link *link, uint32_t target, const struct mnet_mac *mac);
/* Sends any ARP packet from our hardware address. */
struct mn_arp_hdr;
void mn_arp_send(struct mn_link *link, const struct mn_arp_hdr *hdr, const struct mnet_mac *dst);

/* ---- acd.c ---- */

void mn_acd_init(struct mn_link *link);
void mn_acd_deinit(struct mn_link *link);
/* Looks at every valid ARP packet of another host first. True: it is about an address of ours that
 * another host claims; nobody else is to believe it. */
bool mn_acd_in(struct mn_link *link, const struct mn_arp_hdr *hdr);
/* Whether `v4` is ours and may be told to others. */
bool mn_acd_is_ready(const struct mn_link *link, uint32_t v4);
/* The own address that has the most leading bits in common with `target`: 0 if there is none. */
uint32_t mn_acd_source(const struct mn_link *link, uint32_t target);
void mn_acd_timer(struct mn_link *link, struct mn_link_own *own);
bool mn_acd_ok(const struct mn_link *link);

#endif
