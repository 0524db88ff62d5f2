/* SPDX-License-Identifier: ISC */
#include "link_test.h"

/* The verdict about a frame of `len` bytes with this header; `*pkt` is the caller's. */
static mn_verdict comes(struct fixture *f, struct mnet_mac dst, struct mnet_mac src, uint16_t type,
                        uint32_t len, struct mn_pkt **pkt)
{
    uint8_t bytes[64] = {0};
    struct mn_wr w = mn_wr_over(bytes, sizeof bytes);
    struct mn_ether_hdr hdr = {dst, src, type};
    mn_ether_hdr_write(&w, &hdr);
    device_give(f, bytes, len);
    *pkt = mn_link_rx(&f->link);
    if (!*pkt)
        *pkt = mn_link_rx(&f->link);
    assert_non_null(*pkt);
    return mn_ether_in(&f->link, *pkt);
}

static mn_verdict verdict_of(struct fixture *f, struct mnet_mac dst, struct mnet_mac src,
                             uint16_t type, uint32_t len)
{
    struct mn_pkt *pkt;
    mn_verdict verdict = comes(f, dst, src, type, len, &pkt);
    mn_pkt_free(&f->env, pkt);
    return verdict;
}

static void test_type_says_who_is_next(void **state)
{
    (void)state;
    struct fixture *f = fixture_new(0);
    assert_int_equal(verdict_of(f, OUR_MAC, PEER_MAC, 0x0800, 60), MN_TO_IP4);
    assert_int_equal(verdict_of(f, OUR_MAC, PEER_MAC, 0x0806, 60), MN_TO_ARP);
    assert_int_equal(verdict_of(f, OUR_MAC, PEER_MAC, 0x86dd, 60), MN_TO_IP6);
    assert_int_equal(verdict_of(f, OUR_MAC, PEER_MAC, 0x88cc, 60), MN_DROP(ETHER_TYPE));
    assert_int_equal(verdict_of(f, OUR_MAC, PEER_MAC, 46, 60), MN_DROP(ETHER_TYPE));
    fixture_free(f);
}

static void test_shorter_than_header_is_dropped(void **state)
{
    (void)state;
    struct fixture *f = fixture_new(0);
    for (uint32_t len = 0; len < 14; len++)
        assert_int_equal(verdict_of(f, OUR_MAC, PEER_MAC, 0x0800, len), MN_DROP(ETHER_SHORT));
    assert_int_equal(verdict_of(f, OUR_MAC, PEER_MAC, 0x0800, 14), MN_TO_IP4);
    fixture_free(f);
}

static void test_own_address_and_groups_are_taken(void **state)
{
    (void)state;
    struct fixture *f = fixture_new(0);
    struct mn_pkt *pkt;
    assert_int_equal(comes(f, OUR_MAC, PEER_MAC, 0x0800, 60, &pkt), MN_TO_IP4);
    assert_int_equal(pkt->ether_group, 0);
    assert_int_equal(pkt->frame.len, 46);
    mn_pkt_free(&f->env, pkt);

    struct mnet_mac group = {{0x01, 0x00, 0x5e, 1, 2, 3}};
    assert_int_equal(comes(f, group, PEER_MAC, 0x0800, 60, &pkt), MN_TO_IP4);
    assert_int_equal(pkt->ether_group, 1);
    mn_pkt_free(&f->env, pkt);

    assert_int_equal(comes(f, MN_LINK_BROADCAST_MAC, PEER_MAC, 0x0800, 60, &pkt), MN_TO_IP4);
    assert_int_equal(pkt->ether_group, 1);
    mn_pkt_free(&f->env, pkt);

    assert_int_equal(verdict_of(f, OTHER_MAC, PEER_MAC, 0x0800, 60), MN_DROP(ETHER_NOT_OURS));
    for (unsigned bit = 1; bit < 48; bit++) { /* bit 0 would make a group of it */
        struct mnet_mac near = OUR_MAC;
        near.bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
        assert_int_equal(verdict_of(f, near, PEER_MAC, 0x0800, 60), MN_DROP(ETHER_NOT_OURS));
    }
    fixture_free(f);
}

static void test_impossible_source_is_dropped(void **state)
{
    (void)state;
    struct fixture *f = fixture_new(0);
    struct mnet_mac group = {{0x03, 0, 0, 0, 0, 1}};
    assert_int_equal(verdict_of(f, OUR_MAC, group, 0x0800, 60), MN_DROP(ETHER_SOURCE_BAD));
    assert_int_equal(verdict_of(f, OUR_MAC, MN_LINK_BROADCAST_MAC, 0x0800, 60),
                     MN_DROP(ETHER_SOURCE_BAD));
    assert_int_equal(verdict_of(f, MN_LINK_BROADCAST_MAC, OUR_MAC, 0x0806, 60),
                     MN_DROP(ETHER_SOURCE_BAD));
    fixture_free(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_type_says_who_is_next),
        cmocka_unit_test(test_shorter_than_header_is_dropped),
        cmocka_unit_test(test_own_address_and_groups_are_taken),
        cmocka_unit_test(test_impossible_source_is_dropped),
    };
    return cmocka_run_group_tests_name("link/ether_in", tests, NULL, NULL);
}
