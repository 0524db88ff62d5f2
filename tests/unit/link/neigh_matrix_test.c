/* SPDX-License-Identifier: ISC
 *
 * Reachability of IPv6 neighbours: RFC 4861 7.3, its appendix C as a table, and every timer. */
#include "link6_test.h"

/* ---- the table of states and events ---- */

static const char *const states[] = {"INCOMPLETE", "FAILED", "REACHABLE", "STALE",
                                     "DELAY",      "PROBE",  "LOST"};

static void free_failed(struct fixture *f)
{
    struct mn_pkt *pkt;
    while ((pkt = mn_link_failed(&f->link)) != NULL)
        mn_pkt_free(&f->env, pkt);
}

static bool advertised(struct fixture *f, const struct mnet_mac *mac, bool is_router,
                       bool is_solicited, bool is_override)
{
    const struct mn_neigh_advert advert = {mac, is_router, is_solicited, is_override};
    return mn_neigh_advertised(&f->link, &PEER6, &advert);
}

/* Brings the entry of the peer into a state; where it has a place, that is PEER_MAC. */
static struct fixture *fixture_in(unsigned state)
{
    static const struct mnet_mac mac = PEER_MAC_INIT;
    struct fixture *f = fixture6_new(0);
    if (state >= 3)
        mn_link_neigh_heard(&f->link, &PEER6, &mac, false);
    if (state != 3)
        assert_int_equal(send6(f, &PEER6, 0), MNET_OK);
    if (state == 1)
        pass(f, MNET_MS(3010));
    if (state == 2)
        assert_true(advertised(f, &mac, false, true, true));
    if (state == 5)
        pass(f, MNET_MS(5010));
    if (state == 6)
        pass(f, MNET_MS(8010));
    free_failed(f);
    assert_string_equal(neigh6(f, &PEER6).state, states[state]);
    drop_sent(&f->device);
    return f;
}

enum event { ADVERTISED, HEARD, CONFIRM, SEND };
enum where { NONE, SAME, OTHER }; /* the link-layer address that the event brings */

struct row {
    enum event event;
    enum where where;
    bool is_solicited, is_override;
    const char *after[7]; /* state and place; "=": as before */
};

/* RFC 4861 C: from INCOMPLETE, FAILED (which it does not have), REACHABLE, STALE, DELAY, PROBE,
 * LOST (which it does not have). Places: 1 is that of the peer, 2 another one. */
static const struct row rows[] = {
    {ADVERTISED, NONE, false, false, {"=", "=", "=", "=", "=", "=", "="}},
    {ADVERTISED, NONE, false, true, {"=", "=", "=", "=", "=", "=", "="}},
    {ADVERTISED, NONE, true, false, {"=", "=", "R1", "R1", "R1", "R1", "="}},
    {ADVERTISED, NONE, true, true, {"=", "=", "R1", "R1", "R1", "R1", "="}},
    {ADVERTISED, SAME, false, false, {"S1", "S1", "=", "=", "=", "=", "S1"}},
    {ADVERTISED, SAME, false, true, {"S1", "S1", "=", "=", "=", "=", "S1"}},
    {ADVERTISED, SAME, true, false, {"R1", "R1", "R1", "R1", "R1", "R1", "R1"}},
    {ADVERTISED, SAME, true, true, {"R1", "R1", "R1", "R1", "R1", "R1", "R1"}},
    {ADVERTISED, OTHER, false, false, {"S2", "S2", "S1", "=", "=", "=", "S2"}},
    {ADVERTISED, OTHER, false, true, {"S2", "S2", "S2", "S2", "S2", "S2", "S2"}},
    {ADVERTISED, OTHER, true, false, {"R2", "R2", "S1", "=", "=", "=", "R2"}},
    {ADVERTISED, OTHER, true, true, {"R2", "R2", "R2", "R2", "R2", "R2", "R2"}},
    {HEARD, NONE, false, false, {"=", "=", "=", "=", "=", "=", "="}},
    {HEARD, SAME, false, false, {"S1", "S1", "=", "=", "=", "=", "S1"}},
    {HEARD, OTHER, false, false, {"S2", "S2", "S2", "S2", "S2", "S2", "S2"}},
    {CONFIRM, NONE, false, false, {"=", "=", "R1", "R1", "R1", "R1", "="}},
    {SEND, NONE, false, false, {"=", "=", "=", "D1", "=", "=", "I"}},
};

