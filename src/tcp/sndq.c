/* SPDX-License-Identifier: ISC
 *
 * A list of chunks, each the owner of one reference to one block. Only the queue writes to its
 * blocks, and only behind what is filled, so packets that refer to the filled part never see a
 * change; that a block is shared does not keep its room from being used.
 *
 * A short queue lies in small blocks: a request, or an answer of a server that has thousands of
 * connections. Whoever writes more gets large blocks, which keeps the list short, 257 chunks for
 * 4 MiB, and any 64 KiB within the ranges of a packet: two small blocks and five large ones.
 *
 * Sending goes forward, so a cursor remembers where the last gather ended; after an acknowledgement
 * it is still right, only its offset has changed. Sending again begins at the front, which is
 * another known place. Any other offset is searched from one of the two. */
#include <string.h>
#include <tcp/sndq.h>

#define SMALL_MAX (2 * MN_BLOCK_SMALL)

struct mn_sndq_chunk {
    struct mn_sndq_chunk *next; /* what was written after it */
    uint8_t *at;                /* first byte not acknowledged, in the block */
    uint32_t len;               /* bytes filled from there on, at least 1 */
    uint32_t room;              /* bytes behind them to the end of the block */
};

void mn_sndq_mem_init(struct mn_sndq_mem *mem, struct mn_env *env)
{
    mem->env = env;
    mem->chunk_steps = 0;
    /* The budget bounds them: each holds a block. */
    mn_pool_init(&mem->pool, &env->mem, "tcp send", sizeof(struct mn_sndq_chunk), UINT32_MAX);
}

void mn_sndq_init(struct mn_sndq *q)
{
    *q = (struct mn_sndq){0};
}

static uint32_t chunk_truesize(const struct mn_sndq_mem *mem, const struct mn_sndq_chunk *chunk)
{
    return mn_block_size(&mem->env->mem, chunk->at) + mem->pool.object_size;
}

static void chunk_free(struct mn_sndq_mem *mem, struct mn_sndq *q, struct mn_sndq_chunk *chunk)
{
    q->truesize -= chunk_truesize(mem, chunk);
    mn_block_unref(&mem->env->mem, chunk->at);
    mn_pool_put(&mem->pool, chunk);
}

/* A new last chunk with nothing in it yet, for `len` bytes to come. */
static struct mn_sndq_chunk *chunk_new(struct mn_sndq_mem *mem, struct mn_sndq *q, uint32_t len)
{
    struct mn_mem *m = &mem->env->mem;
    struct mn_sndq_chunk *chunk = mn_pool_get(&mem->pool);
    if (!chunk)
        return NULL;
    bool is_small = q->len + len <= SMALL_MAX;
    chunk->at = is_small ? mn_block_get_small(m) : mn_block_get_large(m);
    if (!chunk->at && !is_small) {
        /* Seven eighths of a page less are better than nothing. */
        is_small = true;
        chunk->at = mn_block_get_small(m);
    }
    if (!chunk->at) {
        mn_pool_put(&mem->pool, chunk);
        return NULL;
    }
    chunk->room = is_small ? MN_BLOCK_SMALL : MN_BLOCK_LARGE;
    if (q->tail)
        q->tail->next = chunk;
    else
        q->head = chunk;
    q->tail = chunk;
    q->truesize += chunk_truesize(mem, chunk);
    return chunk;
}

uint32_t mn_sndq_push(struct mn_sndq_mem *mem, struct mn_sndq *q, const void *from, uint32_t len)
{
    MN_ASSERT(len <= MN_SNDQ_LEN_MAX && q->len <= MN_SNDQ_LEN_MAX - len);
    const uint8_t *bytes = from;
    uint32_t left = len;
    while (left > 0) {
        struct mn_sndq_chunk *chunk = q->tail;
        if (!chunk || chunk->room == 0) {
            chunk = chunk_new(mem, q, left);
            if (!chunk)
                break;
        }
        uint32_t part = left < chunk->room ? left : chunk->room;
        memcpy(chunk->at + chunk->len, bytes, part);
        chunk->len += part;
        chunk->room -= part;
        q->len += part;
        bytes += part;
        left -= part;
    }
    return len - left;
}

/* Takes the last bytes off again, so that `len` remain. They were never gathered. */
static void cut(struct mn_sndq_mem *mem, struct mn_sndq *q, struct mn_sndq_chunk *tail,
                uint32_t tail_len, uint32_t len)
{
    struct mn_sndq_chunk *chunk = tail ? tail->next : q->head;
    while (chunk) {
        struct mn_sndq_chunk *next = chunk->next;
        chunk_free(mem, q, chunk);
        chunk = next;
    }
    q->tail = tail;
    if (tail) {
        tail->next = NULL;
        tail->room += tail->len - tail_len;
        tail->len = tail_len;
    } else {
        q->head = NULL;
    }
    q->len = len;
}

