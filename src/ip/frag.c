/* SPDX-License-Identifier: ISC
 *
 * Reassembly of fragments of both families: RFC 791 3.2, RFC 1122 3.3.2; RFC 8200 4.5, whose rule
 * on overlaps is as right for IPv4. The bounds hold for both together.
 *
 *     slot (key, deadline, totals) --> body (ranges received) --> blocks of 16 KiB, as touched
 *
 *     block 0                               block 1            ...
 *     | ... IP header | payload 0 .. 16319 | 16320 .. 32703   | ...
 *     0          MN_FRAG_ROOM
 *
 * A fragment is copied to its place (frag_copy.c) and its packet freed at once, so that what a
 * datagram holds is bounded by its own length and a hostile one cannot pin receive buffers. The
 * ranges are an ascending list without overlaps: the datagram is whole when their lengths add up to
 * the total, and there can be no hole then. The fragment that completes it becomes the packet: its
 * storage is exchanged for the blocks, so completion needs no memory and cannot fail.
 *
 * Two fragments that claim the same byte are an attack or a broken sender, and whatever would be
 * delivered is a guess. The whole datagram is dropped, and the slot remembers that until its
 * deadline, so that the rest of it does not start a new one. Only an exact duplicate, same range
 * and same bytes, is just dropped: networks do duplicate packets.
 *
 * Bounds: MN_FRAG_SLOTS datagrams; MN_FRAG_PER_SOURCE of one source, so that one sender cannot
 * push out the others; an eighth of the budget in payload blocks; MN_FRAG_RANGES fragments each.
 * Where one more is wanted, the oldest gives way: if it is still incomplete, it most likely lost
 * a fragment. */
#include <ip/ip_state.h>

/* RFC 1122 3.3.2 asks for 60 to 120 s, RFC 8200 4.5 for 60 s, from a time of slow links. It is 30 s
 * here, as in Linux: a sender at 1 Gbit/s reuses its 16-bit identifications within a second, and
 * every second that an incomplete datagram is kept is one in which the wrong fragment can complete
 * it (RFC 4963 2). */
#define LIFETIME MNET_SEC(30)

/* Part of the budget that payload may take: enough for eight datagrams of 64 KiB in 5 MiB, and in
 * the smallest budget still for one of 16 KiB. */
#define BUDGET_SHARE 8u

static const struct mn_frag_range no_range;

/* ---- slots ---- */

static void release(struct mn_ip *ip, struct mn_frag_slot *slot)
{
    struct mn_frag_body *body = slot->body;
    if (!body)
        return;
    for (unsigned b = 0; b < MN_FRAG_BLOCKS; b++) {
        if (!body->block[b])
            continue;
        mn_block_unref(&ip->env->mem, body->block[b]);
        ip->frag.blocks--;
    }
    mn_pool_put(&ip->frag.bodies, body);
    slot->body = NULL;
    ip->frag.open--;
}

static void free_slot(struct mn_ip *ip, struct mn_frag_slot *slot)
{
    release(ip, slot);
    *slot = (struct mn_frag_slot){.state = MN_FRAG_FREE};
}

/* The datagram will never be whole; what still comes of it is dropped. */
static mn_verdict refuse(struct mn_ip *ip, struct mn_frag_slot *slot, mn_verdict why)
{
    release(ip, slot);
    slot->state = MN_FRAG_REFUSED;
    return why;
}

static void give_way(struct mn_ip *ip, struct mn_frag_slot *slot)
{
    if (slot->state == MN_FRAG_OPEN)
        mn_env_count_drop(ip->env, MNET_DROP_FRAG_NO_ROOM);
    free_slot(ip, slot);
}

/* The slot that was begun first; only open ones with `is_open`. NULL if there is none. */
static struct mn_frag_slot *oldest(struct mn_ip *ip, bool is_open)
{
    struct mn_frag_slot *best = NULL;
    for (unsigned i = 0; i < MN_FRAG_SLOTS; i++) {
        struct mn_frag_slot *slot = &ip->frag.slot[i];
        if (slot->state == MN_FRAG_FREE || (is_open && slot->state != MN_FRAG_OPEN))
            continue;
        if (!best || slot->deadline < best->deadline)
            best = slot;
    }
    return best;
}

/* Deadlines are in the order in which datagrams were begun, so one timer serves all. */
static void arm(struct mn_ip *ip)
{
    const struct mn_frag_slot *first = oldest(ip, false);
    mn_env_arm(ip->env, &ip->frag.timer, first ? first->deadline : MNET_NEVER);
}

