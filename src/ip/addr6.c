/* SPDX-License-Identifier: ISC
 *
 * Own IPv6 addresses: where they come from, how long they are good for, and when they end. RFC 4862
 * 5.3 to 5.5, RFC 8981.
 *
 *                link/ finds it free           preferred_until        valid_until
 *   tentative -----------------------> preferred ---------> deprecated ---------> gone
 *       | taken by another host
 *       +--> another identifier, three times (RFC 7217 6), then no such address
 *
 * An address is tentative, and no use, until link/ says that it is ready; deprecated ones still
 * receive, and send for what began with them (source6.c). Only "gone" is an event; the rest is
 * comparing instants. The table is small and walked; one timer serves all. */
#include <base/assert.h>
#include <ip/ip_state.h>
#include <string.h>

/* RFC 4862 5.5.3 (e): a lifetime that comes from outside unauthenticated is not cut below this. */
#define TWO_HOURS MNET_SEC(7200)
/* RFC 7217 6, RFC 8981 3.8: IDGEN_RETRIES. */
#define TRIES_MAX 3u
/* RFC 8981 3.8. */
#define TEMP_VALID MNET_SEC(2 * 86400)
#define TEMP_PREFERRED MNET_SEC(86400)
#define REGEN_ADVANCE MNET_SEC(5)
/* How often a tentative address is asked after; link/ takes one to two seconds for it. */
#define READY_STEP MNET_MS(100)
/* Stable addresses for prefixes; with two temporary ones each they leave room for the others. */
#define AUTO_MAX 4u

static const struct mnet_addr link_local_prefix = {{0xfe, 0x80}};

static uint32_t index_of(const struct mn_ip *ip, const struct mnet_addr *addr)
{
    uint32_t i = 0;
    while (i < ip->v6.own_count && !mnet_addr_equal(&ip->v6.own[i].addr, addr))
        i++;
    return i;
}

struct mn_ip6_own *mn_ip6_own_find(struct mn_ip *ip, const struct mnet_addr *addr)
{
    uint32_t i = index_of(ip, addr);
    return i < ip->v6.own_count ? &ip->v6.own[i] : NULL;
}

bool mn_ip6_own_is_ready(const struct mn_ip *ip, const struct mn_ip6_own *own)
{
    return own->is_ready || mn_link_addr_is_ready(ip->link, &own->addr);
}

/* ---- the timer ---- */

static mnet_time earlier(mnet_time a, mnet_time b)
{
    return a < b ? a : b;
}

/* When a temporary address makes its successor: RFC 8981 3.4. */
static mnet_time renews_at(const struct mn_ip6_own *own)
{
    if (own->origin != MN_IP6_TEMPORARY || own->is_renewed || own->preferred_until == MNET_NEVER)
        return MNET_NEVER;
    return own->preferred_until > REGEN_ADVANCE ? own->preferred_until - REGEN_ADVANCE : 0;
}

static void arm(struct mn_ip *ip)
{
    mnet_time at = MNET_NEVER;
    for (uint32_t i = 0; i < ip->v6.own_count; i++) {
        const struct mn_ip6_own *own = &ip->v6.own[i];
        at = earlier(at, own->valid_until);
        at = earlier(at, renews_at(own));
        if (!own->is_ready)
            at = earlier(at, ip->env->now + READY_STEP);
    }
    mn_env_arm(ip->env, &ip->v6.addr_timer, at);
}

/* ---- adding and removing ---- */

static bool may_be_own(const struct mnet_cidr *cidr)
{
    const struct mnet_addr *addr = &cidr->addr;
    return cidr->prefix_len <= 128 && !mnet_addr_is_v4(addr) && !mnet_addr_is_any(addr) &&
           !mnet_addr_is_loopback(addr) && !mnet_addr_is_multicast(addr);
}

