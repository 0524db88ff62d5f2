/* SPDX-License-Identifier: ISC */
#include "link_test.h"

static uint8_t bytes[65549];

static void fill_bytes(uint64_t seed)
{
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)random64(&seed);
}

/* A link on a device that merges what it receives. */
static struct fixture *large_fixture(size_t region, unsigned batch)
{
    struct fixture *f = malloc(sizeof *f);
    fixture_prepare(f, region);
    f->device.dev.rx_frame_max = sizeof bytes;
    f->device.dev.rx_batch = batch;
    f->device.dev.caps = MNET_NETDEV_RX_CSUM;
    assert_int_equal(mn_link_init(&f->link, &f->env, &f->config), MNET_OK);
    return f;
}

static void assert_is(const struct mn_pkt *pkt, uint32_t len)
{
    static uint8_t have[sizeof bytes];
    assert_non_null(pkt);
    assert_int_equal(pkt->frame.len, len);
    mn_pkt_copy_out(pkt, 0, have, len);
    assert_memory_equal(have, bytes, len);
}

/* Takes all memory that is left; returns how many blocks, in a chain through their first bytes. */
static uint8_t *exhaust(struct fixture *f)
{
    uint8_t *chain = NULL, *block;
    while ((block = mn_block_get_large(&f->env.mem)) != NULL ||
           (block = mn_block_get_small(&f->env.mem)) != NULL) {
        memcpy(block, &chain, sizeof chain);
        chain = block;
    }
    return chain;
}

static void give_back(struct fixture *f, uint8_t *chain)
{
    while (chain) {
        uint8_t *next;
        memcpy(&next, chain, sizeof next);
        mn_block_unref(&f->env.mem, chain);
        chain = next;
    }
}

static void test_frames_of_all_lengths_come_up_whole(void **state)
{
    (void)state;
    struct fixture *f = large_fixture(8u << 20, 16);
    static const uint32_t lens[] = {0,    1,     14,    60,    1514,  2043,  2044,
                                    2045, 18427, 18428, 18429, 34000, 65548, 65549};
    fill_bytes(1);
    for (unsigned i = 0; i < COUNT_OF(lens); i++)
        device_give(f, bytes, lens[i]);
    uint64_t sum = 0;
    for (unsigned i = 0; i < COUNT_OF(lens); i++) {
        struct mn_pkt *pkt = mn_link_rx(&f->link);
        assert_is(pkt, lens[i]);
        assert_int_equal((uintptr_t)pkt->frame.seg[0].at % 4, 2); /* the IP header is aligned */
        mn_pkt_free(&f->env, pkt);
        sum += lens[i];
    }
    assert_int_equal(f->env.stats.rx_frames, COUNT_OF(lens));
    assert_int_equal(f->env.stats.rx_bytes, sum);
    fixture_free(f);
}

static void test_small_frame_costs_no_large_block(void **state)
{
    (void)state;
    struct fixture *f = large_fixture(8u << 20, 4);
    assert_null(mn_link_rx(&f->link));
    struct mn_link_slot before = f->link.slot[0];
    device_give(f, bytes, 60);
    uint64_t asked = f->env.mem.fail_at = 1000;
    struct mn_pkt *pkt = mn_link_rx(&f->link);
    assert_is(pkt, 60);
    assert_true(asked - f->env.mem.fail_at <= 3); /* packet and block, perhaps a page for each */
    f->env.mem.fail_at = 0;
    assert_int_equal(pkt->frame.seg_count, 1);
    assert_ptr_not_equal(f->link.slot[0].block[0], before.block[0]);
    for (unsigned b = 1; b < 5; b++)
        assert_ptr_equal(f->link.slot[0].block[b], before.block[b]);
    mn_pkt_free(&f->env, pkt);
    fixture_free(f);
}

