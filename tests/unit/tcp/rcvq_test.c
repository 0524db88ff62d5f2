/* SPDX-License-Identifier: ISC
 *
 * The receive queue against a flat map of which bytes of the stream are there. The stream's bytes
 * are a function of their sequence number, so that every byte that comes out can be checked. */
#include "pure_test.h"
#include <tcp/rcvq.h>

static struct mn_rcvq_mem mem;
static struct mn_rcvq q;

static int start_q(void **state)
{
    if (start(state))
        return -1;
    mn_rcvq_mem_init(&mem, &env, 100);
    return 0;
}

static int stop_q(void **state)
{
    mn_rcvq_clear(&mem, &q);
    bool is_clean = mem.pool.count == 0 && env.pkts.count == 0 && q.truesize == 0;
    return stop(state) || !is_clean ? -1 : 0;
}

/* How the payload of a packet lies. */
enum shape { SMALL, RECEIVED, SHARED, SHAPES };

static struct mn_pkt *make(enum shape shape, uint32_t seq, uint32_t len)
{
    static uint8_t bytes[70000];
    static const uint8_t header[54];
    stream_fill(bytes, seq, len);
    struct mn_pkt *pkt = mn_pkt_new(&env);
    assert_non_null(pkt);
    if (shape == SMALL) {
        assert_true(mn_pkt_append(&env, pkt, bytes, len));
    } else if (shape == RECEIVED) {
        assert_true(mn_pkt_append(&env, pkt, header, sizeof header));
        assert_true(mn_pkt_append(&env, pkt, bytes, len));
        mn_pkt_pull(&env, pkt, sizeof header);
    } else {
        for (uint32_t done = 0; done < len;) {
            uint32_t part = len - done < 10000 ? len - done : 10000;
            uint8_t *block = mn_block_get_large(&env.mem);
            assert_non_null(block);
            memcpy(block + 100, bytes + done, part);
            assert_true(mn_pkt_add(&env, pkt, block + 100, part));
            mn_block_unref(&env.mem, block);
            done += part;
        }
        mn_pkt_pull(&env, pkt, 0);
    }
    assert_int_equal(pkt->frame.len, len);
    return pkt;
}

static enum mn_rcvq_result insert(uint32_t seq, uint32_t len)
{
    enum mn_rcvq_result result = mn_rcvq_insert(&mem, &q, make(SMALL, seq, len), mn_seq(seq));
    assert_true(mn_rcvq_ok(&mem, &q));
    return result;
}

/* Reads all that is in order and checks it against the stream. */
static void read_all(uint32_t expected_len)
{
    static uint8_t out[2000000];
    uint32_t seq = q.nxt.v - q.len;
    assert_int_equal(q.len, expected_len);
    assert_int_equal(mn_rcvq_read(&mem, &q, out, sizeof out), expected_len);
    for (uint32_t i = 0; i < expected_len; i++)
        assert_int_equal(out[i], stream_byte(seq + i));
    assert_int_equal(q.len, 0);
    assert_true(mn_rcvq_ok(&mem, &q));
}

static void assert_sacks(const uint32_t (*expected)[2], unsigned count)
{
    struct mn_tcp_sack sacks[MN_TCP_SACKS_MAX];
    assert_int_equal(mn_rcvq_sacks(&q, sacks, MN_TCP_SACKS_MAX), count);
    for (unsigned i = 0; i < count; i++) {
        assert_int_equal(sacks[i].start.v, expected[i][0]);
        assert_int_equal(sacks[i].end.v, expected[i][1]);
    }
}

static void test_an_empty_queue_holds_nothing(void **state)
{
    (void)state;
    struct mnet_slice slice;
    mn_rcvq_init(&q, mn_seq(7));
    assert_true(mn_rcvq_ok(&mem, &q));
    assert_int_equal(mn_rcvq_peek(&q, &slice, 1), 0);
    assert_int_equal(mn_rcvq_read(&mem, &q, &slice, 1), 0);
    assert_false(mn_rcvq_has_ooo(&q));
    assert_int_equal(mn_rcvq_end(&q).v, 7);
    assert_int_equal(env.mem.pages_used, 0);
}