bool mn_sndq_push_all(struct mn_sndq_mem *mem, struct mn_sndq *q, const void *from, uint32_t len)
{
    struct mn_sndq_chunk *tail = q->tail;
    uint32_t tail_len = tail ? tail->len : 0;
    uint32_t before = q->len;
    if (mn_sndq_push(mem, q, from, len) == len)
        return true;
    cut(mem, q, tail, tail_len, before);
    return false;
}

/* The chunk with the byte at `offset`; `*at` is the offset of its first byte. */
static struct mn_sndq_chunk *seek(struct mn_sndq_mem *mem, const struct mn_sndq *q, uint32_t offset,
                                  uint32_t *at)
{
    struct mn_sndq_chunk *chunk = q->head;
    *at = 0;
    if (q->cursor && q->cursor_off <= offset) {
        chunk = q->cursor;
        *at = q->cursor_off;
    }
    while (offset - *at >= chunk->len) {
        *at += chunk->len;
        chunk = chunk->next;
        MN_ASSERT(chunk);
        mem->chunk_steps++;
    }
    return chunk;
}

uint32_t mn_sndq_gather(struct mn_sndq_mem *mem, struct mn_sndq *q, uint32_t offset, uint32_t len,
                        struct mn_pkt *pkt)
{
    MN_ASSERT(offset <= q->len);
    if (offset == q->len || len == 0)
        return 0;
    uint32_t at;
    uint32_t left = len < q->len - offset ? len : q->len - offset;
    uint32_t done = 0;
    struct mn_sndq_chunk *chunk = seek(mem, q, offset, &at);
    for (;;) {
        uint32_t from = offset - at;
        uint32_t part = chunk->len - from < left ? chunk->len - from : left;
        if (!mn_pkt_add(mem->env, pkt, chunk->at + from, part))
            break;
        done += part;
        left -= part;
        offset += part;
        if (left == 0)
            break;
        at += chunk->len;
        chunk = chunk->next;
        mem->chunk_steps++;
    }
    /* What is sent again from the first chunk leaves the cursor where new data will need it. */
    if (at > 0) {
        q->cursor = chunk;
        q->cursor_off = at;
    }
    return done;
}

void mn_sndq_ack(struct mn_sndq_mem *mem, struct mn_sndq *q, uint32_t len)
{
    MN_ASSERT(len <= q->len);
    q->len -= len;
    /* The front moves; a cursor in what goes away goes with it. */
    uint32_t passed = len;
    while (q->head && len >= q->head->len) {
        struct mn_sndq_chunk *chunk = q->head;
        len -= chunk->len;
        if (q->cursor == chunk)
            q->cursor = NULL;
        q->head = chunk->next;
        chunk_free(mem, q, chunk);
    }
    if (!q->head) {
        MN_ASSERT(len == 0);
        q->tail = NULL;
        return;
    }
    q->head->at += len;
    q->head->len -= len;
    if (q->cursor == q->head)
        q->cursor_off = 0;
    else if (q->cursor)
        q->cursor_off -= passed;
}

void mn_sndq_clear(struct mn_sndq_mem *mem, struct mn_sndq *q)
{
    mn_sndq_ack(mem, q, q->len);
    MN_ASSERT(q->truesize == 0 && !q->head && !q->cursor);
}

bool mn_sndq_ok(const struct mn_sndq_mem *mem, const struct mn_sndq *q)
{
    uint32_t len = 0, truesize = 0;
    bool is_cursor_found = !q->cursor;
    const struct mn_sndq_chunk *last = NULL;
    for (const struct mn_sndq_chunk *chunk = q->head; chunk; chunk = chunk->next) {
        if (chunk->len == 0 || (chunk->next && chunk->room > 0))
            return false;
        const uint8_t *block = mn_block_start(&mem->env->mem, chunk->at);
        const uint8_t *end = block + mn_block_size(&mem->env->mem, chunk->at);
        if (chunk->at + chunk->len + chunk->room != end)
            return false;
        if (chunk == q->cursor)
            is_cursor_found = q->cursor_off == len;
        len += chunk->len;
        truesize += chunk_truesize(mem, chunk);
        last = chunk;
    }
    return last == q->tail && len == q->len && truesize == q->truesize && is_cursor_found;
}
