/* SPDX-License-Identifier: ISC
 *
 * ports/virtio/console.c - the first serial port (16550), which every hypervisor of PCs has.
 *
 * A byte is written when the port says that it has room. It may never say so, when nobody has made
 * one: then a byte is given up after a while, and the next ones at once. Errors go the same way as
 * everything else. */
#include "cpu.h"
#include "virtio_port.h"
#include <base/fmt.h>
#include <mnet/port.h>
#include <stdarg.h>

#define PORT 0x3f8
#define DATA (PORT + 0)
#define INTERRUPTS (PORT + 1)
#define FIFO (PORT + 2)
#define LINE (PORT + 3)
#define MODEM (PORT + 4)
#define STATUS (PORT + 5)

#define LINE_8N1 0x03
#define LINE_DIVISOR 0x80
#define MODEM_DTR_RTS 0x03
#define FIFO_ON_CLEARED 0x07
#define STATUS_HAS_ROOM 0x20
/* 115,200 bits a second. */
#define DIVISOR 1
/* Reads of the status before a byte is given up: at least a tenth of a second, which is a thousand
 * times as long as a byte takes on a real line. */
#define PATIENCE 200000u

static bool is_dead;

void console_init(void)
{
    cpu_out8(INTERRUPTS, 0);
    cpu_out8(LINE, LINE_DIVISOR);
    cpu_out8(DATA, DIVISOR);
    cpu_out8(INTERRUPTS, 0);
    cpu_out8(LINE, LINE_8N1);
    cpu_out8(FIFO, FIFO_ON_CLEARED);
    cpu_out8(MODEM, MODEM_DTR_RTS);
}

static void put(char c)
{
    for (unsigned i = 0; !(cpu_in8(STATUS) & STATUS_HAS_ROOM); i++) {
        if (is_dead || i == PATIENCE) {
            is_dead = true;
            return;
        }
        cpu_pause();
    }
    is_dead = false;
    cpu_out8(DATA, (uint8_t)c);
}

void console_write(const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++)
        put(text[i]);
}

void console_print(const char *format, ...)
{
    char text[256];
    va_list args;
    va_start(args, format);
    size_t len = mn_fmt_v(text, sizeof text, format, args);
    va_end(args);
    console_write(text, len);
}

void mnet_port_console(const char *text, size_t len, bool is_error)
{
    (void)is_error;
    console_write(text, len);
}
