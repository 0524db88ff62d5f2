/* SPDX-License-Identifier: ISC
 *
 * wire/ndp_opts.h - options of neighbour discovery: RFC 4861 4.6, RFC 4191 2.3, RFC 8106 5,
 * RFC 3971 5.3.2.
 *
 * First all options of a message are read with mn_ndp_opts_read, which tells whether the message is
 * valid at all and what the options are that count once. Those that may repeat are then taken one
 * by one:
 *
 *      for (int i = 0; i < MN_NDP_OPTIONS_MAX && mn_ndp_opt_next(&options, &opt) == MN_NDP_ONE;
 * i++) if (opt.type == MN_NDP_OPT_PREFIX && mn_ndp_prefix_read(opt.data, &prefix))
 *              ...
 *
 * Options that are not known, and known ones of another length or with other values than theirs,
 * are passed over. */
#ifndef MN_NDP_OPTS_H
#define MN_NDP_OPTS_H

#include <base/rd.h>
#include <base/wr.h>
#include <mnet/addr.h>

/* Types. */
#define MN_NDP_OPT_SOURCE_MAC 1u
#define MN_NDP_OPT_TARGET_MAC 2u
#define MN_NDP_OPT_PREFIX 3u
#define MN_NDP_OPT_REDIRECTED 4u
#define MN_NDP_OPT_MTU 5u
#define MN_NDP_OPT_NONCE 14u
#define MN_NDP_OPT_ROUTE 24u
#define MN_NDP_OPT_RDNSS 25u
#define MN_NDP_OPT_DNSSL 31u

/* An option has 8 bytes at least and a message comes in one packet (RFC 6980 5), so an Ethernet
 * frame of 1500 bytes holds fewer. A message with more, in a larger frame, is refused. */
#define MN_NDP_OPTIONS_MAX 256
/* RFC 8106 5.3.1: at least three servers are taken from an option; more than these are left out. */
#define MN_NDP_SERVERS_MAX 8
/* A domain as text with its NUL: the 255 bytes of RFC 1035 2.3.4 are 253 characters. */
#define MN_NDP_DOMAIN_MAX 254
#define MN_NDP_NONCE_LEN 6 /* RFC 3971 5.3.2: 6 at least; 6 fill the option */
/* The longest that mn_ndp_opts_write writes. */
#define MN_NDP_OPTS_LEN_MAX 32

enum mn_ndp_step {
    MN_NDP_ONE,  /* one was read */
    MN_NDP_LAST, /* there is none any more */
    MN_NDP_BAD,  /* malformed; nothing behind it can be trusted */
};

struct mn_ndp_opt {
    uint8_t type;      /* MN_NDP_OPT_*, or anything else */
    struct mn_rd data; /* what follows type and length: 8 n - 2 bytes */
};

/* Reads one option. Every call that gives ONE takes at least eight bytes. BAD: its length is 0 or
 * leads past the end. */
enum mn_ndp_step mn_ndp_opt_next(struct mn_rd *options, struct mn_ndp_opt *out);

/* Options that count once: the first of each. For both ways; zeroed, it means none. */
struct mn_ndp_opts {
    bool has_source_mac;
    bool has_target_mac;
    bool has_mtu;
    bool has_nonce;
    bool has_redirected;
    struct mnet_mac source_mac; /* of the sender; may be any value, a group too */
    struct mnet_mac target_mac; /* of the target; likewise */
    uint32_t mtu;               /* of the link, bytes; may be anything */
    uint8_t nonce[MN_NDP_NONCE_LEN];
    struct mn_rd redirected; /* read only: the packet that was redirected, cut short or padded */
};

/* Reads all options. False: one is malformed, or there are more than MN_NDP_OPTIONS_MAX. Then the
 * whole message is invalid (RFC 4861 4.6) and `out` is zeroed. */
bool mn_ndp_opts_read(struct mn_rd options, struct mn_ndp_opts *out);

/* Writes MACs, MTU and nonce; a redirected packet is not looked at: only routers send it. */
int32_t mn_ndp_opts_len(const struct mn_ndp_opts *o);
void mn_ndp_opts_write(struct mn_wr *w, const struct mn_ndp_opts *o);

/* Data of options that may repeat, each with its writer of the whole option. A read is false if the
 * data are not what they have to be; then the option is ignored and `out` is zeroed. Bits of a
 * prefix beyond its length are cleared (RFC 4861 4.6.2). Lifetimes are in s; UINT32_MAX: for ever.
 */
struct mn_ndp_prefix {
    struct mnet_cidr prefix;
    bool is_on_link;    /* L */
    bool is_autonomous; /* A: makes addresses */
    uint32_t valid_s;
    uint32_t preferred_s; /* may be longer than valid_s: RFC 4862 5.5.3 (c) */
};
bool mn_ndp_prefix_read(struct mn_rd data, struct mn_ndp_prefix *out);
void mn_ndp_prefix_write(struct mn_wr *w, const struct mn_ndp_prefix *o);

struct mn_ndp_route {
    struct mnet_cidr net;
    int8_t preference; /* -1 low, 0, 1 high */
    uint32_t lifetime_s;
};
bool mn_ndp_route_read(struct mn_rd data, struct mn_ndp_route *out);
void mn_ndp_route_write(struct mn_wr *w, const struct mn_ndp_route *o);

struct mn_ndp_rdnss { /* DNS servers */
    uint32_t lifetime_s;
    uint8_t count;                               /* 0 .. MN_NDP_SERVERS_MAX */
    struct mnet_addr server[MN_NDP_SERVERS_MAX]; /* no multicast, mapped or unspecified ones */
};
bool mn_ndp_rdnss_read(struct mn_rd data, struct mn_ndp_rdnss *out);
void mn_ndp_rdnss_write(struct mn_wr *w, const struct mn_ndp_rdnss *o);

struct mn_ndp_dnssl { /* search list */
    uint32_t lifetime_s;
    struct mn_rd domains; /* for mn_ndp_domain_next */
};
bool mn_ndp_dnssl_read(struct mn_rd data, struct mn_ndp_dnssl *out);

/* One domain as text ("example.org") into the MN_NDP_DOMAIN_MAX bytes at `text`. BAD, and "": it
 * does not end, is too long, is compressed, or has a label that is no host name's: letters, digits
 * and inner hyphens (RFC 1123 2.1). Every call that gives ONE takes at least three bytes. */
enum mn_ndp_step mn_ndp_domain_next(struct mn_rd *domains, char *text);

/* The preference in bits 3 and 4 of a byte of flags: RFC 4191 2.1. False: the reserved value. */
bool mn_ndp_preference(uint8_t flags, int8_t *out);
unsigned mn_ndp_preference_bits(int8_t preference);

#endif
