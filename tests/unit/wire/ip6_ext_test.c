/* SPDX-License-Identifier: ISC
 *
 * IPv6 extension headers: a chain of each kind made by scapy, a table of good and bad headers, each
 * bound, writers. */
#include "wire_test.h"
#include <wire/icmp6_hdr.h>
#include <wire/ip6_ext.h>
#include <wire/ip6_hdr.h>

/* Hop-by-hop options with a router alert, destination options with an option 0x1e, a routing header
 * that is used up, a fragment at 1480 with more to come, and 8 bytes. */
static const uint8_t CHAIN[80] = {
    0x60, 0x00, 0x00, 0x00, 0x00, 0x28, 0x00, 0x40, 0x20, 0x01, 0x0d, 0xb8, 0x00, 0x00, 0x00, 0x00,
    0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x01, 0x20, 0x01, 0x0d, 0xb8, 0x00, 0x00, 0x00, 0x00,
    0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02, 0x3c, 0x00, 0x05, 0x02, 0x00, 0x00, 0x01, 0x00,
    0x2b, 0x00, 0x1e, 0x04, 0x01, 0x02, 0x03, 0x04, 0x2c, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
    0x11, 0x00, 0x05, 0xc9, 0xde, 0xad, 0xbe, 0xef, 0x31, 0x32, 0x33, 0x34, 0x35, 0x36, 0x37, 0x38};

/* RFC 8200 4.1: the order of headers in a packet. */
static void test_a_chain_of_all_kinds_is_walked(void **state)
{
    (void)state;
    static const uint8_t kinds[] = {MN_IP6_EXT_HOP_BY_HOP, MN_IP6_EXT_DST_OPTS, MN_IP6_EXT_ROUTING,
                                    MN_IP6_EXT_FRAGMENT};
    struct mn_rd r = mn_rd_over(CHAIN, sizeof CHAIN);
    struct mn_ip6_hdr h;
    assert_int_equal(mn_ip6_hdr_read(&r, sizeof CHAIN, &h), MN_IP6_OK);
    struct mn_ip6_ext ext = mn_ip6_ext_first(h.next);
    assert_int_equal(ext.next_at, MN_IP6_NEXT_OFFSET);
    for (int i = 0; i < 4; i++) {
        assert_int_equal(mn_ip6_ext_next(&r, &ext), MN_IP6_EXT_ONE);
        assert_int_equal(ext.kind, kinds[i]);
        assert_int_equal(ext.at, MN_IP6_HDR_LEN + 8 * i);
        assert_int_equal(ext.next_at, ext.at);
        assert_int_equal(ext.len, 8);
        assert_int_equal(ext.count, i + 1);
    }
    assert_true(ext.has_router_alert);
    assert_int_equal(ext.router_alert, MN_IP6_ALERT_MLD);
    assert_int_equal(ext.frag.next, MN_PROTO_UDP);
    assert_int_equal(ext.frag.offset, 1480);
    assert_true(ext.frag.more);
    assert_int_equal(ext.frag.id, 0xdeadbeef);
    assert_false(mn_ip6_frag_is_whole(&ext.frag));
    assert_int_equal(mn_ip6_ext_next(&r, &ext), MN_IP6_EXT_LAST);
    assert_int_equal(ext.next, MN_PROTO_UDP);
    assert_int_equal(mn_rd_left(&r), 8);
}

static enum mn_ip6_ext_step walk(uint8_t next, const uint8_t *bytes, size_t len,
                                 struct mn_ip6_ext *ext)
{
    uint8_t *at = exact(bytes, len);
    struct mn_rd r = mn_rd_over(at, len);
    *ext = mn_ip6_ext_first(next);
    enum mn_ip6_ext_step step = MN_IP6_EXT_ONE;
    int steps = 0;
    for (; step == MN_IP6_EXT_ONE; steps++)
        step = mn_ip6_ext_next(&r, ext);
    assert_in_range(steps, 1, MN_IP6_EXTS + 1);
    free(at);
    return step;
}

static void test_every_truncation_of_the_chain_is_short(void **state)
{
    (void)state;
    struct mn_ip6_ext ext;
    const uint8_t *headers = CHAIN + MN_IP6_HDR_LEN;
    for (size_t len = 0; len < 32; len++) {
        assert_int_equal(walk(0, headers, len, &ext), MN_IP6_EXT_SHORT);
        assert_int_equal(ext.count, len / 8);
    }
    assert_int_equal(walk(0, headers, 32, &ext), MN_IP6_EXT_LAST);
}

