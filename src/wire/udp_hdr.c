/* SPDX-License-Identifier: ISC
 *
 * A length of 0 would mean a jumbogram over IPv6 (RFC 2675 4), which no link here can carry:
 * refused like any length below that of the header. */
#include <wire/udp_hdr.h>

bool mn_udp_hdr_read(struct mn_rd *r, struct mn_udp_hdr *out)
{
    *out = (struct mn_udp_hdr){0};
    struct mn_rd h = mn_rd_sub(r, MN_UDP_HDR_LEN);
    if (!mn_rd_ok(&h))
        return false;
    struct mn_udp_hdr got = {0};
    got.src_port = mn_rd_be16(&h);
    got.dst_port = mn_rd_be16(&h);
    got.length = mn_rd_be16(&h);
    got.checksum = mn_rd_be16(&h);
    if (got.length < MN_UDP_HDR_LEN)
        return false;
    *out = got;
    return true;
}

void mn_udp_hdr_write(struct mn_wr *w, const struct mn_udp_hdr *h)
{
    struct mn_wr out = mn_wr_sub(w, MN_UDP_HDR_LEN);
    mn_wr_be16(&out, h->src_port);
    mn_wr_be16(&out, h->dst_port);
    mn_wr_be16(&out, h->length);
    mn_wr_be16(&out, h->checksum);
}
