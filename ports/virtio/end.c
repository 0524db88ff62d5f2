/* SPDX-License-Identifier: ISC
 *
 * ports/virtio/end.c - the end of a machine.
 *
 * QEMU's isa-debug-exit device, if it is there, ends QEMU with the status 2 * status + 1. It is not
 * used for status 0: QEMU also ends with 1 when it cannot start. Then the ways to switch off that
 * ACPI told of. Then a reset, through the keyboard controller and through a triple fault: with
 * -no-reboot QEMU ends with 0, Firecracker always does. Each is tried in turn, since what is not
 * there does nothing. After a status other than 0 one line on the console names it, because only
 * the first of these ways can. */
#include "cpu.h"
#include "virtio_port.h"
#include <mnet/port.h>
#include <string.h>

#define DEBUG_EXIT_PORT 0xf4
/* EX_SOFTWARE, as the port to Linux has it. */
#define STATUS_PANIC 70
#define KEYBOARD_COMMAND 0x64
#define KEYBOARD_RESET 0xfe

static uint16_t power_port;
static uint16_t power_value;
static uint64_t sleep_register;
static bool is_sleep_port;
static uint8_t sleep_value;
static bool is_panicking;

void end_set_power_off(uint16_t port, uint16_t value)
{
    power_port = port;
    power_value = value;
}

void end_set_sleep_register(uint64_t at, bool is_port, uint8_t value)
{
    sleep_register = at;
    is_sleep_port = is_port;
    sleep_value = value;
}

static _Noreturn void switch_off(int status)
{
    if (status != 0)
        cpu_out32(DEBUG_EXIT_PORT, (uint32_t)status);
    if (power_port)
        cpu_out16(power_port, power_value);
    if (sleep_register && is_sleep_port)
        cpu_out8((uint16_t)sleep_register, sleep_value);
    else if (sleep_register)
        cpu_write8(sleep_register, sleep_value);
    cpu_out8(KEYBOARD_COMMAND, KEYBOARD_RESET);
    const struct __attribute__((packed)) {
        uint16_t limit;
        uint64_t at;
    } no_table = {0, 0};
    __asm__ volatile("lidt %0; ud2" : : "m"(no_table));
    for (;;)
        __asm__ volatile("cli; hlt");
}

_Noreturn void mnet_port_exit(int status)
{
    if (status != 0)
        console_print("exit status %d\n", status);
    switch_off(status);
}

_Noreturn void end_panic(const char *message, void (*more)(const void *), const void *arg)
{
    if (is_panicking)
        switch_off(STATUS_PANIC);
    is_panicking = true;
    console_write("panic: ", 7);
    console_write(message, strlen(message));
    console_write("\n", 1);
    if (more)
        more(arg);
    mnet_port_exit(STATUS_PANIC);
}

static void print_calls(const void *frame)
{
    trap_print_calls(frame);
}

_Noreturn void mnet_port_panic(const char *message)
{
    end_panic(message, print_calls, __builtin_frame_address(0));
}
