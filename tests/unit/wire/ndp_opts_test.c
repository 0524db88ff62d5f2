/* SPDX-License-Identifier: ISC
 *
 * Options of neighbour discovery: those of messages that scapy made, tables of good and bad data,
 * each bound, round trips. */
#include "wire_test.h"
#include <wire/ndp_opts.h>

/* Source MAC, MTU 1400, a prefix, a route, two DNS servers, two domains. */
static const uint8_t RA[136] = {
    0x01, 0x01, 0x52, 0x54, 0x00, 0x12, 0x34, 0x56, 0x05, 0x01, 0x00, 0x00, 0x00, 0x00, 0x05, 0x78,
    0x03, 0x04, 0x40, 0xc0, 0x00, 0x01, 0x51, 0x80, 0x00, 0x00, 0x38, 0x40, 0x00, 0x00, 0x00, 0x00,
    0x20, 0x01, 0x0d, 0xb8, 0x00, 0x01, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
    0x18, 0x02, 0x30, 0x18, 0x00, 0x00, 0x02, 0x58, 0x20, 0x01, 0x0d, 0xb8, 0x00, 0x02, 0x00, 0x00,
    0x19, 0x05, 0x00, 0x00, 0x00, 0x00, 0x04, 0xb0, 0x20, 0x01, 0x0d, 0xb8, 0x00, 0x00, 0x00, 0x00,
    0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x53, 0xfe, 0x80, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
    0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x53, 0x1f, 0x04, 0x00, 0x00, 0x00, 0x00, 0x04, 0xb0,
    0x07, 0x65, 0x78, 0x61, 0x6d, 0x70, 0x6c, 0x65, 0x03, 0x6f, 0x72, 0x67, 0x00, 0x03, 0x6c, 0x61,
    0x6e, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00};
/* Target MAC and the redirected packet. */
static const uint8_t REDIRECT[64] = {
    0x02, 0x01, 0x52, 0x54, 0x00, 0x12, 0x34, 0x56, 0x04, 0x07, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
    0x60, 0x00, 0x00, 0x00, 0x00, 0x08, 0x11, 0x40, 0x20, 0x01, 0x0d, 0xb8, 0x00, 0x00, 0x00, 0x00,
    0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02, 0x20, 0x01, 0x0d, 0xb8, 0x00, 0x09, 0x00, 0x00,
    0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x09, 0x00, 0x05, 0x00, 0x06, 0x00, 0x08, 0xa4, 0x4d};

static const struct mnet_mac MAC = {{0x52, 0x54, 0x00, 0x12, 0x34, 0x56}};

static bool read_bytes(const uint8_t *bytes, size_t len, struct mn_ndp_opts *o)
{
    uint8_t *at = exact(bytes, len);
    memset(o, 0xff, sizeof *o);
    bool ok = mn_ndp_opts_read(mn_rd_over(at, len), o);
    if (!ok)
        assert_true(is_zero(o, sizeof *o));
    free(at);
    return ok;
}

#define READ(ok, out, ...)                                                                         \
    do {                                                                                           \
        const uint8_t given[] = {__VA_ARGS__};                                                     \
        assert_int_equal(read_bytes(given, sizeof given, (out)), (ok));                            \
    } while (0)

/* RFC 4861 4.6.1, 4.6.3, 4.6.4. */
static void test_options_that_count_once(void **state)
{
    (void)state;
    struct mn_ndp_opts o;
    assert_true(read_bytes(RA, sizeof RA, &o));
    assert_true(o.has_source_mac && o.has_mtu);
    assert_false(o.has_target_mac || o.has_nonce || o.has_redirected);
    assert_memory_equal(&o.source_mac, &MAC, sizeof MAC);
    assert_int_equal(o.mtu, 1400);

    assert_true(mn_ndp_opts_read(mn_rd_over(REDIRECT, sizeof REDIRECT), &o));
    assert_true(o.has_target_mac && o.has_redirected && !o.has_source_mac);
    assert_memory_equal(&o.target_mac, &MAC, sizeof MAC);
    assert_int_equal(mn_rd_left(&o.redirected), 48);
    assert_int_equal(mn_rd_u8(&o.redirected), 0x60);

    /* RFC 3971 5.3.2, RFC 7527 4.1. */
    const uint8_t nonce[] = {1, 2, 3, 4, 5, 6};
    READ(true, &o, 14, 1, 1, 2, 3, 4, 5, 6);
    assert_true(o.has_nonce);
    assert_memory_equal(o.nonce, nonce, sizeof nonce);
}