static void test_end_of_batch_is_told_without_asking_the_device(void **state)
{
    (void)state;
    struct fixture *f = large_fixture(8u << 20, 4);
    for (unsigned i = 0; i < 6; i++)
        device_give(f, bytes, 60);
    for (unsigned i = 0; i < 6; i++) {
        struct mn_pkt *pkt = mn_link_rx(&f->link);
        assert_non_null(pkt);
        mn_pkt_free(&f->env, pkt);
    }
    assert_int_equal(f->device.rx_calls, 2);
    assert_null(mn_link_rx(&f->link));
    assert_int_equal(f->device.rx_calls, 2);
    assert_null(mn_link_rx(&f->link));
    assert_int_equal(f->device.rx_calls, 3);
    fixture_free(f);
}

static void test_frames_are_drained_and_dropped_without_memory(void **state)
{
    (void)state;
    static const unsigned batches[] = {1, 3, 16};
    for (unsigned i = 0; i < COUNT_OF(batches); i++) {
        struct fixture *f = large_fixture(8u << 20, batches[i]);
        assert_null(mn_link_rx(&f->link));
        uint8_t *chain = exhaust(f);
        struct mn_pktq held = {NULL, NULL, 0};
        unsigned empty = 0;
        for (unsigned n = 0; n < 60; n++)
            device_give(f, bytes, n % 2 ? 60 : 30000);
        while (f->device.rx_count > 0 && empty < 100) {
            struct mn_pkt *pkt = mn_link_rx(&f->link);
            assert_true(mn_link_ok(&f->link));
            if (pkt)
                mn_pktq_push(&held, pkt);
            else
                empty++;
        }
        while (f->link.rx_next < f->link.rx_end)
            assert_null(mn_link_rx(&f->link));
        assert_int_equal(f->device.rx_count, 0);
        assert_int_equal(f->env.drops[MNET_DROP_RX_NO_MEMORY], 60 - held.count);
        assert_true(f->env.drops[MNET_DROP_RX_NO_MEMORY] > 0);
        assert_true(f->link.slot_full >= 1);
        mn_pktq_clear(&f->env, &held);
        give_back(f, chain);

        /* With memory again, all is as before. */
        fill_bytes(i);
        device_give(f, bytes, 65549);
        struct mn_pkt *pkt = mn_link_rx(&f->link);
        if (!pkt)
            pkt = mn_link_rx(&f->link);
        assert_is(pkt, 65549);
        mn_pkt_free(&f->env, pkt);
        assert_null(mn_link_rx(&f->link));
        assert_null(mn_link_rx(&f->link));
        assert_int_equal(f->link.slot_full, f->link.slot_count);
        fixture_free(f);
    }
}

static void test_last_slot_keeps_all_blocks_when_one_cannot_be_replaced(void **state)
{
    (void)state;
    struct fixture *f = large_fixture(8u << 20, 1);
    assert_null(mn_link_rx(&f->link));
    struct mn_pktq held = {NULL, NULL, 0};
    uint8_t *chain = exhaust(f);
    while (f->link.slot_full > 1) {
        device_give(f, bytes, 40000);
        struct mn_pkt *pkt = mn_link_rx(&f->link);
        if (pkt)
            mn_pktq_push(&held, pkt);
    }
    give_back(f, chain);
    chain = NULL;
    uint8_t *large;
    while ((large = mn_block_get_large(&f->env.mem)) != NULL) { /* leaves small blocks */
        memcpy(large, &chain, sizeof chain);
        chain = large;
    }
    mn_block_unref(&f->env.mem, mn_block_get_small(&f->env.mem));
    uint64_t dropped = f->env.drops[MNET_DROP_RX_NO_MEMORY];
    for (unsigned i = 0; i < 20; i++) {
        device_give(f, bytes, 40000);
        assert_null(mn_link_rx(&f->link));
        assert_true(mn_link_ok(&f->link));
    }
    assert_int_equal(f->env.drops[MNET_DROP_RX_NO_MEMORY], dropped + 20);
    mn_pktq_clear(&f->env, &held);
    give_back(f, chain);
    fixture_free(f);
}

