/* SPDX-License-Identifier: ISC
 *
 * One step reads one option and takes it from the reader; the loop around it is trivial. An option
 * is malformed when its length is below 2, goes past the end of the header, or does not fit its
 * type. Routes and timestamps hold a pointer to the next free slot, counted from 1 at the type
 * byte: it must be behind the fixed part. */
#include <wire/ip4_hdr.h>
#include <wire/ip4_opts.h>

#define OPT_FIXED 2             /* type and length */
#define ROUTE_POINTER_MIN 4     /* type, length, pointer; then addresses: RFC 791 3.1 */
#define TIMESTAMP_POINTER_MIN 5 /* type, length, pointer, overflow and flags; then slots */

/* Whether the data of a known option fit its type; of an unknown one, anything does. */
static bool data_is_good(uint8_t type, struct mn_rd data)
{
    int32_t len = mn_rd_left(&data) + OPT_FIXED;
    switch (type) {
    case MN_IP4_OPT_RECORD_ROUTE:
    case MN_IP4_OPT_LSRR:
    case MN_IP4_OPT_SSRR:
        return len >= ROUTE_POINTER_MIN - 1 && mn_rd_u8(&data) >= ROUTE_POINTER_MIN;
    case MN_IP4_OPT_TIMESTAMP:
        return len >= TIMESTAMP_POINTER_MIN - 1 && mn_rd_u8(&data) >= TIMESTAMP_POINTER_MIN;
    case MN_IP4_OPT_ROUTER_ALERT:
        return len == MN_IP4_ROUTER_ALERT_LEN;
    default:
        return true;
    }
}

enum mn_ip4_opt_step mn_ip4_opt_next(struct mn_rd *options, struct mn_ip4_opt *out)
{
    *out = (struct mn_ip4_opt){0};
    if (!mn_rd_ok(options) || mn_rd_left(options) <= 0)
        return MN_IP4_OPT_LAST;
    out->at = (uint8_t)options->off;
    out->type = mn_rd_u8(options);
    if (out->type == MN_IP4_OPT_END)
        return MN_IP4_OPT_LAST;
    if (out->type == MN_IP4_OPT_NOP)
        return MN_IP4_OPT_ONE;
    /* RFC 1122 3.2.1.8: an option must not lead past the header, whatever its length says. */
    uint8_t len = mn_rd_u8(options);
    if (len < OPT_FIXED)
        return MN_IP4_OPT_BAD;
    out->data = mn_rd_sub(options, len - OPT_FIXED);
    if (!mn_rd_ok(options) || !data_is_good(out->type, out->data))
        return MN_IP4_OPT_BAD;
    return MN_IP4_OPT_ONE;
}

static void note(struct mn_ip4_opts *opts, const struct mn_ip4_opt *opt)
{
    switch (opt->type) {
    case MN_IP4_OPT_LSRR:
    case MN_IP4_OPT_SSRR:
        opts->has_source_route = true;
        opts->source_route_at = opt->at;
        break;
    case MN_IP4_OPT_RECORD_ROUTE:
        opts->has_record_route = true;
        break;
    case MN_IP4_OPT_TIMESTAMP:
        opts->has_timestamp = true;
        break;
    case MN_IP4_OPT_ROUTER_ALERT:
        opts->has_router_alert = true;
        break;
    default:
        break; /* RFC 1122 3.2.1.8 MUST: options that are not understood are ignored. */
    }
}

bool mn_ip4_opts_read(struct mn_rd options, struct mn_ip4_opts *out)
{
    *out = (struct mn_ip4_opts){0};
    for (int i = 0; i <= MN_IP4_OPTIONS_LEN_MAX; i++) {
        struct mn_ip4_opt opt;
        enum mn_ip4_opt_step step = mn_ip4_opt_next(&options, &opt);
        if (step == MN_IP4_OPT_LAST)
            break;
        if (step == MN_IP4_OPT_BAD) {
            out->bad_at = opt.at;
            return false;
        }
        note(out, &opt);
    }
    return true;
}

void mn_ip4_router_alert_write(struct mn_wr *w)
{
    struct mn_wr out = mn_wr_sub(w, MN_IP4_ROUTER_ALERT_LEN);
    mn_wr_u8(&out, MN_IP4_OPT_ROUTER_ALERT);
    mn_wr_u8(&out, MN_IP4_ROUTER_ALERT_LEN);
    mn_wr_be16(&out, 0); /* RFC 2113 2.1: every router shall look at the packet */
}
