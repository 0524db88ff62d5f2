/* SPDX-License-Identifier: ISC */
#include "link6_test.h"

static const struct mnet_mac peer_mac = PEER_MAC_INIT, other_mac = OTHER_MAC_INIT;

static struct mn_link_neigh_info known(const struct fixture *f, struct mnet_addr addr)
{
    return neigh6(f, &addr);
}

/* ---- solicitations ---- */

static void test_solicitation_for_us_is_answered_by_unicast(void **state)
{
    (void)state;
    /* RFC 4861 7.2.4: Solicited and Override, with the address. RFC 4861 7.2.3: who asks is known
     * afterwards, STALE. */
    struct fixture *f = fixture6_new(0);
    assert_int_equal(ndp_comes(f, solicit(PEER6, OUR6, &peer_mac)), MN_DONE);
    assert_int_equal(f->device.sent_count, 1);
    assert_sent_advert(f, 0, OUR6, PEER6, PEER_MAC, S_FLAG | O_FLAG);
    assert_string_equal(known(f, PEER6).state, "STALE");
    assert_false(known(f, PEER6).is_router);
    assert_int_equal(f->env.stats.ndp_adverts_sent, 1);
    /* Also when it comes by unicast: a check of reachability. */
    struct ndp m = solicit(PEER6, OUR6, &peer_mac);
    m.dst = OUR6;
    assert_int_equal(ndp_comes(f, m), MN_DONE);
    assert_sent_advert(f, 1, OUR6, PEER6, PEER_MAC, S_FLAG | O_FLAG);
    fixture_free(f);
}

static void test_answer_goes_where_the_question_came_from(void **state)
{
    (void)state;
    /* RFC 4861 7.2.3: a new place is noted; one that has not changed changes nothing. */
    struct fixture *f = fixture6_new(0);
    assert_int_equal(ndp_comes(f, solicit(PEER6, OUR6, &peer_mac)), MN_DONE);
    assert_int_equal(ndp_comes(f, advert(PEER6, OUR6, S_FLAG | O_FLAG, &peer_mac)), MN_DONE);
    assert_int_equal(ndp_comes(f, solicit(PEER6, OUR6, &peer_mac)), MN_DONE);
    assert_string_equal(known(f, PEER6).state, "REACHABLE");
    assert_int_equal(ndp_comes(f, solicit(PEER6, OUR6, &other_mac)), MN_DONE);
    assert_string_equal(known(f, PEER6).state, "STALE");
    assert_sent_advert(f, 2, OUR6, PEER6, OTHER_MAC, S_FLAG | O_FLAG);
    fixture_free(f);
}

static void test_question_without_a_place_is_answered_when_that_is_known(void **state)
{
    (void)state;
    /* RFC 4861 7.2.4, 7.2.2: without the option, whoever asks is looked for. */
    struct fixture *f = fixture6_new(0);
    struct mnet_addr ours = OUR6, peer = PEER6;
    assert_int_equal(ndp_comes(f, solicit(PEER6, OUR6, NULL)), MN_DONE);
    assert_int_equal(f->device.sent_count, 1);
    assert_sent_solicit(f, 0, &ours, &peer, NULL);
    assert_int_equal(ndp_comes(f, advert(PEER6, OUR6, S_FLAG | O_FLAG, &peer_mac)), MN_DONE);
    assert_int_equal(f->device.sent_count, 2);
    assert_sent_advert(f, 1, OUR6, PEER6, PEER_MAC, S_FLAG | O_FLAG);
    fixture_free(f);
}

static void test_probe_for_our_address_is_answered_to_all(void **state)
{
    (void)state;
    /* RFC 4861 7.2.4: to all nodes, not Solicited: so that the prober learns that it is taken. */
    static const uint8_t nonce[6] = {9, 9, 9, 9, 9, 9};
    struct fixture *f = fixture6_new(0);
    assert_int_equal(ndp_comes(f, probe(OUR6, NULL)), MN_DONE);
    assert_int_equal(ndp_comes(f, probe(OUR6, nonce)), MN_DONE);
    assert_int_equal(f->device.sent_count, 2);
    for (unsigned i = 0; i < 2; i++)
        assert_sent_advert(f, i, OUR6, ALL_NODES6, group_mac(ALL_NODES6), O_FLAG);
    assert_int_equal(f->env.stats.ndp_conflicts, 0);
    unsigned cursor = 0;
    struct mn_link_neigh_info info;
    assert_false(mn_link_neigh_next(&f->link, &cursor, &info));
    fixture_free(f);
}

