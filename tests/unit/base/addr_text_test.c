/* SPDX-License-Identifier: ISC
 *
 * Addresses as text: what is read, what is refused, and the one way in which each is written. The C
 * library's inet_pton and inet_ntop are the reference for random IPv6 addresses. */
#include "base_test.h"
#include <arpa/inet.h>
#include <mnet/addr.h>
#include <stdio.h>

/* Text and how it is printed again. */
static const struct {
    const char *text;
    const char *printed;
} good[] = {
    {"0.0.0.0", "0.0.0.0"},
    {"10.0.0.2", "10.0.0.2"},
    {"1.2.3.4", "1.2.3.4"},
    {"255.255.255.255", "255.255.255.255"},
    {"::", "::"},
    {"::1", "::1"},
    {"1::", "1::"},
    {"::ffff:1.2.3.4", "1.2.3.4"},
    {"::FFFF:0102:0304", "1.2.3.4"},
    {"1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8"},
    {"1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"},
    {"::2:3:4:5:6:7:8", "0:2:3:4:5:6:7:8"},
    {"1:2:3:4:5:6:1.2.3.4", "1:2:3:4:5:6:102:304"},
    {"64:ff9b::192.0.2.33", "64:ff9b::c000:221"},
    /* RFC 5952 4.1: no leading zeros. */
    {"2001:0db8:0000:0000:0000:0000:0000:0001", "2001:db8::1"},
    {"2001:db8::0", "2001:db8::"},
    /* RFC 5952 4.2.2: "::" is not for one group alone. */
    {"2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"},
    {"2001:db8::1:1:1:1:1", "2001:db8:0:1:1:1:1:1"},
    /* RFC 5952 4.2.3: the longest run, and the first of equal ones. */
    {"2001:0:0:1:0:0:0:1", "2001:0:0:1::1"},
    {"2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"},
    /* RFC 5952 4.3: lower case. */
    {"2001:DB8::ABCD", "2001:db8::abcd"},
    {"a:b:c:d:e:f:0:0", "a:b:c:d:e:f::"},
    {"0:0:c:d:e:f:0:0", "::c:d:e:f:0:0"},
};

static const char *const bad[] = {
    "",
    " ",
    "10",
    "10.0.0",
    "10.0.0.",
    ".10.0.0.1",
    "10.0.0.1.",
    "10.0.0.1.2",
    "10.0.0.256",
    "10.0.0.1000",
    "10.0.0.99999999999999999999",
    "10.0.0.01",
    "010.0.0.1",
    "10.0.0.0x1",
    "10.0.0.-1",
    "10.0.0.+1",
    "10.0..1",
    " 10.0.0.1",
    "10.0.0.1 ",
    "10.0.0.1/24",
    "10.0.0.1:80",
    ":",
    ":::",
    ":1",
    "1:",
    ":1::",
    "1:::2",
    "1::2::3",
    "1:2:3:4:5:6:7",
    "1:2:3:4:5:6:7:",
    ":2:3:4:5:6:7:8",
    "1:2:3:4:5:6:7:8:9",
    "1:2:3:4:5:6:7:8::",
    "::1:2:3:4:5:6:7:8",
    "1:2:3:4::5:6:7:8",
    "12345::",
    "::12340",
    "00001::",
    "g::",
    "::1.2.3",
    "::1.2.3.4.5",
    "::1.2.3.4:5",
    "1.2.3.4::",
    "1:2:3:4:5:6:7:1.2.3.4",
    "::1.2.3.256",
    "fe80::1%eth0",
    "[::1]",
};

static void test_addresses_are_read_and_written_in_one_way(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(good); i++) {
        struct mnet_addr addr;
        char buf[MNET_ADDR_TEXT_MAX];
        assert_int_equal(mnet_addr_parse(good[i].text, &addr), MNET_OK);
        assert_ptr_equal(mnet_addr_print(&addr, buf, sizeof buf), buf);
        assert_string_equal(buf, good[i].printed);
    }
}

static void test_what_is_no_address_is_refused_and_leaves_the_result_alone(void **state)
{
    (void)state;
    struct mnet_addr before;
    memset(&before, 0xee, sizeof before);
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        struct mnet_addr addr = before;
        if (mnet_addr_parse(bad[i], &addr) != MNET_ERR_INVALID)
            fail_msg("accepted: %s", bad[i]);
        assert_memory_equal(&addr, &before, sizeof addr);
    }
}

/* Few and small groups, so that runs of zeros are common. */
static struct mnet_addr random_v6(void)
{
    struct mnet_addr addr = mnet_addr_any();
    for (unsigned i = 0; i < 8; i++) {
        uint32_t group = random_below(2) ? 0 : (uint32_t)(random64() & 0xffff) >> random_below(16);
        addr.bytes[2 * i] = (uint8_t)(group >> 8);
        addr.bytes[2 * i + 1] = (uint8_t)group;
    }
    addr.bytes[0] |= 0x20; /* the C library writes ::a.b.c.d in its own way */
    return addr;
}