#define HBH MN_IP6_EXT_HOP_BY_HOP
#define DST MN_IP6_EXT_DST_OPTS
#define RTG MN_IP6_EXT_ROUTING
#define FRG MN_IP6_EXT_FRAGMENT
#define NON MN_IP6_EXT_NO_NEXT
#define TCP 6

struct row {
    const char *name;
    uint8_t next;
    uint8_t bytes[24];
    uint8_t len;
    enum mn_ip6_ext_step step;
    uint8_t code;   /* with PARAM */
    uint8_t bad_at; /* with PARAM */
};

#define ONE_HEADER(...) {__VA_ARGS__}, 8
#define TWO_HEADERS(...) {__VA_ARGS__}, 16
#define FIELD MN_ICMP6_PARAM_FIELD
#define OPTION MN_ICMP6_PARAM_OPTION
#define NEXT MN_ICMP6_PARAM_NEXT

/* RFC 8200 4: 4.2 options, 4.3 and 4.6 their headers, 4.4 routing, 4.7 no next header. RFC 5095 3:
 * routing headers of type 0. RFC 2711 2: router alert. */
static const struct row ROWS[] = {
    {"no header at all", TCP, {0}, 0, MN_IP6_EXT_LAST, 0, 0},
    {"no next header", NON, ONE_HEADER(1, 2, 3), MN_IP6_EXT_NONE, 0, 0},
    {"authentication is not known", 51, ONE_HEADER(TCP, 1), MN_IP6_EXT_LAST, 0, 0},
    {"encryption is not known", 50, ONE_HEADER(1), MN_IP6_EXT_LAST, 0, 0},
    {"no next header behind options", DST, ONE_HEADER(NON, 0, 1, 4), MN_IP6_EXT_NONE, 0, 0},

    {"hop-by-hop options", HBH, ONE_HEADER(TCP, 0, 1, 4), MN_IP6_EXT_LAST, 0, 0},
    {"hop-by-hop options behind others", DST, TWO_HEADERS(HBH, 0, 1, 4, 0, 0, 0, 0, TCP, 0, 1, 4),
     MN_IP6_EXT_PARAM, NEXT, 0},
    {"hop-by-hop options twice", HBH, TWO_HEADERS(HBH, 0, 1, 4, 0, 0, 0, 0, TCP, 0, 1, 4),
     MN_IP6_EXT_PARAM, NEXT, 0},

    {"one-byte padding", DST, ONE_HEADER(TCP, 0), MN_IP6_EXT_LAST, 0, 0},
    {"padding of nothing", DST, ONE_HEADER(TCP, 0, 1, 0, 1, 0, 1, 0), MN_IP6_EXT_LAST, 0, 0},
    {"padding of 7 bytes in a row", DST, TWO_HEADERS(TCP, 1, 30, 5, 9, 9, 9, 9, 9, 1, 5),
     MN_IP6_EXT_LAST, 0, 0},
    {"padding of 8 bytes in one", DST, TWO_HEADERS(TCP, 1, 30, 4, 9, 9, 9, 9, 1, 6),
     MN_IP6_EXT_TOO_MANY, 0, 0},
    {"padding of 8 bytes in two", DST, TWO_HEADERS(TCP, 1, 30, 4, 9, 9, 9, 9, 1, 5),
     MN_IP6_EXT_TOO_MANY, 0, 0},
    {"padding of 8 single bytes", DST, TWO_HEADERS(TCP, 1, 30, 4, 9, 9, 9, 9), MN_IP6_EXT_TOO_MANY,
     0, 0},

    {"unknown option, 00: skip", DST, ONE_HEADER(TCP, 0, 0x3f, 4), MN_IP6_EXT_LAST, 0, 0},
    {"unknown option, 01: discard", DST, ONE_HEADER(TCP, 0, 0x7f, 4), MN_IP6_EXT_REFUSED, 0, 0},
    {"unknown option, 10: answer", DST, ONE_HEADER(TCP, 0, 0, 0xbf, 3), MN_IP6_EXT_PARAM, OPTION,
     3},
    {"unknown option, 11: answer unless multicast", DST, ONE_HEADER(TCP, 0, 0xff, 4),
     MN_IP6_EXT_PARAM_UNLESS_GROUP, OPTION, 2},
    {"the first that does not say skip decides", HBH, ONE_HEADER(TCP, 0, 0x1e, 0, 0x40, 0, 0x80, 0),
     MN_IP6_EXT_REFUSED, 0, 0},
    {"a jumbo payload is an unknown option", HBH, ONE_HEADER(TCP, 0, 0xc2, 4),
     MN_IP6_EXT_PARAM_UNLESS_GROUP, OPTION, 2},
    {"option that ends its header", DST, ONE_HEADER(TCP, 0, 0x1e, 4, 1, 1, 1, 1), MN_IP6_EXT_LAST,
     0, 0},
    {"option that leads past its header", DST, TWO_HEADERS(TCP, 0, 0x1e, 5, 1, 1, 1, 1, 1),
     MN_IP6_EXT_PARAM, FIELD, 3},
    {"padding that leads past its header", DST, TWO_HEADERS(TCP, 0, 0, 1, 4, 1, 1, 1, 1),
     MN_IP6_EXT_PARAM, FIELD, 4},
    {"option without a length", DST, ONE_HEADER(TCP, 0, 1, 3, 1, 1, 1, 0x1e), MN_IP6_EXT_PARAM,
     FIELD, 7},
    {"header longer than the packet", DST, ONE_HEADER(TCP, 1, 1, 4), MN_IP6_EXT_SHORT, 0, 0},

    {"router alert", HBH, ONE_HEADER(TCP, 0, 5, 2, 0, 1, 0, 0), MN_IP6_EXT_LAST, 0, 0},
    {"router alert too short", HBH, ONE_HEADER(TCP, 0, 5, 1, 0), MN_IP6_EXT_PARAM, FIELD, 3},
    {"router alert too long", HBH, ONE_HEADER(TCP, 0, 5, 3, 0), MN_IP6_EXT_PARAM, FIELD, 3},
    {"router alert elsewhere is unknown", DST, ONE_HEADER(TCP, 0, 5, 1, 0), MN_IP6_EXT_LAST, 0, 0},

    {"route of type 0, used up", RTG, ONE_HEADER(TCP, 0, 0, 0), MN_IP6_EXT_LAST, 0, 0},
    {"route of type 0", RTG, ONE_HEADER(TCP, 0, 0, 1), MN_IP6_EXT_PARAM, FIELD, 2},
    {"route of type 4", RTG, ONE_HEADER(TCP, 0, 4, 255), MN_IP6_EXT_PARAM, FIELD, 2},
    {"route behind options", DST, TWO_HEADERS(RTG, 0, 1, 4, 0, 0, 0, 0, TCP, 0, 0, 1),
     MN_IP6_EXT_PARAM, FIELD, 10},
    {"long route, used up", RTG, TWO_HEADERS(TCP, 1, 0, 0), MN_IP6_EXT_LAST, 0, 0},

    {"fragment, whose second byte is no length", FRG, ONE_HEADER(TCP, 255), MN_IP6_EXT_LAST, 0, 0},
};

