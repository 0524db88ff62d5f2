/* SPDX-License-Identifier: ISC
 *
 * ARP packets: those that are read at all are IPv4 over Ethernet, and write back to the same bytes.
 */
#include "fuzz.h"
#include <wire/arp_hdr.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static const uint8_t kind[] = {0, 1, 8, 0, 6, 4};
    struct mn_rd r = mn_rd_over(data, len);
    struct mn_arp_hdr h;
    bool ok = mn_arp_hdr_read(&r, &h);
    FUZZ_CHECK(ok == (len >= MN_ARP_HDR_LEN && memcmp(data, kind, sizeof kind) == 0));
    if (!ok)
        return 0;
    uint8_t out[MN_ARP_HDR_LEN];
    struct mn_wr w = mn_wr_over(out, sizeof out);
    mn_arp_hdr_write(&w, &h);
    FUZZ_CHECK(mn_wr_ok(&w) && mn_wr_left(&w) == 0);
    FUZZ_CHECK(memcmp(out, data, sizeof out) == 0);
    return 0;
}
