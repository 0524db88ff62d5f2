/* SPDX-License-Identifier: ISC */
#include "ip6_fixture.h"

static struct fix6 *here; /* mn_ip_out has no other way back to it */

/* ---- the link that is only pretended ---- */

static bool is_among(const struct mnet_addr *list, unsigned count, const struct mnet_addr *addr)
{
    for (unsigned i = 0; i < count; i++)
        if (mnet_addr_equal(&list[i], addr))
            return true;
    return false;
}

const struct mnet_mac *mn_link_mac(const struct mn_link *link)
{
    return &link->mac;
}

uint32_t mn_link_mtu(const struct mn_link *link)
{
    return link->mtu;
}

mnet_err mn_link_addr_add(struct mn_link *link, const struct mnet_addr *addr)
{
    if (link->refuse != MNET_OK)
        return link->refuse;
    assert_false(is_among(link->own, link->own_count, addr));
    assert_true(link->own_count < KNOWN_MAX);
    link->own[link->own_count++] = *addr;
    return MNET_OK;
}

void mn_link_addr_remove(struct mn_link *link, const struct mnet_addr *addr)
{
    for (unsigned i = 0; i < link->own_count; i++) {
        if (mnet_addr_equal(&link->own[i], addr)) {
            link->own[i] = link->own[--link->own_count];
            return;
        }
    }
    fail_msg("an address is removed that was never added");
}

bool mn_link_addr_is_taken(const struct mn_link *link, const struct mnet_addr *addr)
{
    return is_among(link->taken, link->taken_count, addr);
}

bool mn_link_addr_is_ready(const struct mn_link *link, const struct mnet_addr *addr)
{
    assert_true(is_among(link->own, link->own_count, addr));
    return link->is_ready && !mn_link_addr_is_taken(link, addr);
}

enum mn_neigh_view mn_link_neigh_view(const struct mn_link *link, const struct mnet_addr *addr,
                                      bool *is_router)
{
    *is_router = !is_among(link->not_router, link->not_router_count, addr);
    return is_among(link->silent, link->silent_count, addr) ? MN_NEIGH_VIEW_SILENT
                                                            : MN_NEIGH_VIEW_THERE;
}

void mn_link_neigh_heard(struct mn_link *link, const struct mnet_addr *addr,
                         const struct mnet_mac *mac, bool is_router)
{
    link->heard = *addr;
    link->heard_mac = *mac;
    link->heard_is_router = is_router;
    link->heard_count++;
}

void mn_link_neigh_params(struct mn_link *link, uint32_t reachable_ms, uint32_t retrans_ms)
{
    link->reachable_ms = reachable_ms;
    link->retrans_ms = retrans_ms;
}

/* ---- the rest of ip/ ---- */

mn_sum mn_ip_pseudo_sum(const struct mnet_addr *src, const struct mnet_addr *dst, uint8_t proto,
                        uint32_t len)
{
    mn_sum sum = mn_sum_add(mn_sum_add(0, src->bytes, 16), dst->bytes, 16);
    return mn_sum_add16(mn_sum_add16(sum, proto), (uint16_t)len);
}

mnet_err mn_ip_source(struct mn_ip *ip, const struct mnet_addr *dst, struct mnet_addr *src)
{
    (void)ip;
    (void)dst;
    *src = here->source4;
    return mnet_addr_is_any(src) ? MNET_ERR_NET_UNREACH : MNET_OK;
}

mnet_err mn_link_out(struct mn_link *link, struct mn_pkt *pkt, const struct mnet_addr *next_hop,
                     bool is_broadcast)
{
    struct sent6 *sent = &here->igmp;
    (void)link;
    assert_false(is_broadcast);
    sent->tx.dst = *next_hop;
    sent->len = pkt->frame.len;
    sent->count++;
    assert_true(pkt->frame.len <= sizeof sent->bytes);
    mn_pkt_copy_out(pkt, 0, sent->bytes, pkt->frame.len);
    mn_pkt_free(&here->env, pkt);
    return MNET_OK;
}

mnet_err mn_ip_out(struct mn_ip *ip, struct mn_pkt *pkt, const struct mn_ip_tx *tx)
{
    /* MLD reports are kept apart: they begin with a hop-by-hop header. */
    bool is_report = tx->proto == 0;
    struct sent6 *sent = is_report ? &here->report : &here->sent;
    sent->tx = *tx;
    sent->len = pkt->frame.len;
    sent->count++;
    assert_true(pkt->frame.len <= sizeof sent->bytes);
    mn_pkt_copy_out(pkt, 0, sent->bytes, pkt->frame.len);
    mn_pkt_free(ip->env, pkt);
    return MNET_OK;
}

/* ---- the layer ---- */

