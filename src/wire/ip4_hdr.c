/* SPDX-License-Identifier: ISC
 *
 * The order of the checks decides which fault of a bad packet is named: that it is too short to
 * have a header, then its version, then its header length, then that it is shorter than it says. */
#include <wire/ip4_hdr.h>

#define VERSION 4u
#define FLAG_DF 0x4000u
#define FLAG_MF 0x2000u
#define OFFSET_MASK 0x1fffu /* in units of 8 bytes */

/* The fields behind the first byte. */
static void read_fields(struct mn_rd *h, struct mn_ip4_hdr *out)
{
    out->tos = mn_rd_u8(h);
    out->total_len = mn_rd_be16(h);
    out->id = mn_rd_be16(h);
    uint16_t flags_offset = mn_rd_be16(h);
    out->frag_offset = (uint16_t)((flags_offset & OFFSET_MASK) * 8u);
    out->dont_fragment = (flags_offset & FLAG_DF) != 0;
    out->more_fragments = (flags_offset & FLAG_MF) != 0;
    out->ttl = mn_rd_u8(h);
    out->proto = mn_rd_u8(h);
    out->checksum = mn_rd_be16(h);
    out->src = mn_rd_be32(h);
    out->dst = mn_rd_be32(h);
}

enum mn_ip4_result mn_ip4_hdr_read(struct mn_rd *r, uint32_t packet_len, struct mn_ip4_hdr *out)
{
    *out = (struct mn_ip4_hdr){0};
    struct mn_rd h = mn_rd_sub(r, MN_IP4_HDR_LEN_MIN);
    if (!mn_rd_ok(&h))
        return MN_IP4_SHORT;
    uint8_t version_ihl = mn_rd_u8(&h);
    /* RFC 1122 3.2.1.1 MUST: a version other than 4 is discarded. */
    if (version_ihl >> 4 != VERSION)
        return MN_IP4_BAD_VERSION;
    uint8_t header_len = (uint8_t)((version_ihl & 0x0fu) * 4u);
    if (header_len < MN_IP4_HDR_LEN_MIN)
        return MN_IP4_BAD_HEADER_LEN;
    struct mn_ip4_hdr got = {0};
    read_fields(&h, &got);
    if (header_len > got.total_len)
        return MN_IP4_BAD_HEADER_LEN;
    if (header_len - MN_IP4_HDR_LEN_MIN > mn_rd_left(r) || got.total_len > packet_len)
        return MN_IP4_SHORT;
    got.header_len = header_len;
    got.options = mn_rd_sub(r, header_len - MN_IP4_HDR_LEN_MIN);
    *out = got;
    return MN_IP4_OK;
}

void mn_ip4_hdr_write(struct mn_wr *w, const struct mn_ip4_hdr *h)
{
    struct mn_wr out = mn_wr_sub(w, MN_IP4_HDR_LEN_MIN);
    unsigned flags = (h->dont_fragment ? FLAG_DF : 0u) | (h->more_fragments ? FLAG_MF : 0u);
    mn_wr_u8(&out, (uint8_t)(VERSION << 4 | (h->header_len / 4u & 0x0fu)));
    mn_wr_u8(&out, h->tos);
    mn_wr_be16(&out, h->total_len);
    mn_wr_be16(&out, h->id);
    mn_wr_be16(&out, (uint16_t)(flags | h->frag_offset / 8u));
    mn_wr_u8(&out, h->ttl);
    mn_wr_u8(&out, h->proto);
    mn_wr_be16(&out, h->checksum);
    mn_wr_be32(&out, h->src);
    mn_wr_be32(&out, h->dst);
}
