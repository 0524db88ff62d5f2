/* SPDX-License-Identifier: ISC */
#include "link6_test.h"

static struct fixture *new_link(void)
{
    struct fixture *f = malloc(sizeof *f);
    assert_non_null(f);
    fixture_prepare(f, 2u << 20);
    assert_int_equal(mn_link_init(&f->link, &f->env, &f->config), MNET_OK);
    return f;
}

static bool is_taken(const struct fixture *f, struct mnet_addr addr)
{
    return mn_link_addr_is_taken(&f->link, &addr);
}

static void assert_reported(struct fixture *f, struct mnet_addr want, struct mnet_mac mac)
{
    struct mnet_addr addr;
    struct mnet_mac who;
    assert_true(mn_link_conflict(&f->link, &addr, &who));
    assert_true(mnet_addr_equal(&addr, &want));
    assert_memory_equal(&who, &mac, 6);
    assert_false(mn_link_conflict(&f->link, &addr, &who));
}

static void assert_nothing_reported(struct fixture *f)
{
    struct mnet_addr addr;
    struct mnet_mac who;
    assert_false(mn_link_conflict(&f->link, &addr, &who));
}

/* Lets time pass until the `count`-th frame is sent. */
static mnet_time pass_until_sent(struct fixture *f, unsigned count)
{
    mnet_time start = f->env.now;
    for (unsigned ms = 0; f->device.sent_count < count; ms++) {
        assert_true(ms < 20000);
        pass(f, MNET_MS(1));
    }
    return f->env.now - start;
}

static void test_one_solicitation_and_a_second_of_silence_make_an_address_ours(void **state)
{
    (void)state;
    /* RFC 4862 5.4.2, 5.1: DupAddrDetectTransmits 1, RetransTimer 1 s. */
    mnet_time first_min = MNET_NEVER, first_max = 0;
    for (unsigned round = 0; round < 50; round++) {
        struct fixture *f = new_link();
        for (unsigned i = 0; i < round; i++)
            (void)mn_env_random32(&f->env);
        add6(f, OUR6);
        assert_int_equal(f->env.pkts.count, 0); /* nothing is taken before the poll */
        mnet_time at = pass_until_sent(f, 1);
        assert_true(at <= MNET_MS(1001));
        first_min = at < first_min ? at : first_min;
        first_max = at > first_max ? at : first_max;
        (void)assert_sent_probe(f, 0, OUR6);
        pass(f, MNET_MS(998));
        assert_false(is_ready6(f, OUR6));
        pass(f, MNET_MS(4));
        assert_true(is_ready6(f, OUR6));
        pass(f, MNET_SEC(1000));
        assert_int_equal(f->device.sent_count, 1);
        assert_int_equal(f->env.stats.ndp_solicits_sent, 1);
        fixture_free(f);
    }
    /* RFC 4862 5.4.2: MAX_RTR_SOLICITATION_DELAY, at random. */
    assert_true(first_min < MNET_MS(200) && first_max > MNET_MS(800));
}

static void test_wait_is_as_long_as_routers_say(void **state)
{
    (void)state;
    struct fixture *f = new_link();
    mn_link_neigh_params(&f->link, 0, 3000);
    add6(f, OUR6);
    (void)pass_until_sent(f, 1);
    pass(f, MNET_MS(2990));
    assert_false(is_ready6(f, OUR6));
    pass(f, MNET_MS(20));
    assert_true(is_ready6(f, OUR6));
    fixture_free(f);
}