static void test_the_first_of_each_counts(void **state)
{
    (void)state;
    struct mn_ndp_opts o;
    READ(true, &o, 1, 1, 2, 0, 0, 0, 0, 1, 1, 1, 2, 0, 0, 0, 0, 2, 5, 1, 0, 0, 0, 0, 5, 0, 5, 1, 0,
         0, 0, 0, 6, 0, 2, 1, 2, 0, 0, 0, 0, 3, 2, 1, 2, 0, 0, 0, 0, 4);
    assert_int_equal(o.source_mac.bytes[5], 1);
    assert_int_equal(o.target_mac.bytes[5], 3);
    assert_int_equal(o.mtu, 1280);
}

/* RFC 4861 4.6 MUST: unknown options are ignored; and known ones of a length that is not theirs. */
static void test_what_is_not_known_is_passed_over(void **state)
{
    (void)state;
    struct mn_ndp_opts o;
    READ(true, &o, 253, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 5, 1, 0, 0, 0, 0, 5, 0);
    assert_true(o.has_mtu);
    READ(true, &o, 1, 2, 2, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0);
    assert_false(o.has_source_mac);
    READ(true, &o, 14, 2, 2, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0);
    assert_false(o.has_nonce);
    READ(true, &o, 5, 2, 2, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0);
    assert_false(o.has_mtu);
    READ(true, &o, 2, 2, 2, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0);
    assert_false(o.has_target_mac);
    assert_true(read_bytes(NULL, 0, &o));
    assert_true(is_zero(&o, sizeof o));
}

/* RFC 4861 4.6 MUST: a packet with an option of length zero is discarded, whatever else it has. */
static void test_a_length_of_zero_spoils_the_message(void **state)
{
    (void)state;
    struct mn_ndp_opts o;
    READ(false, &o, 1, 1, 2, 0, 0, 0, 0, 1, 253, 0, 0, 0, 0, 0, 0, 0);
    READ(false, &o, 1, 0, 2, 0, 0, 0, 0, 1);
    READ(false, &o, 0, 0, 0, 0, 0, 0, 0, 0);
}

static void test_every_truncation_spoils_the_message(void **state)
{
    (void)state;
    size_t ends[] = {0, 8, 16, 48, 64, 104, 136};
    size_t next = 0;
    for (size_t len = 0; len <= sizeof RA; len++) {
        struct mn_ndp_opts o;
        bool is_end = next < 7 && len == ends[next];
        assert_int_equal(read_bytes(RA, len, &o), is_end);
        next += is_end;
    }
    assert_int_equal(next, 7);
}

static void test_256_options_are_read_and_257_are_not(void **state)
{
    (void)state;
    static uint8_t bytes[8 * (MN_NDP_OPTIONS_MAX + 1)];
    for (size_t i = 0; i <= MN_NDP_OPTIONS_MAX; i++) {
        bytes[8 * i] = 253;
        bytes[8 * i + 1] = 1;
    }
    struct mn_ndp_opts o;
    assert_true(read_bytes(bytes, sizeof bytes - 8, &o));
    assert_false(read_bytes(bytes, sizeof bytes, &o));
}

/* The data of the option of `type` in RA. */
static struct mn_rd data_of(uint8_t type)
{
    struct mn_rd options = mn_rd_over(RA, sizeof RA);
    struct mn_ndp_opt opt;
    for (int i = 0; i < MN_NDP_OPTIONS_MAX && mn_ndp_opt_next(&options, &opt) == MN_NDP_ONE; i++) {
        if (opt.type == type)
            return opt.data;
    }
    fail_msg("no option %u", type);
    return options;
}

