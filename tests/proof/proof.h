/* SPDX-License-Identifier: ISC
 *
 * What every harness shares: readers and writers over any bytes, and an assertion whose failure is
 * an unproved precondition.
 *
 * A reader over any frame is { base, off, end } with `end` bytes at base. Only what is left of it
 * matters, so the harnesses let it end at the end of a buffer and begin anywhere in it: that is
 * every number of bytes left from 0 to FRAME_MAX, and a read of one byte too many is outside the
 * buffer, never just inside its slack. */
#ifndef PROOF_H
#define PROOF_H

#include <__fc_builtin.h>
#include <base/assert.h>
#include <base/rd.h>
#include <base/wr.h>
#include <stdint.h>

#define FRAME_MAX 1600

/* The invariant of the cursor, and what a parser or serialiser may have done to it. */
#define RD_OK(r) ((r)->base == frame && 0 <= (r)->off && (r)->end <= FRAME_MAX)
#define WR_OK(w) RD_OK(w)

#ifdef ASSERT_IS_END /* a harness that proves memory safety alone */
/*@ assigns \nothing;
    ensures \false; */
#else
/*@ requires cannot_happen: \false;
    assigns \nothing;
    ensures \false; */
#endif
_Noreturn void mn_assert_failed(const char *file, int line, const char *text);

static uint8_t frame[FRAME_MAX];

static inline void make_any(void *at, size_t len)
{
    Frama_C_make_unknown(at, len);
}

static inline _Bool any_bool(void)
{
    return (_Bool)Frama_C_interval(0, 1);
}

/* A reader with any number of bytes left, all of them anything; or one that is bad already. */
static inline struct mn_rd any_reader(void)
{
    make_any(frame, sizeof frame);
    struct mn_rd r = {frame, Frama_C_interval(0, FRAME_MAX), FRAME_MAX, any_bool()};
    return r;
}

/* A writer with room for any number of bytes. */
static inline struct mn_wr any_writer(void)
{
    struct mn_wr w = {frame, Frama_C_interval(0, FRAME_MAX), FRAME_MAX, any_bool()};
    return w;
}

#endif