static void test_tentative_address_is_not_used(void **state)
{
    (void)state;
    /* RFC 4862 5.4: not as a source, not answered for; a solicitation by somebody who wants to
     * reach it is ignored: RFC 4862 5.4.3. */
    const struct mnet_mac mac = PEER_MAC;
    struct fixture *f = new_link();
    add6(f, OUR6);
    assert_int_equal(ndp_comes(f, solicit(PEER6, OUR6, &mac)), MN_DROP(NDP_NOT_OURS));
    assert_int_equal(send6(f, &PEER6, 0), MNET_OK);
    assert_int_equal(f->device.sent_count, 0);
    (void)pass_until_sent(f, 1);
    (void)assert_sent_probe(f, 0, OUR6);
    assert_int_equal(ndp_comes(f, solicit(PEER6, OUR6, &mac)), MN_DROP(NDP_NOT_OURS));
    assert_int_equal(f->device.sent_count, 1);
    pass(f, MNET_MS(1100));
    assert_true(is_ready6(f, OUR6));
    fixture_free(f);
}

/* Another host's message about our tentative address, before our own one (`is_early`) or after. */
static void assert_lost_to(struct ndp m, bool is_early, struct mnet_mac who)
{
    struct fixture *f = new_link();
    add6(f, OUR6);
    if (!is_early)
        (void)pass_until_sent(f, 1);
    drop_sent(&f->device);
    assert_int_equal(ndp_comes(f, m), MN_DONE);
    assert_true(is_taken(f, OUR6));
    assert_false(is_ready6(f, OUR6));
    assert_reported(f, OUR6, who);
    assert_int_equal(f->env.stats.ndp_conflicts, 1);
    pass(f, MNET_SEC(100)); /* never used, and nothing more is sent for it */
    assert_int_equal(f->device.sent_count, 0);
    assert_true(is_taken(f, OUR6));
    (void)ndp_comes(f, m);
    assert_nothing_reported(f);
    assert_int_equal(f->env.stats.ndp_conflicts, 1);
    assert_int_equal(ndp_comes(f, probe(OUR6, NULL)), MN_DROP(NDP_NOT_OURS));
    /* Removed, it can be tried again. */
    struct mnet_addr addr = OUR6;
    mn_link_addr_remove(&f->link, &addr);
    assert_false(is_taken(f, OUR6));
    add6(f, OUR6);
    pass(f, MNET_SEC(3));
    assert_true(is_ready6(f, OUR6));
    fixture_free(f);
}

static void test_another_host_that_has_or_wants_it_gets_it(void **state)
{
    (void)state;
    /* RFC 4862 5.4.3: a solicitation from ::, also one before ours. RFC 4862 5.4.4: an
     * advertisement. */
    static const uint8_t nonce[6] = {1, 2, 3, 4, 5, 6};
    const struct mnet_mac mac = OTHER_MAC, unknown = {{0}};
    for (int is_early = 0; is_early < 2; is_early++) {
        assert_lost_to(probe(OUR6, NULL), is_early, unknown);
        assert_lost_to(probe(OUR6, nonce), is_early, unknown);
        assert_lost_to(advert(OUR6, ALL_NODES6, O_FLAG, &mac), is_early, mac);
        assert_lost_to(advert(OUR6, ALL_NODES6, 0, &mac), is_early, mac);
        assert_lost_to(advert(OUR6, ALL_NODES6, R_FLAG, NULL), is_early, unknown);
        assert_lost_to(advert(OUR6, OUR6, S_FLAG | O_FLAG, &mac), is_early, mac);
    }
}

static void test_messages_about_other_addresses_do_no_harm(void **state)
{
    (void)state;
    /* Of the same prefix, with the same solicited-node group, in all but one bit the same. */
    const struct mnet_mac mac = OTHER_MAC;
    struct fixture *f = new_link();
    add6(f, OUR6);
    for (unsigned bit = 8; bit < 128; bit++) {
        struct mnet_addr other = OUR6;
        other.bytes[bit / 8] ^= (uint8_t)(0x80 >> bit % 8);
        assert_int_equal(ndp_comes(f, probe(other, NULL)), MN_DROP(NDP_NOT_OURS));
        assert_int_equal(ndp_comes(f, advert(other, ALL_NODES6, O_FLAG, &mac)),
                         MN_DROP(NDP_UNASKED));
        assert_int_equal(ndp_comes(f, advert(other, ALL_NODES6, 0, NULL)), MN_DROP(NDP_UNASKED));
    }
    pass(f, MNET_SEC(3));
    assert_true(is_ready6(f, OUR6));
    assert_nothing_reported(f);
    fixture_free(f);
}

