/* SPDX-License-Identifier: ISC
 *
 * A sorted array of ranges that neither overlap nor touch. A block is merged in one pass: the
 * ranges that it meets become one with it. When a block would need a range more than there are, it
 * is forgotten; the peer repeats what matters, and nothing here is more than advice. */
#include <base/assert.h>
#include <string.h>
#include <tcp/scoreboard.h>

struct mn_scoreboard_ranges {
    uint32_t count;                                 /* at least 1 */
    struct mn_tcp_sack range[MN_SCOREBOARD_RANGES]; /* the first `count`, ascending */
};

void mn_scoreboard_pool_init(struct mn_pool *pool, struct mn_mem *mem, uint32_t count_max)
{
    mn_pool_init(pool, mem, "tcp scoreboard", sizeof(struct mn_scoreboard_ranges), count_max);
}

void mn_scoreboard_init(struct mn_scoreboard *sb)
{
    *sb = (struct mn_scoreboard){0};
}

void mn_scoreboard_clear(struct mn_pool *pool, struct mn_scoreboard *sb)
{
    mn_pool_put(pool, sb->ranges);
    sb->ranges = NULL;
    sb->len = 0;
}

static uint32_t size(const struct mn_tcp_sack *range)
{
    return mn_seq_diff(range->end, range->start);
}

/* Makes ranges [from, to) room for `room` new ones. */
static void splice(struct mn_scoreboard_ranges *r, uint32_t from, uint32_t to, uint32_t room)
{
    MN_ASSERT(from <= to && to <= r->count &&
              r->count - (to - from) + room <= MN_SCOREBOARD_RANGES);
    memmove(&r->range[from + room], &r->range[to], (r->count - to) * sizeof r->range[0]);
    r->count = r->count - (to - from) + room;
}

/* Adds a block above snd_una. */
static void add(struct mn_pool *pool, struct mn_scoreboard *sb, struct mn_tcp_sack block)
{
    if (!sb->ranges) {
        sb->ranges = mn_pool_get(pool);
        if (!sb->ranges)
            return;
    }
    struct mn_scoreboard_ranges *r = sb->ranges;
    uint32_t first = 0;
    while (first < r->count && mn_seq_lt(r->range[first].end, block.start))
        first++;
    uint32_t last = first;
    uint32_t known = 0;
    while (last < r->count && mn_seq_le(r->range[last].start, block.end)) {
        known += size(&r->range[last]);
        block.start = mn_seq_min(block.start, r->range[last].start);
        block.end = mn_seq_max(block.end, r->range[last].end);
        last++;
    }
    if (first == last && r->count == MN_SCOREBOARD_RANGES)
        return;
    splice(r, first, last, 1);
    r->range[first] = block;
    sb->len += size(&block) - known;
}

/* RFC 2883 4: the first block reports a duplicate when it lies before SEG.ACK, or inside the
 * second. */
static bool is_dsack(struct mn_seq ack, const struct mn_tcp_sack *blocks, unsigned count)
{
    if (count == 0 || !mn_seq_lt(blocks[0].start, blocks[0].end))
        return false;
    if (mn_seq_le(blocks[0].end, ack))
        return true;
    return count > 1 && mn_seq_ge(blocks[0].start, blocks[1].start) &&
           mn_seq_le(blocks[0].end, blocks[1].end);
}

void mn_scoreboard_update(struct mn_pool *pool, struct mn_scoreboard *sb, struct mn_seq ack,
                          struct mn_seq snd_una, struct mn_seq snd_max,
                          const struct mn_tcp_sack *blocks, unsigned count,
                          struct mn_scoreboard_news *news)
{
    *news = (struct mn_scoreboard_news){0};
    MN_ASSERT(count <= MN_TCP_SACKS_MAX);
    mn_scoreboard_ack(pool, sb, snd_una);
    uint32_t before = sb->len;
    news->has_dsack = is_dsack(ack, blocks, count);
    if (news->has_dsack)
        news->dsack = blocks[0];
    for (unsigned i = news->has_dsack ? 1 : 0; i < count; i++) {
        struct mn_tcp_sack block = blocks[i];
        /* RFC 2018 3: a block lies above the cumulative acknowledgement, with a hole before it,
         * and holds nothing that was not sent. A late ACK may report what is acknowledged now. */
        bool is_possible = mn_seq_lt(block.start, block.end) && mn_seq_gt(block.start, snd_una) &&
                           mn_seq_le(block.end, snd_max);
        if (is_possible)
            add(pool, sb, block);
    }
    news->sacked = sb->len - before;
}

void mn_scoreboard_ack(struct mn_pool *pool, struct mn_scoreboard *sb, struct mn_seq snd_una)
{
    struct mn_scoreboard_ranges *r = sb->ranges;
    if (!r)
        return;
    uint32_t gone = 0;
    while (gone < r->count && mn_seq_le(r->range[gone].end, snd_una))
        sb->len -= size(&r->range[gone++]);
    /* The peer acknowledges into the middle of what it reported, or up to its start: it has given
     * the rest up (RFC 2018 8), or means less than it said. The byte at snd_una is missing. */
    while (gone < r->count && mn_seq_le(r->range[gone].start, snd_una))
        sb->len -= size(&r->range[gone++]);
    splice(r, 0, gone, 0);
    if (r->count == 0)
        mn_scoreboard_clear(pool, sb);
}

bool mn_scoreboard_has(const struct mn_scoreboard *sb, struct mn_seq seq)
{
    const struct mn_scoreboard_ranges *r = sb->ranges;
    for (uint32_t i = 0; r && i < r->count; i++)
        if (mn_seq_ge(seq, r->range[i].start) && mn_seq_lt(seq, r->range[i].end))
            return true;
    return false;
}

bool mn_scoreboard_hole(const struct mn_scoreboard *sb, struct mn_seq from,
                        struct mn_tcp_sack *hole)
{
    const struct mn_scoreboard_ranges *r = sb->ranges;
    *hole = (struct mn_tcp_sack){from, from};
    for (uint32_t i = 0; r && i < r->count; i++) {
        if (mn_seq_lt(hole->start, r->range[i].start)) {
            hole->end = r->range[i].start;
            return true;
        }
        hole->start = mn_seq_max(hole->start, r->range[i].end);
    }
    hole->end = hole->start;
    return false;
}

bool mn_scoreboard_end(const struct mn_scoreboard *sb, struct mn_seq *end)
{
    if (!sb->ranges)
        return false;
    *end = sb->ranges->range[sb->ranges->count - 1].end;
    return true;
}

bool mn_scoreboard_ok(const struct mn_scoreboard *sb, struct mn_seq snd_una, struct mn_seq snd_max)
{
    const struct mn_scoreboard_ranges *r = sb->ranges;
    if (!r)
        return sb->len == 0;
    if (r->count < 1 || r->count > MN_SCOREBOARD_RANGES)
        return false;
    uint32_t len = 0;
    struct mn_seq before = snd_una;
    for (uint32_t i = 0; i < r->count; i++) {
        if (!mn_seq_lt(before, r->range[i].start) || !mn_seq_lt(r->range[i].start, r->range[i].end))
            return false;
        len += size(&r->range[i]);
        before = r->range[i].end;
    }
    return len == sb->len && mn_seq_le(before, snd_max);
}
