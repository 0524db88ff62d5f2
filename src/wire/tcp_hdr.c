/* SPDX-License-Identifier: ISC
 *
 * The four reserved bits behind the data offset are written as zero and not looked at (RFC
 * 9293 3.1). */
#include <wire/tcp_hdr.h>

#define QUOTE_LEN 8 /* RFC 792: an error quotes at least 64 bits of the datagram's data */

bool mn_tcp_hdr_read(struct mn_rd *r, struct mn_tcp_hdr *out)
{
    *out = (struct mn_tcp_hdr){0};
    struct mn_rd h = mn_rd_sub(r, MN_TCP_HDR_LEN_MIN);
    if (!mn_rd_ok(&h))
        return false;
    struct mn_tcp_hdr got = {0};
    got.src_port = mn_rd_be16(&h);
    got.dst_port = mn_rd_be16(&h);
    got.seq = mn_seq(mn_rd_be32(&h));
    got.ack = mn_seq(mn_rd_be32(&h));
    got.header_len = (uint8_t)((mn_rd_u8(&h) >> 4) * 4u);
    got.flags = mn_rd_u8(&h);
    got.window = mn_rd_be16(&h);
    got.checksum = mn_rd_be16(&h);
    got.urgent = mn_rd_be16(&h);
    if (got.header_len < MN_TCP_HDR_LEN_MIN || got.header_len - MN_TCP_HDR_LEN_MIN > mn_rd_left(r))
        return false;
    got.options = mn_rd_sub(r, got.header_len - MN_TCP_HDR_LEN_MIN);
    *out = got;
    return true;
}

bool mn_tcp_quote_read(struct mn_rd *r, struct mn_tcp_hdr *out)
{
    *out = (struct mn_tcp_hdr){0};
    struct mn_rd h = mn_rd_sub(r, QUOTE_LEN);
    if (!mn_rd_ok(&h))
        return false;
    out->src_port = mn_rd_be16(&h);
    out->dst_port = mn_rd_be16(&h);
    out->seq = mn_seq(mn_rd_be32(&h));
    return true;
}

void mn_tcp_hdr_write(struct mn_wr *w, const struct mn_tcp_hdr *h)
{
    struct mn_wr out = mn_wr_sub(w, MN_TCP_HDR_LEN_MIN);
    mn_wr_be16(&out, h->src_port);
    mn_wr_be16(&out, h->dst_port);
    mn_wr_be32(&out, h->seq.v);
    mn_wr_be32(&out, h->ack.v);
    mn_wr_u8(&out, (uint8_t)((h->header_len / 4u & 0x0fu) << 4));
    mn_wr_u8(&out, h->flags);
    mn_wr_be16(&out, h->window);
    mn_wr_be16(&out, h->checksum);
    mn_wr_be16(&out, h->urgent);
}
