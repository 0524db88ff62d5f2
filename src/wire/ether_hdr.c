/* SPDX-License-Identifier: ISC
 *
 * Like every parser of wire/: the fixed part of the header is taken as a reader of its own. That is
 * the only comparison with the length of the packet; a compiler and a prover see that no read
 * inside the part can fail. The serialiser does the same with a writer. */
#include <wire/ether_hdr.h>

bool mn_ether_hdr_read(struct mn_rd *r, struct mn_ether_hdr *out)
{
    *out = (struct mn_ether_hdr){0};
    struct mn_rd h = mn_rd_sub(r, MN_ETHER_HDR_LEN);
    if (!mn_rd_ok(&h))
        return false;
    out->dst = mn_mac_read(&h);
    out->src = mn_mac_read(&h);
    out->type = mn_rd_be16(&h);
    return true;
}

void mn_ether_hdr_write(struct mn_wr *w, const struct mn_ether_hdr *h)
{
    struct mn_wr out = mn_wr_sub(w, MN_ETHER_HDR_LEN);
    mn_mac_write(&out, &h->dst);
    mn_mac_write(&out, &h->src);
    mn_wr_be16(&out, h->type);
}
