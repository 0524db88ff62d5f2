/* SPDX-License-Identifier: ISC
 *
 * Every frame that comes out is compared, byte for byte, with what a reference makes of the same
 * packet: it works on one flat array, byte by byte, in the order of the RFCs. */
#include "link_test.h"

#define ETH 14u

struct shape {
    bool is_v6;
    uint32_t ip_len;  /* IP header with options or extension headers */
    uint32_t tcp_len; /* TCP header with options */
    uint32_t payload;
    uint32_t gso_size;
    uint8_t flags;
    uint16_t id;
    uint32_t seq;
};

static uint8_t flat[70000]; /* the whole frame as handed down, in one range */

static void put16(uint8_t *at, uint32_t value)
{
    at[0] = (uint8_t)(value >> 8);
    at[1] = (uint8_t)value;
}

static void put32(uint8_t *at, uint32_t value)
{
    put16(at, value >> 16);
    put16(at + 2, value & 0xffff);
}

/* One's complement sum, byte by byte. */
static uint32_t add_bytes(uint32_t sum, const uint8_t *at, uint32_t len)
{
    for (uint32_t i = 0; i < len; i++) {
        sum += i % 2 == 0 ? (uint32_t)at[i] << 8 : at[i];
        sum = (sum & 0xffff) + (sum >> 16);
    }
    return sum;
}

static uint32_t pseudo_sum(const struct shape *s, const uint8_t *ip, uint32_t tcp_len)
{
    uint8_t tail[4];
    uint32_t sum = s->is_v6 ? add_bytes(0, ip + 8, 32) : add_bytes(0, ip + 12, 8);
    put16(tail, 6);
    put16(tail + 2, tcp_len);
    return add_bytes(sum, tail, 4);
}

/* Makes the packet: headers in `flat` as TCP and IP would write them. */
static void make_flat(const struct shape *s, uint64_t *seed)
{
    uint32_t len = ETH + s->ip_len + s->tcp_len + s->payload;
    for (uint32_t i = 0; i < len; i++)
        flat[i] = (uint8_t)random64(seed);
    memcpy(flat, &PEER_MAC, 6);
    memcpy(flat + 6, &OUR_MAC, 6);
    put16(flat + 12, s->is_v6 ? 0x86dd : 0x0800);
    uint8_t *ip = flat + ETH, *tcp = ip + s->ip_len;
    if (s->is_v6) {
        put16(ip + 4, s->ip_len - 40 + s->tcp_len + s->payload);
    } else {
        ip[0] = (uint8_t)(0x40 | s->ip_len / 4);
        put16(ip + 2, len - ETH);
        put16(ip + 4, s->id);
        put16(ip + 10, 0);
        put16(ip + 10, ~add_bytes(0, ip, s->ip_len));
    }
    put32(tcp + 4, s->seq);
    tcp[12] = (uint8_t)(s->tcp_len / 4 << 4);
    tcp[13] = s->flags;
    put16(tcp + 16, pseudo_sum(s, ip, s->tcp_len + s->payload));
}

/* The reference: frame number `n`; returns its length. */
static uint32_t reference(const struct shape *s, uint32_t n, uint8_t *out)
{
    uint32_t hdr_len = ETH + s->ip_len + s->tcp_len;
    uint32_t from = n * s->gso_size;
    uint32_t part = s->payload - from < s->gso_size ? s->payload - from : s->gso_size;
    bool is_last = from + part == s->payload;
    memcpy(out, flat, hdr_len);
    memcpy(out + hdr_len, flat + hdr_len + from, part);
    uint8_t *ip = out + ETH, *tcp = ip + s->ip_len;
    if (s->is_v6) {
        put16(ip + 4, s->ip_len - 40 + s->tcp_len + part);
    } else {
        put16(ip + 2, s->ip_len + s->tcp_len + part);
        put16(ip + 4, s->id + n);
        put16(ip + 10, 0);
        put16(ip + 10, ~add_bytes(0, ip, s->ip_len));
    }
    put32(tcp + 4, s->seq + from);
    if (n > 0)
        tcp[13] &= 0x7f; /* CWR */
    if (!is_last)
        tcp[13] &= 0xf6; /* FIN, PSH */
    put16(tcp + 16, 0);
    put16(tcp + 16, ~add_bytes(pseudo_sum(s, ip, s->tcp_len + part), tcp, s->tcp_len + part));
    return hdr_len + part;
}