static void happen(struct fixture *f, const struct row *row)
{
    static const struct mnet_mac macs[] = {PEER_MAC_INIT, OTHER_MAC_INIT};
    const struct mnet_mac *mac = row->where == NONE ? NULL : &macs[row->where - 1];
    switch (row->event) {
    case ADVERTISED:
        assert_true(advertised(f, mac, false, row->is_solicited, row->is_override));
        break;
    case HEARD:
        mn_link_neigh_heard(&f->link, &PEER6, mac, false);
        break;
    case CONFIRM:
        mn_link_neigh_confirm(&f->link, &PEER6);
        break;
    default:
        (void)!send6(f, &PEER6, 0);
        break;
    }
}

static void assert_row(const struct row *row, unsigned state)
{
    const char *want = row->after[state];
    bool is_same = want[0] == '=';
    struct fixture *f = fixture_in(state);
    happen(f, row);
    struct mn_link_neigh_info now = neigh6(f, &PEER6);
    const char *name = is_same          ? states[state]
                       : want[0] == 'R' ? "REACHABLE"
                       : want[0] == 'S' ? "STALE"
                       : want[0] == 'I' ? "INCOMPLETE"
                                        : "DELAY";
    assert_string_equal(now.state, name);
    const struct mnet_mac mac = !is_same && want[1] == '2' ? OTHER_MAC : PEER_MAC;
    if ((state >= 2 && state <= 5) || want[1] != '\0')
        assert_memory_equal(&now.mac, &mac, 6);
    /* What waited has left, or still waits. */
    if (state == 0) {
        assert_int_equal(now.waiting, is_same ? (row->event == SEND ? 2 : 1) : 0);
        assert_int_equal(f->device.sent_count, is_same ? 0 : 1);
        if (!is_same)
            assert_sent_packet6(f, 0, mac, 0);
    }
    assert_true(mn_link_ok(&f->link));
    fixture_free(f);
}

static void test_every_event_in_every_state(void **state)
{
    (void)state;
    for (unsigned i = 0; i < COUNT_OF(rows); i++)
        for (unsigned s = 0; s < COUNT_OF(states); s++)
            assert_row(&rows[i], s);
}

static void test_nobody_known_is_left_so(void **state)
{
    (void)state;
    /* RFC 4861 7.2.5: an advertisement does not make an entry. */
    struct fixture *f = fixture6_new(0);
    const struct mnet_mac mac = PEER_MAC;
    assert_false(advertised(f, &mac, true, true, true));
    mn_link_neigh_confirm(&f->link, &PEER6);
    mn_link_neigh_heard(&f->link, &PEER6, NULL, true);
    assert_null(neigh6(f, &PEER6).state);
    /* A solicitation, router or redirect that says where it is does. RFC 4861 7.2.3. */
    mn_link_neigh_heard(&f->link, &PEER6, &mac, false);
    assert_string_equal(neigh6(f, &PEER6).state, "STALE");
    fixture_free(f);
}

static bool is_router_in_view(struct fixture *f)
{
    bool is_router;
    (void)mn_link_neigh_view(&f->link, &PEER6, &is_router);
    return is_router;
}

static void test_router_flag_is_that_of_the_last_advertisement(void **state)
{
    (void)state;
    /* RFC 4861 7.2.5, 6.3.4. */
    const struct mnet_mac mac = PEER_MAC, other = OTHER_MAC;
    for (unsigned s = 0; s < COUNT_OF(states); s++) {
        struct fixture *f = fixture_in(s);
        bool had_place = s >= 2 && s != 6;
        assert_int_equal(is_router_in_view(f), s != 2); /* REACHABLE came by one that said no */
        mn_link_neigh_heard(&f->link, &PEER6, NULL, true);
        assert_true(neigh6(f, &PEER6).is_router);
        assert_true(advertised(f, NULL, false, false, false));
        assert_int_equal(neigh6(f, &PEER6).is_router, !had_place); /* was discarded */
        assert_true(advertised(f, &mac, true, false, false));
        assert_true(neigh6(f, &PEER6).is_router && is_router_in_view(f));
        /* One that is ignored says nothing. */
        assert_true(advertised(f, &other, false, true, false));
        assert_true(neigh6(f, &PEER6).is_router);
        /* Nor does a solicitation: RFC 4861 7.2.3. */
        mn_link_neigh_heard(&f->link, &PEER6, &other, false);
        assert_true(neigh6(f, &PEER6).is_router);
        assert_true(advertised(f, &other, false, true, true));
        assert_false(neigh6(f, &PEER6).is_router || is_router_in_view(f));
        fixture_free(f);
    }
}

