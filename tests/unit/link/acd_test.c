/* SPDX-License-Identifier: ISC */
#include "link_test.h"

static struct fixture *new_link(bool is_probe_first)
{
    struct fixture *f = malloc(sizeof *f);
    fixture_prepare(f, 2u << 20);
    f->config.ipv4_probe = is_probe_first;
    assert_int_equal(mn_link_init(&f->link, &f->env, &f->config), MNET_OK);
    return f;
}

static struct mnet_addr ours(void)
{
    return mnet_addr_v4(OUR_IP);
}

static bool is_ready(const struct fixture *f)
{
    struct mnet_addr addr = ours();
    return mn_link_addr_is_ready(&f->link, &addr);
}

static void add(struct fixture *f, uint32_t ip)
{
    struct mnet_addr addr = mnet_addr_v4(ip);
    assert_int_equal(mn_link_addr_add(&f->link, &addr), MNET_OK);
}

/* Takes one reported conflict, which must be about our address and `mac`. */
static void assert_reported(struct fixture *f, struct mnet_mac mac)
{
    struct mnet_addr addr, want = ours();
    struct mnet_mac who;
    assert_true(mn_link_conflict(&f->link, &addr, &who));
    assert_true(mnet_addr_equal(&addr, &want));
    assert_memory_equal(&who, &mac, 6);
}

static void assert_nothing_reported(struct fixture *f)
{
    struct mnet_addr addr;
    struct mnet_mac who;
    assert_false(mn_link_conflict(&f->link, &addr, &who));
}

static void test_new_address_is_announced_twice_from_the_first_poll_on(void **state)
{
    (void)state;
    /* RFC 5227 2.3: two announcements, two seconds apart. */
    struct fixture *f = new_link(false);
    uint32_t pages = f->env.mem.pages_used;
    add(f, OUR_IP);
    assert_true(is_ready(f));
    assert_int_equal(f->device.sent_count, 0);
    assert_int_equal(f->env.mem.pages_used, pages); /* nothing is taken before the poll */
    pass(f, MNET_MS(1));
    assert_int_equal(f->device.sent_count, 1);
    assert_sent_request(f, 0, OUR_IP, OUR_IP, MN_LINK_BROADCAST_MAC);
    pass(f, MNET_MS(1990));
    assert_int_equal(f->device.sent_count, 1);
    pass(f, MNET_MS(20));
    assert_int_equal(f->device.sent_count, 2);
    assert_sent_request(f, 1, OUR_IP, OUR_IP, MN_LINK_BROADCAST_MAC);
    pass(f, MNET_SEC(1000));
    assert_int_equal(f->device.sent_count, 2);
    assert_int_equal(f->env.stats.arp_requests_sent, 2);
    fixture_free(f);
}

static void test_probing_comes_before_use(void **state)
{
    (void)state;
    /* RFC 5227 2.1.1: three probes, one to two seconds apart, then two seconds of silence. */
    mnet_time first_min = MNET_NEVER, first_max = 0;
    for (unsigned round = 0; round < 50; round++) {
        struct fixture *f = new_link(true);
        for (unsigned i = 0; i < round; i++)
            (void)mn_env_random32(&f->env);
        mnet_time start = f->env.now, at[5] = {0};
        unsigned seen = 0;
        add(f, OUR_IP);
        for (unsigned step = 0; step < 1200 && seen < 5; step++) {
            /* Requests for it are not answered yet. */
            if (step % 100 == 0)
                assert_int_equal(arp_request_comes(f, PEER_IP, PEER_MAC, OUR_IP) == MN_DONE,
                                 is_ready(f));
            pass(f, MNET_MS(10));
            struct mn_arp_hdr hdr;
            struct mnet_mac dst;
            for (unsigned i = 0; i < f->device.sent_count && seen < 5; i++) {
                assert_true(sent_arp(f, i, &hdr, &dst));
                if (hdr.op != MN_ARP_OP_REQUEST)
                    continue;
                assert_int_equal(is_ready(f), seen >= 3);
                assert_sent_request(f, i, seen < 3 ? 0 : OUR_IP, OUR_IP, MN_LINK_BROADCAST_MAC);
                at[seen++] = f->env.now - start;
            }
            drop_sent(&f->device);
        }
        assert_int_equal(seen, 5);
        assert_true(at[0] <= MNET_MS(1010));
        for (unsigned i = 1; i < 3; i++)
            assert_in_range(at[i] - at[i - 1], MNET_MS(990), MNET_MS(2010));
        assert_in_range(at[3] - at[2], MNET_MS(1990), MNET_MS(2010));
        assert_in_range(at[4] - at[3], MNET_MS(1990), MNET_MS(2010));
        first_min = at[0] < first_min ? at[0] : first_min;
        first_max = at[0] > first_max ? at[0] : first_max;
        assert_nothing_reported(f);
        fixture_free(f);
    }
    assert_true(first_max - first_min > MNET_MS(300)); /* hosts do not probe together */
}

