/* SPDX-License-Identifier: ISC
 *
 * Two lists of packets: what is in order, and an array of ranges behind holes.
 *
 * Ranges are sorted, begin after nxt, and neither overlap nor touch: those that meet become one by
 * linking their lists. Inside a range the packets follow each other without a gap, so a range needs
 * only its two ends and the two ends of its list.
 *
 * Bytes that a new packet shares with what is there are cut from the new packet, with one
 * exception: a range that it covers whole gives way to it, because cutting it out would leave two
 * pieces. Either way each byte of the stream is held once, and whoever sends two versions of it
 * gains nothing.
 *
 * Everything is bounded: one look at each range for the place, and packets that are freed were
 * inserted once. Nothing here walks along the packets of a list, except to free them. */
#include <string.h>
#include <tcp/rcvq.h>

struct range {
    struct mn_seq start;        /* first byte */
    struct mn_seq end;          /* byte after the last */
    struct mn_pkt *head, *tail; /* what holds them */
    uint32_t stamp;             /* when it changed last, in insertions */
};

struct mn_rcvq_ooo {
    struct range range[MN_RCVQ_RANGES]; /* the first `count`, ascending */
    uint32_t count;                     /* at least 1 */
    uint32_t stamp;                     /* insertions so far */
    uint32_t len;                       /* bytes in all ranges */
};

void mn_rcvq_mem_init(struct mn_rcvq_mem *mem, struct mn_env *env, uint32_t queues_max)
{
    mem->env = env;
    mem->range_steps = 0;
    mn_pool_init(&mem->pool, &env->mem, "tcp out of order", sizeof(struct mn_rcvq_ooo), queues_max);
}

void mn_rcvq_init(struct mn_rcvq *q, struct mn_seq nxt)
{
    *q = (struct mn_rcvq){.nxt = nxt};
}

static void free_pkt(struct mn_rcvq_mem *mem, struct mn_rcvq *q, struct mn_pkt *pkt)
{
    q->truesize -= mn_pkt_truesize(mem->env, pkt);
    mn_pkt_free(mem->env, pkt);
}

static void free_list(struct mn_rcvq_mem *mem, struct mn_rcvq *q, struct mn_pkt *pkt)
{
    while (pkt) {
        struct mn_pkt *next = pkt->next;
        free_pkt(mem, q, pkt);
        pkt = next;
    }
}

void mn_rcvq_clear(struct mn_rcvq_mem *mem, struct mn_rcvq *q)
{
    (void)mn_rcvq_shed(mem, q);
    free_list(mem, q, q->head);
    MN_ASSERT(q->truesize == 0);
    q->head = q->tail = NULL;
    q->len = 0;
}

/* -- appending -- */

/* Bytes that may be written behind the last one of `pkt`. */
static uint32_t tail_room(const struct mn_rcvq_mem *mem, const struct mn_pkt *pkt)
{
    const struct mn_mem *m = &mem->env->mem;
    const struct mnet_seg *last = &pkt->frame.seg[pkt->frame.seg_count - 1];
    if (!mn_block_is_sole(m, last->at))
        return 0;
    const uint8_t *end = mn_block_start(m, last->at) + mn_block_size(m, last->at);
    return (uint32_t)(end - (last->at + last->len));
}

/* A small payload moves into `tail`, whose block then serves many of them. */
static bool copy_into(struct mn_rcvq_mem *mem, struct mn_pkt *tail, struct mn_pkt *pkt)
{
    if (pkt->frame.len > MN_RCVQ_COPY_MAX || pkt->frame.len > tail_room(mem, tail))
        return false;
    for (unsigned i = 0; i < pkt->frame.seg_count; i++) {
        const struct mnet_seg *seg = &pkt->frame.seg[i];
        bool fits = mn_pkt_append(mem->env, tail, seg->at, seg->len);
        MN_ASSERT(fits);
    }
    tail->gso_count = (uint16_t)(tail->gso_count + pkt->gso_count);
    mn_pkt_free(mem->env, pkt);
    return true;
}

/* Puts `pkt` behind `*tail`, which is part of a list or NULL. */
static void append(struct mn_rcvq_mem *mem, struct mn_rcvq *q, struct mn_pkt **head,
                   struct mn_pkt **tail, struct mn_pkt *pkt)
{
    if (*tail && copy_into(mem, *tail, pkt))
        return;
    q->truesize += mn_pkt_truesize(mem->env, pkt);
    pkt->next = NULL;
    if (*tail)
        (*tail)->next = pkt;
    else
        *head = pkt;
    *tail = pkt;
}

