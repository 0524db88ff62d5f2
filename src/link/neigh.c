/* SPDX-License-Identifier: ISC
 *
 * The bounded table of neighbours: which hardware address an IP address on this link has, and which
 * packets wait to know. RFC 4861 7.3, for both families.
 *
 *                     request             answer                  unconfirmed for long
 *   packet to nobody --------> INCOMPLETE ------> REACHABLE ---------------------------> STALE
 *   known                 ^     | 3 asked            ^  ^                          used |  | 20 min
 *                         |     v                    |  | confirmed                     v  v
 *                         |  FAILED                  |  +-- PROBE <------------------ DELAY gone
 *                  packet |     | 3 s           hint       | 3 asked     5 s
 *                         |     v                          |
 *                        LOST <----------------------------+
 *                         | 1 min
 *                         v
 *                        gone
 *
 * INCOMPLETE asks everybody once a second, three times (RFC 1122 2.3.2.1: no flood of requests),
 * and packets wait meanwhile. FAILED refuses packets at once, so that a sender hears of it and the
 * link is not asked again and again. LOST is asked anew for whoever must have it, but whoever has a
 * choice takes another one (RFC 4861 6.3.6). STALE is used as it is; whoever uses it has 5 s to
 * find that the neighbour is there (an acknowledgement of new data), then the neighbour itself is
 * asked (RFC 1122 2.3.2.1: unicast poll). So busy TCP peers are never asked, and a host that has
 * gone or moved is noticed soon.
 *
 * The key is an address of either family. What differs: IPv4 believes whatever a neighbour says of
 * itself (RFC 826) and has times of its own; IPv6 tells an answer from an announcement, and takes
 * its times from router advertisements; only `ask` knows how a family asks.
 *
 * Nobody outside can push good entries out (RFC 6583). Entries are in four lists. Addresses that we
 * are made to look for share MN_NEIGH_UNRESOLVED_MAX entries; hosts that only talk to us take free
 * entries or replace others of their kind; what is left when the table is full goes by least recent
 * use. */
#include <base/assert.h>
#include <link/link_state.h>
#include <string.h>

#define SOLICITS 3                /* RFC 4861 10: MAX_MULTICAST_SOLICIT, MAX_UNICAST_SOLICIT */
#define DELAY_TIME MNET_SEC(5)    /* RFC 4861 10: DELAY_FIRST_PROBE_TIME */
#define FAILED_TIME MNET_SEC(3)   /* as long as it usually took to find out */
#define LOST_TIME MNET_SEC(60)    /* RFC 4191 3.5: a router that was passed over is tried again */
#define STALE_TIME MNET_SEC(1200) /* of an entry that is not used: 20 minutes are customary */
#define IP4_RETRANS_TIME MNET_SEC(1)    /* RFC 1122 2.3.2.1: at most one request a second */
#define IP4_REACHABLE_TIME MNET_SEC(60) /* RFC 1122 2.3.2.1: about a minute */

/* RFC 4861 10: REACHABLE_TIME, RETRANS_TIMER: until a router says otherwise. */
#define REACHABLE_MS 30000u
#define RETRANS_MS 1000u
/* RFC 4861 6.2.1: no router may advertise more. */
#define REACHABLE_MS_MAX 3600000u
/* No router makes us ask more than ten times a second, or leaves packets waiting for minutes. */
#define RETRANS_MS_MIN 100u
#define RETRANS_MS_MAX 10000u
/* RFC 4861 6.3.4: a new random time at least every few hours. */
#define REACHABLE_REDRAW MNET_SEC(7200)

