/* SPDX-License-Identifier: ISC
 *
 * ICMP, incoming: echo, errors about packets of ours, and what is ignored. */
#include "ip_fixture.h"

static uint8_t body[65536];

/* An ICMP message of `len` bytes in all, its data a pattern unless `quote` is given. */
static mn_verdict icmp(struct fix *f, uint32_t dst, uint8_t type, uint8_t code, uint32_t rest,
                       const void *data, uint32_t len)
{
    put16(body, (uint32_t)type << 8 | code);
    put16(body + 2, 0);
    put32(body + 4, rest);
    if (data)
        memcpy(body + 8, data, len - 8);
    else
        pattern(body + 8, len - 8, len);
    put16(body + 2, plain_sum(body, len, 0));
    struct ip4 p = {.dst = dst, .proto = 1, .data = body, .len = len, .tos = 0x1b};
    return receive(f, &p);
}

static void assert_echo_reply(struct fix *f, uint32_t len, uint32_t seed)
{
    static uint8_t got[65536], want[65536];
    uint32_t at = 0;
    while (take(f)) {
        const uint8_t *h = f->sent.bytes;
        uint32_t off = (be16(h + 6) & 0x1fffu) * 8;
        assert_int_equal(h[9], 1);
        assert_int_equal(h[1], 0x18); /* the request's TOS without ECN */
        assert_int_equal(be32(h + 12), OWN);
        assert_int_equal(be32(h + 16), PEER);
        assert_false(be16(h + 6) & 0x4000);
        assert_int_equal(off, at);
        memcpy(got + off, h + 20, f->sent.len - 20);
        at += f->sent.len - 20;
    }
    assert_int_equal(at, len);
    assert_int_equal(be16(got), 0);
    assert_int_equal(be32(got + 4), 0x12345678);
    assert_int_equal(plain_sum(got, len, 0), 0);
    pattern(want, len - 8, seed);
    assert_memory_equal(got + 8, want, len - 8);
}

/* RFC 1122 3.2.2.6 MUST: an echo request is answered with its data. */
static void test_echo_of_every_small_size_is_answered(void **state)
{
    struct fix *f = *state;
    for (uint32_t len = 8; len < 1481; len++) {
        assert_int_equal(icmp(f, 0, 8, 0, 0x12345678, NULL, len), MN_DONE);
        assert_echo_reply(f, len, len);
    }
    assert_int_equal(f->env.stats.icmp_echo_replies, 1481 - 8);
}

/* Up to the largest: 65,507 bytes of data come in 45 fragments and go out in as many. */
static void test_echo_of_any_size_comes_and_goes_in_fragments(void **state)
{
    struct fix *f = *state;
    const uint32_t lens[] = {1481, 3000, 16312, 16320, 16328, 32768, 65500, 65515};
    for (uint32_t i = 0; i < sizeof lens / sizeof lens[0]; i++) {
        uint32_t len = lens[i];
        put16(body, 8 << 8);
        put16(body + 2, 0);
        put32(body + 4, 0x12345678);
        pattern(body + 8, len - 8, len);
        put16(body + 2, plain_sum(body, len, 0));
        for (uint32_t off = 0; off < len; off += 1480) {
            uint32_t n = len - off < 1480 ? len - off : 1480;
            struct ip4 p = {.proto = 1, .id = 9, .off = off, .mf = off + n < len, .tos = 0x1b};
            p.data = body + off;
            p.len = n;
            assert_int_equal(receive(f, &p), off + n < len ? MN_KEPT : MN_DONE);
        }
        drop_received(f);
        assert_echo_reply(f, len, len);
    }
}

static void test_echo_received_whole_in_one_large_frame_is_answered(void **state)
{
    struct fix *f = *state;
    assert_int_equal(icmp(f, 0, 8, 0, 0x12345678, NULL, 60000), MN_DONE);
    drop_received(f);
    assert_echo_reply(f, 60000, 60000);
}

