/* SPDX-License-Identifier: ISC
 *
 * Our own IPv4 addresses, and what happens when another host uses one: RFC 5227.
 *
 *   add --> PROBING: 3 probes --> READY: 2 announcements --> READY, no timer
 *     |        | claimed, or probed for by another
 *     |        v
 *     |     CONFLICT: reported, never used           READY: a claim by another is answered with an
 *     +--> READY at once, without probing            announcement and reported, once in 10 s
 *
 * An announcement is a request for our own address: everybody who knows it notes where it is. The
 * first one is sent by a timer that is due at once, because an address can be added before there is
 * memory for packets.
 *
 * RFC 5227 2.4: the third way, (c). A server keeps an address that it was configured with and
 * defends it; who would rather give it up (DHCP) removes it when told of the conflict. One defence
 * and one report per DEFEND_INTERVAL, so that two hosts that insist, or a forger, cause no storm.
 */
#include <base/assert.h>
#include <link/link_state.h>
#include <string.h>
#include <wire/arp_hdr.h>

/* RFC 5227 1.1: the constants of the protocol, by their names. */
#define PROBE_WAIT MNET_SEC(1)
#define PROBE_NUM 3
#define PROBE_MIN MNET_SEC(1)
#define PROBE_MAX MNET_SEC(2)
#define ANNOUNCE_WAIT MNET_SEC(2)
#define ANNOUNCE_NUM 2
#define ANNOUNCE_INTERVAL MNET_SEC(2)
#define DEFEND_INTERVAL MNET_SEC(10)

void mn_acd_init(struct mn_link *link)
{
    for (unsigned i = 0; i < MN_LINK_ADDRS; i++)
        mn_timer_init(&link->own[i].timer, MN_LINK_TIMER_OWN);
}

void mn_acd_deinit(struct mn_link *link)
{
    for (unsigned i = 0; i < MN_LINK_ADDRS; i++)
        mn_env_disarm(link->env, &link->own[i].timer);
}

static struct mn_link_own *find(struct mn_link *link, const struct mnet_addr *addr)
{
    for (unsigned i = 0; i < MN_LINK_ADDRS; i++)
        if (link->own[i].state != MN_OWN_FREE && mnet_addr_equal(&link->own[i].addr, addr))
            return &link->own[i];
    return NULL;
}

/* A random time in [min, max], so that hosts that start together do not probe together. */
static mnet_time random_time(struct mn_link *link, mnet_time min, mnet_time max)
{
    uint32_t span_us = (uint32_t)((max - min) / MNET_US(1));
    return min + MNET_US(mn_env_below(link->env, span_us + 1));
}

/* ---- own addresses ---- */

mnet_err mn_link_addr_add(struct mn_link *link, const struct mnet_addr *addr)
{
    if (!mnet_addr_is_v4(addr) || mnet_addr_is_any(addr))
        return MNET_ERR_INVALID;
    if (find(link, addr))
        return MNET_ERR_ADDR_IN_USE;
    struct mn_link_own *own = link->own;
    while (own < link->own + MN_LINK_ADDRS && own->state != MN_OWN_FREE)
        own++;
    if (own == link->own + MN_LINK_ADDRS)
        return MNET_ERR_NO_MEMORY;
    own->addr = *addr;
    own->sent = 0;
    own->has_conflict = own->was_defended = false;
    own->state = link->is_probe_first ? MN_OWN_PROBING : MN_OWN_READY;
    mnet_time wait = link->is_probe_first ? random_time(link, 0, PROBE_WAIT) : 0;
    mn_env_arm(link->env, &own->timer, link->env->now + wait);
    return MNET_OK;
}

void mn_link_addr_remove(struct mn_link *link, const struct mnet_addr *addr)
{
    struct mn_link_own *own = find(link, addr);
    if (!own)
        return;
    mn_env_disarm(link->env, &own->timer);
    own->state = MN_OWN_FREE;
    own->has_conflict = false;
}

bool mn_link_addr_is_ready(const struct mn_link *link, const struct mnet_addr *addr)
{
    for (unsigned i = 0; i < MN_LINK_ADDRS; i++)
        if (link->own[i].state == MN_OWN_READY && mnet_addr_equal(&link->own[i].addr, addr))
            return true;
    return false;
}

bool mn_acd_is_ready(const struct mn_link *link, uint32_t v4)
{
    struct mnet_addr addr = mnet_addr_v4(v4);
    return mn_link_addr_is_ready(link, &addr);
}

uint32_t mn_acd_source(const struct mn_link *link, uint32_t target)
{
    uint32_t best = 0, best_differs = UINT32_MAX;
    for (unsigned i = 0; i < MN_LINK_ADDRS; i++) {
        if (link->own[i].state != MN_OWN_READY)
            continue;
        uint32_t v4 = mnet_addr_to_v4(&link->own[i].addr);
        if (best == 0 || (v4 ^ target) < best_differs) {
            best = v4;
            best_differs = v4 ^ target; /* the more leading bits agree, the smaller */
        }
    }
    return best;
}

