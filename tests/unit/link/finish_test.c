/* SPDX-License-Identifier: ISC */
#include "link_test.h"

/* The plainest checksum of RFC 1071, over all bytes from `start`. */
static uint16_t plain_sum(const uint8_t *bytes, uint32_t start, uint32_t len)
{
    uint32_t sum = 0;
    for (uint32_t i = start; i < len; i++) {
        sum += (i - start) % 2 == 0 ? (uint32_t)bytes[i] << 8 : bytes[i];
        sum = (sum & 0xffff) + (sum >> 16);
    }
    return (uint16_t)~sum;
}

/* A frame of random bytes: `head` of them in the first block, then ranges of random lengths in
 * blocks of their own. */
static struct mn_pkt *random_frame(struct fixture *f, uint64_t *seed, uint32_t head,
                                   unsigned ranges, uint32_t range_max, uint8_t *bytes)
{
    struct mn_pkt *pkt = mn_pkt_new(&f->env);
    assert_non_null(pkt);
    for (uint32_t i = 0; i < head; i++)
        bytes[i] = (uint8_t)random64(seed);
    assert_true(mn_pkt_append(&f->env, pkt, bytes, head));
    uint32_t at = head;
    for (unsigned r = 0; r < ranges; r++) {
        uint32_t len = 1 + random_below(seed, range_max);
        uint8_t *block = mn_block_get_large(&f->env.mem);
        assert_non_null(block);
        uint32_t off = random_below(seed, MN_BLOCK_LARGE - len);
        for (uint32_t i = 0; i < len; i++)
            block[off + i] = bytes[at + i] = (uint8_t)random64(seed);
        assert_true(mn_pkt_add(&f->env, pkt, block + off, len));
        mn_block_unref(&f->env.mem, block);
        at += len;
    }
    assert_int_equal(pkt->frame.len, at);
    return pkt;
}

static void assert_holds(const struct mn_pkt *pkt, const uint8_t *bytes)
{
    static uint8_t have[MN_BLOCK_LARGE];
    mn_pkt_copy_out(pkt, 0, have, pkt->frame.len);
    assert_memory_equal(have, bytes, pkt->frame.len);
}

static void test_checksum_and_gather_over_any_ranges(void **state)
{
    (void)state;
    static uint8_t bytes[MN_BLOCK_LARGE];
    uint64_t seed = 1;
    for (unsigned round = 0; round < 800; round++) {
        uint32_t caps =
            (round & 1 ? MNET_NETDEV_GATHER : 0) | (round & 2 ? MNET_NETDEV_TX_CSUM : 0);
        struct fixture *f = fixture_new(caps);
        bool is_large = random_below(&seed, 4) == 0; /* beyond the room behind the headers */
        struct mn_pkt *pkt = random_frame(f, &seed, 54 + random_below(&seed, 80),
                                          random_below(&seed, 7), is_large ? 2000 : 250, bytes);
        bool is_partial = random_below(&seed, 4) != 0;
        uint32_t start = 34 + random_below(&seed, 3);
        if (is_partial) {
            pkt->frame.csum = MNET_CSUM_PARTIAL;
            pkt->frame.csum_start = (uint16_t)start;
            pkt->frame.csum_offset = 16;
        }
        unsigned ranges = pkt->frame.seg_count;
        assert_true(mn_link_finish(&f->link, pkt));
        assert_int_equal(pkt->frame.seg_count, caps & MNET_NETDEV_GATHER ? ranges : 1);
        if (is_partial && (caps & MNET_NETDEV_TX_CSUM) == 0) {
            uint16_t want = plain_sum(bytes, start, pkt->frame.len);
            if (want == 0)
                want = 0xffff;
            bytes[start + 16] = (uint8_t)(want >> 8);
            bytes[start + 17] = (uint8_t)want;
            is_partial = false;
        }
        assert_int_equal(pkt->frame.csum, is_partial ? MNET_CSUM_PARTIAL : MNET_CSUM_NONE);
        assert_holds(pkt, bytes);
        mn_pkt_free(&f->env, pkt);
        fixture_free(f);
    }
}

static void test_zero_checksum_is_sent_as_all_ones(void **state)
{
    (void)state;
    /* RFC 768: zero would mean that there is none. */
    struct fixture *f = fixture_new(0);
    static const uint8_t bytes[10] = {0xff, 0xff};
    struct mn_pkt *pkt = mn_pkt_new(&f->env);
    assert_true(mn_pkt_append(&f->env, pkt, bytes, sizeof bytes));
    pkt->frame.csum = MNET_CSUM_PARTIAL;
    pkt->frame.csum_offset = 6;
    assert_true(mn_link_finish(&f->link, pkt));
    uint8_t field[2];
    mn_pkt_copy_out(pkt, 6, field, 2);
    assert_int_equal(field[0] << 8 | field[1], 0xffff);
    mn_pkt_free(&f->env, pkt);
    fixture_free(f);
}

static void test_small_frame_is_gathered_without_another_block(void **state)
{
    (void)state;
    static uint8_t bytes[MN_BLOCK_LARGE];
    struct fixture *f = fixture_new(0);
    uint64_t seed = 2;
    struct mn_pkt *pkt = random_frame(f, &seed, 66, 3, 400, bytes);
    f->env.mem.fail_at = 1;
    assert_true(mn_link_finish(&f->link, pkt));
    assert_int_equal(f->env.mem.fail_at, 1); /* nothing was asked for */
    f->env.mem.fail_at = 0;
    assert_holds(pkt, bytes);
    mn_pkt_free(&f->env, pkt);
    fixture_free(f);
}

