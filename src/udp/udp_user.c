/* SPDX-License-Identifier: ISC
 *
 * The calls on a UDP socket: mnet/dgram.h. Nothing here waits, and nothing here calls back. */
#include <udp/udp_state.h>

mnet_err mn_udp_open(struct mn_transport *t, const struct mnet_endpoint *local,
                     mnet_dgram_fn on_dgram, mnet_dgram_ready_fn on_ready, void *arg,
                     struct mnet_dgram **out)
{
    struct mn_udp *udp = (struct mn_udp *)t;
    struct mnet_endpoint own = *local;
    *out = NULL;
    if (mnet_addr_is_any(&own.addr))
        own.addr = mnet_addr_any(); /* of whichever family it was */
    else if (!mn_ip_is_own(udp->ip, &own.addr))
        return MNET_ERR_ADDR_NOT_AVAIL;
    if (own.port == 0)
        own.port = mn_udp_free_port(udp);
    if (own.port == 0 || mn_udp_is_used(udp, &own))
        return MNET_ERR_ADDR_IN_USE;
    struct mnet_dgram *dgram = mn_pool_get(&udp->sockets);
    if (!dgram)
        return MNET_ERR_NO_MEMORY;
    dgram->udp = udp;
    dgram->local = own;
    dgram->on_dgram = on_dgram;
    dgram->on_ready = on_ready;
    dgram->arg = arg;
    mn_list_init(&dgram->ready);
    mn_list_push_back(mn_udp_bucket(udp, own.port), &dgram->node);
    *out = dgram;
    return MNET_OK;
}

void mnet_dgram_close(struct mnet_dgram *dgram)
{
    if (!dgram)
        return;
    struct mn_udp *udp = dgram->udp;
    for (uint32_t i = 0; i < dgram->group_count; i++)
        (void)mn_ip_group_leave(udp->ip, &dgram->group[i]);
    mn_pktq_clear(udp->env, &dgram->queue);
    mn_list_remove(&dgram->ready);
    mn_list_remove(&dgram->node);
    mn_pool_put(&udp->sockets, dgram);
}

void mnet_dgram_connect(struct mnet_dgram *dgram, const struct mnet_endpoint *remote)
{
    dgram->remote = remote ? *remote : (struct mnet_endpoint){0};
}

mnet_err mnet_dgram_error(struct mnet_dgram *dgram)
{
    mnet_err err = dgram->error;
    dgram->error = MNET_OK;
    return err;
}

static mnet_err send(struct mnet_dgram *dgram, const struct mnet_addr *from,
                     const struct mnet_endpoint *to, const void *data, size_t len)
{
    mnet_err err = mnet_dgram_error(dgram);
    if (err != MNET_OK)
        return err;
    /* RFC 768: port 0 says that there is no port. */
    if (to->port == 0)
        return MNET_ERR_INVALID;
    return mn_udp_out(dgram, from, to, data, len);
}

mnet_err mnet_dgram_send(struct mnet_dgram *dgram, const struct mnet_endpoint *to, const void *data,
                         size_t len)
{
    return send(dgram, NULL, to, data, len);
}

mnet_err mnet_dgram_send_from(struct mnet_dgram *dgram, const struct mnet_addr *from,
                              const struct mnet_endpoint *to, const void *data, size_t len)
{
    return send(dgram, from, to, data, len);
}

mnet_ssize mnet_dgram_recv(struct mnet_dgram *dgram, void *buf, size_t cap,
                           struct mnet_endpoint *from, struct mnet_endpoint *to)
{
    struct mnet_endpoint ends[2];
    struct mn_pkt *pkt = mn_udp_queue_pop(dgram, &ends[0], &ends[1]);
    if (!pkt)
        return MNET_ERR_AGAIN;
    uint32_t len = pkt->frame.len;
    mn_pkt_copy_out(pkt, 0, buf, cap < len ? (uint32_t)cap : len);
    mn_pkt_free(dgram->udp->env, pkt);
    if (from)
        *from = ends[0];
    if (to)
        *to = ends[1];
    return (mnet_ssize)len;
}

struct mnet_endpoint mnet_dgram_local(const struct mnet_dgram *dgram)
{
    return dgram->local;
}

/* ---- groups ---- */

static uint32_t group_index(const struct mnet_dgram *dgram, const struct mnet_addr *group)
{
    uint32_t i = 0;
    while (i < dgram->group_count && !mnet_addr_equal(&dgram->group[i], group))
        i++;
    return i;
}

mnet_err mnet_dgram_join(struct mnet_dgram *dgram, const struct mnet_addr *group)
{
    if (!mnet_addr_is_multicast(group))
        return MNET_ERR_INVALID;
    if (group_index(dgram, group) < dgram->group_count)
        return MNET_OK; /* is in it already */
    if (dgram->group_count == MN_UDP_GROUPS)
        return MNET_ERR_NO_MEMORY;
    mnet_err err = mn_ip_group_join(dgram->udp->ip, group);
    if (err == MNET_OK)
        dgram->group[dgram->group_count++] = *group;
    return err;
}

mnet_err mnet_dgram_leave(struct mnet_dgram *dgram, const struct mnet_addr *group)
{
    uint32_t i = group_index(dgram, group);
    if (!mnet_addr_is_multicast(group))
        return MNET_ERR_INVALID;
    if (i == dgram->group_count)
        return MNET_ERR_ADDR_NOT_AVAIL;
    dgram->group[i] = dgram->group[--dgram->group_count];
    return mn_ip_group_leave(dgram->udp->ip, group);
}