static void assert_cidr(const struct mnet_cidr *got, const char *text)
{
    struct mnet_cidr want;
    assert_int_equal(mnet_cidr_parse(text, &want), 0);
    assert_int_equal(got->prefix_len, want.prefix_len);
    assert_memory_equal(&got->addr, &want.addr, sizeof want.addr);
}

/* RFC 4861 4.6.2, RFC 4191 2.3, RFC 8106 5.1, 5.2. */
static void test_options_that_may_repeat(void **state)
{
    (void)state;
    struct mn_ndp_prefix prefix;
    assert_true(mn_ndp_prefix_read(data_of(MN_NDP_OPT_PREFIX), &prefix));
    assert_cidr(&prefix.prefix, "2001:db8:1::/64");
    assert_true(prefix.is_on_link && prefix.is_autonomous);
    assert_int_equal(prefix.valid_s, 86400);
    assert_int_equal(prefix.preferred_s, 14400);

    struct mn_ndp_route route;
    assert_true(mn_ndp_route_read(data_of(MN_NDP_OPT_ROUTE), &route));
    assert_cidr(&route.net, "2001:db8:2::/48");
    assert_int_equal(route.preference, -1);
    assert_int_equal(route.lifetime_s, 600);

    struct mn_ndp_rdnss rdnss;
    struct mnet_addr server;
    assert_true(mn_ndp_rdnss_read(data_of(MN_NDP_OPT_RDNSS), &rdnss));
    assert_int_equal(rdnss.lifetime_s, 1200);
    assert_int_equal(rdnss.count, 2);
    assert_int_equal(mnet_addr_parse("2001:db8::53", &server), 0);
    assert_true(mnet_addr_equal(&rdnss.server[0], &server));
    assert_int_equal(mnet_addr_parse("fe80::53", &server), 0);
    assert_true(mnet_addr_equal(&rdnss.server[1], &server));

    struct mn_ndp_dnssl dnssl;
    char text[MN_NDP_DOMAIN_MAX];
    assert_true(mn_ndp_dnssl_read(data_of(MN_NDP_OPT_DNSSL), &dnssl));
    assert_int_equal(dnssl.lifetime_s, 1200);
    assert_int_equal(mn_ndp_domain_next(&dnssl.domains, text), MN_NDP_ONE);
    assert_string_equal(text, "example.org");
    assert_int_equal(mn_ndp_domain_next(&dnssl.domains, text), MN_NDP_ONE);
    assert_string_equal(text, "lan");
    assert_int_equal(mn_ndp_domain_next(&dnssl.domains, text), MN_NDP_LAST);
    assert_string_equal(text, "");
}

static void test_data_of_another_length_are_refused_and_give_zeros(void **state)
{
    (void)state;
    for (size_t len = 0; len <= 64; len++) {
        uint8_t zeros[64] = {0};
        uint8_t *at = exact(zeros, len);
        struct mn_ndp_prefix prefix;
        struct mn_ndp_route route;
        struct mn_ndp_rdnss rdnss;
        struct mn_ndp_dnssl dnssl;
        assert_int_equal(mn_ndp_prefix_read(mn_rd_over(at, len), &prefix), len == 30);
        assert_int_equal(mn_ndp_route_read(mn_rd_over(at, len), &route),
                         len == 6 || len == 14 || len == 22);
        assert_int_equal(mn_ndp_rdnss_read(mn_rd_over(at, len), &rdnss),
                         len == 22 || len == 38 || len == 54);
        assert_int_equal(mn_ndp_dnssl_read(mn_rd_over(at, len), &dnssl), len > 6);
        assert_true(is_zero(&prefix, sizeof prefix) && is_zero(&route, sizeof route));
        assert_true(is_zero(&rdnss, sizeof rdnss) && (len > 6 || is_zero(&dnssl, sizeof dnssl)));
        free(at);
    }
}

