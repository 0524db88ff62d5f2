/* SPDX-License-Identifier: ISC
 *
 * ip/ip6_state.h - what the IP layer remembers for IPv6, and what its files ask of each other.
 *
 *   scope6.c    what an address says of itself
 *   addr6.c     own addresses            iid.c       their lower halves
 *   source6.c   which of them            dest.c      which destination
 *                                        route6.c    prefixes, routers, routes, redirects: next hop
 *   router.c    advertisements in, solicitations out
 * Groups and their reports are of both families: ip/report.h. */
#ifndef MN_IP6_STATE_H
#define MN_IP6_STATE_H

#include <base/pkt.h>
#include <ip/ip.h>
#include <wire/ip6_ext.h>
#include <wire/ip6_hdr.h>

/* ---- what an address is: scope6.c ---- */

/* RFC 4291 2.7, RFC 6724 3.1: also for unicast, where it says how far an address is good for. */
enum mn_ip6_scope {
    MN_IP6_SCOPE_INTERFACE = 1,
    MN_IP6_SCOPE_LINK = 2,
    MN_IP6_SCOPE_SITE = 5,
    MN_IP6_SCOPE_GLOBAL = 14
};
unsigned mn_ip6_scope(const struct mnet_addr *addr);
bool mn_ip6_is_link_local(const struct mnet_addr *addr); /* fe80::/10 */
/* ff02::1:ffXX:XXXX with the last three bytes of `addr`: RFC 4291 2.7.1. */
struct mnet_addr mn_ip6_solicited_node(const struct mnet_addr *addr);
/* How many leading bits two addresses share. */
unsigned mn_ip6_common_bits(const struct mnet_addr *a, const struct mnet_addr *b);

/* RFC 6724 2.2 CommonPrefixLen: the same, but the identifier behind the `prefix_len` bits of the
 * source's prefix does not count. */
unsigned mn_ip6_common_prefix(const struct mnet_addr *src, unsigned prefix_len,
                              const struct mnet_addr *dst);
/* RFC 6724 2.1: what kind of network an address of either family is of. */
struct mn_ip6_policy {
    uint8_t precedence; /* of destinations: the higher the better */
    uint8_t label;      /* of the kind: source and destination should be of the same */
};
struct mn_ip6_policy mn_ip6_policy(const struct mnet_addr *addr);

/* ---- own addresses: addr6.c ---- */

/* Link-local, four static ones, and for four prefixes a stable and two temporary ones. */
#define MN_IP6_ADDRS 17

/* Routers that an address remembers to have heard its prefix from: RFC 6724 5 rule 5.5. Two, since
 * redundant ones come in pairs. */
#define MN_IP6_OWN_ROUTERS 2

enum mn_ip6_origin {
    MN_IP6_LINK_LOCAL, /* made at the start */
    MN_IP6_MANUAL,     /* from the config or mnet_stack_addr_add */
    MN_IP6_AUTO,       /* RFC 4862 5.5.3 */
    MN_IP6_TEMPORARY   /* RFC 8981 */
};

struct mn_ip6_own {
    struct mnet_addr addr;
    uint8_t prefix_len; /* of the prefix that it was made for; 128: none */
    uint8_t origin;     /* enum mn_ip6_origin */
    uint8_t tries;      /* how many identifiers were taken by others: RFC 7217 6 */
    bool is_ready;      /* link/ has said so */
    bool is_renewed;    /* temporary: has a successor */
    struct mnet_addr router[MN_IP6_OWN_ROUTERS]; /* who advertised its prefix, the last first */
    mnet_time created;                           /* RFC 8981 3.4 */
    mnet_time preferred_max;   /* temporary: what it may be at most, whatever routers say */
    mnet_time preferred_until; /* then deprecated: RFC 4862 5.5.4 */
    mnet_time valid_until;     /* then gone */
};

/* The own address `addr`, NULL if it is none. */
struct mn_ip6_own *mn_ip6_own_find(struct mn_ip *ip, const struct mnet_addr *addr);
/* Whether it may be used as a source or be answered for now. */
bool mn_ip6_own_is_ready(const struct mn_ip *ip, const struct mn_ip6_own *own);
/* Adds an address, joins its solicited-node group, tells link/. Errors: as mn_ip_addr_add. */
MNET_MUST_USE mnet_err mn_ip6_addr_add(struct mn_ip *ip, const struct mnet_cidr *cidr,
                                       enum mn_ip6_origin origin, mnet_time preferred_until,
                                       mnet_time valid_until);
MNET_MUST_USE mnet_err mn_ip6_addr_remove(struct mn_ip *ip, const struct mnet_addr *addr);
/* Makes the link-local address. Errors: NO_MEMORY. */
MNET_MUST_USE mnet_err mn_ip6_addr_start(struct mn_ip *ip);
/* `router` has advertised a prefix for autonomous configuration: makes or prolongs addresses, with
 * the two-hour rule (RFC 4862 5.5.3 e) and temporary ones beside (RFC 8981 3.4). Lifetimes in s,
 * UINT32_MAX: for ever. */
