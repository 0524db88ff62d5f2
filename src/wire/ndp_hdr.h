/* SPDX-License-Identifier: ISC
 *
 * wire/ndp_hdr.h - neighbour discovery: RFC 4861 4. Options are in wire/ndp_opts.h.
 *
 * A message begins with its ICMPv6 header, whose checksum is the caller's, as is the hop limit of
 * the packet (MN_NDP_HOP_LIMIT) and whatever depends on its addresses. A reader must cover exactly
 * one message. Every read is false, and gives zeros, if the message is shorter than its fixed part,
 * of another type, or has a code other than 0 (RFC 4861 6.1, 7.1, 8.1). */
#ifndef MN_NDP_HDR_H
#define MN_NDP_HDR_H

#include <base/rd.h>
#include <base/wr.h>
#include <mnet/addr.h>
#include <wire/icmp6_hdr.h> /* types of the messages */
#include <wire/ndp_opts.h>

/* RFC 4861 3.1: what has passed a router has less, so no message comes from beyond the link. */
#define MN_NDP_HOP_LIMIT 255

/* Fixed parts, bytes. */
#define MN_NDP_RS_LEN 8
#define MN_NDP_RA_LEN 16
#define MN_NDP_NS_LEN 24
#define MN_NDP_NA_LEN 24
#define MN_NDP_REDIRECT_LEN 40

struct mn_ndp_rs {        /* router solicitation */
    uint16_t checksum;    /* as it is or will be in the packet; so in all of them */
    struct mn_rd options; /* read only: all that follows the fixed part; so in all of them */
};

struct mn_ndp_ra { /* router advertisement */
    uint16_t checksum;
    uint8_t hop_limit;          /* for packets of ours; 0: not said */
    bool is_managed;            /* M: addresses by DHCPv6 */
    bool has_other;             /* O: other things by DHCPv6 */
    int8_t preference;          /* of a default router: -1 low, 0, 1 high; RFC 4191 2.2 */
    uint16_t router_lifetime_s; /* 0: not a default router */
    uint32_t reachable_ms;      /* 0: not said */
    uint32_t retrans_ms;        /* 0: not said */
    struct mn_rd options;
};

struct mn_ndp_ns { /* neighbour solicitation */
    uint16_t checksum;
    struct mnet_addr target; /* whose link-layer address is wanted; no mapped one */
    struct mn_rd options;
};

struct mn_ndp_na { /* neighbour advertisement */
    uint16_t checksum;
    bool is_router;          /* R */
    bool is_solicited;       /* S */
    bool is_override;        /* O */
    struct mnet_addr target; /* whose link-layer address is told; no mapped one */
    struct mn_rd options;
};

struct mn_ndp_redirect {
    uint16_t checksum;
    struct mnet_addr target; /* the better first hop, or dst: it is a neighbour */
    struct mnet_addr dst;    /* for packets to whom */
    struct mn_rd options;
};

bool mn_ndp_rs_read(struct mn_rd *r, struct mn_ndp_rs *out);
bool mn_ndp_ra_read(struct mn_rd *r, struct mn_ndp_ra *out);
/* These three also refuse an IPv4-mapped or a multicast target (the redirect: destination). */
bool mn_ndp_ns_read(struct mn_rd *r, struct mn_ndp_ns *out);
bool mn_ndp_na_read(struct mn_rd *r, struct mn_ndp_na *out);
bool mn_ndp_redirect_read(struct mn_rd *r, struct mn_ndp_redirect *out);

/* The fixed parts; `options` is not looked at. */
void mn_ndp_rs_write(struct mn_wr *w, const struct mn_ndp_rs *m);
void mn_ndp_ra_write(struct mn_wr *w, const struct mn_ndp_ra *m);
void mn_ndp_ns_write(struct mn_wr *w, const struct mn_ndp_ns *m);
void mn_ndp_na_write(struct mn_wr *w, const struct mn_ndp_na *m);
void mn_ndp_redirect_write(struct mn_wr *w, const struct mn_ndp_redirect *m);

#endif
