/* SPDX-License-Identifier: ISC
 *
 * An option is a type, a length in units of 8 bytes with these two, and data: one step takes one
 * from the reader. What is wrong with a length spoils the message; what is wrong with data, only
 * the option. */
#include <string.h>
#include <wire/ether_hdr.h>
#include <wire/ip6_hdr.h>
#include <wire/ndp_opts.h>

#define UNIT 8
#define OPT_FIXED 2 /* type and length */

/* Data, without type and length: RFC 4861 4.6, RFC 4191 2.3, RFC 8106 5. */
#define DATA_MAC 6
#define DATA_PREFIX 30
#define DATA_REDIRECTED_MIN 6 /* reserved bytes in front of the packet */
#define DATA_MTU 6
#define DATA_NONCE MN_NDP_NONCE_LEN
#define DATA_LIFETIME 6 /* flags or nothing, then a lifetime: route, RDNSS, DNSSL begin with it */

#define PREFIX_ON_LINK 0x80u
#define PREFIX_AUTONOMOUS 0x40u
#define PREFERENCE_SHIFT 3
#define PREFERENCE_MASK 3u
#define PREFERENCE_RESERVED 2u
#define PREFERENCE_LOW 3u

#define LABEL_MAX 63   /* RFC 1035 2.3.4 */
#define LABELS_MAX 127 /* of one character each, in 255 bytes */

bool mn_ndp_preference(uint8_t flags, int8_t *out)
{
    unsigned bits = (unsigned)flags >> PREFERENCE_SHIFT & PREFERENCE_MASK;
    *out = bits == 1 ? 1 : bits == PREFERENCE_LOW ? -1 : 0;
    return bits != PREFERENCE_RESERVED;
}

unsigned mn_ndp_preference_bits(int8_t preference)
{
    unsigned bits = preference > 0 ? 1u : preference < 0 ? PREFERENCE_LOW : 0u;
    return bits << PREFERENCE_SHIFT;
}

enum mn_ndp_step mn_ndp_opt_next(struct mn_rd *options, struct mn_ndp_opt *out)
{
    *out = (struct mn_ndp_opt){0};
    if (!mn_rd_ok(options))
        return MN_NDP_BAD;
    if (mn_rd_left(options) <= 0)
        return MN_NDP_LAST;
    uint8_t type = mn_rd_u8(options);
    uint8_t units = mn_rd_u8(options);
    /* RFC 4861 4.6: a packet with an option of length 0 is silently discarded. */
    if (units == 0)
        return MN_NDP_BAD;
    struct mn_rd data = mn_rd_sub(options, units * UNIT - OPT_FIXED);
    if (!mn_rd_ok(options))
        return MN_NDP_BAD;
    out->type = type;
    out->data = data;
    return MN_NDP_ONE;
}

/* Notes an option if it is the first of its kind. */
static void note(struct mn_ndp_opts *o, struct mn_ndp_opt opt)
{
    int32_t len = mn_rd_left(&opt.data);
    if (opt.type == MN_NDP_OPT_SOURCE_MAC && len == DATA_MAC && !o->has_source_mac) {
        o->has_source_mac = true;
        o->source_mac = mn_mac_read(&opt.data);
    } else if (opt.type == MN_NDP_OPT_TARGET_MAC && len == DATA_MAC && !o->has_target_mac) {
        o->has_target_mac = true;
        o->target_mac = mn_mac_read(&opt.data);
    } else if (opt.type == MN_NDP_OPT_MTU && len == DATA_MTU && !o->has_mtu) {
        o->has_mtu = true;
        mn_rd_skip(&opt.data, 2);
        o->mtu = mn_rd_be32(&opt.data);
    } else if (opt.type == MN_NDP_OPT_NONCE && len == DATA_NONCE && !o->has_nonce) {
        o->has_nonce = true;
        mn_rd_bytes(&opt.data, o->nonce, MN_NDP_NONCE_LEN);
    } else if (opt.type == MN_NDP_OPT_REDIRECTED && !o->has_redirected) {
        o->has_redirected = true;
        mn_rd_skip(&opt.data, DATA_REDIRECTED_MIN);
        o->redirected = opt.data;
    }
    /* RFC 4861 4.6 MUST: others are ignored, and the message goes on behind them. */
}

static enum mn_ndp_step note_next(struct mn_rd *options, struct mn_ndp_opts *o)
{
    struct mn_ndp_opt opt;
    enum mn_ndp_step step = mn_ndp_opt_next(options, &opt);
    if (step == MN_NDP_ONE)
        note(o, opt);
    return step;
}

bool mn_ndp_opts_read(struct mn_rd options, struct mn_ndp_opts *out)
{
    *out = (struct mn_ndp_opts){0};
    struct mn_ndp_opts got = {0};
    enum mn_ndp_step step = MN_NDP_ONE;
    for (int i = 0; i <= MN_NDP_OPTIONS_MAX && step == MN_NDP_ONE; i++)
        step = note_next(&options, &got);
    if (step != MN_NDP_LAST)
        return false;
    *out = got;
    return true;
}