static void test_random_ipv6_addresses_match_the_c_library(void **state)
{
    (void)state;
    random_state = 1;
    for (unsigned round = 0; round < 20000; round++) {
        struct mnet_addr addr = random_v6();
        struct mnet_addr back;
        char ours[MNET_ADDR_TEXT_MAX];
        char libc[INET6_ADDRSTRLEN];
        mnet_addr_print(&addr, ours, sizeof ours);
        assert_non_null(inet_ntop(AF_INET6, addr.bytes, libc, sizeof libc));
        assert_string_equal(ours, libc);
        assert_int_equal(mnet_addr_parse(ours, &back), MNET_OK);
        assert_true(mnet_addr_equal(&addr, &back));
    }
}

/* One changed character in good text: read as the C library reads it, or refused as there. */
static void test_garbled_ipv6_text_matches_the_c_library(void **state)
{
    (void)state;
    static const char alphabet[] = "0123456789abcfFg:.:.:: ";
    random_state = 2;
    for (unsigned round = 0; round < 100000; round++) {
        struct mnet_addr addr = random_v6();
        struct mnet_addr ours;
        uint8_t libc[16];
        char text[MNET_ADDR_TEXT_MAX + 8];
        mnet_addr_print(&addr, text, sizeof text);
        if (random_below(4) == 0)
            snprintf(text, sizeof text, "1::%u.%u.%u.4", random_below(300), random_below(300),
                     round % 7);
        for (unsigned changes = 1 + random_below(3); changes > 0; changes--)
            text[random_below((uint32_t)strlen(text))] =
                alphabet[random_below(sizeof alphabet - 1)];
        if (!strchr(text, ':'))
            continue;
        bool is_good = inet_pton(AF_INET6, text, libc) == 1;
        if ((mnet_addr_parse(text, &ours) == MNET_OK) != is_good)
            fail_msg("%s: %s", is_good ? "refused" : "accepted", text);
        if (is_good)
            assert_memory_equal(ours.bytes, libc, 16);
    }
}

static void test_networks(void **state)
{
    (void)state;
    struct mnet_cidr cidr;
    assert_int_equal(mnet_cidr_parse("10.0.0.2/24", &cidr), MNET_OK);
    assert_int_equal(mnet_addr_to_v4(&cidr.addr), 0x0a000002);
    assert_int_equal(cidr.prefix_len, 24);
    assert_int_equal(mnet_cidr_parse("0.0.0.0/0", &cidr), MNET_OK);
    assert_int_equal(cidr.prefix_len, 0);
    assert_int_equal(mnet_cidr_parse("fe80::1/128", &cidr), MNET_OK);
    assert_int_equal(cidr.prefix_len, 128);
    assert_int_equal(mnet_cidr_parse("::/0", &cidr), MNET_OK);
    static const char *const wrong[] = {
        "10.0.0.2",     "10.0.0.2/",      "10.0.0.2/33",  "10.0.0.2/024", "10.0.0.2/-1",
        "10.0.0.2/24 ", "10.0.0/24",      "/24",          "10.0.0.2//24", "::1/129",
        "::1/",         "::1/4294967296", "10.0.0.2/24.0"};
    for (size_t i = 0; i < COUNT_OF(wrong); i++) {
        struct mnet_cidr before;
        memset(&before, 0xee, sizeof before);
        cidr = before;
        if (mnet_cidr_parse(wrong[i], &cidr) != MNET_ERR_INVALID)
            fail_msg("accepted: %s", wrong[i]);
        assert_memory_equal(&cidr, &before, sizeof cidr);
    }
}

static void test_endpoints(void **state)
{
    (void)state;
    static const char *const right[] = {"10.0.0.2:9000", "10.0.0.2:0", "0.0.0.0:65535", "[::]:80",
                                        "[2001:db8::1]:443"};
    for (size_t i = 0; i < COUNT_OF(right); i++) {
        struct mnet_endpoint endpoint;
        char buf[MNET_ENDPOINT_TEXT_MAX];
        assert_int_equal(mnet_endpoint_parse(right[i], &endpoint), MNET_OK);
        assert_string_equal(mnet_endpoint_print(&endpoint, buf, sizeof buf), right[i]);
    }
    static const char *const wrong[] = {
        "10.0.0.2",      "10.0.0.2:",      "10.0.0.2:65536",  ":80",
        "10.0.0.2:080",  "10.0.0.2:99999", "10.0.0.2:100000", "10.0.0.2:80 ",
        "[10.0.0.2]:80", "::1:80:",        "[::1]",           "[::1]80",
        "[::1:80",       "::1]:80",        "[]:80",           "10.0.0.2:-1"};
    for (size_t i = 0; i < COUNT_OF(wrong); i++) {
        struct mnet_endpoint before;
        memset(&before, 0xee, sizeof before);
        struct mnet_endpoint endpoint = before;
        if (mnet_endpoint_parse(wrong[i], &endpoint) != MNET_ERR_INVALID)
            fail_msg("accepted: %s", wrong[i]);
        assert_memory_equal(&endpoint, &before, sizeof before);
    }
}

