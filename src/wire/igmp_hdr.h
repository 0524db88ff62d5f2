/* SPDX-License-Identifier: ISC
 *
 * wire/igmp_hdr.h - group membership over IPv4: IGMPv3 (RFC 3376), v2 (RFC 2236), v1 (RFC 1112
 * appendix I).
 *
 * Checksums (over the whole message, without a pseudo header) are the caller's. A reader must cover
 * exactly one message: how long it is tells the version of a query. Reports are of hosts that want
 * all sources; records that name sources are read, never written. */
#ifndef MN_IGMP_HDR_H
#define MN_IGMP_HDR_H

#include <base/rd.h>
#include <base/wr.h>

/* Types. */
#define MN_IGMP_QUERY 0x11u
#define MN_IGMP_V1_REPORT 0x12u
#define MN_IGMP_V2_REPORT 0x16u
#define MN_IGMP_V2_LEAVE 0x17u
#define MN_IGMP_V3_REPORT 0x22u

#define MN_IGMP_CSUM_OFFSET 2

/* Bytes. */
#define MN_IGMP_LEN 8           /* v1 and v2: all messages */
#define MN_IGMP_V3_QUERY_LEN 12 /* and 4 for each source */
#define MN_IGMP_REPORT_LEN 8    /* v3, in front of its records */
#define MN_IGMP_RECORD_LEN 8    /* and 4 for each source */

/* Types of records, of IGMPv3 and MLDv2 alike: RFC 3376 4.2.12, RFC 3810 5.2.12. Without sources,
 * excluding means to want all and including to want none. */
#define MN_GROUP_IS_INCLUDE 1u
#define MN_GROUP_IS_EXCLUDE 2u
#define MN_GROUP_TO_INCLUDE 3u
#define MN_GROUP_TO_EXCLUDE 4u
#define MN_GROUP_ALLOW 5u
#define MN_GROUP_BLOCK 6u

struct mn_igmp_query {
    uint16_t checksum;     /* as it is or will be in the packet; so in all of them */
    uint8_t version;       /* 1, 2, 3 */
    uint8_t response_code; /* see mn_igmp_response_ms */
    uint32_t group;        /* host order; 0: all groups */
    bool is_suppressed;    /* v3: S, of no meaning to hosts */
    uint8_t robustness;    /* v3: QRV; 0: not said */
    uint8_t interval_code; /* v3: QQIC, by mn_group_code in s */
    uint16_t source_count; /* v3 */
    struct mn_rd sources;  /* read only: 4 bytes for each */
};

/* False, and zeros: no query; or its length is neither 8, nor 12 or more with all of its sources
 * (RFC 3376 7.1: silently ignored); or its group is neither 0 nor multicast. */
bool mn_igmp_query_read(struct mn_rd *r, struct mn_igmp_query *out);
/* Writes the 8 or 12 bytes; sources, source_count of them, are for the caller to write behind. */
void mn_igmp_query_write(struct mn_wr *w, const struct mn_igmp_query *q);
/* How long the answer may take at most. v1 does not say, and means 10 s: RFC 2236 4. */
uint32_t mn_igmp_response_ms(const struct mn_igmp_query *q);
/* The value of a code of 8 bits, from 128 on a floating-point one: RFC 3376 4.1.1, 4.1.7. */
uint32_t mn_group_code(uint8_t code);

/* Reports of v1 and v2, and leaving. */
struct mn_igmp_report1 {
    uint8_t type; /* MN_IGMP_V1_REPORT, V2_REPORT, V2_LEAVE */
    uint16_t checksum;
    uint32_t group; /* host order */
};
/* False, and zeros: shorter than 8 bytes, another type, or no multicast group. */
bool mn_igmp_report1_read(struct mn_rd *r, struct mn_igmp_report1 *out);
void mn_igmp_report1_write(struct mn_wr *w, const struct mn_igmp_report1 *m);

/* The report of v3: its head, then `record_count` records. */
struct mn_igmp_report {
    uint16_t checksum;
    uint16_t record_count;
};
bool mn_igmp_report_read(struct mn_rd *r, struct mn_igmp_report *out);
void mn_igmp_report_write(struct mn_wr *w, const struct mn_igmp_report *m);

struct mn_igmp_record {
    uint8_t type;          /* MN_GROUP_*, or anything else */
    uint32_t group;        /* host order */
    uint16_t source_count; /* read only */
    struct mn_rd sources;  /* read only: 4 bytes for each */
};
/* False, and zeros: shorter than it says, or no multicast group. */
bool mn_igmp_record_read(struct mn_rd *r, struct mn_igmp_record *out);
/* Without sources. */
void mn_igmp_record_write(struct mn_wr *w, const struct mn_igmp_record *m);

#endif