static void test_own_solicitation_that_comes_back_is_no_conflict(void **state)
{
    (void)state;
    /* RFC 7527 4.1, 4.2: three more are sent, then the address is ours even if they come back. */
    struct fixture *f = new_link();
    add6(f, OUR6);
    (void)pass_until_sent(f, 1);
    uint8_t nonce[6];
    memcpy(nonce, assert_sent_probe(f, 0, OUR6), 6);
    for (unsigned n = 1; n <= 4; n++) {
        assert_int_equal(f->device.sent_count, n);
        memcpy(nonce, assert_sent_probe(f, n - 1, OUR6), 6);
        assert_int_equal(ndp_comes(f, probe(OUR6, nonce)), MN_DONE);
        assert_false(is_ready6(f, OUR6) || is_taken(f, OUR6));
        pass(f, MNET_MS(1002));
    }
    assert_true(is_ready6(f, OUR6));
    assert_int_equal(f->device.sent_count, 4);
    assert_nothing_reported(f);
    assert_int_equal(f->env.stats.ndp_conflicts, 0);

    /* Another time nothing comes back, and one is enough. */
    struct mnet_addr ours = OUR6;
    mn_link_addr_remove(&f->link, &ours);
    add6(f, ours);
    pass(f, MNET_SEC(10));
    assert_true(is_ready6(f, OUR6));
    assert_int_equal(f->device.sent_count, 5);
    fixture_free(f);
}

static void test_another_host_is_told_from_an_echo(void **state)
{
    (void)state;
    struct fixture *f = new_link();
    add6(f, OUR6);
    (void)pass_until_sent(f, 1);
    uint8_t nonce[6];
    memcpy(nonce, assert_sent_probe(f, 0, OUR6), 6);
    assert_int_equal(ndp_comes(f, probe(OUR6, nonce)), MN_DONE);
    nonce[5] ^= 1;
    assert_int_equal(ndp_comes(f, probe(OUR6, nonce)), MN_DONE);
    assert_true(is_taken(f, OUR6));
    fixture_free(f);
}

static void test_nonce_of_zeros_before_the_first_solicitation_is_anothers(void **state)
{
    (void)state;
    static const uint8_t zeros[6];
    struct fixture *f = new_link();
    add6(f, OUR6);
    assert_int_equal(ndp_comes(f, probe(OUR6, zeros)), MN_DONE);
    assert_true(is_taken(f, OUR6));
    fixture_free(f);
}

static void test_nonces_differ(void **state)
{
    (void)state;
    struct fixture *f = new_link();
    uint8_t seen[16][6];
    for (uint8_t i = 0; i < 16; i++)
        add6(f, LL6(i + 1));
    pass(f, MNET_MS(1001));
    assert_int_equal(f->device.sent_count, 16);
    for (unsigned i = 0; i < 16; i++) {
        memcpy(seen[i], f->device.sent[i].bytes + 14 + 40 + 26, 6);
        for (unsigned k = 0; k < i; k++)
            assert_memory_not_equal(seen[i], seen[k], 6);
    }
    fixture_free(f);
}

