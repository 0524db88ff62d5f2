/* SPDX-License-Identifier: ISC
 *
 * wire/icmp4_hdr.h - the header of an ICMP message: RFC 792, RFC 1191 4.
 *
 * All messages have eight bytes of header: type, code, checksum and four bytes whose meaning
 * depends on the type. */
#ifndef MN_ICMP4_HDR_H
#define MN_ICMP4_HDR_H

#include <base/rd.h>
#include <base/wr.h>

#define MN_ICMP4_HDR_LEN 8
#define MN_ICMP4_CSUM_OFFSET 2

/* Types. */
#define MN_ICMP4_ECHO_REPLY 0u
#define MN_ICMP4_UNREACH 3u
#define MN_ICMP4_SOURCE_QUENCH 4u
#define MN_ICMP4_REDIRECT 5u
#define MN_ICMP4_ECHO_REQUEST 8u
#define MN_ICMP4_TIME_EXCEEDED 11u
#define MN_ICMP4_PARAM_PROBLEM 12u
#define MN_ICMP4_TIMESTAMP_REQUEST 13u
#define MN_ICMP4_TIMESTAMP_REPLY 14u

/* Codes of UNREACH: RFC 792, RFC 1122 3.2.2.1, RFC 1812 5.2.7.1. */
#define MN_ICMP4_UNREACH_NET 0u
#define MN_ICMP4_UNREACH_HOST 1u
#define MN_ICMP4_UNREACH_PROTOCOL 2u
#define MN_ICMP4_UNREACH_PORT 3u
#define MN_ICMP4_UNREACH_FRAG_NEEDED 4u
#define MN_ICMP4_UNREACH_SOURCE_ROUTE 5u
#define MN_ICMP4_UNREACH_NET_UNKNOWN 6u
#define MN_ICMP4_UNREACH_HOST_UNKNOWN 7u
#define MN_ICMP4_UNREACH_HOST_ISOLATED 8u
#define MN_ICMP4_UNREACH_NET_PROHIBITED 9u
#define MN_ICMP4_UNREACH_HOST_PROHIBITED 10u
#define MN_ICMP4_UNREACH_NET_TOS 11u
#define MN_ICMP4_UNREACH_HOST_TOS 12u
#define MN_ICMP4_UNREACH_PROHIBITED 13u

/* Codes of TIME_EXCEEDED. */
#define MN_ICMP4_TIME_TTL 0u
#define MN_ICMP4_TIME_REASSEMBLY 1u

struct mn_icmp4_hdr {
    uint8_t type;      /* MN_ICMP4_*, or anything else */
    uint8_t code;      /* depends on the type */
    uint16_t checksum; /* as it is or will be in the packet */
    uint32_t
        rest; /* depends on the type, see below; in REDIRECT the gateway's address, host order */
};

/* True: `r` is at the data, or the quoted packet. False, and zeros: fewer than 8 bytes. */
bool mn_icmp4_hdr_read(struct mn_rd *r, struct mn_icmp4_hdr *out);
void mn_icmp4_hdr_write(struct mn_wr *w, const struct mn_icmp4_hdr *h);

/* ECHO_REQUEST and ECHO_REPLY: identifier and sequence number. */
static inline uint16_t mn_icmp4_echo_id(const struct mn_icmp4_hdr *h)
{
    return (uint16_t)(h->rest >> 16);
}
static inline uint16_t mn_icmp4_echo_seq(const struct mn_icmp4_hdr *h)
{
    return (uint16_t)h->rest;
}
static inline uint32_t mn_icmp4_rest_echo(uint16_t id, uint16_t seq)
{
    return (uint32_t)id << 16 | seq;
}

/* UNREACH with code FRAG_NEEDED: the next-hop MTU, 0 from routers older than RFC 1191. */
static inline uint16_t mn_icmp4_mtu(const struct mn_icmp4_hdr *h)
{
    return (uint16_t)h->rest;
}
static inline uint32_t mn_icmp4_rest_mtu(uint16_t mtu)
{
    return mtu;
}

/* PARAM_PROBLEM: offset of the octet with the fault in the quoted packet. */
static inline uint8_t mn_icmp4_pointer(const struct mn_icmp4_hdr *h)
{
    return (uint8_t)(h->rest >> 24);
}
static inline uint32_t mn_icmp4_rest_pointer(uint8_t pointer)
{
    return (uint32_t)pointer << 24;
}

/* Whether a type is an error about another packet, which it quotes: RFC 1122 3.2.2. */
static inline bool mn_icmp4_is_error(uint8_t type)
{
    return type == MN_ICMP4_UNREACH || type == MN_ICMP4_SOURCE_QUENCH ||
           type == MN_ICMP4_REDIRECT || type == MN_ICMP4_TIME_EXCEEDED ||
           type == MN_ICMP4_PARAM_PROBLEM;
}

#endif
