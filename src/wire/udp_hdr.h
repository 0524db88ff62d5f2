/* SPDX-License-Identifier: ISC
 *
 * wire/udp_hdr.h - the UDP header: RFC 768. */
#ifndef MN_UDP_HDR_H
#define MN_UDP_HDR_H

#include <base/rd.h>
#include <base/wr.h>

#define MN_UDP_HDR_LEN 8
#define MN_UDP_CSUM_OFFSET 6

struct mn_udp_hdr {
    uint16_t src_port; /* 0: no answer wanted */
    uint16_t dst_port;
    uint16_t length;   /* bytes of header and payload, at least 8 */
    uint16_t checksum; /* as it is or will be in the packet; 0: none */
};

/* True: `r` is at the payload. False, and zeros: fewer than 8 bytes, or `length` below 8. Whether
 * the packet has `length` bytes is for the caller to compare, who alone knows how long it is (a
 * quote in an ICMP error is shorter); it may also be longer. */
bool mn_udp_hdr_read(struct mn_rd *r, struct mn_udp_hdr *out);
void mn_udp_hdr_write(struct mn_wr *w, const struct mn_udp_hdr *h);

#endif
