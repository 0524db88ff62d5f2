/* SPDX-License-Identifier: ISC
 *
 * IPv4 headers: the verdict is that of plain index arithmetic; what was read writes back to the
 * same bytes, but for the reserved flag. The first two bytes of the input are the length of the
 * packet. */
#include "fuzz.h"
#include <wire/ip4_hdr.h>

static enum mn_ip4_result reference(const uint8_t *at, size_t len, uint32_t packet_len)
{
    if (len < 20)
        return MN_IP4_SHORT;
    if (at[0] >> 4 != 4)
        return MN_IP4_BAD_VERSION;
    unsigned header_len = (at[0] & 15u) * 4;
    unsigned total_len = (unsigned)at[2] * 256 + at[3];
    if (header_len < 20 || header_len > total_len)
        return MN_IP4_BAD_HEADER_LEN;
    return header_len > len || total_len > packet_len ? MN_IP4_SHORT : MN_IP4_OK;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    if (len < 2)
        return 0;
    uint32_t packet_len = (uint32_t)data[0] << 8 | data[1];
    data += 2;
    len -= 2;
    struct mn_rd r = mn_rd_over(data, len);
    struct mn_ip4_hdr h;
    enum mn_ip4_result result = mn_ip4_hdr_read(&r, packet_len, &h);
    FUZZ_CHECK(result == reference(data, len, packet_len));
    if (result != MN_IP4_OK)
        return 0;
    FUZZ_CHECK(mn_rd_left(&r) == (int32_t)len - h.header_len);
    FUZZ_CHECK(mn_rd_left(&h.options) == h.header_len - MN_IP4_HDR_LEN_MIN);
    FUZZ_CHECK(mn_ip4_is_fragment(&h) == ((data[6] & 0x3f) != 0 || data[7] != 0));
    uint8_t out[MN_IP4_HDR_LEN_MIN], in[MN_IP4_HDR_LEN_MIN];
    struct mn_wr w = mn_wr_over(out, sizeof out);
    mn_ip4_hdr_write(&w, &h);
    FUZZ_CHECK(mn_wr_ok(&w) && mn_wr_left(&w) == 0);
    memcpy(in, data, sizeof in);
    in[6] &= 0x7f;
    FUZZ_CHECK(memcmp(out, in, sizeof out) == 0);
    return 0;
}