/* RFC 4861 4.6.2: bits behind the prefix length are ignored. */
static void test_a_prefix_keeps_as_many_bits_as_it_says(void **state)
{
    (void)state;
    for (unsigned bits = 0; bits < 256; bits++) {
        uint8_t data[30];
        memset(data, 0xff, sizeof data);
        data[0] = (uint8_t)bits;
        struct mn_ndp_prefix got;
        assert_int_equal(mn_ndp_prefix_read(mn_rd_over(data, sizeof data), &got), bits <= 128);
        if (bits > 128) {
            assert_true(is_zero(&got, sizeof got));
            continue;
        }
        for (unsigned i = 0; i < 128; i++)
            assert_int_equal(got.prefix.addr.bytes[i / 8] >> (7 - i % 8) & 1, i < bits);
    }
}

static void test_prefixes_that_would_stand_for_ipv4_are_refused(void **state)
{
    (void)state;
    const struct mnet_addr mapped = mnet_addr_v4(0x0a000000);
    for (unsigned bits = 90; bits <= 128; bits++) {
        uint8_t data[30] = {(uint8_t)bits};
        memcpy(data + 14, mapped.bytes, 16);
        struct mn_ndp_prefix prefix;
        assert_int_equal(mn_ndp_prefix_read(mn_rd_over(data, sizeof data), &prefix), bits < 96);
        struct mn_ndp_route route;
        data[8] = (uint8_t)bits;
        data[9] = 0;
        assert_int_equal(mn_ndp_route_read(mn_rd_over(data + 8, 22), &route), bits < 96);
    }
}

/* RFC 4191 2.3: 8 bytes carry up to 64 bits, 16 all; more than are needed are allowed. */
static void test_a_route_needs_the_bytes_of_its_prefix(void **state)
{
    (void)state;
    for (unsigned bits = 0; bits < 256; bits++) {
        for (size_t bytes = 0; bytes <= 24; bytes += 8) {
            uint8_t data[30] = {(uint8_t)bits, 0, 0, 0, 0, 9};
            memset(data + 6, 0xff, bytes);
            struct mn_ndp_route got;
            size_t need = bits > 64 ? 16 : bits > 0 ? 8 : 0;
            bool want = bits <= 128 && bytes >= need && bytes <= 16;
            assert_int_equal(mn_ndp_route_read(mn_rd_over(data, 6 + bytes), &got), want);
            for (unsigned i = 0; i < 128 && want; i++)
                assert_int_equal(got.net.addr.bytes[i / 8] >> (7 - i % 8) & 1, i < bits);
        }
    }
}

/* RFC 4191 2.3 MUST: the reserved preference makes the option void. */
static void test_preference_of_a_route(void **state)
{
    (void)state;
    static const int want[4] = {0, 1, 9, -1};
    for (unsigned flags = 0; flags < 256; flags++) {
        const uint8_t data[6] = {0, (uint8_t)flags, 0, 0, 0, 1};
        struct mn_ndp_route got;
        unsigned bits = flags >> 3 & 3;
        assert_int_equal(mn_ndp_route_read(mn_rd_over(data, sizeof data), &got), bits != 2);
        if (bits != 2)
            assert_int_equal(got.preference, want[bits]);
    }
}

/* RFC 8106 5.3.1: at least three; here eight. And only addresses that a server can have. */
static void test_eight_dns_servers_are_kept_and_impossible_ones_left_out(void **state)
{
    (void)state;
    uint8_t data[6 + 16 * 20] = {0};
    for (size_t count = 1; count <= 20; count++) {
        uint8_t *last = data + 6 + 16 * (count - 1);
        last[0] = 0x20;
        last[15] = (uint8_t)count;
        struct mn_ndp_rdnss got;
        assert_true(mn_ndp_rdnss_read(mn_rd_over(data, 6 + 16 * count), &got));
        assert_int_equal(got.count, count < 8 ? count : 8);
        assert_int_equal(got.server[got.count - 1].bytes[15], got.count);
    }
    struct mn_ndp_rdnss got;
    const struct mnet_addr mapped = mnet_addr_v4(0x08080808);
    memset(data + 6, 0, 16);             /* unspecified */
    data[6 + 16] = 0xff;                 /* multicast */
    memcpy(data + 38, mapped.bytes, 16); /* IPv4 */
    assert_true(mn_ndp_rdnss_read(mn_rd_over(data, 6 + 16 * 4), &got));
    assert_int_equal(got.count, 1);
    assert_int_equal(got.server[0].bytes[15], 4);
}

