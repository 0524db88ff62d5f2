/* SPDX-License-Identifier: ISC
 *
 * What the path to a destination takes: RFC 1191, RFC 8201.
 *
 * A bounded table of destinations that take less than the link does; the others have no entry. A
 * destination has four places, chosen by a keyed hash, so that a lookup is O(1) and an attacker
 * who makes up destinations cannot aim at one; the place that expires first is reused. A value
 * only ever goes down while it is remembered, and is forgotten after ten minutes, which is how a
 * path that has grown is found (RFC 1191 6.3).
 *
 * ICMP can be forged by anybody, so nothing is stored here on its word alone: the transport calls
 * mn_ip_pmtu_update once it has recognised the quoted packet as one of its own in flight (RFC 5927
 * 7.2). And no value goes below a floor of 552 bytes, or a forger who passes that test could make
 * us send 28-byte pieces. Paths that are truly narrower exist in theory (RFC 791 says 68): for
 * them packets leave without DF, for routers to cut. IPv6 has its floor from RFC 8200 5: 1280 bytes
 * fit everywhere, and who says less is not believed (icmp6_in.c). */
#include <ip/ip_state.h>

/* 512 bytes of payload and 40 of IP and TCP header: within the 576 bytes that every host must be
 * able to receive (RFC 791 3.1, RFC 879), so no path of today is below it. */
#define FLOOR4 552u

/* RFC 1191 6.3, RFC 8201 4: ten minutes after a decrease, try again with the link's MTU. */
#define LIFETIME MNET_SEC(600)

/* The first of the destination's places. */
static uint32_t place(const struct mn_ip *ip, const struct mnet_addr *dst)
{
    uint64_t hash = mn_siphash13(&ip->env->hash_key, dst->bytes, sizeof dst->bytes);
    return (uint32_t)hash % (MN_IP_PMTUS / MN_IP_PMTU_WAYS) * MN_IP_PMTU_WAYS;
}

static uint32_t floor_of(const struct mnet_addr *dst)
{
    return mnet_addr_is_v4(dst) ? FLOOR4 : MN_IP6_MTU_MIN;
}

/* RFC 8201 1: routers of IPv6 may say what their link takes, of which that is at most all. */
static uint32_t link_mtu(const struct mn_ip *ip, const struct mnet_addr *dst)
{
    uint32_t mtu = mn_link_mtu(ip->link);
    return mnet_addr_is_v4(dst) || ip->v6.mtu >= mtu ? mtu : ip->v6.mtu;
}

static bool is_live(const struct mn_ip *ip, const struct mn_ip_pmtu_entry *entry)
{
    return entry->mtu != 0 && entry->expires > ip->env->now;
}

static struct mn_ip_pmtu_entry *find(const struct mn_ip *ip, const struct mnet_addr *dst)
{
    uint32_t first = place(ip, dst);
    for (uint32_t i = 0; i < MN_IP_PMTU_WAYS; i++) {
        struct mn_ip_pmtu_entry *entry = &ip->pmtu[first + i];
        if (is_live(ip, entry) && mnet_addr_equal(&entry->dst, dst))
            return entry;
    }
    return NULL;
}

uint32_t mn_ip_path_mtu(const struct mn_ip *ip, const struct mnet_addr *dst, bool *may_set_df)
{
    uint32_t mtu = link_mtu(ip, dst);
    *may_set_df = true;
    if (ip->pmtu_until <= ip->env->now)
        return mtu;
    const struct mn_ip_pmtu_entry *entry = find(ip, dst);
    if (!entry)
        return mtu;
    *may_set_df = !entry->is_below;
    return entry->mtu < mtu ? entry->mtu : mtu;
}

uint32_t mn_ip_pmtu(const struct mn_ip *ip, const struct mnet_addr *dst)
{
    if (mn_ip_is_own(ip, dst))
        return UINT16_MAX;
    bool may_set_df;
    return mn_ip_path_mtu(ip, dst, &may_set_df);
}

uint32_t mn_ip_gso_max(const struct mn_ip *ip, const struct mnet_addr *dst)
{
    return mn_ip_is_own(ip, dst) ? UINT16_MAX : mn_link_gso_max(ip->link);
}

/* Where an entry for `dst` goes: a free or expired place, or the one that expires first. */
static struct mn_ip_pmtu_entry *pick(const struct mn_ip *ip, const struct mnet_addr *dst)
{
    struct mn_ip_pmtu_entry *best = &ip->pmtu[place(ip, dst)];
    struct mn_ip_pmtu_entry *entry = best;
    for (uint32_t i = 0; i < MN_IP_PMTU_WAYS && is_live(ip, best); i++)
        if (!is_live(ip, &entry[i]) || entry[i].expires < best->expires)
            best = &entry[i];
    return best;
}

uint32_t mn_ip_pmtu_update(struct mn_ip *ip, const struct mnet_addr *dst, uint32_t mtu)
{
    bool may_set_df;
    if (mnet_addr_is_any(dst) || mn_ip_is_own(ip, dst))
        return mn_ip_pmtu(ip, dst);
    /* RFC 1191 3 MUST, RFC 8201 4 MUST: a report never raises the estimate. */
    uint32_t known = mn_ip_path_mtu(ip, dst, &may_set_df);
    if (mtu >= known)
        return known;
    uint32_t floor = floor_of(dst);
    struct mn_ip_pmtu_entry *entry = find(ip, dst);
    if (!entry)
        entry = pick(ip, dst);
    entry->dst = *dst;
    entry->is_below = mtu < floor;
    entry->mtu = (uint16_t)(mtu < floor ? floor : mtu);
    entry->expires = ip->env->now + LIFETIME;
    if (ip->pmtu_until < entry->expires)
        ip->pmtu_until = entry->expires;
    ip->env->stats.pmtu_updates++;
    return entry->mtu;
}

/* RFC 1191 7.1: the MTUs that links have, for routers that do not tell theirs. */
static const uint16_t plateau[] = {32000, 17914, 8166, 4352, 2002, 1492, 1006, 508, 296, 68};

uint32_t mn_ip_pmtu_plateau(uint32_t total_len)
{
    for (unsigned i = 0; i < sizeof plateau / sizeof plateau[0]; i++)
        if (plateau[i] < total_len)
            return plateau[i];
    return plateau[sizeof plateau / sizeof plateau[0] - 1];
}

bool mn_ip_pmtu_ok(const struct mn_ip *ip)
{
    for (uint32_t i = 0; i < MN_IP_PMTUS; i++) {
        const struct mn_ip_pmtu_entry *entry = &ip->pmtu[i];
        if (entry->mtu == 0)
            continue;
        if (entry->mtu < floor_of(&entry->dst) || entry->expires > ip->pmtu_until ||
            place(ip, &entry->dst) != i - i % MN_IP_PMTU_WAYS ||
            (is_live(ip, entry) && find(ip, &entry->dst) != entry))
            return false;
    }
    return true;
}
