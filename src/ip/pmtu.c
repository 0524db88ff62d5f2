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
 * Where ICMP does not arrive, transports find the value by themselves (RFC 4821, RFC 8899). An
 * entry then is the state of a search, shared by all connections to the destination:
 *
 *       mtu ............ next probe ............ high
 *       gets there       the middle; or high     may get there
 *                        itself, the first time
 *
 * A probe that arrives raises mtu; one that is lost several times in a row lowers high; a report of
 * ICMP does what it says. The search is over when the two are close to each other. Ten minutes
 * later it begins again at what the link takes, if some connection is there to send probes; if none
 * is, the entry is forgotten a minute after that.
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

/* RFC 1191 6.3, RFC 8201 4: ten minutes after a decrease, try again with the link's MTU. RFC
 * 8899 5.1.1: so does PMTU_RAISE_TIMER after a search. */
#define LIFETIME MNET_SEC(600)
/* What was found without ICMP is kept a little longer: whoever sends all the time then tries by a
 * probe, and not with all that he sends. */
#define GRACE MNET_SEC(60)

/* Where packets vanish. RFC 8899 5.1.2: 1200 bytes of payload pass everywhere but on paths that
 * are odd; on those of IPv4 what every host takes (RFC 791 3.1). */
#define BASE4 1240u
#define LOWEST4 576u
/* RFC 8899 5.1.2 MAX_PROBES: what chance has lost that often is rare. */
#define PROBES_MAX 3u
/* The search ends when less than this is to be won: half of a percent of an Ethernet frame. */
#define GRAIN 8u

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
uint32_t mn_ip_link_mtu(const struct mn_ip *ip, const struct mnet_addr *dst)
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
    uint32_t mtu = mn_ip_link_mtu(ip, dst);
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

