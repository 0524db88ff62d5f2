/* SPDX-License-Identifier: ISC
 *
 * ARP packets: layout, what kinds are refused, truncation, round trip. */
#include "wire_test.h"
#include <wire/arp_hdr.h>

/* 10.0.0.1 at 02:00:00:00:00:01 asks for 10.0.0.2. */
static const uint8_t REQUEST[MN_ARP_HDR_LEN] = {0,  1, 8, 0, 6, 4, 0, 1, 2, 0, 0,  0, 0, 1,
                                                10, 0, 0, 1, 0, 0, 0, 0, 0, 0, 10, 0, 0, 2};

static void test_fields_are_where_rfc_826_has_them(void **state)
{
    (void)state;
    struct mn_rd r = mn_rd_over(REQUEST, sizeof REQUEST);
    struct mn_arp_hdr h;
    assert_true(mn_arp_hdr_read(&r, &h));
    assert_int_equal(h.op, MN_ARP_OP_REQUEST);
    assert_memory_equal(h.sha.bytes, REQUEST + 8, 6);
    assert_int_equal(h.spa, 0x0a000001);
    assert_memory_equal(h.tha.bytes, REQUEST + 18, 6);
    assert_int_equal(h.tpa, 0x0a000002);
}

static void test_every_truncation_is_refused_and_gives_zeros(void **state)
{
    (void)state;
    for (size_t len = 0; len < sizeof REQUEST; len++) {
        uint8_t *at = exact(REQUEST, len);
        struct mn_rd r = mn_rd_over(at, len);
        struct mn_arp_hdr h;
        memset(&h, 0xff, sizeof h);
        assert_false(mn_arp_hdr_read(&r, &h));
        assert_true(is_zero(&h, sizeof h));
        free(at);
    }
}

/* RFC 826 "Packet Reception": hardware type, protocol and both lengths are checked. */
static void test_other_kinds_of_addresses_are_refused(void **state)
{
    (void)state;
    for (size_t at = 0; at < 6; at++) {
        for (unsigned bit = 0; bit < 8; bit++) {
            uint8_t bytes[MN_ARP_HDR_LEN];
            memcpy(bytes, REQUEST, sizeof bytes);
            bytes[at] ^= (uint8_t)(1u << bit);
            struct mn_rd r = mn_rd_over(bytes, sizeof bytes);
            struct mn_arp_hdr h;
            assert_false(mn_arp_hdr_read(&r, &h));
            assert_true(is_zero(&h, sizeof h));
        }
    }
}

static void test_reading_what_was_written_gives_it_back(void **state)
{
    (void)state;
    uint64_t seed = 2;
    for (int i = 0; i < ROUNDS; i++) {
        uint8_t in[MN_ARP_HDR_LEN], out[MN_ARP_HDR_LEN];
        random_bytes(&seed, in, sizeof in);
        memcpy(in, REQUEST, 6);
        struct mn_rd r = mn_rd_over(in, sizeof in);
        struct mn_wr w = mn_wr_over(out, sizeof out);
        struct mn_arp_hdr h;
        assert_true(mn_arp_hdr_read(&r, &h));
        mn_arp_hdr_write(&w, &h);
        assert_true(mn_wr_ok(&w));
        assert_memory_equal(in, out, sizeof in);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fields_are_where_rfc_826_has_them),
        cmocka_unit_test(test_every_truncation_is_refused_and_gives_zeros),
        cmocka_unit_test(test_other_kinds_of_addresses_are_refused),
        cmocka_unit_test(test_reading_what_was_written_gives_it_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
