/* SPDX-License-Identifier: ISC
 *
 * Fragmentation, put together again by plain code. */
#include "ip_fixture.h"

static uint8_t joined[65536];

/* Takes all fragments and puts their bytes in place; returns the length. Checks each header. */
static uint32_t join(struct fix *f, uint32_t mtu)
{
    uint32_t total = 0;
    uint32_t at = 0;
    while (take(f)) {
        const uint8_t *h = f->sent.bytes;
        uint32_t off = (be16(h + 6) & 0x1fffu) * 8;
        uint32_t len = f->sent.len - 20;
        bool mf = be16(h + 6) & 0x2000;
        assert_true(f->sent.len <= mtu);
        assert_int_equal(off, at);
        assert_true(!mf || (len % 8 == 0 && len + 8 > mtu - 20));
        assert_int_equal(f->sent.csum, MNET_CSUM_NONE);
        memcpy(joined + off, h + 20, len);
        at += len;
        if (!mf)
            total = at;
    }
    return total;
}

static mnet_err out(struct fix *f, struct mn_pkt *pkt)
{
    struct mn_ip_tx tx = {.dst = mnet_addr_v4(PEER), .proto = 17};
    return mn_ip_out(&f->ip, pkt, &tx);
}

/* RFC 791 3.2. */
static void test_fragments_of_every_mtu_make_the_datagram_again(void **state)
{
    struct fix *f = *state;
    static uint8_t want[65536];
    const uint32_t lens[] = {1500, 1481, 3000, 8192, 20000, 65515};
    for (unsigned i = 0; i < sizeof lens / sizeof lens[0]; i++)
        for (uint32_t mtu = 576; mtu < 9300; mtu += 577) {
            if (lens[i] + 20 <= mtu)
                continue;
            f->link.mtu = mtu;
            assert_int_equal(out(f, pattern_pkt(f, lens[i])), MNET_OK);
            pattern(want, lens[i], lens[i]);
            assert_int_equal(join(f, mtu), lens[i]);
            assert_memory_equal(joined, want, lens[i]);
        }
}

static void test_fragments_come_back_through_reassembly(void **state)
{
    struct fix *f = *state;
    static struct sent kept[64];
    unsigned count = 0;
    assert_int_equal(out(f, pattern_pkt(f, 65515)), MNET_OK);
    while (take(f)) {
        kept[count] = f->sent;
        put32(kept[count].bytes + 12, PEER);
        put32(kept[count].bytes + 16, OWN); /* the sum stays right */
        count++;
    }
    assert_int_equal(count, 45);
    while (count > 0) {
        count--;
        mn_verdict v = receive_bytes(f, kept[count].bytes, kept[count].len);
        assert_int_equal(v, count > 0 ? MN_KEPT : MN_TO_TRANSPORT);
    }
    assert_int_equal(f->pkt->frame.len, 65515);
}

/* What was left to the device is done before the cut, over all of it. */
static void test_a_partial_checksum_is_completed(void **state)
{
    struct fix *f = *state;
    struct mn_pkt *pkt = pattern_pkt(f, 5001);
    struct mnet_addr src = mnet_addr_v4(OWN), dst = mnet_addr_v4(PEER);
    struct mn_wr wr = mn_wr_over(pkt->frame.seg[0].at + 6, 2);
    mn_wr_be16(&wr, mn_sum_fold(mn_ip_pseudo_sum(&src, &dst, 17, 5001)));
    pkt->frame.csum = MNET_CSUM_PARTIAL;
    pkt->frame.csum_start = 0;
    pkt->frame.csum_offset = 6;
    assert_int_equal(out(f, pkt), MNET_OK);
    assert_int_equal(join(f, 1500), 5001);
    uint8_t header[20] = {0};
    header[9] = 17;
    put32(header + 12, OWN);
    put32(header + 16, PEER);
    assert_int_equal(plain_sum(joined, 5001, pseudo(header, 5001)), 0);
}

/* RFC 768: a sum of zero is sent as all ones. */
static void test_a_completed_checksum_of_zero_is_sent_as_ones(void **state)
{
    struct fix *f = *state;
    struct mn_pkt *pkt = mn_pkt_new(&f->env);
    static uint8_t zeros[4000];
    assert_true(mn_pkt_append(&f->env, pkt, zeros, 4000));
    struct mn_wr wr = mn_wr_over(pkt->frame.seg[0].at + 6, 2);
    mn_wr_be16(&wr, 0xffff); /* a "pseudo header" that makes the result zero */
    pkt->frame.csum = MNET_CSUM_PARTIAL;
    pkt->frame.csum_offset = 6;
    assert_int_equal(out(f, pkt), MNET_OK);
    assert_int_equal(join(f, 1500), 4000);
    assert_int_equal(be16(joined + 6), 0xffff);
}

static void test_with_the_kth_allocation_failing_none_is_sent(void **state)
{
    (void)state;
    for (uint64_t k = 1; k < 30; k++) {
        struct fix *f = fix_new(64);
        struct mn_pkt *pkt = pattern_pkt(f, 20000);
        f->env.mem.fail_at = k;
        mnet_err err = out(f, pkt);
        bool has_failed = f->env.mem.failures > 0;
        assert_int_equal(err, has_failed ? MNET_ERR_NO_MEMORY : MNET_OK);
        assert_int_equal(f->link.sent_count == 0, has_failed);
        assert_int_equal(join(f, 1500), has_failed ? 0 : 20000);
        assert_int_equal(fix_drops(f, MNET_DROP_TX_NO_MEMORY), has_failed);
        fix_free(f);
    }
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, fix_setup, fix_teardown)
    const struct CMUnitTest tests[] = {
        T(test_fragments_of_every_mtu_make_the_datagram_again),
        T(test_fragments_come_back_through_reassembly),
        T(test_a_partial_checksum_is_completed),
        T(test_a_completed_checksum_of_zero_is_sent_as_ones),
        T(test_with_the_kth_allocation_failing_none_is_sent),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