static void write_head(struct mn_wr *w, uint8_t type, int32_t data_len)
{
    mn_wr_u8(w, type);
    mn_wr_u8(w, (uint8_t)((OPT_FIXED + data_len) / UNIT));
}

int32_t mn_ndp_opts_len(const struct mn_ndp_opts *o)
{
    return (o->has_source_mac + o->has_target_mac + o->has_mtu + o->has_nonce) * UNIT;
}

void mn_ndp_opts_write(struct mn_wr *w, const struct mn_ndp_opts *o)
{
    if (o->has_source_mac) {
        write_head(w, MN_NDP_OPT_SOURCE_MAC, DATA_MAC);
        mn_mac_write(w, &o->source_mac);
    }
    if (o->has_target_mac) {
        write_head(w, MN_NDP_OPT_TARGET_MAC, DATA_MAC);
        mn_mac_write(w, &o->target_mac);
    }
    if (o->has_mtu) {
        write_head(w, MN_NDP_OPT_MTU, DATA_MTU);
        mn_wr_be16(w, 0);
        mn_wr_be32(w, o->mtu);
    }
    if (o->has_nonce) {
        write_head(w, MN_NDP_OPT_NONCE, DATA_NONCE);
        mn_wr_bytes(w, o->nonce, MN_NDP_NONCE_LEN);
    }
}

/* A prefix of which `len` bytes are there, the others being zero. RFC 4861 4.6.2, RFC 4191 2.3:
 * bits behind its length are ignored. False: one that would stand for IPv4 addresses. */
static bool read_prefix(struct mn_rd *data, int32_t len, struct mnet_cidr *out)
{
    mn_rd_bytes(data, out->addr.bytes, len);
    for (unsigned i = 0; i < sizeof out->addr.bytes; i++) {
        unsigned keep = out->prefix_len > 8 * i ? out->prefix_len - 8 * i : 0;
        if (keep < 8)
            out->addr.bytes[i] &= (uint8_t)(0xff00u >> keep);
    }
    return !mnet_addr_is_v4(&out->addr);
}

bool mn_ndp_prefix_read(struct mn_rd data, struct mn_ndp_prefix *out)
{
    *out = (struct mn_ndp_prefix){0};
    if (mn_rd_left(&data) != DATA_PREFIX)
        return false;
    struct mn_ndp_prefix got = {0};
    got.prefix.prefix_len = mn_rd_u8(&data);
    uint8_t flags = mn_rd_u8(&data);
    got.is_on_link = (flags & PREFIX_ON_LINK) != 0;
    got.is_autonomous = (flags & PREFIX_AUTONOMOUS) != 0;
    got.valid_s = mn_rd_be32(&data);
    got.preferred_s = mn_rd_be32(&data);
    mn_rd_skip(&data, 4);
    if (got.prefix.prefix_len > 128 || !read_prefix(&data, 16, &got.prefix))
        return false;
    *out = got;
    return true;
}

void mn_ndp_prefix_write(struct mn_wr *w, const struct mn_ndp_prefix *o)
{
    struct mn_wr out = mn_wr_sub(w, OPT_FIXED + DATA_PREFIX);
    write_head(&out, MN_NDP_OPT_PREFIX, DATA_PREFIX);
    mn_wr_u8(&out, o->prefix.prefix_len);
    mn_wr_u8(&out, (uint8_t)((o->is_on_link ? PREFIX_ON_LINK : 0u) |
                             (o->is_autonomous ? PREFIX_AUTONOMOUS : 0u)));
    mn_wr_be32(&out, o->valid_s);
    mn_wr_be32(&out, o->preferred_s);
    mn_wr_be32(&out, 0);
    mn_ip6_addr_write(&out, &o->prefix.addr);
}

/* RFC 4191 2.3: bytes of a prefix of `bits` that have to be there: 0, 8 or 16. */
static int32_t route_bytes(uint8_t bits)
{
    return bits > 64 ? 16 : bits > 0 ? 8 : 0;
}

bool mn_ndp_route_read(struct mn_rd data, struct mn_ndp_route *out)
{
    *out = (struct mn_ndp_route){0};
    struct mn_ndp_route got = {0};
    got.net.prefix_len = mn_rd_u8(&data);
    bool is_known = mn_ndp_preference(mn_rd_u8(&data), &got.preference);
    got.lifetime_s = mn_rd_be32(&data);
    int32_t left = mn_rd_left(&data);
    /* RFC 4191 2.3 MUST: with the reserved preference the option is ignored. */
    if (!mn_rd_ok(&data) || !is_known || got.net.prefix_len > 128 ||
        left < route_bytes(got.net.prefix_len))
        return false;
    bool is_good = left == 16  ? read_prefix(&data, 16, &got.net)
                   : left == 8 ? read_prefix(&data, 8, &got.net)
                               : left == 0;
    if (!is_good)
        return false;
    *out = got;
    return true;
}

