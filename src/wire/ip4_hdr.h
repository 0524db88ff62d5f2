/* SPDX-License-Identifier: ISC
 *
 * wire/ip4_hdr.h - the IPv4 header: RFC 791 3.1. Its options are in wire/ip4_opts.h.
 *
 * Checksums are the caller's: to verify one, sum the header_len bytes; to make one, write the
 * header with checksum 0, sum it and patch the field. */
#ifndef MN_IP4_HDR_H
#define MN_IP4_HDR_H

#include <base/rd.h>
#include <base/wr.h>

#define MN_IP4_HDR_LEN_MIN 20
#define MN_IP4_HDR_LEN_MAX 60
#define MN_IP4_OPTIONS_LEN_MAX 40

/* Where fields lie, for those who change a header in place. */
#define MN_IP4_TOTAL_LEN_OFFSET 2
#define MN_IP4_ID_OFFSET 4
#define MN_IP4_CSUM_OFFSET 10

/* Protocol numbers. */
#define MN_PROTO_ICMP4 1u
#define MN_PROTO_IGMP 2u
#define MN_PROTO_TCP 6u
#define MN_PROTO_UDP 17u
#define MN_PROTO_ICMP6 58u

struct mn_ip4_hdr {
    uint8_t header_len;   /* bytes with options: 20 .. 60, a multiple of 4 */
    uint8_t tos;          /* DSCP and ECN: RFC 2474, RFC 3168 */
    uint16_t total_len;   /* bytes of header and payload */
    uint16_t id;          /* names a datagram among its fragments */
    uint16_t frag_offset; /* bytes, a multiple of 8: 0 .. 65528 */
    bool dont_fragment;   /* DF */
    bool more_fragments;  /* MF */
    uint8_t ttl;          /* hops left */
    uint8_t proto;        /* MN_PROTO_*, or anything else */
    uint16_t checksum;    /* as it is or will be in the packet */
    uint32_t src;         /* host order */
    uint32_t dst;         /* host order */
    struct mn_rd options; /* read only: the header_len - 20 bytes of options */
};

enum mn_ip4_result {
    MN_IP4_OK,
    MN_IP4_SHORT,          /* fewer bytes than a header, or than header_len or total_len say */
    MN_IP4_BAD_VERSION,    /* not 4 */
    MN_IP4_BAD_HEADER_LEN, /* below 20, or more than total_len */
};

/* Reads the header of a packet of `packet_len` bytes in all, of which `r` need only cover the
 * header. On OK, `r` is behind the options. The packet may be longer than total_len (padding); the
 * caller cuts it. A quoted header, whose packet is cut short, is read with packet_len UINT16_MAX.
 * On anything but OK, `out` is zeroed. */
enum mn_ip4_result mn_ip4_hdr_read(struct mn_rd *r, uint32_t packet_len, struct mn_ip4_hdr *out);

/* Writes the 20 bytes; h->header_len says how many bytes of options the caller will write behind
 * them. h->options is not looked at. */
void mn_ip4_hdr_write(struct mn_wr *w, const struct mn_ip4_hdr *h);

static inline bool mn_ip4_is_fragment(const struct mn_ip4_hdr *h)
{
    return h->more_fragments || h->frag_offset != 0;
}

#endif
