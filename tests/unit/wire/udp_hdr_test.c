/* SPDX-License-Identifier: ISC
 *
 * UDP headers: layout, impossible lengths, truncation, round trip. */
#include "wire_test.h"
#include <wire/udp_hdr.h>

static const uint8_t BYTES[MN_UDP_HDR_LEN] = {0x04, 0x00, 0x00, 0x35, 0x00, 0x08, 0xbe, 0xef};

static void test_fields_are_where_rfc_768_has_them(void **state)
{
    (void)state;
    struct mn_rd r = mn_rd_over(BYTES, sizeof BYTES);
    struct mn_udp_hdr h;
    assert_true(mn_udp_hdr_read(&r, &h));
    assert_int_equal(h.src_port, 1024);
    assert_int_equal(h.dst_port, 53);
    assert_int_equal(h.length, 8);
    assert_int_equal(h.checksum, 0xbeef);
    assert_int_equal(BYTES[MN_UDP_CSUM_OFFSET], 0xbe);
}

static void test_every_truncation_is_refused_and_gives_zeros(void **state)
{
    (void)state;
    for (size_t len = 0; len < sizeof BYTES; len++) {
        uint8_t *at = exact(BYTES, len);
        struct mn_rd r = mn_rd_over(at, len);
        struct mn_udp_hdr h;
        memset(&h, 0xff, sizeof h);
        assert_false(mn_udp_hdr_read(&r, &h));
        assert_true(is_zero(&h, sizeof h));
        free(at);
    }
}

/* RFC 768: the minimum value of the length is eight. */
static void test_a_length_below_that_of_the_header_is_refused(void **state)
{
    (void)state;
    for (uint8_t length = 0; length < 16; length++) {
        uint8_t bytes[MN_UDP_HDR_LEN];
        memcpy(bytes, BYTES, sizeof bytes);
        bytes[5] = length;
        struct mn_rd r = mn_rd_over(bytes, sizeof bytes);
        struct mn_udp_hdr h;
        assert_int_equal(mn_udp_hdr_read(&r, &h), length >= 8);
        assert_int_equal(h.length, length >= 8 ? length : 0);
    }
}

static void test_reading_what_was_written_gives_it_back(void **state)
{
    (void)state;
    uint64_t seed = 4;
    for (int i = 0; i < ROUNDS; i++) {
        uint8_t in[MN_UDP_HDR_LEN], out[MN_UDP_HDR_LEN];
        random_bytes(&seed, in, sizeof in);
        in[4] |= 1;
        struct mn_rd r = mn_rd_over(in, sizeof in);
        struct mn_wr w = mn_wr_over(out, sizeof out);
        struct mn_udp_hdr h;
        assert_true(mn_udp_hdr_read(&r, &h));
        mn_udp_hdr_write(&w, &h);
        assert_true(mn_wr_ok(&w));
        assert_memory_equal(in, out, sizeof in);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fields_are_where_rfc_768_has_them),
        cmocka_unit_test(test_every_truncation_is_refused_and_gives_zeros),
        cmocka_unit_test(test_a_length_below_that_of_the_header_is_refused),
        cmocka_unit_test(test_reading_what_was_written_gives_it_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
