/* SPDX-License-Identifier: ISC
 *
 * No type is refused here: which ones are handled is decided by ip/. */
#include <wire/icmp6_hdr.h>

bool mn_icmp6_hdr_read(struct mn_rd *r, struct mn_icmp6_hdr *out)
{
    *out = (struct mn_icmp6_hdr){0};
    struct mn_rd h = mn_rd_sub(r, MN_ICMP6_HDR_LEN);
    if (!mn_rd_ok(&h))
        return false;
    out->type = mn_rd_u8(&h);
    out->code = mn_rd_u8(&h);
    out->checksum = mn_rd_be16(&h);
    out->rest = mn_rd_be32(&h);
    return true;
}

void mn_icmp6_hdr_write(struct mn_wr *w, const struct mn_icmp6_hdr *h)
{
    struct mn_wr out = mn_wr_sub(w, MN_ICMP6_HDR_LEN);
    mn_wr_u8(&out, h->type);
    mn_wr_u8(&out, h->code);
    mn_wr_be16(&out, h->checksum);
    mn_wr_be32(&out, h->rest);
}
