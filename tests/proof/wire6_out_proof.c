/* SPDX-License-Identifier: ISC
 *
 * The serialisers of IPv6, neighbour discovery and group membership with any values, sensible or
 * not, into any room.
 *
 * sources: src/wire/*.c src/base/addr.c
 * reach: 97 */
#include "proof.h"
#include <wire/igmp_hdr.h>
#include <wire/ip4_opts.h>
#include <wire/ip6_ext.h>
#include <wire/ip6_hdr.h>
#include <wire/mld_hdr.h>
#include <wire/ndp_hdr.h>

static uint8_t any_byte(void)
{
    return (uint8_t)Frama_C_interval(0, UINT8_MAX);
}

static uint16_t any_u16(void)
{
    return (uint16_t)Frama_C_interval(0, UINT16_MAX);
}

static struct mnet_addr any_addr(void)
{
    struct mnet_addr addr;
    make_any(&addr, sizeof addr);
    return addr;
}

static void headers(void)
{
    struct mn_wr w = any_writer();
    struct mn_ip6_hdr ip6;
    make_any(&ip6, sizeof ip6);
    mn_ip6_hdr_write(&w, &ip6);
    //@ assert ip6: WR_OK(&w);
    struct mn_ip6_frag frag = {any_byte(), any_bool(), any_u16(), 7};
    mn_ip6_frag_write(&w, &frag);
    mn_ip6_alert_write(&w, any_byte(), any_u16());
    mn_ip4_router_alert_write(&w);
    //@ assert extensions: WR_OK(&w);
    struct mn_icmp6_hdr icmp;
    make_any(&icmp, sizeof icmp);
    mn_icmp6_hdr_write(&w, &icmp);
    //@ assert icmp: WR_OK(&w);
}

static void discovery(void)
{
    struct mn_wr w = any_writer();
    struct mn_ndp_rs rs = {.checksum = any_u16()};
    mn_ndp_rs_write(&w, &rs);
    struct mn_ndp_ra ra = {.hop_limit = any_byte(),
                           .is_managed = any_bool(),
                           .has_other = any_bool(),
                           .preference = (int8_t)Frama_C_interval(-128, 127),
                           .router_lifetime_s = any_u16()};
    mn_ndp_ra_write(&w, &ra);
    struct mn_ndp_ns ns = {.target = any_addr()};
    mn_ndp_ns_write(&w, &ns);
    struct mn_ndp_na na = {.is_router = any_bool(),
                           .is_solicited = any_bool(),
                           .is_override = any_bool(),
                           .target = any_addr()};
    mn_ndp_na_write(&w, &na);
    struct mn_ndp_redirect redirect = {.target = any_addr(), .dst = any_addr()};
    mn_ndp_redirect_write(&w, &redirect);
    //@ assert messages: WR_OK(&w);
}

static void options(void)
{
    struct mn_ndp_opts o = {.has_source_mac = any_bool(),
                            .has_target_mac = any_bool(),
                            .has_mtu = any_bool(),
                            .has_nonce = any_bool()};
    //@ split o.has_source_mac;
    //@ split o.has_target_mac;
    //@ split o.has_mtu;
    //@ split o.has_nonce;
    int32_t len = mn_ndp_opts_len(&o);
    //@ assert len: 0 <= len <= 32;
    struct mn_wr w = {frame, FRAME_MAX - 32, FRAME_MAX, 0};
    mn_ndp_opts_write(&w, &o);
    //@ assert fits: WR_OK(&w) && !w.bad;
    w = any_writer();
    mn_ndp_opts_write(&w, &o);
    //@ assert any_room: WR_OK(&w);
}

static void repeated_options(void)
{
    struct mn_wr w = any_writer();
    struct mn_ndp_prefix prefix = {.prefix = {any_addr(), any_byte()},
                                   .is_on_link = any_bool(),
                                   .is_autonomous = any_bool()};
    mn_ndp_prefix_write(&w, &prefix);
    struct mn_ndp_route route = {.net = {any_addr(), any_byte()},
                                 .preference = (int8_t)Frama_C_interval(-128, 127)};
    mn_ndp_route_write(&w, &route);
    struct mn_ndp_rdnss rdnss = {.count = any_byte()};
    make_any(rdnss.server, sizeof rdnss.server);
    mn_ndp_rdnss_write(&w, &rdnss);
    //@ assert repeated: WR_OK(&w);
}

static void groups(void)
{
    struct mn_wr w = any_writer();
    struct mn_mld_query mld = {.is_v2 = any_bool(),
                               .group = any_addr(),
                               .is_suppressed = any_bool(),
                               .robustness = any_byte()};
    mn_mld_query_write(&w, &mld);
    struct mn_mld1 mld1 = {.type = any_byte(), .group = any_addr()};
    mn_mld1_write(&w, &mld1);
    struct mn_mld_report mld_report = {any_u16(), any_u16()};
    mn_mld_report_write(&w, &mld_report);
    struct mn_mld_record mld_record = {.type = any_byte(), .group = any_addr()};
    mn_mld_record_write(&w, &mld_record);
    //@ assert mld: WR_OK(&w);
    struct mn_igmp_query igmp = {
        .version = any_byte(), .is_suppressed = any_bool(), .robustness = any_byte()};
    mn_igmp_query_write(&w, &igmp);
    struct mn_igmp_report1 report1 = {.type = any_byte()};
    mn_igmp_report1_write(&w, &report1);
    struct mn_igmp_report report = {any_u16(), any_u16()};
    mn_igmp_report_write(&w, &report);
    struct mn_igmp_record record = {.type = any_byte()};
    mn_igmp_record_write(&w, &record);
    //@ assert igmp: WR_OK(&w);
}

int main(void)
{
    headers();
    discovery();
    options();
    repeated_options();
    groups();
    return 0;
}
