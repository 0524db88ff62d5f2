/* SPDX-License-Identifier: ISC
 *
 * Every message has eight bytes, which v3 prolongs. Reserved fields and what follows a message or a
 * record are written as zero or not at all, and not looked at (RFC 3376 4.1, 4.2). */
#include <wire/igmp_hdr.h>

#define SUPPRESS 0x08u
#define ROBUSTNESS_MASK 0x07u
#define SOURCE_LEN 4
#define V1_RESPONSE_MS 10000u
#define TENTH_MS 100u

uint32_t mn_group_code(uint8_t code)
{
    if (code < 0x80)
        return code;
    unsigned exponent = code >> 4 & 7u;
    return ((code & 0x0fu) | 0x10u) << (exponent + 3);
}

/* RFC 1112 4: 224/4. */
static bool is_group(uint32_t addr)
{
    return addr >> 28 == 0xe;
}

bool mn_igmp_query_read(struct mn_rd *r, struct mn_igmp_query *out)
{
    *out = (struct mn_igmp_query){0};
    struct mn_igmp_query got = {0};
    int32_t len = mn_rd_left(r);
    uint8_t type = mn_rd_u8(r);
    got.response_code = mn_rd_u8(r);
    got.checksum = mn_rd_be16(r);
    got.group = mn_rd_be32(r);
    /* RFC 3376 7.1: 8 bytes are v1 or v2, told apart by the code; 12 and more are v3. */
    got.version = got.response_code == 0 ? 1 : 2;
    if (len != MN_IGMP_LEN) {
        got.version = 3;
        uint8_t flags = mn_rd_u8(r);
        got.is_suppressed = (flags & SUPPRESS) != 0;
        got.robustness = flags & ROBUSTNESS_MASK;
        got.interval_code = mn_rd_u8(r);
        got.source_count = mn_rd_be16(r);
        got.sources = mn_rd_sub(r, got.source_count * SOURCE_LEN);
    }
    if (!mn_rd_ok(r) || type != MN_IGMP_QUERY || (got.group != 0 && !is_group(got.group)))
        return false;
    *out = got;
    return true;
}

void mn_igmp_query_write(struct mn_wr *w, const struct mn_igmp_query *q)
{
    struct mn_wr out = mn_wr_sub(w, q->version == 3 ? MN_IGMP_V3_QUERY_LEN : MN_IGMP_LEN);
    mn_wr_u8(&out, MN_IGMP_QUERY);
    mn_wr_u8(&out, q->response_code);
    mn_wr_be16(&out, q->checksum);
    mn_wr_be32(&out, q->group);
    if (q->version != 3)
        return;
    mn_wr_u8(&out,
             (uint8_t)((q->is_suppressed ? SUPPRESS : 0u) | (q->robustness & ROBUSTNESS_MASK)));
    mn_wr_u8(&out, q->interval_code);
    mn_wr_be16(&out, q->source_count);
}

uint32_t mn_igmp_response_ms(const struct mn_igmp_query *q)
{
    if (q->version == 1)
        return V1_RESPONSE_MS;
    /* RFC 2236 2.2: tenths of a second, all 8 bits of them. */
    return TENTH_MS * (q->version == 2 ? q->response_code : mn_group_code(q->response_code));
}

bool mn_igmp_report1_read(struct mn_rd *r, struct mn_igmp_report1 *out)
{
    *out = (struct mn_igmp_report1){0};
    struct mn_rd h = mn_rd_sub(r, MN_IGMP_LEN);
    uint8_t type = mn_rd_u8(&h);
    mn_rd_skip(&h, 1);
    uint16_t checksum = mn_rd_be16(&h);
    uint32_t group = mn_rd_be32(&h);
    bool is_known =
        type == MN_IGMP_V1_REPORT || type == MN_IGMP_V2_REPORT || type == MN_IGMP_V2_LEAVE;
    if (!mn_rd_ok(&h) || !is_known || !is_group(group))
        return false;
    *out = (struct mn_igmp_report1){.type = type, .checksum = checksum, .group = group};
    return true;
}

void mn_igmp_report1_write(struct mn_wr *w, const struct mn_igmp_report1 *m)
{
    struct mn_wr out = mn_wr_sub(w, MN_IGMP_LEN);
    mn_wr_u8(&out, m->type);
    mn_wr_u8(&out, 0);
    mn_wr_be16(&out, m->checksum);
    mn_wr_be32(&out, m->group);
}

bool mn_igmp_report_read(struct mn_rd *r, struct mn_igmp_report *out)
{
    *out = (struct mn_igmp_report){0};
    struct mn_rd h = mn_rd_sub(r, MN_IGMP_REPORT_LEN);
    uint8_t type = mn_rd_u8(&h);
    mn_rd_skip(&h, 1);
    uint16_t checksum = mn_rd_be16(&h);
    mn_rd_skip(&h, 2);
    uint16_t record_count = mn_rd_be16(&h);
    if (!mn_rd_ok(&h) || type != MN_IGMP_V3_REPORT)
        return false;
    *out = (struct mn_igmp_report){.checksum = checksum, .record_count = record_count};
    return true;
}

void mn_igmp_report_write(struct mn_wr *w, const struct mn_igmp_report *m)
{
    struct mn_wr out = mn_wr_sub(w, MN_IGMP_REPORT_LEN);
    mn_wr_be16(&out, MN_IGMP_V3_REPORT << 8);
    mn_wr_be16(&out, m->checksum);
    mn_wr_be16(&out, 0);
    mn_wr_be16(&out, m->record_count);
}

bool mn_igmp_record_read(struct mn_rd *r, struct mn_igmp_record *out)
{
    *out = (struct mn_igmp_record){0};
    struct mn_igmp_record got = {0};
    got.type = mn_rd_u8(r);
    uint8_t extra_words = mn_rd_u8(r); /* RFC 3376 4.2.10: auxiliary data, of no known meaning */
    got.source_count = mn_rd_be16(r);
    got.group = mn_rd_be32(r);
    got.sources = mn_rd_sub(r, got.source_count * SOURCE_LEN);
    mn_rd_skip(r, extra_words * 4);
    if (!mn_rd_ok(r) || !is_group(got.group))
        return false;
    *out = got;
    return true;
}

void mn_igmp_record_write(struct mn_wr *w, const struct mn_igmp_record *m)
{
    struct mn_wr out = mn_wr_sub(w, MN_IGMP_RECORD_LEN);
    mn_wr_u8(&out, m->type);
    mn_wr_u8(&out, 0);
    mn_wr_be16(&out, 0);
    mn_wr_be32(&out, m->group);
}
