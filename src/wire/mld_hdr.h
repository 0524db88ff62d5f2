/* SPDX-License-Identifier: ISC
 *
 * wire/mld_hdr.h - multicast listeners over IPv6: MLDv2 (RFC 3810) and MLDv1 (RFC 2710), which are
 * IGMPv3 and v2 in ICMPv6 messages.
 *
 * The checksum of the ICMPv6 header is the caller's, as are hop limit 1, link-local source and
 * router alert, without which a message is ignored (RFC 3810 5). A reader must cover exactly one
 * message: how long it is tells the version of a query. Reports are of hosts that want all sources;
 * records that name sources are read, never written. */
#ifndef MN_MLD_HDR_H
#define MN_MLD_HDR_H

#include <base/rd.h>
#include <base/wr.h>
#include <mnet/addr.h>
#include <wire/icmp6_hdr.h> /* types of the messages */
#include <wire/igmp_hdr.h>  /* MN_GROUP_*, mn_group_code */

/* Bytes. */
#define MN_MLD1_LEN 24       /* v1: all messages */
#define MN_MLD_QUERY_LEN 28  /* v2, and 16 for each source */
#define MN_MLD_REPORT_LEN 8  /* v2, in front of its records */
#define MN_MLD_RECORD_LEN 20 /* and 16 for each source */

struct mn_mld_query {
    uint16_t checksum;      /* as it is or will be in the packet; so in all of them */
    bool is_v2;             /* else the fields marked so are zero, and not written */
    uint16_t response_code; /* see mn_mld_response_ms */
    struct mnet_addr group; /* any: all groups */
    bool is_suppressed;     /* v2: S, of no meaning to hosts */
    uint8_t robustness;     /* v2: QRV; 0: not said */
    uint8_t interval_code;  /* v2: QQIC, by mn_group_code in s */
    uint16_t source_count;  /* v2 */
    struct mn_rd sources;   /* read only: 16 bytes for each */
};

/* False, and zeros: no query; or its length is neither 24, nor 28 or more with all of its sources
 * (RFC 3810 8.1: silently ignored); or its group is neither :: nor multicast. */
bool mn_mld_query_read(struct mn_rd *r, struct mn_mld_query *out);
/* Writes the 24 or 28 bytes; sources, source_count of them, are for the caller to write behind. */
void mn_mld_query_write(struct mn_wr *w, const struct mn_mld_query *q);
/* How long the answer may take at most. RFC 3810 5.1.3: of v2, a floating-point code from 32768 on;
 * RFC 2710 3.4: of v1, ms. */
uint32_t mn_mld_response_ms(const struct mn_mld_query *q);

/* Report and done of v1. */
struct mn_mld1 {
    uint8_t type; /* MN_ICMP6_MLD1_REPORT, MN_ICMP6_MLD1_DONE */
    uint16_t checksum;
    struct mnet_addr group;
};
/* False, and zeros: shorter than 24 bytes, another type, or no multicast group. */
bool mn_mld1_read(struct mn_rd *r, struct mn_mld1 *out);
void mn_mld1_write(struct mn_wr *w, const struct mn_mld1 *m);

/* The report of v2: its head, then `record_count` records. */
struct mn_mld_report {
    uint16_t checksum;
    uint16_t record_count;
};
bool mn_mld_report_read(struct mn_rd *r, struct mn_mld_report *out);
void mn_mld_report_write(struct mn_wr *w, const struct mn_mld_report *m);

struct mn_mld_record {
    uint8_t type; /* MN_GROUP_*, or anything else */
    struct mnet_addr group;
    uint16_t source_count; /* read only */
    struct mn_rd sources;  /* read only: 16 bytes for each */
};
/* False, and zeros: shorter than it says, or no multicast group. */
bool mn_mld_record_read(struct mn_rd *r, struct mn_mld_record *out);
/* Without sources. */
void mn_mld_record_write(struct mn_wr *w, const struct mn_mld_record *m);

#endif
