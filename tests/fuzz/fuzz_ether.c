/* SPDX-License-Identifier: ISC
 *
 * Ethernet headers: writing what was read gives the same bytes. */
#include "fuzz.h"
#include <wire/ether_hdr.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct mn_rd r = mn_rd_over(data, len);
    struct mn_ether_hdr h;
    bool ok = mn_ether_hdr_read(&r, &h);
    FUZZ_CHECK(ok == (len >= MN_ETHER_HDR_LEN));
    if (!ok)
        return 0;
    uint8_t out[MN_ETHER_HDR_LEN];
    struct mn_wr w = mn_wr_over(out, sizeof out);
    mn_ether_hdr_write(&w, &h);
    FUZZ_CHECK(mn_wr_ok(&w) && mn_wr_left(&w) == 0);
    FUZZ_CHECK(memcmp(out, data, sizeof out) == 0);
    return 0;
}
