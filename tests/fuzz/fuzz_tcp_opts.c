/* SPDX-License-Identifier: ISC
 *
 * TCP options: whatever was read, writing it and reading that gives the same, in whole words,
 * within 40 bytes. */
#include "fuzz.h"
#include <wire/tcp_opts.h>

static bool same(const struct mn_tcp_opts *a, const struct mn_tcp_opts *b)
{
    for (unsigned i = 0; i < b->sack_count; i++) {
        if (!mn_seq_eq(a->sack[i].start, b->sack[i].start) ||
            !mn_seq_eq(a->sack[i].end, b->sack[i].end))
            return false;
    }
    return a->has_mss == b->has_mss && a->mss == b->mss && a->has_wscale == b->has_wscale &&
           a->wscale == b->wscale && a->has_sack_permitted == b->has_sack_permitted &&
           a->has_ts == b->has_ts && a->ts_val == b->ts_val && a->ts_ecr == b->ts_ecr;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    if (len > MN_TCP_OPTIONS_LEN_MAX)
        len = MN_TCP_OPTIONS_LEN_MAX;
    struct mn_tcp_opts o, again;
    mn_tcp_opts_read(mn_rd_over(data, len), &o);
    FUZZ_CHECK(o.sack_count <= MN_TCP_SACKS_MAX && o.wscale <= MN_TCP_WSCALE_MAX);

    uint8_t out[MN_TCP_OPTIONS_LEN_MAX];
    int32_t want = mn_tcp_opts_len(&o);
    FUZZ_CHECK(want >= 0 && want <= MN_TCP_OPTIONS_LEN_MAX && want % 4 == 0);
    struct mn_wr w = mn_wr_over(out, (size_t)want);
    mn_tcp_opts_write(&w, &o);
    FUZZ_CHECK(mn_wr_ok(&w) && mn_wr_left(&w) == 0);

    FUZZ_CHECK(mn_tcp_opts_read(mn_rd_over(out, (size_t)want), &again));
    unsigned room = mn_tcp_opts_sack_room(&o);
    FUZZ_CHECK(again.sack_count == (o.sack_count < room ? o.sack_count : room));
    FUZZ_CHECK(same(&o, &again));

    /* The layout that is recognised first means the same as when it is read option by option. */
    if (len == MN_TCP_TS_LEN && memcmp(data, "\1\1\10\12", 4) == 0) {
        uint8_t padded[MN_TCP_TS_LEN + 4] = {0};
        memcpy(padded, data, len);
        FUZZ_CHECK(mn_tcp_opts_read(mn_rd_over(padded, sizeof padded), &again));
        FUZZ_CHECK(same(&o, &again) && o.has_ts);
    }
    return 0;
}