static struct mn_frag_slot *find(struct mn_ip *ip, const struct mn_frag_part *part)
{
    bool is_v4 = mnet_addr_is_v4(&part->src);
    for (unsigned i = 0; i < MN_FRAG_SLOTS; i++) {
        struct mn_frag_slot *slot = &ip->frag.slot[i];
        /* RFC 791 3.2: source, destination, protocol and identification name a datagram; RFC 8200
         * 4.5: the protocol does not. */
        if (slot->state != MN_FRAG_FREE && slot->id == part->id &&
            (slot->proto == part->proto || !is_v4) && mnet_addr_equal(&slot->src, &part->src) &&
            mnet_addr_equal(&slot->dst, &part->dst))
            return slot;
    }
    return NULL;
}

/* A slot to begin in, whose bounds are respected. */
static struct mn_frag_slot *make_room(struct mn_ip *ip, const struct mnet_addr *src)
{
    struct mn_frag_slot *free = NULL;
    struct mn_frag_slot *first = &ip->frag.slot[0]; /* the oldest, when none is free */
    struct mn_frag_slot *first_of_source = first;
    unsigned of_source = 0;
    for (unsigned i = 0; i < MN_FRAG_SLOTS; i++) {
        struct mn_frag_slot *slot = &ip->frag.slot[i];
        if (slot->state == MN_FRAG_FREE) {
            free = slot;
            continue;
        }
        if (slot->deadline < first->deadline)
            first = slot;
        if (!mnet_addr_equal(&slot->src, src))
            continue;
        if (of_source == 0 || slot->deadline < first_of_source->deadline)
            first_of_source = slot;
        of_source++;
    }
    if (free && of_source < MN_FRAG_PER_SOURCE)
        return free;
    free = of_source < MN_FRAG_PER_SOURCE ? first : first_of_source;
    give_way(ip, free);
    return free;
}

static struct mn_frag_slot *begin(struct mn_ip *ip, const struct mn_frag_part *part)
{
    struct mn_frag_body *body = mn_pool_get(&ip->frag.bodies);
    if (!body && mn_frag_shed(ip))
        body = mn_pool_get(&ip->frag.bodies);
    if (!body)
        return NULL;
    struct mn_frag_slot *slot = make_room(ip, &part->src);
    *slot = (struct mn_frag_slot){.state = MN_FRAG_OPEN,
                                  .src = part->src,
                                  .dst = part->dst,
                                  .id = part->id,
                                  .proto = part->proto,
                                  .deadline = ip->env->now + LIFETIME,
                                  .body = body};
    ip->frag.open++;
    if (!mn_timer_is_armed(&ip->frag.timer))
        mn_env_arm(ip->env, &ip->frag.timer, slot->deadline);
    return slot;
}

/* ---- blocks ---- */

uint8_t *mn_frag_block(struct mn_ip *ip, const struct mn_frag_slot *slot)
{
    uint32_t limit = ip->env->mem.page_count / BUDGET_SHARE;
    for (unsigned i = 0; i < MN_FRAG_SLOTS; i++) {
        if (ip->frag.blocks < limit) {
            uint8_t *block = mn_block_get_large(&ip->env->mem);
            if (block) {
                ip->frag.blocks++;
                return block;
            }
        }
        struct mn_frag_slot *victim = oldest(ip, true);
        if (!victim || victim == slot)
            return NULL;
        give_way(ip, victim);
    }
    return NULL;
}

/* ---- ranges ---- */

/* Index of the first range that does not start before `start`. */
static uint32_t range_index(const struct mn_frag_body *body, uint32_t start)
{
    uint32_t i = 0;
    while (i < body->count && i < MN_FRAG_RANGES && body->range[i].start < start)
        i++;
    return i;
}

/* Whether a fragment fits what is known of its datagram; DONE if so. */
static mn_verdict check(const struct mn_frag_slot *slot, const struct mn_frag_body *body,
                        const struct mn_pkt *pkt, uint32_t start, uint32_t end, bool is_last)
{
    uint32_t i = range_index(body, start);
    struct mn_frag_range after = i < body->count ? body->range[i] : no_range;
    struct mn_frag_range before = i > 0 ? body->range[i - 1] : no_range;
    uint32_t reach = body->count > 0 ? body->range[body->count - 1].end : 0;

    /* A datagram has one end, and nothing lies behind it. */
    if (slot->total != 0 && (end > slot->total || (is_last && end != slot->total)))
        return MN_DROP(FRAG_BAD);
    if (is_last && end < reach)
        return MN_DROP(FRAG_BAD);
    if (i < body->count && after.start == start && after.end == end)
        return mn_frag_is_same(body, pkt, start) ? MN_DROP(FRAG_DUPLICATE) : MN_DROP(FRAG_OVERLAP);
    if (before.end > start || (i < body->count && after.start < end))
        return MN_DROP(FRAG_OVERLAP);
    return body->count < MN_FRAG_RANGES ? MN_DONE : MN_DROP(FRAG_TOO_MANY);
}

