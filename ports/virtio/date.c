/* SPDX-License-Identifier: ISC
 *
 * ports/virtio/date.c - from the registers of the RTC to seconds. Numbers are in decimal digits or
 * binary, hours count to 12 or to 24, as its status says. */
#include "date.h"
#include <stdbool.h>

#define IS_24_HOURS 0x02u
#define IS_BINARY 0x04u
#define HOUR_IS_PM 0x80u

struct date {
    unsigned second, minute, hour, day, month, year;
};

static unsigned number(unsigned value, bool is_binary)
{
    return is_binary ? value : value / 16 * 10 + value % 16;
}

static struct date decode(const struct date_registers *raw)
{
    bool is_binary = (raw->status_b & IS_BINARY) != 0;
    struct date date = {
        .second = number(raw->second, is_binary),
        .minute = number(raw->minute, is_binary),
        .hour = number(raw->hour & ~HOUR_IS_PM, is_binary),
        .day = number(raw->day, is_binary),
        .month = number(raw->month, is_binary),
        .year = 2000 + number(raw->year, is_binary),
    };
    if (!(raw->status_b & IS_24_HOURS))
        date.hour = date.hour % 12 + (raw->hour & HOUR_IS_PM ? 12 : 0);
    return date;
}

/* Days from 1970-01-01. A year that begins in March has its leap day at its end. */
static uint64_t days_of(const struct date *date)
{
    static const unsigned before_month[] = {306, 337, 0, 31, 61, 92, 122, 153, 184, 214, 245, 275};
    const unsigned from_march_of_year_0 = 719468;
    unsigned year = date->month <= 2 ? date->year - 1 : date->year;
    return year * 365u + year / 4 - year / 100 + year / 400 + before_month[date->month - 1] +
           date->day - 1 - from_march_of_year_0;
}

uint64_t date_seconds(const struct date_registers *registers)
{
    struct date date = decode(registers);
    if (date.second > 60 || date.minute > 59 || date.hour > 23 || date.day < 1 || date.day > 31 ||
        date.month < 1 || date.month > 12 || date.year > 2099)
        return 0;
    return days_of(&date) * 86400 + date.hour * 3600u + date.minute * 60u + date.second;
}
