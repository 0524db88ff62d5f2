/* SPDX-License-Identifier: ISC
 *
 * The parsers of IPv6, neighbour discovery and group membership on any bytes, any number of them,
 * and what their caller may rely on afterwards.
 *
 * sources: src/wire/*.c src/base/addr.c
 * reach: 97 */
#include "proof.h"
#include <wire/igmp_hdr.h>
#include <wire/ip6_ext.h>
#include <wire/ip6_hdr.h>
#include <wire/mld_hdr.h>
#include <wire/ndp_hdr.h>

static void headers(void)
{
    struct mn_rd r = any_reader();
    struct mn_ip6_hdr h;
    mn_ip6_hdr_read(&r, Frama_C_unsigned_int_interval(0, UINT32_MAX), &h);
    //@ assert header: RD_OK(&r) && \initialized(&h) && h.flow_label <= 0xfffff;
    r = any_reader();
    struct mn_icmp6_hdr icmp;
    mn_icmp6_hdr_read(&r, &icmp);
    //@ assert icmp: RD_OK(&r) && \initialized(&icmp);
    mn_icmp6_is_error(icmp.type);
    mn_icmp6_rest_echo(mn_icmp6_echo_id(&icmp), mn_icmp6_echo_seq(&icmp));
}

/* One step from any state between two steps. */
static void extension(void)
{
    struct mn_rd r = any_reader();
    struct mn_ip6_ext ext = mn_ip6_ext_first((uint8_t)Frama_C_interval(0, UINT8_MAX));
    ext.count = (uint8_t)Frama_C_interval(0, MN_IP6_EXTS);
    ext.next_at = Frama_C_interval(0, FRAME_MAX);
    enum mn_ip6_ext_step step = mn_ip6_ext_next(&r, &ext);
    //@ assert reader: RD_OK(&r);
    //@ assert count: ext.count <= 8;
    //@ assert places: 0 <= ext.at <= 1600 && 0 <= ext.len <= 2048;
    //@ assert fault: 0 <= ext.bad_at <= 1601;
    //@ assert fragment: ext.frag.offset <= 65528 && ext.frag.offset % 8 == 0;
    mn_ip6_frag_is_whole(&ext.frag);
}

/* What a step takes: whole units of eight bytes, all of them there. It begins at 0, as any place is as good. */
static void step_takes(void)
{
    struct mn_rd r = any_reader();
    r.off = 0;
    r.bad = false;
    struct mn_ip6_ext ext = mn_ip6_ext_first((uint8_t)Frama_C_interval(0, UINT8_MAX));
    enum mn_ip6_ext_step step = mn_ip6_ext_next(&r, &ext);
    if (step == MN_IP6_EXT_ONE) {
        //@ assert taken: 8 <= r.off <= r.end && r.off % 8 == 0;
        //@ assert told: \initialized(&ext) && ext.count == 1 && ext.at == 0;
    }
}

static void router_messages(void)
{
    struct mn_rd r = any_reader();
    struct mn_ndp_rs rs;
    if (mn_ndp_rs_read(&r, &rs)) {
        //@ assert rs: RD_OK(&r) && RD_OK(&rs.options);
    }
    r = any_reader();
    struct mn_ndp_ra ra;
    if (mn_ndp_ra_read(&r, &ra)) {
        //@ assert ra: RD_OK(&r) && RD_OK(&ra.options) && -1 <= ra.preference <= 1;
    }
}

/* One message in a function, so that few states are kept apart in each. */
static void solicitation(void)
{
    struct mn_rd r = any_reader();
    struct mn_ndp_ns ns;
    if (mn_ndp_ns_read(&r, &ns)) {
        //@ assert ns: RD_OK(&r) && RD_OK(&ns.options) && \initialized(&ns.target);
    }
}

static void advertisement(void)
{
    struct mn_rd r = any_reader();
    struct mn_ndp_na na;
    if (mn_ndp_na_read(&r, &na)) {
        //@ assert na: RD_OK(&r) && RD_OK(&na.options) && \initialized(&na.target);
    }
}

