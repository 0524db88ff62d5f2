/* SPDX-License-Identifier: ISC
 *
 * IPv4 headers: layout, which fault is named, truncation, round trip. */
#include "wire_test.h"
#include <wire/ip4_hdr.h>

/* A header with 4 bytes of options in front of 8 bytes of payload. */
static const uint8_t PACKET[32] = {0x46, 0xb8, 0x00, 0x20, 0x12, 0x34, 0x40, 0x00, 0x40, 0x11, 0xab,
                                   0xcd, 10,   0,    0,    1,    10,   0,    0,    2,    0x94, 0x04,
                                   0,    0,    1,    2,    3,    4,    5,    6,    7,    8};

static enum mn_ip4_result read_bytes(const uint8_t *bytes, size_t len, struct mn_ip4_hdr *h)
{
    uint8_t *at = exact(bytes, len);
    struct mn_rd r = mn_rd_over(at, len);
    memset(h, 0xff, sizeof *h);
    enum mn_ip4_result result = mn_ip4_hdr_read(&r, (uint32_t)len, h);
    if (result != MN_IP4_OK)
        assert_true(is_zero(h, sizeof *h));
    free(at);
    return result;
}

/* RFC 791 3.1: the picture of the header. */
static void test_fields_are_where_rfc_791_has_them(void **state)
{
    (void)state;
    struct mn_rd r = mn_rd_over(PACKET, sizeof PACKET);
    struct mn_ip4_hdr h;
    assert_int_equal(mn_ip4_hdr_read(&r, sizeof PACKET, &h), MN_IP4_OK);
    assert_int_equal(h.header_len, 24);
    assert_int_equal(h.tos, 0xb8);
    assert_int_equal(h.total_len, 32);
    assert_int_equal(h.id, 0x1234);
    assert_true(h.dont_fragment);
    assert_false(h.more_fragments);
    assert_int_equal(h.frag_offset, 0);
    assert_int_equal(h.ttl, 64);
    assert_int_equal(h.proto, MN_PROTO_UDP);
    assert_int_equal(h.checksum, 0xabcd);
    assert_int_equal(h.src, 0x0a000001);
    assert_int_equal(h.dst, 0x0a000002);
    assert_int_equal(mn_rd_left(&h.options), 4);
    assert_int_equal(mn_rd_u8(&h.options), 0x94);
    assert_int_equal(mn_rd_left(&r), 8);
}

static void test_every_truncation_is_short(void **state)
{
    (void)state;
    struct mn_ip4_hdr h;
    for (size_t len = 0; len < sizeof PACKET; len++)
        assert_int_equal(read_bytes(PACKET, len, &h), MN_IP4_SHORT);
    assert_int_equal(read_bytes(PACKET, sizeof PACKET, &h), MN_IP4_OK);
}

/* A packet may lie in several ranges, of which the reader covers the first. */
static void test_the_length_of_the_packet_counts_not_that_of_the_reader(void **state)
{
    (void)state;
    struct mn_ip4_hdr h;
    struct mn_rd r = mn_rd_over(PACKET, 24);
    assert_int_equal(mn_ip4_hdr_read(&r, 32, &h), MN_IP4_OK);
    r = mn_rd_over(PACKET, 24);
    assert_int_equal(mn_ip4_hdr_read(&r, 31, &h), MN_IP4_SHORT);
    r = mn_rd_over(PACKET, 23);
    assert_int_equal(mn_ip4_hdr_read(&r, 32, &h), MN_IP4_SHORT);
}

/* RFC 1122 3.2.1.1 MUST: a version other than 4 is discarded. */
static void test_only_version_4_is_read(void **state)
{
    (void)state;
    for (unsigned version = 0; version < 16; version++) {
        uint8_t bytes[sizeof PACKET];
        memcpy(bytes, PACKET, sizeof bytes);
        bytes[0] = (uint8_t)(version << 4 | 6);
        struct mn_ip4_hdr h;
        assert_int_equal(read_bytes(bytes, sizeof bytes, &h),
                         version == 4 ? MN_IP4_OK : MN_IP4_BAD_VERSION);
    }
}

