/* SPDX-License-Identifier: ISC */
#include "stack_fixture.h"
#include <base/checksum.h>
#include <base/wr.h>
#include <string.h>

/* A frame from a to b with an IPv4 header (right but for what the test spoils) and `len` bytes of
 * payload. */
static size_t ip_frame(uint8_t *frame, uint8_t proto, const uint8_t *payload, size_t len)
{
    struct mn_wr w = mn_wr_over(frame, 2048);
    mn_wr_bytes(&w, (const uint8_t *)"\2\0\0\0\0\2\2\0\0\0\0\1\x08\x00", 14);
    mn_wr_be16(&w, 0x4500);
    mn_wr_be16(&w, (uint16_t)(20 + len));
    mn_wr_be32(&w, 0);
    mn_wr_u8(&w, 64);
    mn_wr_u8(&w, proto);
    mn_wr_be16(&w, 0);
    mn_wr_be32(&w, 0x0a000001);
    mn_wr_be32(&w, 0x0a000002);
    uint16_t sum = mn_sum_finish(mn_sum_add(0, frame + 14, 20));
    frame[24] = (uint8_t)(sum >> 8);
    frame[25] = (uint8_t)sum;
    mn_wr_bytes(&w, payload, (int32_t)len);
    assert_true(mn_wr_ok(&w));
    return 34 + len;
}

struct seen {
    unsigned icmp, other;
    uint8_t type, code;
};

/* What b sends in answer to one frame; b learns a's address first. */
static struct seen answer(struct net *net, const uint8_t *frame, size_t len)
{
    struct seen seen = {0};
    uint8_t out[2048];
    size_t n;
    assert_int_equal(mnet_stack_frame_in(net->b.stack, frame, len), MNET_OK);
    mnet_stack_poll(net->b.stack, net->now);
    while ((n = host_frame(&net->b, out, sizeof out)) > 0) {
        if (n >= 36 && out[12] == 8 && out[13] == 0 && out[23] == 1) {
            seen.icmp++;
            seen.type = out[34];
            seen.code = out[35];
        } else {
            seen.other++;
        }
    }
    return seen;
}

/* Makes the two know each other: a pings b with a datagram to a closed port. */
static void acquaint(struct net *net)
{
    struct mnet_dgram *dgram;
    struct mnet_endpoint any = {mnet_addr_any(), 0}, to = endpoint("10.0.0.2:1");
    assert_int_equal(mnet_dgram_open(net->a.stack, &any, NULL, NULL, NULL, &dgram), MNET_OK);
    assert_int_equal(mnet_dgram_send(dgram, &to, "x", 1), MNET_OK);
    net_run(net, MNET_SEC(3));
    mnet_dgram_close(dgram);
}

static void test_an_echo_request_is_answered(void **state)
{
    (void)state;
    struct net net;
    net_up(&net);
    acquaint(&net);
    uint8_t icmp[64] = {8, 0, 0, 0, 0, 1, 0, 1, 'h', 'i'}, frame[2048];
    uint16_t sum = mn_sum_finish(mn_sum_add(0, icmp, sizeof icmp));
    icmp[2] = (uint8_t)(sum >> 8);
    icmp[3] = (uint8_t)sum;
    struct seen seen = answer(&net, frame, ip_frame(frame, 1, icmp, sizeof icmp));
    assert_int_equal(seen.icmp, 1);
    assert_int_equal(seen.type, 0);
    assert_int_equal(seen.other, 0);
    net_down(&net);
}

/* RFC 1122 3.2.2.1: protocol unreachable. */
static void test_an_unknown_protocol_is_answered_with_protocol_unreachable(void **state)
{
    (void)state;
    struct net net;
    net_up(&net);
    acquaint(&net);
    uint8_t frame[2048];
    struct seen seen = answer(&net, frame, ip_frame(frame, 200, (const uint8_t *)"12345678", 8));
    assert_int_equal(seen.icmp, 1);
    assert_int_equal(seen.type, 3);
    assert_int_equal(seen.code, 2);
    assert_int_equal(mnet_stack_drops(net.b.stack, MNET_DROP_IP_PROTOCOL), 1);
    net_down(&net);
}

/* RFC 1122 4.1.3.1: port unreachable. */
static void test_a_closed_udp_port_is_answered_with_port_unreachable(void **state)
{
    (void)state;
    struct net net;
    net_up(&net);
    acquaint(&net);
    const uint8_t udp[] = {0x12, 0x34, 0, 77, 0, 9, 0, 0, 'x'};
    uint8_t frame[2048];
    uint64_t before = mnet_stack_drops(net.b.stack, MNET_DROP_UDP_NO_PORT);
    struct seen seen = answer(&net, frame, ip_frame(frame, 17, udp, sizeof udp));
    assert_int_equal(seen.icmp, 1);
    assert_int_equal(seen.type, 3);
    assert_int_equal(seen.code, 3);
    assert_int_equal(mnet_stack_drops(net.b.stack, MNET_DROP_UDP_NO_PORT), before + 1);
    net_down(&net);
}

static void test_every_truncation_of_a_frame_is_counted_and_leaks_nothing(void **state)
{
    (void)state;
    struct net net;
    net_up(&net);
    acquaint(&net);
    const uint8_t udp[] = {0x12, 0x34, 0, 77, 0, 9, 0, 0, 'x'};
    uint8_t frame[2048];
    size_t len = ip_frame(frame, 17, udp, sizeof udp);
    for (size_t cut = 1; cut < len; cut++) {
        uint64_t before = 0, after = 0;
        for (int i = 0; i < MNET_DROP_COUNT; i++)
            before += mnet_stack_drops(net.b.stack, (enum mnet_drop)i);
        struct seen seen = answer(&net, frame, cut);
        assert_int_equal(seen.icmp + seen.other, 0);
        for (int i = 0; i < MNET_DROP_COUNT; i++)
            after += mnet_stack_drops(net.b.stack, (enum mnet_drop)i);
        assert_int_equal(after, before + 1);
    }
    net_down(&net);
}

static void test_ipv6_and_unknown_ethertypes_are_counted(void **state)
{
    (void)state;
    struct net net;
    net_up(&net);
    net_run(&net, MNET_SEC(3));
    uint8_t frame[64] = {2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 0x86, 0xdd, 0x60};
    answer(&net, frame, sizeof frame);
    frame[12] = 0x12;
    answer(&net, frame, sizeof frame);
    assert_int_equal(mnet_stack_drops(net.b.stack, MNET_DROP_ETHER_TYPE), 2);
    net_down(&net);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_an_echo_request_is_answered),
        cmocka_unit_test(test_an_unknown_protocol_is_answered_with_protocol_unreachable),
        cmocka_unit_test(test_a_closed_udp_port_is_answered_with_port_unreachable),
        cmocka_unit_test(test_every_truncation_of_a_frame_is_counted_and_leaks_nothing),
        cmocka_unit_test(test_ipv6_and_unknown_ethertypes_are_counted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