uint32_t mn_ip_mtu_max(const struct mn_ip *ip, const struct mnet_addr *dst)
{
    return mn_ip_is_own(ip, dst) ? UINT16_MAX : mn_ip_link_mtu(ip, dst);
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

/* Up to where the search goes. */
static void set_high(struct mn_ip_pmtu_entry *entry, uint32_t high, bool is_next)
{
    entry->high = (uint16_t)(high < entry->mtu ? entry->mtu : high);
    entry->is_high_next = is_next && entry->high > entry->mtu;
    entry->misses = 0;
}

/* The entry of `dst`: the old one, or a new one that knows nothing but that `mtu` bytes get there.
 */
static struct mn_ip_pmtu_entry *renew(struct mn_ip *ip, const struct mnet_addr *dst, uint32_t mtu,
                                      mnet_time keep)
{
    uint32_t floor = floor_of(dst);
    struct mn_ip_pmtu_entry *entry = find(ip, dst);
    if (!entry) {
        entry = pick(ip, dst);
        entry->dst = *dst;
        entry->is_below = false;
        entry->mtu = (uint16_t)(mtu < floor ? floor : mtu);
        set_high(entry, mn_ip_link_mtu(ip, dst), true);
    }
    entry->raise_at = ip->env->now + LIFETIME;
    entry->expires = ip->env->now + keep;
    if (ip->pmtu_until < entry->expires)
        ip->pmtu_until = entry->expires;
    return entry;
}

uint32_t mn_ip_pmtu_update(struct mn_ip *ip, const struct mnet_addr *dst, uint32_t mtu)
{
    bool may_set_df;
    if (mnet_addr_is_any(dst) || mn_ip_is_own(ip, dst))
        return mn_ip_pmtu(ip, dst);
    /* RFC 1191 3 MUST, RFC 8201 4 MUST: a report never raises the estimate. */
    uint32_t known = mn_ip_path_mtu(ip, dst, &may_set_df);
    if (mtu >= known) {
        /* RFC 8899 4.6: but it says where the search need not go on. */
        struct mn_ip_pmtu_entry *searched = find(ip, dst);
        if (searched && mtu < searched->high)
            set_high(searched, mtu, true);
        return known;
    }
    uint32_t floor = floor_of(dst);
    struct mn_ip_pmtu_entry *entry = renew(ip, dst, mtu, LIFETIME);
    entry->is_below = mtu < floor;
    entry->mtu = (uint16_t)(mtu < floor ? floor : mtu);
    set_high(entry, entry->mtu, false);
    ip->env->stats.pmtu_updates++;
    return entry->mtu;
}

/* -- the search -- */

uint32_t mn_ip_pmtu_probe(const struct mn_ip *ip, const struct mnet_addr *dst, uint32_t mtu,
                          uint32_t most, mnet_time *again)
{
    uint32_t link = mn_ip_mtu_max(ip, dst);
    *again = MNET_NEVER;
    most = most < link ? most : link;
    if (mtu >= most)
        return 0;
    const struct mn_ip_pmtu_entry *entry = ip->pmtu_until > ip->env->now ? find(ip, dst) : NULL;
    if (!entry || entry->raise_at <= ip->env->now)
        return most;
    /* Another connection has found it. */
    if (entry->mtu > mtu)
        return entry->mtu < most ? entry->mtu : most;
    uint32_t high = entry->high < most ? entry->high : most;
    /* RFC 4821 7.3: what is most likely first, then halves. */
    if (high > mtu && entry->is_high_next)
        return high;
    if (high >= mtu + GRAIN)
        return (mtu + high + 1) / 2;
    *again = entry->raise_at;
    return 0;
}

void mn_ip_pmtu_probed(struct mn_ip *ip, const struct mnet_addr *dst, uint32_t mtu, uint32_t size,
                       bool has_arrived)
{
    uint32_t link = mn_ip_link_mtu(ip, dst);
    const struct mn_ip_pmtu_entry *old = find(ip, dst);
    bool is_new_search = old && old->raise_at <= ip->env->now;
    if (size > link || mn_ip_is_own(ip, dst))
        return;
    struct mn_ip_pmtu_entry *entry = renew(ip, dst, mtu, LIFETIME + GRACE);
    if (is_new_search)
        set_high(entry, link, true);
    if (!has_arrived) {
        if (size > entry->mtu && size <= entry->high && ++entry->misses >= PROBES_MAX)
            set_high(entry, size - 1, false);
        return;
    }
    if (size <= entry->mtu)
        return;
    entry->mtu = (uint16_t)size;
    entry->is_below = false;
    set_high(entry, entry->high, entry->is_high_next);
    ip->env->stats.pmtu_updates++;
    if (size == link)
        entry->mtu = 0; /* nothing to remember any more: the entry is free */
}

uint32_t mn_ip_pmtu_fallback(const struct mn_ip *ip, const struct mnet_addr *dst, uint32_t mtu)
{
    uint32_t least = mnet_addr_is_v4(dst) ? LOWEST4 : MN_IP6_MTU_MIN;
    uint32_t base = mnet_addr_is_v4(dst) ? BASE4 : MN_IP6_MTU_MIN;
    if (mn_ip_is_own(ip, dst) || mtu <= least)
        return mtu;
    return mtu > base ? base : least;
}

void mn_ip_pmtu_fell(struct mn_ip *ip, const struct mnet_addr *dst, uint32_t mtu, uint32_t lost)
{
    uint32_t link = mn_ip_link_mtu(ip, dst);
    if (mtu >= link || mtu < floor_of(dst) || mn_ip_is_own(ip, dst))
        return;
    struct mn_ip_pmtu_entry *entry = renew(ip, dst, mtu, LIFETIME + GRACE);
    uint32_t high = lost < entry->high ? lost : entry->high;
    entry->mtu = (uint16_t)mtu;
    entry->is_below = false;
    /* What vanished comes first: if all was lost for a while, whatever its size, it gets there. */
    set_high(entry, high < link ? high : link, true);
    ip->env->stats.pmtu_updates++;
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
        if (entry->mtu < floor_of(&entry->dst) || entry->high < entry->mtu ||
            entry->misses >= PROBES_MAX || entry->expires > ip->pmtu_until ||
            place(ip, &entry->dst) != i - i % MN_IP_PMTU_WAYS ||
            (is_live(ip, entry) && find(ip, &entry->dst) != entry))
            return false;
    }
    return true;
}
