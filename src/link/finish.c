/* SPDX-License-Identifier: ISC
 *
 * The last work on a frame that a device cannot do: complete the transport checksum, and gather
 * the ranges into one.
 *
 * Where both are missing (a plain device), payload is summed while it is copied. Gathering mostly
 * happens in place, in the room behind the headers: the block of a packet to send has more than a
 * usual MTU of it. Only a frame that is larger, or whose first block others look at too, moves to a
 * block of its own.
 *
 * No block holds the frames of a plain device whose MTU is larger still (Solo5 on a TAP: 65,521).
 * They are copied once more often than on a better device, and only at the last moment, into the
 * one place that the link has for it: whatever waits for the device to have room keeps its ranges.
 */
#include <base/assert.h>
#include <link/link_state.h>

/* Stores a finished checksum in the first range. */
static void store_sum(struct mnet_frame *frame, mn_sum sum)
{
    uint32_t at = (uint32_t)frame->csum_start + frame->csum_offset;
    MN_ASSERT(at + 2 <= frame->seg[0].len);
    uint16_t value = mn_sum_finish(sum);
    struct mn_wr w = mn_wr_over(frame->seg[0].at + at, 2);
    /* RFC 768: a checksum that comes out as zero is sent as all ones; to TCP both mean the same. */
    mn_wr_be16(&w, value == 0 ? UINT16_MAX : value);
    frame->csum = MNET_CSUM_NONE;
}

/* Where one range of a frame stands while it is being made: the way it has come, and its sum. */
struct flat {
    uint8_t *at;       /* where the frame begins */
    uint32_t len;      /* bytes in place */
    uint32_t sum_from; /* offset from which on they are summed; past the end: never */
    mn_sum sum;
};

/* Copies a range behind the bytes in place, and sums what lies in the sum's reach in the same pass.
 */
static void flat_add(struct flat *f, const uint8_t *from, uint32_t len)
{
    uint32_t plain = 0; /* bytes in front of the sum's reach */
    if (f->len < f->sum_from)
        plain = f->sum_from - f->len < len ? f->sum_from - f->len : len;
    struct mn_wr w = mn_wr_over(f->at + f->len, plain);
    mn_wr_bytes(&w, from, (int32_t)plain);
    f->len += plain;
    if (plain == len)
        return;

    mn_sum part = mn_sum_copy(0, f->at + f->len, from + plain, len - plain);
    uint16_t folded = mn_sum_fold(part);
    if (((f->len - f->sum_from) & 1) != 0) /* RFC 1071 2(B): an odd offset swaps the bytes */
        folded = (uint16_t)((folded << 8) | (folded >> 8));
    f->sum = mn_sum_add16(f->sum, folded);
    f->len += len - plain;
}

/* Makes one range of all. False when out of memory. */
static bool gather(struct mn_env *env, struct mn_pkt *pkt, bool is_sum_wanted)
{
    struct mnet_frame *frame = &pkt->frame;
    struct mn_mem *mem = &env->mem;
    uint8_t *first = frame->seg[0].at;
    const uint8_t *end = mn_block_start(mem, first) + mn_block_size(mem, first);
    unsigned from = 1;
    struct flat f = {first, frame->seg[0].len, UINT32_MAX, 0};
    if (is_sum_wanted)
        f.sum_from = frame->csum_start;

    if (!mn_block_is_sole(mem, first) || (size_t)(end - first) < frame->len) {
        MN_ASSERT(frame->len <= MN_BLOCK_LARGE);
        f.at = mn_block_get_large(mem);
        if (!f.at)
            return false;
        f.len = 0;
        from = 0;
    } else if (is_sum_wanted) {
        MN_ASSERT(f.sum_from <= f.len);
        f.sum = mn_sum_add(0, first + f.sum_from, f.len - f.sum_from);
    }
    for (unsigned i = from; i < frame->seg_count; i++) {
        flat_add(&f, frame->seg[i].at, frame->seg[i].len);
        mn_block_unref(mem, frame->seg[i].at);
    }
    MN_ASSERT(f.len == frame->len);
    frame->seg[0] = (struct mnet_seg){f.at, f.len};
    frame->seg_count = 1;
    if (is_sum_wanted)
        store_sum(frame, f.sum);
    return true;
}

static bool wants_sum(const struct mn_link *link, const struct mnet_frame *frame)
{
    return frame->csum == MNET_CSUM_PARTIAL && (link->caps & MNET_NETDEV_TX_CSUM) == 0;
}

bool mn_link_finish(struct mn_link *link, struct mn_pkt *pkt)
{
    struct mnet_frame *frame = &pkt->frame;
    if (link->flat && frame->len > MN_BLOCK_LARGE)
        return true;
    if (frame->seg_count > 1 && (link->caps & MNET_NETDEV_GATHER) == 0)
        return gather(link->env, pkt, wants_sum(link, frame));
    if (wants_sum(link, frame))
        store_sum(frame, mn_pkt_sum(pkt, frame->csum_start, 0));
    return true;
}

void mn_link_flatten(struct mn_link *link, const struct mnet_frame *frame, struct mnet_frame *out)
{
    struct flat f = {link->flat, 0, UINT32_MAX, 0};
    bool is_sum_wanted = wants_sum(link, frame);
    if (is_sum_wanted)
        f.sum_from = frame->csum_start;
    MN_ASSERT(frame->len <= link->mtu + MN_ETHER_HDR_LEN);
    for (unsigned i = 0; i < frame->seg_count; i++)
        flat_add(&f, frame->seg[i].at, frame->seg[i].len);
    MN_ASSERT(f.len == frame->len);
    *out = *frame;
    out->seg[0] = (struct mnet_seg){f.at, f.len};
    out->seg_count = 1;
    if (is_sum_wanted)
        store_sum(out, f.sum);
}