static void test_bytes_in_order_come_out_in_order_across_the_wrap(void **state)
{
    (void)state;
    uint32_t seq = 0xfffffff0u;
    mn_rcvq_init(&q, mn_seq(seq));
    for (uint32_t i = 0; i < 10; i++, seq += 1000)
        assert_int_equal(insert(seq, 1000), MN_RCVQ_IN_ORDER);
    assert_int_equal(q.nxt.v, seq);
    read_all(10000);
}

static void test_a_hole_is_filled_and_what_waited_follows(void **state)
{
    (void)state;
    mn_rcvq_init(&q, mn_seq(100));
    assert_int_equal(insert(300, 100), MN_RCVQ_OUT_OF_ORDER);
    assert_int_equal(insert(500, 100), MN_RCVQ_OUT_OF_ORDER);
    assert_int_equal(mn_rcvq_ooo_len(&q), 200);
    assert_int_equal(mn_rcvq_end(&q).v, 600);
    assert_int_equal(insert(100, 200), MN_RCVQ_IN_ORDER);
    assert_int_equal(q.nxt.v, 400);
    assert_true(mn_rcvq_has_ooo(&q));
    assert_int_equal(insert(400, 100), MN_RCVQ_IN_ORDER);
    assert_int_equal(q.nxt.v, 600);
    assert_false(mn_rcvq_has_ooo(&q));
    assert_int_equal(mem.pool.count, 0);
    read_all(500);
}

static void test_what_is_there_already_is_a_duplicate(void **state)
{
    (void)state;
    mn_rcvq_init(&q, mn_seq(0));
    assert_int_equal(insert(0, 100), MN_RCVQ_IN_ORDER);
    assert_int_equal(insert(0, 100), MN_RCVQ_DUPLICATE);
    assert_int_equal(insert(50, 50), MN_RCVQ_DUPLICATE);
    assert_int_equal(insert(0xffffff00u, 256), MN_RCVQ_DUPLICATE);
    assert_int_equal(insert(200, 100), MN_RCVQ_OUT_OF_ORDER);
    assert_int_equal(insert(200, 100), MN_RCVQ_DUPLICATE);
    assert_int_equal(insert(250, 10), MN_RCVQ_DUPLICATE);
    assert_int_equal(mn_rcvq_ooo_len(&q), 100);
    read_all(100);
}

static void test_overlaps_are_trimmed_so_that_each_byte_is_held_once(void **state)
{
    (void)state;
    mn_rcvq_init(&q, mn_seq(0));
    /* Before, after, inside two, around one. */
    assert_int_equal(insert(100, 100), MN_RCVQ_OUT_OF_ORDER);
    assert_int_equal(insert(50, 100), MN_RCVQ_OUT_OF_ORDER);
    assert_int_equal(insert(150, 100), MN_RCVQ_OUT_OF_ORDER);
    assert_int_equal(mn_rcvq_ooo_len(&q), 200);
    assert_int_equal(insert(300, 100), MN_RCVQ_OUT_OF_ORDER);
    assert_int_equal(insert(240, 70), MN_RCVQ_OUT_OF_ORDER);
    assert_int_equal(mn_rcvq_ooo_len(&q), 350);
    assert_sacks((const uint32_t[][2]){{50, 400}}, 1);
    assert_int_equal(insert(600, 10), MN_RCVQ_OUT_OF_ORDER);
    assert_int_equal(insert(620, 10), MN_RCVQ_OUT_OF_ORDER);
    assert_int_equal(insert(590, 100), MN_RCVQ_OUT_OF_ORDER);
    assert_sacks((const uint32_t[][2]){{590, 690}, {50, 400}}, 2);
    /* In order, over the first range and into the second. */
    assert_int_equal(insert(0, 600), MN_RCVQ_IN_ORDER);
    assert_int_equal(q.nxt.v, 690);
    read_all(690);
}

static void test_old_bytes_in_front_of_new_ones_are_cut(void **state)
{
    (void)state;
    mn_rcvq_init(&q, mn_seq(1000));
    assert_int_equal(insert(900, 101), MN_RCVQ_IN_ORDER);
    assert_int_equal(q.nxt.v, 1001);
    read_all(1);
}

