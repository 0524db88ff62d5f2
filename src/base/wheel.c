/* SPDX-License-Identifier: ISC
 *
 * The timing wheel.
 *
 * An instant is rounded up to a tick, which is 48 bits: eight digits of six bits. A timer sits at
 * the level of the highest digit in which its tick differs from the wheel's, in the slot that its
 * own digit there names. Three things follow:
 *
 * - all timers of a level expire before all timers of the levels above;
 * - within a level, slots expire in order, and all that are used lie after the wheel's own digit;
 * - so the next thing to happen is the first used slot of the lowest used level, found by two bit
 *   scans, and time may jump to the start of that slot at once, however far it is.
 *
 * When time comes to a slot of level 0, its timers have expired. A slot above is emptied into the
 * levels below. A timer moves down at most seven times in its life, mostly once or not at all.
 *
 * A timer that is armed again for the slot it is in stays there: a retransmission timer that every
 * acknowledgement pushes on by a little costs one store. */
#include <base/assert.h>
#include <base/wheel.h>

#define DIGIT_BITS 6u
#define DIGIT_MASK (MN_WHEEL_SLOTS - 1u)
#define TICK_MAX ((UINT64_C(1) << (DIGIT_BITS * MN_WHEEL_LEVELS)) - 1)
#define LEVEL_EXPIRED 0xff /* mn_timer.level of a timer in the expired list */

/* mn_wheel_next looks at so many timers of a slot for the first of them; in a longer slot the next
 * expiry is taken to be the start of the slot. It keeps few timers from waking an idle machine more
 * than once each, and many from costing more than a short walk. */
#define NEXT_LOOK_MAX 8

_Static_assert(MN_WHEEL_SLOTS == 1 << DIGIT_BITS, "a slot is named by one digit");
_Static_assert(MN_WHEEL_TICK_SHIFT + DIGIT_BITS * MN_WHEEL_LEVELS == 64,
               "every instant has its place in the wheel");

/* The first tick at which `at` has passed. The last instants before MNET_NEVER, in 584 years, share
 * the last tick. */
static uint64_t tick_of(mnet_time at)
{
    uint64_t part = at & ((UINT64_C(1) << MN_WHEEL_TICK_SHIFT) - 1);
    uint64_t tick = (at >> MN_WHEEL_TICK_SHIFT) + (part != 0);
    return tick > TICK_MAX ? TICK_MAX : tick;
}

static unsigned digit(uint64_t tick, unsigned level)
{
    return (unsigned)(tick >> (DIGIT_BITS * level)) & DIGIT_MASK;
}

void mn_wheel_init(struct mn_wheel *wheel, mnet_time now)
{
    wheel->tick = now >> MN_WHEEL_TICK_SHIFT;
    mn_list_init(&wheel->expired);
    for (unsigned level = 0; level < MN_WHEEL_LEVELS; level++) {
        wheel->used[level] = 0;
        for (unsigned slot = 0; slot < MN_WHEEL_SLOTS; slot++)
            mn_list_init(&wheel->slot[level][slot]);
    }
}

void mn_timer_init(struct mn_timer *timer, uint8_t kind)
{
    mn_list_init(&timer->node);
    timer->at = MNET_NEVER;
    timer->kind = kind;
    timer->level = timer->slot = 0;
}

/* Takes an armed timer out of its list. */
static void take_out(struct mn_wheel *wheel, struct mn_timer *timer)
{
    mn_list_remove(&timer->node);
    if (timer->level != LEVEL_EXPIRED && mn_list_is_empty(&wheel->slot[timer->level][timer->slot]))
        wheel->used[timer->level] &= ~(UINT64_C(1) << timer->slot);
}

