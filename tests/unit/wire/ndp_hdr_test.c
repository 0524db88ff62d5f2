/* SPDX-License-Identifier: ISC
 *
 * Messages of neighbour discovery: one of each kind made by scapy, which refusals there are, round
 * trips. */
#include "wire_test.h"
#include <wire/ndp_hdr.h>

static const uint8_t RS[16] = {0x85, 0x00, 0x71, 0xb5, 0x00, 0x00, 0x00, 0x00,
                               0x01, 0x01, 0x52, 0x54, 0x00, 0x12, 0x34, 0x56};
static const uint8_t RA[152] = {
    0x86, 0x00, 0x19, 0x3e, 0x40, 0xc8, 0x07, 0x08, 0x00, 0x00, 0x75, 0x30, 0x00, 0x00, 0x03, 0xe8,
    0x01, 0x01, 0x52, 0x54, 0x00, 0x12, 0x34, 0x56, 0x05, 0x01, 0x00, 0x00, 0x00, 0x00, 0x05, 0x78,
    0x03, 0x04, 0x40, 0xc0, 0x00, 0x01, 0x51, 0x80, 0x00, 0x00, 0x38, 0x40, 0x00, 0x00, 0x00, 0x00,
    0x20, 0x01, 0x0d, 0xb8, 0x00, 0x01, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
    0x18, 0x02, 0x30, 0x18, 0x00, 0x00, 0x02, 0x58, 0x20, 0x01, 0x0d, 0xb8, 0x00, 0x02, 0x00, 0x00,
    0x19, 0x05, 0x00, 0x00, 0x00, 0x00, 0x04, 0xb0, 0x20, 0x01, 0x0d, 0xb8, 0x00, 0x00, 0x00, 0x00,
    0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x53, 0xfe, 0x80, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
    0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x53, 0x1f, 0x04, 0x00, 0x00, 0x00, 0x00, 0x04, 0xb0,
    0x07, 0x65, 0x78, 0x61, 0x6d, 0x70, 0x6c, 0x65, 0x03, 0x6f, 0x72, 0x67, 0x00, 0x03, 0x6c, 0x61,
    0x6e, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00};
static const uint8_t NS[32] = {0x87, 0x00, 0x42, 0xea, 0x00, 0x00, 0x00, 0x00, 0x20, 0x01, 0x0d,
                               0xb8, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
                               0x00, 0x01, 0x01, 0x01, 0x52, 0x54, 0x00, 0x12, 0x34, 0x56};
static const uint8_t NA[32] = {0x88, 0x00, 0x31, 0x34, 0xe0, 0x00, 0x00, 0x00, 0x20, 0x01, 0x0d,
                               0xb8, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
                               0x00, 0x01, 0x02, 0x01, 0x52, 0x54, 0x00, 0x12, 0x34, 0x56};
static const uint8_t REDIRECT[104] = {
    0x89, 0x00, 0x9c, 0x22, 0x00, 0x00, 0x00, 0x00, 0xfe, 0x80, 0x00, 0x00, 0x00, 0x00, 0x00,
    0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02, 0x20, 0x01, 0x0d, 0xb8, 0x00, 0x09,
    0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x09, 0x02, 0x01, 0x52, 0x54, 0x00,
    0x12, 0x34, 0x56, 0x04, 0x07, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x60, 0x00, 0x00, 0x00,
    0x00, 0x08, 0x11, 0x40, 0x20, 0x01, 0x0d, 0xb8, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
    0x00, 0x00, 0x00, 0x00, 0x02, 0x20, 0x01, 0x0d, 0xb8, 0x00, 0x09, 0x00, 0x00, 0x00, 0x00,
    0x00, 0x00, 0x00, 0x00, 0x00, 0x09, 0x00, 0x05, 0x00, 0x06, 0x00, 0x08, 0xa4, 0x4d};

/* The five messages as one table, so that each rule is asked of all of them. */
union message {
    struct mn_ndp_rs rs;
    struct mn_ndp_ra ra;
    struct mn_ndp_ns ns;
    struct mn_ndp_na na;
    struct mn_ndp_redirect redirect;
};