/* RFC 2018 4: the block with the newest segment first, then the most recently reported ones. */
static void test_sack_blocks_are_the_most_recent_first(void **state)
{
    (void)state;
    mn_rcvq_init(&q, mn_seq(0));
    for (uint32_t i = 1; i <= 6; i++)
        insert(i * 100, 10);
    assert_sacks((const uint32_t[][2]){{600, 610}, {500, 510}, {400, 410}, {300, 310}}, 4);
    insert(210, 10);
    assert_sacks((const uint32_t[][2]){{200, 220}, {600, 610}, {500, 510}, {400, 410}}, 4);
    insert(90, 10);
    assert_sacks((const uint32_t[][2]){{90, 110}, {200, 220}, {600, 610}, {500, 510}}, 4);
    /* Two become one, which is then the newest. */
    insert(310, 90);
    assert_sacks((const uint32_t[][2]){{300, 410}, {90, 110}, {200, 220}, {600, 610}}, 4);
    struct mn_tcp_sack one;
    assert_int_equal(mn_rcvq_sacks(&q, &one, 1), 1);
    assert_int_equal(one.start.v, 300);
}

static void test_more_ranges_than_the_limit_are_refused(void **state)
{
    (void)state;
    mn_rcvq_init(&q, mn_seq(0));
    for (uint32_t i = 1; i <= MN_RCVQ_RANGES; i++)
        assert_int_equal(insert(i * 10, 1), MN_RCVQ_OUT_OF_ORDER);
    assert_int_equal(insert(5, 1), MN_RCVQ_LIMIT);
    assert_int_equal(insert(1000, 1), MN_RCVQ_LIMIT);
    /* What needs no range of its own still comes in. */
    assert_int_equal(insert(11, 1), MN_RCVQ_OUT_OF_ORDER);
    assert_int_equal(insert(19, 1), MN_RCVQ_OUT_OF_ORDER);
    assert_int_equal(insert(31, 9), MN_RCVQ_OUT_OF_ORDER);
    assert_int_equal(insert(5, 1), MN_RCVQ_OUT_OF_ORDER);
    assert_int_equal(insert(0, 5), MN_RCVQ_IN_ORDER);
    assert_int_equal(q.nxt.v, 6);
    read_all(6);
}

static void test_without_memory_for_ranges_only_data_in_order_is_taken(void **state)
{
    (void)state;
    mn_rcvq_init(&q, mn_seq(0));
    mem.pool.count_max = 0;
    assert_int_equal(insert(10, 1), MN_RCVQ_NO_MEMORY);
    assert_int_equal(insert(0, 10), MN_RCVQ_IN_ORDER);
    read_all(10);
}

static void test_tiny_segments_share_a_block(void **state)
{
    (void)state;
    mn_rcvq_init(&q, mn_seq(0));
    for (uint32_t i = 0; i < 1000; i++)
        assert_int_equal(insert(i, 1), MN_RCVQ_IN_ORDER);
    assert_int_equal(env.pkts.count, 1);
    assert_in_range(q.truesize, MN_BLOCK_SMALL, 2 * MN_BLOCK_SMALL);
    read_all(1000);
    for (uint32_t i = 0; i < 1000; i++)
        assert_int_equal(insert(2000 + i, 1), MN_RCVQ_OUT_OF_ORDER);
    assert_int_equal(env.pkts.count, 1);
    assert_int_equal(insert(1000, 1000), MN_RCVQ_IN_ORDER);
    read_all(2000);
}

/* The one who holds the other reference would see bytes change behind what he refers to. */
static void test_nothing_is_copied_into_a_block_that_somebody_else_holds(void **state)
{
    (void)state;
    mn_rcvq_init(&q, mn_seq(0));
    struct mn_pkt *pkt = make(SMALL, 0, 10);
    uint8_t *block = mn_block_start(&env.mem, pkt->frame.seg[0].at);
    mn_block_ref(&env.mem, block);
    mn_rcvq_insert(&mem, &q, pkt, mn_seq(0));
    insert(10, 10);
    assert_int_equal(env.pkts.count, 2);
    mn_block_unref(&env.mem, block);
    read_all(20);
}

