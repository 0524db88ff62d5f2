/* SPDX-License-Identifier: ISC
 *
 * The order of the checks decides which fault of a bad packet is named: that it is too short to
 * have a header, then its version, then that it is a jumbogram or shorter than it says, then its
 * addresses. */
#include <wire/ip6_ext.h>
#include <wire/ip6_hdr.h>

#define VERSION 6u
#define LABEL_MASK 0xfffffu

bool mn_ip6_addr_read(struct mn_rd *r, struct mnet_addr *out)
{
    mn_rd_bytes(r, out->bytes, (int32_t)sizeof out->bytes);
    if (mn_rd_ok(r) && !mnet_addr_is_v4(out))
        return true;
    *out = (struct mnet_addr){{0}};
    return false;
}

enum mn_ip6_result mn_ip6_hdr_read(struct mn_rd *r, uint32_t packet_len, struct mn_ip6_hdr *out)
{
    *out = (struct mn_ip6_hdr){0};
    struct mn_rd h = mn_rd_sub(r, MN_IP6_HDR_LEN);
    if (!mn_rd_ok(&h))
        return MN_IP6_SHORT;
    uint32_t first = mn_rd_be32(&h);
    if (first >> 28 != VERSION)
        return MN_IP6_BAD_VERSION;
    struct mn_ip6_hdr got = {0};
    got.traffic_class = (uint8_t)(first >> 20);
    got.flow_label = first & LABEL_MASK;
    got.payload_len = mn_rd_be16(&h);
    got.next = mn_rd_u8(&h);
    got.hop_limit = mn_rd_u8(&h);
    /* RFC 2675 3: the length 0 in front of hop-by-hop options, which have 8 bytes at least. */
    if (got.payload_len == 0 && got.next == MN_IP6_EXT_HOP_BY_HOP)
        return MN_IP6_JUMBO;
    if (packet_len < MN_IP6_HDR_LEN || got.payload_len > packet_len - MN_IP6_HDR_LEN)
        return MN_IP6_SHORT;
    bool src_ok = mn_ip6_addr_read(&h, &got.src);
    bool dst_ok = mn_ip6_addr_read(&h, &got.dst);
    if (!src_ok || !dst_ok)
        return MN_IP6_BAD_ADDR;
    *out = got;
    return MN_IP6_OK;
}

void mn_ip6_hdr_write(struct mn_wr *w, const struct mn_ip6_hdr *h)
{
    struct mn_wr out = mn_wr_sub(w, MN_IP6_HDR_LEN);
    uint32_t label = h->flow_label & LABEL_MASK;
    mn_wr_be32(&out, VERSION << 28 | (uint32_t)h->traffic_class << 20 | label);
    mn_wr_be16(&out, h->payload_len);
    mn_wr_u8(&out, h->next);
    mn_wr_u8(&out, h->hop_limit);
    mn_ip6_addr_write(&out, &h->src);
    mn_ip6_addr_write(&out, &h->dst);
}
