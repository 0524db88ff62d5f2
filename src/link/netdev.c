/* SPDX-License-Identifier: ISC
 *
 * The device: receive slots, sending, and frames by hand where there is no device.
 *
 * A slot is room for one frame: a small block, and large ones if the device merges. The slots stand
 * ready before the device is asked, because it writes into them at once. A frame takes along the
 * blocks that it has filled and no other, so a small frame on a device that can give 64 KiB costs
 * one small block and leaves the four large ones where they are.
 *
 *     slot[]  | full, frames of the last batch | full, free | ... | without some block |
 *                      rx_next .. rx_end                slot_full      slot_count
 *
 * What went with a frame is replaced when the frame is handed up. When the budget is used up the
 * slots shrink, but never below one: the frame in the last one is dropped and its blocks stay, so
 * that the device is drained whatever happens. Until then frames are still handed up, with a packet
 * record in spare if need be: it may be the acknowledgement that frees the memory. */
#include <base/assert.h>
#include <link/link_state.h>
#include <string.h>

/* As in base/pkt.c: RFC 894 headers are 14 bytes, so 2 more align the IP header; and a pointer
 * behind all bytes of the first block must still point into it. */
#define RX_HEADROOM 2u
#define RX_FIRST_ROOM (MN_BLOCK_SMALL - RX_HEADROOM - 2u)

/* Slots in spare, for devices that give one frame a call: so many frames can be in the hands of the
 * layers above before one must be dropped for lack of memory. */
#define SLOTS_MIN 4u

/* At most an eighth of the budget stands ready to receive. */
#define SLOTS_BUDGET 8u

static mnet_err init_device(struct mn_link *link, const struct mnet_config *config)
{
    struct mnet_netdev *dev = config->netdev;
    link->dev = dev;
    link->mac = dev->mac;
    link->caps = dev->caps;
    /* Cutting needs the checksum; MNET_NETDEV_TSO4 says so. */
    if ((link->caps & MNET_NETDEV_TX_CSUM) == 0)
        link->caps &= ~(MNET_NETDEV_TSO4 | MNET_NETDEV_TSO6);
    link->mtu = config->mtu != 0 && config->mtu < dev->mtu ? config->mtu : dev->mtu;
    link->gso_max = dev->gso_max;
    if ((link->caps & MNET_NETDEV_GATHER) == 0) {
        /* Every frame must fit one block, or the place for larger ones. */
        const uint32_t max = MN_BLOCK_LARGE - MN_ETHER_HDR_LEN;
        link->gso_max = link->gso_max < max ? link->gso_max : max;
        if (link->mtu > max)
            link->flat = mn_mem_carve(&link->env->mem, link->mtu + MN_ETHER_HDR_LEN);
        if (link->mtu > max && !link->flat)
            return MNET_ERR_NO_MEMORY;
    }
    uint32_t large = 0;
    if (dev->rx_frame_max > RX_FIRST_ROOM)
        large = (dev->rx_frame_max - RX_FIRST_ROOM + MN_BLOCK_LARGE - 1) / MN_BLOCK_LARGE;
    if (large >= MN_LINK_SLOT_BLOCKS || dev->rx_batch == 0)
        return MNET_ERR_INVALID;
    link->slot_blocks = 1 + large;
    link->rx_batch = dev->rx_batch < MN_LINK_SLOTS ? dev->rx_batch : MN_LINK_SLOTS;
    return MNET_OK;
}

mnet_err mn_netdev_init(struct mn_link *link, const struct mnet_config *config)
{
    if (config->netdev)
        return init_device(link, config);
    link->mac = config->mac;
    link->mtu = config->mtu;
    link->caps = MNET_NETDEV_GATHER; /* mn_link_frame_out copies anyway */
    return MNET_OK;
}

/* ---- slots ---- */

/* Where a device may write in a block of a slot, and how much. */
static uint32_t headroom(unsigned index)
{
    return index == 0 ? RX_HEADROOM : 0;
}