/* RFC 1624 3: the sum is updated, not made anew; its corners are those of all zeros and ones. */
static void test_echo_checksum_is_right_for_sums_near_zero(void **state)
{
    struct fix *f = *state;
    for (uint32_t i = 0; i < 0x900; i++) {
        uint8_t data[4] = {0};
        put16(data, i);
        put16(data + 2, 0xf7ff);
        assert_int_equal(icmp(f, 0, 8, 0, 0, data, 12), MN_DONE);
        assert_true(take(f));
        assert_int_equal(plain_sum(f->sent.bytes + 20, 12, 0), 0);
    }
}

/* RFC 1122 3.2.2.6 MAY: a request to a group is discarded. */
static void test_echo_to_a_group_is_not_answered(void **state)
{
    struct fix *f = *state;
    assert_int_equal(icmp(f, 0xffffffff, 8, 0, 0, NULL, 40), MN_DROP(ICMP_BROADCAST));
    assert_int_equal(icmp(f, 0x0a0000ff, 8, 0, 0, NULL, 40), MN_DROP(ICMP_BROADCAST));
    assert_int_equal(icmp(f, 0xe0000001, 8, 0, 0, NULL, 40), MN_DROP(ICMP_BROADCAST));
    assert_false(take(f));
}

static void test_echo_to_ourselves_is_answered_to_ourselves(void **state)
{
    struct fix *f = *state;
    struct mn_pkt *pkt = mn_pkt_new(&f->env);
    const uint8_t request[12] = {8, 0, 0xf7, 0xff, 0, 0, 0, 0};
    assert_true(mn_pkt_append(&f->env, pkt, request, 12));
    struct mn_ip_tx tx = {.dst = mnet_addr_v4(0x7f000001), .proto = 1};
    assert_int_equal(mn_ip_out(&f->ip, pkt, &tx), MNET_OK);
    assert_int_equal(receive_loopback(f), MN_DONE);
    assert_int_equal(receive_loopback(f), MN_DROP(ICMP_TYPE)); /* the reply: nobody waits */
    assert_int_equal(mnet_addr_to_v4(&f->rx.src), 0x7f000001);
    assert_false(take(f));
}

static void test_a_wrong_checksum_is_dropped(void **state)
{
    struct fix *f = *state;
    (void)icmp(f, 0, 8, 0, 0, NULL, 40);
    assert_true(take(f));
    for (unsigned bit = 0; bit < 40 * 8; bit++) {
        body[bit / 8] = (uint8_t)(body[bit / 8] ^ 1u << bit % 8);
        struct ip4 p = {.proto = 1, .data = body, .len = 40};
        assert_int_equal(receive(f, &p), MN_DROP(ICMP_CHECKSUM));
        body[bit / 8] = (uint8_t)(body[bit / 8] ^ 1u << bit % 8);
    }
}

static void test_every_truncation_is_dropped(void **state)
{
    struct fix *f = *state;
    for (uint32_t len = 0; len < 8; len++) {
        struct ip4 p = {.proto = 1, .data = body, .len = len};
        assert_int_equal(receive(f, &p), MN_DROP(ICMP_SHORT));
    }
}

/* RFC 1122 3.2.2 MUST: unknown types are silently discarded; RFC 6633 3 MUST: so is source quench;
 * redirects are not believed. */
static void test_all_other_types_are_ignored(void **state)
{
    struct fix *f = *state;
    fix_route(f, 0, 0, ROUTER);
    for (unsigned type = 0; type < 256; type++) {
        if (type == 3 || type == 8 || type == 11 || type == 12)
            continue;
        assert_int_equal(icmp(f, 0, (uint8_t)type, 1, PEER + 9, NULL, 60), MN_DROP(ICMP_TYPE));
    }
    assert_false(take(f));
    struct mn_ip_hop hop;
    assert_true(mn_ip_hop_find(&f->ip, FAR, &hop));
    assert_int_equal(hop.next, ROUTER);
}

