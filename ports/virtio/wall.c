/* SPDX-License-Identifier: ISC
 *
 * ports/virtio/wall.c - the time of day: what KVM says, or the battery-backed clock (RTC) of a PC.
 *
 * It is read once, when it is first asked for; from then on the monotonic clock carries it on. The
 * RTC knows whole seconds only and is taken to be in UTC. Where there is none, time begins with
 * 1970. */
#include "cpu.h"
#include "date.h"
#include "virtio_port.h"
#include <mnet/port.h>
#include <string.h>

#define MSR_KVM_WALL_CLOCK 0x4b564d00u

#define RTC_INDEX 0x70
#define RTC_DATA 0x71
#define RTC_SECONDS 0x00
#define RTC_MINUTES 0x02
#define RTC_HOURS 0x04
#define RTC_DAY 0x07
#define RTC_MONTH 0x08
#define RTC_YEAR 0x09
#define RTC_STATUS_B 0x0b
/* Two equal readings in a row were not disturbed by the change of a second. */
#define TRIES 10u

static uint8_t rtc(uint8_t index)
{
    cpu_out8(RTC_INDEX, index);
    return cpu_in8(RTC_DATA);
}

static struct date_registers read_registers(void)
{
    return (struct date_registers){.second = rtc(RTC_SECONDS),
                                   .minute = rtc(RTC_MINUTES),
                                   .hour = rtc(RTC_HOURS),
                                   .day = rtc(RTC_DAY),
                                   .month = rtc(RTC_MONTH),
                                   .year = rtc(RTC_YEAR),
                                   .status_b = rtc(RTC_STATUS_B)};
}

/* 0 if there is no such clock. */
static mnet_time read_rtc(void)
{
    struct date_registers registers = read_registers(), again;
    for (unsigned i = 0; i < TRIES; i++) {
        again = registers;
        registers = read_registers();
        if (memcmp(&registers, &again, sizeof again) == 0)
            break;
    }
    return MNET_SEC(date_seconds(&registers));
}

/* The time when kvmclock was 0. */
static mnet_time read_kvm(void)
{
    static volatile struct {
        uint32_t version, seconds, ns;
    } wall __attribute__((aligned(16)));
    cpu_write_msr(MSR_KVM_WALL_CLOCK, (uintptr_t)&wall);
    return MNET_SEC(wall.seconds) + wall.ns;
}

mnet_time mnet_port_wall_clock(void)
{
    static mnet_time start; /* when the monotonic clock was 0 */
    static bool is_known;
    mnet_time now = mnet_port_clock();
    if (!is_known) {
        is_known = true;
        mnet_time rtc_time = clock_is_kvm() ? 0 : read_rtc();
        start = clock_is_kvm() ? read_kvm() : rtc_time > now ? rtc_time - now : 0;
    }
    return start + now;
}