mnet_err mn_ip6_addr_add(struct mn_ip *ip, const struct mnet_cidr *cidr, enum mn_ip6_origin origin,
                         mnet_time preferred_until, mnet_time valid_until)
{
    struct mn_ip6 *v6 = &ip->v6;
    if (!v6->is_on || !may_be_own(cidr))
        return MNET_ERR_INVALID;
    if (index_of(ip, &cidr->addr) < v6->own_count)
        return MNET_ERR_ADDR_IN_USE;
    if (v6->own_count == MN_IP6_ADDRS)
        return MNET_ERR_NO_MEMORY;
    /* RFC 4862 5.4.2: the group is joined before the first solicitation. */
    struct mnet_addr group = mn_ip6_solicited_node(&cidr->addr);
    mnet_err err = mn_ip_group_join(ip, &group);
    if (err != MNET_OK)
        return err;
    err = mn_link_addr_add(ip->link, &cidr->addr);
    if (err != MNET_OK) {
        mn_ip_group_leave(ip, &group);
        return err;
    }
    v6->own[v6->own_count++] = (struct mn_ip6_own){.addr = cidr->addr,
                                                   .prefix_len = cidr->prefix_len,
                                                   .origin = (uint8_t)origin,
                                                   .created = ip->env->now,
                                                   .preferred_max = preferred_until,
                                                   .preferred_until = preferred_until,
                                                   .valid_until = valid_until};
    arm(ip);
    return MNET_OK;
}

static void remove_at(struct mn_ip *ip, uint32_t i)
{
    struct mn_ip6 *v6 = &ip->v6;
    struct mnet_addr group = mn_ip6_solicited_node(&v6->own[i].addr);
    mn_link_addr_remove(ip->link, &v6->own[i].addr);
    mn_ip_group_leave(ip, &group);
    v6->own_count--;
    for (; i < v6->own_count; i++) /* the order is the order of preference */
        v6->own[i] = v6->own[i + 1];
}

mnet_err mn_ip6_addr_remove(struct mn_ip *ip, const struct mnet_addr *addr)
{
    uint32_t i = index_of(ip, addr);
    if (i >= ip->v6.own_count)
        return MNET_ERR_ADDR_NOT_AVAIL;
    remove_at(ip, i);
    arm(ip);
    return MNET_OK;
}

/* ---- addresses that we make ---- */

static struct mnet_cidr with_iid(const struct mnet_addr *prefix, const uint8_t *iid)
{
    struct mnet_cidr cidr = {*prefix, 64};
    memcpy(cidr.addr.bytes + 8, iid, 8);
    return cidr;
}

static bool is_prefix_of(const struct mnet_addr *prefix, const struct mn_ip6_own *own)
{
    return memcmp(prefix->bytes, own->addr.bytes, 8) == 0;
}

static void make_stable(struct mn_ip *ip, const struct mnet_addr *prefix, enum mn_ip6_origin origin,
                        unsigned tries, mnet_time preferred_until, mnet_time valid_until)
{
    uint8_t iid[8];
    mn_ip6_iid(ip, prefix, tries, iid);
    struct mnet_cidr cidr = with_iid(prefix, iid);
    if (mn_ip6_addr_add(ip, &cidr, origin, preferred_until, valid_until) == MNET_OK)
        ip->v6.own[ip->v6.own_count - 1].tries = (uint8_t)tries;
}

/* RFC 8981 3.4: at most as long as the stable one, and by a random part shorter than a day, so that
 * hosts that started together do not change addresses together. */
static void make_temporary(struct mn_ip *ip, const struct mnet_addr *prefix, unsigned tries,
                           mnet_time preferred_until, mnet_time valid_until)
{
    mnet_time now = ip->env->now;
    /* 3.8: MAX_DESYNC_FACTOR is two fifths of the preferred lifetime. */
    mnet_time less =
        MNET_SEC(mn_env_below(ip->env, (uint32_t)(TEMP_PREFERRED / MNET_SEC(1) * 2 / 5)));
    mnet_time preferred_max = now + TEMP_PREFERRED - less;
    mnet_time preferred = earlier(preferred_max, preferred_until);
    if (preferred <= now + REGEN_ADVANCE) /* it would be replaced at once */
        return;
    uint8_t iid[8];
    mn_ip6_iid_random(ip, iid);
    struct mnet_cidr cidr = with_iid(prefix, iid);
    if (mn_ip6_addr_add(ip, &cidr, MN_IP6_TEMPORARY, preferred,
                        earlier(now + TEMP_VALID, valid_until)) != MNET_OK)
        return;
    struct mn_ip6_own *own = &ip->v6.own[ip->v6.own_count - 1];
    own->tries = (uint8_t)tries;
    own->preferred_max = preferred_max;
}