/* RFC 4007 11: only what is of one link has a zone. */
static void test_zones(void **state)
{
    (void)state;
    static const struct {
        const char *text, *zone, *printed;
    } right[] = {
        {"fe80::1%service", "service", "fe80::1%service"},
        {"FEBF::1%a", "a", "febf::1%a"},
        {"ff02::fb%eth0.5", "eth0.5", "ff02::fb%eth0.5"},
        {"fe80::1%1234567890123456789012345678901", "1234567890123456789012345678901",
         "fe80::1%1234567890123456789012345678901"},
        {"fe80::1", "", "fe80::1"},
        {"2001:db8::1", "", "2001:db8::1"},
        {"10.0.0.2", "", "10.0.0.2"},
    };
    for (size_t i = 0; i < COUNT_OF(right); i++) {
        struct mnet_addr addr;
        struct mnet_endpoint endpoint;
        char zone[MNET_ZONE_MAX], text[MNET_ENDPOINT_ZONE_TEXT_MAX];
        char back[MNET_ENDPOINT_ZONE_TEXT_MAX];
        assert_int_equal(mnet_addr_parse_zone(right[i].text, &addr, zone), MNET_OK);
        assert_string_equal(zone, right[i].zone);
        assert_string_equal(mnet_addr_print_zone(&addr, zone, text, sizeof text), right[i].printed);
        /* Who asks for no zone gets none. */
        assert_int_equal(mnet_addr_parse(right[i].text, &addr),
                         zone[0] ? MNET_ERR_INVALID : MNET_OK);
        snprintf(text, sizeof text, strchr(right[i].text, ':') ? "[%s]:9" : "%s:9",
                 right[i].printed);
        assert_int_equal(mnet_endpoint_parse_zone(text, &endpoint, zone), MNET_OK);
        assert_string_equal(zone, right[i].zone);
        assert_string_equal(mnet_endpoint_print_zone(&endpoint, zone, back, sizeof back), text);
        assert_int_equal(mnet_endpoint_parse(text, &endpoint),
                         zone[0] ? MNET_ERR_INVALID : MNET_OK);
    }
    static const char *const wrong[] = {
        "fe80::1%",         "2001:db8::1%service",
        "10.0.0.2%service", "ff05::1%service",
        "::1%service",      "fe80::1%a%b",
        "fe80::1%a b",      "fe80::1%a/64",
        "fe80::1%a]",       "fe80::1%12345678901234567890123456789012",
        "fe80::1 %a"};
    for (size_t i = 0; i < COUNT_OF(wrong); i++) {
        struct mnet_addr addr = mnet_addr_any();
        char zone[MNET_ZONE_MAX] = "before";
        if (mnet_addr_parse_zone(wrong[i], &addr, zone) != MNET_ERR_INVALID)
            fail_msg("accepted: %s", wrong[i]);
        assert_string_equal(zone, "before");
        assert_true(mnet_addr_is_any(&addr));
    }
}

static void test_the_longest_texts_fit_and_shorter_buffers_cut(void **state)
{
    (void)state;
    struct mnet_endpoint endpoint = {.port = 65535};
    memset(endpoint.addr.bytes, 0xff, 16);
    const char whole[] = "[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff]:65535";
    char buf[MNET_ENDPOINT_TEXT_MAX + 1];
    assert_string_equal(mnet_endpoint_print(&endpoint, buf, MNET_ENDPOINT_TEXT_MAX), whole);
    for (size_t cap = 1; cap < sizeof whole; cap++) {
        memset(buf, '#', sizeof buf);
        mnet_endpoint_print(&endpoint, buf, cap);
        assert_memory_equal(buf, whole, cap - 1);
        assert_int_equal(buf[cap - 1], '\0');
        assert_int_equal(buf[cap], '#');
        memset(buf, '#', sizeof buf);
        mnet_addr_print(&endpoint.addr, buf, cap);
        assert_int_equal(buf[cap], '#');
        assert_true(memchr(buf, '\0', cap) != NULL);
    }
    buf[0] = '#';
    mnet_addr_print(&endpoint.addr, buf, 0);
    assert_int_equal(buf[0], '#');
}

static void test_ethernet_addresses(void **state)
{
    (void)state;
    const struct mnet_mac mac = {{0x02, 0x00, 0x0a, 0xbc, 0xff, 0x9}};
    char buf[MNET_MAC_TEXT_MAX];
    assert_string_equal(mnet_mac_print(&mac, buf, sizeof buf), "02:00:0a:bc:ff:09");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_addresses_are_read_and_written_in_one_way),
        cmocka_unit_test(test_what_is_no_address_is_refused_and_leaves_the_result_alone),
        cmocka_unit_test(test_random_ipv6_addresses_match_the_c_library),
        cmocka_unit_test(test_garbled_ipv6_text_matches_the_c_library),
        cmocka_unit_test(test_networks),
        cmocka_unit_test(test_endpoints),
        cmocka_unit_test(test_zones),
        cmocka_unit_test(test_the_longest_texts_fit_and_shorter_buffers_cut),
        cmocka_unit_test(test_ethernet_addresses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
