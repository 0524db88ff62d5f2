/* SPDX-License-Identifier: ISC
 *
 * Every hour of the century that the clock of a PC can show, in its four notations, against the C
 * library of the host. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <time.h>
#include <virtio/date.h>

#include <cmocka.h>

#define BINARY 4u
#define HOURS_24 2u

static uint8_t digits(int value, unsigned status)
{
    return (uint8_t)(status & BINARY ? value : value / 10 * 16 + value % 10);
}

static struct date_registers show(const struct tm *tm, unsigned status)
{
    int hour = tm->tm_hour;
    unsigned pm = 0;
    if (!(status & HOURS_24)) {
        pm = hour >= 12 ? 0x80 : 0;
        hour = hour % 12 == 0 ? 12 : hour % 12;
    }
    return (struct date_registers){.second = digits(tm->tm_sec, status),
                                   .minute = digits(tm->tm_min, status),
                                   .hour = (uint8_t)(digits(hour, status) | pm),
                                   .day = digits(tm->tm_mday, status),
                                   .month = digits(tm->tm_mon + 1, status),
                                   .year = digits(tm->tm_year - 100, status),
                                   .status_b = (uint8_t)status};
}

static void test_a_century(void **state)
{
    (void)state;
    const time_t begin = 946684800, end = 4102444800; /* 2000 .. 2100 */
    for (unsigned status = 0; status < 8; status += 2) {
        for (time_t t = begin; t < end; t += 3601) {
            struct tm tm;
            gmtime_r(&t, &tm);
            struct date_registers registers = show(&tm, status);
            assert_true(date_seconds(&registers) == (uint64_t)t);
        }
    }
}

static void test_no_clock_is_no_date(void **state)
{
    (void)state;
    const struct date_registers nothing = {255, 255, 255, 255, 255, 255, 255};
    const struct date_registers zero = {0, 0, 0, 0, 0, 0, 0};
    const struct date_registers good = {59, 59, 23, 31, 12, 99, BINARY | HOURS_24};
    assert_int_equal(date_seconds(&nothing), 0);
    assert_int_equal(date_seconds(&zero), 0);
    assert_true(date_seconds(&good) == UINT64_C(4102444799));
    uint8_t bad[6] = {61, 60, 24, 32, 13, 100};
    for (unsigned i = 0; i < 6; i++) {
        struct date_registers registers = good;
        *(&registers.second + i) = bad[i];
        assert_int_equal(date_seconds(&registers), 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_century),
        cmocka_unit_test(test_no_clock_is_no_date),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
