/* SPDX-License-Identifier: ISC
 *
 * MLD: what is read writes back to the same bytes, but for code, reserved bits, sources and
 * auxiliary data; records cover a report without a gap. */
#include "fuzz.h"
#include <wire/mld_hdr.h>

static void query(const uint8_t *data, size_t len)
{
    struct mn_rd r = mn_rd_over(data, len);
    struct mn_mld_query q;
    if (!mn_mld_query_read(&r, &q))
        return;
    size_t fixed = q.is_v2 ? 28 : 24;
    FUZZ_CHECK(data[0] == 130 && q.is_v2 == (len != 24) && len >= fixed);
    FUZZ_CHECK(mn_rd_left(&q.sources) == 16 * q.source_count);
    FUZZ_CHECK(fixed + 16u * q.source_count <= len);
    FUZZ_CHECK(mn_mld_response_ms(&q) >= q.response_code);
    uint8_t in[28], out[28];
    struct mn_wr w = mn_wr_over(out, fixed);
    mn_mld_query_write(&w, &q);
    FUZZ_CHECK(mn_wr_ok(&w) && mn_wr_left(&w) == 0);
    memcpy(in, data, fixed);
    in[1] = in[6] = in[7] = 0;
    if (q.is_v2)
        in[24] &= 0x0f;
    FUZZ_CHECK(memcmp(in, out, fixed) == 0);
}

static void report1(const uint8_t *data, size_t len)
{
    struct mn_rd r = mn_rd_over(data, len);
    struct mn_mld1 m;
    if (!mn_mld1_read(&r, &m))
        return;
    uint8_t in[24], out[24];
    struct mn_wr w = mn_wr_over(out, sizeof out);
    mn_mld1_write(&w, &m);
    FUZZ_CHECK(mn_wr_ok(&w) && mn_wr_left(&w) == 0);
    memcpy(in, data, sizeof in);
    in[1] = in[4] = in[5] = in[6] = in[7] = 0;
    FUZZ_CHECK(memcmp(in, out, sizeof out) == 0);
}

static void report2(const uint8_t *data, size_t len)
{
    struct mn_rd r = mn_rd_over(data, len);
    struct mn_mld_report report;
    struct mn_mld_record record;
    if (!mn_mld_report_read(&r, &report))
        return;
    size_t at = 8;
    for (unsigned i = 0; i < report.record_count && mn_mld_record_read(&r, &record); i++) {
        FUZZ_CHECK(record.group.bytes[0] == 0xff && record.type == data[at]);
        FUZZ_CHECK(mn_rd_left(&record.sources) == 16 * record.source_count);
        uint8_t out[20];
        struct mn_wr w = mn_wr_over(out, sizeof out);
        mn_mld_record_write(&w, &record);
        FUZZ_CHECK(memcmp(out + 4, data + at + 4, 16) == 0);
        at += 20 + 16u * record.source_count + 4u * data[at + 1];
        FUZZ_CHECK(at == (size_t)r.off && at <= len);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    query(data, len);
    report1(data, len);
    report2(data, len);
    return 0;
}
