/* SPDX-License-Identifier: ISC
 *
 * ICMPv6 headers: layout, the type-dependent part, truncation, round trip. The bytes were made by
 * scapy. */
#include "wire_test.h"
#include <wire/icmp6_hdr.h>

static const uint8_t ECHO[MN_ICMP6_HDR_LEN] = {128, 0, 0x12, 0x34, 0xab, 0xcd, 0x00, 0x07};

static struct mn_icmp6_hdr read_one(const uint8_t *bytes)
{
    struct mn_rd r = mn_rd_over(bytes, MN_ICMP6_HDR_LEN);
    struct mn_icmp6_hdr h;
    assert_true(mn_icmp6_hdr_read(&r, &h));
    return h;
}

/* RFC 4443 4.1. */
static void test_echo_has_identifier_and_sequence_number(void **state)
{
    (void)state;
    struct mn_icmp6_hdr h = read_one(ECHO);
    assert_int_equal(h.type, MN_ICMP6_ECHO_REQUEST);
    assert_int_equal(h.code, 0);
    assert_int_equal(h.checksum, 0x1234);
    assert_int_equal(mn_icmp6_echo_id(&h), 0xabcd);
    assert_int_equal(mn_icmp6_echo_seq(&h), 7);
    assert_int_equal(mn_icmp6_rest_echo(0xabcd, 7), h.rest);
}

/* RFC 4443 3.2. */
static void test_too_big_has_an_mtu(void **state)
{
    (void)state;
    const uint8_t bytes[] = {0x02, 0x00, 0x9d, 0x48, 0x00, 0x00, 0x05, 0x00};
    struct mn_icmp6_hdr h = read_one(bytes);
    assert_int_equal(h.type, MN_ICMP6_TOO_BIG);
    assert_int_equal(h.rest, 1280);
}

/* RFC 4443 3.4. */
static void test_parameter_problem_has_a_pointer(void **state)
{
    (void)state;
    const uint8_t bytes[] = {0x04, 0x02, 0xa0, 0x1c, 0x00, 0x00, 0x00, 0x2a};
    struct mn_icmp6_hdr h = read_one(bytes);
    assert_int_equal(h.type, MN_ICMP6_PARAM_PROBLEM);
    assert_int_equal(h.code, MN_ICMP6_PARAM_OPTION);
    assert_int_equal(h.rest, 42);
}

/* RFC 4443 2.1: types with a 0 in the highest bit are errors. */
static void test_types_below_128_are_errors(void **state)
{
    (void)state;
    for (unsigned type = 0; type < 256; type++)
        assert_int_equal(mn_icmp6_is_error((uint8_t)type), (type & 0x80) == 0);
}

static void test_every_truncation_is_refused_and_gives_zeros(void **state)
{
    (void)state;
    for (size_t len = 0; len < sizeof ECHO; len++) {
        uint8_t *at = exact(ECHO, len);
        struct mn_rd r = mn_rd_over(at, len);
        struct mn_icmp6_hdr h;
        memset(&h, 0xff, sizeof h);
        assert_false(mn_icmp6_hdr_read(&r, &h));
        assert_true(is_zero(&h, sizeof h));
        free(at);
    }
}

static void test_reading_what_was_written_gives_it_back(void **state)
{
    (void)state;
    uint64_t seed = 18;
    for (int i = 0; i < ROUNDS; i++) {
        uint8_t in[MN_ICMP6_HDR_LEN], out[MN_ICMP6_HDR_LEN];
        random_bytes(&seed, in, sizeof in);
        struct mn_icmp6_hdr h = read_one(in);
        struct mn_wr w = mn_wr_over(out, sizeof out);
        mn_icmp6_hdr_write(&w, &h);
        assert_true(mn_wr_ok(&w));
        assert_memory_equal(in, out, sizeof in);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_echo_has_identifier_and_sequence_number),
        cmocka_unit_test(test_too_big_has_an_mtu),
        cmocka_unit_test(test_parameter_problem_has_a_pointer),
        cmocka_unit_test(test_types_below_128_are_errors),
        cmocka_unit_test(test_every_truncation_is_refused_and_gives_zeros),
        cmocka_unit_test(test_reading_what_was_written_gives_it_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
