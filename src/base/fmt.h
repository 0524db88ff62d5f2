/* SPDX-License-Identifier: ISC
 *
 * base/fmt.h - text from integers and strings, into a buffer of fixed size.
 *
 * Conversions: %s %c %d %u %x %%, the numbers also with l, ll or z, all with an optional width, the
 * numbers with a leading 0 for zero padding ("%02x"), %s with a precision ("%.8s", "%.*s": then the
 * text need not end). Anything else is printed as it stands. */
#ifndef MN_FMT_H
#define MN_FMT_H

#include <stdarg.h>
#include <stddef.h>

/* Writes at most `cap` bytes with the final NUL and returns the length of what was written, at most
 * cap - 1. What does not fit is cut. `cap` may be 0: then nothing is written. */
size_t mn_fmt(char *buf, size_t cap, const char *format, ...) __attribute__((format(printf, 3, 4)));
size_t mn_fmt_v(char *buf, size_t cap, const char *format, va_list args)
    __attribute__((format(printf, 3, 0)));

#endif
