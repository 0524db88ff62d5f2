/* SPDX-License-Identifier: ISC */
#include "link_test.h"

#define FREE (f->link.neigh.count[MN_NEIGH_CLASS_FREE])
#define UNRESOLVED                                                                                 \
    (f->link.neigh.count[MN_NEIGH_CLASS_ASKED] + f->link.neigh.count[MN_NEIGH_CLASS_FAILED])

/* A link that knows its peer and has sent to it. */
static struct fixture *resolved_fixture(void)
{
    struct fixture *f = fixture_new(0);
    assert_int_equal(send_to(f, PEER_IP, 0), MNET_OK);
    assert_int_equal(arp_reply_comes(f, PEER_IP, PEER_MAC), MN_DONE);
    assert_string_equal(neigh_state(f, PEER_IP), "REACHABLE");
    drop_sent(&f->device);
    return f;
}

static void free_failed(struct fixture *f)
{
    struct mn_pkt *pkt;
    while ((pkt = mn_link_failed(&f->link)) != NULL)
        mn_pkt_free(&f->env, pkt);
}

static void test_packets_wait_for_the_answer_and_leave_in_order(void **state)
{
    (void)state;
    struct fixture *f = fixture_new(0);
    for (uint8_t i = 0; i < 3; i++)
        assert_int_equal(send_to(f, PEER_IP, i), MNET_OK);
    assert_int_equal(f->device.sent_count, 1); /* one request, not three */
    assert_sent_request(f, 0, OUR_IP, PEER_IP, MN_LINK_BROADCAST_MAC);
    assert_string_equal(neigh_state(f, PEER_IP), "INCOMPLETE");
    assert_int_equal(arp_reply_comes(f, PEER_IP, PEER_MAC), MN_DONE);
    assert_int_equal(f->device.sent_count, 4);
    for (uint8_t i = 0; i < 3; i++)
        assert_sent_packet(f, 1u + i, PEER_MAC, i);
    assert_int_equal(send_to(f, PEER_IP, 9), MNET_OK);
    assert_sent_packet(f, 4, PEER_MAC, 9);
    fixture_free(f);
}

static void test_queue_keeps_the_latest(void **state)
{
    (void)state;
    /* RFC 1122 2.3.2.2: at least the latest packet is kept. */
    struct fixture *f = fixture_new(0);
    for (uint8_t i = 0; i < MN_NEIGH_QUEUE_MAX + 3; i++)
        assert_int_equal(send_to(f, PEER_IP, i), MNET_OK);
    assert_int_equal(f->env.drops[MNET_DROP_NEIGH_QUEUE_FULL], 3);
    assert_int_equal(arp_reply_comes(f, PEER_IP, PEER_MAC), MN_DONE);
    assert_int_equal(f->device.sent_count, 1 + MN_NEIGH_QUEUE_MAX);
    for (uint8_t i = 0; i < MN_NEIGH_QUEUE_MAX; i++)
        assert_sent_packet(f, 1u + i, PEER_MAC, (uint8_t)(3 + i));
    fixture_free(f);
}

static void test_neighbour_keeps_its_sure_share_when_others_wait(void **state)
{
    (void)state;
    struct fixture *f = fixture_new(0);
    for (unsigned n = 0; n < 5; n++)
        for (unsigned i = 0; i < MN_NEIGH_QUEUE_MAX; i++)
            assert_int_equal(send_to(f, 0x0b000000 + n, 0), MNET_OK);
    assert_int_equal(f->link.neigh.waiting, MN_NEIGH_WAITING_MAX + MN_NEIGH_QUEUE_SURE);
    drop_sent(&f->device);
    for (uint8_t i = 0; i < 10; i++)
        assert_int_equal(send_to(f, PEER_IP, i), MNET_OK);
    assert_int_equal(arp_reply_comes(f, PEER_IP, PEER_MAC), MN_DONE);
    assert_int_equal(f->device.sent_count, 1 + MN_NEIGH_QUEUE_SURE);
    for (uint8_t i = 0; i < MN_NEIGH_QUEUE_SURE; i++)
        assert_sent_packet(f, 1u + i, PEER_MAC, (uint8_t)(6 + i));
    fixture_free(f);
}

