/* SPDX-License-Identifier: ISC
 *
 * A datagram's way in: RFC 768, RFC 1122 4.1.3; and what errors say of those that went out.
 *
 * A socket with a callback is called at once, on the packet as it came: `in` runs inside of
 * mnet_stack_poll, where callbacks belong, and nothing of the socket is touched after it, so that
 * it may close itself. Everything else waits in a queue (udp_queue.c): for a user who takes
 * datagrams one by one, behind others that wait, and copies for several sockets, because the first
 * one's callback might close the second. */
#include <udp/udp_state.h>

/* RFC 768, RFC 1122 4.1.3.4 MUST: a checksum that is there must be right. Zero is none, which RFC
 * 8200 8.1 does not let pass. The packet is as long as its header says. */
static bool has_good_checksum(const struct mn_pkt *pkt, const struct mn_udp_hdr *hdr,
                              const struct mn_ip_rx *rx)
{
    if (hdr->checksum == 0)
        return mnet_addr_is_v4(&rx->src);
    if (pkt->is_loopback || pkt->frame.csum != MNET_CSUM_NONE)
        return true;
    mn_sum sum = mn_ip_pseudo_sum(&rx->src, &rx->dst, MN_PROTO_UDP, hdr->length);
    return mn_sum_fold(mn_pkt_sum(pkt, 0, sum)) == UINT16_MAX;
}

/* Another packet over the same bytes; only read by its owner. */
static struct mn_pkt *share(struct mn_env *env, const struct mn_pkt *pkt)
{
    struct mn_pkt *other = mn_pool_get_raw(&env->pkts);
    if (!other)
        return NULL;
    *other = *pkt;
    for (unsigned i = 0; i < pkt->frame.seg_count; i++)
        mn_block_ref(&env->mem, pkt->frame.seg[i].at);
    return other;
}

/* RFC 1122 4.1.3.5: to a group, all who listen get it. */
static mn_verdict to_group(struct mn_udp *udp, const struct mn_pkt *pkt,
                           const struct mnet_endpoint *to, const struct mnet_endpoint *from)
{
    const struct mn_list *bucket = mn_udp_bucket(udp, to->port);
    bool is_taken = false;
    for (struct mn_list *node = bucket->next; node != bucket; node = node->next) {
        struct mnet_dgram *dgram = MN_CONTAINER(node, struct mnet_dgram, node);
        if (!mn_udp_takes_group(dgram, to, from))
            continue;
        is_taken = true;
        struct mn_pkt *copy = share(udp->env, pkt);
        if (copy)
            mn_udp_queue_push(dgram, copy);
        else
            mn_env_count_drop(udp->env, MNET_DROP_RX_NO_MEMORY);
    }
    return is_taken ? MN_DONE : MN_DROP(UDP_NO_PORT);
}

mn_verdict mn_udp_in(struct mn_transport *t, struct mn_pkt *pkt, const struct mn_ip_rx *rx)
{
    struct mn_udp *udp = (struct mn_udp *)t;
    struct mn_udp_hdr hdr;
    struct mn_rd rd = mn_pkt_rd(pkt);
    udp->env->stats.udp_rx++;
    if (!mn_udp_hdr_read(&rd, &hdr) || hdr.length > pkt->frame.len)
        return MN_DROP(UDP_SHORT);
    mn_pkt_limit(udp->env, pkt, hdr.length);
    if (!has_good_checksum(pkt, &hdr, rx))
        return MN_DROP(UDP_CHECKSUM);

    struct mnet_endpoint to = {rx->dst, hdr.dst_port};
    struct mnet_endpoint from = {rx->src, hdr.src_port};
    /* A frame to a group may still carry a packet to us alone. */
    if (rx->is_group && mn_ip_is_group(udp->ip, &rx->dst))
        return to_group(udp, pkt, &to, &from);
    struct mnet_dgram *dgram = mn_udp_find(udp, &to, &from);
    if (!dgram)
        return MN_DROP(UDP_NO_PORT);
    if (!dgram->on_dgram || dgram->queue.count > 0) {
        mn_udp_queue_push(dgram, pkt);
        return MN_KEPT;
    }
    mn_pkt_pull(udp->env, pkt, MN_UDP_HDR_LEN);
    mn_udp_tell(dgram, pkt, &from, &to);
    return MN_DONE;
}

/* RFC 1122 4.1.3.3 MUST: errors are passed up, to a user who can tell by himself which datagram is
 * meant: that of a connected socket. */
void mn_udp_error(struct mn_transport *t, const struct mn_ip_err *err)
{
    struct mn_udp *udp = (struct mn_udp *)t;
    struct mn_udp_hdr hdr;
    struct mn_rd rd = err->quote;
    struct mnet_dgram *dgram = NULL;
    if (mn_udp_hdr_read(&rd, &hdr)) {
        struct mnet_endpoint local = {err->src, hdr.src_port};
        struct mnet_endpoint remote = {err->dst, hdr.dst_port};
        dgram = mn_udp_find(udp, &local, &remote);
    }
    if (!dgram) {
        mn_env_count_drop(udp->env, MNET_DROP_ICMP_QUOTE_BAD);
        return;
    }
    /* RFC 8899 4.6.1: a socket that sends from there is all that UDP can check. Nobody needs to be
     * told: the next datagram is cut to fit. */
    if (err->err == MNET_ERR_MSG_SIZE) {
        (void)mn_ip_pmtu_update(udp->ip, &err->dst, err->mtu);
        return;
    }
    if (dgram->remote.port == 0)
        return;
    dgram->error = err->err;
    if (!mn_list_is_linked(&dgram->ready))
        mn_list_push_back(&udp->ready, &dgram->ready);
}