static void test_acknowledgements_get_through_without_memory(void **state)
{
    (void)state;
    /* What frees memory must be received when there is none: packets that are given back at once
     * can come for ever. */
    struct fixture *f = large_fixture(8u << 20, 1);
    assert_null(mn_link_rx(&f->link));
    assert_true(f->link.slot_count >= 2);
    device_give(f, bytes, 60); /* the first packet record takes a page */
    mn_pkt_free(&f->env, mn_link_rx(&f->link));
    uint8_t *chain = exhaust(f);
    for (unsigned n = 0; n < 1000; n++) {
        device_give(f, bytes, 60);
        struct mn_pkt *pkt = NULL;
        for (unsigned tries = 0; tries < 3 && !pkt; tries++)
            pkt = mn_link_rx(&f->link);
        if (pkt)
            mn_pkt_free(&f->env, pkt);
    }
    assert_true(f->env.drops[MNET_DROP_RX_NO_MEMORY] <= 1);
    give_back(f, chain);
    fixture_free(f);
}

static void test_slots_take_at_most_an_eighth_of_the_budget(void **state)
{
    (void)state;
    static const size_t regions[] = {512u << 10, 1u << 20, 2u << 20, 4u << 20, 16u << 20};
    for (unsigned i = 0; i < COUNT_OF(regions); i++) {
        struct fixture *f = large_fixture(regions[i], 32);
        assert_null(mn_link_rx(&f->link));
        size_t used = (size_t)f->env.mem.pages_used * MN_PAGE_SIZE;
        assert_true(f->link.slot_count == 1 || used <= regions[i] / 8 + MN_PAGE_SIZE);
        assert_true(f->link.slot_count <= MN_LINK_SLOTS);
        fixture_free(f);
    }
}

static void test_device_is_asked_for_no_more_than_its_batch(void **state)
{
    (void)state;
    static const unsigned batches[] = {1, 2, 16, 17, 1000};
    for (unsigned i = 0; i < COUNT_OF(batches); i++) {
        struct fixture *f = large_fixture(16u << 20, batches[i]);
        assert_null(mn_link_rx(&f->link));
        assert_int_equal(f->device.last_rx_slots, batches[i] < 16 ? batches[i] : 16);
        fixture_free(f);
    }
}

static struct mn_pkt *merged(struct fixture *f, uint32_t len, uint8_t gso, uint16_t gso_size)
{
    device_give(f, bytes, len);
    f->device.rx[f->device.rx_count - 1].facts.gso = gso;
    f->device.rx[f->device.rx_count - 1].facts.gso_size = gso_size;
    f->device.rx[f->device.rx_count - 1].facts.csum = MNET_CSUM_VERIFIED;
    struct mn_pkt *pkt = mn_link_rx(&f->link);
    if (!pkt)
        pkt = mn_link_rx(&f->link);
    assert_non_null(pkt);
    return pkt;
}

static unsigned merged_count(struct fixture *f, uint32_t len, uint8_t gso, uint16_t gso_size)
{
    struct mn_pkt *pkt = merged(f, len, gso, gso_size);
    unsigned count = pkt->gso_count;
    mn_pkt_free(&f->env, pkt);
    return count;
}

static void test_merged_frames_are_counted(void **state)
{
    (void)state;
    struct fixture *f = large_fixture(8u << 20, 4);
    assert_int_equal(merged_count(f, 1514, MNET_GSO_NONE, 0), 1);
    assert_int_equal(merged_count(f, 66 + 1448 * 10, MNET_GSO_TCP4, 1448), 10);
    assert_int_equal(merged_count(f, 66 + 1448 * 10 + 1, MNET_GSO_TCP4, 1448), 11);
    assert_int_equal(merged_count(f, 54 + 1460 * 10, MNET_GSO_TCP4, 1460), 10);
    assert_int_equal(merged_count(f, 86 + 1428 * 3, MNET_GSO_TCP6, 1428), 3);
    assert_int_equal(merged_count(f, 40, MNET_GSO_TCP4, 1448), 1);
    assert_int_equal(merged_count(f, 3000, MNET_GSO_TCP4, 0), 1);
    assert_int_equal(merged_count(f, 65549, MNET_GSO_TCP4, 1), 65483);
    fixture_free(f);
}