static void test_entry_that_is_used_again_has_forgotten_the_router(void **state)
{
    (void)state;
    const struct mnet_mac mac = PEER_MAC;
    struct fixture *f = fixture6_new(0);
    for (int round = 0; round < 2; round++) {
        for (uint32_t i = 0; i < MN_NEIGH_MAX; i++) {
            struct mnet_addr addr = GLOBAL6((uint8_t)round, 0);
            addr.bytes[13] = (uint8_t)(i >> 8);
            addr.bytes[14] = (uint8_t)i;
            mn_link_neigh_heard(&f->link, &addr, &mac, round == 0);
            assert_int_equal(neigh6(f, &addr).is_router, round == 0);
        }
        pass(f, MNET_SEC(1201));
    }
    fixture_free(f);
}

static void test_view_of_a_neighbour(void **state)
{
    (void)state;
    /* RFC 4861 6.3.6: any state but INCOMPLETE is good enough for a router. */
    for (unsigned s = 0; s < COUNT_OF(states); s++) {
        struct fixture *f = fixture_in(s);
        bool is_router;
        assert_int_equal(mn_link_neigh_view(&f->link, &PEER6, &is_router),
                         s < 2 || s == 6 ? MN_NEIGH_VIEW_SILENT : MN_NEIGH_VIEW_THERE);
        assert_int_equal(mn_link_neigh_view(&f->link, &OTHER6, &is_router), MN_NEIGH_VIEW_UNKNOWN);
        assert_true(is_router);
        fixture_free(f);
    }
}

/* ---- times ---- */

static void test_everybody_is_asked_three_times_then_it_has_failed(void **state)
{
    (void)state;
    /* RFC 4861 7.2.2, 10: MAX_MULTICAST_SOLICIT, RETRANS_TIMER. */
    static const uint32_t retrans[] = {1000, 300, 4000};
    for (unsigned i = 0; i < COUNT_OF(retrans); i++) {
        struct fixture *f = fixture6_new(0);
        mn_link_neigh_params(&f->link, 0, i == 0 ? 0 : retrans[i]);
        assert_int_equal(send6(f, &PEER6, 7), MNET_OK);
        for (unsigned n = 1; n <= 3; n++) {
            assert_int_equal(f->device.sent_count, n);
            assert_sent_solicit(f, n - 1, &OUR6, &PEER6, NULL);
            pass(f, MNET_MS(retrans[i]) - MNET_MS(10));
            assert_int_equal(f->device.sent_count, n);
            pass(f, MNET_MS(11));
        }
        assert_string_equal(neigh6(f, &PEER6).state, "FAILED");
        struct mn_pkt *pkt = mn_link_failed(&f->link);
        assert_non_null(pkt);
        mn_pkt_free(&f->env, pkt);
        assert_int_equal(send6(f, &PEER6, 7), MNET_ERR_NET_UNREACH);
        pass(f, MNET_SEC(3));
        assert_string_equal(neigh6(f, &PEER6).state, "LOST");
        assert_int_equal(f->device.sent_count, 3);
        pass(f, MNET_SEC(60));
        assert_null(neigh6(f, &PEER6).state);
        fixture_free(f);
    }
}

