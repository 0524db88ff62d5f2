/* SPDX-License-Identifier: ISC
 *
 * All headers that are walked begin with the kind of the next one and, but for the fragment header,
 * their own length. One step takes a header out of the reader; its options are then read from a
 * reader of their own. What a packet may cost is bounded three times: headers, options in a header,
 * padding between options. */
#include <wire/icmp6_hdr.h>
#include <wire/ip6_ext.h>
#include <wire/ip6_hdr.h>

#define UNIT 8 /* lengths count units of 8 bytes; every header has one at least */

/* RFC 8200 4.2, 4.3 and RFC 2711 2. */
#define OPT_PAD1 0u
#define OPT_PADN 1u
#define OPT_ROUTER_ALERT 5u
#define OPT_ROUTER_ALERT_LEN 2

#define FRAG_MORE 0x0001u
#define FRAG_OFFSET_MASK 0xfff8u /* the offset, in place: it counts 8 bytes as its bits lie */

/* Options are read in a row of bounded length: the options, and padding around each. */
#define STEPS (MN_IP6_OPTIONS + (MN_IP6_OPTIONS + 1) * MN_IP6_PADDING)

struct options {
    int32_t padding; /* bytes of padding in a row, up to here */
    int count;       /* options that are no padding */
};

static enum mn_ip6_ext_step param(struct mn_ip6_ext *ext, uint8_t code, int32_t at)
{
    ext->code = code;
    ext->bad_at = at;
    return MN_IP6_EXT_PARAM;
}

/* RFC 8200 4.2: the two highest bits of the type say what is to be done by who does not know it. */
static enum mn_ip6_ext_step unknown_option(struct mn_ip6_ext *ext, uint8_t type, int32_t at)
{
    switch (type >> 6) {
    case 0:
        return MN_IP6_EXT_ONE;
    case 1:
        return MN_IP6_EXT_REFUSED;
    case 2:
        return param(ext, MN_ICMP6_PARAM_OPTION, at);
    default:
        param(ext, MN_ICMP6_PARAM_OPTION, at);
        return MN_IP6_EXT_PARAM_UNLESS_GROUP;
    }
}

/* One option that is no padding, with its data. */
static enum mn_ip6_ext_step known_option(struct mn_ip6_ext *ext, uint8_t type, int32_t at,
                                         struct mn_rd data)
{
    if (type != OPT_ROUTER_ALERT || ext->kind != MN_IP6_EXT_HOP_BY_HOP)
        return unknown_option(ext, type, at);
    if (mn_rd_left(&data) != OPT_ROUTER_ALERT_LEN)
        return param(ext, MN_ICMP6_PARAM_FIELD, at + 1);
    ext->has_router_alert = true;
    ext->router_alert = mn_rd_be16(&data);
    return MN_IP6_EXT_ONE;
}

static enum mn_ip6_ext_step add_padding(struct options *seen, int32_t len)
{
    int32_t padding = seen->padding + len;
    if (padding > MN_IP6_PADDING)
        return MN_IP6_EXT_TOO_MANY;
    seen->padding = padding;
    return MN_IP6_EXT_ONE;
}

/* One option or a piece of padding. ONE: go on. */
static enum mn_ip6_ext_step one_option(struct mn_rd *r, struct options *seen,
                                       struct mn_ip6_ext *ext)
{
    int32_t at = r->off;
    uint8_t type = mn_rd_u8(r);
    if (type == OPT_PAD1)
        return add_padding(seen, 1);
    uint8_t len = mn_rd_u8(r);
    struct mn_rd data = mn_rd_sub(r, len);
    if (!mn_rd_ok(r)) /* its length leads past the header; or its type is the last byte */
        return param(ext, MN_ICMP6_PARAM_FIELD, at + 1 < r->end ? at + 1 : at);
    if (type == OPT_PADN)
        return add_padding(seen, 2 + len);
    seen->padding = 0;
    /* RFC 8504 5.3: a packet with more is silently discarded. */
    if (seen->count >= MN_IP6_OPTIONS)
        return MN_IP6_EXT_TOO_MANY;
    seen->count++;
    return known_option(ext, type, at, data);
}

static enum mn_ip6_ext_step read_options(struct mn_rd data, struct mn_ip6_ext *ext)
{
    struct options seen = {0};
    enum mn_ip6_ext_step step = MN_IP6_EXT_ONE;
    for (int i = 0; i <= STEPS && step == MN_IP6_EXT_ONE && mn_rd_left(&data) > 0; i++)
        step = one_option(&data, &seen, ext);
    return step;
}

