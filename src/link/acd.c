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
#define PROBE_NUM 3
#define PROBE_MIN MNET_SEC(1)
#define PROBE_MAX MNET_SEC(2)
#define ANNOUNCE_WAIT MNET_SEC(2)
#define ANNOUNCE_NUM 2
#define ANNOUNCE_INTERVAL MNET_SEC(2)

bool mn_acd_is_ready(const struct mn_link *link, uint32_t v4)
{
    struct mnet_addr addr = mnet_addr_v4(v4);
    return mn_link_addr_is_ready(link, &addr);
}

uint32_t mn_acd_source(const struct mn_link *link, uint32_t target)
{
    uint32_t best = 0, best_differs = UINT32_MAX;
    for (unsigned i = 0; i < link->own_end; i++) {
        if (link->own[i].state != MN_OWN_READY || !mnet_addr_is_v4(&link->own[i].addr))
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
                   now + (own->sent < PROBE_NUM ? mn_own_random_time(link, PROBE_MIN, PROBE_MAX)
                                                : ANNOUNCE_WAIT));
    else if (own->sent < ANNOUNCE_NUM)
        mn_env_arm(link->env, &own->timer,
                   now + ANNOUNCE_INTERVAL); /* RFC 5227 2.3: a second time. */
}

/* ---- conflicts ---- */

bool mn_acd_in(struct mn_link *link, const struct mn_arp_hdr *hdr)
{
    struct mnet_addr sender = mnet_addr_v4(hdr->spa), target = mnet_addr_v4(hdr->tpa);
    struct mn_link_own *claimed = mn_own_find(link, &sender);
    struct mn_link_own *probed = hdr->spa == 0 ? mn_own_find(link, &target) : NULL;
    /* RFC 5227 2.1.1: while we probe, both a claim and another's probe are conflicts. */
    struct mn_link_own *lost = claimed ? claimed : probed;
    if (lost && lost->state == MN_OWN_PROBING) {
        link->env->stats.arp_conflicts++;
        mn_own_lose(link, lost, &hdr->sha);
        return true;
    }
    /* RFC 5227 2.4: once the address is in use, only a claim is a conflict. An announcement makes
     * the others believe us again. */
    if (claimed && claimed->state == MN_OWN_READY) {
        link->env->stats.arp_conflicts++;
        if (mn_own_report(link, claimed, &hdr->sha))
            tell(link, claimed);
        return true;
    }
    return false;
}

bool mn_acd_ok(const struct mn_link_own *own)
{
    return own->sent <= PROBE_NUM;
}