/* Answers to large pings from made-up neighbours must not take the memory that others need. */
static void test_what_waits_takes_a_part_of_the_budget_only(void **state)
{
    (void)state;
    static const uint8_t bytes[40000];
    struct fixture *f = fixture_new(0);
    struct mn_mem *mem = &f->env.mem;
    uint32_t before = mem->pages_used;
    for (unsigned i = 0; i < 4; i++) {
        for (unsigned n = 0; n < MN_NEIGH_UNRESOLVED_MAX; n++) {
            struct mn_pkt *pkt = mn_pkt_new(&f->env);
            struct mnet_addr to = mnet_addr_v4(0x0b000000 + n);
            assert_true(pkt && mn_pkt_append(&f->env, pkt, bytes, sizeof bytes));
            assert_int_equal(mn_link_out(&f->link, pkt, &to, false), MNET_OK);
        }
    }
    assert_true(f->env.drops[MNET_DROP_NEIGH_QUEUE_FULL] > 0);
    assert_true(mem->pages_used - before <= mem->page_count / 4 + 2);
    /* RFC 1122 2.3.2.2: a small one can still wait for each, and large ones again afterwards. */
    drop_sent(&f->device);
    assert_int_equal(send_to(f, PEER_IP, 7), MNET_OK);
    assert_int_equal(arp_reply_comes(f, PEER_IP, PEER_MAC), MN_DONE);
    assert_sent_packet(f, 1, PEER_MAC, 7);
    pass(f, MNET_SEC(4));
    free_failed(f);
    assert_int_equal(f->link.neigh.waiting_bytes, 0);
    fixture_free(f);
}

static void test_all_that_waits_is_bounded_and_reported(void **state)
{
    (void)state;
    struct fixture *f = fixture_new(0);
    f->device.room = 0;
    for (unsigned i = 0; i < MN_NEIGH_QUEUE_MAX; i++)
        for (unsigned n = 0; n < MN_NEIGH_UNRESOLVED_MAX; n++)
            assert_int_equal(send_to(f, 0x0b000000 + n, 0), MNET_OK);
    assert_true(f->link.neigh.waiting >= MN_NEIGH_UNRESOLVED_MAX * MN_NEIGH_QUEUE_SURE);
    assert_true(f->link.neigh.waiting <= MN_LINK_FAILED_MAX);
    unsigned waiting = f->link.neigh.waiting, reported = 0;
    pass(f, MNET_SEC(4));
    assert_int_equal(f->link.neigh.waiting, 0);
    for (struct mn_pkt *pkt; (pkt = mn_link_failed(&f->link)) != NULL; reported++)
        mn_pkt_free(&f->env, pkt);
    assert_int_equal(reported, waiting);
    fixture_free(f);
}

static void test_unanswered_requests_fail_after_three_seconds(void **state)
{
    (void)state;
    /* RFC 1122 2.3.2.1: at most one request a second for one address. */
    struct fixture *f = fixture_new(0);
    for (uint8_t i = 0; i < 3; i++)
        assert_int_equal(send_to(f, PEER_IP, i), MNET_OK);
    pass(f, MNET_MS(990));
    assert_int_equal(f->device.sent_count, 1);
    pass(f, MNET_MS(20));
    assert_int_equal(f->device.sent_count, 2);
    pass(f, MNET_SEC(1));
    assert_int_equal(f->device.sent_count, 3);
    for (unsigned i = 0; i < 3; i++)
        assert_sent_request(f, i, OUR_IP, PEER_IP, MN_LINK_BROADCAST_MAC);
    assert_null(mn_link_failed(&f->link));
    pass(f, MNET_SEC(1));
    assert_int_equal(f->device.sent_count, 3);
    assert_string_equal(neigh_state(f, PEER_IP), "FAILED");
    assert_int_equal(f->env.stats.neigh_failures, 1);
    for (uint8_t i = 0; i < 3; i++) {
        struct mn_pkt *pkt = mn_link_failed(&f->link);
        assert_non_null(pkt);
        uint8_t first;
        mn_pkt_copy_out(pkt, 0, &first, 1);
        assert_int_equal(first, i);
        assert_int_equal(pkt->frame.len, 20); /* at its IP header */
        mn_pkt_free(&f->env, pkt);
    }
    assert_null(mn_link_failed(&f->link));
    fixture_free(f);
}