static void test_a_large_segment_is_linked_not_copied(void **state)
{
    (void)state;
    mn_rcvq_init(&q, mn_seq(0));
    insert(0, 10);
    insert(10, MN_RCVQ_COPY_MAX + 1);
    assert_int_equal(env.pkts.count, 2);
    insert(10 + MN_RCVQ_COPY_MAX + 1, MN_RCVQ_COPY_MAX);
    assert_int_equal(env.pkts.count, 2);
}

static void test_peek_lends_bytes_where_they_lie_and_consume_gives_them_back(void **state)
{
    (void)state;
    struct mnet_slice slices[16];
    mn_rcvq_init(&q, mn_seq(0));
    struct mn_pkt *pkt = make(SHARED, 0, 25000);
    const uint8_t *first = pkt->frame.seg[0].at;
    mn_rcvq_insert(&mem, &q, pkt, mn_seq(0));
    mn_rcvq_insert(&mem, &q, make(RECEIVED, 25000, 5000), mn_seq(25000));
    unsigned count = mn_rcvq_peek(&q, slices, 16);
    uint32_t seq = 0;
    assert_ptr_equal(slices[0].at, first);
    for (unsigned i = 0; i < count; i++)
        for (size_t b = 0; b < slices[i].len; b++)
            assert_int_equal(slices[i].at[b], stream_byte(seq++));
    assert_int_equal(seq, 30000);
    assert_int_equal(mn_rcvq_peek(&q, slices, 2), 2);
    uint32_t before = q.truesize;
    mn_rcvq_consume(&mem, &q, 10001);
    assert_int_equal(before - q.truesize, MN_BLOCK_LARGE);
    assert_int_equal(mn_rcvq_peek(&q, slices, 1), 1);
    assert_int_equal(slices[0].at[0], stream_byte(10001));
    assert_true(mn_rcvq_ok(&mem, &q));
    mn_rcvq_consume(&mem, &q, 0);
    mn_rcvq_consume(&mem, &q, 19999);
    assert_int_equal(q.truesize, 0);
}

/* RFC 2018 8: the receiver may give up what it has reported; what is in order stays. */
static void test_shed_gives_up_what_is_out_of_order_only(void **state)
{
    (void)state;
    mn_rcvq_init(&q, mn_seq(0));
    insert(0, 100);
    insert(200, 100);
    insert(400, 100);
    insert(300, 10);
    assert_int_equal(mn_rcvq_shed(&mem, &q), 3);
    assert_false(mn_rcvq_has_ooo(&q));
    assert_int_equal(mn_rcvq_shed(&mem, &q), 0);
    assert_int_equal(mem.pool.count, 0);
    assert_int_equal(insert(100, 100), MN_RCVQ_IN_ORDER);
    assert_int_equal(q.nxt.v, 200);
    read_all(200);
}

/* Reassembly that costs the square of what was sent is a known way to stop a server: the work for
 * each segment must not depend on how many came before. */
static void test_work_for_a_segment_is_bounded_whatever_came_before(void **state)
{
    (void)state;
    enum { COUNT = 1500, LEN = 600 };
    mn_rcvq_init(&q, mn_seq(0));
    mem.range_steps = 0;
    /* Forward behind a hole: one range that grows. */
    for (uint32_t i = 1; i <= COUNT; i++)
        mn_rcvq_insert(&mem, &q, make(SMALL, i * LEN, LEN), mn_seq(i * LEN));
    assert_in_range(mem.range_steps, COUNT, 2 * COUNT);
    assert_int_equal(mn_rcvq_ooo_len(&q), COUNT * LEN);
    /* The hole is filled: one step, however much waits. */
    mem.range_steps = 0;
    mn_rcvq_insert(&mem, &q, make(SMALL, 0, LEN), mn_seq(0));
    assert_int_equal(q.nxt.v, (COUNT + 1) * LEN);
    assert_true(mem.range_steps <= 2);
    read_all((COUNT + 1) * LEN);
    /* Backwards, and every other one in random order: at most one look at each range. */
    mem.range_steps = 0;
    uint32_t base = q.nxt.v;
    for (uint32_t i = COUNT; i > 0; i--)
        mn_rcvq_insert(&mem, &q, make(SMALL, base + i * LEN, LEN), mn_seq(base + i * LEN));
    assert_true(mem.range_steps <= 2 * COUNT);
    (void)mn_rcvq_shed(&mem, &q);
    mem.range_steps = 0;
    for (uint32_t i = 0; i < 20000; i++) {
        uint32_t seq = base + 1 + below(100000) * 2;
        mn_rcvq_insert(&mem, &q, make(SMALL, seq, 1), mn_seq(seq));
    }
    assert_in_range(mem.range_steps, 20000 * 2, 20000 * (MN_RCVQ_RANGES + 1));
    assert_true(mn_rcvq_ok(&mem, &q));
}

