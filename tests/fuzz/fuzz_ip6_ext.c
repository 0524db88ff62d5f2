/* SPDX-License-Identifier: ISC
 *
 * IPv6 extension headers: the walk ends as index arithmetic over the whole chain says, at the same
 * place. The first byte of the input is the Next Header of the fixed header. */
#include "fuzz.h"
#include <wire/ip6_ext.h>

struct verdict {
    enum mn_ip6_ext_step step;
    size_t at;     /* where the walk ends, if the step is LAST */
    size_t bad_at; /* if it is one of PARAM */
};

/* Options of the header at `at`; ONE: all is well. */
static struct verdict reference_options(const uint8_t *p, size_t at, size_t end, bool is_hop_by_hop)
{
    size_t padding = 0, count = 0;
    for (size_t i = at + 2, size; i < end; i += size) {
        if (p[i] != 0 && (i + 1 >= end || i + 2 + p[i + 1] > end))
            return (struct verdict){MN_IP6_EXT_PARAM, 0, i + 1 < end ? i + 1 : i};
        size = p[i] == 0 ? 1 : 2 + (size_t)p[i + 1];
        bool is_padding = p[i] <= 1;
        padding = is_padding ? padding + size : 0;
        count += !is_padding;
        if (padding > 7 || count > 8)
            return (struct verdict){MN_IP6_EXT_TOO_MANY, 0, 0};
        if (is_padding)
            continue;
        if (p[i] == 5 && is_hop_by_hop && p[i + 1] != 2)
            return (struct verdict){MN_IP6_EXT_PARAM, 0, i + 1};
        if (p[i] >= 0xc0)
            return (struct verdict){MN_IP6_EXT_PARAM_UNLESS_GROUP, 0, i};
        if (p[i] >= 0x80)
            return (struct verdict){MN_IP6_EXT_PARAM, 0, i};
        if (p[i] >= 0x40)
            return (struct verdict){MN_IP6_EXT_REFUSED, 0, 0};
    }
    return (struct verdict){MN_IP6_EXT_ONE, 0, 0};
}

static struct verdict reference(uint8_t next, const uint8_t *p, size_t len)
{
    size_t at = 0;
    size_t next_at = 6;
    for (int count = 0;; count++) {
        if (next == 59)
            return (struct verdict){MN_IP6_EXT_NONE, 0, 0};
        if (next != 0 && next != 43 && next != 44 && next != 60)
            return (struct verdict){MN_IP6_EXT_LAST, at, 0};
        if (next == 0 && count > 0)
            return (struct verdict){MN_IP6_EXT_PARAM, 0, next_at};
        if (count == 8)
            return (struct verdict){MN_IP6_EXT_TOO_MANY, 0, 0};
        size_t size = len - at < 2 ? 8 : next == 44 ? 8 : 8 * ((size_t)p[at + 1] + 1);
        if (len - at < size)
            return (struct verdict){MN_IP6_EXT_SHORT, 0, 0};
        if (next == 43 && p[at + 3] != 0)
            return (struct verdict){MN_IP6_EXT_PARAM, 0, at + 2};
        if (next == 0 || next == 60) {
            struct verdict v = reference_options(p, at, at + size, next == 0);
            if (v.step != MN_IP6_EXT_ONE)
                return v;
        }
        next_at = at;
        next = p[at];
        at += size;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    if (len < 1)
        return 0;
    uint8_t first = data[0];
    data++;
    len--;
    struct mn_rd r = mn_rd_over(data, len);
    struct mn_ip6_ext ext = mn_ip6_ext_first(first);
    enum mn_ip6_ext_step step = MN_IP6_EXT_ONE;
    for (int i = 0; i <= MN_IP6_EXTS && step == MN_IP6_EXT_ONE; i++) {
        step = mn_ip6_ext_next(&r, &ext);
        if (step != MN_IP6_EXT_ONE)
            break;
        FUZZ_CHECK(ext.at + ext.len == r.off && ext.next == data[ext.at] && ext.count == i + 1);
        if (ext.kind != MN_IP6_EXT_FRAGMENT)
            continue;
        uint8_t out[MN_IP6_FRAG_LEN];
        struct mn_wr w = mn_wr_over(out, sizeof out);
        mn_ip6_frag_write(&w, &ext.frag);
        FUZZ_CHECK(mn_wr_ok(&w) && out[0] == data[ext.at] && out[2] == data[ext.at + 2]);
        FUZZ_CHECK(out[3] == (data[ext.at + 3] & 0xf9));
        FUZZ_CHECK(memcmp(out + 4, data + ext.at + 4, 4) == 0);
    }
    struct verdict want = reference(first, data, len);
    FUZZ_CHECK(step == want.step);
    if (step == MN_IP6_EXT_LAST)
        FUZZ_CHECK((size_t)r.off == want.at);
    if (step == MN_IP6_EXT_PARAM || step == MN_IP6_EXT_PARAM_UNLESS_GROUP)
        FUZZ_CHECK((size_t)ext.bad_at == want.bad_at);
    return 0;
}
