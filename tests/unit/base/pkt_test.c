/* SPDX-License-Identifier: ISC
 *
 * Packets against a flat copy of their bytes, and the budget that they must give back. */
#include "panic_test.h"
#include <base/pkt.h>

#define REGION_LEN (60u * MN_PAGE_SIZE)

static uint8_t *region;
static struct mn_env env;

static int start(void **state)
{
    (void)state;
    region = malloc(REGION_LEN);
    memset(&env, 0, sizeof env);
    if (!region || !mn_mem_init(&env.mem, region, REGION_LEN))
        return -1;
    mn_pool_init(&env.pkts, &env.mem, "packets", sizeof(struct mn_pkt), UINT32_MAX);
    return 0;
}

/* Every test gives back all that it took. */
static int stop(void **state)
{
    (void)state;
    bool is_clean = mn_mem_ok(&env.mem) && env.mem.pages_used == 0 && env.pkts.count == 0;
    free(region);
    return is_clean ? 0 : -1;
}

/* ---- the model: what the bytes of a packet must be ---- */

#define FLAT_MAX 140000u

static uint8_t flat[FLAT_MAX];
static uint32_t flat_len;

static void check_shape(const struct mn_pkt *pkt)
{
    const struct mnet_frame *frame = &pkt->frame;
    uint32_t len = 0;
    assert_in_range(frame->seg_count, 1, MNET_FRAME_SEGS);
    for (unsigned i = 0; i < frame->seg_count; i++) {
        const struct mnet_seg *seg = &frame->seg[i];
        uint8_t *block = mn_block_start(&env.mem, seg->at);
        assert_true(seg->at + seg->len <= block + mn_block_size(&env.mem, seg->at));
        assert_true(seg->len > 0 || frame->seg_count == 1 || i == 0);
        len += seg->len;
    }
    assert_int_equal(frame->len, len);
}

static void check_bytes(const struct mn_pkt *pkt)
{
    static uint8_t out[FLAT_MAX];
    check_shape(pkt);
    assert_int_equal(pkt->frame.len, flat_len);
    mn_pkt_copy_out(pkt, 0, out, flat_len);
    assert_memory_equal(out, flat, flat_len);
    uint32_t off = random_below(flat_len + 1);
    uint32_t len = random_below(flat_len - off + 1);
    memset(out, 0xee, (size_t)len + 1);
    mn_pkt_copy_out(pkt, off, out, len);
    assert_memory_equal(out, flat + off, len);
    assert_int_equal(out[len], 0xee);
    mn_sum start_sum = mn_sum_add16(0, (uint16_t)random64());
    assert_int_equal(mn_sum_fold(mn_pkt_sum(pkt, off, start_sum)),
                     mn_sum_fold(mn_sum_add(start_sum, flat + off, flat_len - off)));
    memset(out, 0xee, sizeof out);
    assert_int_equal(mn_pkt_copy_some(pkt, off, out, FLAT_MAX), flat_len - off);
    assert_memory_equal(out, flat + off, flat_len - off);
    assert_int_equal(mn_pkt_copy_some(pkt, flat_len, out, 1), 0);
}

static uint32_t headroom(const struct mn_pkt *pkt)
{
    uint8_t *at = pkt->frame.seg[0].at;
    return mn_block_is_sole(&env.mem, at) ? (uint32_t)(at - mn_block_start(&env.mem, at)) : 0;
}

static void push(struct mn_pkt *pkt, uint32_t len)
{
    memmove(flat + len, flat, flat_len);
    random_bytes(flat, len);
    flat_len += len;
    struct mn_wr w = mn_pkt_push(&env, pkt, len);
    assert_int_equal(mn_wr_left(&w), len);
    mn_wr_bytes(&w, flat, (int32_t)len);
    assert_true(mn_wr_ok(&w));
}

static void pull(struct mn_pkt *pkt, uint32_t len)
{
    mn_pkt_pull(&env, pkt, len);
    flat_len -= len;
    memmove(flat, flat + len, flat_len);
}