mnet_err mn_neigh_init(struct mn_link *link)
{
    struct mn_neigh_table *table = &link->neigh;
    struct mn_mem *mem = &link->env->mem;
    table->entry = mn_mem_carve(mem, MN_NEIGH_MAX * sizeof table->entry[0]);
    table->bucket = mn_mem_carve(mem, MN_NEIGH_BUCKETS * sizeof table->bucket[0]);
    if (!table->entry || !table->bucket)
        return MNET_ERR_NO_MEMORY;
    for (unsigned c = 0; c < MN_NEIGH_CLASSES; c++)
        mn_list_init(&table->list[c]);
    for (unsigned i = 0; i < MN_NEIGH_MAX; i++) {
        struct mn_neigh *neigh = &table->entry[i];
        mn_timer_init(&neigh->timer, MN_LINK_TIMER_NEIGH);
        mn_list_push_back(&table->list[MN_NEIGH_CLASS_FREE], &neigh->node);
    }
    table->count[MN_NEIGH_CLASS_FREE] = MN_NEIGH_MAX;
    table->reachable_ms = REACHABLE_MS;
    table->retrans_ms = RETRANS_MS;
    return MNET_OK;
}

void mn_neigh_deinit(struct mn_link *link)
{
    for (unsigned i = 0; link->neigh.entry && i < MN_NEIGH_MAX; i++) {
        struct mn_neigh *neigh = &link->neigh.entry[i];
        mn_env_disarm(link->env, &neigh->timer);
        mn_pktq_clear(link->env, &neigh->waiting);
    }
}

/* ---- the table ---- */

static unsigned number_of(const struct mn_link *link, const struct mn_neigh *neigh)
{
    return (unsigned)(neigh - link->neigh.entry);
}

static uint16_t *bucket_of(const struct mn_link *link, const struct mnet_addr *addr)
{
    uint64_t hash = mn_siphash13(&link->env->hash_key, addr->bytes, sizeof addr->bytes);
    return &link->neigh.bucket[hash & (MN_NEIGH_BUCKETS - 1)];
}

/* The number of an entry plus one, 0: none. */
static unsigned find_number(const struct mn_link *link, const struct mnet_addr *addr)
{
    const struct mn_neigh_table *table = &link->neigh;
    if (table->last != 0 && mnet_addr_equal(&table->entry[table->last - 1].addr, addr))
        return table->last;
    unsigned n = *bucket_of(link, addr);
    while (n != 0 && !mnet_addr_equal(&table->entry[n - 1].addr, addr))
        n = table->entry[n - 1].chain;
    return n;
}

static struct mn_neigh *find(struct mn_link *link, const struct mnet_addr *addr)
{
    unsigned n = find_number(link, addr);
    if (n == 0)
        return NULL;
    link->neigh.last = (uint16_t)n;
    return &link->neigh.entry[n - 1];
}

/* Moves an entry to the back of a class: the last one to be given up. */
static void enter_class(struct mn_link *link, struct mn_neigh *neigh, enum mn_neigh_class class)
{
    struct mn_neigh_table *table = &link->neigh;
    table->count[neigh->class]--;
    mn_list_remove(&neigh->node);
    neigh->class = (uint8_t) class;
    mn_list_push_back(&table->list[class], &neigh->node);
    table->count[class]++;
}

/* The next packet that waits for `neigh`; NULL if there is none. */
static struct mn_pkt *pop_waiting(struct mn_link *link, struct mn_neigh *neigh)
{
    struct mn_pkt *pkt = mn_pktq_pop(&neigh->waiting);
    if (pkt) {
        link->neigh.waiting--;
        link->neigh.waiting_bytes -= mn_pkt_truesize(link->env, pkt);
    }
    return pkt;
}

static void give_up(struct mn_link *link, struct mn_neigh *neigh)
{
    struct mn_pkt *pkt;
    while ((pkt = pop_waiting(link, neigh)) != NULL)
        mn_pkt_drop(link->env, pkt, MNET_DROP_NEIGH_TABLE_FULL);
    mn_env_disarm(link->env, &neigh->timer);

    unsigned number = number_of(link, neigh) + 1;
    uint16_t *at = bucket_of(link, &neigh->addr);
    while (*at != number) {
        MN_ASSERT(*at != 0);
        at = &link->neigh.entry[*at - 1].chain;
    }
    *at = neigh->chain;
    if (link->neigh.last == number)
        link->neigh.last = 0;
    neigh->state = MN_NEIGH_FREE;
    enter_class(link, neigh, MN_NEIGH_CLASS_FREE);
}

