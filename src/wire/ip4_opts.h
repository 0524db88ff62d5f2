/* SPDX-License-Identifier: ISC
 *
 * wire/ip4_opts.h - IPv4 options: RFC 791 3.1, RFC 2113. A host needs to know that they are well
 * formed and which there are; what it does not understand it passes over (RFC 1122 3.2.1.8). */
#ifndef MN_IP4_OPTS_H
#define MN_IP4_OPTS_H

#include <base/rd.h>
#include <base/wr.h>

/* Types, with their copied flag and class. */
#define MN_IP4_OPT_END 0u
#define MN_IP4_OPT_NOP 1u
#define MN_IP4_OPT_RECORD_ROUTE 7u
#define MN_IP4_OPT_TIMESTAMP 68u
#define MN_IP4_OPT_LSRR 131u /* loose source and record route */
#define MN_IP4_OPT_SSRR 137u /* strict source and record route */
#define MN_IP4_OPT_ROUTER_ALERT 148u
#define MN_IP4_OPT_COPIED 0x80u /* bit of the type: goes into every fragment */

#define MN_IP4_ROUTER_ALERT_LEN 4

struct mn_ip4_opt {
    uint8_t type;      /* MN_IP4_OPT_*, or anything else */
    uint8_t at;        /* offset of the type byte from the start of the IP header */
    struct mn_rd data; /* what follows type and length; empty for END and NOP */
};

enum mn_ip4_opt_step {
    MN_IP4_OPT_ONE,  /* `out` is an option; NOPs are given too */
    MN_IP4_OPT_LAST, /* the options are over: at their end, or an END option was read */
    MN_IP4_OPT_BAD,  /* malformed at out->at; nothing behind it can be trusted */
};

/* Reads one option. Every call that gives ONE takes at least one byte. */
enum mn_ip4_opt_step mn_ip4_opt_next(struct mn_rd *options, struct mn_ip4_opt *out);

/* What a packet's options are, all together. Offsets are right for a reader that came with a header
 * (mn_ip4_hdr.options), since it has the header's base; they are what a parameter problem points at
 * (RFC 792). */
struct mn_ip4_opts {
    bool has_source_route; /* LSRR or SSRR */
    bool has_record_route;
    bool has_timestamp;
    bool has_router_alert;
    uint8_t source_route_at; /* offset of its type byte from the start of the IP header */
    uint8_t bad_at;          /* on failure: offset of the malformed option likewise */
};

/* False: malformed; then `out` tells what came before, and bad_at. */
bool mn_ip4_opts_read(struct mn_rd options, struct mn_ip4_opts *out);

/* A router alert, MN_IP4_ROUTER_ALERT_LEN bytes, as messages of IGMP have to carry (RFC 2236 2,
 * RFC 3376 4). */
void mn_ip4_router_alert_write(struct mn_wr *w);

#endif
