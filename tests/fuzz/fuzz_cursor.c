/* SPDX-License-Identifier: ISC
 *
 * The reader against plain index arithmetic: the first half of the input says what to call, the
 * second half is read. */
#include "fuzz.h"
#include <base/rd.h>

/* What a reader should be. */
struct model {
    size_t off, end;
    bool bad;
};

/* Takes `len` bytes: their offset, or false and the reader is bad. */
static bool take(struct model *m, int64_t len, size_t *at)
{
    if (m->bad || len < 0 || (size_t)len > m->end - m->off) {
        m->bad = true;
        return false;
    }
    *at = m->off;
    m->off += (size_t)len;
    return true;
}

static uint32_t number(const uint8_t *bytes, size_t at, size_t len)
{
    uint32_t value = 0;
    for (size_t i = 0; i < len; i++)
        value = value << 8 | bytes[at + i];
    return value;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct fuzz_input in = {data, len / 2};
    const uint8_t *bytes = data + len / 2;
    struct mn_rd r = mn_rd_over(bytes, len - len / 2), sub;
    struct model m = {0, len - len / 2, false};
    while (in.left > 0) {
        uint8_t what = fuzz_u8(&in);
        int32_t arg = (int32_t)(what & 0x80 ? fuzz_u32(&in) : fuzz_u8(&in));
        size_t at = 0;
        uint8_t out[255];
        switch (what % 6) {
        case 0:
            FUZZ_CHECK(mn_rd_u8(&r) == (take(&m, 1, &at) ? number(bytes, at, 1) : 0));
            break;
        case 1:
            FUZZ_CHECK(mn_rd_be16(&r) == (take(&m, 2, &at) ? number(bytes, at, 2) : 0));
            break;
        case 2:
            FUZZ_CHECK(mn_rd_be32(&r) == (take(&m, 4, &at) ? number(bytes, at, 4) : 0));
            break;
        case 3:
            arg &= 0x7f;
            mn_rd_bytes(&r, out, arg);
            if (take(&m, arg, &at)) {
                FUZZ_CHECK(memcmp(out, bytes + at, (size_t)arg) == 0);
            } else {
                for (int32_t i = 0; i < arg; i++)
                    FUZZ_CHECK(out[i] == 0);
            }
            break;
        case 4:
            mn_rd_skip(&r, arg);
            take(&m, arg, &at);
            break;
        default:
            sub = mn_rd_sub(&r, arg);
            FUZZ_CHECK(mn_rd_ok(&sub) == take(&m, arg, &at));
            FUZZ_CHECK(mn_rd_left(&sub) == (m.bad ? 0 : arg));
            FUZZ_CHECK(m.bad || arg == 0 || mn_rd_u8(&sub) == bytes[at]);
            break;
        }
        FUZZ_CHECK(mn_rd_ok(&r) == !m.bad);
        FUZZ_CHECK((size_t)mn_rd_left(&r) == m.end - m.off);
    }
    return 0;
}