mnet_err mn_ip6_addr_start(struct mn_ip *ip)
{
    make_stable(ip, &link_local_prefix, MN_IP6_LINK_LOCAL, 0, MNET_NEVER, MNET_NEVER);
    return ip->v6.own_count > 0 ? MNET_OK : MNET_ERR_NO_MEMORY;
}

/* ---- prefixes that routers advertise ---- */

static mnet_time until(const struct mn_ip *ip, uint32_t seconds)
{
    return seconds == UINT32_MAX ? MNET_NEVER : ip->env->now + MNET_SEC(seconds);
}

/* RFC 4862 5.5.3 (e): two hours are left at least, or what was left already if that is less, so
 * that a forged advertisement cannot take addresses away at once. */
static mnet_time new_valid(const struct mn_ip *ip, mnet_time old, mnet_time heard)
{
    mnet_time floor = ip->env->now + TWO_HOURS;
    if (heard > floor || heard > old)
        return heard;
    return old <= floor ? old : floor;
}

static void prolong(struct mn_ip *ip, struct mn_ip6_own *own, mnet_time preferred, mnet_time valid)
{
    mnet_time new_until = new_valid(ip, own->valid_until, valid);
    if (own->origin == MN_IP6_TEMPORARY) {
        /* RFC 8981 3.4: never beyond what it was given at its creation. */
        own->valid_until = earlier(new_until, own->created + TEMP_VALID);
        own->preferred_until = earlier(preferred, own->preferred_max);
        return;
    }
    own->valid_until = new_until;
    own->preferred_until = preferred;
}

/* All addresses of the prefix know that `router` has advertised it. */
static void note_router(struct mn_ip *ip, const struct mnet_addr *prefix,
                        const struct mnet_addr *router)
{
    for (uint32_t i = 0; i < ip->v6.own_count; i++) {
        struct mn_ip6_own *own = &ip->v6.own[i];
        if ((own->origin != MN_IP6_AUTO && own->origin != MN_IP6_TEMPORARY) ||
            !is_prefix_of(prefix, own) || mnet_addr_equal(&own->router[0], router))
            continue;
        own->router[1] = own->router[0];
        own->router[0] = *router;
    }
}

void mn_ip6_addr_prefix(struct mn_ip *ip, const struct mnet_cidr *prefix,
                        const struct mnet_addr *router, uint32_t preferred_s, uint32_t valid_s)
{
    /* RFC 4862 5.5.3 (b), (c), (d): identifiers have 64 bits on Ethernet (RFC 2464 4). */
    if (!ip->v6.is_on || ip->v6.mode == MNET_IPV6_STATIC || prefix->prefix_len != 64 ||
        mn_ip6_is_link_local(&prefix->addr) || mnet_addr_is_multicast(&prefix->addr) ||
        preferred_s > valid_s)
        return;
    mnet_time preferred = until(ip, preferred_s), valid = until(ip, valid_s);
    bool has_stable = false, has_temporary = false;
    unsigned stable = 0;
    for (uint32_t i = 0; i < ip->v6.own_count; i++) {
        struct mn_ip6_own *own = &ip->v6.own[i];
        if (own->origin != MN_IP6_AUTO && own->origin != MN_IP6_TEMPORARY)
            continue;
        stable += own->origin == MN_IP6_AUTO;
        if (!is_prefix_of(&prefix->addr, own))
            continue;
        prolong(ip, own, preferred, valid);
        has_stable |= own->origin == MN_IP6_AUTO;
        has_temporary |= own->origin == MN_IP6_TEMPORARY && !own->is_renewed;
    }
    if (!has_stable && valid_s > 0 && stable < AUTO_MAX) {
        make_stable(ip, &prefix->addr, MN_IP6_AUTO, 0, preferred, valid);
        has_stable = true;
    }
    if (ip->v6.wants_temporary && has_stable && !has_temporary)
        make_temporary(ip, &prefix->addr, 0, preferred, valid);
    note_router(ip, &prefix->addr, router);
    arm(ip);
}