static void test_solicitation_for_others_is_not_answered_and_makes_no_entry(void **state)
{
    (void)state;
    struct fixture *f = fixture6_new(0);
    assert_int_equal(ndp_comes(f, solicit(PEER6, OTHER6, &peer_mac)), MN_DROP(NDP_NOT_OURS));
    assert_int_equal(ndp_comes(f, probe(OTHER6, NULL)), MN_DROP(NDP_NOT_OURS));
    assert_int_equal(f->device.sent_count, 0);
    assert_null(known(f, PEER6).state);
    fixture_free(f);
}

/* ---- validation: RFC 4861 7.1 ---- */

static void assert_refused(struct ndp m, mn_verdict verdict)
{
    struct fixture *f = fixture6_new(0);
    struct mnet_addr peer = PEER6;
    assert_int_equal(send6(f, &peer, 0), MNET_OK); /* it would matter */
    drop_sent(&f->device);
    assert_int_equal(ndp_comes(f, m), verdict);
    assert_int_equal(f->device.sent_count, 0);
    assert_string_equal(known(f, PEER6).state, "INCOMPLETE");
    assert_true(is_ready6(f, OUR6));
    assert_int_equal(f->env.stats.ndp_conflicts, 0);
    fixture_free(f);
}

static void test_message_from_beyond_the_link_is_refused(void **state)
{
    (void)state;
    /* RFC 4861 7.1.1, 7.1.2: a hop limit of 255 was not decremented by any router. */
    struct ndp m = solicit(PEER6, OUR6, &peer_mac), a = advert(PEER6, OUR6, S_FLAG, &peer_mac);
    static const uint8_t bad[] = {0, 1, 64, 254};
    for (unsigned i = 0; i < COUNT_OF(bad); i++) {
        m.hop_limit = a.hop_limit = bad[i];
        assert_refused(m, MN_DROP(NDP_HOP_LIMIT));
        assert_refused(a, MN_DROP(NDP_HOP_LIMIT));
    }
}

static void test_wrong_code_or_type_is_refused(void **state)
{
    (void)state;
    struct ndp m = solicit(PEER6, OUR6, &peer_mac), a = advert(PEER6, OUR6, S_FLAG, &peer_mac);
    m.code = a.code = 1;
    assert_refused(m, MN_DROP(NDP_BAD));
    assert_refused(a, MN_DROP(NDP_BAD));
    m.code = 0;
    m.type = 134;
    assert_refused(m, MN_DROP(NDP_BAD));
}

static void test_short_messages_and_options_are_refused(void **state)
{
    (void)state;
    /* 24 bytes at least, and whole options. */
    const struct ndp messages[] = {solicit(PEER6, OUR6, &peer_mac),
                                   advert(PEER6, OUR6, S_FLAG, &peer_mac)};
    for (unsigned i = 0; i < COUNT_OF(messages); i++) {
        struct fixture *f = fixture6_new(0);
        for (uint32_t len = 0; len < 32; len++) {
            bool is_whole = len == 24; /* no option */
            mn_verdict verdict = ndp_cut_comes(f, &messages[i], len);
            if (is_whole)
                assert_int_not_equal(verdict, MN_DROP(NDP_BAD));
            else
                assert_int_equal(verdict, MN_DROP(NDP_BAD));
        }
        fixture_free(f);
    }
}

static void test_message_in_several_ranges_is_refused(void **state)
{
    (void)state;
    /* RFC 6980 5: only reassembly makes such. */
    struct fixture *f = fixture6_new(0);
    uint8_t bytes[32] = {SOLICIT}, *block = mn_block_get_small(&f->env.mem);
    memcpy(bytes + 8, &OUR6, 16);
    memcpy(bytes + 24, "\x01\x01\x02\x00\x00\x00\x00\x01", 8);
    assert_non_null(block);
    memcpy(block, bytes + 24, 8);
    struct mn_pkt *pkt = mn_pkt_new(&f->env);
    assert_true(mn_pkt_append(&f->env, pkt, bytes, 24) && mn_pkt_add(&f->env, pkt, block, 8));
    mn_block_unref(&f->env.mem, block);
    const struct mn_ndp_rx rx = {PEER6, OUR6, 255};
    assert_int_equal(mn_ndp_in(&f->link, pkt, &rx), MN_DROP(NDP_BAD));
    assert_int_equal(f->device.sent_count, 0);
    mn_pkt_free(&f->env, pkt);
    fixture_free(f);
}