static void test_failed_neighbour_is_refused_for_a_while_then_asked_again(void **state)
{
    (void)state;
    struct fixture *f = fixture_new(0);
    assert_int_equal(send_to(f, PEER_IP, 0), MNET_OK);
    pass(f, MNET_MS(3100));
    free_failed(f);
    drop_sent(&f->device);
    assert_int_equal(send_to(f, PEER_IP, 0), MNET_ERR_NET_UNREACH);
    assert_int_equal(f->env.drops[MNET_DROP_NEIGH_FAILED], 1);
    assert_int_equal(f->device.sent_count, 0);
    pass(f, MNET_MS(3000));
    assert_string_equal(neigh_state(f, PEER_IP), "LOST");
    assert_int_equal(send_to(f, PEER_IP, 0), MNET_OK);
    assert_int_equal(f->device.sent_count, 1);
    fixture_free(f);
}

static void test_failed_neighbour_that_speaks_is_used_at_once(void **state)
{
    (void)state;
    struct fixture *f = fixture_new(0);
    assert_int_equal(send_to(f, PEER_IP, 0), MNET_OK);
    pass(f, MNET_MS(3100));
    free_failed(f);
    drop_sent(&f->device);
    assert_int_equal(arp_request_comes(f, PEER_IP, PEER_MAC, OUR_IP), MN_DONE);
    drop_sent(&f->device);
    assert_int_equal(send_to(f, PEER_IP, 5), MNET_OK);
    assert_sent_packet(f, 0, PEER_MAC, 5);
    fixture_free(f);
}

static void test_unused_entry_goes_stale_and_then_away(void **state)
{
    (void)state;
    struct fixture *f = resolved_fixture();
    pass(f, MNET_SEC(59));
    assert_string_equal(neigh_state(f, PEER_IP), "REACHABLE");
    pass(f, MNET_SEC(2));
    assert_string_equal(neigh_state(f, PEER_IP), "STALE");
    pass(f, MNET_SEC(1198));
    assert_string_equal(neigh_state(f, PEER_IP), "STALE");
    pass(f, MNET_SEC(2));
    assert_null(neigh_state(f, PEER_IP));
    assert_int_equal(f->device.sent_count, 0); /* nobody was asked for its sake */
    fixture_free(f);
}

static void test_stale_entry_is_used_and_checked_by_unicast(void **state)
{
    (void)state;
    /* RFC 1122 2.3.2.1: unicast poll. */
    struct fixture *f = resolved_fixture();
    pass(f, MNET_SEC(61));
    assert_int_equal(send_to(f, PEER_IP, 3), MNET_OK);
    assert_int_equal(f->device.sent_count, 1);
    assert_sent_packet(f, 0, PEER_MAC, 3);
    assert_string_equal(neigh_state(f, PEER_IP), "DELAY");
    pass(f, MNET_MS(4990));
    assert_int_equal(f->device.sent_count, 1);
    pass(f, MNET_MS(20));
    assert_int_equal(f->device.sent_count, 2);
    assert_sent_request(f, 1, OUR_IP, PEER_IP, PEER_MAC);
    assert_string_equal(neigh_state(f, PEER_IP), "PROBE");
    assert_int_equal(send_to(f, PEER_IP, 4), MNET_OK);
    assert_int_equal(f->device.sent_count, 3); /* one request a second */
    assert_int_equal(arp_reply_comes(f, PEER_IP, PEER_MAC), MN_DONE);
    assert_string_equal(neigh_state(f, PEER_IP), "REACHABLE");
    pass(f, MNET_SEC(50));
    assert_int_equal(f->device.sent_count, 3);
    fixture_free(f);
}