/* -- the model -- */

#define SPAN 40000u /* bytes after nxt that the model looks at */

static bool held[2 * SPAN]; /* held[i]: the byte at nxt + i is there; held[0] is false */

static unsigned model_ranges(void)
{
    unsigned count = 0;
    for (uint32_t i = 1; i < SPAN; i++)
        count += held[i] && !held[i - 1];
    return count;
}

/* What must come of bytes [off, off + len) from nxt on, off perhaps negative. */
static enum mn_rcvq_result model_insert(int32_t off, uint32_t len)
{
    bool before[SPAN];
    int32_t end = off + (int32_t)len;
    bool is_new = false;
    memcpy(before, held, sizeof before);
    for (int32_t i = off < 0 ? 0 : off; i < end; i++) {
        is_new = is_new || !held[i];
        held[i] = true;
    }
    if (!is_new)
        return MN_RCVQ_DUPLICATE;
    if (!held[0]) {
        if (model_ranges() <= MN_RCVQ_RANGES)
            return MN_RCVQ_OUT_OF_ORDER;
        memcpy(held, before, sizeof before);
        return MN_RCVQ_LIMIT;
    }
    uint32_t run = 0;
    while (held[run])
        run++;
    memmove(held, held + run, sizeof held - run);
    memset(held + sizeof held - run, 0, run);
    return MN_RCVQ_IN_ORDER;
}

static void check_model(struct mn_seq nxt)
{
    uint32_t len = 0;
    for (uint32_t i = 0; i < SPAN; i++)
        len += held[i];
    assert_int_equal(mn_rcvq_ooo_len(&q), len);
    assert_int_equal(q.nxt.v, nxt.v);
    struct mn_tcp_sack sacks[MN_RCVQ_RANGES];
    unsigned count = mn_rcvq_sacks(&q, sacks, MN_RCVQ_RANGES);
    assert_int_equal(count, model_ranges());
    for (unsigned i = 0; i < count; i++) {
        uint32_t from = mn_seq_diff(sacks[i].start, nxt), to = mn_seq_diff(sacks[i].end, nxt);
        assert_true(from > 0 && !held[from - 1] && held[from] && held[to - 1] && !held[to]);
    }
    assert_true(mn_rcvq_ok(&mem, &q));
}

static void model_read(void)
{
    static uint8_t out[70000];
    uint32_t seq = q.nxt.v - q.len;
    uint32_t want = below(70000);
    uint32_t got = mn_rcvq_read(&mem, &q, out, want);
    for (uint32_t i = 0; i < got; i++)
        assert_int_equal(out[i], stream_byte(seq + i));
}

static uint32_t random_len(void)
{
    switch (below(4)) {
    case 0:
        return 1 + below(20);
    case 1:
        return 1 + below(MN_RCVQ_COPY_MAX + 10);
    case 2:
        return 1 + below(1500);
    default:
        return 1 + below(9000);
    }
}