static bool read_rs(struct mn_rd *r, union message *m)
{
    return mn_ndp_rs_read(r, &m->rs);
}
static bool read_ra(struct mn_rd *r, union message *m)
{
    return mn_ndp_ra_read(r, &m->ra);
}
static bool read_ns(struct mn_rd *r, union message *m)
{
    return mn_ndp_ns_read(r, &m->ns);
}
static bool read_na(struct mn_rd *r, union message *m)
{
    return mn_ndp_na_read(r, &m->na);
}
static bool read_redirect(struct mn_rd *r, union message *m)
{
    return mn_ndp_redirect_read(r, &m->redirect);
}

static void write_rs(struct mn_wr *w, const union message *m)
{
    mn_ndp_rs_write(w, &m->rs);
}
static void write_ra(struct mn_wr *w, const union message *m)
{
    mn_ndp_ra_write(w, &m->ra);
}
static void write_ns(struct mn_wr *w, const union message *m)
{
    mn_ndp_ns_write(w, &m->ns);
}
static void write_na(struct mn_wr *w, const union message *m)
{
    mn_ndp_na_write(w, &m->na);
}
static void write_redirect(struct mn_wr *w, const union message *m)
{
    mn_ndp_redirect_write(w, &m->redirect);
}

struct kind {
    const char *name;
    const uint8_t *bytes;
    int32_t bytes_len;
    int32_t len; /* of the fixed part: RFC 4861 6.1, 7.1, 8.1 */
    size_t size; /* of the struct */
    bool (*read)(struct mn_rd *r, union message *m);
    void (*write)(struct mn_wr *w, const union message *m);
};

static const struct kind KINDS[] = {
    {"RS", RS, sizeof RS, MN_NDP_RS_LEN, sizeof(struct mn_ndp_rs), read_rs, write_rs},
    {"RA", RA, sizeof RA, MN_NDP_RA_LEN, sizeof(struct mn_ndp_ra), read_ra, write_ra},
    {"NS", NS, sizeof NS, MN_NDP_NS_LEN, sizeof(struct mn_ndp_ns), read_ns, write_ns},
    {"NA", NA, sizeof NA, MN_NDP_NA_LEN, sizeof(struct mn_ndp_na), read_na, write_na},
    {"redirect", REDIRECT, sizeof REDIRECT, MN_NDP_REDIRECT_LEN, sizeof(struct mn_ndp_redirect),
     read_redirect, write_redirect},
};
#define KIND_COUNT (sizeof KINDS / sizeof KINDS[0])

/* Reads a copy; false must have zeroed the struct. */
static bool read_bytes(const struct kind *k, const uint8_t *bytes, size_t len, union message *m)
{
    uint8_t *at = exact(bytes, len);
    struct mn_rd r = mn_rd_over(at, len);
    memset(m, 0xff, sizeof *m);
    bool ok = k->read(&r, m);
    if (!ok && !is_zero(m, k->size))
        fail_msg("%s: not zeroed", k->name);
    free(at);
    return ok;
}