struct domain_row {
    const char *name;
    const char *bytes;
    size_t len;
    enum mn_ndp_step step;
    const char *text;
};

#define BYTES(literal) literal, sizeof literal - 1

/* RFC 8106 5.2, RFC 1035 3.1, RFC 1123 2.1. */
static const struct domain_row DOMAINS[] = {
    {"nothing", BYTES(""), MN_NDP_LAST, ""},
    {"padding", BYTES("\0\0\0"), MN_NDP_LAST, ""},
    {"nothing behind padding counts", BYTES("\0\1a\0"), MN_NDP_LAST, ""},
    {"one letter", BYTES("\1a\0"), MN_NDP_ONE, "a"},
    {"digits and hyphens inside", BYTES("\5x-9-Y\0032-3\0"), MN_NDP_ONE, "x-9-Y.2-3"},
    {"no end", BYTES("\1a"), MN_NDP_BAD, ""},
    {"no end behind a label", BYTES("\1a\1b"), MN_NDP_BAD, ""},
    {"label past the end", BYTES("\3ab"), MN_NDP_BAD, ""},
    {"compressed", BYTES("\300\0"), MN_NDP_BAD, ""},
    {"label of 64", BYTES("\100xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\0"),
     MN_NDP_BAD, ""},
    {"label of 63", BYTES("\77xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\0"),
     MN_NDP_ONE, "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"},
    {"hyphen first", BYTES("\2-a\0"), MN_NDP_BAD, ""},
    {"hyphen last", BYTES("\2a-\0"), MN_NDP_BAD, ""},
    {"hyphen alone", BYTES("\1-\0"), MN_NDP_BAD, ""},
    {"a dot in a label", BYTES("\3a.b\0"), MN_NDP_BAD, ""},
    {"a NUL in a label", BYTES("\3a\0b\0"), MN_NDP_BAD, ""},
    {"a blank", BYTES("\3a b\0"), MN_NDP_BAD, ""},
    {"a line feed", BYTES("\3a\nb\0"), MN_NDP_BAD, ""},
    {"beyond ASCII", BYTES("\2a\344\0"), MN_NDP_BAD, ""},
    {"a bad label behind a good one", BYTES("\1a\1/\0"), MN_NDP_BAD, ""},
};

static void test_table_of_domains(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof DOMAINS / sizeof DOMAINS[0]; i++) {
        const struct domain_row *row = &DOMAINS[i];
        uint8_t *at = exact((const uint8_t *)row->bytes, row->len);
        struct mn_rd r = mn_rd_over(at, row->len);
        char text[MN_NDP_DOMAIN_MAX];
        memset(text, 'z', sizeof text);
        enum mn_ndp_step step = mn_ndp_domain_next(&r, text);
        if (step != row->step || strcmp(text, row->text) != 0)
            fail_msg("row \"%s\": step %d, \"%s\"", row->name, (int)step, text);
        free(at);
    }
}

/* RFC 1035 2.3.4: 255 bytes with the lengths and the end. */
static void test_the_longest_domain_is_253_characters(void **state)
{
    (void)state;
    for (size_t last = 59; last <= 63; last++) {
        uint8_t bytes[4 * 64 + 1] = {0};
        memset(bytes, 'x', 3 * 64 + 1 + last);
        bytes[0] = bytes[64] = bytes[128] = 63;
        bytes[192] = (uint8_t)last;
        struct mn_rd r = mn_rd_over(bytes, sizeof bytes);
        char text[MN_NDP_DOMAIN_MAX];
        enum mn_ndp_step step = mn_ndp_domain_next(&r, text);
        assert_int_equal(step, last <= 61 ? MN_NDP_ONE : MN_NDP_BAD);
        assert_int_equal(strlen(text), last <= 61 ? 3 * 64 + last : 0);
    }
    uint8_t labels[2 * 128 + 1];
    for (size_t i = 0; i < sizeof labels; i += 2) {
        labels[i] = 1;
        if (i + 1 < sizeof labels)
            labels[i + 1] = 'x';
    }
    char text[MN_NDP_DOMAIN_MAX];
    labels[2 * 127] = 0;
    struct mn_rd r = mn_rd_over(labels, sizeof labels);
    assert_int_equal(mn_ndp_domain_next(&r, text), MN_NDP_ONE);
    assert_int_equal(strlen(text), 253);
    labels[2 * 127] = 1;
    r = mn_rd_over(labels, sizeof labels);
    assert_int_equal(mn_ndp_domain_next(&r, text), MN_NDP_BAD);
}