/* Gives up the first entry of a class; false if there is none. */
static bool give_up_first(struct mn_link *link, enum mn_neigh_class class)
{
    struct mn_list *list = &link->neigh.list[class];
    if (mn_list_is_empty(list))
        return false;
    give_up(link, MN_CONTAINER(list->next, struct mn_neigh, node));
    return true;
}

static unsigned unresolved(const struct mn_link *link)
{
    return link->neigh.count[MN_NEIGH_CLASS_ASKED] + link->neigh.count[MN_NEIGH_CLASS_FAILED];
}

/* An entry for `addr`, in the class that it is asked for; NULL when all entries have a better
 * right. */
static struct mn_neigh *add(struct mn_link *link, const struct mnet_addr *addr,
                            enum mn_neigh_class class)
{
    struct mn_neigh_table *table = &link->neigh;
    bool is_full = table->count[MN_NEIGH_CLASS_FREE] == 0;
    bool has_room = true;
    if (class == MN_NEIGH_CLASS_ASKED && unresolved(link) >= MN_NEIGH_UNRESOLVED_MAX)
        has_room =
            give_up_first(link, MN_NEIGH_CLASS_FAILED) || give_up_first(link, MN_NEIGH_CLASS_ASKED);
    else if (class == MN_NEIGH_CLASS_ASKED && is_full)
        has_room =
            give_up_first(link, MN_NEIGH_CLASS_LEARNED) || give_up_first(link, MN_NEIGH_CLASS_USED);
    else if (is_full)
        has_room = give_up_first(link, MN_NEIGH_CLASS_LEARNED);
    if (!has_room)
        return NULL;

    struct mn_list *node = table->list[MN_NEIGH_CLASS_FREE].next;
    struct mn_neigh *neigh = MN_CONTAINER(node, struct mn_neigh, node);
    enter_class(link, neigh, class);
    neigh->addr = *addr;
    neigh->role = MN_NEIGH_ROLE_UNSAID;
    uint16_t *bucket = bucket_of(link, addr);
    neigh->chain = *bucket;
    *bucket = (uint16_t)(number_of(link, neigh) + 1);
    return neigh;
}

/* ---- times ---- */

static mnet_time retrans_time(const struct mn_link *link, const struct mn_neigh *neigh)
{
    return mnet_addr_is_v4(&neigh->addr) ? IP4_RETRANS_TIME : MNET_MS(link->neigh.retrans_ms);
}

/* How long a confirmation is good for. RFC 4861 6.3.2: half to one and a half of what routers say,
 * at random, so that neighbours do not ask each other at the same time. */
static mnet_time reachable_time(struct mn_link *link, const struct mn_neigh *neigh)
{
    struct mn_neigh_table *table = &link->neigh;
    mnet_time now = link->env->now;
    if (mnet_addr_is_v4(&neigh->addr))
        return IP4_REACHABLE_TIME;
    if (table->reachable == 0 || now - table->drawn_at >= REACHABLE_REDRAW) {
        uint32_t base = table->reachable_ms;
        table->reachable = MNET_MS(base) / 2 + MNET_MS(mn_env_below(link->env, base + 1));
        table->drawn_at = now;
    }
    return table->reachable;
}

static uint32_t within(uint32_t value, uint32_t min, uint32_t max)
{
    return value < min ? min : value > max ? max : value;
}

void mn_link_neigh_params(struct mn_link *link, uint32_t reachable_ms, uint32_t retrans_ms)
{
    struct mn_neigh_table *table = &link->neigh;
    uint32_t base = within(reachable_ms, 1, REACHABLE_MS_MAX);
    if (reachable_ms != 0 && base != table->reachable_ms) {
        table->reachable_ms = base;
        table->reachable = 0; /* RFC 4861 6.3.4: another base, another time */
    }
    if (retrans_ms != 0)
        table->retrans_ms = within(retrans_ms, RETRANS_MS_MIN, RETRANS_MS_MAX);
}