static void test_neighbour_that_has_moved_is_found_again(void **state)
{
    (void)state;
    struct fixture *f = resolved_fixture();
    pass(f, MNET_SEC(61));
    assert_int_equal(send_to(f, PEER_IP, 0), MNET_OK);
    pass(f, MNET_MS(7010));
    assert_int_equal(f->device.sent_count, 4);
    assert_sent_request(f, 1, OUR_IP, PEER_IP, PEER_MAC);
    assert_sent_request(f, 2, OUR_IP, PEER_IP, PEER_MAC);
    assert_sent_request(f, 3, OUR_IP, PEER_IP, PEER_MAC);
    pass(f, MNET_MS(1100));
    assert_string_equal(neigh_state(f, PEER_IP), "LOST");
    drop_sent(&f->device);
    assert_int_equal(send_to(f, PEER_IP, 1), MNET_OK);
    assert_sent_request(f, 0, OUR_IP, PEER_IP, MN_LINK_BROADCAST_MAC);
    assert_int_equal(arp_reply_comes(f, PEER_IP, OTHER_MAC), MN_DONE);
    assert_sent_packet(f, 1, OTHER_MAC, 1);
    fixture_free(f);
}

static void test_confirmed_neighbour_is_never_asked(void **state)
{
    (void)state;
    struct fixture *f = resolved_fixture();
    struct mnet_addr peer = mnet_addr_v4(PEER_IP), stranger = mnet_addr_v4(0x0a000055);
    for (unsigned i = 0; i < 100; i++) {
        pass(f, MNET_SEC(30));
        assert_int_equal(send_to(f, PEER_IP, 0), MNET_OK);
        mn_link_neigh_confirm(&f->link, &peer);
    }
    assert_int_equal(f->device.sent_count, 100);
    mn_link_neigh_confirm(&f->link, &stranger);
    assert_null(neigh_state(f, 0x0a000055));

    /* It also makes one needless, or ends it. */
    for (unsigned s = 0; s <= 6; s += 6) {
        pass(f, MNET_SEC(100));
        assert_int_equal(send_to(f, PEER_IP, 0), MNET_OK);
        pass(f, MNET_SEC(s));
        assert_string_equal(neigh_state(f, PEER_IP), s == 0 ? "DELAY" : "PROBE");
        mn_link_neigh_confirm(&f->link, &peer);
        assert_string_equal(neigh_state(f, PEER_IP), "REACHABLE");
    }
    fixture_free(f);
}

static void test_confirming_does_not_resolve(void **state)
{
    (void)state;
    struct fixture *f = fixture_new(0);
    struct mnet_addr peer = mnet_addr_v4(PEER_IP);
    assert_int_equal(send_to(f, PEER_IP, 0), MNET_OK);
    mn_link_neigh_confirm(&f->link, &peer);
    assert_string_equal(neigh_state(f, PEER_IP), "INCOMPLETE");
    fixture_free(f);
}

static void test_new_hardware_address_is_believed(void **state)
{
    (void)state;
    /* RFC 826, "Packet Reception": the merge. */
    struct fixture *f = resolved_fixture();
    assert_int_equal(arp_request_comes(f, PEER_IP, OTHER_MAC, PEER_IP), MN_DONE); /* announcement */
    assert_int_equal(send_to(f, PEER_IP, 1), MNET_OK);
    assert_sent_packet(f, 0, OTHER_MAC, 1);
    fixture_free(f);
}

/* ---- floods ---- */

#define FLOOD 100000u