/* What TCP says of a packet that is to be cut. */
static void set_facts(struct mn_pkt *pkt, const struct shape *s)
{
    struct mnet_frame *frame = &pkt->frame;
    frame->csum = MNET_CSUM_PARTIAL;
    frame->csum_start = (uint16_t)(ETH + s->ip_len);
    frame->csum_offset = 16;
    frame->gso = s->is_v6 ? MNET_GSO_TCP6 : MNET_GSO_TCP4;
    frame->gso_size = (uint16_t)s->gso_size;
    frame->gso_hdr_len = (uint16_t)(ETH + s->ip_len + s->tcp_len);
}

/* The same bytes as a packet: headers, and the first bytes of payload, in the first range, the rest
 * in up to six more, each in a block of its own if it fits one. */
static struct mn_pkt *make_packet(struct fixture *f, const struct shape *s, uint64_t *seed)
{
    struct mn_pkt *pkt = mn_pkt_new(&f->env);
    assert_non_null(pkt);
    uint32_t hdr_len = ETH + s->ip_len + s->tcp_len, len = hdr_len + s->payload;
    uint32_t inside = random_below(seed, 2) ? 0 : random_below(seed, 300);
    inside = inside < s->payload ? inside : s->payload;
    struct mn_wr w = mn_pkt_push(&f->env, pkt, hdr_len);
    mn_wr_bytes(&w, flat, (int32_t)hdr_len);
    uint32_t at = hdr_len + inside;
    assert_true(mn_pkt_append(&f->env, pkt, flat + hdr_len, inside));
    for (unsigned left = 6; at < len; left--) {
        uint32_t even = (len - at + left - 1) / left;
        uint32_t part = even < 16000 ? even + random_below(seed, 16384 - even) : even;
        if (part > len - at)
            part = len - at;
        assert_true(part <= MN_BLOCK_LARGE && left > 0);
        uint8_t *block = mn_block_get_large(&f->env.mem);
        assert_non_null(block);
        uint8_t *to = block + random_below(seed, MN_BLOCK_LARGE - part + 1);
        memcpy(to, flat + at, part);
        assert_true(mn_pkt_add(&f->env, pkt, to, part));
        mn_block_unref(&f->env.mem, block);
        at += part;
    }
    set_facts(pkt, s);
    return pkt;
}

/* What a device with checksum sends: the reference, the way the device would finish it. */
static void finish_sum(struct sent *sent)
{
    if (sent->frame.csum != MNET_CSUM_PARTIAL)
        return;
    uint32_t start = sent->frame.csum_start;
    uint32_t sum = add_bytes(0, sent->bytes + start, sent->frame.len - start);
    put16(sent->bytes + start + sent->frame.csum_offset, ~sum);
}

/* The field of a TCP checksum may hold zero in two ways. */
static bool same(uint8_t *have, uint8_t *want, uint32_t len, uint32_t csum_at)
{
    for (int i = 0; i < 2; i++) {
        uint8_t *at = (i == 0 ? have : want) + csum_at;
        if (at[0] == 0 && at[1] == 0)
            put16(at, 0xffff);
    }
    return memcmp(have, want, len) == 0;
}

