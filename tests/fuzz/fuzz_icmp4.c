/* SPDX-License-Identifier: ISC
 *
 * ICMP headers: writing what was read gives the same bytes; the views of the last four agree with
 * them. */
#include "fuzz.h"
#include <wire/icmp4_hdr.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct mn_rd r = mn_rd_over(data, len);
    struct mn_icmp4_hdr h;
    bool ok = mn_icmp4_hdr_read(&r, &h);
    FUZZ_CHECK(ok == (len >= MN_ICMP4_HDR_LEN));
    if (!ok)
        return 0;
    FUZZ_CHECK(mn_icmp4_pointer(&h) == data[4]);
    FUZZ_CHECK(mn_icmp4_mtu(&h) == (data[6] << 8 | data[7]));
    FUZZ_CHECK(mn_icmp4_rest_echo(mn_icmp4_echo_id(&h), mn_icmp4_echo_seq(&h)) == h.rest);
    uint8_t out[MN_ICMP4_HDR_LEN];
    struct mn_wr w = mn_wr_over(out, sizeof out);
    mn_icmp4_hdr_write(&w, &h);
    FUZZ_CHECK(mn_wr_ok(&w) && mn_wr_left(&w) == 0);
    FUZZ_CHECK(memcmp(out, data, sizeof out) == 0);
    return 0;
}