static void test_sprayed_destinations_cannot_push_good_entries_out(void **state)
{
    (void)state;
    struct fixture *f = fixture_new(0);
    f->device.room = 0; /* requests and packets end in the bounded queue: only the table matters */
    const uint32_t good = 0x0a010000;
    for (uint32_t i = 0; i < 300; i++) {
        struct mnet_addr addr = mnet_addr_v4(good + i);
        struct mnet_mac mac = {{2, 1, 1, 1, (uint8_t)(i >> 8), (uint8_t)i}};
        assert_int_equal(send_to(f, good + i, 0), MNET_OK);
        assert_true(mn_neigh_update(&f->link, &addr, &mac));
    }
    for (uint32_t i = 0; i < FLOOD; i++) {
        mnet_err err = send_to(f, 0x0b000000 + i, 0);
        assert_true(err == MNET_OK || err == MNET_ERR_NET_UNREACH);
        if (i % 1000 == 0) {
            assert_true(UNRESOLVED <= MN_NEIGH_UNRESOLVED_MAX);
            pass(f, MNET_MS(i % 3000));
            free_failed(f);
        }
    }
    for (uint32_t i = 0; i < 300; i++)
        assert_non_null(neigh_state(f, good + i));
    assert_true(f->env.pkts.count <= MN_LINK_FAILED_MAX + MN_LINK_RETRY_MAX + 1);
    assert_true(f->env.drops[MNET_DROP_NEIGH_TABLE_FULL] > 0);
    fixture_free(f);
}

static void test_new_neighbour_is_resolved_during_a_spray(void **state)
{
    (void)state;
    struct fixture *f = fixture_new(0);
    f->device.room = 0;
    for (uint32_t i = 0; i < 1000; i++)
        assert_int_equal(send_to(f, 0x0b000000 + i, 0), MNET_OK);
    assert_int_equal(send_to(f, PEER_IP, 7), MNET_OK);
    for (uint32_t i = 0; i < MN_NEIGH_UNRESOLVED_MAX - 1; i++)
        assert_int_equal(send_to(f, 0x0c000000 + i, 0), MNET_OK);
    mn_pktq_clear(&f->env, &f->link.retry);
    f->device.room = UINT32_MAX;
    assert_int_equal(arp_reply_comes(f, PEER_IP, PEER_MAC), MN_DONE);
    assert_sent_packet(f, 0, PEER_MAC, 7);
    fixture_free(f);
}

static void test_hosts_that_only_talk_cannot_push_used_entries_out(void **state)
{
    (void)state;
    struct fixture *f = fixture_new(0);
    struct mnet_mac mac = {{2, 3, 3, 3, 3, 3}};
    for (uint32_t i = 0; i < 200; i++) {
        struct mnet_addr addr = mnet_addr_v4(0x0a010000 + i);
        mn_neigh_learn(&f->link, &addr, &mac);
        assert_int_equal(send_to(f, 0x0a010000 + i, 0), MNET_OK);
    }
    for (uint32_t i = 0; i < 100; i++)
        assert_int_equal(send_to(f, 0x0c000000 + i, 0), MNET_OK);
    for (uint32_t i = 0; i < FLOOD; i++) {
        struct mnet_addr addr = mnet_addr_v4(0x0b000000 + i);
        mn_neigh_learn(&f->link, &addr, &mac);
    }
    assert_int_equal(FREE, 0);
    for (uint32_t i = 0; i < 200; i++)
        assert_string_equal(neigh_state(f, 0x0a010000 + i), "REACHABLE");
    for (uint32_t i = 0; i < 100; i++)
        assert_string_equal(neigh_state(f, 0x0c000000 + i), "INCOMPLETE");
    fixture_free(f);
}