static void test_delay_then_three_unicast_probes_then_lost(void **state)
{
    (void)state;
    /* RFC 4861 7.3.3, 10: DELAY_FIRST_PROBE_TIME, MAX_UNICAST_SOLICIT. */
    const struct mnet_mac mac = PEER_MAC;
    struct fixture *f = fixture_in(3);
    mn_link_neigh_params(&f->link, 0, 500);
    assert_int_equal(send6(f, &PEER6, 1), MNET_OK);
    assert_sent_packet6(f, 0, PEER_MAC, 1); /* used as it is */
    pass(f, MNET_MS(4990));
    assert_int_equal(send6(f, &PEER6, 2), MNET_OK); /* does not begin the delay anew */
    assert_int_equal(f->device.sent_count, 2);
    assert_string_equal(neigh6(f, &PEER6).state, "DELAY");
    pass(f, MNET_MS(11));
    for (unsigned n = 3; n <= 5; n++) {
        assert_string_equal(neigh6(f, &PEER6).state, "PROBE");
        assert_int_equal(f->device.sent_count, n);
        assert_sent_solicit(f, n - 1, &OUR6, &PEER6, &mac);
        pass(f, MNET_MS(501));
    }
    /* RFC 4861 6.3.6: a router that has just been found not to answer is not taken for one of which
     * nothing is known. */
    bool is_router;
    assert_string_equal(neigh6(f, &PEER6).state, "LOST");
    assert_int_equal(mn_link_neigh_view(&f->link, &PEER6, &is_router), MN_NEIGH_VIEW_SILENT);
    assert_int_equal(f->device.sent_count, 5);
    assert_int_equal(send6(f, &PEER6, 3), MNET_OK); /* everybody is asked again */
    assert_sent_solicit(f, 5, &OUR6, &PEER6, NULL);
    fixture_free(f);
}

static void test_only_so_many_that_are_lost_are_remembered(void **state)
{
    (void)state;
    const struct mnet_mac mac = PEER_MAC;
    struct fixture *f = fixture6_new(0);
    struct mnet_addr peer = PEER6;
    for (unsigned i = 0; i < MN_NEIGH_UNRESOLVED_MAX + 50; i++) {
        peer.bytes[14] = (uint8_t)(i >> 8);
        peer.bytes[15] = (uint8_t)i;
        mn_link_neigh_heard(&f->link, &peer, &mac, false);
        assert_int_equal(send6(f, &peer, 0), MNET_OK);
        drop_sent(&f->device);
    }
    for (unsigned n = 0; n < 40; n++) {
        pass(f, MNET_MS(250));
        drop_sent(&f->device);
        assert_true(mn_link_ok(&f->link));
    }
    assert_int_equal(f->link.neigh.count[MN_NEIGH_CLASS_FAILED], MN_NEIGH_UNRESOLVED_MAX);
    assert_int_equal(f->link.neigh.count[MN_NEIGH_CLASS_USED], 0);
    assert_string_equal(neigh6(f, &peer).state, "LOST"); /* the latest */
    fixture_free(f);
}

static void test_reachable_time_is_random_around_what_routers_say(void **state)
{
    (void)state;
    /* RFC 4861 6.3.2: between 0.5 and 1.5 times BaseReachableTime. */
    const struct mnet_mac mac = PEER_MAC;
    struct fixture *f = fixture_in(2);
    double least = 9, most = 0;
    for (uint32_t base = 20000; base < 20200; base++) {
        mn_link_neigh_params(&f->link, base, 0);
        mn_link_neigh_heard(&f->link, &PEER6, &mac, false);
        pass(f, MNET_SEC(60));
        assert_string_equal(neigh6(f, &PEER6).state, "STALE");
        assert_true(advertised(f, &mac, false, true, true));
        pass(f, MNET_MS(base) / 2 - MNET_MS(1));
        assert_string_equal(neigh6(f, &PEER6).state, "REACHABLE");
        double share = (double)f->link.neigh.reachable / (double)MNET_MS(base);
        least = share < least ? share : least;
        most = share > most ? share : most;
        pass(f, MNET_MS(base) + MNET_MS(2));
        assert_string_equal(neigh6(f, &PEER6).state, "STALE");
    }
    assert_true(least >= 0.5 && least < 0.55 && most > 1.45 && most <= 1.5);
    assert_int_equal(f->device.sent_count, 0); /* nobody was asked for its sake */
    fixture_free(f);
}