static void insert(struct mn_frag_body *body, uint32_t start, uint32_t end)
{
    uint32_t at = range_index(body, start);
    uint32_t count = body->count;
    MN_ASSERT(count < MN_FRAG_RANGES && at < MN_FRAG_RANGES);
    for (uint32_t i = count; i > at; i--) {
        struct mn_frag_range moved = body->range[i - 1];
        body->range[i] = moved;
    }
    body->range[at] = (struct mn_frag_range){(uint16_t)start, (uint16_t)end};
    body->count = count + 1;
}

/* ---- the whole datagram ---- */

/* Makes the datagram's blocks, with the references to them, the ranges of `frame`. False: one is
 * missing, which lengths that add up rule out; should it be, nothing is delivered. */
static bool hand_over(struct mn_ip *ip, struct mn_frag_body *body, uint32_t total,
                      struct mnet_frame *frame)
{
    *frame = (struct mnet_frame){.len = total};
    uint32_t left = total;
    uint32_t off = MN_FRAG_ROOM;
    for (unsigned b = 0; b < MN_FRAG_BLOCKS && body->block[b]; b++) {
        uint32_t room = MN_BLOCK_LARGE - off;
        frame->seg[b] = (struct mnet_seg){body->block[b] + off, left < room ? left : room};
        frame->seg_count++;
        body->block[b] = NULL;
        ip->frag.blocks--;
        if (left <= room)
            return true;
        left -= room;
        off = 0;
    }
    return false;
}

/* Exchanges the packet's storage for the datagram's and forgets the slot. */
static mn_verdict complete(struct mn_ip *ip, struct mn_frag_slot *slot, struct mn_frag_body *body,
                           uint32_t total, struct mn_pkt *pkt, struct mn_ip_rx *rx)
{
    struct mn_env *env = ip->env;
    struct mnet_frame *frame = &pkt->frame;
    for (unsigned i = 0; i < frame->seg_count && i < MNET_FRAME_SEGS; i++)
        mn_block_unref(&env->mem, frame->seg[i].at);
    if (!hand_over(ip, body, total, frame))
        return refuse(ip, slot, MN_DROP(FRAG_BAD));
    pkt->l3_len = slot->hdr_len;
    pkt->gso_count = 1;
    /* RFC 3168 5.3 MUST: congestion experienced by one fragment is experienced by the datagram. */
    if (slot->is_ce)
        rx->tos |= MN_IP_ECN_CE;
    rx->is_group = slot->is_group;
    free_slot(ip, slot);
    arm(ip);
    env->stats.ip_reassembled++;
    return MN_DONE;
}

/* What a datagram may hold. RFC 791 3.1: its length counts the header; RFC 8200 3: it does not. */
static uint32_t longest(const struct mn_frag_part *part, uint32_t hdr_len)
{
    return UINT16_MAX - (mnet_addr_is_v4(&part->src) ? hdr_len : 0);
}

mn_verdict mn_frag_in(struct mn_ip *ip, struct mn_pkt *pkt, struct mn_frag_part *part,
                      struct mn_ip_rx *rx)
{
    uint32_t start = part->offset;
    uint32_t len = pkt->frame.len;
    uint32_t end = start + len;
    bool is_last = !part->more;
    ip->env->stats.ip_fragments_rx++;
    /* RFC 791 3.2, RFC 8200 4.5: all but the last are multiples of 8 bytes, and no datagram is
     * above 65,535. */
    if (len == 0 || (!is_last && end % 8 != 0) || end > longest(part, pkt->l3_len))
        return MN_DROP(FRAG_BAD);

    struct mn_frag_slot *slot = find(ip, part);
    if (!slot)
        slot = begin(ip, part);
    if (!slot)
        return MN_DROP(FRAG_NO_ROOM);
    struct mn_frag_body *body = slot->body;
    if (!body) /* refused */
        return MN_DROP(FRAG_OVERLAP);
    mn_verdict verdict = check(slot, body, pkt, start, end, is_last);
    if (verdict == MN_DROP(FRAG_DUPLICATE))
        return verdict;
    /* RFC 5722 4 MUST: with an overlap the whole datagram is dropped, fragments to come included.
     */
    if (verdict != MN_DONE)
        return refuse(ip, slot, verdict);
    if (!mn_frag_store(ip, slot, body, pkt, start))
        return refuse(ip, slot, MN_DROP(FRAG_NO_ROOM));