static void test_routers_are_told_of_a_new_address(void **state)
{
    (void)state;
    /* RFC 9131 6.1.2: to all routers, without Override; RFC 4861 7.2.6. */
    struct fixture *f = new_link();
    add6(f, GLOBAL6(1, 2));
    pass(f, MNET_SEC(3));
    assert_true(is_ready6(f, GLOBAL6(1, 2)));
    assert_int_equal(f->device.sent_count, 2);
    (void)assert_sent_probe(f, 0, GLOBAL6(1, 2));
    assert_sent_advert(f, 1, GLOBAL6(1, 2), ALL_ROUTERS6, group_mac(ALL_ROUTERS6), 0);
    fixture_free(f);
    /* Not of link-local ones, fe80::/10, for which nothing comes from beyond. */
    static const struct mnet_addr others[] = {{{0xfe, 0xbf, [15] = 1}}, {{0xfe, 0xc0, [15] = 1}}};
    for (unsigned i = 0; i < COUNT_OF(others); i++) {
        f = new_link();
        add6(f, others[i]);
        pass(f, MNET_SEC(3));
        assert_int_equal(f->device.sent_count, 1 + i);
        fixture_free(f);
    }
}

static void test_address_in_use_stays_and_is_reported_once_in_ten_seconds(void **state)
{
    (void)state;
    /* RFC 4862 5.4.4: a sign of a duplicate that was not detected. */
    const struct mnet_mac mac = OTHER_MAC;
    struct fixture *f = fixture6_new(0);
    assert_int_equal(ndp_comes(f, advert(OUR6, ALL_NODES6, O_FLAG, &mac)), MN_DONE);
    assert_reported(f, OUR6, OTHER_MAC);
    for (unsigned i = 0; i < 99; i++) {
        assert_int_equal(ndp_comes(f, advert(OUR6, ALL_NODES6, O_FLAG, &mac)), MN_DONE);
        pass(f, MNET_MS(100));
    }
    assert_nothing_reported(f);
    pass(f, MNET_MS(200));
    assert_int_equal(ndp_comes(f, advert(OUR6, ALL_NODES6, O_FLAG, NULL)), MN_DONE);
    assert_reported(f, OUR6, (struct mnet_mac){{0}});
    assert_int_equal(f->env.stats.ndp_conflicts, 101);
    assert_true(is_ready6(f, OUR6));
    assert_false(is_taken(f, OUR6));
    assert_int_equal(f->device.sent_count, 0); /* no storm */
    struct mnet_addr ours = OUR6;
    assert_null(neigh6(f, &ours).state);
    fixture_free(f);
}

static void test_address_that_could_not_be_asked_for_is_not_used(void **state)
{
    (void)state;
    struct fixture *f = new_link();
    add6(f, OUR6);
    for (unsigned i = 0; i < 5; i++) {
        f->env.mem.fail_at = 1;
        pass(f, MNET_SEC(1));
    }
    assert_false(is_ready6(f, OUR6) || is_taken(f, OUR6));
    assert_int_equal(f->device.sent_count, 0);
    assert_true(f->env.drops[MNET_DROP_TX_NO_MEMORY] >= 4);
    f->env.mem.fail_at = 0;
    (void)pass_until_sent(f, 1);
    pass(f, MNET_MS(1010));
    assert_true(is_ready6(f, OUR6));
    fixture_free(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_solicitation_and_a_second_of_silence_make_an_address_ours),
        cmocka_unit_test(test_wait_is_as_long_as_routers_say),
        cmocka_unit_test(test_tentative_address_is_not_used),
        cmocka_unit_test(test_another_host_that_has_or_wants_it_gets_it),
        cmocka_unit_test(test_messages_about_other_addresses_do_no_harm),
        cmocka_unit_test(test_own_solicitation_that_comes_back_is_no_conflict),
        cmocka_unit_test(test_another_host_is_told_from_an_echo),
        cmocka_unit_test(test_nonce_of_zeros_before_the_first_solicitation_is_anothers),
        cmocka_unit_test(test_nonces_differ),
        cmocka_unit_test(test_routers_are_told_of_a_new_address),
        cmocka_unit_test(test_address_in_use_stays_and_is_reported_once_in_ten_seconds),
        cmocka_unit_test(test_address_that_could_not_be_asked_for_is_not_used),
    };
    return cmocka_run_group_tests_name("link/dad", tests, NULL, NULL);
}