uint32_t mn_neigh_retrans_ms(const struct mn_link *link)
{
    return link->neigh.retrans_ms;
}

/* ---- states ---- */

/* Asks for the address of an entry: its last known place if it has one, everybody otherwise. */
static void ask(struct mn_link *link, struct mn_neigh *neigh)
{
    const struct mnet_mac *mac = neigh->state == MN_NEIGH_PROBE ? &neigh->mac : NULL;
    neigh->tries++;
    mn_env_arm(link->env, &neigh->timer, link->env->now + retrans_time(link, neigh));
    if (mnet_addr_is_v4(&neigh->addr))
        mn_arp_request(link, mnet_addr_to_v4(&neigh->addr), mac);
    else
        mn_ndp_solicit(link, &neigh->addr, mac, neigh->waiting.head);
}

static void start_asking(struct mn_link *link, struct mn_neigh *neigh, enum mn_neigh_state state)
{
    neigh->state = (uint8_t)state;
    neigh->tries = 0;
    ask(link, neigh);
}

static void go_stale(struct mn_link *link, struct mn_neigh *neigh)
{
    neigh->state = MN_NEIGH_STALE;
    mn_env_arm(link->env, &neigh->timer, link->env->now + STALE_TIME);
}

static void confirm(struct mn_link *link, struct mn_neigh *neigh)
{
    neigh->confirmed_at = link->env->now;
    if (neigh->state == MN_NEIGH_REACHABLE)
        return; /* the timer looks at confirmed_at when it expires */
    neigh->state = MN_NEIGH_REACHABLE;
    mn_env_arm(link->env, &neigh->timer, neigh->confirmed_at + reachable_time(link, neigh));
}

/* It is remembered that nobody has answered, in the share of the table that such entries have. */
static void lose(struct mn_link *link, struct mn_neigh *neigh)
{
    bool is_counted = neigh->class == MN_NEIGH_CLASS_FAILED;
    if (!is_counted && unresolved(link) >= MN_NEIGH_UNRESOLVED_MAX &&
        !give_up_first(link, MN_NEIGH_CLASS_FAILED)) {
        give_up(link, neigh);
        return;
    }
    neigh->state = MN_NEIGH_LOST;
    enter_class(link, neigh, MN_NEIGH_CLASS_FAILED);
    mn_env_arm(link->env, &neigh->timer, link->env->now + LOST_TIME);
}

/* Nobody has answered: what waits is handed back to whoever sent it. */
static void fail(struct mn_link *link, struct mn_neigh *neigh)
{
    neigh->state = MN_NEIGH_FAILED;
    link->env->stats.neigh_failures++;
    enter_class(link, neigh, MN_NEIGH_CLASS_FAILED);
    mn_env_arm(link->env, &neigh->timer, link->env->now + FAILED_TIME);
    struct mn_pkt *pkt;
    while ((pkt = pop_waiting(link, neigh)) != NULL) {
        if (link->failed.count < MN_LINK_FAILED_MAX)
            mn_pktq_push(&link->failed, pkt);
        else
            mn_pkt_drop(link->env, pkt, MNET_DROP_NEIGH_FAILED);
    }
}