static uint32_t room(unsigned index)
{
    return index == 0 ? RX_FIRST_ROOM : MN_BLOCK_LARGE;
}

static uint8_t *block_get(struct mn_link *link, unsigned index)
{
    return index == 0 ? mn_block_get_small(&link->env->mem) : mn_block_get_large(&link->env->mem);
}

/* Tells the device where the blocks of a slot are, and nothing else of a frame. */
static void offer(struct mn_link *link, unsigned i)
{
    struct mnet_frame *frame = &link->frame[i];
    frame->len = 0;
    for (unsigned b = 0; b < link->slot_blocks; b++) {
        frame->seg[b].at = link->slot[i].block[b] + headroom(b);
        frame->seg[b].len = room(b);
        frame->len += room(b);
    }
    frame->seg_count = (uint8_t)link->slot_blocks;
    frame->csum = MNET_CSUM_NONE;
    frame->gso = MNET_GSO_NONE;
    frame->csum_start = frame->csum_offset = 0;
    frame->gso_size = frame->gso_hdr_len = 0;
}

/* Gets the blocks that a slot lacks. False when there was no memory for one. */
static bool fill(struct mn_link *link, struct mn_link_slot *slot)
{
    for (unsigned b = 0; b < link->slot_blocks; b++) {
        if (!slot->block[b])
            slot->block[b] = block_get(link, b);
        if (!slot->block[b])
            return false;
    }
    return true;
}

/* How many slots the budget allows; known only once the layers above have carved their tables. */
static unsigned slots_wanted(const struct mn_link *link)
{
    uint64_t slot_bytes = MN_BLOCK_SMALL + (link->slot_blocks - 1) * MN_BLOCK_LARGE;
    uint64_t budget = (uint64_t)link->env->mem.page_count * MN_PAGE_SIZE / SLOTS_BUDGET;
    uint64_t count = budget / slot_bytes;
    unsigned most = link->rx_batch > SLOTS_MIN ? link->rx_batch : SLOTS_MIN;
    return count == 0 ? 1 : count < most ? (unsigned)count : most;
}

/* Between two batches: makes all slots full again, as far as there is memory, full ones first. */
static void refill(struct mn_link *link)
{
    unsigned full = 0;
    for (unsigned i = 0; i < link->slot_count; i++) {
        if (!fill(link, &link->slot[i]))
            continue;
        struct mn_link_slot slot = link->slot[i];
        link->slot[i] = link->slot[full];
        link->slot[full] = slot;
        full++;
    }
    link->slot_full = full;
}

/* ---- receiving ---- */

/* Sets up a batch. False: nothing waits. */
static bool receive(struct mn_link *link)
{
    if (link->slot_count == 0)
        link->slot_count = slots_wanted(link);
    if (!link->spare)
        link->spare = mn_pool_get(&link->env->pkts);
    if (link->slot_full < link->slot_count)
        refill(link);
    unsigned count = link->slot_full < link->rx_batch ? link->slot_full : link->rx_batch;
    if (count == 0)
        return false;
    for (unsigned i = 0; i < count; i++)
        offer(link, i);
    unsigned got = link->dev->ops->rx(link->dev, link->frame, count);
    MN_ASSERT(got <= count);
    link->rx_next = 0;
    link->rx_end = got;
    link->is_rx_drained = got > 0 && got < count;
    return got > 0;
}

/* A device keeps the promises of mnet/netdev.h, or nothing above can be sure of its memory. */
static void check_frame(const struct mn_link *link, unsigned i)
{
    const struct mnet_frame *frame = &link->frame[i];
    MN_ASSERT(frame->seg_count >= 1 && frame->seg_count <= link->slot_blocks);
    uint32_t len = 0;
    for (unsigned b = 0; b < frame->seg_count; b++) {
        MN_ASSERT(frame->seg[b].at == link->slot[i].block[b] + headroom(b));
        MN_ASSERT(frame->seg[b].len <= room(b));
        len += frame->seg[b].len;
    }
    MN_ASSERT(frame->len == len);
}

