/* SPDX-License-Identifier: ISC
 *
 * The send queue against a flat copy: the stream's bytes are a function of their offset. */
#include "pure_test.h"
#include <tcp/sndq.h>

static struct mn_sndq_mem mem;
static struct mn_sndq q;
static uint32_t first; /* stream offset of the first byte in the queue */

static int start_q(void **state)
{
    if (start(state))
        return -1;
    mn_sndq_mem_init(&mem, &env);
    mn_sndq_init(&q);
    first = 0;
    return 0;
}

static int stop_q(void **state)
{
    mn_sndq_clear(&mem, &q);
    bool is_clean = mem.pool.count == 0 && env.pkts.count == 0;
    return stop(state) || !is_clean ? -1 : 0;
}

static uint8_t bytes[8u << 20];

static uint32_t push(uint32_t len)
{
    stream_fill(bytes, first + q.len, len);
    uint32_t got = mn_sndq_push(&mem, &q, bytes, len);
    assert_true(mn_sndq_ok(&mem, &q));
    return got;
}

static void ack(uint32_t len)
{
    mn_sndq_ack(&mem, &q, len);
    first += len;
    assert_true(mn_sndq_ok(&mem, &q));
}

/* Gathers, checks each byte and gives back how many came. */
static uint32_t gather(uint32_t offset, uint32_t len)
{
    static uint8_t out[1u << 20];
    struct mn_pkt *pkt = mn_pkt_new(&env);
    assert_non_null(pkt);
    uint32_t got = mn_sndq_gather(&mem, &q, offset, len, pkt);
    assert_int_equal(pkt->frame.len, got);
    assert_true(got <= len);
    mn_pkt_copy_out(pkt, 0, out, got);
    for (uint32_t i = 0; i < got; i++)
        assert_int_equal(out[i], stream_byte(first + offset + i));
    mn_pkt_free(&env, pkt);
    return got;
}

static void test_an_empty_queue_holds_no_memory(void **state)
{
    (void)state;
    assert_true(mn_sndq_ok(&mem, &q));
    assert_int_equal(gather(0, 100), 0);
    assert_int_equal(push(1), 1);
    ack(1);
    assert_int_equal(q.truesize, 0);
    assert_int_equal(env.mem.pages_used, env.pkts.count ? 1 : 0);
}

static void test_a_small_answer_costs_a_small_block(void **state)
{
    (void)state;
    assert_int_equal(push(200), 200);
    assert_in_range(q.truesize, MN_BLOCK_SMALL, MN_BLOCK_SMALL + 64);
    assert_int_equal(gather(0, 1000), 200);
    ack(200);
    assert_int_equal(push(MN_BLOCK_SMALL), MN_BLOCK_SMALL);
    assert_in_range(q.truesize, MN_BLOCK_SMALL, MN_BLOCK_SMALL + 64);
}

static void test_writes_fill_the_room_of_the_last_block(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < 2 * MN_BLOCK_SMALL + 3 * MN_BLOCK_LARGE; i += 16)
        assert_int_equal(push(16), 16);
    assert_int_equal(mem.pool.count, 5);
    assert_int_equal(gather(0, 65536), q.len);
}

static void test_a_64_kib_segment_fits_the_ranges_of_a_packet(void **state)
{
    (void)state;
    push(1);
    push(4000);
    for (uint32_t i = 0; i < 20; i++)
        push(20000);
    /* Seven ranges at most: two small blocks, five large ones. */
    for (uint32_t off = 0; off + 65536 <= q.len; off += off < 5000 ? 7 : 777)
        assert_int_equal(gather(off, 65536), 65536);
}

static void test_gather_stops_when_the_packet_has_no_more_ranges(void **state)
{
    (void)state;
    push(10 * MN_BLOCK_LARGE);
    assert_int_equal(gather(0, q.len), (MNET_FRAME_SEGS - 1) * MN_BLOCK_LARGE);
    assert_int_equal(gather(100, q.len), (MNET_FRAME_SEGS - 1) * MN_BLOCK_LARGE - 100);
}