static void test_with_the_kth_allocation_failing_nothing_leaks(void **state)
{
    (void)state;
    for (uint64_t k = 1; k < 30; k++) {
        struct fix *f = fix_new(64);
        f->env.mem.fail_at = k;
        (void)icmp(f, 0, 8, 0, 0x12345678, NULL, 9000);
        f->env.mem.fail_at = 0;
        while (take(f))
            ;
        assert_int_equal(icmp(f, 0, 8, 0, 0x12345678, NULL, 100), MN_DONE);
        assert_echo_reply(f, 100, 100);
        fix_free(f);
    }
}

/* More ranges than a reply has left for them. */
static void test_echo_in_too_many_ranges_is_dropped(void **state)
{
    struct fix *f = *state;
    const uint8_t request[12] = {8, 0, 0xf7, 0xff, 0, 0, 0, 0};
    static uint8_t zeros[4];
    struct mn_pkt *pkt = mn_pkt_new(&f->env);
    assert_true(mn_pkt_append(&f->env, pkt, request, 12));
    while (pkt->frame.seg_count < MNET_FRAME_SEGS) {
        uint8_t *block = mn_block_get_small(&f->env.mem);
        memcpy(block, zeros, 4);
        assert_true(mn_pkt_add(&f->env, pkt, block, 4));
        mn_block_unref(&f->env.mem, block);
    }
    struct mn_ip_tx tx = {.dst = mnet_addr_v4(OWN), .proto = 1};
    assert_int_equal(mn_ip_out(&f->ip, pkt, &tx), MNET_OK);
    assert_int_equal(receive_loopback(f), MN_DROP(TX_NO_MEMORY));
}

/* ---- errors ---- */

/* A packet that we might have sent: 20 bytes of IP and 16 of transport. */
static uint32_t sent_by_us(uint8_t *at, uint8_t proto, uint32_t total_len)
{
    uint8_t data[16];
    for (uint8_t i = 0; i < 16; i++)
        data[i] = i;
    uint32_t len = make(
        at,
        &(struct ip4){.src = OWN, .dst = FAR, .proto = proto, .data = data, .len = 16, .df = true});
    put16(at + 2, total_len);
    return len;
}

static mn_verdict error(struct fix *f, uint8_t type, uint8_t code, uint32_t rest)
{
    uint8_t quote[64];
    uint32_t len = sent_by_us(quote, 17, 1500);
    return icmp(f, 0, type, code, rest, quote, 8 + len);
}

/* RFC 1122 3.2.2.1, 4.2.3.9. */
static void test_every_unreachable_code_becomes_its_error(void **state)
{
    struct fix *f = *state;
    for (unsigned code = 0; code < 17; code++) {
        mnet_err want = MNET_ERR_NET_UNREACH;
        if (code == 2)
            want = MNET_ERR_PROTO_UNREACH;
        if (code == 3)
            want = MNET_ERR_PORT_UNREACH;
        if (code == 4)
            want = MNET_ERR_MSG_SIZE;
        if (code == 9 || code == 10 || code == 13)
            want = MNET_ERR_PROHIBITED;
        assert_int_equal(error(f, 3, (uint8_t)code, 0), MN_TO_ERROR);
        assert_int_equal(f->err.err, want);
        assert_int_equal(f->err.is_hard, code == 2 || code == 3);
        assert_false(f->err.is_local);
        assert_int_equal(mnet_addr_to_v4(&f->err.src), OWN);
        assert_int_equal(mnet_addr_to_v4(&f->err.dst), FAR);
        assert_int_equal(f->err.proto, 17);
        assert_int_equal(mn_rd_left(&f->err.quote), 16);
        struct mn_rd quote = f->err.quote;
        assert_int_equal(mn_rd_be32(&quote), 0x00010203);
    }
    assert_int_equal(f->env.stats.icmp_errors_rx, 17);
}

