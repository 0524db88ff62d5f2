/* SPDX-License-Identifier: ISC
 *
 * Addresses as text: RFC 4291 2.2, RFC 4007 11 and RFC 5952.
 *
 * The parsers are made of small steps that take a cursor into the text, move it over what they have
 * understood, and say whether that was something. The whole text must be used up. Nothing is read
 * behind the final NUL, because each step stops at the first character it does not know. */
#include <base/fmt.h>
#include <mnet/addr.h>
#include <string.h>

/* ---- reading ---- */

/* A decimal number without leading zeros, at most `max` (itself at most 65535). */
static bool take_decimal(const char **at, unsigned max, unsigned *out)
{
    const char *p = *at;
    unsigned value = 0;
    unsigned count = 0;
    for (; *p >= '0' && *p <= '9' && count < 5; p++, count++)
        value = value * 10 + (unsigned)(*p - '0');
    if (count == 0 || value > max || (count > 1 && **at == '0') || (*p >= '0' && *p <= '9'))
        return false;
    *at = p;
    *out = value;
    return true;
}

static bool take_char(const char **at, char c)
{
    if (**at != c)
        return false;
    ++*at;
    return true;
}

static bool take_v4(const char **at, uint8_t out[4])
{
    const char *p = *at;
    uint8_t bytes[4];
    for (unsigned i = 0; i < 4; i++) {
        unsigned part;
        if ((i > 0 && !take_char(&p, '.')) || !take_decimal(&p, 255, &part))
            return false;
        bytes[i] = (uint8_t)part;
    }
    *at = p;
    memcpy(out, bytes, sizeof bytes);
    return true;
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

/* One to four hexadecimal digits. */
static bool take_group(const char **at, uint8_t out[2])
{
    const char *p = *at;
    unsigned value = 0;
    unsigned count = 0;
    for (; count < 4 && hex_digit(*p) >= 0; p++, count++)
        value = value << 4 | (unsigned)hex_digit(*p);
    if (count == 0 || hex_digit(*p) >= 0)
        return false;
    out[0] = (uint8_t)(value >> 8);
    out[1] = (uint8_t)value;
    *at = p;
    return true;
}

/* RFC 4291 2.2: groups with colons between, "::" once for one or more zero groups, and perhaps an
 * IPv4 address in place of the last two. */
static bool take_v6(const char **at, uint8_t out[16])
{
    const char *p = *at;
    uint8_t bytes[16] = {0};
    unsigned len = 0; /* bytes taken so far */
    bool has_gap = false;
    unsigned gap = 0; /* how many of them stood before the "::" */
    while (len < 16) {
        if (p[0] == ':' && p[1] == ':' && !has_gap) {
            p += 2;
            has_gap = true;
            gap = len;
            if (hex_digit(*p) < 0)
                break;
        } else if (len > 0 && !take_char(&p, ':')) {
            break;
        }
        if (len <= 12 && take_v4(&p, bytes + len)) {
            len += 4;
            break;
        }
        if (!take_group(&p, bytes + len))
            return false;
        len += 2;
    }
    if (has_gap ? len == 16 : len < 16)
        return false;
    *at = p;
    memset(out, 0, 16);
    memcpy(out, bytes, gap);
    memcpy(out + 16 - (len - gap), bytes + gap, len - gap);
    return true;
}

/* RFC 4007 6: what is good on one link: fe80::/10, and groups of that scope or a smaller one. */
static bool has_zone(const struct mnet_addr *addr)
{
    const uint8_t *b = addr->bytes;
    return (b[0] == 0xfe && (b[1] & 0xc0) == 0x80) || (b[0] == 0xff && (b[1] & 0x0f) <= 2);
}

static bool take_addr(const char **at, struct mnet_addr *out)
{
    uint8_t v4[4];
    if (!take_v4(at, v4))
        return take_v6(at, out->bytes);
    *out =
        mnet_addr_v4((uint32_t)v4[0] << 24 | (uint32_t)v4[1] << 16 | (uint32_t)v4[2] << 8 | v4[3]);
    return true;
}

/* RFC 4007 11: "%" and a zone, behind an address that has one. True and "": there is none. */
static bool take_zone(const char **at, const struct mnet_addr *addr, char *zone)
{
    size_t len = 0;
    zone[0] = '\0';
    if (!take_char(at, '%'))
        return true;
    if (!has_zone(addr))
        return false;
    for (const char *p = *at; p[len] > ' ' && p[len] < 127 && !strchr("%/[]", p[len]); len++)
        if (len + 1 == MNET_ZONE_MAX)
            return false;
    memcpy(zone, *at, len);
    zone[len] = '\0';
    *at += len;
    return len > 0;
}

mnet_err mnet_addr_parse_zone(const char *text, struct mnet_addr *out, char *zone)
{
    struct mnet_addr addr;
    char found[MNET_ZONE_MAX];
    if (!take_addr(&text, &addr) || !take_zone(&text, &addr, found) || *text != '\0')
        return MNET_ERR_INVALID;
    *out = addr;
    memcpy(zone, found, sizeof found);
    return MNET_OK;
}

mnet_err mnet_addr_parse(const char *text, struct mnet_addr *out)
{
    struct mnet_addr addr;
    char zone[MNET_ZONE_MAX];
    if (mnet_addr_parse_zone(text, &addr, zone) != MNET_OK || zone[0] != '\0')
        return MNET_ERR_INVALID;
    *out = addr;
    return MNET_OK;
}

mnet_err mnet_cidr_parse(const char *text, struct mnet_cidr *out)
{
    struct mnet_addr addr;
    unsigned len;
    if (!take_addr(&text, &addr) || !take_char(&text, '/') ||
        !take_decimal(&text, mnet_addr_is_v4(&addr) ? 32 : 128, &len) || *text != '\0')
        return MNET_ERR_INVALID;
    *out = (struct mnet_cidr){addr, (uint8_t)len};
    return MNET_OK;
}

/* RFC 5952 6: an IPv6 address with a port stands in brackets. */
mnet_err mnet_endpoint_parse_zone(const char *text, struct mnet_endpoint *out, char *zone)
{
    struct mnet_addr addr;
    unsigned port;
    char found[MNET_ZONE_MAX];
    bool has_brackets = take_char(&text, '[');
    if (!take_addr(&text, &addr) || !take_zone(&text, &addr, found) ||
        has_brackets == mnet_addr_is_v4(&addr) || (has_brackets && !take_char(&text, ']')) ||
        !take_char(&text, ':') || !take_decimal(&text, UINT16_MAX, &port) || *text != '\0')
        return MNET_ERR_INVALID;
    *out = (struct mnet_endpoint){addr, (uint16_t)port};
    memcpy(zone, found, sizeof found);
    return MNET_OK;
}

mnet_err mnet_endpoint_parse(const char *text, struct mnet_endpoint *out)
{
    struct mnet_endpoint endpoint;
    char zone[MNET_ZONE_MAX];
    if (mnet_endpoint_parse_zone(text, &endpoint, zone) != MNET_OK || zone[0] != '\0')
        return MNET_ERR_INVALID;
    *out = endpoint;
    return MNET_OK;
}

/* ---- writing ---- */

static unsigned group(const struct mnet_addr *addr, unsigned i)
{
    return (unsigned)addr->bytes[2 * i] << 8 | addr->bytes[2 * i + 1];
}

/* RFC 5952 4.2: the longest run of at least two zero groups, the first of equal ones. Returns its
 * length, 0 if there is none. */
static unsigned longest_zeros(const struct mnet_addr *addr, unsigned *start)
{
    unsigned best = 0;
    for (unsigned i = 0, run = 0; i < 8; i++) {
        run = group(addr, i) == 0 ? run + 1 : 0;
        if (run > best) {
            best = run;
            *start = i + 1 - run;
        }
    }
    return best >= 2 ? best : 0;
}

char *mnet_addr_print(const struct mnet_addr *addr, char *buf, size_t cap)
{
    if (mnet_addr_is_v4(addr)) {
        const uint8_t *v4 = addr->bytes + 12;
        mn_fmt(buf, cap, "%u.%u.%u.%u", v4[0], v4[1], v4[2], v4[3]);
        return buf;
    }
    unsigned start = 0;
    unsigned zeros = longest_zeros(addr, &start);
    size_t len = mn_fmt(buf, cap, "%s", "");
    for (unsigned i = 0; i < 8; i++) {
        if (zeros > 0 && i == start) {
            len += mn_fmt(buf + len, cap - len, "::");
            i += zeros - 1;
            continue;
        }
        bool has_colon = i > 0 && !(zeros > 0 && i == start + zeros);
        len += mn_fmt(buf + len, cap - len, has_colon ? ":%x" : "%x", group(addr, i));
    }
    return buf;
}

char *mnet_addr_print_zone(const struct mnet_addr *addr, const char *zone, char *buf, size_t cap)
{
    char text[MNET_ADDR_TEXT_MAX];
    mnet_addr_print(addr, text, sizeof text);
    mn_fmt(buf, cap, has_zone(addr) && zone[0] ? "%s%%%s" : "%s", text, zone);
    return buf;
}

char *mnet_endpoint_print_zone(const struct mnet_endpoint *endpoint, const char *zone, char *buf,
                               size_t cap)
{
    char addr[MNET_ENDPOINT_ZONE_TEXT_MAX];
    mnet_addr_print_zone(&endpoint->addr, zone, addr, sizeof addr);
    bool is_v4 = mnet_addr_is_v4(&endpoint->addr);
    mn_fmt(buf, cap, is_v4 ? "%s:%u" : "[%s]:%u", addr, endpoint->port);
    return buf;
}

char *mnet_endpoint_print(const struct mnet_endpoint *endpoint, char *buf, size_t cap)
{
    return mnet_endpoint_print_zone(endpoint, "", buf, cap);
}

char *mnet_mac_print(const struct mnet_mac *mac, char *buf, size_t cap)
{
    const uint8_t *b = mac->bytes;
    mn_fmt(buf, cap, "%02x:%02x:%02x:%02x:%02x:%02x", b[0], b[1], b[2], b[3], b[4], b[5]);
    return buf;
}