void mn_ip6_addr_prefix(struct mn_ip *ip, const struct mnet_cidr *prefix,
                        const struct mnet_addr *router, uint32_t preferred_s, uint32_t valid_s);
/* Expires, deprecates, replaces what was taken by others, renews temporary ones. */
void mn_ip6_addr_timer(struct mn_ip *ip);
bool mn_ip6_addr_ok(const struct mn_ip *ip);

/* ---- interface identifiers: iid.c ---- */

/* The last 64 bits of an address for `prefix`, by the mode of the config. `tries` counts
 * identifiers that were taken: each gives another one (RFC 7217 5 DAD_Counter). Never a reserved
 * one (RFC 5453). */
void mn_ip6_iid(struct mn_ip *ip, const struct mnet_addr *prefix, unsigned tries, uint8_t *iid);
/* A random one: RFC 8981 3.3.1. */
void mn_ip6_iid_random(struct mn_ip *ip, uint8_t *iid);

/* ---- next hop: route6.c ---- */

#define MN_IP6_PREFIXES 16
#define MN_IP6_ROUTERS 8
#define MN_IP6_ROUTES 16
#define MN_IP6_REDIRECTS 64

struct mn_ip6_prefix { /* on-link: RFC 4861 5.1 */
    struct mnet_addr net;
    uint8_t prefix_len;
    bool is_used;
    mnet_time valid_until;
};

struct mn_ip6_route {
    struct mnet_addr net;     /* ::/0: a default router */
    struct mnet_addr gateway; /* next hop; any: on-link */
    uint8_t prefix_len;
    int8_t preference; /* RFC 4191 2.1: -1, 0, 1 */
    bool is_static;    /* from the config or mnet_stack_route_add: never expires */
    bool is_used;
    mnet_time valid_until;
};

struct mn_ip6_redirect { /* RFC 4861 8.3: a destination has another first hop */
    struct mnet_addr dst;
    struct mnet_addr next; /* dst itself: it is on-link */
    bool is_used;
};

struct mn_ip6_hop {
    struct mnet_addr next; /* neighbour to hand it to */
    bool is_local;         /* to ourselves */
    bool is_group;         /* multicast */
};

/* False: no route. An IPv4 address or :: has none. ::1 is local. */
bool mn_ip6_hop_find(struct mn_ip *ip, const struct mnet_addr *dst, struct mn_ip6_hop *hop);
void mn_ip6_prefix_heard(struct mn_ip *ip, const struct mnet_cidr *prefix, uint32_t valid_s);
/* A route from an advertisement (RFC 4191), ::/0 for the router itself. `lifetime_s` 0: withdrawn.
 */
void mn_ip6_route_heard(struct mn_ip *ip, const struct mnet_cidr *net,
                        const struct mnet_addr *router, int preference, uint32_t lifetime_s);
MNET_MUST_USE mnet_err mn_ip6_route_add(struct mn_ip *ip, const struct mnet_cidr *net,
                                        const struct mnet_addr *gateway);
MNET_MUST_USE mnet_err mn_ip6_route_remove(struct mn_ip *ip, const struct mnet_cidr *net);
/* Notes that packets to `dst` go by `next` from now on; only if `from` is the hop in use (RFC 4861
 * 8.1). False: refused. */
bool mn_ip6_redirect_heard(struct mn_ip *ip, const struct mnet_addr *from,
                           const struct mnet_addr *dst, const struct mnet_addr *next);
void mn_ip6_route_timer(struct mn_ip *ip);
bool mn_ip6_route_ok(const struct mn_ip *ip);

/* ---- which own address: source6.c ---- */

/* RFC 6724 5. False: there is none. */
bool mn_ip6_source(const struct mn_ip *ip, const struct mnet_addr *dst,
                   const struct mn_ip6_hop *hop, struct mnet_addr *src);

/* ---- which destination: dest.c ---- */

#define MN_IP_DESTS 32 /* more answers of a resolver than anybody tries */
/* Sorts destinations of both families, the best first: RFC 6724 6. Of more than MN_IP_DESTS the
 * others stay where they are. */
void mn_ip_dest_sort(struct mn_ip *ip, struct mnet_addr *dst, size_t count);

/* ---- routers: router.c ---- */

#define MN_IP6_DNS_SERVERS 4
#define MN_IP6_DNS_DOMAINS 4
#define MN_IP6_DOMAIN_MAX 64

struct mn_ip6_dns { /* RFC 8106 */
    struct mnet_addr server[MN_IP6_DNS_SERVERS];
    mnet_time server_until[MN_IP6_DNS_SERVERS]; /* 0: free */
    char domain[MN_IP6_DNS_DOMAINS][MN_IP6_DOMAIN_MAX];
    mnet_time domain_until[MN_IP6_DNS_DOMAINS]; /* 0: free */
};