static void test_a_packet_keeps_its_bytes_after_they_are_acknowledged(void **state)
{
    (void)state;
    uint8_t out[3000];
    push(3000);
    struct mn_pkt *pkt = mn_pkt_new(&env);
    assert_int_equal(mn_sndq_gather(&mem, &q, 0, 3000, pkt), 3000);
    ack(3000);
    push(3000);
    mn_pkt_copy_out(pkt, 0, out, 3000);
    for (uint32_t i = 0; i < 3000; i++)
        assert_int_equal(out[i], stream_byte(i));
    mn_pkt_free(&env, pkt);
}

/* Room behind bytes that a segment under way refers to is used all the same. */
static void test_a_segment_under_way_does_not_keep_room_from_being_used(void **state)
{
    (void)state;
    push(100);
    struct mn_pkt *pkt = mn_pkt_new(&env);
    assert_int_equal(mn_sndq_gather(&mem, &q, 0, 100, pkt), 100);
    push(100);
    assert_int_equal(mem.pool.count, 1);
    assert_int_equal(pkt->frame.len, 100);
    mn_pkt_free(&env, pkt);
    assert_int_equal(gather(0, 1000), 200);
}

static void test_push_all_leaves_nothing_behind_when_it_fails(void **state)
{
    (void)state;
    for (uint32_t have = 0; have < 3; have++) {
        mn_sndq_clear(&mem, &q);
        first = 0;
        push(have * 1500);
        uint32_t truesize = q.truesize, chunks = mem.pool.count;
        uint32_t len = REGION_LEN + MN_PAGE_SIZE;
        stream_fill(bytes, q.len, 100000);
        static uint8_t too_much[REGION_LEN + MN_PAGE_SIZE];
        assert_false(mn_sndq_push_all(&mem, &q, too_much, len));
        assert_int_equal(q.len, have * 1500);
        assert_int_equal(q.truesize, truesize);
        assert_int_equal(mem.pool.count, chunks);
        assert_true(mn_sndq_ok(&mem, &q));
        assert_int_equal(gather(0, 10000), q.len);
        assert_true(mn_sndq_push_all(&mem, &q, bytes, 100000));
        mn_sndq_ack(&mem, &q, have * 1500);
        first = have * 1500;
        assert_int_equal(gather(0, 65536), 65536);
    }
}

static void test_push_gives_what_the_budget_has(void **state)
{
    (void)state;
    static uint8_t too_much[REGION_LEN + MN_PAGE_SIZE];
    uint32_t got = mn_sndq_push(&mem, &q, too_much, sizeof too_much);
    assert_in_range(got, REGION_LEN * 9 / 10, REGION_LEN);
    assert_int_equal(q.len, got);
    assert_true(mn_sndq_ok(&mem, &q));
    mn_sndq_ack(&mem, &q, got);
}

/* With no whole page left, what is left of the pages of small blocks is used. */
static void test_push_makes_do_with_small_blocks(void **state)
{
    (void)state;
    static uint8_t *large[REGION_LEN / MN_PAGE_SIZE];
    unsigned count = 0;
    assert_int_equal(push(10000), 10000); /* the pool has its page */
    uint8_t *small = mn_block_get_small(&env.mem);
    while ((large[count] = mn_block_get_large(&env.mem)) != NULL)
        count++;
    uint32_t len = MN_BLOCK_LARGE - 10000 + 7 * MN_BLOCK_SMALL;
    assert_int_equal(push(len + 1000), len);
    while (count > 0)
        mn_block_unref(&env.mem, large[--count]);
    mn_block_unref(&env.mem, small);
    assert_int_equal(gather(0, q.len), MN_BLOCK_LARGE + 6 * MN_BLOCK_SMALL);
    assert_int_equal(gather(MN_BLOCK_LARGE, q.len), 7 * MN_BLOCK_SMALL);
}