static void test_block_that_others_look_at_is_not_written(void **state)
{
    (void)state;
    static uint8_t bytes[MN_BLOCK_LARGE];
    struct fixture *f = fixture_new(0);
    uint64_t seed = 3;
    struct mn_pkt *pkt = random_frame(f, &seed, 66, 2, 100, bytes);
    uint8_t *block = pkt->frame.seg[0].at;
    memset(block + 66, 0x55, 300); /* somebody else's bytes behind ours */
    mn_block_ref(&f->env.mem, block);
    assert_true(mn_link_finish(&f->link, pkt));
    for (unsigned i = 0; i < 300; i++)
        assert_int_equal(block[66 + i], 0x55);
    assert_true(mn_block_is_sole(&f->env.mem, block));
    assert_holds(pkt, bytes);
    mn_block_unref(&f->env.mem, block);
    mn_pkt_free(&f->env, pkt);
    fixture_free(f);
}

static void test_without_memory_the_packet_is_as_before(void **state)
{
    (void)state;
    static uint8_t bytes[MN_BLOCK_LARGE];
    struct fixture *f = fixture_new(0);
    uint64_t seed = 4;
    struct mn_pkt *pkt = random_frame(f, &seed, 66, 6, 2500, bytes);
    unsigned ranges = pkt->frame.seg_count;
    assert_true(pkt->frame.len > MN_BLOCK_SMALL);
    f->env.mem.fail_at = 1;
    assert_false(mn_link_finish(&f->link, pkt));
    assert_int_equal(pkt->frame.seg_count, ranges);
    assert_holds(pkt, bytes);
    f->env.mem.fail_at = 1;
    mn_ether_send(&f->link, pkt);
    assert_int_equal(f->env.drops[MNET_DROP_TX_NO_MEMORY], 1);
    fixture_free(f);
}

/* A link on a plain device whose frames are larger than any block. */
static struct fixture *large_fixture(uint32_t caps)
{
    struct fixture *f = malloc(sizeof *f);
    assert_non_null(f);
    fixture_prepare(f, 4u << 20);
    f->device.dev.caps = caps;
    f->device.dev.mtu = 65521;
    f->device.dev.rx_frame_max = 65535;
    assert_int_equal(mn_link_init(&f->link, &f->env, &f->config), MNET_OK);
    assert_int_equal(mn_link_mtu(&f->link), 65521);
    return f;
}

static void test_frames_larger_than_a_block_leave_whole(void **state)
{
    (void)state;
    static uint8_t bytes[7 * MN_BLOCK_LARGE];
    uint64_t seed = 5;
    for (unsigned round = 0; round < 60; round++) {
        uint32_t caps = round & 1 ? MNET_NETDEV_TX_CSUM : 0;
        struct fixture *f = large_fixture(caps);
        struct mn_pkt *pkt = random_frame(f, &seed, 54 + random_below(&seed, 80),
                                          1 + random_below(&seed, 6), 10500, bytes);
        uint32_t len = pkt->frame.len;
        pkt->frame.csum = MNET_CSUM_PARTIAL;
        pkt->frame.csum_start = 34;
        pkt->frame.csum_offset = 16;
        f->device.room = 0; /* a frame that must wait is as it was */
        mn_ether_send(&f->link, pkt);
        mn_link_flush(&f->link);
        assert_int_equal(f->device.sent_count, 0);
        f->device.room = 1;
        mn_link_flush(&f->link);
        assert_int_equal(f->device.sent_count, 1);
        if (!caps) {
            uint16_t want = plain_sum(bytes, 34, len);
            bytes[34 + 16] = (uint8_t)(want >> 8);
            bytes[34 + 17] = (uint8_t)want;
        }
        assert_int_equal(f->device.sent[0].frame.csum, caps ? MNET_CSUM_PARTIAL : MNET_CSUM_NONE);
        assert_int_equal(f->device.sent[0].frame.len, len);
        assert_memory_equal(f->device.sent[0].bytes, bytes, len);
        fixture_free(f);
    }
}

static void test_without_room_for_large_frames_there_is_no_link(void **state)
{
    (void)state;
    struct fixture *f = malloc(sizeof *f);
    assert_non_null(f);
    fixture_prepare(f, 64u << 10);
    f->device.dev.mtu = 65521;
    f->device.dev.rx_frame_max = 65535;
    assert_int_equal(mn_link_init(&f->link, &f->env, &f->config), MNET_ERR_NO_MEMORY);
    free(f->region);
    free(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_checksum_and_gather_over_any_ranges),
        cmocka_unit_test(test_zero_checksum_is_sent_as_all_ones),
        cmocka_unit_test(test_small_frame_is_gathered_without_another_block),
        cmocka_unit_test(test_block_that_others_look_at_is_not_written),
        cmocka_unit_test(test_without_memory_the_packet_is_as_before),
        cmocka_unit_test(test_frames_larger_than_a_block_leave_whole),
        cmocka_unit_test(test_without_room_for_large_frames_there_is_no_link),
    };
    return cmocka_run_group_tests_name("link/finish", tests, NULL, NULL);
}