static void test_claim_or_probe_of_another_ends_probing(void **state)
{
    (void)state;
    /* RFC 5227 2.1.1: any packet from the address, or another's probe for it, is a conflict. */
    for (unsigned how = 0; how < 3; how++) {
        struct fixture *f = new_link(true);
        add(f, OUR_IP);
        pass(f, MNET_MS(1500));
        drop_sent(&f->device);
        if (how == 0)
            assert_int_equal(arp_reply_comes(f, OUR_IP, OTHER_MAC), MN_DONE);
        else if (how == 1)
            assert_int_equal(arp_request_comes(f, OUR_IP, OTHER_MAC, PEER_IP), MN_DONE);
        else
            assert_int_equal(arp_request_comes(f, 0, OTHER_MAC, OUR_IP), MN_DONE);
        assert_reported(f, OTHER_MAC);
        assert_nothing_reported(f);
        assert_int_equal(f->env.stats.arp_conflicts, 1);
        pass(f, MNET_SEC(100));
        assert_false(is_ready(f));
        assert_int_equal(f->device.sent_count, 0); /* not announced, not defended */
        assert_int_equal(arp_request_comes(f, PEER_IP, PEER_MAC, OUR_IP), MN_DROP(ARP_NOT_OURS));
        fixture_free(f);
    }
}

static void test_own_probe_that_comes_back_is_no_conflict(void **state)
{
    (void)state;
    struct fixture *f = new_link(true);
    add(f, OUR_IP);
    pass(f, MNET_MS(1500));
    struct mn_arp_hdr hdr = {MN_ARP_OP_REQUEST, OUR_MAC, 0, {{0}}, OUR_IP};
    struct mn_pkt *pkt = mn_pkt_new(&f->env);
    struct mn_wr w = mn_pkt_push(&f->env, pkt, MN_ARP_HDR_LEN);
    mn_arp_hdr_write(&w, &hdr);
    assert_int_equal(mn_arp_in(&f->link, pkt), MN_DROP(ARP_SENDER_BAD));
    mn_pkt_free(&f->env, pkt);
    assert_nothing_reported(f);
    pass(f, MNET_SEC(10));
    assert_true(is_ready(f));
    fixture_free(f);
}

static void test_address_in_use_is_defended_and_reported_once_in_ten_seconds(void **state)
{
    (void)state;
    /* RFC 5227 2.4: DEFEND_INTERVAL. */
    struct fixture *f = fixture_new(0);
    assert_int_equal(arp_reply_comes(f, OUR_IP, OTHER_MAC), MN_DONE);
    assert_reported(f, OTHER_MAC);
    assert_int_equal(f->device.sent_count, 1);
    assert_sent_request(f, 0, OUR_IP, OUR_IP, MN_LINK_BROADCAST_MAC);
    for (unsigned i = 0; i < 95; i++) {
        assert_int_equal(arp_request_comes(f, OUR_IP, OTHER_MAC, PEER_IP), MN_DONE);
        pass(f, MNET_MS(100));
    }
    assert_int_equal(f->device.sent_count, 1);
    assert_nothing_reported(f);
    pass(f, MNET_SEC(1));
    assert_int_equal(arp_request_comes(f, OUR_IP, PEER_MAC, OUR_IP), MN_DONE);
    assert_int_equal(f->device.sent_count, 2);
    assert_reported(f, PEER_MAC);
    assert_int_equal(f->env.stats.arp_conflicts, 97);
    assert_true(is_ready(f)); /* it stays ours */
    assert_null(neigh_state(f, OUR_IP));
    fixture_free(f);
}

static void test_conflict_at_time_zero_is_defended_too(void **state)
{
    (void)state;
    struct fixture *f = malloc(sizeof *f);
    fixture_prepare(f, 2u << 20);
    f->env.now = 0;
    mn_wheel_init(&f->env.wheel, 0);
    assert_int_equal(mn_link_init(&f->link, &f->env, &f->config), MNET_OK);
    add(f, OUR_IP);
    assert_int_equal(arp_reply_comes(f, OUR_IP, OTHER_MAC), MN_DONE);
    assert_reported(f, OTHER_MAC);
    assert_int_equal(arp_reply_comes(f, OUR_IP, OTHER_MAC), MN_DONE);
    assert_nothing_reported(f);
    assert_int_equal(f->device.sent_count, 1);
    fixture_free(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_new_address_is_announced_twice_from_the_first_poll_on),
        cmocka_unit_test(test_probing_comes_before_use),
        cmocka_unit_test(test_claim_or_probe_of_another_ends_probing),
        cmocka_unit_test(test_own_probe_that_comes_back_is_no_conflict),
        cmocka_unit_test(test_address_in_use_is_defended_and_reported_once_in_ten_seconds),
        cmocka_unit_test(test_conflict_at_time_zero_is_defended_too),
    };
    return cmocka_run_group_tests_name("link/acd", tests, NULL, NULL);
}