static void test_reachable_time_is_drawn_again_after_hours_but_not_before(void **state)
{
    (void)state;
    /* RFC 4861 6.3.4: at least every few hours, and not by the same value heard again. */
    const struct mnet_mac mac = PEER_MAC;
    struct fixture *f = fixture_in(2);
    mnet_time first = f->link.neigh.reachable;
    assert_true(first >= MNET_SEC(15) && first <= MNET_SEC(45));
    for (unsigned minutes = 0; minutes < 119; minutes++) {
        pass(f, MNET_SEC(60));
        mn_link_neigh_params(&f->link, 30000, 0);
        mn_link_neigh_params(&f->link, 0, 0);
        assert_true(advertised(f, &mac, false, true, true));
        assert_true(f->link.neigh.reachable == first);
    }
    pass(f, MNET_SEC(120));
    assert_true(advertised(f, &mac, false, true, true));
    assert_true(f->link.neigh.reachable != first);
    fixture_free(f);
}

static void test_confirmation_prolongs(void **state)
{
    (void)state;
    struct fixture *f = fixture_in(2);
    for (unsigned i = 0; i < 100; i++) {
        pass(f, MNET_SEC(14));
        mn_link_neigh_confirm(&f->link, &PEER6);
        assert_int_equal(send6(f, &PEER6, 0), MNET_OK);
        assert_string_equal(neigh6(f, &PEER6).state, "REACHABLE");
    }
    assert_int_equal(f->device.sent_count, 100); /* and no solicitation */
    fixture_free(f);
}

static void test_no_router_makes_us_flood_or_wait_for_ever(void **state)
{
    (void)state;
    struct fixture *f = fixture6_new(0);
    mn_link_neigh_params(&f->link, 1, 1);
    assert_int_equal(mn_neigh_retrans_ms(&f->link), 100);
    mn_link_neigh_params(&f->link, UINT32_MAX, UINT32_MAX);
    assert_int_equal(mn_neigh_retrans_ms(&f->link), 10000);
    assert_int_equal(f->link.neigh.reachable_ms, 3600000); /* RFC 4861 6.2.1 */
    fixture_free(f);
}

static void test_stale_entry_that_nobody_uses_goes_away(void **state)
{
    (void)state;
    struct fixture *f = fixture_in(3);
    pass(f, MNET_SEC(1199));
    assert_string_equal(neigh6(f, &PEER6).state, "STALE");
    pass(f, MNET_SEC(2));
    assert_null(neigh6(f, &PEER6).state);
    fixture_free(f);
}

/* ---- floods: RFC 6583 ---- */

static struct mnet_addr nth(uint8_t group, uint32_t i)
{
    struct mnet_addr addr = OUR6;
    addr.bytes[8] = group;
    for (unsigned k = 0; k < 4; k++)
        addr.bytes[12 + k] = (uint8_t)(i >> (24 - 8 * k));
    return addr;
}

static void test_sprayed_destinations_cannot_push_good_entries_out(void **state)
{
    (void)state;
    const struct mnet_mac mac = PEER_MAC;
    const struct mn_neigh_advert advert = {&mac, false, true, true};
    struct fixture *f = fixture6_new(0);
    f->device.room = 0; /* only the table matters */
    for (uint32_t i = 0; i < 300; i++) {
        struct mnet_addr addr = nth(1, i);
        assert_int_equal(send6(f, &addr, 0), MNET_OK);
        assert_true(mn_neigh_advertised(&f->link, &addr, &advert));
    }
    for (uint32_t i = 0; i < 50000; i++) {
        struct mnet_addr addr = nth(2, i);
        (void)!send6(f, &addr, 0);
        if (i % 500 == 0) {
            pass(f, MNET_MS(i % 3000));
            free_failed(f);
        }
    }
    for (uint32_t i = 0; i < 300; i++) {
        struct mnet_addr addr = nth(1, i);
        assert_non_null(neigh6(f, &addr).state);
    }
    assert_true(f->env.pkts.count <= MN_LINK_FAILED_MAX + MN_LINK_RETRY_MAX + 1);

    /* And a new neighbour is found meanwhile. */
    assert_int_equal(send6(f, &PEER6, 3), MNET_OK);
    for (uint32_t i = 0; i < MN_NEIGH_UNRESOLVED_MAX - 1; i++) {
        struct mnet_addr addr = nth(3, i);
        assert_int_equal(send6(f, &addr, 0), MNET_OK);
    }
    mn_pktq_clear(&f->env, &f->link.retry);
    f->device.room = UINT32_MAX;
    assert_true(advertised(f, &mac, false, true, true));
    assert_sent_packet6(f, 0, PEER_MAC, 3);
    fixture_free(f);
}