/* RFC 8200 4.4: no type of route is followed here, type 0 least of all (RFC 5095 3); a header whose
 * route is used up is passed over. */
static enum mn_ip6_ext_step read_routing(struct mn_rd data, struct mn_ip6_ext *ext)
{
    int32_t type_at = data.off;
    mn_rd_u8(&data);
    uint8_t segments_left = mn_rd_u8(&data);
    return segments_left == 0 ? MN_IP6_EXT_ONE : param(ext, MN_ICMP6_PARAM_FIELD, type_at);
}

static enum mn_ip6_ext_step read_fragment(struct mn_rd data, struct mn_ip6_ext *ext)
{
    uint16_t offset = mn_rd_be16(&data);
    ext->has_fragment = true;
    ext->frag.next = ext->next;
    ext->frag.offset = offset & FRAG_OFFSET_MASK;
    ext->frag.more = (offset & FRAG_MORE) != 0;
    ext->frag.id = mn_rd_be32(&data);
    return MN_IP6_EXT_ONE;
}

static bool is_extension(uint8_t kind)
{
    return kind == MN_IP6_EXT_HOP_BY_HOP || kind == MN_IP6_EXT_ROUTING ||
           kind == MN_IP6_EXT_FRAGMENT || kind == MN_IP6_EXT_DST_OPTS;
}

/* Takes the header of the kind ext->next; `data` is what stands behind its first two bytes. */
static bool take(struct mn_rd *r, struct mn_ip6_ext *ext, struct mn_rd *data)
{
    struct mn_rd whole = *r;
    uint8_t next = mn_rd_u8(r);
    uint8_t units = mn_rd_u8(r);
    /* RFC 8200 4.5: the second byte of a fragment header is reserved. */
    int32_t len = ext->next == MN_IP6_EXT_FRAGMENT ? UNIT : (units + 1) * UNIT;
    *data = mn_rd_sub(r, len - 2);
    if (!mn_rd_ok(r))
        return false;
    ext->kind = ext->next;
    ext->next = next;
    ext->at = whole.off;
    ext->next_at = whole.off;
    ext->len = len;
    ext->count++;
    return true;
}

struct mn_ip6_ext mn_ip6_ext_first(uint8_t next)
{
    return (struct mn_ip6_ext){.next = next, .next_at = MN_IP6_NEXT_OFFSET};
}

enum mn_ip6_ext_step mn_ip6_ext_next(struct mn_rd *r, struct mn_ip6_ext *ext)
{
    if (ext->next == MN_IP6_EXT_NO_NEXT)
        return MN_IP6_EXT_NONE;
    if (!is_extension(ext->next))
        return MN_IP6_EXT_LAST;
    /* RFC 8200 4.1: hop-by-hop options are directly behind the fixed header only; elsewhere their
     * number is that of an unknown header (4). */
    if (ext->next == MN_IP6_EXT_HOP_BY_HOP && ext->count > 0)
        return param(ext, MN_ICMP6_PARAM_NEXT, ext->next_at);
    if (ext->count >= MN_IP6_EXTS)
        return MN_IP6_EXT_TOO_MANY;
    struct mn_rd data;
    if (!take(r, ext, &data))
        return MN_IP6_EXT_SHORT;
    switch (ext->kind) {
    case MN_IP6_EXT_ROUTING:
        return read_routing(data, ext);
    case MN_IP6_EXT_FRAGMENT:
        return read_fragment(data, ext);
    default:
        return read_options(data, ext);
    }
}

void mn_ip6_frag_write(struct mn_wr *w, const struct mn_ip6_frag *frag)
{
    struct mn_wr out = mn_wr_sub(w, MN_IP6_FRAG_LEN);
    mn_wr_u8(&out, frag->next);
    mn_wr_u8(&out, 0);
    mn_wr_be16(&out, (uint16_t)((frag->offset & FRAG_OFFSET_MASK) | (frag->more ? FRAG_MORE : 0)));
    mn_wr_be32(&out, frag->id);
}

void mn_ip6_alert_write(struct mn_wr *w, uint8_t next, uint16_t value)
{
    struct mn_wr out = mn_wr_sub(w, MN_IP6_ALERT_LEN);
    mn_wr_u8(&out, next);
    mn_wr_u8(&out, MN_IP6_ALERT_LEN / UNIT - 1);
    mn_wr_u8(&out, OPT_ROUTER_ALERT);
    mn_wr_u8(&out, OPT_ROUTER_ALERT_LEN);
    mn_wr_be16(&out, value);
    mn_wr_u8(&out, OPT_PADN); /* to 8 bytes: an empty PadN is two */
    mn_wr_u8(&out, 0);
}