/* RFC 1122 3.2.2.4, 3.2.2.5 MUST: passed up. */
static void test_time_exceeded_and_parameter_problem_are_passed_up(void **state)
{
    struct fix *f = *state;
    for (uint8_t code = 0; code < 2; code++) {
        assert_int_equal(error(f, 11, code, 0), MN_TO_ERROR);
        assert_int_equal(f->err.err, MNET_ERR_TIMED_OUT);
        assert_false(f->err.is_hard);
    }
    assert_int_equal(error(f, 12, 0, 0), MN_TO_ERROR);
    assert_int_equal(f->err.err, MNET_ERR_PROHIBITED);
    assert_false(f->err.is_hard);
}

/* RFC 1191 4, and 7.1 for routers that say nothing; RFC 5927 7.2: not believed yet. */
static void test_fragmentation_needed_tells_the_mtu_and_changes_nothing(void **state)
{
    struct fix *f = *state;
    struct mnet_addr far = mnet_addr_v4(FAR);
    assert_int_equal(error(f, 3, 4, 1400), MN_TO_ERROR);
    assert_int_equal(f->err.mtu, 1400);
    assert_int_equal(error(f, 3, 4, 0xffff0000u | 1300), MN_TO_ERROR);
    assert_int_equal(f->err.mtu, 1300);
    assert_int_equal(error(f, 3, 4, 0), MN_TO_ERROR);
    assert_int_equal(f->err.mtu, 1492);
    assert_int_equal(mn_ip_pmtu(&f->ip, &far), 1500);
}

/* RFC 1122 3.2.2 MUST: the quote decides. */
static void test_quotes_of_what_we_never_sent_are_dropped(void **state)
{
    struct fix *f = *state;
    uint8_t quote[64];
    for (unsigned bad = 0; bad < 7; bad++) {
        uint32_t len = sent_by_us(quote, 17, 1500);
        if (bad == 0)
            put32(quote + 12, PEER); /* not from us */
        if (bad == 1)
            put32(quote + 16, GROUP); /* errors about groups are not sent */
        if (bad == 2)
            put16(quote + 6, 185); /* not the first fragment: no ports */
        if (bad == 3)
            quote[0] = 0x65;
        if (bad == 4)
            quote[0] = 0x4f; /* a header longer than the quote */
        if (bad == 5)
            len = 27; /* RFC 792: 64 bits behind the header */
        if (bad == 6)
            put32(quote + 12, 0x7f000001); /* never leaves us */
        assert_int_equal(icmp(f, 0, 3, 3, 0, quote, 8 + len), MN_DROP(ICMP_QUOTE_BAD));
    }
    assert_int_equal(icmp(f, 0, 3, 3, 0, quote, 8), MN_DROP(ICMP_QUOTE_BAD));
}

static void test_an_error_must_come_to_the_address_that_sent(void **state)
{
    struct fix *f = *state;
    uint8_t quote[64];
    uint32_t len = sent_by_us(quote, 17, 1500);
    fix_addr(f, OWN + 1, 24);
    assert_int_equal(icmp(f, OWN + 1, 3, 3, 0, quote, 8 + len), MN_DROP(ICMP_QUOTE_BAD));
    assert_int_equal(icmp(f, 0xffffffff, 3, 3, 0, quote, 8 + len), MN_DROP(ICMP_QUOTE_BAD));
    assert_int_equal(icmp(f, OWN, 3, 3, 0, quote, 8 + len), MN_TO_ERROR);
}

static void test_every_truncation_of_a_quote_is_dropped(void **state)
{
    struct fix *f = *state;
    uint8_t quote[64];
    (void)sent_by_us(quote, 17, 1500);
    for (uint32_t len = 0; len < 36; len++)
        assert_int_equal(icmp(f, 0, 3, 3, 0, quote, 8 + len),
                         len < 28 ? MN_DROP(ICMP_QUOTE_BAD) : MN_TO_ERROR);
}

