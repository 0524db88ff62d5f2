/* SPDX-License-Identifier: ISC
 *
 * Multicast groups of both families that somebody here has joined, with a count for each: RFC 1112
 * 7.1, RFC 3810 4. Every host is in 224.0.0.1 and ff02::1 without joining.
 * Routers and switches are told by report.c, the first time that a group is joined and the last
 * time that it is left. */
#include <ip/ip_state.h>

static struct mn_ip_group *find(struct mn_ip *ip, const struct mnet_addr *addr)
{
    for (unsigned i = 0; i < MN_IP_GROUPS; i++)
        if (mnet_addr_equal(&ip->group[i].addr, addr))
            return &ip->group[i];
    return NULL;
}

/* RFC 1112 4, RFC 4291 2.7.1 and 2.8: all hosts; within a host and on a link. */
static bool is_all_hosts(const struct mnet_addr *group)
{
    static const struct mnet_addr nodes = {{0xff, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}};
    if (mnet_addr_is_v4(group))
        return mnet_addr_to_v4(group) == MN_IP4_ALL_HOSTS;
    struct mnet_addr addr = *group;
    addr.bytes[1] = 0;
    return (group->bytes[1] == MN_IP6_SCOPE_INTERFACE || group->bytes[1] == MN_IP6_SCOPE_LINK) &&
           mnet_addr_equal(&addr, &nodes);
}

bool mn_ip_group_is_joined(const struct mn_ip *ip, const struct mnet_addr *group)
{
    if (is_all_hosts(group))
        return true;
    for (unsigned i = 0; i < MN_IP_GROUPS; i++)
        if (ip->group[i].count > 0 && mnet_addr_equal(&ip->group[i].addr, group))
            return true;
    return false;
}

mnet_err mn_ip_group_join(struct mn_ip *ip, const struct mnet_addr *group)
{
    const struct mnet_addr none = mnet_addr_any();
    if (!mnet_addr_is_multicast(group))
        return MNET_ERR_INVALID;
    struct mn_ip_group *entry = find(ip, group);
    if (!entry)
        entry = find(ip, &none);
    if (!entry)
        return MNET_ERR_NO_MEMORY;
    entry->addr = *group;
    if (entry->count++ == 0)
        mn_report_changed(ip, group, true);
    return MNET_OK;
}

mnet_err mn_ip_group_leave(struct mn_ip *ip, const struct mnet_addr *group)
{
    if (!mnet_addr_is_multicast(group))
        return MNET_ERR_INVALID;
    struct mn_ip_group *entry = find(ip, group);
    if (!entry)
        return MNET_ERR_ADDR_NOT_AVAIL;
    if (--entry->count > 0)
        return MNET_OK;
    entry->addr = mnet_addr_any();
    mn_report_changed(ip, group, false);
    return MNET_OK;
}

bool mn_ip_groups_ok(const struct mn_ip *ip)
{
    static const struct mnet_addr none;
    for (unsigned i = 0; i < MN_IP_GROUPS; i++) {
        const struct mn_ip_group *group = &ip->group[i];
        bool is_free = mnet_addr_equal(&group->addr, &none);
        if (is_free != (group->count == 0) || (!is_free && !mnet_addr_is_multicast(&group->addr)))
            return false;
    }
    return true;
}