void mn_neigh_timer(struct mn_link *link, struct mn_neigh *neigh)
{
    mnet_time now = link->env->now;
    switch (neigh->state) {
    case MN_NEIGH_INCOMPLETE:
        if (neigh->tries < SOLICITS)
            ask(link, neigh);
        else
            fail(link, neigh);
        break;
    case MN_NEIGH_DELAY: /* RFC 4861 7.3.3: nobody has confirmed it meanwhile */
        start_asking(link, neigh, MN_NEIGH_PROBE);
        break;
    case MN_NEIGH_PROBE:
        if (neigh->tries < SOLICITS)
            ask(link, neigh);
        else
            lose(link, neigh); /* RFC 4861 7.3.3: the next packet asks everybody */
        break;
    case MN_NEIGH_FAILED:
        lose(link, neigh);
        break;
    case MN_NEIGH_REACHABLE:
        if (now - neigh->confirmed_at < reachable_time(link, neigh))
            mn_env_arm(link->env, &neigh->timer, neigh->confirmed_at + reachable_time(link, neigh));
        else
            go_stale(link, neigh);
        break;
    default: /* STALE or LOST for long enough */
        give_up(link, neigh);
        break;
    }
}

/* ---- packets ---- */

static void wait_for_answer(struct mn_link *link, struct mn_neigh *neigh, struct mn_pkt *pkt)
{
    struct mn_neigh_table *table = &link->neigh;
    uint32_t size = mn_pkt_truesize(link->env, pkt);
    uint64_t limit = (uint64_t)link->env->mem.page_count * MN_PAGE_SIZE / MN_NEIGH_BUDGET_SHARE;
    if (size > 2 * MN_BLOCK_SMALL && table->waiting_bytes + size > limit) {
        mn_pkt_drop(link->env, pkt, MNET_DROP_NEIGH_QUEUE_FULL);
        return;
    }
    /* RFC 1122 2.3.2.2: the latest packet is the one to keep. */
    unsigned max = table->waiting < MN_NEIGH_WAITING_MAX ? MN_NEIGH_QUEUE_MAX : MN_NEIGH_QUEUE_SURE;
    if (neigh->waiting.count >= max)
        mn_pkt_drop(link->env, pop_waiting(link, neigh), MNET_DROP_NEIGH_QUEUE_FULL);
    mn_pktq_push(&neigh->waiting, pkt);
    table->waiting++;
    table->waiting_bytes += size;
}

mnet_err mn_neigh_out(struct mn_link *link, struct mn_pkt *pkt, const struct mnet_addr *addr)
{
    struct mn_neigh *neigh = find(link, addr);
    if (!neigh) {
        neigh = add(link, addr, MN_NEIGH_CLASS_ASKED);
        MN_ASSERT(neigh != NULL);
        wait_for_answer(link, neigh, pkt);
        start_asking(link, neigh, MN_NEIGH_INCOMPLETE);
        return MNET_OK;
    }
    switch (neigh->state) {
    case MN_NEIGH_INCOMPLETE:
        wait_for_answer(link, neigh, pkt);
        return MNET_OK;
    case MN_NEIGH_FAILED:
        mn_pkt_drop(link->env, pkt, MNET_DROP_NEIGH_FAILED);
        return MNET_ERR_NET_UNREACH;
    case MN_NEIGH_LOST:
        enter_class(link, neigh, MN_NEIGH_CLASS_ASKED);
        wait_for_answer(link, neigh, pkt);
        start_asking(link, neigh, MN_NEIGH_INCOMPLETE);
        return MNET_OK;
    default:
        break;
    }
    /* The latest used is the last to be given up; mostly it is the same as before. */
    if (link->neigh.list[MN_NEIGH_CLASS_USED].prev != &neigh->node)
        enter_class(link, neigh, MN_NEIGH_CLASS_USED);
    if (neigh->state == MN_NEIGH_STALE) {
        neigh->state = MN_NEIGH_DELAY;
        mn_env_arm(link->env, &neigh->timer, link->env->now + DELAY_TIME);
    }
    mn_ether_out(link, pkt, &neigh->mac, mn_link_type(addr));
    return MNET_OK;
}

/* ---- what neighbours and routers say ---- */

/* The entry knows its place now: what waited leaves. */
static void resolve(struct mn_link *link, struct mn_neigh *neigh)
{
    if (neigh->class == MN_NEIGH_CLASS_ASKED || neigh->class == MN_NEIGH_CLASS_FAILED)
        enter_class(link, neigh, MN_NEIGH_CLASS_USED);
    struct mn_pkt *pkt;
    while ((pkt = pop_waiting(link, neigh)) != NULL)
        mn_ether_out(link, pkt, &neigh->mac, mn_link_type(&neigh->addr));
}