static void redirect(void)
{
    struct mn_rd r = any_reader();
    struct mn_ndp_redirect m;
    if (mn_ndp_redirect_read(&r, &m)) {
        //@ assert redirect: RD_OK(&r) && RD_OK(&m.options) && \initialized(&m.dst);
    }
}

static void options(void)
{
    struct mn_ndp_opts all;
    mn_ndp_opts_read(any_reader(), &all);
    //@ assert redirected: 0 <= all.redirected.off && all.redirected.end <= FRAME_MAX;
    //@ assert once: \initialized(&all.mtu) && \initialized(&all.nonce[0 .. 5]);
    struct mn_rd r = any_reader();
    struct mn_ndp_opt opt;
    if (mn_ndp_opt_next(&r, &opt) == MN_NDP_ONE) {
        //@ assert option: RD_OK(&r) && RD_OK(&opt.data);
    }
    struct mn_ndp_prefix prefix;
    mn_ndp_prefix_read(any_reader(), &prefix);
    //@ assert prefix: \initialized(&prefix.prefix) && prefix.prefix.prefix_len <= 128;
    struct mn_ndp_route route;
    mn_ndp_route_read(any_reader(), &route);
    //@ assert route: \initialized(&route.net) && route.net.prefix_len <= 128;
    //@ assert preference: -1 <= route.preference <= 1;
    struct mn_ndp_rdnss rdnss;
    mn_ndp_rdnss_read(any_reader(), &rdnss);
    //@ assert rdnss: \initialized(&rdnss.server[0 .. 7]) && rdnss.count <= 8;
    struct mn_ndp_dnssl dnssl;
    if (mn_ndp_dnssl_read(any_reader(), &dnssl)) {
        //@ assert dnssl: RD_OK(&dnssl.domains);
    }
    char text[MN_NDP_DOMAIN_MAX];
    r = any_reader();
    mn_ndp_domain_next(&r, text);
    //@ assert domain: RD_OK(&r) && \initialized(&text[0 .. 253]) && text[253] == 0;
}

static void groups(void)
{
    struct mn_rd r = any_reader();
    struct mn_mld_query mld;
    if (mn_mld_query_read(&r, &mld)) {
        //@ assert mld: RD_OK(&r) && mld.robustness <= 7;
        uint32_t ms = mn_mld_response_ms(&mld);
        //@ assert mld_time: ms <= 8387584;
    }
    struct mn_mld1 mld1;
    mn_mld1_read(&r, &mld1);
    struct mn_mld_report report;
    mn_mld_report_read(&r, &report);
    r = any_reader();
    struct mn_mld_record record;
    mn_mld_record_read(&r, &record);
    //@ assert mld_rest: RD_OK(&r) && \initialized(&mld1) && \initialized(&record.group);
    r = any_reader();
    struct mn_igmp_query igmp;
    if (mn_igmp_query_read(&r, &igmp)) {
        //@ assert igmp: RD_OK(&r) && 1 <= igmp.version <= 3 && igmp.robustness <= 7;
        uint32_t ms = mn_igmp_response_ms(&igmp);
        //@ assert igmp_time: ms <= 3174400;
    }
    struct mn_igmp_report1 report1;
    mn_igmp_report1_read(&r, &report1);
    struct mn_igmp_report igmp_report;
    mn_igmp_report_read(&r, &igmp_report);
    r = any_reader();
    struct mn_igmp_record igmp_record;
    mn_igmp_record_read(&r, &igmp_record);
    //@ assert igmp_rest: RD_OK(&r) && \initialized(&report1.group) && \initialized(&igmp_record.group);
}

int main(void)
{
    headers();
    extension();
    step_takes();
    router_messages();
    solicitation();
    advertisement();
    redirect();
    options();
    groups();
    return 0;
}