static void trim(struct mn_pkt *pkt, uint32_t len)
{
    mn_pkt_trim(&env, pkt, len);
    flat_len = len;
}

/* An append fails only when the ranges are used up; what it took before is a prefix. */
static void append(struct mn_pkt *pkt, uint32_t len)
{
    random_bytes(flat + flat_len, len);
    bool fits = mn_pkt_append(&env, pkt, flat + flat_len, len);
    assert_true(fits || pkt->frame.seg_count == MNET_FRAME_SEGS);
    assert_true(pkt->frame.len >= flat_len && pkt->frame.len <= flat_len + len);
    assert_true(!fits || pkt->frame.len == flat_len + len);
    flat_len = pkt->frame.len;
}

/* ---- random packets ---- */

/* One random change of a packet; `shared` is a block that it may refer to. */
static void change(struct mn_pkt *pkt, uint8_t *shared)
{
    uint32_t len;
    uint32_t off;
    switch (random_below(6)) {
    case 0:
        len = headroom(pkt);
        if (len > 0)
            push(pkt, 1 + random_below(len < 60 ? len : 60));
        break;
    case 1:
        pull(pkt, random_below((random_below(4) ? flat_len / 4 : flat_len) + 1));
        break;
    case 2:
        len = random_below(2) ? flat_len : flat_len / 2;
        trim(pkt, flat_len - random_below(len + 1));
        break;
    case 3:
    case 4:
        len = random_below(random_below(3) ? 300 : 20000);
        append(pkt, flat_len + len < FLAT_MAX / 2 ? len : 0);
        break;
    default:
        off = random_below(MN_BLOCK_LARGE);
        len = random_below(MN_BLOCK_LARGE - off + 1);
        if (flat_len + len > FLAT_MAX / 2)
            break;
        bool has_room = pkt->frame.seg_count < MNET_FRAME_SEGS || len == 0;
        assert_int_equal(mn_pkt_add(&env, pkt, shared + off, len), has_room);
        if (has_room) {
            memcpy(flat + flat_len, shared + off, len);
            flat_len += len;
        }
        break;
    }
}

static void test_random_changes_match_a_flat_copy(void **state)
{
    (void)state;
    random_state = 1;
    uint8_t *shared = mn_block_get_large(&env.mem);
    uint8_t kept[64];
    random_bytes(shared, MN_BLOCK_LARGE);
    memcpy(kept, shared, sizeof kept);
    for (unsigned run = 0; run < 300; run++) {
        struct mn_pkt *pkt = mn_pkt_new(&env);
        assert_non_null(pkt);
        flat_len = 0;
        for (unsigned step = 0; step < 60; step++) {
            change(pkt, shared);
            check_bytes(pkt);
        }
        assert_true(mn_mem_ok(&env.mem));
        mn_pkt_free(&env, pkt);
        assert_true(mn_block_is_sole(&env.mem, shared));
        assert_memory_equal(shared, kept, sizeof kept);
    }
    mn_block_unref(&env.mem, shared);
}

/* ---- single rules ---- */

static void test_a_new_packet_is_empty_and_all_set_up(void **state)
{
    (void)state;
    /* A dirty record first, so that whatever is not set shows; another keeps its page in use. */
    struct mn_pkt *keep = mn_pkt_new(&env);
    struct mn_pkt *pkt = mn_pkt_new(&env);
    struct mn_pkt *dirty = pkt;
    struct mnet_seg seg = pkt->frame.seg[0];
    memset(pkt, 0xff, sizeof *pkt);
    pkt->frame.seg[0] = seg;
    pkt->frame.seg_count = 1;
    mn_pkt_free(&env, pkt);
    pkt = mn_pkt_new(&env);
    assert_ptr_equal(pkt, dirty);
    assert_null(pkt->next);
    assert_int_equal(pkt->frame.len, 0);
    assert_int_equal(pkt->frame.seg_count, 1);
    assert_int_equal(pkt->frame.seg[0].len, 0);
    assert_int_equal(headroom(pkt), MN_PKT_HEADROOM);
    assert_int_equal(pkt->frame.csum, MNET_CSUM_NONE);
    assert_int_equal(pkt->frame.gso, MNET_GSO_NONE);
    assert_int_equal(pkt->frame.csum_start + pkt->frame.csum_offset, 0);
    assert_int_equal(pkt->frame.gso_size + pkt->frame.gso_hdr_len, 0);
    assert_int_equal(pkt->l3_len, 0);
    assert_int_equal(pkt->gso_count, 1);
    assert_int_equal(pkt->is_loopback + pkt->ether_group, 0);
    assert_int_equal(pkt->owner32, 0);
    mn_pkt_free(&env, pkt);
    mn_pkt_free(&env, keep);
}