/* Router advertisement and redirect; `pkt` starts at its ICMPv6 header, whose checksum is good. */
mn_verdict mn_router_in(struct mn_ip *ip, struct mn_pkt *pkt, const struct mn_ip_rx *rx);
mn_verdict mn_redirect_in(struct mn_ip *ip, struct mn_pkt *pkt, const struct mn_ip_rx *rx);
/* Solicits routers (RFC 4861 6.3.7, RFC 7559) until one answers, when the link-local address is
 * ready. */
void mn_router_start(struct mn_ip *ip);
void mn_router_timer(struct mn_ip *ip);

/* ---- errors: icmp6_out.c ---- */

enum mn_icmp6_error {
    MN_ICMP6_SEND_NO_PORT,      /* RFC 4443 3.1 code 4 */
    MN_ICMP6_SEND_PARAM_HEADER, /* 3.4 code 0 */
    MN_ICMP6_SEND_PARAM_NEXT,   /* 3.4 code 1 */
    MN_ICMP6_SEND_PARAM_OPTION, /* 3.4 code 2 */
    MN_ICMP6_SEND_PARAM_CHAIN,  /* RFC 7112 5, code 3 */
    MN_ICMP6_SEND_REASSEMBLY,   /* 3.3 code 1 */
};
/* About the packet of `len` bytes at `at`, from its IPv6 header on; `is_group`: it was sent to
 * many, on whatever layer; `pointer` for parameter problems. Silent where RFC 4443 2.4 (e) forbids
 * it, and beyond the rate limit. */
void mn_icmp6_send_error(struct mn_ip *ip, const uint8_t *at, uint32_t len, bool is_group,
                         enum mn_icmp6_error what, uint32_t pointer);

/* What mn_icmp_send_unreach does for a packet of IPv6. */
void mn_icmp6_send_unreach(struct mn_ip *ip, const struct mn_pkt *pkt, const struct mn_ip_rx *rx,
                           enum mn_icmp_unreach what);
/* Fills in the checksum of the whole message that `pkt` is, whose field is zero. */
void mn_icmp6_checksum(struct mn_pkt *pkt, const struct mnet_addr *src,
                       const struct mnet_addr *dst);
/* Reads the headers of a packet of which only the beginning may be there. True: `rd` is at its
 * transport header, of protocol ext->next. False: they lead elsewhere, or are of a fragment but the
 * first. */
bool mn_ip6_quote_read(struct mn_rd *rd, struct mn_ip6_hdr *hdr, struct mn_ip6_ext *ext);

/* ---- errors: icmp6_in.c ---- */

/* What mn_ip_failed does for a packet of IPv6. */
bool mn_ip6_failed(struct mn_ip *ip, const struct mn_pkt *pkt, struct mn_ip_err *err);

/* ---- output: ip6_out.c, ip_split.c ---- */

/* What mn_ip_out does when the destination is an IPv6 address. */
mnet_err mn_ip6_out(struct mn_ip *ip, struct mn_pkt *pkt, const struct mn_ip_tx *tx);
/* Puts `hdr` in front of its payload; the length is filled in here. */
void mn_ip6_header_push(struct mn_env *env, struct mn_pkt *pkt, struct mn_ip6_hdr hdr);
/* As mn_ip_split: into fragments of at most `mtu` bytes, all named `id`. */
MNET_MUST_USE mnet_err mn_ip6_split(struct mn_env *env, struct mn_pkt *pkt,
                                    const struct mn_ip6_hdr *hdr, uint32_t id, uint32_t mtu,
                                    struct mn_pktq *out);

/* ---- the whole ---- */

struct mn_ip6 {
    bool is_on;                /* the config's mode is not OFF */
    uint8_t mode;              /* enum mnet_ipv6_mode */
    bool wants_temporary;      /* RFC 8981 */
    uint8_t hop_limit;         /* of what we send: RFC 4861 6.3.2 CurHopLimit */
    uint32_t mtu;              /* of the link, at most its device's: RA option */
    struct mn_hash_key secret; /* RFC 7217 */
    struct mn_ip6_own own[MN_IP6_ADDRS];
    uint32_t own_count;
    struct mn_ip6_prefix prefix[MN_IP6_PREFIXES];
    struct mn_ip6_route route[MN_IP6_ROUTES]; /* with default routers */
    bool has_redirects;                       /* there may be some */
    struct mn_ip6_redirect *redirect;         /* MN_IP6_REDIRECTS, carved; by hashed destination */
    struct mn_ip6_dns dns;
    uint32_t turn;                /* of silent routers: RFC 4861 6.3.6 */
    mnet_time solicit_after;      /* the last pause between router solicitations: RFC 7559 */
    struct mn_timer addr_timer;   /* the earliest of all own addresses */
    struct mn_timer route_timer;  /* the earliest of prefixes and routes */
    struct mn_timer router_timer; /* the next solicitation */
};

#endif