static void test_table_of_good_and_bad_headers(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof ROWS / sizeof ROWS[0]; i++) {
        const struct row *row = &ROWS[i];
        struct mn_ip6_ext ext;
        enum mn_ip6_ext_step step = walk(row->next, row->bytes, row->len, &ext);
        if (step != row->step || ext.code != row->code || ext.bad_at != row->bad_at)
            fail_msg("row \"%s\": step %d, code %u, bad_at %d", row->name, (int)step, ext.code,
                     ext.bad_at);
    }
}

static void test_a_router_alert_is_told_with_its_value(void **state)
{
    (void)state;
    const uint8_t bytes[8] = {TCP, 0, 5, 2, 0x12, 0x34, 1, 0};
    struct mn_ip6_ext ext;
    assert_int_equal(walk(HBH, bytes, sizeof bytes, &ext), MN_IP6_EXT_LAST);
    assert_true(ext.has_router_alert);
    assert_int_equal(ext.router_alert, 0x1234);
    assert_int_equal(walk(DST, bytes, sizeof bytes, &ext), MN_IP6_EXT_LAST);
    assert_false(ext.has_router_alert);
}

/* RFC 8504 5.3: at most 8 options, padding not counted, wherever it is. */
static void test_eight_options_are_read_and_nine_are_not(void **state)
{
    (void)state;
    for (unsigned count = 7; count <= 9; count++) {
        for (unsigned padding = 0; padding <= 7; padding++) {
            uint8_t bytes[256] = {TCP};
            size_t len = 2;
            for (unsigned i = 0; i < count; i++) {
                len += padding; /* single bytes of it */
                bytes[len++] = 0x1e;
                bytes[len++] = 0;
            }
            while (len % 8 != 0)
                len++; /* 7 at most */
            bytes[1] = (uint8_t)(len / 8 - 1);
            struct mn_ip6_ext ext;
            assert_int_equal(walk(DST, bytes, len, &ext),
                             count <= MN_IP6_OPTIONS ? MN_IP6_EXT_LAST : MN_IP6_EXT_TOO_MANY);
        }
    }
}

