/* SPDX-License-Identifier: ISC
 *
 * Every message begins with an ICMPv6 header, whose last four bytes hold a code of time, a number
 * of records or nothing. Its code, reserved fields and what follows a message or a record are
 * written as zero or not at all, and not looked at (RFC 3810 5.1, 5.2). */
#include <wire/ip6_hdr.h>
#include <wire/mld_hdr.h>

#define SUPPRESS 0x08u
#define ROBUSTNESS_MASK 0x07u
#define SOURCE_LEN 16

/* A group; false, also for what is none. */
static bool read_group(struct mn_rd *r, struct mnet_addr *out)
{
    return mn_ip6_addr_read(r, out) && mnet_addr_is_multicast(out);
}

bool mn_mld_query_read(struct mn_rd *r, struct mn_mld_query *out)
{
    *out = (struct mn_mld_query){0};
    struct mn_mld_query got = {0};
    struct mn_icmp6_hdr hdr;
    int32_t len = mn_rd_left(r);
    if (!mn_icmp6_hdr_read(r, &hdr) || hdr.type != MN_ICMP6_MLD_QUERY)
        return false;
    got.checksum = hdr.checksum;
    got.response_code = (uint16_t)(hdr.rest >> 16);
    bool is_group = mn_ip6_addr_read(r, &got.group) &&
                    (mnet_addr_is_any(&got.group) || mnet_addr_is_multicast(&got.group));
    /* RFC 3810 8.1: 24 bytes are v1; 28 and more are v2. */
    got.is_v2 = len != MN_MLD1_LEN;
    if (got.is_v2) {
        uint8_t flags = mn_rd_u8(r);
        got.is_suppressed = (flags & SUPPRESS) != 0;
        got.robustness = flags & ROBUSTNESS_MASK;
        got.interval_code = mn_rd_u8(r);
        got.source_count = mn_rd_be16(r);
        got.sources = mn_rd_sub(r, got.source_count * SOURCE_LEN);
    }
    if (!mn_rd_ok(r) || !is_group)
        return false;
    *out = got;
    return true;
}

void mn_mld_query_write(struct mn_wr *w, const struct mn_mld_query *q)
{
    struct mn_wr out = mn_wr_sub(w, q->is_v2 ? MN_MLD_QUERY_LEN : MN_MLD1_LEN);
    const struct mn_icmp6_hdr hdr = {.type = MN_ICMP6_MLD_QUERY,
                                     .checksum = q->checksum,
                                     .rest = (uint32_t)q->response_code << 16};
    mn_icmp6_hdr_write(&out, &hdr);
    mn_ip6_addr_write(&out, &q->group);
    if (!q->is_v2)
        return;
    mn_wr_u8(&out,
             (uint8_t)((q->is_suppressed ? SUPPRESS : 0u) | (q->robustness & ROBUSTNESS_MASK)));
    mn_wr_u8(&out, q->interval_code);
    mn_wr_be16(&out, q->source_count);
}

uint32_t mn_mld_response_ms(const struct mn_mld_query *q)
{
    uint16_t code = q->response_code;
    if (!q->is_v2 || code < 0x8000)
        return code;
    unsigned exponent = code >> 12 & 7u;
    return ((code & 0x0fffu) | 0x1000u) << (exponent + 3);
}

bool mn_mld1_read(struct mn_rd *r, struct mn_mld1 *out)
{
    *out = (struct mn_mld1){0};
    struct mn_rd h = mn_rd_sub(r, MN_MLD1_LEN);
    struct mn_icmp6_hdr hdr;
    struct mnet_addr group;
    if (!mn_icmp6_hdr_read(&h, &hdr) || !read_group(&h, &group) ||
        (hdr.type != MN_ICMP6_MLD1_REPORT && hdr.type != MN_ICMP6_MLD1_DONE))
        return false;
    *out = (struct mn_mld1){.type = hdr.type, .checksum = hdr.checksum, .group = group};
    return true;
}

void mn_mld1_write(struct mn_wr *w, const struct mn_mld1 *m)
{
    struct mn_wr out = mn_wr_sub(w, MN_MLD1_LEN);
    const struct mn_icmp6_hdr hdr = {.type = m->type, .checksum = m->checksum};
    mn_icmp6_hdr_write(&out, &hdr);
    mn_ip6_addr_write(&out, &m->group);
}

bool mn_mld_report_read(struct mn_rd *r, struct mn_mld_report *out)
{
    *out = (struct mn_mld_report){0};
    struct mn_icmp6_hdr hdr;
    if (!mn_icmp6_hdr_read(r, &hdr) || hdr.type != MN_ICMP6_MLD_REPORT)
        return false;
    out->checksum = hdr.checksum;
    out->record_count = (uint16_t)hdr.rest;
    return true;
}

void mn_mld_report_write(struct mn_wr *w, const struct mn_mld_report *m)
{
    const struct mn_icmp6_hdr hdr = {
        .type = MN_ICMP6_MLD_REPORT, .checksum = m->checksum, .rest = m->record_count};
    mn_icmp6_hdr_write(w, &hdr);
}

bool mn_mld_record_read(struct mn_rd *r, struct mn_mld_record *out)
{
    *out = (struct mn_mld_record){0};
    struct mn_mld_record got = {0};
    got.type = mn_rd_u8(r);
    uint8_t extra_words = mn_rd_u8(r); /* RFC 3810 5.2.10: auxiliary data, of no known meaning */
    got.source_count = mn_rd_be16(r);
    bool is_group = read_group(r, &got.group);
    got.sources = mn_rd_sub(r, got.source_count * SOURCE_LEN);
    mn_rd_skip(r, extra_words * 4);
    if (!mn_rd_ok(r) || !is_group)
        return false;
    *out = got;
    return true;
}

void mn_mld_record_write(struct mn_wr *w, const struct mn_mld_record *m)
{
    struct mn_wr out = mn_wr_sub(w, MN_MLD_RECORD_LEN);
    mn_wr_u8(&out, m->type);
    mn_wr_u8(&out, 0);
    mn_wr_be16(&out, 0);
    mn_ip6_addr_write(&out, &m->group);
}