static void test_hosts_that_only_talk_cannot_push_used_entries_out(void **state)
{
    (void)state;
    const struct mnet_mac mac = PEER_MAC;
    struct fixture *f = fixture6_new(0);
    for (uint32_t i = 0; i < 200; i++) {
        struct mnet_addr addr = nth(1, i);
        mn_link_neigh_heard(&f->link, &addr, &mac, false);
        assert_int_equal(send6(f, &addr, 0), MNET_OK);
    }
    assert_int_equal(send_to(f, PEER_IP, 0), MNET_OK); /* the table is that of both families */
    for (uint32_t i = 0; i < 50000; i++) {
        struct mnet_addr addr = nth(2, i);
        mn_link_neigh_heard(&f->link, &addr, &mac, true);
    }
    assert_int_equal(f->link.neigh.count[MN_NEIGH_CLASS_FREE], 0);
    for (uint32_t i = 0; i < 200; i++) {
        struct mnet_addr addr = nth(1, i);
        assert_string_equal(neigh6(f, &addr).state, "DELAY");
    }
    assert_string_equal(neigh_state(f, PEER_IP), "INCOMPLETE");
    fixture_free(f);
}

static void test_random_life_keeps_the_invariant(void **state)
{
    (void)state;
    struct fixture *f = fixture6_new(0);
    uint64_t seed = 12;
    for (unsigned i = 0; i < 20000; i++) {
        struct mnet_addr addr = nth(1, random_below(&seed, 700));
        struct mnet_mac mac = {{2, 3, 3, 3, 3, (uint8_t)random_below(&seed, 3)}};
        uint32_t bits = (uint32_t)random64(&seed);
        const struct mn_neigh_advert advert = {bits & 8 ? &mac : NULL, bits & 1, bits & 2,
                                               bits & 4};
        switch (random_below(&seed, 6)) {
        case 0:
        case 1:
            (void)!send6(f, &addr, 0);
            break;
        case 2:
            (void)mn_neigh_advertised(&f->link, &addr, &advert);
            break;
        case 3:
            mn_link_neigh_heard(&f->link, &addr, bits & 8 ? &mac : NULL, bits & 1);
            break;
        case 4:
            mn_link_neigh_confirm(&f->link, &addr);
            break;
        default:
            mn_link_neigh_params(&f->link, bits >> 12, bits >> 20);
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
        cmocka_unit_test(test_every_event_in_every_state),
        cmocka_unit_test(test_nobody_known_is_left_so),
        cmocka_unit_test(test_router_flag_is_that_of_the_last_advertisement),
        cmocka_unit_test(test_entry_that_is_used_again_has_forgotten_the_router),
        cmocka_unit_test(test_view_of_a_neighbour),
        cmocka_unit_test(test_everybody_is_asked_three_times_then_it_has_failed),
        cmocka_unit_test(test_delay_then_three_unicast_probes_then_lost),
        cmocka_unit_test(test_only_so_many_that_are_lost_are_remembered),
        cmocka_unit_test(test_reachable_time_is_random_around_what_routers_say),
        cmocka_unit_test(test_reachable_time_is_drawn_again_after_hours_but_not_before),
        cmocka_unit_test(test_confirmation_prolongs),
        cmocka_unit_test(test_no_router_makes_us_flood_or_wait_for_ever),
        cmocka_unit_test(test_stale_entry_that_nobody_uses_goes_away),
        cmocka_unit_test(test_sprayed_destinations_cannot_push_good_entries_out),
        cmocka_unit_test(test_hosts_that_only_talk_cannot_push_used_entries_out),
        cmocka_unit_test(test_random_life_keeps_the_invariant),
    };
    return cmocka_run_group_tests_name("link/neigh_matrix", tests, NULL, NULL);
}