/* However much is queued, the next segment is found in a step. */
static void test_sending_forward_is_constant_work_in_a_queue_of_4_mib(void **state)
{
    (void)state;
    enum { LEN = 4 << 20, SEG = 1448 };
    assert_int_equal(push(LEN), LEN);
    struct mn_pkt *pkt;
    uint32_t sent = 0, count = 0;
    mem.chunk_steps = 0;
    while (sent < LEN) {
        pkt = mn_pkt_new(&env);
        sent += mn_sndq_gather(&mem, &q, sent, SEG, pkt);
        mn_pkt_free(&env, pkt);
        count++;
    }
    assert_in_range(mem.chunk_steps, LEN / MN_BLOCK_LARGE - 2, LEN / MN_BLOCK_LARGE + 1);
    /* The middle of the queue is far from both ends of it, and is counted so. */
    mem.chunk_steps = 0;
    assert_int_equal(gather(LEN / 2, SEG), SEG);
    assert_in_range(mem.chunk_steps, LEN / MN_BLOCK_LARGE / 2 - 2, LEN / MN_BLOCK_LARGE / 2 + 1);
    /* With acknowledgements coming in and the front sent again now and then, too. */
    ack(1 << 20);
    sent = 0;
    count = 0;
    mem.chunk_steps = 0;
    while (sent < q.len) {
        pkt = mn_pkt_new(&env);
        sent += mn_sndq_gather(&mem, &q, sent, SEG, pkt);
        mn_pkt_free(&env, pkt);
        if (++count % 8 == 0) {
            assert_int_equal(gather(0, SEG), SEG);
            ack(SEG);
            sent -= SEG;
        }
    }
    assert_true(mem.chunk_steps <= 2 * count);
}

static void test_random_use_agrees_with_the_stream(void **state)
{
    (void)state;
    uint32_t next = 0; /* as a sender would: what is sent next */
    for (uint32_t n = 0; n < 20000; n++) {
        switch (below(5)) {
        case 0:
            if (q.len < 1000000)
                push(below(4) ? below(600) : below(70000));
            break;
        case 1:
            next += gather(next, 1 + below(below(2) ? 1448 : 65536));
            break;
        case 2:
            (void)gather(below(q.len + 1), 1 + below(65536));
            break;
        case 3:
            (void)gather(0, 1448);
            break;
        default: {
            uint32_t len = below(next + 1);
            ack(len);
            next -= len;
        }
        }
        assert_true(mn_sndq_ok(&mem, &q));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_an_empty_queue_holds_no_memory, start_q, stop_q),
        cmocka_unit_test_setup_teardown(test_a_small_answer_costs_a_small_block, start_q, stop_q),
        cmocka_unit_test_setup_teardown(test_writes_fill_the_room_of_the_last_block, start_q,
                                        stop_q),
        cmocka_unit_test_setup_teardown(test_a_64_kib_segment_fits_the_ranges_of_a_packet, start_q,
                                        stop_q),
        cmocka_unit_test_setup_teardown(test_gather_stops_when_the_packet_has_no_more_ranges,
                                        start_q, stop_q),
        cmocka_unit_test_setup_teardown(test_a_packet_keeps_its_bytes_after_they_are_acknowledged,
                                        start_q, stop_q),
        cmocka_unit_test_setup_teardown(test_a_segment_under_way_does_not_keep_room_from_being_used,
                                        start_q, stop_q),
        cmocka_unit_test_setup_teardown(test_push_all_leaves_nothing_behind_when_it_fails, start_q,
                                        stop_q),
        cmocka_unit_test_setup_teardown(test_push_gives_what_the_budget_has, start_q, stop_q),
        cmocka_unit_test_setup_teardown(test_push_makes_do_with_small_blocks, start_q, stop_q),
        cmocka_unit_test_setup_teardown(test_sending_forward_is_constant_work_in_a_queue_of_4_mib,
                                        start_q, stop_q),
        cmocka_unit_test_setup_teardown(test_random_use_agrees_with_the_stream, start_q, stop_q),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
