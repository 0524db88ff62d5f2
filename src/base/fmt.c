/* SPDX-License-Identifier: ISC
 *
 * A small formatter, so that src/ needs no libc and no floating point.
 *
 * The format is read once from left to right. A conversion is parsed as a whole before an argument
 * is taken; one that is not known takes none and is printed as text, so a mistake is seen and not
 * undefined. The compiler checks formats against arguments by the attribute in the header. */
#include <base/fmt.h>
#include <stdbool.h>
#include <stdint.h>

#define WIDTH_MAX 64u            /* wider fields are cut to this: bounds the padding loop */
#define PRECISION_MAX (1u << 20) /* longer than any text */
#define DIGITS_MAX 20u           /* decimal digits of UINT64_MAX */

struct out {
    char *buf;
    size_t cap;
    size_t len; /* bytes written, without the NUL */
};

enum size { SIZE_INT, SIZE_LONG, SIZE_LONG_LONG, SIZE_SIZE };

struct spec {
    unsigned width;     /* at least so many characters */
    char pad;           /* ' ' or '0' */
    unsigned precision; /* of %s: at most so many characters */
    bool has_star;      /* ... and that is an argument */
    enum size size;     /* of the argument */
    char letter;        /* d u x s c % */
};

static void put(struct out *out, char c)
{
    if (out->len + 1 < out->cap)
        out->buf[out->len++] = c;
}

/* `text` need not end when `most` is not beyond it. */
static void put_text(struct out *out, const char *text, unsigned width, size_t most)
{
    size_t len = 0;
    while (len < most && text[len] != '\0')
        len++;
    for (size_t i = len; i < width; i++)
        put(out, ' ');
    for (size_t i = 0; i < len; i++)
        put(out, text[i]);
}

static void put_number(struct out *out, uint64_t value, bool is_negative, const struct spec *spec)
{
    unsigned base = spec->letter == 'x' ? 16 : 10;
    char digits[DIGITS_MAX];
    unsigned count = 0;
    do {
        digits[count++] = "0123456789abcdef"[value % base];
        value /= base;
    } while (value != 0 && count < DIGITS_MAX);

    unsigned filled = count + (is_negative ? 1 : 0);
    if (is_negative && spec->pad == '0')
        put(out, '-');
    for (; filled < spec->width; filled++)
        put(out, spec->pad);
    if (is_negative && spec->pad != '0')
        put(out, '-');
    while (count > 0)
        put(out, digits[--count]);
}

/* Reads a precision behind its '.': a number or a star. */
static const char *parse_precision(const char *at, struct spec *spec)
{
    spec->precision = 0;
    spec->has_star = *at == '*';
    if (spec->has_star)
        return at + 1;
    for (; *at >= '0' && *at <= '9'; at++)
        if (spec->precision < PRECISION_MAX)
            spec->precision = spec->precision * 10 + (unsigned)(*at - '0');
    return at;
}

/* Reads one conversion behind its '%'. Returns the place behind it, NULL if it is none. */
static const char *parse(const char *at, struct spec *spec)
{
    *spec = (struct spec){.pad = ' ', .precision = PRECISION_MAX};
    if (*at == '0')
        spec->pad = *at++;
    for (; *at >= '0' && *at <= '9'; at++)
        if (spec->width < WIDTH_MAX)
            spec->width = spec->width * 10 + (unsigned)(*at - '0');
    if (spec->width > WIDTH_MAX)
        spec->width = WIDTH_MAX;
    bool has_precision = *at == '.';
    if (has_precision)
        at = parse_precision(at + 1, spec);
    if (at[0] == 'l' && at[1] == 'l') {
        spec->size = SIZE_LONG_LONG;
        at += 2;
    } else if (*at == 'l') {
        spec->size = SIZE_LONG;
        at++;
    } else if (*at == 'z') {
        spec->size = SIZE_SIZE;
        at++;
    }
    spec->letter = *at;
    switch (*at) {
    case 'd':
    case 'u':
    case 'x':
        return has_precision ? NULL : at + 1;
    case 's':
        return spec->size == SIZE_INT && spec->pad == ' ' ? at + 1 : NULL;
    case 'c':
    case '%':
        return spec->size == SIZE_INT && spec->pad == ' ' && !has_precision ? at + 1 : NULL;
    default:
        return NULL;
    }
}

size_t mn_fmt_v(char *buf, size_t cap, const char *format, va_list args)
{
    struct out out = {buf, cap, 0};
    while (*format != '\0') {
        struct spec spec;
        const char *next = *format == '%' ? parse(format + 1, &spec) : NULL;
        if (!next) {
            put(&out, *format++);
            continue;
        }
        format = next;
        switch (spec.letter) {
        case 's': {
            int star = spec.has_star ? va_arg(args, int) : -1;
            const char *text = va_arg(args, const char *);
            put_text(&out, text ? text : "(null)", spec.width,
                     star >= 0 ? (size_t)star : spec.precision);
            break;
        }
        case 'c': {
            char text[2] = {(char)va_arg(args, int), '\0'};
            put_text(&out, text, spec.width, 1);
            break;
        }
        case '%':
            put(&out, '%');
            break;
        case 'd': {
            int64_t value = spec.size == SIZE_INT    ? va_arg(args, int)
                            : spec.size == SIZE_LONG ? va_arg(args, long)
                            : spec.size == SIZE_SIZE ? va_arg(args, ptrdiff_t)
                                                     : va_arg(args, long long);
            put_number(&out, value < 0 ? 0 - (uint64_t)value : (uint64_t)value, value < 0, &spec);
            break;
        }
        default: {
            uint64_t value = spec.size == SIZE_INT    ? va_arg(args, unsigned)
                             : spec.size == SIZE_LONG ? va_arg(args, unsigned long)
                             : spec.size == SIZE_SIZE ? va_arg(args, size_t)
                                                      : va_arg(args, unsigned long long);
            put_number(&out, value, false, &spec);
            break;
        }
        }
    }
    if (cap > 0)
        buf[out.len] = '\0';
    return out.len;
}

size_t mn_fmt(char *buf, size_t cap, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    size_t len = mn_fmt_v(buf, cap, format, args);
    va_end(args);
    return len;
}