/* -- ranges -- */

static void free_range_pkts(struct mn_rcvq_mem *mem, struct mn_rcvq *q, const struct range *r)
{
    q->ooo->len -= mn_seq_diff(r->end, r->start);
    free_list(mem, q, r->head);
}

/* Takes ranges [from, to) out of the array; their packets are somewhere else by now. */
static void remove_ranges(struct mn_rcvq_mem *mem, struct mn_rcvq *q, uint32_t from, uint32_t to)
{
    struct mn_rcvq_ooo *ooo = q->ooo;
    MN_ASSERT(from <= to && to <= ooo->count);
    memmove(&ooo->range[from], &ooo->range[to], (ooo->count - to) * sizeof ooo->range[0]);
    ooo->count -= to - from;
    if (ooo->count == 0) {
        mn_pool_put(&mem->pool, ooo);
        q->ooo = NULL;
    }
}

/* What of `pkt`, ending at `*end`, is new with respect to the ranges from `first` on: those that it
 * covers are freed, and it is cut where the next one begins. Returns the index after the covered
 * ones. */
static uint32_t cover(struct mn_rcvq_mem *mem, struct mn_rcvq *q, uint32_t first,
                      struct mn_pkt *pkt, struct mn_seq *end)
{
    struct mn_rcvq_ooo *ooo = q->ooo;
    uint32_t i = first;
    for (; i < ooo->count && mn_seq_le(ooo->range[i].end, *end); i++) {
        mem->range_steps++;
        free_range_pkts(mem, q, &ooo->range[i]);
    }
    if (i < ooo->count && mn_seq_lt(ooo->range[i].start, *end)) {
        mn_pkt_trim(mem->env, pkt, pkt->frame.len - mn_seq_diff(*end, ooo->range[i].start));
        *end = ooo->range[i].start;
    }
    return i;
}

/* The packet begins at nxt while there are ranges: it may reach the first ones. */
static void fill_hole(struct mn_rcvq_mem *mem, struct mn_rcvq *q, struct mn_pkt *pkt,
                      struct mn_seq end)
{
    struct mn_rcvq_ooo *ooo = q->ooo;
    uint32_t i = cover(mem, q, 0, pkt, &end);
    q->len += pkt->frame.len;
    q->nxt = end;
    append(mem, q, &q->head, &q->tail, pkt);
    if (i < ooo->count && mn_seq_eq(ooo->range[i].start, end)) {
        struct range *r = &ooo->range[i++];
        uint32_t len = mn_seq_diff(r->end, r->start);
        q->tail->next = r->head;
        q->tail = r->tail;
        q->nxt = r->end;
        q->len += len;
        ooo->len -= len;
    }
    remove_ranges(mem, q, 0, i);
}

/* The packet continues range `i`. */
static void extend_range(struct mn_rcvq_mem *mem, struct mn_rcvq *q, uint32_t i, struct mn_pkt *pkt,
                         struct mn_seq end)
{
    struct mn_rcvq_ooo *ooo = q->ooo;
    struct range *r = &ooo->range[i];
    uint32_t next = cover(mem, q, i + 1, pkt, &end);
    ooo->len += pkt->frame.len;
    append(mem, q, &r->head, &r->tail, pkt);
    r->end = end;
    r->stamp = ++ooo->stamp;
    if (next < ooo->count && mn_seq_eq(ooo->range[next].start, end)) {
        const struct range *joined = &ooo->range[next++];
        r->tail->next = joined->head;
        r->tail = joined->tail;
        r->end = joined->end;
    }
    remove_ranges(mem, q, i + 1, next);
}