/* Gives the first `used` blocks of a slot away and gets others for them. False, and nothing has
 * changed: this is the last full slot and there is no memory for another. */
static bool replace(struct mn_link *link, unsigned i, unsigned used)
{
    struct mn_link_slot fresh = {{NULL}};
    bool is_full = true;
    for (unsigned b = 0; b < used && is_full; b++) {
        fresh.block[b] = block_get(link, b);
        is_full = fresh.block[b] != NULL;
    }
    if (!is_full && link->slot_full == 1) {
        for (unsigned b = 0; b < used && fresh.block[b]; b++)
            mn_block_unref(&link->env->mem, fresh.block[b]);
        return false;
    }
    for (unsigned b = 0; b < used; b++)
        link->slot[i].block[b] = fresh.block[b];
    link->slot_full -= !is_full;
    return true;
}

/* Ethernet, IPv4 and TCP with the timestamps that all who send much use; 20 more for IPv6. */
#define MERGED_HDR_LEN 66u

/* How many packets of the sender this one was merged from. */
static uint16_t count_merged(const struct mnet_frame *frame)
{
    uint32_t hdr_len = MERGED_HDR_LEN + (frame->gso == MNET_GSO_TCP6 ? 20u : 0u);
    if (frame->gso == MNET_GSO_NONE || frame->gso_size == 0 || frame->len <= hdr_len)
        return 1;
    return (uint16_t)((frame->len - hdr_len + frame->gso_size - 1) / frame->gso_size);
}

/* The frame of slot `i` as a packet; NULL when it was dropped for lack of memory. */
static struct mn_pkt *take(struct mn_link *link, unsigned i)
{
    struct mn_env *env = link->env;
    struct mnet_frame *frame = &link->frame[i];
    check_frame(link, i);
    env->stats.rx_frames++;
    env->stats.rx_bytes += frame->len;
    struct mn_pkt *pkt = mn_pool_get(&env->pkts);
    if (!pkt) {
        pkt = link->spare;
        link->spare = NULL;
    }
    if (!pkt || !replace(link, i, frame->seg_count)) {
        mn_pool_put(&env->pkts, pkt);
        mn_env_count_drop(env, MNET_DROP_RX_NO_MEMORY);
        return NULL;
    }
    pkt->frame = *frame;
    if ((link->caps & MNET_NETDEV_RX_CSUM) == 0)
        pkt->frame.csum = MNET_CSUM_NONE;
    pkt->gso_count = count_merged(frame);
    return pkt;
}

static struct mn_pkt *rx_by_hand(struct mn_link *link)
{
    struct mn_pkt *pkt = mn_pktq_pop(&link->hand_in);
    if (pkt) {
        link->env->stats.rx_frames++;
        link->env->stats.rx_bytes += pkt->frame.len;
    }
    return pkt;
}

/* A batch that was not full has shown that nothing waits behind it: its end is told without asking
 * the device again. */
struct mn_pkt *mn_link_rx(struct mn_link *link)
{
    if (!link->dev)
        return rx_by_hand(link);
    if (link->rx_next == link->rx_end) {
        bool was_drained = link->is_rx_drained;
        link->is_rx_drained = false;
        if (was_drained || !receive(link))
            return NULL;
    }
    while (link->rx_next < link->rx_end) {
        struct mn_pkt *pkt = take(link, link->rx_next++);
        if (pkt)
            return pkt;
    }
    link->is_rx_drained = false;
    return NULL;
}

/* ---- sending ---- */

static void count_tx(struct mn_link *link, const struct mnet_frame *frame)
{
    link->env->stats.tx_frames++;
    link->env->stats.tx_bytes += frame->len;
    link->env->stats.tx_gso_frames += frame->gso != MNET_GSO_NONE;
}

