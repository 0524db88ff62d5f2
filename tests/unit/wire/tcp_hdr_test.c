/* SPDX-License-Identifier: ISC
 *
 * TCP headers: layout, data offset, truncation, quotes, round trip. */
#include "wire_test.h"
#include <wire/tcp_hdr.h>

/* A header with 4 bytes of options in front of 2 bytes of payload. */
static const uint8_t SEGMENT[26] = {0x23, 0x28, 0x00, 0x50, 0x01, 0x02, 0x03, 0x04, 0x05,
                                    0x06, 0x07, 0x08, 0x6f, 0xd2, 0x72, 0x10, 0xab, 0xcd,
                                    0x00, 0x01, 2,    4,    5,    0xb4, 'h',  'i'};

/* RFC 9293 3.1: the picture of the header; the reserved bits are ignored. */
static void test_fields_are_where_rfc_9293_has_them(void **state)
{
    (void)state;
    struct mn_rd r = mn_rd_over(SEGMENT, sizeof SEGMENT);
    struct mn_tcp_hdr h;
    assert_true(mn_tcp_hdr_read(&r, &h));
    assert_int_equal(h.src_port, 9000);
    assert_int_equal(h.dst_port, 80);
    assert_int_equal(h.seq.v, 0x01020304);
    assert_int_equal(h.ack.v, 0x05060708);
    assert_int_equal(h.header_len, 24);
    assert_int_equal(h.flags, MN_TCP_CWR | MN_TCP_ECE | MN_TCP_ACK | MN_TCP_SYN);
    assert_int_equal(h.window, 0x7210);
    assert_int_equal(h.checksum, 0xabcd);
    assert_int_equal(h.urgent, 1);
    assert_int_equal(mn_rd_left(&h.options), 4);
    assert_int_equal(mn_rd_left(&r), 2);
    assert_int_equal(mn_rd_u8(&r), 'h');
    assert_int_equal(SEGMENT[MN_TCP_CSUM_OFFSET], 0xab);
    assert_int_equal(SEGMENT[MN_TCP_FLAGS_OFFSET], h.flags);
}

static void test_every_truncation_is_refused_and_gives_zeros(void **state)
{
    (void)state;
    for (size_t len = 0; len < 24; len++) {
        uint8_t *at = exact(SEGMENT, len);
        struct mn_rd r = mn_rd_over(at, len);
        struct mn_tcp_hdr h;
        memset(&h, 0xff, sizeof h);
        assert_false(mn_tcp_hdr_read(&r, &h));
        assert_true(is_zero(&h, sizeof h));
        free(at);
    }
}

/* RFC 9293 3.1: the data offset is at least 5 words and lies in the segment. */
static void test_every_data_offset(void **state)
{
    (void)state;
    for (unsigned words = 0; words < 16; words++) {
        uint8_t *at = exact(SEGMENT, sizeof SEGMENT);
        at[MN_TCP_HEADER_LEN_OFFSET] = (uint8_t)(words << 4);
        struct mn_rd r = mn_rd_over(at, sizeof SEGMENT);
        struct mn_tcp_hdr h;
        assert_int_equal(mn_tcp_hdr_read(&r, &h), words == 5 || words == 6);
        assert_int_equal(h.header_len, words == 5 || words == 6 ? words * 4 : 0);
        free(at);
    }
}

/* RFC 792: an error quotes the first 64 bits of the datagram's data. */
static void test_a_quote_of_eight_bytes_gives_ports_and_sequence_number(void **state)
{
    (void)state;
    for (size_t len = 0; len <= 8; len++) {
        uint8_t *at = exact(SEGMENT, len);
        struct mn_rd r = mn_rd_over(at, len);
        struct mn_tcp_hdr h;
        assert_int_equal(mn_tcp_quote_read(&r, &h), len == 8);
        assert_int_equal(h.src_port, len == 8 ? 9000 : 0);
        assert_int_equal(h.dst_port, len == 8 ? 80 : 0);
        assert_int_equal(h.seq.v, len == 8 ? 0x01020304 : 0);
        free(at);
    }
}

static void test_reading_what_was_written_gives_it_back(void **state)
{
    (void)state;
    uint64_t seed = 7;
    for (int i = 0; i < ROUNDS; i++) {
        uint8_t in[MN_TCP_HDR_LEN_MAX], out[MN_TCP_HDR_LEN_MAX];
        random_bytes(&seed, in, sizeof in);
        unsigned words = 5 + random8(&seed) % 11u;
        in[MN_TCP_HEADER_LEN_OFFSET] = (uint8_t)(words << 4);
        struct mn_rd r = mn_rd_over(in, words * 4);
        struct mn_wr w = mn_wr_over(out, sizeof out);
        struct mn_tcp_hdr h;
        assert_true(mn_tcp_hdr_read(&r, &h));
        mn_tcp_hdr_write(&w, &h);
        assert_true(mn_wr_ok(&w));
        assert_memory_equal(in, out, MN_TCP_HDR_LEN_MIN);
        assert_int_equal(mn_rd_left(&r), 0);
        assert_int_equal(mn_rd_left(&h.options), words * 4 - 20);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fields_are_where_rfc_9293_has_them),
        cmocka_unit_test(test_every_truncation_is_refused_and_gives_zeros),
        cmocka_unit_test(test_every_data_offset),
        cmocka_unit_test(test_a_quote_of_eight_bytes_gives_ports_and_sequence_number),
        cmocka_unit_test(test_reading_what_was_written_gives_it_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