static void test_headers_are_pushed_in_front_of_each_other(void **state)
{
    (void)state;
    struct mn_pkt *pkt = mn_pkt_new(&env);
    assert_true(mn_pkt_append(&env, pkt, "data", 4));
    struct mn_wr w = mn_pkt_push(&env, pkt, 2);
    mn_wr_be16(&w, 0x5454);
    w = mn_pkt_push(&env, pkt, 4);
    mn_wr_be32(&w, 0x49494949);
    uint8_t out[10];
    mn_pkt_copy_out(pkt, 0, out, 10);
    assert_memory_equal(out, "IIIITTdata", 10);
    assert_int_equal(pkt->frame.seg_count, 1);
    struct mn_rd r = mn_pkt_rd(pkt);
    assert_int_equal(mn_rd_left(&r), 10);
    assert_int_equal(mn_rd_be32(&r), 0x49494949);
    mn_pkt_free(&env, pkt);
}

static void test_pushed_headers_move_the_offload_facts(void **state)
{
    (void)state;
    struct mn_pkt *pkt = mn_pkt_new(&env);
    mn_pkt_push(&env, pkt, 20);
    assert_int_equal(pkt->frame.csum_start + pkt->frame.gso_hdr_len, 0);
    pkt->frame.csum = MNET_CSUM_PARTIAL;
    pkt->frame.csum_offset = 16;
    mn_pkt_push(&env, pkt, 20);
    assert_int_equal(pkt->frame.csum_start, 20);
    assert_int_equal(pkt->frame.gso_hdr_len, 0);
    pkt->frame.gso = MNET_GSO_TCP4;
    pkt->frame.gso_hdr_len = 40;
    mn_pkt_push(&env, pkt, 14);
    assert_int_equal(pkt->frame.csum_start, 34);
    assert_int_equal(pkt->frame.csum_offset, 16);
    assert_int_equal(pkt->frame.gso_hdr_len, 54);
    mn_pkt_free(&env, pkt);
}

static void test_pulling_over_a_range_releases_its_block(void **state)
{
    (void)state;
    struct mn_pkt *pkt = mn_pkt_new(&env);
    uint8_t *block[3];
    assert_true(mn_pkt_append(&env, pkt, "head", 4));
    for (unsigned i = 0; i < 3; i++) {
        block[i] = mn_block_get_small(&env.mem);
        memset(block[i], 'a' + (int)i, 10);
        assert_true(mn_pkt_add(&env, pkt, block[i], 10));
    }
    mn_pkt_pull(&env, pkt, 4 + 10 + 3);
    assert_int_equal(pkt->frame.seg_count, 2);
    assert_true(mn_block_is_sole(&env.mem, block[0]));
    assert_false(mn_block_is_sole(&env.mem, block[1]));
    assert_ptr_equal(pkt->frame.seg[0].at, block[1] + 3);
    /* To the very end of a range: it goes too. */
    mn_pkt_pull(&env, pkt, 7);
    assert_true(mn_block_is_sole(&env.mem, block[1]));
    assert_ptr_equal(pkt->frame.seg[0].at, block[2]);
    mn_pkt_trim(&env, pkt, 0);
    assert_int_equal(pkt->frame.seg_count, 1);
    mn_pkt_free(&env, pkt);
    for (unsigned i = 0; i < 3; i++) {
        assert_true(mn_block_is_sole(&env.mem, block[i]));
        mn_block_unref(&env.mem, block[i]);
    }
}