static void test_option_of_length_zero_is_refused(void **state)
{
    (void)state;
    struct ndp m = solicit(PEER6, OUR6, &peer_mac), a = advert(PEER6, OUR6, S_FLAG, &peer_mac);
    static const uint8_t value[6];
    ndp_option(&m, 200, value, 6);
    ndp_option(&a, 200, value, 6);
    m.options[9] = a.options[9] = 0;
    assert_refused(m, MN_DROP(NDP_BAD));
    assert_refused(a, MN_DROP(NDP_BAD));
}

static void test_unknown_options_are_passed_over(void **state)
{
    (void)state;
    /* RFC 4861 4.6: silently, and those behind them count. */
    static const uint8_t value[14] = {1, 2, 3};
    struct fixture *f = fixture6_new(0);
    struct ndp m = solicit(PEER6, OUR6, NULL);
    ndp_option(&m, 200, value, 14);
    ndp_option(&m, 5, value, 6);
    ndp_option(&m, 1, &peer_mac, 6);
    assert_int_equal(ndp_comes(f, m), MN_DONE);
    assert_sent_advert(f, 0, OUR6, PEER6, PEER_MAC, S_FLAG | O_FLAG);
    struct ndp a = advert(PEER6, OUR6, S_FLAG | O_FLAG, NULL);
    ndp_option(&a, 1, &other_mac, 6); /* not the one of advertisements */
    ndp_option(&a, 253, value, 6);
    assert_int_equal(ndp_comes(f, a), MN_DONE);
    assert_string_equal(known(f, PEER6).state, "REACHABLE");
    struct mn_link_neigh_info info = known(f, PEER6);
    assert_memory_equal(&info.mac, &peer_mac, 6);
    fixture_free(f);
}

static void test_impossible_targets_are_refused(void **state)
{
    (void)state;
    /* RFC 4861 7.1.1, 7.1.2: not multicast. An IPv4 address in an IPv6 message means nothing. */
    const struct mnet_addr bad[] = {ALL_NODES6, mnet_addr_v4(OUR_IP), mnet_addr_v4(PEER_IP)};
    for (unsigned i = 0; i < COUNT_OF(bad); i++) {
        struct fixture *f = fixture6_new(0);
        assert_int_equal(send_to(f, PEER_IP, 0), MNET_OK);
        drop_sent(&f->device);
        struct ndp m = solicit(PEER6, bad[i], &peer_mac);
        m.dst = OUR6;
        assert_int_equal(ndp_comes(f, m), MN_DROP(NDP_BAD));
        struct ndp a = advert(bad[i], OUR6, S_FLAG, &peer_mac);
        a.src = PEER6;
        assert_int_equal(ndp_comes(f, a), MN_DROP(NDP_BAD));
        assert_int_equal(f->device.sent_count, 0);
        assert_string_equal(neigh_state(f, PEER_IP), "INCOMPLETE");
        fixture_free(f);
    }
}

static void test_rules_of_a_probe(void **state)
{
    (void)state;
    /* RFC 4861 7.1.1: from :: only to a solicited-node group, and without a source address option.
     */
    struct ndp m = probe(OUR6, NULL);
    m.dst = OUR6;
    assert_refused(m, MN_DROP(NDP_BAD));
    m.dst = ALL_NODES6;
    assert_refused(m, MN_DROP(NDP_BAD));
    m = probe(OUR6, NULL);
    ndp_option(&m, 1, &peer_mac, 6);
    assert_refused(m, MN_DROP(NDP_BAD));
    /* Also while it would end our own detection. */
    struct fixture *f = fixture6_new(0);
    add6(f, LL6(7));
    m.target = LL6(7);
    m.dst = solicited_node(LL6(7));
    assert_int_equal(ndp_comes(f, m), MN_DROP(NDP_BAD));
    pass(f, MNET_SEC(3));
    assert_true(is_ready6(f, LL6(7)));
    fixture_free(f);
}

