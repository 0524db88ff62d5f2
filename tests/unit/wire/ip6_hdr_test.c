/* SPDX-License-Identifier: ISC
 *
 * IPv6 headers: layout, which fault is named, truncation, round trip. The packet was made by
 * scapy. */
#include "wire_test.h"
#include <wire/ip6_ext.h>
#include <wire/ip6_hdr.h>

/* 2001:db8::1 to 2001:db8::2, traffic class 0xb8, label 0x12345, UDP with 4 bytes. */
static const uint8_t PACKET[52] = {0x6b, 0x81, 0x23, 0x45, 0x00, 0x0c, 0x11, 0x40, 0x20, 0x01, 0x0d,
                                   0xb8, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
                                   0x00, 0x01, 0x20, 0x01, 0x0d, 0xb8, 0x00, 0x00, 0x00, 0x00, 0x00,
                                   0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02, 0x00, 0x01, 0x00, 0x02,
                                   0x00, 0x0c, 0xdf, 0x97, 0x61, 0x62, 0x63, 0x64};

static enum mn_ip6_result read_bytes(const uint8_t *bytes, size_t len, struct mn_ip6_hdr *h)
{
    uint8_t *at = exact(bytes, len);
    struct mn_rd r = mn_rd_over(at, len);
    memset(h, 0xff, sizeof *h);
    enum mn_ip6_result result = mn_ip6_hdr_read(&r, (uint32_t)len, h);
    if (result != MN_IP6_OK)
        assert_true(is_zero(h, sizeof *h));
    free(at);
    return result;
}

/* RFC 8200 3: the picture of the header. */
static void test_fields_are_where_rfc_8200_has_them(void **state)
{
    (void)state;
    struct mn_rd r = mn_rd_over(PACKET, sizeof PACKET);
    struct mn_ip6_hdr h;
    assert_int_equal(mn_ip6_hdr_read(&r, sizeof PACKET, &h), MN_IP6_OK);
    assert_int_equal(h.traffic_class, 0xb8);
    assert_int_equal(h.flow_label, 0x12345);
    assert_int_equal(h.payload_len, 12);
    assert_int_equal(h.next, MN_PROTO_UDP);
    assert_int_equal(h.hop_limit, 64);
    assert_memory_equal(h.src.bytes, PACKET + MN_IP6_SRC_OFFSET, 16);
    assert_memory_equal(h.dst.bytes, PACKET + MN_IP6_DST_OFFSET, 16);
    assert_int_equal(mn_rd_left(&r), 12);
    assert_int_equal(PACKET[MN_IP6_PAYLOAD_LEN_OFFSET + 1], 12);
    assert_int_equal(PACKET[MN_IP6_NEXT_OFFSET], MN_PROTO_UDP);
    assert_int_equal(PACKET[MN_IP6_HOP_LIMIT_OFFSET], 64);
}

static void test_every_truncation_is_short(void **state)
{
    (void)state;
    struct mn_ip6_hdr h;
    for (size_t len = 0; len < sizeof PACKET; len++)
        assert_int_equal(read_bytes(PACKET, len, &h), MN_IP6_SHORT);
    assert_int_equal(read_bytes(PACKET, sizeof PACKET, &h), MN_IP6_OK);
}

static void test_every_other_version_is_refused(void **state)
{
    (void)state;
    uint8_t bytes[sizeof PACKET];
    struct mn_ip6_hdr h;
    memcpy(bytes, PACKET, sizeof bytes);
    for (unsigned version = 0; version < 16; version++) {
        bytes[0] = (uint8_t)(version << 4 | 0xb);
        assert_int_equal(read_bytes(bytes, sizeof bytes, &h),
                         version == 6 ? MN_IP6_OK : MN_IP6_BAD_VERSION);
    }
}

static void test_a_packet_may_be_longer_than_it_says_but_not_shorter(void **state)
{
    (void)state;
    struct mn_ip6_hdr h;
    struct mn_rd r = mn_rd_over(PACKET, MN_IP6_HDR_LEN);
    assert_int_equal(mn_ip6_hdr_read(&r, 53, &h), MN_IP6_OK);
    r = mn_rd_over(PACKET, MN_IP6_HDR_LEN);
    assert_int_equal(mn_ip6_hdr_read(&r, 51, &h), MN_IP6_SHORT);
    r = mn_rd_over(PACKET, MN_IP6_HDR_LEN);
    assert_int_equal(mn_ip6_hdr_read(&r, 39, &h), MN_IP6_SHORT);
    r = mn_rd_over(PACKET, MN_IP6_HDR_LEN);
    assert_int_equal(mn_ip6_hdr_read(&r, UINT32_MAX, &h), MN_IP6_OK);
}