static void test_checksum_counts_only_if_the_device_says_that_it_checks(void **state)
{
    (void)state;
    struct fixture *f = large_fixture(8u << 20, 4);
    struct mn_pkt *pkt = merged(f, 100, MNET_GSO_NONE, 0);
    assert_int_equal(pkt->frame.csum, MNET_CSUM_VERIFIED);
    mn_pkt_free(&f->env, pkt);
    f->link.caps = 0;
    pkt = merged(f, 100, MNET_GSO_NONE, 0);
    assert_int_equal(pkt->frame.csum, MNET_CSUM_NONE);
    mn_pkt_free(&f->env, pkt);
    fixture_free(f);
}

static void test_failure_of_each_request_loses_at_most_frames(void **state)
{
    (void)state;
    fill_bytes(9);
    bool was_complete = false;
    for (uint64_t k = 1; !was_complete; k++) {
        struct fixture *f = large_fixture(8u << 20, 3);
        for (unsigned n = 0; n < 10; n++)
            device_give(f, bytes, n % 2 ? 60 : 40000);
        f->env.mem.fail_at = k;
        unsigned got = 0, calls = 0;
        while ((f->device.rx_count > 0 || f->link.rx_next < f->link.rx_end) && calls++ < 50) {
            struct mn_pkt *pkt = mn_link_rx(&f->link);
            assert_true(mn_link_ok(&f->link));
            if (pkt)
                assert_is(pkt, pkt->frame.len);
            got += pkt != NULL;
            mn_pkt_free(&f->env, pkt);
        }
        was_complete = f->env.mem.fail_at != 0;
        f->env.mem.fail_at = 0;
        assert_int_equal(got + f->env.drops[MNET_DROP_RX_NO_MEMORY], 10);
        assert_true(got >= 9);
        fixture_free(f);
    }
}

static void test_impossible_devices_are_refused(void **state)
{
    (void)state;
    struct fixture f;
    fixture_prepare(&f, 1u << 20);
    f.device.dev.rx_frame_max = 2044 + 4 * 16384 + 1;
    assert_int_equal(mn_link_init(&f.link, &f.env, &f.config), MNET_ERR_INVALID);
    f.device.dev.rx_frame_max = 1514;
    f.device.dev.rx_batch = 0;
    assert_int_equal(mn_link_init(&f.link, &f.env, &f.config), MNET_ERR_INVALID);
    free(f.region);
}

static void test_link_with_a_device_takes_no_frames_by_hand(void **state)
{
    (void)state;
    struct fixture *f = large_fixture(2u << 20, 4);
    assert_int_equal(mn_link_frame_in(&f->link, bytes, 60), MNET_ERR_INVALID);
    fixture_free(f);
}

/* ---- by hand ---- */

static struct fixture *hand_fixture(void)
{
    struct fixture *f = malloc(sizeof *f);
    fixture_prepare(f, 4u << 20);
    f->config.netdev = NULL;
    f->config.mac = OUR_MAC;
    f->config.mtu = 9000;
    assert_int_equal(mn_link_init(&f->link, &f->env, &f->config), MNET_OK);
    return f;
}

static void test_frames_by_hand_come_in_in_order(void **state)
{
    (void)state;
    struct fixture *f = hand_fixture();
    static const uint32_t lens[] = {0, 60, 1514, 2044, 2045, 2046, 9014};
    fill_bytes(3);
    assert_null(mn_link_rx(&f->link));
    for (unsigned i = 0; i < COUNT_OF(lens); i++)
        assert_int_equal(mn_link_frame_in(&f->link, bytes, lens[i]), MNET_OK);
    assert_int_equal(mn_link_frame_in(&f->link, bytes, 9015), MNET_ERR_MSG_SIZE);
    for (unsigned i = 0; i < COUNT_OF(lens); i++) {
        struct mn_pkt *pkt = mn_link_rx(&f->link);
        assert_is(pkt, lens[i]);
        assert_int_equal(pkt->gso_count, 1);
        mn_pkt_free(&f->env, pkt);
    }
    assert_null(mn_link_rx(&f->link));
    fixture_free(f);
}

