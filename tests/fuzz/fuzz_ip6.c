/* SPDX-License-Identifier: ISC
 *
 * IPv6 headers: the verdict is that of plain index arithmetic; what was read writes back to the
 * same bytes. The first two bytes of the input are the length of the packet. */
#include "fuzz.h"
#include <wire/ip6_hdr.h>

static bool is_mapped(const uint8_t *at)
{
    static const uint8_t prefix[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
    return memcmp(at, prefix, sizeof prefix) == 0;
}

static enum mn_ip6_result reference(const uint8_t *at, size_t len, uint32_t packet_len)
{
    if (len < 40)
        return MN_IP6_SHORT;
    if (at[0] >> 4 != 6)
        return MN_IP6_BAD_VERSION;
    unsigned payload_len = (unsigned)at[4] * 256 + at[5];
    if (payload_len == 0 && at[6] == 0)
        return MN_IP6_JUMBO;
    if (payload_len + 40 > packet_len)
        return MN_IP6_SHORT;
    return is_mapped(at + 8) || is_mapped(at + 24) ? MN_IP6_BAD_ADDR : MN_IP6_OK;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    if (len < 2)
        return 0;
    uint32_t packet_len = (uint32_t)data[0] << 8 | data[1];
    data += 2;
    len -= 2;
    struct mn_rd r = mn_rd_over(data, len);
    struct mn_ip6_hdr h;
    enum mn_ip6_result result = mn_ip6_hdr_read(&r, packet_len, &h);
    FUZZ_CHECK(result == reference(data, len, packet_len));
    if (result != MN_IP6_OK)
        return 0;
    FUZZ_CHECK(mn_rd_left(&r) == (int32_t)len - MN_IP6_HDR_LEN);
    uint8_t out[MN_IP6_HDR_LEN];
    struct mn_wr w = mn_wr_over(out, sizeof out);
    mn_ip6_hdr_write(&w, &h);
    FUZZ_CHECK(mn_wr_ok(&w) && mn_wr_left(&w) == 0);
    FUZZ_CHECK(memcmp(out, data, sizeof out) == 0);
    return 0;
}