/* As many steps as there can be, and then one more byte of padding. */
static void test_the_byte_behind_the_longest_options_is_still_looked_at(void **state)
{
    (void)state;
    uint8_t bytes[96] = {TCP};
    size_t len = 2;
    for (unsigned i = 0; i < MN_IP6_OPTIONS; i++) {
        len += MN_IP6_PADDING;
        bytes[len++] = 0x1e;
        bytes[len++] = 0;
    }
    len += MN_IP6_PADDING;
    len += 8 - len % 8;
    assert_int_equal(len, 88);
    bytes[1] = (uint8_t)(len / 8 - 1);
    struct mn_ip6_ext ext;
    assert_int_equal(walk(DST, bytes, len, &ext), MN_IP6_EXT_TOO_MANY);
}

static void test_eight_headers_are_read_and_nine_are_not(void **state)
{
    (void)state;
    uint8_t bytes[9 * 8] = {0};
    for (unsigned count = 1; count <= 9; count++) {
        for (unsigned i = 0; i < count; i++)
            bytes[8 * i] = i + 1 < count ? DST : TCP;
        struct mn_ip6_ext ext;
        assert_int_equal(walk(DST, bytes, 8 * count, &ext),
                         count <= MN_IP6_EXTS ? MN_IP6_EXT_LAST : MN_IP6_EXT_TOO_MANY);
    }
}

/* RFC 6946 2: offset 0 and no more to come. */
static void test_an_atomic_fragment_is_whole(void **state)
{
    (void)state;
    for (unsigned low = 0; low < 16; low++) {
        const uint8_t bytes[8] = {TCP, 0, 0, (uint8_t)low, 0, 0, 0, 1};
        struct mn_ip6_ext ext;
        assert_int_equal(walk(FRG, bytes, sizeof bytes, &ext), MN_IP6_EXT_LAST);
        /* RFC 8200 4.5: two bits are reserved. */
        assert_int_equal(mn_ip6_frag_is_whole(&ext.frag), (low & 9) == 0);
        assert_int_equal(ext.frag.offset, low & 8);
    }
}

static void test_reading_a_written_fragment_header_gives_it_back(void **state)
{
    (void)state;
    uint64_t seed = 17;
    for (int i = 0; i < ROUNDS; i++) {
        const struct mn_ip6_frag in = {.next = TCP,
                                       .offset = random16(&seed) & 0xfff8u,
                                       .more = (random8(&seed) & 1) != 0,
                                       .id = random32(&seed)};
        uint8_t bytes[MN_IP6_FRAG_LEN];
        struct mn_wr w = mn_wr_over(bytes, sizeof bytes);
        mn_ip6_frag_write(&w, &in);
        assert_true(mn_wr_ok(&w) && mn_wr_left(&w) == 0);
        struct mn_ip6_ext ext;
        assert_int_equal(walk(FRG, bytes, sizeof bytes, &ext), MN_IP6_EXT_LAST);
        assert_int_equal(ext.frag.next, in.next);
        assert_int_equal(ext.frag.offset, in.offset);
        assert_int_equal(ext.frag.more, in.more);
        assert_int_equal(ext.frag.id, in.id);
    }
}

static void test_what_is_written_is_what_scapy_writes(void **state)
{
    (void)state;
    uint8_t bytes[MN_IP6_ALERT_LEN];
    struct mn_wr w = mn_wr_over(bytes, sizeof bytes);
    mn_ip6_alert_write(&w, DST, MN_IP6_ALERT_MLD);
    assert_true(mn_wr_ok(&w) && mn_wr_left(&w) == 0);
    assert_memory_equal(bytes, CHAIN + 40, sizeof bytes);
    w = mn_wr_over(bytes, sizeof bytes);
    mn_ip6_frag_write(&w, &(struct mn_ip6_frag){17, true, 1480, 0xdeadbeef});
    assert_memory_equal(bytes, CHAIN + 64, sizeof bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_chain_of_all_kinds_is_walked),
        cmocka_unit_test(test_every_truncation_of_the_chain_is_short),
        cmocka_unit_test(test_table_of_good_and_bad_headers),
        cmocka_unit_test(test_a_router_alert_is_told_with_its_value),
        cmocka_unit_test(test_eight_options_are_read_and_nine_are_not),
        cmocka_unit_test(test_the_byte_behind_the_longest_options_is_still_looked_at),
        cmocka_unit_test(test_eight_headers_are_read_and_nine_are_not),
        cmocka_unit_test(test_an_atomic_fragment_is_whole),
        cmocka_unit_test(test_reading_a_written_fragment_header_gives_it_back),
        cmocka_unit_test(test_what_is_written_is_what_scapy_writes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