bool mn_neigh_update(struct mn_link *link, const struct mnet_addr *addr, const struct mnet_mac *mac)
{
    struct mn_neigh *neigh = find(link, addr);
    if (!neigh)
        return false;
    neigh->mac = *mac;
    confirm(link, neigh);
    resolve(link, neigh);
    return true;
}

void mn_neigh_learn(struct mn_link *link, const struct mnet_addr *addr, const struct mnet_mac *mac)
{
    struct mn_neigh *neigh = add(link, addr, MN_NEIGH_CLASS_LEARNED);
    if (!neigh)
        return;
    neigh->mac = *mac;
    confirm(link, neigh);
}

static bool has_place(const struct mn_neigh *neigh)
{
    return neigh->state >= MN_NEIGH_REACHABLE;
}

static bool is_at(const struct mn_neigh *neigh, const struct mnet_mac *mac)
{
    return memcmp(&neigh->mac, mac, sizeof *mac) == 0;
}

/* RFC 4861 7.2.5. The table in its appendix C differs in two places, where the text is followed
 * here: an advertisement without an address confirms too (a neighbour that is asked by unicast may
 * leave it out: RFC 4861 7.2.4), and one with another address makes a reachable entry stale even
 * unsolicited. */
bool mn_neigh_advertised(struct mn_link *link, const struct mnet_addr *addr,
                         const struct mn_neigh_advert *advert)
{
    struct mn_neigh *neigh = find(link, addr);
    if (!neigh)
        return false;
    bool was_there = has_place(neigh);
    bool has_moved = advert->mac && !(was_there && is_at(neigh, advert->mac));
    if (!was_there && !advert->mac)
        return true;
    if (was_there && has_moved && !advert->is_override) {
        if (neigh->state == MN_NEIGH_REACHABLE)
            go_stale(link, neigh);
        return true;
    }
    if (has_moved)
        neigh->mac = *advert->mac;
    if (advert->is_solicited)
        confirm(link, neigh);
    else if (has_moved)
        go_stale(link, neigh);
    neigh->role = advert->is_router ? MN_NEIGH_ROLE_ROUTER : MN_NEIGH_ROLE_HOST;
    resolve(link, neigh);
    return true;
}

void mn_link_neigh_heard(struct mn_link *link, const struct mnet_addr *addr,
                         const struct mnet_mac *mac, bool is_router)
{
    struct mn_neigh *neigh = find(link, addr);
    if (!neigh && mac)
        neigh = add(link, addr, MN_NEIGH_CLASS_LEARNED);
    if (!neigh)
        return;
    if (is_router)
        neigh->role = MN_NEIGH_ROLE_ROUTER;
    if (!mac || (has_place(neigh) && is_at(neigh, mac)))
        return;
    neigh->mac = *mac;
    go_stale(link, neigh);
    resolve(link, neigh);
}

void mn_link_neigh_confirm(struct mn_link *link, const struct mnet_addr *next_hop)
{
    struct mn_neigh *neigh = find(link, next_hop);
    if (neigh && (neigh->class == MN_NEIGH_CLASS_USED || neigh->class == MN_NEIGH_CLASS_LEARNED))
        confirm(link, neigh);
}

/* ---- reports and invariant ---- */

enum mn_neigh_view mn_link_neigh_view(const struct mn_link *link, const struct mnet_addr *addr,
                                      bool *is_router)
{
    unsigned n = find_number(link, addr);
    const struct mn_neigh *neigh = n == 0 ? NULL : &link->neigh.entry[n - 1];
    *is_router = !neigh || neigh->role != MN_NEIGH_ROLE_HOST;
    if (!neigh)
        return MN_NEIGH_VIEW_UNKNOWN;
    return has_place(neigh) ? MN_NEIGH_VIEW_THERE : MN_NEIGH_VIEW_SILENT;
}

