/* SPDX-License-Identifier: ISC
 *
 * The checksum of any bytes: nothing outside the range is read, or written by the copy. Every
 * length up to a whole turn of the loop is a case of its own and ends at the end of the buffer;
 * longer ones are one case that fills it.
 *
 * sources: src/base/checksum.c
 * reach: 98 */
#include "proof.h"
#include <base/checksum.h>

#define TURN 40 /* a turn of 32 bytes, one of 8 */

static uint8_t copy[FRAME_MAX];

static void sum(const uint8_t *at, uint8_t *to, size_t len, mn_sum start)
{
    switch (Frama_C_interval(0, 2)) {
    case 0:
        start = mn_sum_add(start, at, len);
        break;
    case 1:
        start = mn_sum_add_at(start, Frama_C_size_t_interval(0, FRAME_MAX), at, len);
        break;
    default:
        start = mn_sum_copy(start, to, at, len);
        break;
    }
    mn_sum_finish(mn_sum_add16(start, (uint16_t)Frama_C_interval(0, UINT16_MAX)));
}

int main(void)
{
    mn_sum start;
    make_any(frame, sizeof frame);
    make_any(&start, sizeof start);
    //@ loop unroll 41;
    for (size_t len = 0; len <= TURN; len++)
        sum(frame + FRAME_MAX - len, copy + FRAME_MAX - len, len, start);
    sum(frame, copy, Frama_C_size_t_interval(0, FRAME_MAX), start);
    return 0;
}
