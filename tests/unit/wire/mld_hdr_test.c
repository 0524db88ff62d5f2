/* SPDX-License-Identifier: ISC
 *
 * Messages of MLD: one of each kind made by scapy, versions by length, codes of time, truncation,
 * round trips. */
#include "wire_test.h"
#include <wire/ip6_hdr.h>
#include <wire/mld_hdr.h>

/* A general query of v1; a query of v2 with code 0x8123, S, QRV 2, QQIC 125 and two sources; a
 * report of v1; a report of v2 with two records, the second with a source and a word of data, whose
 * length is put right: scapy counts its bytes, RFC 3810 5.2.6 words. */
static const uint8_t QUERY1[24] = {0x82, 0x00, 0xd5, 0x5b, 0x27, 0x10, 0x00, 0x00,
                                   0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
                                   0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00};
static const uint8_t QUERY2[60] = {
    0x82, 0x00, 0x08, 0x74, 0x81, 0x23, 0x00, 0x00, 0xff, 0x02, 0x00, 0x00, 0x00, 0x00, 0x00,
    0x00, 0x00, 0x00, 0x00, 0x00, 0x0d, 0xb8, 0x00, 0x01, 0x0a, 0x7d, 0x00, 0x02, 0x20, 0x01,
    0x0d, 0xb8, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x01, 0x20,
    0x01, 0x0d, 0xb8, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02};
static const uint8_t REPORT1[24] = {0x83, 0x00, 0xe0, 0xf7, 0x00, 0x00, 0x00, 0x00,
                                    0xff, 0x02, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
                                    0x00, 0x00, 0x00, 0x00, 0x0d, 0xb8, 0x00, 0x01};
static const uint8_t REPORT2[68] = {
    0x8f, 0x00, 0xab, 0xa1, 0x00, 0x00, 0x00, 0x02, 0x04, 0x00, 0x00, 0x00, 0xff, 0x02,
    0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x01, 0xff, 0x00, 0x00, 0x01,
    0x03, 0x01, 0x00, 0x01, 0xff, 0x02, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
    0x00, 0x00, 0x0d, 0xb8, 0x00, 0x01, 0x20, 0x01, 0x0d, 0xb8, 0x00, 0x00, 0x00, 0x00,
    0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x01, 0x01, 0x02, 0x03, 0x04};

static bool read_query(const uint8_t *bytes, size_t len, struct mn_mld_query *q)
{
    uint8_t *at = exact(bytes, len);
    struct mn_rd r = mn_rd_over(at, len);
    memset(q, 0xff, sizeof *q);
    bool ok = mn_mld_query_read(&r, q);
    if (!ok)
        assert_true(is_zero(q, sizeof *q));
    free(at);
    return ok;
}

static bool read_v1(const uint8_t *bytes, size_t len, struct mn_mld1 *m)
{
    uint8_t *at = exact(bytes, len);
    struct mn_rd r = mn_rd_over(at, len);
    memset(m, 0xff, sizeof *m);
    bool ok = mn_mld1_read(&r, m);
    if (!ok)
        assert_true(is_zero(m, sizeof *m));
    free(at);
    return ok;
}

/* RFC 2710 3, RFC 3810 5.1. */
static void test_fields_of_queries(void **state)
{
    (void)state;
    struct mn_mld_query q;
    assert_true(read_query(QUERY1, sizeof QUERY1, &q));
    assert_false(q.is_v2);
    assert_int_equal(q.checksum, 0xd55b);
    assert_int_equal(mn_mld_response_ms(&q), 10000);
    assert_true(mnet_addr_is_any(&q.group));
    assert_int_equal(q.source_count, 0);

    struct mn_rd r = mn_rd_over(QUERY2, sizeof QUERY2);
    struct mnet_addr source;
    assert_true(mn_mld_query_read(&r, &q));
    assert_true(q.is_v2 && q.is_suppressed);
    assert_int_equal(q.response_code, 0x8123);
    assert_memory_equal(q.group.bytes, QUERY2 + 8, 16);
    assert_int_equal(q.robustness, 2);
    assert_int_equal(mn_group_code(q.interval_code), 125);
    assert_int_equal(q.source_count, 2);
    assert_int_equal(mn_rd_left(&q.sources), 32);
    assert_true(mn_ip6_addr_read(&q.sources, &source));
    assert_int_equal(source.bytes[15], 1);
}

/* RFC 3810 8.1: 24 bytes are v1, 28 and more v2, all others are silently ignored. */
static void test_the_length_of_a_query_tells_its_version(void **state)
{
    (void)state;
    uint8_t bytes[40] = {0};
    memcpy(bytes, QUERY1, sizeof QUERY1);
    for (size_t len = 0; len <= sizeof bytes; len++) {
        struct mn_mld_query q;
        assert_int_equal(read_query(bytes, len, &q), len == 24 || len >= 28);
        assert_int_equal(q.is_v2, len >= 28);
    }
}

