/* SPDX-License-Identifier: ISC
 *
 * ICMPv6 errors that we send. */
#include "in6_fixture.h"

static uint8_t payload[1600];

/* Receives `p`, which is delivered, and has it refused. */
static void refuse(struct fix *f, struct ip6 p, enum mn_icmp_unreach what)
{
    if (!p.data) {
        p.data = payload;
        p.len = p.len ? p.len : 40;
    }
    assert_int_equal(receive6(f, &p), MN_TO_TRANSPORT);
    mn_icmp_send_unreach(&f->ip, f->pkt, &f->rx, what);
}

static void a_port_that_is_closed_is_reported(void **state)
{
    struct fix *f = *state;
    pattern(payload, sizeof payload, 3);
    refuse(f, (struct ip6){.tclass = 7}, MN_UNREACH_PORT);
    assert_true(take6(f));
    assert_int_equal(f->sent.bytes[40], 1);
    assert_int_equal(f->sent.bytes[41], 4);
    assert_int_equal(be32(f->sent.bytes + 44), 0);
    assert_addr_at(f->sent.bytes + 8, OWN6);
    assert_addr_at(f->sent.bytes + 24, PEER6);
    /* From the header on. */
    assert_int_equal(f->sent.len, 48 + 80);
    assert_int_equal(be16(f->sent.bytes + 48), 0x6070);
    assert_addr_at(f->sent.bytes + 56, PEER6);
    assert_memory_equal(f->sent.bytes + 88, payload, 40);
    assert_int_equal(f->env.stats.icmp_errors_sent, 1);
}

/* RFC 8200 4: the pointer is at who named what nobody knows. */
static void an_unknown_protocol_is_pointed_at(void **state)
{
    struct fix *f = *state;
    const uint8_t ext[] = {200, 0, 1, 4, 0, 0, 0, 0};
    refuse(f, (struct ip6){.next = 201}, MN_UNREACH_PROTOCOL);
    assert_true(take6(f));
    assert_int_equal(be16(f->sent.bytes + 40), 0x0401);
    assert_int_equal(be32(f->sent.bytes + 44), 6);
    refuse(f, (struct ip6){.next = 60, .ext = ext, .ext_len = 8}, MN_UNREACH_PROTOCOL);
    assert_true(take6(f));
    assert_int_equal(be16(f->sent.bytes + 40), 0x0401);
    assert_int_equal(be32(f->sent.bytes + 44), 40);
}

/* RFC 4443 2.4 (c): as much as fits 1280 bytes. */
static void a_quote_fits_every_link(void **state)
{
    struct fix *f = *state;
    refuse(f, (struct ip6){.len = 1400}, MN_UNREACH_PORT);
    assert_true(take6(f));
    assert_int_equal(f->sent.len, 1280);
    assert_memory_equal(f->sent.bytes + 88, payload, 1280 - 88);
}

/* RFC 4443 2.4 (e). */
static void what_must_not_be_answered_is_not(void **state)
{
    struct fix *f = *state;
    refuse(f, (struct ip6){.dst = "ff02::1"}, MN_UNREACH_PORT);
    assert_false(take6(f));
    uint8_t packet[100], body[16] = {0};
    const uint8_t silent[] = {1, 2, 3, 4, 100, 127, 137};
    const uint8_t answered[] = {128, 129, 133};
    struct ip6 p = {.next = 58, .data = body, .len = sizeof body};
    for (unsigned i = 0; i < sizeof silent; i++) {
        body[0] = silent[i];
        uint32_t len = make6(packet, &p);
        mn_icmp6_send_error(&f->ip, packet, len, false, MN_ICMP6_SEND_PARAM_OPTION, 42);
        assert_false(take6(f));
    }
    for (unsigned i = 0; i < sizeof answered; i++) {
        body[0] = answered[i];
        uint32_t len = make6(packet, &p);
        mn_icmp6_send_error(&f->ip, packet, len, false, MN_ICMP6_SEND_PARAM_OPTION, 42);
        assert_true(take6(f));
    }
    const char *const sources[] = {"::", "ff02::7"};
    for (unsigned i = 0; i < 2; i++) {
        p.src = sources[i];
        uint32_t len = make6(packet, &p);
        mn_icmp6_send_error(&f->ip, packet, len, false, MN_ICMP6_SEND_NO_PORT, 0);
        assert_false(take6(f));
    }
    mn_icmp6_send_error(&f->ip, packet, 39, false, MN_ICMP6_SEND_NO_PORT, 0);
    assert_false(take6(f));
}

/* RFC 4443 2.4 (f). One rate for both families. */
static void errors_are_limited(void **state)
{
    struct fix *f = *state;
    unsigned sent = 0;
    for (unsigned i = 0; i < 1000; i++)
        refuse(f, (struct ip6){0}, MN_UNREACH_PORT);
    while (take6(f))
        sent++;
    assert_true(sent >= 30 && sent <= MN_ICMP_TOKENS_MAX);
    assert_int_equal(fix_drops(f, MNET_DROP_ICMP_RATE), 1000 - sent);
    uint8_t echo[8] = {8};
    receive(f, &(struct ip4){.proto = MN_PROTO_UDP, .data = echo, .len = 8});
    mn_icmp_send_unreach(&f->ip, f->pkt, &f->rx, MN_UNREACH_PORT);
    assert_false(take(f));
    fix_pass(f, MNET_SEC(1));
    refuse(f, (struct ip6){0}, MN_UNREACH_PORT);
    assert_true(take6(f));
}

static void without_memory_nothing_is_sent_or_lost(void **state)
{
    struct fix *f = *state;
    for (uint64_t k = 1; k < 6; k++) {
        struct ip6 p = {.data = payload, .len = 1400};
        assert_int_equal(receive6(f, &p), MN_TO_TRANSPORT);
        f->env.mem.fail_at = k;
        mn_icmp_send_unreach(&f->ip, f->pkt, &f->rx, MN_UNREACH_PORT);
        f->env.mem.fail_at = 0;
        while (take6(f)) {
        }
    }
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, in6_setup, fix_teardown)
    const struct CMUnitTest tests[] = {
        T(a_port_that_is_closed_is_reported),
        T(an_unknown_protocol_is_pointed_at),
        T(a_quote_fits_every_link),
        T(what_must_not_be_answered_is_not),
        T(errors_are_limited),
        T(without_memory_nothing_is_sent_or_lost),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
