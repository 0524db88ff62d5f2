/* SPDX-License-Identifier: ISC
 *
 * wire/tcp_hdr.h - the TCP header: RFC 9293 3.1. Its options are in wire/tcp_opts.h. */
#ifndef MN_TCP_HDR_H
#define MN_TCP_HDR_H

#include <base/rd.h>
#include <base/seq.h>
#include <base/wr.h>

#define MN_TCP_HDR_LEN_MIN 20
#define MN_TCP_HDR_LEN_MAX 60
#define MN_TCP_OPTIONS_LEN_MAX 40

/* Where fields lie, for those who change a header in place. */
#define MN_TCP_SEQ_OFFSET 4
#define MN_TCP_HEADER_LEN_OFFSET 12
#define MN_TCP_FLAGS_OFFSET 13
#define MN_TCP_CSUM_OFFSET 16

/* Control bits: RFC 9293 3.1, RFC 3168 6.1. */
#define MN_TCP_FIN 0x01u
#define MN_TCP_SYN 0x02u
#define MN_TCP_RST 0x04u
#define MN_TCP_PSH 0x08u
#define MN_TCP_ACK 0x10u
#define MN_TCP_URG 0x20u
#define MN_TCP_ECE 0x40u
#define MN_TCP_CWR 0x80u

struct mn_tcp_hdr {
    uint16_t src_port;
    uint16_t dst_port;
    struct mn_seq seq;    /* of the first payload byte, or of SYN */
    struct mn_seq ack;    /* next byte expected; meaningful with MN_TCP_ACK */
    uint8_t header_len;   /* bytes with options: 20 .. 60, a multiple of 4 */
    uint8_t flags;        /* MN_TCP_* */
    uint16_t window;      /* as in the packet: not scaled */
    uint16_t checksum;    /* as it is or will be in the packet */
    uint16_t urgent;      /* urgent pointer; meaningful with MN_TCP_URG */
    struct mn_rd options; /* read only: the header_len - 20 bytes of options */
};

/* True: `r` is at the payload. False, and zeros: fewer bytes than a header or than header_len says,
 * or header_len below 20. */
bool mn_tcp_hdr_read(struct mn_rd *r, struct mn_tcp_hdr *out);

/* The part that every ICMP error quotes (RFC 792): ports and seq, the rest zeroed. False, and
 * zeros: fewer than 8 bytes. */
bool mn_tcp_quote_read(struct mn_rd *r, struct mn_tcp_hdr *out);

/* Writes the 20 bytes; h->header_len says how many bytes of options the caller will write behind
 * them. h->options is not looked at. */
void mn_tcp_hdr_write(struct mn_wr *w, const struct mn_tcp_hdr *h);

#endif