static void check(struct fixture *f, const struct shape *s, uint64_t *seed)
{
    static uint8_t want[2000];
    make_flat(s, seed);
    drop_sent(&f->device);
    mn_gso_out(&f->link, make_packet(f, s, seed));
    uint32_t count = s->payload == 0 ? 1 : (s->payload + s->gso_size - 1) / s->gso_size;
    assert_int_equal(f->device.sent_count, count);
    for (uint32_t n = 0; n < count; n++) {
        struct sent *sent = &f->device.sent[n];
        uint32_t len = reference(s, n, want);
        assert_int_equal(sent->frame.len, len);
        assert_int_equal(sent->frame.gso, MNET_GSO_NONE);
        finish_sum(sent);
        assert_true(same(sent->bytes, want, len, ETH + s->ip_len + 16));
    }
}

static const uint32_t caps_sets[] = {0, MNET_NETDEV_GATHER, MNET_NETDEV_TX_CSUM,
                                     MNET_NETDEV_GATHER | MNET_NETDEV_TX_CSUM};

static void test_pieces_are_those_of_the_reference(void **state)
{
    (void)state;
    uint64_t seed = 1;
    for (unsigned round = 0; round < 600; round++) {
        struct fixture *f = fixture_new(caps_sets[round % 4]);
        struct shape s;
        s.is_v6 = random_below(&seed, 2) == 0;
        s.ip_len = s.is_v6 ? 40 + 8 * random_below(&seed, 5) : 20 + 4 * random_below(&seed, 11);
        s.tcp_len = 20 + 4 * random_below(&seed, 11);
        s.gso_size = 500 + random_below(&seed, 1500 - s.ip_len - s.tcp_len - 500 + 1);
        s.payload = random_below(&seed, 10) == 0 ? 65535 - s.ip_len - s.tcp_len
                                                 : random_below(&seed, 60000);
        s.flags = (uint8_t)random64(&seed);
        s.id = (uint16_t)random64(&seed);
        s.seq = (uint32_t)random64(&seed);
        check(f, &s, &seed);
        fixture_free(f);
    }
}

static void test_extension_headers_are_part_of_every_piece(void **state)
{
    (void)state;
    /* RFC 8200 3: the payload length counts them; 4: they stand in front of the transport. */
    struct fixture *f = fixture_new(0);
    uint64_t seed = 7;
    struct shape s = {true, 40 + 24, 32, 2500, 1000, 0x18, 0, 7};
    check(f, &s, &seed);
    for (unsigned n = 0; n < 3; n++) {
        const struct sent *sent = &f->device.sent[n];
        assert_int_equal(sent->bytes[14 + 4] << 8 | sent->bytes[14 + 5], sent->frame.len - 14 - 40);
        assert_memory_equal(sent->bytes + 14 + 40, flat + 14 + 40, 24);
    }
    fixture_free(f);
}

static void test_fin_and_push_go_last_and_cwr_first(void **state)
{
    (void)state;
    struct fixture *f = fixture_new(0);
    uint64_t seed = 2;
    struct shape s = {false, 20, 20, 2500, 1000, 0xff, 0xffff, UINT32_MAX - 500};
    check(f, &s, &seed);
    assert_int_equal(f->device.sent[0].bytes[14 + 20 + 13], 0xf6);
    /* RFC 3168 6.1.2: CWR is told once. */
    assert_int_equal(f->device.sent[1].bytes[14 + 20 + 13], 0x76);
    assert_int_equal(f->device.sent[2].bytes[14 + 20 + 13], 0x7f);
    assert_int_equal(f->env.stats.tx_soft_segments, 3);
    fixture_free(f);
}

static void test_payload_that_fits_is_one_piece(void **state)
{
    (void)state;
    uint64_t seed = 3;
    static const uint32_t payloads[] = {0, 1, 999, 1000, 1001, 2000};
    for (unsigned i = 0; i < COUNT_OF(payloads); i++) {
        struct fixture *f = fixture_new(0);
        struct shape s = {false, 20, 32, payloads[i], 1000, 0x18, 5, 7};
        check(f, &s, &seed);
        fixture_free(f);
    }
}