void mn_timer_arm(struct mn_wheel *wheel, struct mn_timer *timer, mnet_time at)
{
    if (at == MNET_NEVER) {
        mn_timer_disarm(wheel, timer);
        return;
    }
    uint8_t level = LEVEL_EXPIRED, slot = 0;
    uint64_t tick = tick_of(at);
    if (tick > wheel->tick) {
        unsigned bit = 63u - (unsigned)__builtin_clzll(tick ^ wheel->tick);
        level = (uint8_t)(bit / DIGIT_BITS);
        slot = (uint8_t)digit(tick, level);
    }
    if (mn_timer_is_armed(timer)) {
        if (timer->level == level && timer->slot == slot) {
            timer->at = at;
            return;
        }
        take_out(wheel, timer);
    }
    timer->at = at;
    timer->level = level;
    timer->slot = slot;
    if (level == LEVEL_EXPIRED) {
        mn_list_push_back(&wheel->expired, &timer->node);
    } else {
        mn_list_push_back(&wheel->slot[level][slot], &timer->node);
        wheel->used[level] |= UINT64_C(1) << slot;
    }
}

void mn_timer_disarm(struct mn_wheel *wheel, struct mn_timer *timer)
{
    if (!mn_timer_is_armed(timer))
        return;
    take_out(wheel, timer);
    timer->at = MNET_NEVER;
}

/* Finds the first used slot of the lowest used level, and the tick at which it begins. */
static bool first_slot(const struct mn_wheel *wheel, unsigned *level, unsigned *slot,
                       uint64_t *start)
{
    for (unsigned l = 0; l < MN_WHEEL_LEVELS; l++) {
        if (wheel->used[l] == 0)
            continue;
        unsigned shift = DIGIT_BITS * l;
        *level = l;
        *slot = (unsigned)__builtin_ctzll(wheel->used[l]);
        uint64_t above = (wheel->tick >> shift) & ~(uint64_t)DIGIT_MASK;
        *start = (above | *slot) << shift;
        return true;
    }
    return false;
}

/* Goes to the tick at which a slot begins and hands its timers down; at level 0, out. */
static void open_slot(struct mn_wheel *wheel, unsigned level, unsigned slot, uint64_t start)
{
    MN_ASSERT(start > wheel->tick);
    wheel->tick = start;
    wheel->used[level] &= ~(UINT64_C(1) << slot);
    struct mn_list *node;
    while ((node = mn_list_pop_front(&wheel->slot[level][slot])) != NULL) {
        struct mn_timer *timer = MN_CONTAINER(node, struct mn_timer, node);
        mnet_time at = timer->at;
        timer->at = MNET_NEVER;
        mn_timer_arm(wheel, timer, at);
    }
}

struct mn_timer *mn_wheel_expire(struct mn_wheel *wheel, mnet_time now)
{
    uint64_t until = now >> MN_WHEEL_TICK_SHIFT;
    unsigned level, slot;
    uint64_t start;
    while (mn_list_is_empty(&wheel->expired)) {
        if (!first_slot(wheel, &level, &slot, &start) || start > until) {
            if (wheel->tick < until)
                wheel->tick = until;
            return NULL;
        }
        open_slot(wheel, level, slot, start);
    }
    struct mn_timer *timer =
        MN_CONTAINER(mn_list_pop_front(&wheel->expired), struct mn_timer, node);
    timer->at = MNET_NEVER;
    return timer;
}

mnet_time mn_wheel_next(const struct mn_wheel *wheel)
{
    unsigned level, slot;
    uint64_t start;
    if (!mn_list_is_empty(&wheel->expired))
        return wheel->tick << MN_WHEEL_TICK_SHIFT;
    if (!first_slot(wheel, &level, &slot, &start))
        return MNET_NEVER;
    uint64_t first = TICK_MAX;
    const struct mn_list *head = &wheel->slot[level][slot];
    const struct mn_list *node = head->next;
    for (unsigned i = 0; node != head; i++, node = node->next) {
        if (i == NEXT_LOOK_MAX)
            return start << MN_WHEEL_TICK_SHIFT;
        uint64_t tick = tick_of(MN_CONTAINER(node, struct mn_timer, node)->at);
        if (tick < first)
            first = tick;
    }
    return first << MN_WHEEL_TICK_SHIFT;
}
