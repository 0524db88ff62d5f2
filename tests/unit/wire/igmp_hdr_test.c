/* SPDX-License-Identifier: ISC
 *
 * Messages of IGMP: queries and reports made by scapy, versions by length and code, codes of time,
 * truncation, round trips. */
#include "wire_test.h"
#include <wire/igmp_hdr.h>

/* A query of v2 for 224.1.2.3; one of v3 with code 137, S, QRV 2, QQIC 125 and two sources; a
 * report of v3 with two records, the second with a source. */
static const uint8_t QUERY2[8] = {0x11, 0x64, 0x0c, 0x97, 0xe0, 0x01, 0x02, 0x03};
static const uint8_t QUERY3[20] = {0x11, 0x89, 0xed, 0xef, 0xe0, 0x01, 0x02, 0x03, 0x0a, 0x7d,
                                   0x00, 0x02, 0x0a, 0x00, 0x00, 0x01, 0x0a, 0x00, 0x00, 0x02};
static const uint8_t REPORT3[28] = {0x22, 0x00, 0xea, 0xf0, 0x00, 0x00, 0x00, 0x02, 0x04, 0x00,
                                    0x00, 0x00, 0xef, 0x01, 0x02, 0x03, 0x03, 0x00, 0x00, 0x01,
                                    0xef, 0x01, 0x02, 0x04, 0x0a, 0x00, 0x00, 0x01};

static bool read_query(const uint8_t *bytes, size_t len, struct mn_igmp_query *q)
{
    uint8_t *at = exact(bytes, len);
    struct mn_rd r = mn_rd_over(at, len);
    memset(q, 0xff, sizeof *q);
    bool ok = mn_igmp_query_read(&r, q);
    if (!ok)
        assert_true(is_zero(q, sizeof *q));
    free(at);
    return ok;
}

static bool read_report1(const uint8_t *bytes, size_t len, struct mn_igmp_report1 *m)
{
    uint8_t *at = exact(bytes, len);
    struct mn_rd r = mn_rd_over(at, len);
    memset(m, 0xff, sizeof *m);
    bool ok = mn_igmp_report1_read(&r, m);
    if (!ok)
        assert_true(m->type == 0 && m->checksum == 0 && m->group == 0);
    free(at);
    return ok;
}

/* RFC 2236 2, RFC 3376 4.1. */
static void test_fields_of_queries(void **state)
{
    (void)state;
    struct mn_igmp_query q;
    assert_true(read_query(QUERY2, sizeof QUERY2, &q));
    assert_int_equal(q.version, 2);
    assert_int_equal(q.checksum, 0x0c97);
    assert_int_equal(q.group, 0xe0010203);
    assert_int_equal(mn_igmp_response_ms(&q), 10000);

    struct mn_rd r = mn_rd_over(QUERY3, sizeof QUERY3);
    assert_true(mn_igmp_query_read(&r, &q));
    assert_int_equal(q.version, 3);
    assert_int_equal(q.checksum, 0xedef);
    assert_int_equal(q.group, 0xe0010203);
    assert_true(q.is_suppressed);
    assert_int_equal(q.robustness, 2);
    assert_int_equal(mn_group_code(q.interval_code), 125);
    assert_int_equal(q.source_count, 2);
    assert_int_equal(mn_rd_left(&q.sources), 8);
    assert_int_equal(mn_rd_be32(&q.sources), 0x0a000001);
}

/* RFC 3376 7.1: 8 bytes are v1 if the code is 0 and else v2, 12 and more are v3; others are
 * silently ignored. */
static void test_length_and_code_of_a_query_tell_its_version(void **state)
{
    (void)state;
    uint8_t bytes[20] = {MN_IGMP_QUERY};
    for (unsigned code = 0; code < 256; code++) {
        bytes[1] = (uint8_t)code;
        for (size_t len = 0; len <= sizeof bytes; len++) {
            struct mn_igmp_query q;
            unsigned want = len >= 12 ? 3 : len != 8 ? 0 : code == 0 ? 1 : 2;
            assert_int_equal(read_query(bytes, len, &q), want != 0);
            assert_int_equal(q.version, want);
        }
    }
}

static void test_a_query_with_fewer_sources_than_it_says_is_refused(void **state)
{
    (void)state;
    struct mn_igmp_query q;
    for (size_t len = MN_IGMP_V3_QUERY_LEN; len < sizeof QUERY3; len++)
        assert_false(read_query(QUERY3, len, &q));
    uint8_t bytes[sizeof QUERY3];
    memcpy(bytes, QUERY3, sizeof bytes);
    bytes[10] = bytes[11] = 0xff;
    assert_false(read_query(bytes, sizeof bytes, &q));
}