/* RFC 4861 4.1 to 4.5, RFC 4191 2.2. */
static void test_fields_are_where_the_rfcs_have_them(void **state)
{
    (void)state;
    union message m;
    assert_true(read_bytes(&KINDS[0], RS, sizeof RS, &m));
    assert_int_equal(m.rs.checksum, 0x71b5);
    assert_int_equal(mn_rd_left(&m.rs.options), 8);

    assert_true(read_bytes(&KINDS[1], RA, sizeof RA, &m));
    assert_int_equal(m.ra.checksum, 0x193e);
    assert_int_equal(m.ra.hop_limit, 64);
    assert_true(m.ra.is_managed && m.ra.has_other);
    assert_int_equal(m.ra.preference, 1);
    assert_int_equal(m.ra.router_lifetime_s, 1800);
    assert_int_equal(m.ra.reachable_ms, 30000);
    assert_int_equal(m.ra.retrans_ms, 1000);
    assert_int_equal(mn_rd_left(&m.ra.options), (int)sizeof RA - MN_NDP_RA_LEN);

    assert_true(read_bytes(&KINDS[2], NS, sizeof NS, &m));
    assert_int_equal(m.ns.checksum, 0x42ea);
    assert_memory_equal(m.ns.target.bytes, NS + 8, 16);
    assert_int_equal(mn_rd_left(&m.ns.options), 8);

    assert_true(read_bytes(&KINDS[3], NA, sizeof NA, &m));
    assert_int_equal(m.na.checksum, 0x3134);
    assert_true(m.na.is_router && m.na.is_solicited && m.na.is_override);
    assert_memory_equal(m.na.target.bytes, NA + 8, 16);
    assert_int_equal(mn_rd_left(&m.na.options), 8);

    assert_true(read_bytes(&KINDS[4], REDIRECT, sizeof REDIRECT, &m));
    assert_int_equal(m.redirect.checksum, 0x9c22);
    assert_memory_equal(m.redirect.target.bytes, REDIRECT + 8, 16);
    assert_memory_equal(m.redirect.dst.bytes, REDIRECT + 24, 16);
    assert_int_equal(mn_rd_left(&m.redirect.options), (int)sizeof REDIRECT - 40);
}

/* RFC 4861 6.1.1, 6.1.2, 7.1.1, 7.1.2, 8.1: an ICMP length of so many octets at least. */
static void test_what_is_shorter_than_the_fixed_part_is_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < KIND_COUNT; i++) {
        union message m;
        for (int32_t len = 0; len < KINDS[i].len; len++)
            assert_false(read_bytes(&KINDS[i], KINDS[i].bytes, (size_t)len, &m));
        for (int32_t len = KINDS[i].len; len <= KINDS[i].bytes_len; len++)
            assert_true(read_bytes(&KINDS[i], KINDS[i].bytes, (size_t)len, &m));
    }
}

static void test_every_other_type_and_code_is_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < KIND_COUNT; i++) {
        uint8_t bytes[40];
        union message m;
        memcpy(bytes, KINDS[i].bytes, (size_t)KINDS[i].len);
        for (unsigned type = 0; type < 256; type++) {
            bytes[0] = (uint8_t)type;
            assert_int_equal(read_bytes(&KINDS[i], bytes, (size_t)KINDS[i].len, &m),
                             type == KINDS[i].bytes[0]);
        }
        bytes[0] = KINDS[i].bytes[0];
        for (unsigned code = 1; code < 256; code++) {
            bytes[1] = (uint8_t)code;
            assert_false(read_bytes(&KINDS[i], bytes, (size_t)KINDS[i].len, &m));
        }
    }
}

/* Of every address that a message is about: RFC 4861 7.1.1, 7.1.2, 8.1 no multicast, and none that
 * would stand for IPv4. */
static void test_multicast_and_mapped_targets_are_refused(void **state)
{
    (void)state;
    static const struct {
        size_t kind, at;
    } places[] = {{2, 8}, {3, 8}, {4, 8}, {4, 24}};
    const struct mnet_addr mapped = mnet_addr_v4(0x0a000001);
    for (size_t i = 0; i < 4; i++) {
        const struct kind *k = &KINDS[places[i].kind];
        uint8_t bytes[40];
        union message m;
        memcpy(bytes, k->bytes, (size_t)k->len);
        bytes[places[i].at] = 0xff;
        assert_false(read_bytes(k, bytes, (size_t)k->len, &m));
        memcpy(bytes + places[i].at, mapped.bytes, 16);
        assert_false(read_bytes(k, bytes, (size_t)k->len, &m));
    }
}

