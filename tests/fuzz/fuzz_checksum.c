/* SPDX-License-Identifier: ISC
 *
 * The Internet checksum against RFC 1071 taken literally, 16 bits at a time: whole, in two parts
 * cut anywhere, and while copying. The first byte of the input says where to cut, the second how
 * the bytes are aligned. */
#include "fuzz.h"
#include <base/checksum.h>

static uint16_t reference(const uint8_t *at, size_t len)
{
    uint32_t sum = 0;
    for (size_t i = 0; i < len; i++) {
        sum += (uint32_t)at[i] << (i % 2 == 0 ? 8 : 0);
        sum = (sum & 0xffff) + (sum >> 16);
    }
    return (uint16_t)sum;
}

/* RFC 1071 1: zero has two forms in one's complement. */
static bool same(uint16_t a, uint16_t b)
{
    return a == b || (a % 0xffff == 0 && b % 0xffff == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static uint8_t room[8192], copy[8192];
    struct fuzz_input in = {data, len};
    size_t cut = fuzz_u8(&in), shift = fuzz_u8(&in) % 64u;
    if (in.left > 4096)
        in.left = 4096;
    uint8_t *at = room + shift;
    memcpy(at, in.at, in.left);
    len = in.left;
    if (cut > len)
        cut = len;

    uint16_t want = reference(at, len);
    FUZZ_CHECK(same(mn_sum_fold(mn_sum_add(0, at, len)), want));
    mn_sum parts = mn_sum_add_at(mn_sum_add(0, at, cut), cut, at + cut, len - cut);
    FUZZ_CHECK(same(mn_sum_fold(parts), want));
    FUZZ_CHECK(same(mn_sum_fold(mn_sum_copy(0, copy, at, len)), want));
    FUZZ_CHECK(memcmp(copy, at, len) == 0);
    uint16_t extra = (uint16_t)(cut << 8 | shift);
    uint32_t more = (uint32_t)want + extra;
    FUZZ_CHECK(same(mn_sum_fold(mn_sum_add16(mn_sum_add(0, at, len), extra)),
                    (uint16_t)((more & 0xffff) + (more >> 16))));
    FUZZ_CHECK((mn_sum_finish(parts) ^ mn_sum_fold(parts)) == UINT16_MAX);
    return 0;
}