/* RFC 3376 4.1.1: tenths of a second; from 128 on a floating-point code. RFC 2236 2.2: a v2 router
 * has no such code; 4: v1 means 10 s. */
static void test_response_codes(void **state)
{
    (void)state;
    static const struct {
        uint8_t code;
        uint32_t value;
    } rows[] = {{0, 0},     {1, 1},     {100, 100}, {127, 127},    {128, 128},
                {129, 136}, {143, 248}, {144, 256}, {0xf0, 16384}, {255, 31744}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_int_equal(mn_group_code(rows[i].code), rows[i].value);
        struct mn_igmp_query q = {.version = 3, .response_code = rows[i].code};
        assert_int_equal(mn_igmp_response_ms(&q), 100 * rows[i].value);
        q.version = 2;
        assert_int_equal(mn_igmp_response_ms(&q), 100u * rows[i].code);
        q.version = 1;
        assert_int_equal(mn_igmp_response_ms(&q), 10000);
    }
}

static void test_a_group_is_multicast_or_in_queries_none(void **state)
{
    (void)state;
    static const struct {
        uint8_t first;
        bool is_group;
    } rows[] = {{0, false},  {10, false},  {223, false}, {224, true},
                {239, true}, {240, false}, {255, false}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint8_t bytes[8] = {MN_IGMP_QUERY, 1, 0, 0, rows[i].first};
        struct mn_igmp_query q;
        struct mn_igmp_report1 m;
        struct mn_igmp_record record;
        assert_int_equal(read_query(bytes, sizeof bytes, &q),
                         rows[i].is_group || rows[i].first == 0);
        bytes[0] = MN_IGMP_V2_REPORT;
        assert_int_equal(read_report1(bytes, sizeof bytes, &m), rows[i].is_group);
        bytes[1] = 0;
        struct mn_rd r = mn_rd_over(bytes, sizeof bytes);
        assert_int_equal(mn_igmp_record_read(&r, &record), rows[i].is_group);
    }
}

/* RFC 2236 2.1, RFC 1112 appendix I. */
static void test_reports_of_v1_and_v2_and_leaving(void **state)
{
    (void)state;
    uint8_t bytes[8] = {0, 0, 0x12, 0x34, 0xef, 1, 2, 3};
    struct mn_igmp_report1 m;
    for (unsigned type = 0; type < 256; type++) {
        bytes[0] = (uint8_t)type;
        assert_int_equal(read_report1(bytes, sizeof bytes, &m),
                         type == 0x12 || type == 0x16 || type == 0x17);
        struct mn_igmp_query q;
        assert_int_equal(read_query(bytes, sizeof bytes, &q), type == 0x11);
    }
    bytes[0] = MN_IGMP_V2_LEAVE;
    for (size_t len = 0; len < sizeof bytes; len++)
        assert_false(read_report1(bytes, len, &m));
    assert_true(read_report1(bytes, sizeof bytes, &m));
    assert_int_equal(m.type, MN_IGMP_V2_LEAVE);
    assert_int_equal(m.checksum, 0x1234);
    assert_int_equal(m.group, 0xef010203);
    uint8_t out[8];
    struct mn_wr w = mn_wr_over(out, sizeof out);
    mn_igmp_report1_write(&w, &m);
    assert_true(mn_wr_ok(&w) && mn_wr_left(&w) == 0);
    assert_memory_equal(out, bytes, sizeof out);
}

/* RFC 3376 4.2. */
static void test_records_of_a_report(void **state)
{
    (void)state;
    struct mn_rd r = mn_rd_over(REPORT3, sizeof REPORT3);
    struct mn_igmp_report report;
    struct mn_igmp_record record;
    assert_true(mn_igmp_report_read(&r, &report));
    assert_int_equal(report.checksum, 0xeaf0);
    assert_int_equal(report.record_count, 2);
    assert_true(mn_igmp_record_read(&r, &record));
    assert_int_equal(record.type, MN_GROUP_TO_EXCLUDE);
    assert_int_equal(record.group, 0xef010203);
    assert_int_equal(record.source_count, 0);
    assert_true(mn_igmp_record_read(&r, &record));
    assert_int_equal(record.type, MN_GROUP_TO_INCLUDE);
    assert_int_equal(record.source_count, 1);
    assert_int_equal(mn_rd_be32(&record.sources), 0x0a000001);
    assert_int_equal(mn_rd_left(&r), 0);
    r = mn_rd_over(QUERY3, sizeof QUERY3);
    assert_false(mn_igmp_report_read(&r, &report));
    assert_true(is_zero(&report, sizeof report));
}

