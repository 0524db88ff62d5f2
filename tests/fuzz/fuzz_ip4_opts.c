/* SPDX-License-Identifier: ISC
 *
 * IPv4 options: the steps cover the bytes without a gap, and their summary says what they say. */
#include "fuzz.h"
#include <wire/ip4_hdr.h>
#include <wire/ip4_opts.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    if (len > MN_IP4_OPTIONS_LEN_MAX)
        len = MN_IP4_OPTIONS_LEN_MAX;
    struct mn_rd r = mn_rd_over(data, len);
    struct mn_ip4_opt opt;
    struct mn_ip4_opts all, seen = {0};
    enum mn_ip4_opt_step step;
    size_t next = 0;
    while ((step = mn_ip4_opt_next(&r, &opt)) == MN_IP4_OPT_ONE) {
        size_t size = opt.type == MN_IP4_OPT_NOP ? 1 : 2 + (size_t)mn_rd_left(&opt.data);
        FUZZ_CHECK(opt.at == next && data[next] == opt.type);
        FUZZ_CHECK(opt.type == MN_IP4_OPT_NOP || data[next + 1] == size);
        next += size;
        FUZZ_CHECK(next <= len && (size_t)r.off == next);
        seen.has_source_route |= opt.type == MN_IP4_OPT_LSRR || opt.type == MN_IP4_OPT_SSRR;
        seen.has_record_route |= opt.type == MN_IP4_OPT_RECORD_ROUTE;
        seen.has_timestamp |= opt.type == MN_IP4_OPT_TIMESTAMP;
        seen.has_router_alert |= opt.type == MN_IP4_OPT_ROUTER_ALERT;
    }
    bool ok = mn_ip4_opts_read(mn_rd_over(data, len), &all);
    FUZZ_CHECK(ok == (step == MN_IP4_OPT_LAST));
    FUZZ_CHECK(ok ? next == len || data[next] == MN_IP4_OPT_END : all.bad_at == next);
    FUZZ_CHECK(all.has_source_route == seen.has_source_route);
    FUZZ_CHECK(all.has_record_route == seen.has_record_route);
    FUZZ_CHECK(all.has_timestamp == seen.has_timestamp);
    FUZZ_CHECK(all.has_router_alert == seen.has_router_alert);
    if (all.has_source_route) {
        uint8_t type = data[all.source_route_at];
        FUZZ_CHECK(type == MN_IP4_OPT_LSRR || type == MN_IP4_OPT_SSRR);
    }
    return 0;
}