/* ---- probing and announcing ---- */

/* A request about an own address to everybody: with a zero sender a probe, otherwise an
 * announcement. */
static void tell(struct mn_link *link, const struct mn_link_own *own)
{
    struct mn_arp_hdr hdr = {.op = MN_ARP_OP_REQUEST, .sha = link->mac};
    hdr.tpa = mnet_addr_to_v4(&own->addr);
    hdr.spa = own->state == MN_OWN_PROBING ? 0 : hdr.tpa;
    mn_arp_send(link, &hdr, &MN_LINK_BROADCAST_MAC);
}

void mn_acd_timer(struct mn_link *link, struct mn_link_own *own)
{
    mnet_time now = link->env->now;
    /* RFC 5227 2.1.1: ANNOUNCE_WAIT after the last probe the address is ours. */
    if (own->state == MN_OWN_PROBING && own->sent == PROBE_NUM) {
        own->state = MN_OWN_READY;
        own->sent = 0;
    }
    tell(link, own);
    own->sent++;
    if (own->state == MN_OWN_PROBING)
        mn_env_arm(link->env, &own->timer,
                   now + (own->sent < PROBE_NUM ? random_time(link, PROBE_MIN, PROBE_MAX)
                                                : ANNOUNCE_WAIT));
    else if (own->sent < ANNOUNCE_NUM)
        mn_env_arm(link->env, &own->timer,
                   now + ANNOUNCE_INTERVAL); /* RFC 5227 2.3: a second time. */
}

/* ---- conflicts ---- */

static void report(struct mn_link *link, struct mn_link_own *own, const struct mnet_mac *mac)
{
    char addr_text[MNET_ADDR_TEXT_MAX], mac_text[MNET_MAC_TEXT_MAX];
    own->has_conflict = true;
    own->conflict_mac = *mac;
    MN_LOG(link->env, MNET_LOG_WARNING, "arp", link->env->name, "%s is also used by %s",
           mnet_addr_print(&own->addr, addr_text, sizeof addr_text),
           mnet_mac_print(mac, mac_text, sizeof mac_text));
}

/* RFC 5227 2.4: an announcement makes the others believe us again. */
static void defend(struct mn_link *link, struct mn_link_own *own, const struct mnet_mac *mac)
{
    mnet_time now = link->env->now;
    if (own->was_defended && now - own->defended_at < DEFEND_INTERVAL)
        return;
    own->was_defended = true;
    own->defended_at = now;
    report(link, own, mac);
    tell(link, own);
}

bool mn_acd_in(struct mn_link *link, const struct mn_arp_hdr *hdr)
{
    struct mnet_addr sender = mnet_addr_v4(hdr->spa), target = mnet_addr_v4(hdr->tpa);
    struct mn_link_own *claimed = find(link, &sender);
    struct mn_link_own *probed = hdr->spa == 0 ? find(link, &target) : NULL;
    /* RFC 5227 2.1.1: while we probe, both a claim and another's probe are conflicts. */
    struct mn_link_own *lost = claimed ? claimed : probed;
    if (lost && lost->state == MN_OWN_PROBING) {
        link->env->stats.arp_conflicts++;
        mn_env_disarm(link->env, &lost->timer);
        lost->state = MN_OWN_CONFLICT;
        report(link, lost, &hdr->sha);
        return true;
    }
    /* RFC 5227 2.4: once the address is in use, only a claim is a conflict. */
    if (claimed && claimed->state == MN_OWN_READY) {
        link->env->stats.arp_conflicts++;
        defend(link, claimed, &hdr->sha);
        return true;
    }
    return false;
}

bool mn_link_conflict(struct mn_link *link, struct mnet_addr *addr, struct mnet_mac *mac)
{
    for (unsigned i = 0; i < MN_LINK_ADDRS; i++) {
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

bool mn_acd_ok(const struct mn_link *link)
{
    for (unsigned i = 0; i < MN_LINK_ADDRS; i++) {
        const struct mn_link_own *own = &link->own[i];
        bool is_armed = mn_timer_is_armed(&own->timer);
        if (own->state > MN_OWN_READY || own->sent > PROBE_NUM)
            return false;
        if ((own->state == MN_OWN_FREE || own->state == MN_OWN_CONFLICT) && is_armed)
            return false;
        if (own->state == MN_OWN_FREE && own->has_conflict)
            return false;
        for (unsigned j = 0; j < i && own->state != MN_OWN_FREE; j++)
            if (link->own[j].state != MN_OWN_FREE &&
                mnet_addr_equal(&own->addr, &link->own[j].addr))
                return false;
    }
    return true;
}