/* A range that ends where its block ends must still name that block when all of it is pulled. */
static void test_a_packet_pulled_to_the_end_of_its_block_keeps_that_block(void **state)
{
    (void)state;
    for (unsigned large = 0; large < 2; large++) {
        struct mn_pkt *pkt = mn_pkt_new(&env);
        uint8_t *block = large ? mn_block_get_large(&env.mem) : mn_block_get_small(&env.mem);
        uint32_t size = mn_block_size(&env.mem, block);
        assert_true(mn_pkt_add(&env, pkt, block, size));
        mn_pkt_pull(&env, pkt, size);
        assert_int_equal(pkt->frame.len, 0);
        assert_false(mn_block_is_sole(&env.mem, block));
        assert_ptr_equal(mn_block_start(&env.mem, pkt->frame.seg[0].at), block);
        mn_pkt_free(&env, pkt);
        assert_true(mn_block_is_sole(&env.mem, block));
        mn_block_unref(&env.mem, block);
    }
}

static void test_appended_bytes_never_go_into_a_shared_block(void **state)
{
    (void)state;
    struct mn_pkt *pkt = mn_pkt_new(&env);
    uint8_t *block = mn_block_get_small(&env.mem);
    memset(block, 's', MN_BLOCK_SMALL);
    assert_true(mn_pkt_add(&env, pkt, block, 10));
    assert_true(mn_pkt_append(&env, pkt, "new", 3));
    assert_int_equal(pkt->frame.seg_count, 3);
    assert_int_equal(block[10], 's');
    /* Once it is the packet's alone, its room may be used. */
    mn_pkt_trim(&env, pkt, 10);
    mn_block_unref(&env.mem, block);
    assert_true(mn_pkt_append(&env, pkt, "new", 3));
    assert_int_equal(pkt->frame.seg_count, 2);
    assert_memory_equal(block + 10, "new", 3);
    /* New blocks are as small as will do. */
    static const uint8_t more[2 * MN_BLOCK_SMALL];
    mn_block_ref(&env.mem, block);
    assert_true(mn_pkt_append(&env, pkt, more, MN_BLOCK_SMALL));
    assert_int_equal(mn_block_size(&env.mem, pkt->frame.seg[2].at), MN_BLOCK_SMALL);
    assert_true(mn_pkt_append(&env, pkt, more, MN_BLOCK_SMALL + 1));
    assert_int_equal(mn_block_size(&env.mem, pkt->frame.seg[3].at), MN_BLOCK_LARGE);
    mn_block_unref(&env.mem, block);
    mn_pkt_free(&env, pkt);
}

static void test_only_so_many_ranges_can_be_added(void **state)
{
    (void)state;
    struct mn_pkt *pkt = mn_pkt_new(&env);
    uint8_t *block = mn_block_get_small(&env.mem);
    for (unsigned i = 1; i < MNET_FRAME_SEGS; i++)
        assert_true(mn_pkt_add(&env, pkt, block + i, 1));
    assert_false(mn_pkt_add(&env, pkt, block, 1));
    assert_true(mn_pkt_add(&env, pkt, block, 0));
    assert_false(mn_pkt_append(&env, pkt, "x", 1));
    assert_int_equal(pkt->frame.len, MNET_FRAME_SEGS - 1);
    mn_pkt_free(&env, pkt);
    assert_true(mn_block_is_sole(&env.mem, block));
    mn_block_unref(&env.mem, block);
}

/* ---- receiving ---- */

