/* SPDX-License-Identifier: ISC
 *
 * A link from its beginning to its end, and the way of an IP packet to the hardware address it
 * goes to.
 *
 * Nothing is sent and no page is taken before the first poll: own addresses arm a timer that is
 * due at once, and receive blocks are fetched by the first mn_link_rx. */
#include <link/link_state.h>
#include <string.h>

mnet_err mn_link_init(struct mn_link *link, struct mn_env *env, const struct mnet_config *config)
{
    memset(link, 0, sizeof *link);
    link->env = env;
    link->is_probe_first = config->ipv4_probe;
    mnet_err err = mn_netdev_init(link, config);
    if (err == MNET_OK)
        err = mn_neigh_init(link);
    if (err == MNET_OK)
        mn_own_init(link);
    return err;
}

void mn_link_deinit(struct mn_link *link)
{
    mn_own_deinit(link);
    mn_neigh_deinit(link);
    mn_netdev_deinit(link);
}

uint32_t mn_link_mtu(const struct mn_link *link)
{
    return link->mtu;
}

const struct mnet_mac *mn_link_mac(const struct mn_link *link)
{
    return &link->mac;
}

/* An IPv4 total length has 16 bits. */
#define SOFT_GSO_MAX 65535u

uint32_t mn_link_gso_max(const struct mn_link *link)
{
    if ((link->caps & MNET_NETDEV_TSO4) == 0)
        return SOFT_GSO_MAX;
    return link->gso_max > link->mtu ? link->gso_max : link->mtu;
}

/* RFC 1112 6.4: the low 23 bits of the group behind 01:00:5e. RFC 2464 7: the low 32 behind 33:33.
 */
struct mnet_mac mn_link_group_mac(const struct mnet_addr *group)
{
    const uint8_t *low = group->bytes + 12;
    if (mnet_addr_is_v4(group))
        return (struct mnet_mac){{0x01, 0x00, 0x5e, low[1] & 0x7f, low[2], low[3]}};
    return (struct mnet_mac){{0x33, 0x33, low[0], low[1], low[2], low[3]}};
}

mnet_err mn_link_out(struct mn_link *link, struct mn_pkt *pkt, const struct mnet_addr *next_hop,
                     bool is_broadcast)
{
    if (is_broadcast || mnet_addr_to_v4(next_hop) == UINT32_MAX) {
        /* RFC 1122 3.3.6: an IP broadcast is sent as a link broadcast. */
        mn_ether_out(link, pkt, &MN_LINK_BROADCAST_MAC, MN_ETHERTYPE_IP4);
        return MNET_OK;
    }
    if (mnet_addr_is_multicast(next_hop)) {
        const struct mnet_mac mac = mn_link_group_mac(next_hop);
        mn_ether_out(link, pkt, &mac, mn_link_type(next_hop));
        return MNET_OK;
    }
    return mn_neigh_out(link, pkt, next_hop);
}

void mn_link_timer(struct mn_link *link, struct mn_timer *timer)
{
    if (timer->kind == MN_LINK_TIMER_NEIGH)
        mn_neigh_timer(link, MN_CONTAINER(timer, struct mn_neigh, timer));
    else
        mn_own_timer(link, MN_CONTAINER(timer, struct mn_link_own, timer));
}

struct mn_pkt *mn_link_failed(struct mn_link *link)
{
    return mn_pktq_pop(&link->failed);
}

bool mn_link_ok(const struct mn_link *link)
{
    return link->failed.count <= MN_LINK_FAILED_MAX && mn_netdev_ok(link) && mn_neigh_ok(link) &&
           mn_own_ok(link);
}