static void test_one_piece_takes_a_part_of_every_range(void **state)
{
    (void)state;
    static uint8_t want[2000];
    struct fixture *f = fixture_new(MNET_NETDEV_GATHER);
    uint64_t seed = 6;
    struct shape s = {false, 20, 20, 10 + 7 * 20, 1000, 0x18, 5, 7};
    make_flat(&s, &seed);
    struct mn_pkt *pkt = mn_pkt_new(&f->env);
    assert_true(mn_pkt_append(&f->env, pkt, flat, 54 + 10));
    uint8_t *block = mn_block_get_small(&f->env.mem);
    assert_non_null(block);
    memcpy(block, flat + 64, 140);
    for (unsigned i = 0; i < 7; i++)
        assert_true(mn_pkt_add(&f->env, pkt, block + 20 * i, 20));
    mn_block_unref(&f->env.mem, block);
    set_facts(pkt, &s);
    mn_gso_out(&f->link, pkt);
    assert_int_equal(f->device.sent_count, 1);
    assert_int_equal(f->device.sent[0].frame.len, reference(&s, 0, want));
    assert_true(same(f->device.sent[0].bytes, want, 54 + 150, 50));
    fixture_free(f);
}

static void test_pieces_wait_when_the_device_is_full(void **state)
{
    (void)state;
    static uint8_t want[2000];
    struct fixture *f = fixture_new(0);
    uint64_t seed = 4;
    struct shape s = {false, 20, 20, 20000, 1000, 0x18, 5, 7};
    f->device.room = 3;
    make_flat(&s, &seed);
    mn_gso_out(&f->link, make_packet(f, &s, &seed));
    assert_int_equal(f->device.sent_count, 3);
    assert_false(mn_link_may_send(&f->link));
    f->device.room = UINT32_MAX;
    mn_link_flush(&f->link);
    assert_int_equal(f->device.sent_count, 20);
    for (uint32_t n = 0; n < 20; n++) {
        uint32_t len = reference(&s, n, want);
        assert_true(same(f->device.sent[n].bytes, want, len, 50));
    }
    fixture_free(f);
}

static void test_memory_that_ends_loses_the_rest_and_nothing_else(void **state)
{
    (void)state;
    static uint8_t want[2000];
    for (unsigned c = 0; c < COUNT_OF(caps_sets); c++) {
        uint64_t seed = 5;
        struct shape s = {false, 20, 20, 20000, 1000, 0x18, 5, 7};
        bool was_complete = false;
        for (uint64_t k = 1; !was_complete; k++) {
            struct fixture *f = fixture_new(caps_sets[c]);
            make_flat(&s, &seed);
            struct mn_pkt *pkt = make_packet(f, &s, &seed);
            f->device.room = 5; /* later pieces need memory of their own */
            f->env.mem.fail_at = k;
            mn_gso_out(&f->link, pkt);
            was_complete = f->env.mem.fail_at != 0;
            f->env.mem.fail_at = 0;
            f->device.room = UINT32_MAX;
            mn_link_flush(&f->link);
            assert_int_equal(f->env.drops[MNET_DROP_TX_NO_MEMORY], was_complete ? 0 : 1);
            assert_true((f->device.sent_count == 20) == was_complete);
            for (uint32_t n = 0; n < f->device.sent_count; n++) {
                uint32_t len = reference(&s, n, want);
                finish_sum(&f->device.sent[n]);
                assert_true(same(f->device.sent[n].bytes, want, len, 50));
            }
            fixture_free(f);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pieces_are_those_of_the_reference),
        cmocka_unit_test(test_extension_headers_are_part_of_every_piece),
        cmocka_unit_test(test_fin_and_push_go_last_and_cwr_first),
        cmocka_unit_test(test_payload_that_fits_is_one_piece),
        cmocka_unit_test(test_one_piece_takes_a_part_of_every_range),
        cmocka_unit_test(test_pieces_wait_when_the_device_is_full),
        cmocka_unit_test(test_memory_that_ends_loses_the_rest_and_nothing_else),
    };
    return cmocka_run_group_tests_name("link/gso", tests, NULL, NULL);
}