static void test_full_table_gives_up_what_was_used_longest_ago(void **state)
{
    (void)state;
    struct fixture *f = fixture_new(0);
    struct mnet_mac mac = {{2, 3, 3, 3, 3, 3}};
    for (uint32_t i = 0; i < MN_NEIGH_MAX; i++) {
        struct mnet_addr addr = mnet_addr_v4(0x0a010000 + i);
        mn_neigh_learn(&f->link, &addr, &mac);
        assert_int_equal(send_to(f, 0x0a010000 + i, 0), MNET_OK);
    }
    drop_sent(&f->device);
    assert_int_equal(send_to(f, 0x0a010000, 0), MNET_OK); /* used again: not the oldest any more */
    struct mnet_addr newcomer = mnet_addr_v4(0x0b000000);
    mn_neigh_learn(&f->link, &newcomer, &mac); /* has no right to replace any */
    assert_null(neigh_state(f, 0x0b000000));
    assert_int_equal(send_to(f, 0x0b000001, 0), MNET_OK);
    assert_non_null(neigh_state(f, 0x0b000001));
    assert_non_null(neigh_state(f, 0x0a010000));
    assert_null(neigh_state(f, 0x0a010001));
    assert_non_null(neigh_state(f, 0x0a010002));
    fixture_free(f);
}

static void test_random_life_keeps_the_invariant(void **state)
{
    (void)state;
    struct fixture *f = fixture_new(0);
    uint64_t seed = 11;
    for (unsigned i = 0; i < 20000; i++) {
        uint32_t ip = 0x0a010000 + random_below(&seed, 700);
        struct mnet_addr addr = mnet_addr_v4(ip);
        struct mnet_mac mac = {{2, 3, 3, 3, 3, (uint8_t)random64(&seed)}};
        switch (random_below(&seed, 5)) {
        case 0:
        case 1:
            (void)!send_to(f, ip, 0);
            break;
        case 2:
            if (!mn_neigh_update(&f->link, &addr, &mac) && random_below(&seed, 4) == 0)
                mn_neigh_learn(&f->link, &addr, &mac);
            break;
        case 3:
            mn_link_neigh_confirm(&f->link, &addr);
            break;
        default:
            if (random_below(&seed, 20) == 0)
                pass(f, MNET_MS(random_below(&seed, random_below(&seed, 30) == 0 ? 200000 : 900)));
            break;
        }
        free_failed(f);
        drop_sent(&f->device);
        if (i % 64 == 0)
            assert_true(mn_link_ok(&f->link));
    }
    fixture_free(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_packets_wait_for_the_answer_and_leave_in_order),
        cmocka_unit_test(test_queue_keeps_the_latest),
        cmocka_unit_test(test_neighbour_keeps_its_sure_share_when_others_wait),
        cmocka_unit_test(test_what_waits_takes_a_part_of_the_budget_only),
        cmocka_unit_test(test_all_that_waits_is_bounded_and_reported),
        cmocka_unit_test(test_unanswered_requests_fail_after_three_seconds),
        cmocka_unit_test(test_failed_neighbour_is_refused_for_a_while_then_asked_again),
        cmocka_unit_test(test_failed_neighbour_that_speaks_is_used_at_once),
        cmocka_unit_test(test_unused_entry_goes_stale_and_then_away),
        cmocka_unit_test(test_stale_entry_is_used_and_checked_by_unicast),
        cmocka_unit_test(test_neighbour_that_has_moved_is_found_again),
        cmocka_unit_test(test_confirmed_neighbour_is_never_asked),
        cmocka_unit_test(test_confirming_does_not_resolve),
        cmocka_unit_test(test_new_hardware_address_is_believed),
        cmocka_unit_test(test_sprayed_destinations_cannot_push_good_entries_out),
        cmocka_unit_test(test_new_neighbour_is_resolved_during_a_spray),
        cmocka_unit_test(test_hosts_that_only_talk_cannot_push_used_entries_out),
        cmocka_unit_test(test_full_table_gives_up_what_was_used_longest_ago),
        cmocka_unit_test(test_random_life_keeps_the_invariant),
    };
    return cmocka_run_group_tests_name("link/neigh", tests, NULL, NULL);
}
