/* SPDX-License-Identifier: ISC
 *
 * UDP headers: those that are read have a possible length, and write back to the same bytes. */
#include "fuzz.h"
#include <wire/udp_hdr.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct mn_rd r = mn_rd_over(data, len);
    struct mn_udp_hdr h;
    bool ok = mn_udp_hdr_read(&r, &h);
    FUZZ_CHECK(ok == (len >= MN_UDP_HDR_LEN && (data[4] != 0 || data[5] >= 8)));
    if (!ok)
        return 0;
    uint8_t out[MN_UDP_HDR_LEN];
    struct mn_wr w = mn_wr_over(out, sizeof out);
    mn_udp_hdr_write(&w, &h);
    FUZZ_CHECK(mn_wr_ok(&w) && mn_wr_left(&w) == 0);
    FUZZ_CHECK(memcmp(out, data, sizeof out) == 0);
    return 0;
}