/* The packet begins in the hole before range `i`, which may be the one after the last. */
static bool new_range(struct mn_rcvq_mem *mem, struct mn_rcvq *q, uint32_t i, struct mn_pkt *pkt,
                      struct mn_seq start, struct mn_seq end)
{
    struct mn_rcvq_ooo *ooo = q->ooo;
    uint32_t next = cover(mem, q, i, pkt, &end);
    if (next < ooo->count && mn_seq_eq(ooo->range[next].start, end)) {
        struct range *r = &ooo->range[next];
        pkt->next = r->head;
        r->head = pkt;
        r->start = start;
        r->stamp = ++ooo->stamp;
        q->truesize += mn_pkt_truesize(mem->env, pkt);
        ooo->len += mn_seq_diff(end, start);
        remove_ranges(mem, q, i, next);
        return true;
    }
    if (next == i) {
        if (ooo->count == MN_RCVQ_RANGES)
            return false;
        memmove(&ooo->range[i + 1], &ooo->range[i], (ooo->count - i) * sizeof ooo->range[0]);
        ooo->count++;
        next++;
    }
    struct range *r = &ooo->range[i];
    *r = (struct range){.start = start, .end = end, .stamp = ++ooo->stamp};
    append(mem, q, &r->head, &r->tail, pkt);
    ooo->len += mn_seq_diff(end, start);
    remove_ranges(mem, q, i + 1, next);
    return true;
}

static enum mn_rcvq_result insert_ooo(struct mn_rcvq_mem *mem, struct mn_rcvq *q,
                                      struct mn_pkt *pkt, struct mn_seq seq, struct mn_seq end)
{
    if (!q->ooo) {
        q->ooo = mn_pool_get(&mem->pool);
        if (!q->ooo)
            return MN_RCVQ_NO_MEMORY;
    }
    const struct mn_rcvq_ooo *ooo = q->ooo;
    /* The last range first: most out-of-order data continues it. */
    uint32_t i = ooo->count;
    for (; i > 0 && mn_seq_ge(ooo->range[i - 1].end, seq); i--)
        mem->range_steps++;
    mem->range_steps++;
    /* Now i is the first range that ends at seq or after it. */
    if (i == ooo->count || mn_seq_gt(ooo->range[i].start, seq))
        return new_range(mem, q, i, pkt, seq, end) ? MN_RCVQ_OUT_OF_ORDER : MN_RCVQ_LIMIT;
    if (mn_seq_ge(ooo->range[i].end, end))
        return MN_RCVQ_DUPLICATE;
    mn_pkt_pull(mem->env, pkt, mn_seq_diff(ooo->range[i].end, seq));
    extend_range(mem, q, i, pkt, end);
    return MN_RCVQ_OUT_OF_ORDER;
}

enum mn_rcvq_result mn_rcvq_insert(struct mn_rcvq_mem *mem, struct mn_rcvq *q, struct mn_pkt *pkt,
                                   struct mn_seq seq)
{
    MN_ASSERT(pkt->frame.len > 0);
    struct mn_seq end = mn_seq_add(seq, pkt->frame.len);
    enum mn_rcvq_result result = MN_RCVQ_IN_ORDER;
    if (mn_seq_le(end, q->nxt)) {
        result = MN_RCVQ_DUPLICATE;
    } else if (mn_seq_gt(seq, q->nxt)) {
        result = insert_ooo(mem, q, pkt, seq, end);
    } else {
        if (mn_seq_lt(seq, q->nxt))
            mn_pkt_pull(mem->env, pkt, mn_seq_diff(q->nxt, seq));
        if (q->ooo) {
            fill_hole(mem, q, pkt, end);
        } else {
            q->len += pkt->frame.len;
            q->nxt = end;
            append(mem, q, &q->head, &q->tail, pkt);
        }
    }
    if (result > MN_RCVQ_OUT_OF_ORDER)
        mn_pkt_free(mem->env, pkt);
    return result;
}

/* -- reading -- */

unsigned mn_rcvq_peek(const struct mn_rcvq *q, struct mnet_slice *slices, unsigned max)
{
    unsigned count = 0;
    for (const struct mn_pkt *pkt = q->head; pkt; pkt = pkt->next) {
        for (unsigned i = 0; i < pkt->frame.seg_count; i++) {
            if (count == max)
                return count;
            slices[count].at = pkt->frame.seg[i].at;
            slices[count].len = pkt->frame.seg[i].len;
            count++;
        }
    }
    return count;
}

void mn_rcvq_consume(struct mn_rcvq_mem *mem, struct mn_rcvq *q, uint32_t len)
{
    MN_ASSERT(len <= q->len);
    q->len -= len;
    while (len > 0) {
        struct mn_pkt *pkt = q->head;
        uint32_t size = pkt->frame.len;
        if (size > len) {
            uint32_t before = mn_pkt_truesize(mem->env, pkt);
            mn_pkt_pull(mem->env, pkt, len);
            q->truesize -= before - mn_pkt_truesize(mem->env, pkt);
            return;
        }
        q->head = pkt->next;
        if (!q->head)
            q->tail = NULL;
        free_pkt(mem, q, pkt);
        len -= size;
    }
}