/* RFC 3810 5.1.10: as many sources as the message has room for. */
static void test_a_query_with_fewer_sources_than_it_says_is_refused(void **state)
{
    (void)state;
    struct mn_mld_query q;
    for (size_t len = MN_MLD_QUERY_LEN; len < sizeof QUERY2; len++)
        assert_false(read_query(QUERY2, len, &q));
    uint8_t bytes[sizeof QUERY2];
    memcpy(bytes, QUERY2, sizeof bytes);
    bytes[26] = bytes[27] = 0xff;
    assert_false(read_query(bytes, sizeof bytes, &q));
    bytes[26] = 0;
    bytes[27] = 1; /* what follows the sources is not looked at: 5.1.12 */
    assert_true(read_query(bytes, sizeof bytes, &q));
}

static void test_a_group_is_multicast_or_in_queries_none(void **state)
{
    (void)state;
    const struct mnet_addr mapped = mnet_addr_v4(0xe0000001);
    struct mn_mld_query q;
    struct mn_mld1 m;
    struct mn_mld_record record;
    uint8_t query[MN_MLD1_LEN], report[MN_MLD1_LEN], rec[MN_MLD_RECORD_LEN];
    memcpy(query, QUERY1, sizeof query);
    memcpy(report, REPORT1, sizeof report);
    memcpy(rec, REPORT2 + 8, sizeof rec);
    for (int i = 0; i < 3; i++) {
        uint8_t addr[16] = {0xfe, 0x80};
        if (i > 0)
            memcpy(addr, mapped.bytes, 16);
        if (i > 1)
            memset(addr, 0, 16);
        memcpy(query + 8, addr, 16);
        memcpy(report + 8, addr, 16);
        memcpy(rec + 4, addr, 16);
        struct mn_rd r = mn_rd_over(rec, sizeof rec);
        assert_int_equal(read_query(query, sizeof query, &q), i == 2);
        assert_false(read_v1(report, sizeof report, &m));
        assert_false(mn_mld_record_read(&r, &record));
        assert_true(is_zero(&record, sizeof record));
    }
}

/* RFC 3810 5.1.3; RFC 2710 3.4 has no such code. */
static void test_response_codes(void **state)
{
    (void)state;
    static const struct {
        uint16_t code;
        uint32_t ms;
    } rows[] = {
        {0, 0},          {1, 1},          {10000, 10000},  {0x7fff, 32767},   {0x8000, 32768},
        {0x8001, 32776}, {0x8fff, 65528}, {0x9000, 65536}, {0xf000, 4194304}, {0xffff, 8387584}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct mn_mld_query q = {.is_v2 = true, .response_code = rows[i].code};
        assert_int_equal(mn_mld_response_ms(&q), rows[i].ms);
        q.is_v2 = false;
        assert_int_equal(mn_mld_response_ms(&q), rows[i].code);
    }
}

/* RFC 2710 3. */
static void test_report_and_done_of_v1(void **state)
{
    (void)state;
    struct mn_mld1 m;
    for (size_t len = 0; len < sizeof REPORT1; len++)
        assert_false(read_v1(REPORT1, len, &m));
    assert_true(read_v1(REPORT1, sizeof REPORT1, &m));
    assert_int_equal(m.type, MN_ICMP6_MLD1_REPORT);
    assert_int_equal(m.checksum, 0xe0f7);
    assert_memory_equal(m.group.bytes, REPORT1 + 8, 16);
    uint8_t bytes[sizeof REPORT1];
    memcpy(bytes, REPORT1, sizeof bytes);
    for (unsigned type = 0; type < 256; type++) {
        bytes[0] = (uint8_t)type;
        assert_int_equal(read_v1(bytes, sizeof bytes, &m), type == 131 || type == 132);
        struct mn_mld_query q;
        assert_int_equal(read_query(bytes, sizeof bytes, &q), type == 130);
    }
}

/* RFC 3810 5.2. */
static void test_records_of_a_report(void **state)
{
    (void)state;
    struct mn_rd r = mn_rd_over(REPORT2, sizeof REPORT2);
    struct mn_mld_report report;
    struct mn_mld_record record;
    assert_true(mn_mld_report_read(&r, &report));
    assert_int_equal(report.checksum, 0xaba1);
    assert_int_equal(report.record_count, 2);
    assert_true(mn_mld_record_read(&r, &record));
    assert_int_equal(record.type, MN_GROUP_TO_EXCLUDE);
    assert_memory_equal(record.group.bytes, REPORT2 + 12, 16);
    assert_int_equal(record.source_count, 0);
    assert_true(mn_mld_record_read(&r, &record));
    assert_int_equal(record.type, MN_GROUP_TO_INCLUDE);
    assert_int_equal(record.source_count, 1);
    assert_int_equal(mn_rd_left(&record.sources), 16);
    assert_int_equal(mn_rd_left(&r), 0);
    assert_false(mn_mld_record_read(&r, &record));
}