static void test_a_packet_to_receive_into_has_room_for_the_frame(void **state)
{
    (void)state;
    static const uint32_t frame_max[] = {60, 1514, 2044, 2045, 9014, 65549};
    for (size_t i = 0; i < COUNT_OF(frame_max); i++) {
        struct mn_pkt *pkt = mn_pkt_new_rx(&env, frame_max[i]);
        assert_non_null(pkt);
        check_shape(pkt);
        assert_true(pkt->frame.len >= frame_max[i]);
        assert_true(pkt->frame.seg_count == 1 || pkt->frame.len - MN_BLOCK_LARGE < frame_max[i]);
        /* The IP header behind 14 bytes of Ethernet is aligned. */
        assert_int_equal((uintptr_t)(pkt->frame.seg[0].at + 14) % 16, 0);
        for (unsigned s = 0; s < pkt->frame.seg_count; s++) {
            memset(pkt->frame.seg[s].at, 1, pkt->frame.seg[s].len);
            assert_int_equal(mn_block_size(&env.mem, pkt->frame.seg[s].at),
                             s == 0 ? MN_BLOCK_SMALL : MN_BLOCK_LARGE);
        }
        mn_pkt_free(&env, pkt);
    }
}

/* As a device does: fill in order, cut, and the rest goes back at once. */
static void test_what_a_device_left_unused_is_given_back(void **state)
{
    (void)state;
    for (uint32_t used = 1; used < 66000; used += 1 + used / 5) {
        struct mn_pkt *pkt = mn_pkt_new_rx(&env, 65549);
        struct mnet_seg offered[MNET_FRAME_SEGS];
        struct mnet_frame *frame = &pkt->frame;
        unsigned offered_count = frame->seg_count;
        memcpy(offered, frame->seg, sizeof offered);
        uint32_t left = used;
        unsigned count = 0;
        for (; left > 0; count++) {
            if (frame->seg[count].len > left)
                frame->seg[count].len = left;
            left -= frame->seg[count].len;
        }
        memset(&frame->seg[count], 0, (MNET_FRAME_SEGS - count) * sizeof frame->seg[0]);
        frame->seg_count = (uint8_t)count;
        frame->len = used;
        mn_pkt_rx_cut(&env, pkt, offered, offered_count);
        check_shape(pkt);
        assert_int_equal(env.mem.pages_used, count + 1);
        assert_int_equal(mn_pkt_truesize(&env, pkt),
                         env.pkts.object_size + MN_BLOCK_SMALL + (count - 1) * MN_BLOCK_LARGE);
        /* However much is pulled, the bytes in front of the first range stay where they were. */
        uint8_t *at = frame->seg[0].at;
        uint32_t first = frame->seg[0].len;
        mn_pkt_pull(&env, pkt, first < used ? first - 1 : first);
        assert_ptr_equal(frame->seg[0].at, at + (first < used ? first - 1 : first));
        mn_pkt_free(&env, pkt);
        assert_int_equal(env.mem.pages_used, 0);
    }
}

/* ---- out of memory ---- */

static void test_whatever_fails_leaves_nothing_behind(void **state)
{
    (void)state;
    static uint8_t bytes[70000];
    unsigned made = 0;
    for (uint64_t n = 1; n < 12; n++) {
        env.mem.fail_at = n;
        struct mn_pkt *pkt = mn_pkt_new_rx(&env, 65549);
        made += pkt != NULL;
        mn_pkt_free(&env, pkt);
        assert_int_equal(env.mem.pages_used, 0);
        env.mem.fail_at = n;
        pkt = mn_pkt_new(&env);
        if (pkt) {
            made += mn_pkt_append(&env, pkt, bytes, sizeof bytes);
            check_shape(pkt);
        }
        mn_pkt_free(&env, pkt);
        assert_int_equal(env.mem.pages_used, 0);
    }
    env.mem.fail_at = 0;
    /* A packet to receive into is six requests, the append three and five. */
    assert_int_equal(made, 5 + 4);
}

static void test_a_dropped_packet_is_counted_and_freed(void **state)
{
    (void)state;
    mn_pkt_drop(&env, mn_pkt_new(&env), MNET_DROP_IP4_SHORT);
    assert_int_equal(env.drops[MNET_DROP_IP4_SHORT], 1);
    mn_pkt_drop(&env, NULL, MNET_DROP_IP4_SHORT);
    assert_int_equal(env.drops[MNET_DROP_IP4_SHORT], 2);
}

