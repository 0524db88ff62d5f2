/* SPDX-License-Identifier: ISC
 *
 * TCP headers: those that are read have a possible data offset, and write back to the same bytes,
 * but for the reserved bits; a quote of one says the same. */
#include "fuzz.h"
#include <wire/tcp_hdr.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct mn_rd r = mn_rd_over(data, len);
    struct mn_tcp_hdr h, quote;
    bool ok = mn_tcp_hdr_read(&r, &h);
    size_t header_len = len > 12 ? (data[12] >> 4) * 4u : 0;
    FUZZ_CHECK(ok == (header_len >= MN_TCP_HDR_LEN_MIN && header_len <= len));
    if (!ok)
        return 0;
    FUZZ_CHECK(h.header_len == header_len && (size_t)r.off == header_len);
    FUZZ_CHECK((size_t)mn_rd_left(&h.options) == header_len - MN_TCP_HDR_LEN_MIN);
    uint8_t out[MN_TCP_HDR_LEN_MIN], in[MN_TCP_HDR_LEN_MIN];
    struct mn_wr w = mn_wr_over(out, sizeof out);
    mn_tcp_hdr_write(&w, &h);
    FUZZ_CHECK(mn_wr_ok(&w) && mn_wr_left(&w) == 0);
    memcpy(in, data, sizeof in);
    in[MN_TCP_HEADER_LEN_OFFSET] &= 0xf0;
    FUZZ_CHECK(memcmp(out, in, sizeof out) == 0);

    r = mn_rd_over(data, 8);
    FUZZ_CHECK(mn_tcp_quote_read(&r, &quote));
    FUZZ_CHECK(quote.src_port == h.src_port && quote.dst_port == h.dst_port);
    FUZZ_CHECK(mn_seq_eq(quote.seq, h.seq));
    return 0;
}
