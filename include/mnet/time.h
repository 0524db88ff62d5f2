/* SPDX-License-Identifier: ISC
 *
 * mnet/time.h - instants and durations, both in nanoseconds.
 *
 * An instant counts from an arbitrary moment and never goes back. The stack reads no clock: whoever
 * drives it says what time it is. */
#ifndef MNET_TIME_H
#define MNET_TIME_H

#include <stdint.h>

typedef uint64_t mnet_time; /* ns, monotonic (an instant) or elapsed (a duration) */

#define MNET_NEVER UINT64_MAX /* an instant that does not come */

#define MNET_NS(n) ((mnet_time)(n))
#define MNET_US(n) ((mnet_time)(n)*UINT64_C(1000))
#define MNET_MS(n) ((mnet_time)(n)*UINT64_C(1000000))
#define MNET_SEC(n) ((mnet_time)(n)*UINT64_C(1000000000))

#endif
