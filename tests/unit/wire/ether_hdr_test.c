/* SPDX-License-Identifier: ISC
 *
 * Ethernet headers: layout, truncation, round trip. */
#include "wire_test.h"
#include <wire/ether_hdr.h>

static const uint8_t BYTES[MN_ETHER_HDR_LEN] = {0x02, 0x11, 0x22, 0x33, 0x44, 0x55, 0x06,
                                                0x01, 0x02, 0x03, 0x04, 0x05, 0x08, 0x06};

static void test_fields_are_where_rfc_894_has_them(void **state)
{
    (void)state;
    struct mn_rd r = mn_rd_over(BYTES, sizeof BYTES);
    struct mn_ether_hdr h;
    assert_true(mn_ether_hdr_read(&r, &h));
    assert_memory_equal(h.dst.bytes, BYTES, 6);
    assert_memory_equal(h.src.bytes, BYTES + 6, 6);
    assert_int_equal(h.type, MN_ETHERTYPE_ARP);
    assert_int_equal(mn_rd_left(&r), 0);
}

static void test_every_truncation_is_refused_and_gives_zeros(void **state)
{
    (void)state;
    for (size_t len = 0; len < sizeof BYTES; len++) {
        uint8_t *at = exact(BYTES, len);
        struct mn_rd r = mn_rd_over(at, len);
        struct mn_ether_hdr h;
        memset(&h, 0xff, sizeof h);
        assert_false(mn_ether_hdr_read(&r, &h));
        assert_true(is_zero(&h, sizeof h));
        free(at);
    }
}

static void test_reading_what_was_written_gives_it_back(void **state)
{
    (void)state;
    uint64_t seed = 1;
    for (int i = 0; i < ROUNDS; i++) {
        uint8_t in[MN_ETHER_HDR_LEN], out[MN_ETHER_HDR_LEN];
        random_bytes(&seed, in, sizeof in);
        struct mn_rd r = mn_rd_over(in, sizeof in);
        struct mn_wr w = mn_wr_over(out, sizeof out);
        struct mn_ether_hdr h;
        assert_true(mn_ether_hdr_read(&r, &h));
        mn_ether_hdr_write(&w, &h);
        assert_true(mn_wr_ok(&w));
        assert_memory_equal(in, out, sizeof in);
    }
}

static void test_a_writer_without_room_stays_untouched(void **state)
{
    (void)state;
    const struct mn_ether_hdr h = {.type = 0xffff};
    for (size_t len = 0; len < MN_ETHER_HDR_LEN; len++) {
        uint8_t *at = exact(BYTES, len);
        struct mn_wr w = mn_wr_over(at, len);
        mn_ether_hdr_write(&w, &h);
        assert_false(mn_wr_ok(&w));
        assert_true(len == 0 || memcmp(at, BYTES, len) == 0);
        free(at);
    }
}

static void test_group_addresses_have_the_lowest_bit_of_the_first_byte(void **state)
{
    (void)state;
    assert_true(mn_mac_is_group(&(struct mnet_mac){{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}}));
    assert_true(mn_mac_is_group(&(struct mnet_mac){{0x01, 0x00, 0x5e, 0, 0, 1}}));
    assert_false(mn_mac_is_group(&(struct mnet_mac){{0xfe, 0xff, 0xff, 0xff, 0xff, 0xff}}));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fields_are_where_rfc_894_has_them),
        cmocka_unit_test(test_every_truncation_is_refused_and_gives_zeros),
        cmocka_unit_test(test_reading_what_was_written_gives_it_back),
        cmocka_unit_test(test_a_writer_without_room_stays_untouched),
        cmocka_unit_test(test_group_addresses_have_the_lowest_bit_of_the_first_byte),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