    insert(body, start, end);
    uint32_t total = is_last ? end : slot->total;
    uint32_t filled = slot->filled + len;
    slot->total = total;
    slot->filled = filled;
    slot->is_ce |= (rx->tos & MN_IP_ECN_CE) == MN_IP_ECN_CE;
    slot->is_group |= rx->is_group;
    if (start == 0) {
        slot->hdr_len = (uint8_t)pkt->l3_len;
        slot->proto = part->proto;
    }
    if (filled != total) {
        mn_pkt_free(ip->env, pkt);
        return MN_KEPT;
    }
    /* The first fragment may have more options than the others. */
    if (total > longest(part, slot->hdr_len))
        return refuse(ip, slot, MN_DROP(FRAG_BAD));
    part->proto = slot->proto;
    return complete(ip, slot, body, total, pkt, rx);
}

/* ---- giving up ---- */

/* Tells the sender if there is something to quote. */
static void time_out(struct mn_ip *ip, const struct mn_frag_slot *slot,
                     const struct mn_frag_body *body)
{
    const uint8_t *block = body->block[0];
    mn_env_count_drop(ip->env, MNET_DROP_FRAG_TIMEOUT);
    /* RFC 1122 3.3.2, RFC 792: only when the first fragment is here. */
    if (!block || slot->hdr_len == 0 || slot->is_group)
        return;
    uint32_t len = body->range[0].end;
    if (len > MN_BLOCK_LARGE - MN_FRAG_ROOM)
        len = MN_BLOCK_LARGE - MN_FRAG_ROOM;
    const uint8_t *at = block + (MN_FRAG_ROOM - slot->hdr_len);
    mn_icmp_send_reassembly_exceeded(ip, at, slot->hdr_len + len);
}

void mn_frag_expire(struct mn_ip *ip)
{
    for (unsigned i = 0; i < MN_FRAG_SLOTS; i++) {
        struct mn_frag_slot *slot = &ip->frag.slot[i];
        if (slot->state == MN_FRAG_FREE || slot->deadline > ip->env->now)
            continue;
        const struct mn_frag_body *body = slot->body;
        if (body)
            time_out(ip, slot, body);
        free_slot(ip, slot);
    }
    arm(ip);
}

void mn_frag_clear(struct mn_ip *ip)
{
    for (unsigned i = 0; i < MN_FRAG_SLOTS; i++)
        free_slot(ip, &ip->frag.slot[i]);
    arm(ip);
}

bool mn_frag_shed(struct mn_ip *ip)
{
    struct mn_frag_slot *victim = oldest(ip, true);
    if (!victim)
        return false;
    give_way(ip, victim);
    return true;
}

/* ---- the invariant ---- */

static bool body_is_ok(const struct mn_frag_slot *slot)
{
    const struct mn_frag_body *body = slot->body;
    uint32_t filled = 0;
    uint32_t reach = 0;
    if (!body || body->count == 0 || body->count > MN_FRAG_RANGES)
        return false;
    for (uint32_t i = 0; i < body->count; i++) {
        const struct mn_frag_range *range = &body->range[i];
        if (range->start < reach || range->end <= range->start || range->start % 8 != 0 ||
            !body->block[(MN_FRAG_ROOM + range->start) / MN_BLOCK_LARGE] ||
            !body->block[(MN_FRAG_ROOM + range->end - 1u) / MN_BLOCK_LARGE])
            return false;
        reach = range->end;
        filled += reach - range->start;
    }
    return slot->filled == filled && (slot->hdr_len != 0) == (body->range[0].start == 0) &&
           (slot->total == 0 || (reach <= slot->total && filled < slot->total));
}

bool mn_frag_ok(const struct mn_ip *ip)
{
    uint32_t open = 0;
    uint32_t blocks = 0;
    for (unsigned i = 0; i < MN_FRAG_SLOTS; i++) {
        const struct mn_frag_slot *slot = &ip->frag.slot[i];
        if (slot->state != MN_FRAG_OPEN) {
            if (slot->body)
                return false;
            continue;
        }
        if (!body_is_ok(slot) || slot->deadline < ip->frag.timer.at)
            return false;
        open++;
        for (unsigned b = 0; b < MN_FRAG_BLOCKS; b++)
            blocks += slot->body->block[b] != NULL;
    }
    return open == ip->frag.open && open == ip->frag.bodies.count && blocks == ip->frag.blocks &&
           blocks <= ip->env->mem.page_count / BUDGET_SHARE;
}