mnet_err mn_netdev_tx(struct mn_link *link, struct mn_pkt *pkt)
{
    if (!link->dev) {
        if (link->hand_out.count >= MN_LINK_HAND_MAX)
            return MNET_ERR_AGAIN;
        count_tx(link, &pkt->frame);
        mn_pktq_push(&link->hand_out, pkt);
        return MNET_OK;
    }
    const struct mnet_frame *frame = &pkt->frame;
    struct mnet_frame whole;
    if (link->flat && frame->len > MN_BLOCK_LARGE) {
        mn_link_flatten(link, frame, &whole);
        frame = &whole;
    }
    mnet_err err = link->dev->ops->tx(link->dev, frame);
    if (err == MNET_ERR_AGAIN)
        return err;
    if (err == MNET_OK) {
        link->is_flush_wanted = true;
        count_tx(link, &pkt->frame);
        mn_pkt_free(link->env, pkt);
    } else {
        mn_pkt_drop(link->env, pkt, MNET_DROP_TX_DEVICE_ERROR);
    }
    return err;
}

/* ---- by hand ---- */

mnet_err mn_link_frame_in(struct mn_link *link, const void *frame, size_t len)
{
    if (link->dev)
        return MNET_ERR_INVALID;
    if (len > (size_t)link->mtu + MN_ETHER_HDR_LEN)
        return MNET_ERR_MSG_SIZE;
    if (link->hand_in.count >= MN_LINK_HAND_MAX)
        return MNET_ERR_NO_MEMORY;
    struct mn_pkt *pkt = mn_pkt_new_rx(link->env, RX_FIRST_ROOM);
    if (!pkt)
        return MNET_ERR_NO_MEMORY;
    mn_pkt_trim(link->env, pkt, 0);
    if (!mn_pkt_append(link->env, pkt, frame, (uint32_t)len)) {
        mn_pkt_free(link->env, pkt);
        return MNET_ERR_NO_MEMORY;
    }
    mn_pktq_push(&link->hand_in, pkt);
    return MNET_OK;
}

size_t mn_link_frame_out(struct mn_link *link, void *buf, size_t cap)
{
    size_t len = link->hand_out.head ? link->hand_out.head->frame.len : 0;
    if (len == 0 || len > cap)
        return len;
    struct mn_pkt *pkt = mn_pktq_pop(&link->hand_out);
    mn_pkt_copy_out(pkt, 0, buf, (uint32_t)len);
    mn_pkt_free(link->env, pkt);
    return len;
}

/* ---- end and invariant ---- */

void mn_netdev_deinit(struct mn_link *link)
{
    for (unsigned i = 0; i < MN_LINK_SLOTS; i++)
        for (unsigned b = 0; b < MN_LINK_SLOT_BLOCKS; b++)
            if (link->slot[i].block[b])
                mn_block_unref(&link->env->mem, link->slot[i].block[b]);
    memset(link->slot, 0, sizeof link->slot);
    mn_pool_put(&link->env->pkts, link->spare);
    link->spare = NULL;
    link->slot_count = link->slot_full = link->rx_next = link->rx_end = 0;
    mn_pktq_clear(link->env, &link->retry);
    mn_pktq_clear(link->env, &link->hand_in);
    mn_pktq_clear(link->env, &link->hand_out);
    mn_pktq_clear(link->env, &link->failed);
}

bool mn_netdev_ok(const struct mn_link *link)
{
    unsigned full = 0;
    for (unsigned i = 0; i < MN_LINK_SLOTS; i++) {
        unsigned blocks = 0;
        for (unsigned b = 0; b < MN_LINK_SLOT_BLOCKS; b++)
            blocks += link->slot[i].block[b] != NULL;
        bool is_full = link->slot_blocks != 0 && blocks == link->slot_blocks;
        full += is_full;
        if (blocks > link->slot_blocks || (i >= link->slot_count && blocks != 0))
            return false;
        if (i >= link->rx_next && i < link->rx_end && !is_full)
            return false;
    }
    return full == link->slot_full && link->rx_next <= link->rx_end &&
           link->rx_end <= link->slot_count && link->slot_count <= MN_LINK_SLOTS &&
           link->retry.count <= MN_LINK_RETRY_MAX && link->hand_in.count <= MN_LINK_HAND_MAX &&
           link->hand_out.count <= MN_LINK_HAND_MAX;
}