static void test_frames_by_hand_are_bounded_both_ways(void **state)
{
    (void)state;
    struct fixture *f = hand_fixture();
    for (unsigned i = 0; i < MN_LINK_HAND_MAX; i++)
        assert_int_equal(mn_link_frame_in(&f->link, bytes, 60), MNET_OK);
    assert_int_equal(mn_link_frame_in(&f->link, bytes, 60), MNET_ERR_NO_MEMORY);
    mn_pktq_clear(&f->env, &f->link.hand_in);

    for (unsigned i = 0; i < MN_LINK_HAND_MAX; i++)
        mn_ether_out(&f->link, packet(f, 0, 1), &PEER_MAC, MN_ETHERTYPE_IP4);
    assert_true(mn_link_may_send(&f->link));
    mn_ether_out(&f->link, packet(f, 0, 1), &PEER_MAC, MN_ETHERTYPE_IP4);
    assert_false(mn_link_may_send(&f->link));
    uint8_t out[64];
    assert_int_equal(mn_link_frame_out(&f->link, out, sizeof out), 15);
    mn_link_flush(&f->link);
    assert_true(mn_link_may_send(&f->link));
    fixture_free(f);
}

static void test_frame_that_does_not_fit_the_buffer_stays(void **state)
{
    (void)state;
    struct fixture *f = hand_fixture();
    uint8_t out[64];
    assert_int_equal(mn_link_frame_out(&f->link, out, sizeof out), 0);
    mn_ether_out(&f->link, packet(f, 9, 20), &PEER_MAC, MN_ETHERTYPE_IP4);
    assert_int_equal(mn_link_frame_out(&f->link, out, 33), 34);
    assert_int_equal(mn_link_frame_out(&f->link, out, 34), 34);
    assert_memory_equal(out, &PEER_MAC, 6);
    assert_int_equal(out[14 + 19], 9 + 19);
    assert_int_equal(mn_link_frame_out(&f->link, out, 34), 0);
    fixture_free(f);
}

static void test_frame_by_hand_without_memory_is_told(void **state)
{
    (void)state;
    for (uint64_t k = 1;; k++) {
        struct fixture *f = hand_fixture();
        f->env.mem.fail_at = k;
        mnet_err err = mn_link_frame_in(&f->link, bytes, 9014);
        bool was_hit = f->env.mem.fail_at == 0;
        assert_int_equal(err, was_hit ? MNET_ERR_NO_MEMORY : MNET_OK);
        fixture_free(f);
        if (!was_hit)
            break;
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_frames_of_all_lengths_come_up_whole),
        cmocka_unit_test(test_small_frame_costs_no_large_block),
        cmocka_unit_test(test_end_of_batch_is_told_without_asking_the_device),
        cmocka_unit_test(test_frames_are_drained_and_dropped_without_memory),
        cmocka_unit_test(test_last_slot_keeps_all_blocks_when_one_cannot_be_replaced),
        cmocka_unit_test(test_acknowledgements_get_through_without_memory),
        cmocka_unit_test(test_slots_take_at_most_an_eighth_of_the_budget),
        cmocka_unit_test(test_device_is_asked_for_no_more_than_its_batch),
        cmocka_unit_test(test_merged_frames_are_counted),
        cmocka_unit_test(test_checksum_counts_only_if_the_device_says_that_it_checks),
        cmocka_unit_test(test_failure_of_each_request_loses_at_most_frames),
        cmocka_unit_test(test_impossible_devices_are_refused),
        cmocka_unit_test(test_link_with_a_device_takes_no_frames_by_hand),
        cmocka_unit_test(test_frames_by_hand_come_in_in_order),
        cmocka_unit_test(test_frames_by_hand_are_bounded_both_ways),
        cmocka_unit_test(test_frame_that_does_not_fit_the_buffer_stays),
        cmocka_unit_test(test_frame_by_hand_without_memory_is_told),
    };
    return cmocka_run_group_tests_name("link/netdev", tests, NULL, NULL);
}
