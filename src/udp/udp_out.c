/* SPDX-License-Identifier: ISC
 *
 * A datagram's way out: RFC 768, RFC 1122 4.1.
 *
 * The payload is copied once, into the packet. The checksum is always sent, and left to the device:
 * link/ finishes it where the device cannot, and ip/ before it cuts a packet into fragments. Both
 * know that a result of zero is sent as all ones, because zero says that there is none. */
#include <udp/udp_state.h>

/* A total length of 65,535 has both headers in it, a payload length (RFC 8200 3) that of UDP alone.
 */
static size_t payload_max(const struct mnet_addr *dst)
{
    return 65535u - (mnet_addr_is_v4(dst) ? MN_IP4_HDR_LEN_MIN : 0u) - MN_UDP_HDR_LEN;
}

static mnet_err find_source(const struct mnet_dgram *dgram, const struct mnet_addr *wanted,
                            const struct mnet_addr *dst, struct mnet_addr *src)
{
    *src = wanted ? *wanted : dgram->local.addr;
    if (!mnet_addr_is_any(src))
        return MNET_OK;
    /* RFC 1122 4.1.3.6 MUST: a source of our own. */
    return mn_ip_source(dgram->udp->ip, dst, src);
}

mnet_err mn_udp_out(struct mnet_dgram *dgram, const struct mnet_addr *wanted,
                    const struct mnet_endpoint *to, const void *data, size_t len)
{
    struct mn_udp *udp = dgram->udp;
    struct mn_ip_tx tx = {.dst = to->addr, .proto = MN_PROTO_UDP};
    if (len > payload_max(&to->addr))
        return MNET_ERR_MSG_SIZE;
    mnet_err err = find_source(dgram, wanted, &to->addr, &tx.src);
    if (err != MNET_OK)
        return err;
    struct mn_pkt *pkt = mn_pkt_new(udp->env);
    if (!pkt || !mn_pkt_append(udp->env, pkt, data, (uint32_t)len)) {
        mn_pkt_free(udp->env, pkt);
        mn_env_count_drop(udp->env, MNET_DROP_TX_NO_MEMORY);
        return MNET_ERR_NO_MEMORY;
    }
    struct mn_wr wr = mn_pkt_push(udp->env, pkt, MN_UDP_HDR_LEN);
    uint16_t length = (uint16_t)pkt->frame.len;
    struct mn_udp_hdr hdr = {
        .src_port = dgram->local.port,
        .dst_port = to->port,
        .length = length,
        .checksum = mn_sum_fold(mn_ip_pseudo_sum(&tx.src, &tx.dst, MN_PROTO_UDP, length))};
    mn_udp_hdr_write(&wr, &hdr);
    pkt->frame.csum = MNET_CSUM_PARTIAL;
    pkt->frame.csum_start = 0;
    pkt->frame.csum_offset = MN_UDP_CSUM_OFFSET;
    udp->env->stats.udp_tx++;
    return mn_ip_out(udp->ip, pkt, &tx);
}