static void test_any_order_of_segments_gives_the_stream(void **state)
{
    (void)state;
    struct mn_seq nxt = mn_seq(0xfff00000u);
    memset(held, 0, sizeof held);
    mn_rcvq_init(&q, nxt);
    unsigned seen[5] = {0};
    for (uint32_t n = 0; n < 5000; n++) {
        uint32_t len = random_len();
        int32_t span = below(3) ? 2000 : (int32_t)(SPAN - 10000);
        int32_t off = (int32_t)below((uint32_t)span) - (int32_t)below(100);
        if (below(10) == 0)
            off = 0;
        uint32_t seq = nxt.v + (uint32_t)off;
        struct mn_pkt *pkt = make((enum shape)below(SHAPES), seq, len);
        enum mn_rcvq_result expected = model_insert(off, len);
        enum mn_rcvq_result result = mn_rcvq_insert(&mem, &q, pkt, mn_seq(seq));
        assert_int_equal(result, expected);
        seen[result]++;
        if (result == MN_RCVQ_IN_ORDER)
            nxt = q.nxt;
        if (below(100) == 0) {
            (void)mn_rcvq_shed(&mem, &q);
            memset(held, 0, sizeof held);
        }
        if (below(8) == 0)
            model_read();
        check_model(nxt);
    }
    assert_true(seen[MN_RCVQ_IN_ORDER] > 300 && seen[MN_RCVQ_OUT_OF_ORDER] > 300 &&
                seen[MN_RCVQ_DUPLICATE] > 50);
}

/* Holes of one byte between bytes: the limit is met all the time. */
static void test_many_small_ranges_agree_with_the_model(void **state)
{
    (void)state;
    struct mn_seq nxt = mn_seq(0xffffff80u);
    memset(held, 0, sizeof held);
    mn_rcvq_init(&q, nxt);
    unsigned limits = 0;
    for (uint32_t n = 0; n < 6000; n++) {
        uint32_t len = below(16) ? 1 : 1 + below(12);
        int32_t off = below(16) ? 1 + 2 * (int32_t)below(80) : (int32_t)below(160) - 1;
        uint32_t seq = nxt.v + (uint32_t)off;
        if (off <= 0 && below(20))
            continue;
        enum mn_rcvq_result expected = model_insert(off, len);
        assert_int_equal(mn_rcvq_insert(&mem, &q, make(SMALL, seq, len), mn_seq(seq)), expected);
        limits += expected == MN_RCVQ_LIMIT;
        if (expected == MN_RCVQ_IN_ORDER)
            nxt = q.nxt;
        if (below(8) == 0)
            model_read();
        check_model(nxt);
    }
    assert_true(limits > 50);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_an_empty_queue_holds_nothing, start_q, stop_q),
        cmocka_unit_test_setup_teardown(test_bytes_in_order_come_out_in_order_across_the_wrap,
                                        start_q, stop_q),
        cmocka_unit_test_setup_teardown(test_a_hole_is_filled_and_what_waited_follows, start_q,
                                        stop_q),
        cmocka_unit_test_setup_teardown(test_what_is_there_already_is_a_duplicate, start_q, stop_q),
        cmocka_unit_test_setup_teardown(test_overlaps_are_trimmed_so_that_each_byte_is_held_once,
                                        start_q, stop_q),
        cmocka_unit_test_setup_teardown(test_old_bytes_in_front_of_new_ones_are_cut, start_q,
                                        stop_q),
        cmocka_unit_test_setup_teardown(test_sack_blocks_are_the_most_recent_first, start_q,
                                        stop_q),
        cmocka_unit_test_setup_teardown(test_more_ranges_than_the_limit_are_refused, start_q,
                                        stop_q),
        cmocka_unit_test_setup_teardown(test_without_memory_for_ranges_only_data_in_order_is_taken,
                                        start_q, stop_q),
        cmocka_unit_test_setup_teardown(test_tiny_segments_share_a_block, start_q, stop_q),
        cmocka_unit_test_setup_teardown(
            test_nothing_is_copied_into_a_block_that_somebody_else_holds, start_q, stop_q),
        cmocka_unit_test_setup_teardown(test_a_large_segment_is_linked_not_copied, start_q, stop_q),
        cmocka_unit_test_setup_teardown(
            test_peek_lends_bytes_where_they_lie_and_consume_gives_them_back, start_q, stop_q),
        cmocka_unit_test_setup_teardown(test_shed_gives_up_what_is_out_of_order_only, start_q,
                                        stop_q),
        cmocka_unit_test_setup_teardown(test_work_for_a_segment_is_bounded_whatever_came_before,
                                        start_q, stop_q),
        cmocka_unit_test_setup_teardown(test_any_order_of_segments_gives_the_stream, start_q,
                                        stop_q),
        cmocka_unit_test_setup_teardown(test_many_small_ranges_agree_with_the_model, start_q,
                                        stop_q),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