struct fix6 *fix6_new(enum mnet_ipv6_mode mode)
{
    struct fix6 *f = calloc(1, sizeof *f);
    size_t len = 64 * MN_PAGE_SIZE;
    f->region = aligned_alloc(64, len);
    assert_true(mn_mem_init(&f->env.mem, f->region, len));
    mnet_rng_seeded_init(&f->rng, 7);
    f->env.rng = &f->rng.rng;
    f->env.now = MNET_SEC(1000);
    f->env.name = "test";
    f->env.hash_key = (struct mn_hash_key){{1, 2}};
    mn_wheel_init(&f->env.wheel, f->env.now);
    mn_pool_init(&f->env.pkts, &f->env.mem, "packets", sizeof(struct mn_pkt), UINT32_MAX);
    f->link.mac = (struct mnet_mac){{0x02, 0, 0, 0x11, 0x22, 0x33}};
    f->link.mtu = 1500;
    f->link.is_ready = true;
    f->ip.env = &f->env;
    f->ip.link = &f->link;
    struct mn_ip6 *v6 = &f->ip.v6;
    v6->is_on = mode != MNET_IPV6_OFF;
    v6->mode = (uint8_t)mode;
    v6->hop_limit = 64;
    v6->mtu = 1500;
    v6->secret = (struct mn_hash_key){{3, 4}};
    v6->redirect = mn_mem_carve(&f->env.mem, MN_IP6_REDIRECTS * sizeof v6->redirect[0]);
    mn_timer_init(&v6->addr_timer, MN_TIMER_IP | MN_IP_TIMER_ADDR6);
    mn_timer_init(&v6->route_timer, MN_TIMER_IP | MN_IP_TIMER_ROUTE6);
    mn_timer_init(&v6->router_timer, MN_TIMER_IP | MN_IP_TIMER_ROUTER);
    mn_report_init(&f->ip);
    here = f;
    return f;
}

void fix6_free(struct fix6 *f)
{
    assert_true(mn_ip6_addr_ok(&f->ip));
    assert_true(mn_ip6_route_ok(&f->ip));
    assert_int_equal(f->env.pkts.count, 0);
    free(f->region);
    free(f);
}

int fix6_setup(void **state)
{
    *state = fix6_new(MNET_IPV6_PRIVATE);
    return 0;
}

int fix6_teardown(void **state)
{
    fix6_free(*state);
    return 0;
}

static void fire(struct fix6 *f, struct mn_timer *timer)
{
    switch (timer->kind & 0x0f) {
    case MN_IP_TIMER_ADDR6:
        mn_ip6_addr_timer(&f->ip);
        break;
    case MN_IP_TIMER_ROUTE6:
        mn_ip6_route_timer(&f->ip);
        break;
    case MN_IP_TIMER_GROUP:
        mn_report_timer(&f->ip);
        break;
    case MN_IP_TIMER_ROUTER:
        mn_router_timer(&f->ip);
        break;
    default:
        fail_msg("a timer of kind %d", timer->kind);
    }
}

void fix6_pass(struct fix6 *f, mnet_time time)
{
    mnet_time end = f->env.now + time;
    for (;;) {
        mnet_time next = mn_wheel_next(&f->env.wheel);
        f->env.now = next < end ? (next > f->env.now ? next : f->env.now) : end;
        struct mn_timer *timer = mn_wheel_expire(&f->env.wheel, f->env.now);
        if (timer)
            fire(f, timer);
        else if (f->env.now == end)
            break;
        assert_true(mn_ip6_addr_ok(&f->ip) && mn_ip6_route_ok(&f->ip) && mn_report_ok(&f->ip));
    }
}

/* ---- words ---- */

struct mnet_cidr cidr6(const char *text)
{
    struct mnet_cidr cidr;
    assert_int_equal(mnet_cidr_parse(text, &cidr), MNET_OK);
    return cidr;
}

struct mnet_addr addr6(const char *text)
{
    struct mnet_addr addr;
    assert_int_equal(mnet_addr_parse(text, &addr), MNET_OK);
    return addr;
}

struct mn_ip6_own *own6(struct fix6 *f, enum mn_ip6_origin origin, unsigned i)
{
    for (unsigned n = 0; n < f->ip.v6.own_count; n++)
        if (f->ip.v6.own[n].origin == origin && i-- == 0)
            return &f->ip.v6.own[n];
    fail_msg("there is no such address");
    return NULL;
}

unsigned own6_count(const struct fix6 *f, enum mn_ip6_origin origin)
{
    unsigned count = 0;
    for (unsigned n = 0; n < f->ip.v6.own_count; n++)
        count += f->ip.v6.own[n].origin == origin;
    return count;
}

const char *hop6(struct fix6 *f, const char *dst)
{
    static char text[MNET_ADDR_TEXT_MAX];
    struct mnet_addr addr = addr6(dst);
    struct mn_ip6_hop hop;
    if (!mn_ip6_hop_find(&f->ip, &addr, &hop))
        return "none";
    if (hop.is_local || hop.is_group)
        return hop.is_local ? "local" : "group";
    return mnet_addr_print(&hop.next, text, sizeof text);
}

void set_silent(struct fix6 *f, const char *addr)
{
    f->link.silent[f->link.silent_count++] = addr6(addr);
}

void set_not_router(struct fix6 *f, const char *addr)
{
    f->link.not_router[f->link.not_router_count++] = addr6(addr);
}

void set_taken(struct fix6 *f, const struct mnet_addr *addr)
{
    f->link.taken[f->link.taken_count++] = *addr;
}