void mn_ndp_route_write(struct mn_wr *w, const struct mn_ndp_route *o)
{
    int32_t bytes = route_bytes(o->net.prefix_len);
    struct mn_wr out = mn_wr_sub(w, OPT_FIXED + DATA_LIFETIME + bytes);
    write_head(&out, MN_NDP_OPT_ROUTE, DATA_LIFETIME + bytes);
    mn_wr_u8(&out, o->net.prefix_len);
    mn_wr_u8(&out, (uint8_t)mn_ndp_preference_bits(o->preference));
    mn_wr_be32(&out, o->lifetime_s);
    mn_wr_bytes(&out, o->net.addr.bytes, bytes);
}

bool mn_ndp_rdnss_read(struct mn_rd data, struct mn_ndp_rdnss *out)
{
    *out = (struct mn_ndp_rdnss){0};
    int32_t bytes = mn_rd_left(&data) - DATA_LIFETIME;
    /* RFC 8106 5.3.1: a length of 3 at least, and odd. */
    if (bytes < 16 || bytes % 16 != 0)
        return false;
    mn_rd_skip(&data, 2);
    out->lifetime_s = mn_rd_be32(&data);
    for (int i = 0; i < UINT8_MAX / 2; i++) { /* as many as the longest option holds */
        struct mnet_addr addr;
        if (mn_rd_left(&data) <= 0 || out->count >= MN_NDP_SERVERS_MAX)
            break;
        if (mn_ip6_addr_read(&data, &addr) && !mnet_addr_is_multicast(&addr) &&
            !mnet_addr_is_any(&addr))
            out->server[out->count++] = addr;
    }
    return true;
}

void mn_ndp_rdnss_write(struct mn_wr *w, const struct mn_ndp_rdnss *o)
{
    write_head(w, MN_NDP_OPT_RDNSS, DATA_LIFETIME + 16 * o->count);
    mn_wr_be16(w, 0);
    mn_wr_be32(w, o->lifetime_s);
    for (unsigned i = 0; i < o->count && i < MN_NDP_SERVERS_MAX; i++)
        mn_ip6_addr_write(w, &o->server[i]);
}

bool mn_ndp_dnssl_read(struct mn_rd data, struct mn_ndp_dnssl *out)
{
    *out = (struct mn_ndp_dnssl){0};
    mn_rd_skip(&data, 2);
    uint32_t lifetime_s = mn_rd_be32(&data);
    /* RFC 8106 5.3.1: a length of 2 at least. */
    if (!mn_rd_ok(&data) || mn_rd_left(&data) <= 0)
        return false;
    out->lifetime_s = lifetime_s;
    out->domains = data;
    return true;
}

static bool is_alphanumeric(uint8_t c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/* One more character of a text that always ends with its NUL. */
static bool put_char(char *text, unsigned *used, char c)
{
    if (*used >= MN_NDP_DOMAIN_MAX - 1)
        return false;
    text[*used] = c;
    *used += 1;
    text[*used] = '\0';
    return true;
}

/* A label of `len` bytes to the end of the text. */
static bool read_label(struct mn_rd *domains, uint8_t len, char *text, unsigned *used)
{
    struct mn_rd label = mn_rd_sub(domains, len);
    if (!mn_rd_ok(&label) || (*used > 0 && !put_char(text, used, '.')))
        return false;
    for (unsigned i = 0; i < len && i < LABEL_MAX; i++) {
        uint8_t c = mn_rd_u8(&label);
        bool is_inner_hyphen = c == '-' && i > 0 && i + 1 < len;
        if ((!is_alphanumeric(c) && !is_inner_hyphen) || !put_char(text, used, (char)c))
            return false;
    }
    return true;
}

enum mn_ndp_step mn_ndp_domain_next(struct mn_rd *domains, char *text)
{
    memset(text, 0, MN_NDP_DOMAIN_MAX);
    if (!mn_rd_ok(domains))
        return MN_NDP_BAD;
    if (mn_rd_left(domains) <= 0)
        return MN_NDP_LAST;
    unsigned used = 0;
    for (int i = 0; i <= LABELS_MAX; i++) {
        uint8_t len = mn_rd_u8(domains);
        if (!mn_rd_ok(domains))
            break;
        if (len == 0) /* RFC 8106 5.2: zeros fill the option up; no domain begins with one */
            return used > 0 ? MN_NDP_ONE : MN_NDP_LAST;
        if (len > LABEL_MAX || !read_label(domains, len, text, &used))
            break;
    }
    text[0] = '\0';
    return MN_NDP_BAD;
}
