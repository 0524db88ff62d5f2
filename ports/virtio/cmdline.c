/* SPDX-License-Identifier: ISC
 *
 * ports/virtio/cmdline.c - devices that a hypervisor appends to the command line, as for Linux:
 *
 *     virtio_mmio.device=512@0xfeb02e00:12    length, address, line of the interrupt
 *     virtio_mmio.device=4K@0xd0001000:6:1    and a number, which only Linux uses
 *
 * They are taken out, since the program does not know them. */
#include "virtio.h"
#include <string.h>

static const char word[] = "virtio_mmio.device=";

/* Reads a number, decimal or with 0x. False: there is none, or it is too large. */
static bool read_number(const char **at, uint64_t *value)
{
    const char *p = *at;
    unsigned base = 10;
    if (p[0] == '0' && (p[1] == 'x' || p[1] == 'X')) {
        base = 16;
        p += 2;
    }
    const char *first = p;
    *value = 0;
    for (;; p++) {
        unsigned digit = base;
        if (*p >= '0' && *p <= '9')
            digit = (unsigned)(*p - '0');
        else if (*p >= 'a' && *p <= 'f')
            digit = (unsigned)(*p - 'a') + 10;
        else if (*p >= 'A' && *p <= 'F')
            digit = (unsigned)(*p - 'A') + 10;
        if (digit >= base)
            break;
        if (*value > (UINT64_MAX - digit) / base)
            return false;
        *value = *value * base + digit;
    }
    *at = p;
    return p > first;
}

static bool read_device(const char *p, struct cmdline_device *device)
{
    uint64_t line, number;
    if (!read_number(&p, &device->len))
        return false;
    unsigned shift = 0;
    if (*p == 'K' || *p == 'k')
        shift = 10;
    else if (*p == 'M' || *p == 'm')
        shift = 20;
    if (shift)
        p++;
    if (device->len == 0 || device->len > UINT32_MAX >> shift)
        return false;
    device->len <<= shift;
    if (*p++ != '@' || !read_number(&p, &device->at) || *p++ != ':' || !read_number(&p, &line))
        return false;
    if (*p == ':') {
        p++;
        if (!read_number(&p, &number))
            return false;
    }
    device->line = (uint32_t)line;
    return *p == '\0' && line <= UINT32_MAX;
}

bool cmdline_take(char *line, struct cmdline_device *device, const char **bad)
{
    static char value[128];
    *bad = NULL;
    char *at = line;
    while ((at = strstr(at, word)) != NULL && at != line && at[-1] != ' ')
        at++;
    if (!at)
        return false;
    size_t len = strcspn(at, " ");
    size_t value_len = len - (sizeof word - 1);
    if (value_len >= sizeof value)
        value_len = sizeof value - 1;
    memcpy(value, at + sizeof word - 1, value_len);
    value[value_len] = '\0';
    memmove(at, at + len, strlen(at + len) + 1);
    if (!read_device(value, device))
        *bad = value;
    return true;
}