static void test_every_truncation_of_a_report_is_refused(void **state)
{
    (void)state;
    for (size_t len = 0; len < sizeof REPORT2; len++) {
        uint8_t *at = exact(REPORT2, len);
        struct mn_rd r = mn_rd_over(at, len);
        struct mn_mld_report report;
        struct mn_mld_record record;
        memset(&report, 0xff, sizeof report);
        bool ok = mn_mld_report_read(&r, &report);
        assert_int_equal(ok, len >= 8);
        assert_true(ok || is_zero(&report, sizeof report));
        ok = mn_mld_record_read(&r, &record);
        assert_int_equal(ok, len >= 28);
        ok = mn_mld_record_read(&r, &record);
        assert_false(ok);
        assert_true(is_zero(&record, sizeof record));
        free(at);
    }
    struct mn_rd r = mn_rd_over(REPORT1, sizeof REPORT1);
    struct mn_mld_report report;
    assert_false(mn_mld_report_read(&r, &report));
}

static void test_what_is_written_is_what_scapy_writes(void **state)
{
    (void)state;
    uint8_t out[64];
    struct mn_mld_query q;
    struct mn_wr w = mn_wr_over(out, sizeof out);
    assert_true(read_query(QUERY1, sizeof QUERY1, &q));
    mn_mld_query_write(&w, &q);
    assert_int_equal(w.off, MN_MLD1_LEN);
    assert_memory_equal(out, QUERY1, sizeof QUERY1);

    w = mn_wr_over(out, sizeof out);
    assert_true(read_query(QUERY2, sizeof QUERY2, &q));
    mn_mld_query_write(&w, &q);
    assert_int_equal(w.off, MN_MLD_QUERY_LEN);
    assert_memory_equal(out, QUERY2, MN_MLD_QUERY_LEN);

    struct mn_mld1 m;
    w = mn_wr_over(out, sizeof out);
    assert_true(read_v1(REPORT1, sizeof REPORT1, &m));
    mn_mld1_write(&w, &m);
    assert_int_equal(w.off, sizeof REPORT1);
    assert_memory_equal(out, REPORT1, sizeof REPORT1);

    struct mn_mld_record record = {.type = MN_GROUP_TO_EXCLUDE};
    memcpy(record.group.bytes, REPORT2 + 12, 16);
    w = mn_wr_over(out, sizeof out);
    mn_mld_report_write(&w, &(struct mn_mld_report){.checksum = 0xaba1, .record_count = 2});
    mn_mld_record_write(&w, &record);
    assert_int_equal(w.off, MN_MLD_REPORT_LEN + MN_MLD_RECORD_LEN);
    assert_memory_equal(out, REPORT2, MN_MLD_REPORT_LEN + MN_MLD_RECORD_LEN);
}

static void test_reading_a_written_query_gives_it_back(void **state)
{
    (void)state;
    uint64_t seed = 22;
    for (int i = 0; i < ROUNDS; i++) {
        struct mn_mld_query in = {.checksum = random16(&seed), .response_code = random16(&seed)},
                            got;
        random_bytes(&seed, in.group.bytes, 16);
        in.group.bytes[0] = 0xff;
        if ((in.is_v2 = random8(&seed) & 1)) {
            in.is_suppressed = random8(&seed) & 1;
            in.robustness = random8(&seed) & 7;
            in.interval_code = random8(&seed);
        }
        uint8_t at[MN_MLD_QUERY_LEN];
        struct mn_wr w = mn_wr_over(at, sizeof at);
        mn_mld_query_write(&w, &in);
        assert_true(mn_wr_ok(&w));
        assert_true(read_query(at, (size_t)w.off, &got));
        assert_memory_equal(&in, &got, offsetof(struct mn_mld_query, sources));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fields_of_queries),
        cmocka_unit_test(test_the_length_of_a_query_tells_its_version),
        cmocka_unit_test(test_a_query_with_fewer_sources_than_it_says_is_refused),
        cmocka_unit_test(test_a_group_is_multicast_or_in_queries_none),
        cmocka_unit_test(test_response_codes),
        cmocka_unit_test(test_report_and_done_of_v1),
        cmocka_unit_test(test_records_of_a_report),
        cmocka_unit_test(test_every_truncation_of_a_report_is_refused),
        cmocka_unit_test(test_what_is_written_is_what_scapy_writes),
        cmocka_unit_test(test_reading_a_written_query_gives_it_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