static void test_advertisement_to_a_group_is_not_solicited(void **state)
{
    (void)state;
    /* RFC 4861 7.1.2: Solicited must be zero then. */
    assert_refused(advert(PEER6, ALL_NODES6, S_FLAG | O_FLAG, &peer_mac), MN_DROP(NDP_BAD));
    struct fixture *f = fixture6_new(0);
    struct mnet_addr peer = PEER6;
    assert_int_equal(send6(f, &peer, 0), MNET_OK);
    assert_int_equal(ndp_comes(f, advert(PEER6, ALL_NODES6, O_FLAG, &peer_mac)), MN_DONE);
    assert_string_equal(known(f, PEER6).state, "STALE");
    fixture_free(f);
}

static void test_impossible_senders_are_refused(void **state)
{
    (void)state;
    /* Groups, ourselves, and nobody. */
    const struct mnet_mac macs[] = {
        MN_LINK_BROADCAST_MAC, {{0x33, 0x33, 0, 0, 0, 1}}, {{0}}, OUR_MAC};
    for (unsigned i = 0; i < COUNT_OF(macs); i++) {
        assert_refused(solicit(PEER6, OUR6, &macs[i]), MN_DROP(NDP_SOURCE));
        assert_refused(advert(PEER6, OUR6, S_FLAG | O_FLAG, &macs[i]), MN_DROP(NDP_SOURCE));
        assert_refused(advert(OUR6, ALL_NODES6, O_FLAG, &macs[i]), MN_DROP(NDP_SOURCE));
    }
    assert_refused(solicit(OUR6, OUR6, &peer_mac), MN_DROP(NDP_SOURCE));
    assert_refused(solicit(ALL_NODES6, OUR6, &peer_mac), MN_DROP(NDP_SOURCE));
    struct ndp a = advert(PEER6, OUR6, S_FLAG, &peer_mac);
    a.src = ANY6;
    assert_refused(a, MN_DROP(NDP_SOURCE));
}

/* ---- advertisements ---- */

static void test_advertisement_about_nobody_we_know_makes_no_entry(void **state)
{
    (void)state;
    /* RFC 4861 7.2.5. */
    struct fixture *f = fixture6_new(0);
    assert_int_equal(ndp_comes(f, advert(PEER6, ALL_NODES6, O_FLAG, &peer_mac)),
                     MN_DROP(NDP_UNASKED));
    assert_int_equal(ndp_comes(f, advert(PEER6, OUR6, S_FLAG | O_FLAG, &peer_mac)),
                     MN_DROP(NDP_UNASKED));
    assert_null(known(f, PEER6).state);
    fixture_free(f);
}

static void test_advertisement_changes_its_target_only(void **state)
{
    (void)state;
    /* A published stack rewrote every entry by any advertisement. */
    struct fixture *f = fixture6_new(0);
    const struct mnet_mac mac = {{2, 5, 5, 5, 5, 5}};
    for (uint8_t i = 10; i < 40; i++) {
        struct mnet_addr addr = LL6(i);
        assert_int_equal(send6(f, &addr, 0), MNET_OK);
        if (i % 2 == 0)
            assert_int_equal(ndp_comes(f, advert(addr, OUR6, S_FLAG | O_FLAG, &mac)), MN_DONE);
    }
    /* From one of them about another. */
    struct ndp m = advert(LL6(12), OUR6, R_FLAG | S_FLAG | O_FLAG, &other_mac);
    m.src = LL6(14);
    assert_int_equal(ndp_comes(f, m), MN_DONE);
    for (uint8_t i = 10; i < 40; i++) {
        struct mn_link_neigh_info info = known(f, LL6(i));
        assert_string_equal(info.state, i % 2 == 0 ? "REACHABLE" : "INCOMPLETE");
        assert_int_equal(info.is_router, i == 12);
        if (i % 2 == 0)
            assert_memory_equal(&info.mac, i == 12 ? &other_mac : &mac, 6);
    }
    fixture_free(f);
}

static void test_flags_mean_what_they_say(void **state)
{
    (void)state;
    /* RFC 4861 4.4: R, S, O; the others are reserved and ignored. */
    for (unsigned flags = 0; flags < 256; flags++) {
        struct fixture *f = fixture6_new(0);
        mn_link_neigh_heard(&f->link, &PEER6, &peer_mac, false);
        assert_int_equal(ndp_comes(f, advert(PEER6, OUR6, (uint8_t)flags, &other_mac)), MN_DONE);
        bool is_taken = (flags & O_FLAG) != 0;
        struct mn_link_neigh_info info = known(f, PEER6);
        assert_memory_equal(&info.mac, is_taken ? &other_mac : &peer_mac, 6);
        assert_int_equal(info.is_router, is_taken && (flags & R_FLAG) != 0);
        assert_string_equal(info.state, is_taken && (flags & S_FLAG) ? "REACHABLE" : "STALE");
        fixture_free(f);
    }
}