/* RFC 3376 4.2.10: auxiliary data are passed over, in words of four bytes. */
static void test_auxiliary_data_of_a_record_are_passed_over(void **state)
{
    (void)state;
    const uint8_t bytes[] = {4, 2, 0, 0, 0xef, 1, 2, 3, 9, 9, 9, 9, 9, 9, 9, 9, 4, 0, 0, 0};
    for (size_t len = 8; len <= sizeof bytes; len++) {
        struct mn_rd r = mn_rd_over(bytes, len);
        struct mn_igmp_record record;
        assert_int_equal(mn_igmp_record_read(&r, &record), len >= 16);
        if (len >= 16)
            assert_int_equal(r.off, 16);
    }
}

static void test_every_truncation_of_a_report_is_refused(void **state)
{
    (void)state;
    for (size_t len = 0; len < sizeof REPORT3; len++) {
        uint8_t *at = exact(REPORT3, len);
        struct mn_rd r = mn_rd_over(at, len);
        struct mn_igmp_report report;
        struct mn_igmp_record record;
        assert_int_equal(mn_igmp_report_read(&r, &report), len >= 8);
        assert_int_equal(mn_igmp_record_read(&r, &record), len >= 16);
        assert_false(mn_igmp_record_read(&r, &record));
        assert_true(is_zero(&record, sizeof record));
        free(at);
    }
}

static void test_what_is_written_is_what_scapy_writes(void **state)
{
    (void)state;
    uint8_t out[MN_IGMP_REPORT_LEN + MN_IGMP_RECORD_LEN];
    struct mn_igmp_query q;
    struct mn_wr w = mn_wr_over(out, sizeof out);
    assert_true(read_query(QUERY2, sizeof QUERY2, &q));
    mn_igmp_query_write(&w, &q);
    assert_int_equal(w.off, MN_IGMP_LEN);
    assert_memory_equal(out, QUERY2, sizeof QUERY2);
    w = mn_wr_over(out, sizeof out);
    assert_true(read_query(QUERY3, sizeof QUERY3, &q));
    mn_igmp_query_write(&w, &q);
    assert_int_equal(w.off, MN_IGMP_V3_QUERY_LEN);
    assert_memory_equal(out, QUERY3, MN_IGMP_V3_QUERY_LEN);
    w = mn_wr_over(out, sizeof out);
    mn_igmp_report_write(&w, &(struct mn_igmp_report){.checksum = 0xeaf0, .record_count = 2});
    mn_igmp_record_write(
        &w, &(struct mn_igmp_record){.type = MN_GROUP_TO_EXCLUDE, .group = 0xef010203});
    assert_true(mn_wr_ok(&w) && mn_wr_left(&w) == 0);
    assert_memory_equal(out, REPORT3, sizeof out);
}

static void test_reading_a_written_query_gives_it_back(void **state)
{
    (void)state;
    uint64_t seed = 23;
    for (int i = 0; i < ROUNDS; i++) {
        struct mn_igmp_query in = {.checksum = random16(&seed), .version = 1}, got;
        in.version = (uint8_t)(1 + random8(&seed) % 3);
        in.group = 0xe0000000 | random32(&seed) >> 4;
        if (in.version > 1)
            in.response_code = (uint8_t)(random8(&seed) | 1);
        if (in.version > 2) {
            in.is_suppressed = random8(&seed) & 1;
            in.robustness = random8(&seed) & 7;
            in.interval_code = random8(&seed);
        }
        uint8_t at[MN_IGMP_V3_QUERY_LEN];
        struct mn_wr w = mn_wr_over(at, sizeof at);
        mn_igmp_query_write(&w, &in);
        assert_true(mn_wr_ok(&w));
        assert_true(read_query(at, (size_t)w.off, &got));
        assert_memory_equal(&in, &got, offsetof(struct mn_igmp_query, sources));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fields_of_queries),
        cmocka_unit_test(test_length_and_code_of_a_query_tell_its_version),
        cmocka_unit_test(test_a_query_with_fewer_sources_than_it_says_is_refused),
        cmocka_unit_test(test_response_codes),
        cmocka_unit_test(test_a_group_is_multicast_or_in_queries_none),
        cmocka_unit_test(test_reports_of_v1_and_v2_and_leaving),
        cmocka_unit_test(test_records_of_a_report),
        cmocka_unit_test(test_auxiliary_data_of_a_record_are_passed_over),
        cmocka_unit_test(test_every_truncation_of_a_report_is_refused),
        cmocka_unit_test(test_what_is_written_is_what_scapy_writes),
        cmocka_unit_test(test_reading_a_written_query_gives_it_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