bool mn_link_neigh_next(const struct mn_link *link, unsigned *cursor,
                        struct mn_link_neigh_info *out)
{
    static const char *const names[] = {
        [MN_NEIGH_FREE] = "FREE",           [MN_NEIGH_INCOMPLETE] = "INCOMPLETE",
        [MN_NEIGH_FAILED] = "FAILED",       [MN_NEIGH_LOST] = "LOST",
        [MN_NEIGH_REACHABLE] = "REACHABLE", [MN_NEIGH_STALE] = "STALE",
        [MN_NEIGH_DELAY] = "DELAY",         [MN_NEIGH_PROBE] = "PROBE",
    };
    while (*cursor < MN_NEIGH_MAX) {
        const struct mn_neigh *neigh = &link->neigh.entry[(*cursor)++];
        if (neigh->state == MN_NEIGH_FREE)
            continue;
        out->addr = neigh->addr;
        out->mac = neigh->mac;
        out->state = names[neigh->state];
        out->is_router = neigh->role == MN_NEIGH_ROLE_ROUTER;
        out->waiting = neigh->waiting.count;
        return true;
    }
    return false;
}

static bool entry_ok(const struct mn_link *link, const struct mn_neigh *neigh)
{
    static const uint8_t class_of[] = {
        [MN_NEIGH_FREE] = MN_NEIGH_CLASS_FREE,
        [MN_NEIGH_INCOMPLETE] = MN_NEIGH_CLASS_ASKED,
        [MN_NEIGH_FAILED] = MN_NEIGH_CLASS_FAILED,
        [MN_NEIGH_LOST] = MN_NEIGH_CLASS_FAILED,
    };
    bool is_class_ok = has_place(neigh) ? neigh->class == MN_NEIGH_CLASS_LEARNED ||
                                              neigh->class == MN_NEIGH_CLASS_USED
                                        : neigh->class == class_of[neigh->state];
    if (neigh->state > MN_NEIGH_PROBE || !is_class_ok || neigh->tries > SOLICITS ||
        neigh->role > MN_NEIGH_ROLE_ROUTER)
        return false;
    if (neigh->waiting.count > (neigh->state == MN_NEIGH_INCOMPLETE ? MN_NEIGH_QUEUE_MAX : 0))
        return false;
    if (mn_timer_is_armed(&neigh->timer) != (neigh->state != MN_NEIGH_FREE))
        return false;
    if (neigh->state == MN_NEIGH_FREE)
        return true;
    unsigned steps = 0, found = 0;
    for (unsigned n = *bucket_of(link, &neigh->addr); n != 0 && steps <= MN_NEIGH_MAX; steps++) {
        found += n == number_of(link, neigh) + 1;
        n = link->neigh.entry[n - 1].chain;
    }
    return found == 1 && steps <= MN_NEIGH_MAX;
}

bool mn_neigh_ok(const struct mn_link *link)
{
    const struct mn_neigh_table *table = &link->neigh;
    unsigned count[MN_NEIGH_CLASSES] = {0}, waiting = 0;
    for (unsigned i = 0; i < MN_NEIGH_MAX; i++) {
        if (!entry_ok(link, &table->entry[i]))
            return false;
        count[table->entry[i].class]++;
        waiting += table->entry[i].waiting.count;
    }
    for (unsigned c = 0; c < MN_NEIGH_CLASSES; c++) {
        unsigned linked = 0;
        for (const struct mn_list *at = table->list[c].next;
             at != &table->list[c] && linked <= MN_NEIGH_MAX; at = at->next)
            linked++;
        if (linked != count[c] || table->count[c] != count[c])
            return false;
    }
    if (waiting != table->waiting || waiting > MN_LINK_FAILED_MAX)
        return false;
    return unresolved(link) <= MN_NEIGH_UNRESOLVED_MAX;
}