/* ---- which of our addresses asks ---- */

static struct fixture *many_addresses(void)
{
    struct fixture *f = fixture6_new(0);
    add6(f, GLOBAL6(1, 2));
    add6(f, GLOBAL6(2, 2));
    pass(f, MNET_SEC(3));
    add6(f, GLOBAL6(3, 2)); /* not ready yet */
    drop_sent(&f->device);
    return f;
}

static void test_source_is_the_nearest_ready_address(void **state)
{
    (void)state;
    struct fixture *f = many_addresses();
    const struct {
        struct mnet_addr target, src;
    } cases[] = {
        {GLOBAL6(1, 9), GLOBAL6(1, 2)}, {GLOBAL6(2, 9), GLOBAL6(2, 2)},
        {GLOBAL6(3, 9), GLOBAL6(2, 2)}, {LL6(9), OUR6},
        {{{0xfd, [15] = 9}}, OUR6}, /* a bit more in common than 2001: has */
    };
    for (unsigned i = 0; i < COUNT_OF(cases); i++) {
        mn_ndp_solicit(&f->link, &cases[i].target, NULL, NULL);
        mn_ndp_solicit(&f->link, &cases[i].target, &peer_mac, NULL);
        assert_sent_solicit(f, 2 * i, &cases[i].src, &cases[i].target, NULL);
        assert_sent_solicit(f, 2 * i + 1, &cases[i].src, &cases[i].target, &peer_mac);
    }
    assert_int_equal(f->env.stats.ndp_solicits_sent, 3 + 2 * COUNT_OF(cases));
    fixture_free(f);
}

static void test_source_of_the_packet_that_waits_is_taken_if_ours(void **state)
{
    (void)state;
    /* RFC 4861 7.2.2: so that the neighbour learns where the answer to the packet goes. */
    struct fixture *f = many_addresses();
    struct mnet_addr ours = GLOBAL6(2, 2), near = GLOBAL6(1, 2), not_ready = GLOBAL6(3, 2);
    struct mnet_addr to = GLOBAL6(1, 9), to2 = GLOBAL6(1, 10), to3 = GLOBAL6(1, 11);
    assert_int_equal(send6_from(f, &ours, &to, 0), MNET_OK);
    assert_sent_solicit(f, 0, &ours, &to, NULL);
    assert_int_equal(send6_from(f, &not_ready, &to2, 0), MNET_OK);
    assert_sent_solicit(f, 1, &near, &to2, NULL);
    assert_int_equal(mn_link_out(&f->link, packet(f, 1, 20), &to3, false), MNET_OK);
    assert_sent_solicit(f, 2, &near, &to3, NULL); /* no IPv6 header at all */
    fixture_free(f);
}

static void test_nobody_asks_without_a_ready_address(void **state)
{
    (void)state;
    /* RFC 4862 5.4: from :: it would be taken for duplicate address detection. */
    struct fixture *f = fixture_new(0);
    struct mnet_addr peer = PEER6;
    assert_int_equal(send6(f, &peer, 0), MNET_OK);
    pass(f, MNET_SEC(4));
    assert_int_equal(f->device.sent_count, 0);
    assert_string_equal(known(f, PEER6).state, "FAILED");
    struct mn_pkt *pkt = mn_link_failed(&f->link);
    assert_non_null(pkt);
    mn_pkt_free(&f->env, pkt);
    fixture_free(f);
}

/* ---- floods and noise ---- */

