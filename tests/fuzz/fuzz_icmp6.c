/* SPDX-License-Identifier: ISC
 *
 * ICMPv6 headers: writing what was read gives the same bytes; the view of the last four agrees with
 * them. */
#include "fuzz.h"
#include <wire/icmp6_hdr.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct mn_rd r = mn_rd_over(data, len);
    struct mn_icmp6_hdr h;
    bool ok = mn_icmp6_hdr_read(&r, &h);
    FUZZ_CHECK(ok == (len >= MN_ICMP6_HDR_LEN));
    if (!ok)
        return 0;
    FUZZ_CHECK(mn_icmp6_rest_echo(mn_icmp6_echo_id(&h), mn_icmp6_echo_seq(&h)) == h.rest);
    FUZZ_CHECK(mn_icmp6_is_error(h.type) == (data[0] < 128));
    uint8_t out[MN_ICMP6_HDR_LEN];
    struct mn_wr w = mn_wr_over(out, sizeof out);
    mn_icmp6_hdr_write(&w, &h);
    FUZZ_CHECK(mn_wr_ok(&w) && mn_wr_left(&w) == 0);
    FUZZ_CHECK(memcmp(out, data, sizeof out) == 0);
    return 0;
}
