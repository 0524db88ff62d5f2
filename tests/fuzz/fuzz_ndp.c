/* SPDX-License-Identifier: ISC
 *
 * Neighbour discovery: a message that is read writes back to the same bytes, but for reserved bits;
 * its options cover it without a gap, and each that is read says what its bytes say. */
#include "fuzz.h"
#include <wire/ndp_hdr.h>

/* The fixed part of `len` bytes at `data` once more, after the reserved bits of `word`, the second
 * one of four bytes, were cleared in a copy. */
static void check_written(const uint8_t *data, int32_t len, uint32_t word, const uint8_t *out)
{
    uint8_t in[MN_NDP_REDIRECT_LEN];
    memcpy(in, data, (size_t)len);
    for (int i = 0; i < 4; i++)
        in[4 + i] &= (uint8_t)(word >> (24 - 8 * i));
    FUZZ_CHECK(memcmp(in, out, (size_t)len) == 0);
}

/* Reads the message as the kind that its type says. False: refused. */
static bool read_message(const uint8_t *data, size_t len, struct mn_rd *options)
{
    struct mn_rd r = mn_rd_over(data, len);
    uint8_t out[MN_NDP_REDIRECT_LEN] = {0};
    struct mn_wr w = mn_wr_over(out, sizeof out);
    struct mn_ndp_rs rs;
    struct mn_ndp_ra ra;
    struct mn_ndp_ns ns;
    struct mn_ndp_na na;
    struct mn_ndp_redirect redirect;
    uint32_t word = 0;
    if (mn_ndp_rs_read(&r, &rs)) {
        mn_ndp_rs_write(&w, &rs);
        *options = rs.options;
    } else if (r = mn_rd_over(data, len), mn_ndp_ra_read(&r, &ra)) {
        mn_ndp_ra_write(&w, &ra);
        *options = ra.options;
        bool has_preference = ra.router_lifetime_s != 0 && (data[5] >> 3 & 3) != 2;
        word = has_preference ? 0xffd8ffff : 0xffc0ffff;
    } else if (r = mn_rd_over(data, len), mn_ndp_ns_read(&r, &ns)) {
        mn_ndp_ns_write(&w, &ns);
        *options = ns.options;
    } else if (r = mn_rd_over(data, len), mn_ndp_na_read(&r, &na)) {
        mn_ndp_na_write(&w, &na);
        *options = na.options;
        word = 0xe0000000;
    } else if (r = mn_rd_over(data, len), mn_ndp_redirect_read(&r, &redirect)) {
        mn_ndp_redirect_write(&w, &redirect);
        *options = redirect.options;
    } else {
        return false;
    }
    FUZZ_CHECK(mn_wr_ok(&w) && mn_rd_left(&r) == 0);
    FUZZ_CHECK(w.off + mn_rd_left(options) == (int32_t)len);
    check_written(data, w.off, word, out);
    return true;
}

static void read_domains(struct mn_rd domains)
{
    enum mn_ndp_step step = MN_NDP_ONE;
    while (step == MN_NDP_ONE) {
        char text[MN_NDP_DOMAIN_MAX];
        int32_t at = domains.off;
        memset(text, '!', sizeof text);
        step = mn_ndp_domain_next(&domains, text);
        FUZZ_CHECK(memchr(text, '\0', sizeof text) != NULL);
        FUZZ_CHECK((strlen(text) > 0) == (step == MN_NDP_ONE));
        if (step == MN_NDP_ONE)
            FUZZ_CHECK(domains.off - at == (int32_t)strlen(text) + 2);
        for (const char *c = text; *c != '\0'; c++)
            FUZZ_CHECK(*c == '-' || *c == '.' || (*c >= '0' && *c <= '9') ||
                       ((*c | 32) >= 'a' && (*c | 32) <= 'z'));
    }
}

static void read_data(const struct mn_ndp_opt *opt)
{
    struct mn_ndp_prefix prefix, prefix2;
    struct mn_ndp_route route, route2;
    struct mn_ndp_rdnss rdnss, rdnss2;
    struct mn_ndp_dnssl dnssl;
    struct mn_ndp_opt again;
    uint8_t out[8 + 16 * MN_NDP_SERVERS_MAX];
    struct mn_wr w = mn_wr_over(out, sizeof out);
    if (mn_ndp_prefix_read(opt->data, &prefix)) {
        mn_ndp_prefix_write(&w, &prefix);
        struct mn_rd r = mn_rd_over(out, (size_t)w.off);
        FUZZ_CHECK(mn_ndp_opt_next(&r, &again) == MN_NDP_ONE);
        FUZZ_CHECK(mn_ndp_prefix_read(again.data, &prefix2));
        FUZZ_CHECK(memcmp(&prefix.prefix, &prefix2.prefix, sizeof prefix.prefix) == 0);
        FUZZ_CHECK(prefix.valid_s == prefix2.valid_s && !mnet_addr_is_v4(&prefix.prefix.addr));
    }
    w = mn_wr_over(out, sizeof out);
    if (mn_ndp_route_read(opt->data, &route)) {
        mn_ndp_route_write(&w, &route);
        struct mn_rd r = mn_rd_over(out, (size_t)w.off);
        FUZZ_CHECK(mn_ndp_opt_next(&r, &again) == MN_NDP_ONE);
        FUZZ_CHECK(mn_ndp_route_read(again.data, &route2));
        FUZZ_CHECK(memcmp(&route.net, &route2.net, sizeof route.net) == 0);
        FUZZ_CHECK(route.preference == route2.preference);
    }
    w = mn_wr_over(out, sizeof out);
    if (mn_ndp_rdnss_read(opt->data, &rdnss) && rdnss.count > 0) {
        mn_ndp_rdnss_write(&w, &rdnss);
        struct mn_rd r = mn_rd_over(out, (size_t)w.off);
        FUZZ_CHECK(mn_ndp_opt_next(&r, &again) == MN_NDP_ONE);
        FUZZ_CHECK(mn_ndp_rdnss_read(again.data, &rdnss2));
        FUZZ_CHECK(rdnss.count == rdnss2.count);
        FUZZ_CHECK(memcmp(rdnss.server, rdnss2.server, 16u * rdnss.count) == 0);
    }
    if (mn_ndp_dnssl_read(opt->data, &dnssl))
        read_domains(dnssl.domains);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct mn_rd options;
    if (!read_message(data, len, &options))
        return 0;
    struct mn_ndp_opts all;
    bool ok = mn_ndp_opts_read(options, &all);
    struct mn_ndp_opt opt;
    enum mn_ndp_step step;
    unsigned count = 0;
    int32_t at = options.off;
    while ((step = mn_ndp_opt_next(&options, &opt)) == MN_NDP_ONE) {
        FUZZ_CHECK(data[at] == opt.type && data[at + 1] * 8 == mn_rd_left(&opt.data) + 2);
        at += data[at + 1] * 8;
        FUZZ_CHECK(at == options.off);
        count++;
        if (opt.type == MN_NDP_OPT_SOURCE_MAC && mn_rd_left(&opt.data) == 6)
            FUZZ_CHECK(!ok || all.has_source_mac);
        read_data(&opt);
    }
    FUZZ_CHECK(ok == (step == MN_NDP_LAST && count <= MN_NDP_OPTIONS_MAX));
    FUZZ_CHECK(step == MN_NDP_BAD || at == (int32_t)len);
    return 0;
}
