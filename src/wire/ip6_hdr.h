/* SPDX-License-Identifier: ISC
 *
 * wire/ip6_hdr.h - the IPv6 header: RFC 8200 3. What may stand between it and the transport is in
 * wire/ip6_ext.h.
 *
 * An IPv4 address is held in its mapped form (mnet/addr.h). So that no packet of IPv6 can speak of
 * an IPv4 address, every parser of IPv6 reads addresses by mn_ip6_addr_read, which refuses that
 * form: on the wire it means nothing (RFC 4291 2.5.5.2). */
#ifndef MN_IP6_HDR_H
#define MN_IP6_HDR_H

#include <base/rd.h>
#include <base/wr.h>
#include <mnet/addr.h>
#include <wire/ip4_hdr.h> /* MN_PROTO_* */

#define MN_IP6_HDR_LEN 40
#define MN_IP6_MTU_MIN 1280 /* RFC 8200 5: every link carries as much */

/* Where fields lie, for those who change a header in place or point at one. */
#define MN_IP6_PAYLOAD_LEN_OFFSET 4
#define MN_IP6_NEXT_OFFSET 6
#define MN_IP6_HOP_LIMIT_OFFSET 7
#define MN_IP6_SRC_OFFSET 8
#define MN_IP6_DST_OFFSET 24

struct mn_ip6_hdr {
    uint8_t traffic_class; /* DSCP and ECN: RFC 2474, RFC 3168 */
    uint32_t flow_label;   /* 20 bits: RFC 6437 */
    uint16_t payload_len;  /* bytes behind this header, extension headers among them */
    uint8_t next;          /* MN_IP6_EXT_*, MN_PROTO_*, or anything else */
    uint8_t hop_limit;     /* hops left */
    struct mnet_addr src;
    struct mnet_addr dst;
};

enum mn_ip6_result {
    MN_IP6_OK,
    MN_IP6_SHORT,       /* fewer bytes than a header, or than payload_len says */
    MN_IP6_BAD_VERSION, /* not 6 */
    MN_IP6_JUMBO,       /* its length is in an option: RFC 2675; no link here carries it */
    MN_IP6_BAD_ADDR,    /* an IPv4-mapped source or destination */
};

/* Reads the header of a packet of `packet_len` bytes in all, of which `r` need only cover the
 * header. The packet may be longer than it says (padding); the caller cuts it. A quoted header,
 * whose packet is cut short, is read with packet_len UINT32_MAX. On anything but OK, `out` is
 * zeroed. */
enum mn_ip6_result mn_ip6_hdr_read(struct mn_rd *r, uint32_t packet_len, struct mn_ip6_hdr *out);
void mn_ip6_hdr_write(struct mn_wr *w, const struct mn_ip6_hdr *h);

/* One address. False, and zeros: fewer than 16 bytes, or an IPv4-mapped one (16 bytes are taken).
 */
bool mn_ip6_addr_read(struct mn_rd *r, struct mnet_addr *out);

static inline void mn_ip6_addr_write(struct mn_wr *w, const struct mnet_addr *addr)
{
    mn_wr_bytes(w, addr->bytes, (int32_t)sizeof addr->bytes);
}

#endif