/* ---- errors that we find ourselves ---- */

static void test_a_packet_whose_neighbour_is_silent_is_an_error_of_our_own(void **state)
{
    struct fix *f = *state;
    struct mn_ip_err err;
    const uint32_t lens[] = {100, 4000};
    for (unsigned i = 0; i < 2; i++) {
        struct mn_ip_tx tx = {.dst = mnet_addr_v4(PEER), .proto = 17};
        assert_int_equal(mn_ip_out(&f->ip, pattern_pkt(f, lens[i]), &tx), MNET_OK);
        unsigned told = 0;
        struct mn_pkt *pkt;
        while ((pkt = mn_pktq_pop(&f->link.queue)) != NULL) {
            f->link.taken_count++;
            mn_pkt_pull(&f->env, pkt, 14);
            if (mn_ip_failed(&f->ip, pkt, &err)) {
                uint8_t want[8];
                pattern(want, 8, lens[i]);
                told++;
                assert_int_equal(err.err, MNET_ERR_NET_UNREACH);
                assert_true(err.is_local);
                assert_int_equal(mnet_addr_to_v4(&err.src), OWN);
                assert_int_equal(mnet_addr_to_v4(&err.dst), PEER);
                assert_int_equal(err.proto, 17);
                assert_true(mn_rd_left(&err.quote) >= 8);
                for (unsigned b = 0; b < 8; b++)
                    assert_int_equal(mn_rd_u8(&err.quote), want[b]);
            }
            mn_pkt_free(&f->env, pkt);
        }
        assert_int_equal(told, 1); /* once for all fragments */
    }
}

static void test_nonsense_cannot_have_failed(void **state)
{
    struct fix *f = *state;
    struct mn_ip_err err;
    uint8_t bytes[64];
    uint32_t len = sent_by_us(bytes, 17, 36);
    struct mn_pkt *pkt = mn_pkt_new(&f->env);
    assert_true(mn_pkt_append(&f->env, pkt, bytes, len));
    assert_true(mn_ip_failed(&f->ip, pkt, &err));
    mn_pkt_trim(&f->env, pkt, 30);
    assert_false(mn_ip_failed(&f->ip, pkt, &err));
    mn_pkt_free(&f->env, pkt);
    put32(bytes + 12, PEER);
    pkt = mn_pkt_new(&f->env);
    assert_true(mn_pkt_append(&f->env, pkt, bytes, len));
    assert_false(mn_ip_failed(&f->ip, pkt, &err));
    mn_pkt_free(&f->env, pkt);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, fix_setup, fix_teardown)
    const struct CMUnitTest tests[] = {
        T(test_echo_of_every_small_size_is_answered),
        T(test_echo_of_any_size_comes_and_goes_in_fragments),
        T(test_echo_received_whole_in_one_large_frame_is_answered),
        T(test_echo_checksum_is_right_for_sums_near_zero),
        T(test_echo_to_a_group_is_not_answered),
        T(test_echo_to_ourselves_is_answered_to_ourselves),
        T(test_a_wrong_checksum_is_dropped),
        T(test_every_truncation_is_dropped),
        T(test_all_other_types_are_ignored),
        T(test_with_the_kth_allocation_failing_nothing_leaks),
        T(test_echo_in_too_many_ranges_is_dropped),
        T(test_every_unreachable_code_becomes_its_error),
        T(test_time_exceeded_and_parameter_problem_are_passed_up),
        T(test_fragmentation_needed_tells_the_mtu_and_changes_nothing),
        T(test_quotes_of_what_we_never_sent_are_dropped),
        T(test_an_error_must_come_to_the_address_that_sent),
        T(test_every_truncation_of_a_quote_is_dropped),
        T(test_a_packet_whose_neighbour_is_silent_is_an_error_of_our_own),
        T(test_nonsense_cannot_have_failed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