/* What was written of RA but for its domains is what scapy wrote. */
static void test_what_is_written_is_what_scapy_writes(void **state)
{
    (void)state;
    struct mn_ndp_opts o;
    struct mn_ndp_prefix prefix;
    struct mn_ndp_route route;
    struct mn_ndp_rdnss rdnss;
    assert_true(mn_ndp_opts_read(mn_rd_over(RA, sizeof RA), &o));
    assert_true(mn_ndp_prefix_read(data_of(MN_NDP_OPT_PREFIX), &prefix));
    assert_true(mn_ndp_route_read(data_of(MN_NDP_OPT_ROUTE), &route));
    assert_true(mn_ndp_rdnss_read(data_of(MN_NDP_OPT_RDNSS), &rdnss));
    uint8_t out[104];
    struct mn_wr w = mn_wr_over(out, sizeof out);
    mn_ndp_opts_write(&w, &o);
    assert_int_equal(w.off, mn_ndp_opts_len(&o));
    mn_ndp_prefix_write(&w, &prefix);
    mn_ndp_route_write(&w, &route);
    mn_ndp_rdnss_write(&w, &rdnss);
    assert_true(mn_wr_ok(&w) && mn_wr_left(&w) == 0);
    assert_memory_equal(out, RA, sizeof out);
}

static void test_reading_what_was_written_gives_it_back(void **state)
{
    (void)state;
    uint64_t seed = 20;
    for (int i = 0; i < ROUNDS; i++) {
        struct mn_ndp_opts in = {0}, got;
        uint8_t which = random8(&seed);
        if ((in.has_source_mac = which & 1))
            random_bytes(&seed, in.source_mac.bytes, 6);
        if ((in.has_target_mac = (which & 2) != 0))
            random_bytes(&seed, in.target_mac.bytes, 6);
        if ((in.has_mtu = (which & 4) != 0))
            in.mtu = random32(&seed);
        if ((in.has_nonce = (which & 8) != 0))
            random_bytes(&seed, in.nonce, sizeof in.nonce);
        uint8_t at[MN_NDP_OPTS_LEN_MAX];
        struct mn_wr w = mn_wr_over(at, (size_t)mn_ndp_opts_len(&in));
        mn_ndp_opts_write(&w, &in);
        assert_true(mn_wr_ok(&w) && mn_wr_left(&w) == 0);
        assert_true(mn_ndp_opts_read(mn_rd_over(at, (size_t)w.off), &got));
        assert_memory_equal(&in, &got, sizeof in);
    }
}

/* One option at `at` of `len` bytes, all of which it takes. */
static struct mn_rd only_option(const uint8_t *at, int32_t len, uint8_t type)
{
    struct mn_rd r = mn_rd_over(at, (size_t)len);
    struct mn_ndp_opt opt;
    assert_int_equal(mn_ndp_opt_next(&r, &opt), MN_NDP_ONE);
    assert_int_equal(opt.type, type);
    assert_int_equal(mn_rd_left(&r), 0);
    return opt.data;
}