/* ---- what time brings ---- */

/* Another host has it: RFC 4862 5.4.5. One that we made ourselves gets another identifier. */
static void replace_taken(struct mn_ip *ip, uint32_t i)
{
    struct mn_ip6_own taken = ip->v6.own[i];
    char text[MNET_ADDR_TEXT_MAX];
    MN_LOG(ip->env, MNET_LOG_WARNING, "ip6", ip->env->name, "%s is used by another host",
           mnet_addr_print(&taken.addr, text, sizeof text));
    remove_at(ip, i);
    unsigned tries = taken.tries + 1u;
    if (taken.origin == MN_IP6_MANUAL || tries > TRIES_MAX)
        return;
    struct mnet_addr prefix = taken.addr;
    memset(prefix.bytes + 8, 0, 8);
    if (taken.origin == MN_IP6_TEMPORARY)
        make_temporary(ip, &prefix, tries, taken.preferred_until, taken.valid_until);
    else
        make_stable(ip, &prefix, taken.origin, tries, taken.preferred_until, taken.valid_until);
}

/* The successor lives as long as the stable address of the same prefix does. */
static void renew(struct mn_ip *ip, uint32_t i)
{
    struct mnet_addr prefix = ip->v6.own[i].addr;
    ip->v6.own[i].is_renewed = true;
    memset(prefix.bytes + 8, 0, 8);
    for (uint32_t s = 0; s < ip->v6.own_count; s++) {
        const struct mn_ip6_own *stable = &ip->v6.own[s];
        if (stable->origin == MN_IP6_AUTO && is_prefix_of(&prefix, stable)) {
            make_temporary(ip, &prefix, 0, stable->preferred_until, stable->valid_until);
            return;
        }
    }
}

static void look_at(struct mn_ip *ip, uint32_t i)
{
    struct mn_ip6_own *own = &ip->v6.own[i];
    mnet_time now = ip->env->now;
    if (own->valid_until <= now) {
        remove_at(ip, i);
    } else if (!own->is_ready && mn_link_addr_is_taken(ip->link, &own->addr)) {
        replace_taken(ip, i);
    } else {
        bool was_ready = own->is_ready;
        own->is_ready = mn_ip6_own_is_ready(ip, own);
        if (own->is_ready && !was_ready && own->origin == MN_IP6_LINK_LOCAL)
            mn_router_start(ip);
        if (renews_at(own) <= now)
            renew(ip, i);
    }
}

void mn_ip6_addr_timer(struct mn_ip *ip)
{
    /* Backwards: what is removed moves only those that were looked at, what is added comes behind
     * them and is looked at the next time. */
    for (uint32_t i = ip->v6.own_count; i-- > 0;)
        look_at(ip, i);
    arm(ip);
}

bool mn_ip6_addr_ok(const struct mn_ip *ip)
{
    if (ip->v6.own_count > MN_IP6_ADDRS)
        return false;
    for (uint32_t i = 0; i < ip->v6.own_count; i++) {
        const struct mn_ip6_own *own = &ip->v6.own[i];
        struct mnet_cidr cidr = {own->addr, own->prefix_len};
        struct mnet_addr group = mn_ip6_solicited_node(&own->addr);
        if (!may_be_own(&cidr) || index_of(ip, &own->addr) != i ||
            own->preferred_until > own->valid_until || !mn_ip_group_is_joined(ip, &group))
            return false;
    }
    return true;
}
