/* SPDX-License-Identifier: ISC
 *
 * ports/virtio/wall.c - the time of day: what KVM says, or the battery-backed clock (RTC) of a PC.
 *
 * It is read once, when it is first asked for; from then on the monotonic clock carries it on. The
 * RTC knows whole seconds only and is taken to be in UTC. Where there is none, time begins with
 * 1970. */
#include "cpu.h"
#include "virtio_port.h"
#include <mnet/port.h>

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
#define B_IS_24_HOURS 0x02
#define B_IS_BINARY 0x04
#define HOURS_PM 0x80
/* Two equal readings in a row were not disturbed by the change of a second. */
#define TRIES 10u

struct date {
    unsigned second, minute, hour, day, month, year;
};

static uint8_t rtc(uint8_t index)
{
    cpu_out8(RTC_INDEX, index);
    return cpu_in8(RTC_DATA);
}

static struct date read_raw(void)
{
    return (struct date){rtc(RTC_SECONDS), rtc(RTC_MINUTES), rtc(RTC_HOURS),
                         rtc(RTC_DAY),     rtc(RTC_MONTH),   rtc(RTC_YEAR)};
}

static bool is_same(const struct date *a, const struct date *b)
{
    return a->second == b->second && a->minute == b->minute && a->hour == b->hour &&
           a->day == b->day && a->month == b->month && a->year == b->year;
}

static unsigned number(unsigned value, bool is_binary)
{
    return is_binary ? value : value / 16 * 10 + value % 16;
}

static struct date decode(struct date raw, uint8_t status)
{
    bool is_binary = (status & B_IS_BINARY) != 0;
    bool is_pm = !(status & B_IS_24_HOURS) && (raw.hour & HOURS_PM);
    struct date date = {number(raw.second, is_binary),
                        number(raw.minute, is_binary),
                        number(raw.hour & ~(unsigned)HOURS_PM, is_binary),
                        number(raw.day, is_binary),
                        number(raw.month, is_binary),
                        2000 + number(raw.year, is_binary)};
    if (!(status & B_IS_24_HOURS))
        date.hour = date.hour % 12 + (is_pm ? 12 : 0);
    return date;
}

/* Days from 1970-01-01 in the calendar of Gregory, for years from 2000 on. A year that begins in
 * March has its leap day at its end. */
static uint64_t days_of(const struct date *date)
{
    static const unsigned before_month[] = {306, 337, 0, 31, 61, 92, 122, 153, 184, 214, 245, 275};
    unsigned year = date->month <= 2 ? date->year - 1 : date->year;
    const unsigned from_march_0_to_1970 = 719468;
    return year * 365u + year / 4 - year / 100 + year / 400 + before_month[date->month - 1] +
           date->day - 1 - from_march_0_to_1970;
}

/* 0 if there is no such clock. */
static mnet_time read_rtc(void)
{
    struct date raw = read_raw(), again;
    for (unsigned i = 0; i < TRIES; i++) {
        again = raw;
        raw = read_raw();
        if (is_same(&raw, &again))
            break;
    }
    struct date date = decode(raw, rtc(RTC_STATUS_B));
    if (date.second > 60 || date.minute > 59 || date.hour > 23 || date.day < 1 || date.day > 31 ||
        date.month < 1 || date.month > 12 || date.year > 2099)
        return 0;
    uint64_t seconds = days_of(&date) * 86400 + date.hour * 3600u + date.minute * 60u + date.second;
    return MNET_SEC(seconds);
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
