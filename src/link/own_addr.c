/* SPDX-License-Identifier: ISC
 *
 * Our own addresses of both families: the table, and what is the same for both. How an address
 * becomes ours, and what happens when another host uses it, is in acd.c for IPv4 and in dad.c for
 * IPv6.
 *
 *   add --> PROBING --> READY         PROBING --> CONFLICT: another host has it; never used
 *     +--> READY at once (IPv4 without probing)
 *
 * One report per interval and address, so that two hosts that insist, or a forger, fill no log. */
#include <link/link_state.h>
#include <string.h>

/* RFC 5227 1.1: DEFEND_INTERVAL; as good for IPv6. */
#define REPORT_INTERVAL MNET_SEC(10)
/* RFC 5227 1.1: PROBE_WAIT. RFC 4861 10: MAX_RTR_SOLICITATION_DELAY. */
#define PROBE_WAIT MNET_SEC(1)

void mn_own_init(struct mn_link *link)
{
    for (unsigned i = 0; i < MN_LINK_ADDRS; i++)
        mn_timer_init(&link->own[i].timer, MN_LINK_TIMER_OWN);
}

void mn_own_deinit(struct mn_link *link)
{
    for (unsigned i = 0; i < MN_LINK_ADDRS; i++)
        mn_env_disarm(link->env, &link->own[i].timer);
}

/* The number of an entry in use; MN_LINK_ADDRS: there is none. */
static unsigned number_of(const struct mn_link *link, const struct mnet_addr *addr)
{
    for (unsigned i = 0; i < link->own_end; i++)
        if (link->own[i].state != MN_OWN_FREE && mnet_addr_equal(&link->own[i].addr, addr))
            return i;
    return MN_LINK_ADDRS;
}

struct mn_link_own *mn_own_find(struct mn_link *link, const struct mnet_addr *addr)
{
    unsigned i = number_of(link, addr);
    return i < MN_LINK_ADDRS ? &link->own[i] : NULL;
}

mnet_time mn_own_random_time(struct mn_link *link, mnet_time min, mnet_time max)
{
    uint32_t span_us = (uint32_t)((max - min) / MNET_US(1));
    return min + MNET_US(mn_env_below(link->env, span_us + 1));
}

/* ---- what IP asks for ---- */

mnet_err mn_link_addr_add(struct mn_link *link, const struct mnet_addr *addr)
{
    if (mnet_addr_is_any(addr) || mnet_addr_is_multicast(addr) || mnet_addr_is_loopback(addr))
        return MNET_ERR_INVALID;
    if (mn_own_find(link, addr))
        return MNET_ERR_ADDR_IN_USE;
    struct mn_link_own *own = link->own;
    while (own < link->own + MN_LINK_ADDRS && own->state != MN_OWN_FREE)
        own++;
    if (own == link->own + MN_LINK_ADDRS)
        return MNET_ERR_NO_MEMORY;
    unsigned end = (unsigned)(own - link->own) + 1;
    if (link->own_end < end)
        link->own_end = end;
    own->addr = *addr;
    own->sent = 0;
    own->extra = 0;
    own->has_conflict = own->was_reported = false;
    bool is_probed = !mnet_addr_is_v4(addr) || link->is_probe_first;
    own->state = is_probed ? MN_OWN_PROBING : MN_OWN_READY;
    /* Hosts that start together, or hear of a prefix together, do not probe together. */
    mnet_time wait = is_probed ? mn_own_random_time(link, 0, PROBE_WAIT) : 0;
    mn_env_arm(link->env, &own->timer, link->env->now + wait);
    return MNET_OK;
}

void mn_link_addr_remove(struct mn_link *link, const struct mnet_addr *addr)
{
    struct mn_link_own *own = mn_own_find(link, addr);
    if (!own)
        return;
    mn_env_disarm(link->env, &own->timer);
    own->state = MN_OWN_FREE;
    own->has_conflict = false;
    while (link->own_end > 0 && link->own[link->own_end - 1].state == MN_OWN_FREE)
        link->own_end--;
}

bool mn_link_addr_is_ready(const struct mn_link *link, const struct mnet_addr *addr)
{
    unsigned i = number_of(link, addr);
    return i < MN_LINK_ADDRS && link->own[i].state == MN_OWN_READY;
}

bool mn_link_addr_is_taken(const struct mn_link *link, const struct mnet_addr *addr)
{
    unsigned i = number_of(link, addr);
    return i < MN_LINK_ADDRS && link->own[i].state == MN_OWN_CONFLICT;
}

void mn_own_timer(struct mn_link *link, struct mn_link_own *own)
{
    if (mnet_addr_is_v4(&own->addr))
        mn_acd_timer(link, own);
    else
        mn_dad_timer(link, own);
}

/* ---- conflicts ---- */

static bool is_unknown(const struct mnet_mac *mac)
{
    static const struct mnet_mac unknown;
    return memcmp(mac, &unknown, sizeof unknown) == 0;
}

bool mn_own_report(struct mn_link *link, struct mn_link_own *own, const struct mnet_mac *mac)
{
    mnet_time now = link->env->now;
    if (own->was_reported && now - own->reported_at < REPORT_INTERVAL)
        return false;
    own->was_reported = true;
    own->reported_at = now;
    own->has_conflict = true;
    own->conflict_mac = *mac;
    char addr_text[MNET_ADDR_TEXT_MAX], mac_text[MNET_MAC_TEXT_MAX];
    MN_LOG(link->env, MNET_LOG_WARNING, mnet_addr_is_v4(&own->addr) ? "arp" : "ndp",
           link->env->name, "%s is also used by %s",
           mnet_addr_print(&own->addr, addr_text, sizeof addr_text),
           is_unknown(mac) ? "another host" : mnet_mac_print(mac, mac_text, sizeof mac_text));
    return true;
}

void mn_own_lose(struct mn_link *link, struct mn_link_own *own, const struct mnet_mac *mac)
{
    mn_env_disarm(link->env, &own->timer);
    own->state = MN_OWN_CONFLICT;
    mn_own_report(link, own, mac);
}

bool mn_link_conflict(struct mn_link *link, struct mnet_addr *addr, struct mnet_mac *mac)
{
    for (unsigned i = 0; i < link->own_end; i++) {
        struct mn_link_own *own = &link->own[i];
        if (!own->has_conflict)
            continue;
        own->has_conflict = false;
        *addr = own->addr;
        *mac = own->conflict_mac;
        return true;
    }
    return false;
}

/* ---- invariant ---- */

static bool entry_ok(const struct mn_link *link, unsigned i)
{
    const struct mn_link_own *own = &link->own[i];
    bool is_armed = mn_timer_is_armed(&own->timer);
    if (own->state == MN_OWN_FREE)
        return !is_armed && !own->has_conflict;
    if (i >= link->own_end || own->state > MN_OWN_READY || number_of(link, &own->addr) != i)
        return false;
    if (own->state == MN_OWN_CONFLICT)
        return !is_armed && own->was_reported;
    if (own->state == MN_OWN_PROBING && !is_armed)
        return false;
    return mnet_addr_is_v4(&own->addr) ? mn_acd_ok(own) : mn_dad_ok(own);
}

bool mn_own_ok(const struct mn_link *link)
{
    if (link->own_end > MN_LINK_ADDRS)
        return false;
    for (unsigned i = 0; i < MN_LINK_ADDRS; i++)
        if (!entry_ok(link, i))
            return false;
    return true;
}