/* RFC 2675 3: a length of 0 before hop-by-hop options; elsewhere there is just nothing. */
static void test_a_jumbogram_is_refused_and_an_empty_packet_is_not(void **state)
{
    (void)state;
    uint8_t bytes[sizeof PACKET];
    struct mn_ip6_hdr h;
    memcpy(bytes, PACKET, sizeof bytes);
    bytes[5] = 0;
    assert_int_equal(read_bytes(bytes, sizeof bytes, &h), MN_IP6_OK);
    assert_int_equal(read_bytes(bytes, MN_IP6_HDR_LEN, &h), MN_IP6_OK);
    bytes[MN_IP6_NEXT_OFFSET] = MN_IP6_EXT_HOP_BY_HOP;
    assert_int_equal(read_bytes(bytes, sizeof bytes, &h), MN_IP6_JUMBO);
    bytes[5] = 8;
    assert_int_equal(read_bytes(bytes, sizeof bytes, &h), MN_IP6_OK);
}

/* RFC 4291 2.5.5.2: this form stands for IPv4 inside of a host, and never in a packet. */
static void test_a_mapped_address_is_refused(void **state)
{
    (void)state;
    const struct mnet_addr mapped = mnet_addr_v4(0x0a000001);
    for (int which = 0; which < 2; which++) {
        uint8_t bytes[sizeof PACKET];
        struct mn_ip6_hdr h;
        memcpy(bytes, PACKET, sizeof bytes);
        memcpy(bytes + (which ? MN_IP6_DST_OFFSET : MN_IP6_SRC_OFFSET), mapped.bytes, 16);
        assert_int_equal(read_bytes(bytes, sizeof bytes, &h), MN_IP6_BAD_ADDR);
    }
    struct mn_rd r = mn_rd_over(mapped.bytes, sizeof mapped.bytes);
    struct mnet_addr got = mapped;
    assert_false(mn_ip6_addr_read(&r, &got));
    assert_true(is_zero(&got, sizeof got));
    assert_int_equal(mn_rd_left(&r), 0);
    r = mn_rd_over(PACKET, 15);
    got = mapped;
    assert_false(mn_ip6_addr_read(&r, &got));
    assert_true(is_zero(&got, sizeof got));
}

static void test_a_label_of_more_than_20_bits_is_cut(void **state)
{
    (void)state;
    uint8_t out[MN_IP6_HDR_LEN];
    struct mn_wr w = mn_wr_over(out, sizeof out);
    mn_ip6_hdr_write(&w, &(struct mn_ip6_hdr){.flow_label = UINT32_MAX});
    const uint8_t first[4] = {0x60, 0x0f, 0xff, 0xff};
    assert_memory_equal(out, first, sizeof first);
}

static void test_reading_what_was_written_gives_it_back(void **state)
{
    (void)state;
    uint64_t seed = 16;
    for (int i = 0; i < ROUNDS; i++) {
        uint8_t in[MN_IP6_HDR_LEN], out[MN_IP6_HDR_LEN];
        random_bytes(&seed, in, sizeof in);
        in[0] = (uint8_t)(0x60 | (in[0] & 0x0f));
        in[MN_IP6_NEXT_OFFSET] |= 1;
        struct mn_rd r = mn_rd_over(in, sizeof in);
        struct mn_wr w = mn_wr_over(out, sizeof out);
        struct mn_ip6_hdr h;
        assert_int_equal(mn_ip6_hdr_read(&r, UINT32_MAX, &h), MN_IP6_OK);
        mn_ip6_hdr_write(&w, &h);
        assert_true(mn_wr_ok(&w));
        assert_memory_equal(in, out, sizeof in);
    }
}

static void test_a_header_that_does_not_fit_is_not_written(void **state)
{
    (void)state;
    uint8_t out[MN_IP6_HDR_LEN - 1] = {0};
    struct mn_wr w = mn_wr_over(out, sizeof out);
    mn_ip6_hdr_write(&w, &(struct mn_ip6_hdr){.next = 17});
    assert_false(mn_wr_ok(&w));
    assert_true(is_zero(out, sizeof out));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fields_are_where_rfc_8200_has_them),
        cmocka_unit_test(test_every_truncation_is_short),
        cmocka_unit_test(test_every_other_version_is_refused),
        cmocka_unit_test(test_a_packet_may_be_longer_than_it_says_but_not_shorter),
        cmocka_unit_test(test_a_jumbogram_is_refused_and_an_empty_packet_is_not),
        cmocka_unit_test(test_a_mapped_address_is_refused),
        cmocka_unit_test(test_a_label_of_more_than_20_bits_is_cut),
        cmocka_unit_test(test_reading_what_was_written_gives_it_back),
        cmocka_unit_test(test_a_header_that_does_not_fit_is_not_written),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