static void test_flood_of_senders_is_answered_and_forgotten(void **state)
{
    (void)state;
    /* RFC 6583 7.1: what is in use stays. */
    struct fixture *f = fixture6_new(0);
    struct mnet_addr peer = PEER6;
    assert_int_equal(send6(f, &peer, 0), MNET_OK);
    assert_int_equal(ndp_comes(f, advert(PEER6, OUR6, S_FLAG | O_FLAG, &peer_mac)), MN_DONE);
    f->device.room = 0;
    for (uint32_t i = 0; i < 20000; i++) {
        struct mnet_mac mac = {{2, 7, 7, (uint8_t)(i >> 16), (uint8_t)(i >> 8), (uint8_t)i}};
        struct mnet_addr src = GLOBAL6(9, 0);
        memcpy(src.bytes + 10, &mac, 6);
        assert_int_equal(ndp_comes(f, solicit(src, OUR6, i % 2 ? &mac : NULL)), MN_DONE);
        assert_int_equal(ndp_comes(f, solicit(src, OTHER6, &mac)), MN_DROP(NDP_NOT_OURS));
        src.bytes[9] = 1;
        assert_int_equal(ndp_comes(f, advert(src, OUR6, S_FLAG | O_FLAG, &mac)),
                         MN_DROP(NDP_UNASKED));
        if (i % 1000 == 0)
            pass(f, MNET_MS(10));
    }
    assert_true(f->env.pkts.count <= MN_LINK_RETRY_MAX + MN_LINK_FAILED_MAX + 1);
    mn_pktq_clear(&f->env, &f->link.retry);
    drop_sent(&f->device);
    f->device.room = UINT32_MAX;
    assert_int_equal(send6(f, &peer, 6), MNET_OK);
    assert_sent_packet6(f, 0, PEER_MAC, 6);
    fixture_free(f);
}

static void test_arbitrary_messages_do_no_harm(void **state)
{
    (void)state;
    struct fixture *f = fixture6_new(0);
    uint64_t seed = 23;
    for (unsigned i = 0; i < 20000; i++) {
        struct ndp m = i % 3 == 0   ? advert(PEER6, OUR6, S_FLAG, &peer_mac)
                       : i % 3 == 1 ? solicit(PEER6, OUR6, &peer_mac)
                                    : probe(OUR6, (const uint8_t *)&other_mac);
        uint8_t *raw = (uint8_t *)&m;
        uint8_t keep = m.options_len;
        for (unsigned n = random_below(&seed, 4); n > 0; n--)
            raw[random_below(&seed, sizeof m)] = (uint8_t)random64(&seed);
        m.options_len = keep;
        (void)ndp_cut_comes(f, &m, 16 + random_below(&seed, 24));
        drop_sent(&f->device);
    }
    struct mn_pkt *pkt;
    pass(f, MNET_SEC(10));
    while ((pkt = mn_link_failed(&f->link)) != NULL)
        mn_pkt_free(&f->env, pkt);
    fixture_free(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_solicitation_for_us_is_answered_by_unicast),
        cmocka_unit_test(test_answer_goes_where_the_question_came_from),
        cmocka_unit_test(test_question_without_a_place_is_answered_when_that_is_known),
        cmocka_unit_test(test_probe_for_our_address_is_answered_to_all),
        cmocka_unit_test(test_solicitation_for_others_is_not_answered_and_makes_no_entry),
        cmocka_unit_test(test_message_from_beyond_the_link_is_refused),
        cmocka_unit_test(test_wrong_code_or_type_is_refused),
        cmocka_unit_test(test_short_messages_and_options_are_refused),
        cmocka_unit_test(test_message_in_several_ranges_is_refused),
        cmocka_unit_test(test_option_of_length_zero_is_refused),
        cmocka_unit_test(test_unknown_options_are_passed_over),
        cmocka_unit_test(test_impossible_targets_are_refused),
        cmocka_unit_test(test_rules_of_a_probe),
        cmocka_unit_test(test_advertisement_to_a_group_is_not_solicited),
        cmocka_unit_test(test_impossible_senders_are_refused),
        cmocka_unit_test(test_advertisement_about_nobody_we_know_makes_no_entry),
        cmocka_unit_test(test_advertisement_changes_its_target_only),
        cmocka_unit_test(test_flags_mean_what_they_say),
        cmocka_unit_test(test_source_is_the_nearest_ready_address),
        cmocka_unit_test(test_source_of_the_packet_that_waits_is_taken_if_ours),
        cmocka_unit_test(test_nobody_asks_without_a_ready_address),
        cmocka_unit_test(test_flood_of_senders_is_answered_and_forgotten),
        cmocka_unit_test(test_arbitrary_messages_do_no_harm),
    };
    return cmocka_run_group_tests_name("link/ndp", tests, NULL, NULL);
}
