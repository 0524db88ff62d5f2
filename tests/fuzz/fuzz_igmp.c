/* SPDX-License-Identifier: ISC
 *
 * IGMP: what is read writes back to the same bytes, but for reserved bits, sources and auxiliary
 * data; records cover a report without a gap. */
#include "fuzz.h"
#include <wire/igmp_hdr.h>

static void query(const uint8_t *data, size_t len)
{
    struct mn_rd r = mn_rd_over(data, len);
    struct mn_igmp_query q;
    if (!mn_igmp_query_read(&r, &q))
        return;
    size_t fixed = q.version == 3 ? 12 : 8;
    FUZZ_CHECK(data[0] == 0x11 && (q.version == 3) == (len != 8) && len >= fixed);
    FUZZ_CHECK(mn_rd_left(&q.sources) == 4 * q.source_count);
    FUZZ_CHECK(fixed + 4u * q.source_count <= len);
    FUZZ_CHECK(mn_igmp_response_ms(&q) >= 100u * q.response_code);
    uint8_t in[12], out[12];
    struct mn_wr w = mn_wr_over(out, fixed);
    mn_igmp_query_write(&w, &q);
    FUZZ_CHECK(mn_wr_ok(&w) && mn_wr_left(&w) == 0);
    memcpy(in, data, fixed);
    if (q.version == 3)
        in[8] &= 0x0f;
    FUZZ_CHECK(memcmp(in, out, fixed) == 0);
}

static void report1(const uint8_t *data, size_t len)
{
    struct mn_rd r = mn_rd_over(data, len);
    struct mn_igmp_report1 m;
    if (!mn_igmp_report1_read(&r, &m))
        return;
    uint8_t in[8], out[8];
    struct mn_wr w = mn_wr_over(out, sizeof out);
    mn_igmp_report1_write(&w, &m);
    FUZZ_CHECK(mn_wr_ok(&w) && mn_wr_left(&w) == 0);
    memcpy(in, data, sizeof in);
    in[1] = 0;
    FUZZ_CHECK(memcmp(in, out, sizeof out) == 0);
}

static void report3(const uint8_t *data, size_t len)
{
    struct mn_rd r = mn_rd_over(data, len);
    struct mn_igmp_report report;
    struct mn_igmp_record record;
    if (!mn_igmp_report_read(&r, &report))
        return;
    size_t at = 8;
    for (unsigned i = 0; i < report.record_count && mn_igmp_record_read(&r, &record); i++) {
        FUZZ_CHECK(record.group >> 28 == 0xe && record.type == data[at]);
        FUZZ_CHECK(mn_rd_left(&record.sources) == 4 * record.source_count);
        uint8_t out[8];
        struct mn_wr w = mn_wr_over(out, sizeof out);
        mn_igmp_record_write(&w, &record);
        FUZZ_CHECK(memcmp(out + 4, data + at + 4, 4) == 0);
        at += 8 + 4u * record.source_count + 4u * data[at + 1];
        FUZZ_CHECK(at == (size_t)r.off && at <= len);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    query(data, len);
    report1(data, len);
    report3(data, len);
    return 0;
}
