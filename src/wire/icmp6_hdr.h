/* SPDX-License-Identifier: ISC
 *
 * wire/icmp6_hdr.h - the header of an ICMPv6 message: RFC 4443 2.1.
 *
 * All messages have eight bytes of header: type, code, checksum (over a pseudo header too) and four
 * bytes whose meaning depends on the type. */
#ifndef MN_ICMP6_HDR_H
#define MN_ICMP6_HDR_H

#include <base/rd.h>
#include <base/wr.h>

#define MN_ICMP6_HDR_LEN 8
#define MN_ICMP6_CSUM_OFFSET 2

/* Types. */
#define MN_ICMP6_UNREACH 1u
#define MN_ICMP6_TOO_BIG 2u
#define MN_ICMP6_TIME_EXCEEDED 3u
#define MN_ICMP6_PARAM_PROBLEM 4u
#define MN_ICMP6_ECHO_REQUEST 128u
#define MN_ICMP6_ECHO_REPLY 129u
#define MN_ICMP6_MLD_QUERY 130u      /* RFC 2710, RFC 3810 */
#define MN_ICMP6_MLD1_REPORT 131u    /* RFC 2710 */
#define MN_ICMP6_MLD1_DONE 132u      /* RFC 2710 */
#define MN_ICMP6_ROUTER_SOLICIT 133u /* RFC 4861, as are the next four */
#define MN_ICMP6_ROUTER_ADVERT 134u
#define MN_ICMP6_NEIGH_SOLICIT 135u
#define MN_ICMP6_NEIGH_ADVERT 136u
#define MN_ICMP6_REDIRECT 137u
#define MN_ICMP6_MLD_REPORT 143u /* RFC 3810 */

/* Codes of UNREACH: RFC 4443 3.1. */
#define MN_ICMP6_UNREACH_NO_ROUTE 0u
#define MN_ICMP6_UNREACH_PROHIBITED 1u
#define MN_ICMP6_UNREACH_SCOPE 2u /* beyond the scope of the source address */
#define MN_ICMP6_UNREACH_ADDR 3u
#define MN_ICMP6_UNREACH_PORT 4u
#define MN_ICMP6_UNREACH_POLICY 5u /* the source address failed a policy */
#define MN_ICMP6_UNREACH_REJECT 6u /* the route rejects */

/* Codes of TIME_EXCEEDED: RFC 4443 3.3. */
#define MN_ICMP6_TIME_HOP_LIMIT 0u
#define MN_ICMP6_TIME_REASSEMBLY 1u

/* Codes of PARAM_PROBLEM: RFC 4443 3.4, RFC 7112 5. */
#define MN_ICMP6_PARAM_FIELD 0u  /* an erroneous header field */
#define MN_ICMP6_PARAM_NEXT 1u   /* an unknown next header */
#define MN_ICMP6_PARAM_OPTION 2u /* an unknown option */
#define MN_ICMP6_PARAM_CHAIN 3u  /* a first fragment without all of the headers */

struct mn_icmp6_hdr {
    uint8_t type;      /* MN_ICMP6_*, or anything else */
    uint8_t code;      /* depends on the type */
    uint16_t checksum; /* as it is or will be in the packet */
    uint32_t rest;     /* depends on the type. TOO_BIG: the MTU of the next hop, bytes.
                          PARAM_PROBLEM: offset of the fault in the quoted packet, maybe beyond what
                          is quoted. Other errors: unused. Echo: see below */
};

/* True: `r` is at the data, or the quoted packet. False, and zeros: fewer than 8 bytes. */
bool mn_icmp6_hdr_read(struct mn_rd *r, struct mn_icmp6_hdr *out);
void mn_icmp6_hdr_write(struct mn_wr *w, const struct mn_icmp6_hdr *h);

/* ECHO_REQUEST and ECHO_REPLY: identifier and sequence number. */
static inline uint16_t mn_icmp6_echo_id(const struct mn_icmp6_hdr *h)
{
    return (uint16_t)(h->rest >> 16);
}
static inline uint16_t mn_icmp6_echo_seq(const struct mn_icmp6_hdr *h)
{
    return (uint16_t)h->rest;
}
static inline uint32_t mn_icmp6_rest_echo(uint16_t id, uint16_t seq)
{
    return (uint32_t)id << 16 | seq;
}

/* Whether a type is an error about another packet, which it quotes, also if it is one that nobody
 * knows yet: RFC 4443 2.1. */
static inline bool mn_icmp6_is_error(uint8_t type)
{
    return type < 128;
}

#endif
