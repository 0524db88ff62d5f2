/* SPDX-License-Identifier: ISC
 *
 * Multicast groups that somebody here has joined, with a count for each: RFC 1112 7.1. Every host
 * is in 224.0.0.1 without joining. Switches that only pass groups they saw a report for (IGMP
 * snooping) still pass 224.0.0.0/24, which mDNS and its like use (RFC 4541 2.1.2). */
#include <ip/ip_state.h>

static struct mn_ip_group *find(struct mn_ip *ip, uint32_t addr)
{
    for (unsigned i = 0; i < MN_IP_GROUPS; i++)
        if (ip->group[i].addr == addr)
            return &ip->group[i];
    return NULL;
}

bool mn_ip_group_is_joined(const struct mn_ip *ip, uint32_t group)
{
    /* RFC 1112 4: all hosts. */
    if (group == MN_IP4_ALL_HOSTS)
        return true;
    for (unsigned i = 0; i < MN_IP_GROUPS; i++)
        if (ip->group[i].addr == group)
            return true;
    return false;
}

mnet_err mn_ip_group_join(struct mn_ip *ip, const struct mnet_addr *group)
{
    uint32_t addr = mnet_addr_to_v4(group);
    if (!mnet_addr_is_v4(group) || !mn_ip4_is_multicast(addr))
        return MNET_ERR_INVALID;
    struct mn_ip_group *entry = find(ip, addr);
    if (!entry)
        entry = find(ip, 0);
    if (!entry)
        return MNET_ERR_NO_MEMORY;
    entry->addr = addr;
    entry->count++;
    return MNET_OK;
}

mnet_err mn_ip_group_leave(struct mn_ip *ip, const struct mnet_addr *group)
{
    uint32_t addr = mnet_addr_to_v4(group);
    if (!mnet_addr_is_v4(group) || !mn_ip4_is_multicast(addr))
        return MNET_ERR_INVALID;
    struct mn_ip_group *entry = find(ip, addr);
    if (!entry)
        return MNET_ERR_ADDR_NOT_AVAIL;
    if (--entry->count == 0)
        entry->addr = 0;
    return MNET_OK;
}
