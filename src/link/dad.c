/* SPDX-License-Identifier: ISC
 *
 * How an IPv6 address becomes ours: duplicate address detection, RFC 4862 5.4 with RFC 7527.
 *
 *   add -- up to 1 s --> one solicitation from :: -- 1 s of silence --> READY, routers are told
 *                           |          ^    | our own one comes back: three more
 *      advertised, or       |          +----+
 *      solicited by another v
 *                        CONFLICT
 *
 * The wait of up to a second is for hosts that start together, or that one router advertisement has
 * reached together (RFC 4862 5.4.2); solicitations of others are heard meanwhile. A solicitation
 * that no memory was left for does not count: an address that was not asked for is not used.
 *
 * Each solicitation carries a nonce (RFC 7527), so that our own one, sent back by something on the
 * link, is not taken for another host's. It makes us ask three times more, and only once, so that a
 * link that always reflects is usable.
 *
 * An address that is ours stays ours: when another host advertises it too, that is reported, like
 * RFC 5227's conflicts. It is not defended: our next advertisement is believed as theirs was. */
#include <link/link_state.h>
#include <string.h>

#define TRANSMITS 1       /* RFC 4862 5.1: DupAddrDetectTransmits */
#define EXTRA_TRANSMITS 3 /* RFC 7527 4.1: MAX_MULTICAST_SOLICIT */

static bool is_link_local(const struct mnet_addr *addr)
{
    return addr->bytes[0] == 0xfe && (addr->bytes[1] & 0xc0) == 0x80;
}

static void draw_nonce(struct mn_link *link, struct mn_link_own *own)
{
    struct mn_wr w = mn_wr_over(own->nonce, sizeof own->nonce);
    mn_wr_be32(&w, mn_env_random32(link->env));
    mn_wr_be16(&w, (uint16_t)mn_env_random32(link->env));
}

void mn_dad_timer(struct mn_link *link, struct mn_link_own *own)
{
    if (own->sent == TRANSMITS + own->extra) {
        own->state = MN_OWN_READY;
        /* RFC 9131 6.1.2: routers that know a new address before its first packet do not have to
         * look for it, nor to drop what comes for it meanwhile. One is enough: it only saves time.
         */
        if (!is_link_local(&own->addr))
            mn_ndp_announce(link, &own->addr);
        return;
    }
    if (own->sent == 0)
        draw_nonce(link, own);
    if (mn_ndp_probe(link, &own->addr, own->nonce))
        own->sent++;
    mn_env_arm(link->env, &own->timer, link->env->now + MNET_MS(mn_neigh_retrans_ms(link)));
}

void mn_dad_probed(struct mn_link *link, struct mn_link_own *own, const uint8_t *nonce)
{
    static const struct mnet_mac unknown;
    /* RFC 7527 4.2: our own solicitation has come back. */
    if (own->sent > 0 && nonce && memcmp(nonce, own->nonce, sizeof own->nonce) == 0) {
        own->extra = EXTRA_TRANSMITS;
        return;
    }
    link->env->stats.ndp_conflicts++;
    mn_own_lose(link, own, &unknown);
}

void mn_dad_advertised(struct mn_link *link, struct mn_link_own *own, const struct mnet_mac *mac)
{
    static const struct mnet_mac unknown;
    link->env->stats.ndp_conflicts++;
    /* RFC 4862 5.4.4: another host has it; the same message about an address in use is a sign that
     * detection has failed. */
    if (own->state == MN_OWN_PROBING)
        mn_own_lose(link, own, mac ? mac : &unknown);
    else
        (void)mn_own_report(link, own, mac ? mac : &unknown);
}

bool mn_dad_ok(const struct mn_link_own *own)
{
    bool is_armed = mn_timer_is_armed(&own->timer);
    return (own->extra == 0 || own->extra == EXTRA_TRANSMITS) &&
           own->sent <= TRANSMITS + own->extra && (own->state == MN_OWN_PROBING) == is_armed;
}
