/* SPDX-License-Identifier: ISC
 *
 * ports/virtio/wait.c - sleeping until a device or the timer calls.
 *
 * Interrupts are allowed only between `sti` and the end of `hlt`: one that came before is pending,
 * and because `sti` takes effect one instruction late it ends the `hlt` and is not lost. Each
 * device is asked for an interrupt just before, and looked at once more: then nothing can come in
 * unseen, and as long as there is work nobody interrupts it. What a handler does is only to make
 * the device quiet.
 *
 * The timer is left to run when it goes off before the deadline anyway. Most deadlines move away
 * before they come: waking up a little early once is cheaper than setting the timer each time. */
#include "virtio_port.h"
#include <mnet/port.h>

static struct wait_source *sources;
static mnet_time timer_at = MNET_NEVER; /* when the timer goes off */
static bool (*power_is_pressed)(void);
static bool is_ending;
static bool has_told_ending; /* a wait has ended because of it */

void wait_on_timer(void); /* boot.S calls these */
void wait_on_device(void);
void wait_on_power(void);

void wait_add(struct wait_source *source)
{
    source->next = sources;
    sources = source;
}

void wait_remove(struct wait_source *source)
{
    struct wait_source **at = &sources;
    while (*at && *at != source)
        at = &(*at)->next;
    if (*at)
        *at = source->next;
}

void wait_set_power(bool (*is_pressed)(void))
{
    power_is_pressed = is_pressed;
}

void wait_on_timer(void)
{
    timer_at = MNET_NEVER;
    apic_end_of_interrupt();
}

void wait_on_device(void)
{
    bus_acknowledge();
    apic_end_of_interrupt();
}

void wait_on_power(void)
{
    if (power_is_pressed && power_is_pressed())
        is_ending = true;
    apic_end_of_interrupt();
}

bool mnet_port_is_ending(void)
{
    return is_ending;
}

static bool arm_all(void)
{
    bool is_ready = false;
    for (struct wait_source *s = sources; s; s = s->next)
        is_ready |= s->arm(s);
    return is_ready;
}

static void set_timer(mnet_time now, mnet_time deadline)
{
    /* One that should have gone off long ago was lost or cut short. */
    if (timer_at <= deadline && timer_at > now)
        return;
    apic_timer(deadline - now);
    timer_at = deadline;
}

void mnet_port_wait(mnet_time deadline)
{
    mnet_time now = mnet_port_clock();
    if (deadline <= now)
        return;
    if (is_ending && !has_told_ending) {
        has_told_ending = true;
        return;
    }
    clock_refine(now);
    if (arm_all())
        return;
    if (deadline != MNET_NEVER)
        set_timer(now, deadline);
    __asm__ volatile("sti; hlt; cli" : : : "memory");
}
