/* SPDX-License-Identifier: ISC
 *
 * ports/bare/string.c - the memory functions, with general registers only.
 *
 * Small blocks are two loads and two stores that may overlap; middle ones a loop of four words;
 * large copies the processor's own string instruction, by words, which every hypervisor and
 * emulator does well, unlike single bytes. (Clearing, which is for the start, is a loop: emulators
 * do each word of a string instruction on its own, and a start must be fast there, too.) Everything
 * is read before it is written where that lets copy and move share a path. */
#include <stdint.h>
#include <string.h>

typedef uint64_t __attribute__((may_alias, aligned(1))) word64;
typedef uint32_t __attribute__((may_alias, aligned(1))) word32;
typedef uint16_t __attribute__((may_alias, aligned(1))) word16;

/* From here on the start-up of a string instruction is paid for. */
#define LARGE 256u

static void copy_small(char *to, const char *from, size_t len)
{
    if (len >= 8) {
        uint64_t first = *(const word64 *)from, last = *(const word64 *)(from + len - 8);
        *(word64 *)to = first;
        *(word64 *)(to + len - 8) = last;
    } else if (len >= 4) {
        uint32_t first = *(const word32 *)from, last = *(const word32 *)(from + len - 4);
        *(word32 *)to = first;
        *(word32 *)(to + len - 4) = last;
    } else if (len >= 2) {
        uint16_t first = *(const word16 *)from, last = *(const word16 *)(from + len - 2);
        *(word16 *)to = first;
        *(word16 *)(to + len - 2) = last;
    } else if (len == 1) {
        *to = *from;
    }
}

/* At least 17 bytes, upwards: right for a copy, and for a move to a lower address. */
static void copy_up(char *to, const char *from, size_t len)
{
    const char *from_end = from + len;
    char *to_end = to + len;
    uint64_t tail_a = *(const word64 *)(from_end - 16), tail_b = *(const word64 *)(from_end - 8);
    if (len >= LARGE) {
        size_t words = len / 8;
        __asm__ volatile("rep movsq" : "+D"(to), "+S"(from), "+c"(words) : : "memory");
    } else {
        for (; to_end - to >= 32; to += 32, from += 32) {
            uint64_t a = ((const word64 *)from)[0], b = ((const word64 *)from)[1];
            uint64_t c = ((const word64 *)from)[2], d = ((const word64 *)from)[3];
            ((word64 *)to)[0] = a;
            ((word64 *)to)[1] = b;
            ((word64 *)to)[2] = c;
            ((word64 *)to)[3] = d;
        }
        if (to_end - to >= 16) {
            uint64_t a = ((const word64 *)from)[0], b = ((const word64 *)from)[1];
            ((word64 *)to)[0] = a;
            ((word64 *)to)[1] = b;
        }
    }
    *(word64 *)(to_end - 16) = tail_a;
    *(word64 *)(to_end - 8) = tail_b;
}

/* At least 17 bytes, downwards: for a move to a higher address. */
static void copy_down(char *to, const char *from, size_t len)
{
    uint64_t head_a = *(const word64 *)from, head_b = *(const word64 *)(from + 8);
    char *start = to;
    for (to += len, from += len; to - start >= 16;) {
        to -= 16;
        from -= 16;
        uint64_t a = ((const word64 *)from)[0], b = ((const word64 *)from)[1];
        ((word64 *)to)[0] = a;
        ((word64 *)to)[1] = b;
    }
    *(word64 *)start = head_a;
    *(word64 *)(start + 8) = head_b;
}

void *memcpy(void *restrict to, const void *restrict from, size_t len)
{
    if (len <= 16)
        copy_small(to, from, len);
    else
        copy_up(to, from, len);
    return to;
}

void *memmove(void *to, const void *from, size_t len)
{
    if (len <= 16)
        copy_small(to, from, len);
    else if ((uintptr_t)to - (uintptr_t)from >= len)
        copy_up(to, from, len);
    else
        copy_down(to, from, len);
    return to;
}

void *memset(void *to, int value, size_t len)
{
    uint64_t pattern = (uint8_t)value * 0x0101010101010101u;
    char *at = to, *end = at + len;
    if (len >= 8) {
        for (; end - at >= 64; at += 64) {
            ((word64 *)at)[0] = ((word64 *)at)[1] = ((word64 *)at)[2] = ((word64 *)at)[3] = pattern;
            ((word64 *)at)[4] = ((word64 *)at)[5] = ((word64 *)at)[6] = ((word64 *)at)[7] = pattern;
        }
        for (; end - at >= 8; at += 8)
            *(word64 *)at = pattern;
        *(word64 *)(end - 8) = pattern;
    } else {
        for (; at < end; at++)
            *(volatile char *)at = (char)value;
    }
    return to;
}

int memcmp(const void *a, const void *b, size_t len)
{
    const unsigned char *x = a, *y = b;
    while (len >= 8 && *(const word64 *)x == *(const word64 *)y) {
        x += 8;
        y += 8;
        len -= 8;
    }
    for (; len > 0; x++, y++, len--) {
        if (*x != *y)
            return *x < *y ? -1 : 1;
    }
    return 0;
}
