/* SPDX-License-Identifier: ISC
 *
 * ports/virtio/date.h - what the registers of a PC's clock (RTC) mean. */
#ifndef MNET_VIRTIO_DATE_H
#define MNET_VIRTIO_DATE_H

#include <stdint.h>

struct date_registers {
    uint8_t second, minute, hour, day, month, year; /* year: of the century from 2000 on */
    uint8_t status_b;                               /* how they are to be read */
};

/* Seconds since 1970; 0 if this is no date. */
uint64_t date_seconds(const struct date_registers *registers);

#endif