/* RFC 4191 2.2: 01 high, 00 medium, 11 low, 10 counts as medium; with lifetime 0 it is ignored. */
static void test_preference_of_a_router(void **state)
{
    (void)state;
    static const int want[4] = {0, 1, 0, -1};
    for (unsigned bits = 0; bits < 4; bits++) {
        uint8_t bytes[MN_NDP_RA_LEN];
        union message m;
        memcpy(bytes, RA, sizeof bytes);
        bytes[5] = (uint8_t)(bits << 3);
        assert_true(read_bytes(&KINDS[1], bytes, sizeof bytes, &m));
        assert_int_equal(m.ra.preference, want[bits]);
        assert_false(m.ra.is_managed || m.ra.has_other);
        bytes[6] = bytes[7] = 0;
        assert_true(read_bytes(&KINDS[1], bytes, sizeof bytes, &m));
        assert_int_equal(m.ra.preference, 0);
    }
}

static void test_each_flag_has_its_bit(void **state)
{
    (void)state;
    union message m;
    uint8_t bytes[MN_NDP_NA_LEN];
    memcpy(bytes, NA, sizeof bytes);
    for (unsigned bits = 0; bits < 8; bits++) {
        bytes[4] = (uint8_t)(bits << 5 | 0x1f); /* reserved bits are not looked at */
        assert_true(read_bytes(&KINDS[3], bytes, sizeof bytes, &m));
        assert_int_equal(m.na.is_router, bits >> 2 & 1);
        assert_int_equal(m.na.is_solicited, bits >> 1 & 1);
        assert_int_equal(m.na.is_override, bits & 1);
    }
    uint8_t ra[MN_NDP_RA_LEN];
    memcpy(ra, RA, sizeof ra);
    for (unsigned bits = 0; bits < 4; bits++) {
        ra[5] = (uint8_t)(bits << 6);
        assert_true(read_bytes(&KINDS[1], ra, sizeof ra, &m));
        assert_int_equal(m.ra.is_managed, bits >> 1 & 1);
        assert_int_equal(m.ra.has_other, bits & 1);
    }
}

static void test_reading_what_was_written_gives_it_back(void **state)
{
    (void)state;
    for (size_t i = 0; i < KIND_COUNT; i++) {
        const struct kind *k = &KINDS[i];
        uint64_t seed = 19;
        /* First what scapy wrote; then any bits where the RFC has fields. */
        for (int round = 0; round < 2000; round++) {
            uint8_t in[40], out[40];
            union message m;
            memcpy(in, k->bytes, (size_t)k->len);
            for (int32_t at = 2; at < k->len && round > 0; at++) {
                if (k->len == MN_NDP_RA_LEN ? at != 5 : at < 4 || at > 7)
                    in[at] = random8(&seed);
            }
            if (k->len >= MN_NDP_NS_LEN)
                in[8] &= 0x7f;
            if (k->len == MN_NDP_REDIRECT_LEN)
                in[24] &= 0x7f;
            if (k->len == MN_NDP_RA_LEN)
                in[6] |= 1;
            assert_true(read_bytes(k, in, (size_t)k->len, &m));
            struct mn_wr w = mn_wr_over(out, (size_t)k->len);
            k->write(&w, &m);
            assert_true(mn_wr_ok(&w) && mn_wr_left(&w) == 0);
            assert_memory_equal(in, out, (size_t)k->len);
        }
    }
}

static void test_a_message_that_does_not_fit_is_not_written(void **state)
{
    (void)state;
    for (size_t i = 0; i < KIND_COUNT; i++) {
        uint8_t out[40] = {0};
        const union message m = {.redirect = {.checksum = 1}};
        struct mn_wr w = mn_wr_over(out, (size_t)KINDS[i].len - 1);
        KINDS[i].write(&w, &m);
        assert_false(mn_wr_ok(&w));
        assert_true(is_zero(out, sizeof out));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fields_are_where_the_rfcs_have_them),
        cmocka_unit_test(test_what_is_shorter_than_the_fixed_part_is_refused),
        cmocka_unit_test(test_every_other_type_and_code_is_refused),
        cmocka_unit_test(test_multicast_and_mapped_targets_are_refused),
        cmocka_unit_test(test_preference_of_a_router),
        cmocka_unit_test(test_each_flag_has_its_bit),
        cmocka_unit_test(test_reading_what_was_written_gives_it_back),
        cmocka_unit_test(test_a_message_that_does_not_fit_is_not_written),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