/* RFC 791 3.1: the minimum value of the header length is 5 words; it cannot be more than the
 * packet. */
static void test_impossible_header_lengths_are_named(void **state)
{
    (void)state;
    for (unsigned words = 0; words < 16; words++) {
        uint8_t bytes[sizeof PACKET];
        memcpy(bytes, PACKET, sizeof bytes);
        bytes[0] = (uint8_t)(0x40 | words);
        struct mn_ip4_hdr h;
        assert_int_equal(read_bytes(bytes, sizeof bytes, &h),
                         words >= 5 && words <= 8 ? MN_IP4_OK : MN_IP4_BAD_HEADER_LEN);
    }
}

static void test_total_length_below_the_header_is_a_wrong_header_length(void **state)
{
    (void)state;
    for (unsigned total = 0; total < 40; total++) {
        uint8_t bytes[sizeof PACKET];
        memcpy(bytes, PACKET, sizeof bytes);
        bytes[3] = (uint8_t)total;
        struct mn_ip4_hdr h;
        enum mn_ip4_result want =
            total < 24 ? MN_IP4_BAD_HEADER_LEN : (total <= 32 ? MN_IP4_OK : MN_IP4_SHORT);
        assert_int_equal(read_bytes(bytes, sizeof bytes, &h), want);
    }
}

static void test_fragments_have_offsets_in_bytes(void **state)
{
    (void)state;
    uint8_t bytes[sizeof PACKET];
    memcpy(bytes, PACKET, sizeof bytes);
    struct mn_ip4_hdr h;
    bytes[6] = 0x3f; /* MF, offset 0x1fff */
    bytes[7] = 0xff;
    assert_int_equal(read_bytes(bytes, sizeof bytes, &h), MN_IP4_OK);
    assert_int_equal(h.frag_offset, 65528);
    assert_true(h.more_fragments && !h.dont_fragment && mn_ip4_is_fragment(&h));
    bytes[6] = 0; /* the last fragment of some */
    bytes[7] = 1;
    assert_int_equal(read_bytes(bytes, sizeof bytes, &h), MN_IP4_OK);
    assert_int_equal(h.frag_offset, 8);
    assert_true(mn_ip4_is_fragment(&h));
    bytes[7] = 0;
    assert_int_equal(read_bytes(bytes, sizeof bytes, &h), MN_IP4_OK);
    assert_false(mn_ip4_is_fragment(&h));
}

static void test_reading_what_was_written_gives_it_back(void **state)
{
    (void)state;
    uint64_t seed = 5;
    for (int i = 0; i < ROUNDS; i++) {
        uint8_t in[MN_IP4_HDR_LEN_MAX], out[MN_IP4_HDR_LEN_MAX];
        random_bytes(&seed, in, sizeof in);
        unsigned words = 5 + random8(&seed) % 11u;
        in[0] = (uint8_t)(0x40 | words);
        in[2] |= 1;    /* at least 256 bytes in all */
        in[6] &= 0x7f; /* the reserved bit is not kept */
        struct mn_rd r = mn_rd_over(in, words * 4);
        struct mn_wr w = mn_wr_over(out, sizeof out);
        struct mn_ip4_hdr h;
        assert_int_equal(mn_ip4_hdr_read(&r, UINT16_MAX, &h), MN_IP4_OK);
        mn_ip4_hdr_write(&w, &h);
        assert_true(mn_wr_ok(&w));
        assert_memory_equal(in, out, MN_IP4_HDR_LEN_MIN);
        assert_int_equal(mn_rd_left(&h.options), words * 4 - 20);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fields_are_where_rfc_791_has_them),
        cmocka_unit_test(test_every_truncation_is_short),
        cmocka_unit_test(test_the_length_of_the_packet_counts_not_that_of_the_reader),
        cmocka_unit_test(test_only_version_4_is_read),
        cmocka_unit_test(test_impossible_header_lengths_are_named),
        cmocka_unit_test(test_total_length_below_the_header_is_a_wrong_header_length),
        cmocka_unit_test(test_fragments_have_offsets_in_bytes),
        cmocka_unit_test(test_reading_what_was_written_gives_it_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