/* ---- queues ---- */

static void test_a_queue_keeps_order_and_count(void **state)
{
    (void)state;
    struct mn_pktq q = {0};
    assert_null(mn_pktq_pop(&q));
    for (uint32_t round = 0; round < 3; round++) {
        for (uint32_t i = 0; i < 5; i++) {
            struct mn_pkt *pkt = mn_pkt_new(&env);
            pkt->owner32 = i;
            mn_pktq_push(&q, pkt);
            assert_int_equal(q.count, i + 1);
        }
        for (uint32_t i = 0; i < 5; i++) {
            struct mn_pkt *pkt = mn_pktq_pop(&q);
            assert_int_equal(pkt->owner32, i);
            assert_null(pkt->next);
            mn_pkt_free(&env, pkt);
        }
        assert_null(mn_pktq_pop(&q));
        assert_int_equal(q.count, 0);
    }
    mn_pktq_push(&q, mn_pkt_new(&env));
    mn_pktq_push(&q, mn_pkt_new(&env));
    mn_pktq_clear(&env, &q);
    assert_int_equal(q.count, 0);
    assert_null(q.head);
}

/* ---- misuse ---- */

static void test_misuse_ends_the_program(void **state)
{
    (void)state;
    struct mn_pkt *pkt = mn_pkt_new(&env);
    uint8_t out[8];
    assert_true(mn_pkt_append(&env, pkt, "12345", 5));
    ASSERT_PANICS(mn_pkt_push(&env, pkt, MN_PKT_HEADROOM + 1));
    ASSERT_PANICS(mn_pkt_pull(&env, pkt, 6));
    ASSERT_PANICS(mn_pkt_trim(&env, pkt, 6));
    ASSERT_PANICS(mn_pkt_copy_out(pkt, 0, out, 6));
    ASSERT_PANICS(mn_pkt_copy_out(pkt, 6, out, 0));
    ASSERT_PANICS(mn_pkt_copy_out(pkt, 1, out, UINT32_MAX));
    ASSERT_PANICS(mn_pkt_sum(pkt, 6, 0));
    mn_block_ref(&env.mem, pkt->frame.seg[0].at);
    ASSERT_PANICS(mn_pkt_push(&env, pkt, 1));
    mn_block_unref(&env.mem, pkt->frame.seg[0].at);
    mn_pkt_free(&env, pkt);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_random_changes_match_a_flat_copy, start, stop),
        cmocka_unit_test_setup_teardown(test_a_new_packet_is_empty_and_all_set_up, start, stop),
        cmocka_unit_test_setup_teardown(test_headers_are_pushed_in_front_of_each_other, start,
                                        stop),
        cmocka_unit_test_setup_teardown(test_pushed_headers_move_the_offload_facts, start, stop),
        cmocka_unit_test_setup_teardown(test_pulling_over_a_range_releases_its_block, start, stop),
        cmocka_unit_test_setup_teardown(
            test_a_packet_pulled_to_the_end_of_its_block_keeps_that_block, start, stop),
        cmocka_unit_test_setup_teardown(test_appended_bytes_never_go_into_a_shared_block, start,
                                        stop),
        cmocka_unit_test_setup_teardown(test_only_so_many_ranges_can_be_added, start, stop),
        cmocka_unit_test_setup_teardown(test_a_packet_to_receive_into_has_room_for_the_frame, start,
                                        stop),
        cmocka_unit_test_setup_teardown(test_what_a_device_left_unused_is_given_back, start, stop),
        cmocka_unit_test_setup_teardown(test_whatever_fails_leaves_nothing_behind, start, stop),
        cmocka_unit_test_setup_teardown(test_a_dropped_packet_is_counted_and_freed, start, stop),
        cmocka_unit_test_setup_teardown(test_a_queue_keeps_order_and_count, start, stop),
        cmocka_unit_test_setup_teardown(test_misuse_ends_the_program, start, stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