uint32_t mn_rcvq_read(struct mn_rcvq_mem *mem, struct mn_rcvq *q, void *to, uint32_t len)
{
    uint8_t *out = to;
    uint32_t left = len < q->len ? len : q->len;
    uint32_t done = left;
    while (left > 0) {
        uint32_t part = q->head->frame.len < left ? q->head->frame.len : left;
        mn_pkt_copy_out(q->head, 0, out, part);
        mn_rcvq_consume(mem, q, part);
        out += part;
        left -= part;
    }
    return done;
}

/* -- out of order -- */

unsigned mn_rcvq_sacks(const struct mn_rcvq *q, struct mn_tcp_sack *out, unsigned max)
{
    const struct mn_rcvq_ooo *ooo = q->ooo;
    if (!ooo)
        return 0;
    unsigned count = 0;
    uint32_t used = 0; /* bit i: range i was reported */
    _Static_assert(MN_RCVQ_RANGES <= 32, "a bit for each");
    for (; count < max && count < ooo->count; count++) {
        /* RFC 2018 4: the block with the segment that came last, then those reported last. */
        uint32_t best = MN_RCVQ_RANGES;
        for (uint32_t i = 0; i < ooo->count; i++)
            if (!(used >> i & 1) &&
                (best == MN_RCVQ_RANGES ||
                 ooo->stamp - ooo->range[i].stamp < ooo->stamp - ooo->range[best].stamp))
                best = i;
        used |= UINT32_C(1) << best;
        out[count].start = ooo->range[best].start;
        out[count].end = ooo->range[best].end;
    }
    return count;
}

uint32_t mn_rcvq_ooo_len(const struct mn_rcvq *q)
{
    return q->ooo ? q->ooo->len : 0;
}

struct mn_seq mn_rcvq_end(const struct mn_rcvq *q)
{
    return q->ooo ? q->ooo->range[q->ooo->count - 1].end : q->nxt;
}

uint32_t mn_rcvq_shed(struct mn_rcvq_mem *mem, struct mn_rcvq *q)
{
    if (!q->ooo)
        return 0;
    uint32_t segments = 0;
    for (uint32_t i = 0; i < q->ooo->count; i++) {
        for (const struct mn_pkt *pkt = q->ooo->range[i].head; pkt; pkt = pkt->next)
            segments += pkt->gso_count;
        free_range_pkts(mem, q, &q->ooo->range[i]);
    }
    remove_ranges(mem, q, 0, q->ooo->count);
    return segments;
}

/* -- invariant -- */

/* Whether a list ends at `tail`; adds up what it holds. */
static bool list_ok(const struct mn_rcvq_mem *mem, const struct mn_pkt *pkt,
                    const struct mn_pkt *tail, uint32_t *len, uint32_t *truesize)
{
    const struct mn_pkt *last = NULL;
    for (; pkt; pkt = pkt->next) {
        if (pkt->frame.len == 0)
            return false;
        *len += pkt->frame.len;
        *truesize += mn_pkt_truesize(mem->env, pkt);
        last = pkt;
    }
    return last == tail;
}

bool mn_rcvq_ok(const struct mn_rcvq_mem *mem, const struct mn_rcvq *q)
{
    uint32_t len = 0, truesize = 0, ooo_len = 0;
    if (!list_ok(mem, q->head, q->tail, &len, &truesize) || len != q->len)
        return false;
    const struct mn_rcvq_ooo *ooo = q->ooo;
    if (!ooo)
        return truesize == q->truesize;
    if (ooo->count < 1 || ooo->count > MN_RCVQ_RANGES)
        return false;
    struct mn_seq before = q->nxt;
    for (uint32_t i = 0; i < ooo->count; i++) {
        const struct range *r = &ooo->range[i];
        uint32_t here = 0;
        if (!mn_seq_lt(before, r->start) || !mn_seq_lt(r->start, r->end) ||
            !list_ok(mem, r->head, r->tail, &here, &truesize) ||
            here != mn_seq_diff(r->end, r->start))
            return false;
        ooo_len += here;
        before = r->end;
    }
    return ooo_len == ooo->len && truesize == q->truesize;
}