static void test_reading_a_written_prefix_route_and_servers_gives_them_back(void **state)
{
    (void)state;
    uint64_t seed = 21;
    for (int i = 0; i < ROUNDS; i++) {
        uint8_t at[8 + 16 * MN_NDP_SERVERS_MAX];
        struct mn_ndp_prefix prefix = {.is_on_link = random8(&seed) & 1,
                                       .is_autonomous = random8(&seed) & 1,
                                       .valid_s = random32(&seed),
                                       .preferred_s = random32(&seed)};
        struct mn_ndp_route route = {.preference = (int8_t)(random8(&seed) % 3 - 1),
                                     .lifetime_s = random32(&seed)};
        /* Whole bytes, so that nothing is cleared. */
        uint8_t bytes = random8(&seed) % 17;
        prefix.prefix.prefix_len = route.net.prefix_len = (uint8_t)(bytes * 8);
        random_bytes(&seed, prefix.prefix.addr.bytes, bytes);
        route.net.addr = prefix.prefix.addr;
        struct mn_ndp_rdnss rdnss = {.lifetime_s = random32(&seed), .count = 1};
        rdnss.count = (uint8_t)(1 + random8(&seed) % MN_NDP_SERVERS_MAX);
        for (unsigned k = 0; k < rdnss.count; k++) {
            random_bytes(&seed, rdnss.server[k].bytes, 16);
            rdnss.server[k].bytes[0] = 0x20;
        }

        struct mn_ndp_prefix prefix_got;
        struct mn_wr w = mn_wr_over(at, sizeof at);
        mn_ndp_prefix_write(&w, &prefix);
        assert_true(mn_ndp_prefix_read(only_option(at, w.off, MN_NDP_OPT_PREFIX), &prefix_got));
        assert_memory_equal(&prefix.prefix, &prefix_got.prefix, sizeof prefix.prefix);
        assert_int_equal(prefix.is_on_link, prefix_got.is_on_link);
        assert_int_equal(prefix.is_autonomous, prefix_got.is_autonomous);
        assert_int_equal(prefix.valid_s, prefix_got.valid_s);
        assert_int_equal(prefix.preferred_s, prefix_got.preferred_s);
        struct mn_ndp_route route_got;
        w = mn_wr_over(at, sizeof at);
        mn_ndp_route_write(&w, &route);
        assert_true(mn_ndp_route_read(only_option(at, w.off, MN_NDP_OPT_ROUTE), &route_got));
        assert_memory_equal(&route.net, &route_got.net, sizeof route.net);
        assert_int_equal(route.preference, route_got.preference);
        assert_int_equal(route.lifetime_s, route_got.lifetime_s);
        struct mn_ndp_rdnss rdnss_got;
        w = mn_wr_over(at, sizeof at);
        mn_ndp_rdnss_write(&w, &rdnss);
        assert_true(mn_ndp_rdnss_read(only_option(at, w.off, MN_NDP_OPT_RDNSS), &rdnss_got));
        assert_int_equal(rdnss.count, rdnss_got.count);
        assert_int_equal(rdnss.lifetime_s, rdnss_got.lifetime_s);
        assert_memory_equal(rdnss.server, rdnss_got.server, 16u * rdnss.count);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_options_that_count_once),
        cmocka_unit_test(test_the_first_of_each_counts),
        cmocka_unit_test(test_what_is_not_known_is_passed_over),
        cmocka_unit_test(test_a_length_of_zero_spoils_the_message),
        cmocka_unit_test(test_every_truncation_spoils_the_message),
        cmocka_unit_test(test_256_options_are_read_and_257_are_not),
        cmocka_unit_test(test_options_that_may_repeat),
        cmocka_unit_test(test_data_of_another_length_are_refused_and_give_zeros),
        cmocka_unit_test(test_a_prefix_keeps_as_many_bits_as_it_says),
        cmocka_unit_test(test_prefixes_that_would_stand_for_ipv4_are_refused),
        cmocka_unit_test(test_a_route_needs_the_bytes_of_its_prefix),
        cmocka_unit_test(test_preference_of_a_route),
        cmocka_unit_test(test_eight_dns_servers_are_kept_and_impossible_ones_left_out),
        cmocka_unit_test(test_table_of_domains),
        cmocka_unit_test(test_the_longest_domain_is_253_characters),
        cmocka_unit_test(test_what_is_written_is_what_scapy_writes),
        cmocka_unit_test(test_reading_what_was_written_gives_it_back),
        cmocka_unit_test(test_reading_a_written_prefix_route_and_servers_gives_them_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
