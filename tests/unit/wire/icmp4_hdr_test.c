/* SPDX-License-Identifier: ISC
 *
 * ICMP headers: layout, the type-dependent part, truncation, round trip. */
#include "wire_test.h"
#include <wire/icmp4_hdr.h>

static const uint8_t ECHO[MN_ICMP4_HDR_LEN] = {8, 0, 0x12, 0x34, 0xab, 0xcd, 0x00, 0x07};

static void test_echo_has_identifier_and_sequence_number(void **state)
{
    (void)state;
    struct mn_rd r = mn_rd_over(ECHO, sizeof ECHO);
    struct mn_icmp4_hdr h;
    assert_true(mn_icmp4_hdr_read(&r, &h));
    assert_int_equal(h.type, MN_ICMP4_ECHO_REQUEST);
    assert_int_equal(h.code, 0);
    assert_int_equal(h.checksum, 0x1234);
    assert_int_equal(mn_icmp4_echo_id(&h), 0xabcd);
    assert_int_equal(mn_icmp4_echo_seq(&h), 7);
    assert_int_equal(mn_icmp4_rest_echo(0xabcd, 7), h.rest);
}

/* RFC 1191 4: the next-hop MTU is in the low-order 16 bits, the others are unused. */
static void test_fragmentation_needed_has_the_next_hop_mtu(void **state)
{
    (void)state;
    const uint8_t bytes[] = {3, 4, 0, 0, 0xff, 0xff, 0x05, 0x78};
    struct mn_rd r = mn_rd_over(bytes, sizeof bytes);
    struct mn_icmp4_hdr h;
    assert_true(mn_icmp4_hdr_read(&r, &h));
    assert_int_equal(h.code, MN_ICMP4_UNREACH_FRAG_NEEDED);
    assert_int_equal(mn_icmp4_mtu(&h), 1400);
    assert_int_equal(mn_icmp4_mtu(&(struct mn_icmp4_hdr){.rest = mn_icmp4_rest_mtu(576)}), 576);
}

/* RFC 792 "Parameter Problem": the pointer is the first of the four bytes. */
static void test_parameter_problem_has_a_pointer(void **state)
{
    (void)state;
    const uint8_t bytes[] = {12, 0, 0, 0, 20, 1, 2, 3};
    struct mn_rd r = mn_rd_over(bytes, sizeof bytes);
    struct mn_icmp4_hdr h;
    assert_true(mn_icmp4_hdr_read(&r, &h));
    assert_int_equal(mn_icmp4_pointer(&h), 20);
    assert_int_equal(mn_icmp4_rest_pointer(20), 0x14000000);
}

/* RFC 1122 3.2.2: which messages are errors, about which no error is sent. */
static void test_five_types_are_errors(void **state)
{
    (void)state;
    const bool is_error[16] = {[3] = true, [4] = true, [5] = true, [11] = true, [12] = true};
    for (unsigned type = 0; type < 256; type++)
        assert_int_equal(mn_icmp4_is_error((uint8_t)type), type < 16 && is_error[type]);
}

static void test_every_truncation_is_refused_and_gives_zeros(void **state)
{
    (void)state;
    for (size_t len = 0; len < sizeof ECHO; len++) {
        uint8_t *at = exact(ECHO, len);
        struct mn_rd r = mn_rd_over(at, len);
        struct mn_icmp4_hdr h;
        memset(&h, 0xff, sizeof h);
        assert_false(mn_icmp4_hdr_read(&r, &h));
        assert_true(is_zero(&h, sizeof h));
        free(at);
    }
}

static void test_reading_what_was_written_gives_it_back(void **state)
{
    (void)state;
    uint64_t seed = 3;
    for (int i = 0; i < ROUNDS; i++) {
        uint8_t in[MN_ICMP4_HDR_LEN], out[MN_ICMP4_HDR_LEN];
        random_bytes(&seed, in, sizeof in);
        struct mn_rd r = mn_rd_over(in, sizeof in);
        struct mn_wr w = mn_wr_over(out, sizeof out);
        struct mn_icmp4_hdr h;
        assert_true(mn_icmp4_hdr_read(&r, &h));
        mn_icmp4_hdr_write(&w, &h);
        assert_true(mn_wr_ok(&w));
        assert_memory_equal(in, out, sizeof in);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_echo_has_identifier_and_sequence_number),
        cmocka_unit_test(test_fragmentation_needed_has_the_next_hop_mtu),
        cmocka_unit_test(test_parameter_problem_has_a_pointer),
        cmocka_unit_test(test_five_types_are_errors),
        cmocka_unit_test(test_every_truncation_is_refused_and_gives_zeros),
        cmocka_unit_test(test_reading_what_was_written_gives_it_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
