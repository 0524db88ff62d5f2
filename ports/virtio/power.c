/* SPDX-License-Identifier: ISC
 *
 * ports/virtio/power.c - the power button, and switching off, as ACPI describes them.
 *
 * A PC has the button in its chipset: a bit in a status port, which calls over a line of its own
 * (SCI) once ACPI has been switched on. A machine without chipset (microvm) has a register in
 * memory that says what has happened since it was read last, and forgets it. A virtual machine's
 * button is pressed by its owner, who wants it to end: QEMU's `system_powerdown`. */
#include "power.h"
#include "cpu.h"
#include "virtio_port.h"
#include <mnet/port.h>

#define EVENT_POWER_BUTTON 0x100u /* of the chipset's status and enable ports */
#define CONTROL_ACPI_ON 0x0001u
#define CONTROL_SLEEP 0x2000u
#define CONTROL_TYPE_SHIFT 10
#define SLEEP_GO 0x20u
#define SLEEP_TYPE_SHIFT 2
#define REGISTER_POWER_BUTTON 0x02u
#define REGISTER_LEN 4u
/* The firmware answers at once where there is any. */
#define ENABLE_PATIENCE MNET_MS(10)

static uint16_t status_port;
static uintptr_t event_register;

static bool button_of_chipset(void)
{
    uint16_t status = cpu_in16(status_port);
    cpu_out16(status_port, status); /* ones are cleared */
    return (status & EVENT_POWER_BUTTON) != 0;
}

static bool button_of_register(void)
{
    return (cpu_read32(event_register) & REGISTER_POWER_BUTTON) != 0;
}

static void switch_acpi_on(const struct acpi *acpi)
{
    if (!acpi->enable_port || !acpi->enable_value)
        return;
    mnet_time end = mnet_port_clock() + ENABLE_PATIENCE;
    if (!(cpu_in16(acpi->control_port) & CONTROL_ACPI_ON))
        cpu_out8(acpi->enable_port, acpi->enable_value);
    while (!(cpu_in16(acpi->control_port) & CONTROL_ACPI_ON) && mnet_port_clock() < end)
        cpu_pause();
}

static void set_up_off(const struct acpi *acpi)
{
    if (!acpi->has_sleep_type)
        return;
    if (acpi->control_port)
        end_set_power_off(
            acpi->control_port,
            (uint16_t)(CONTROL_SLEEP | (unsigned)acpi->sleep_type << CONTROL_TYPE_SHIFT));
    uint8_t go = (uint8_t)(SLEEP_GO | (unsigned)acpi->sleep_type << SLEEP_TYPE_SHIFT);
    if (acpi->sleep_register && !acpi->is_sleep_port)
        pages_map_device(acpi->sleep_register, 1);
    if (acpi->sleep_register)
        end_set_sleep_register(acpi->sleep_register, acpi->is_sleep_port, go);
}

static void route(const struct acpi_line *line)
{
    apic_route(line->number, APIC_POWER, line->is_level, line->is_low);
}

void power_init(const struct acpi *acpi)
{
    set_up_off(acpi);
    if (acpi->event_port && acpi->event_len >= 4 && acpi->control_port) {
        switch_acpi_on(acpi);
        status_port = acpi->event_port;
        button_of_chipset(); /* forgets what was before */
        cpu_out16((uint16_t)(status_port + acpi->event_len / 2), EVENT_POWER_BUTTON);
        wait_set_power(button_of_chipset);
        route(&acpi->power_line);
    } else if (acpi->event_register) {
        pages_map_device(acpi->event_register, REGISTER_LEN);
        event_register = (uintptr_t)acpi->event_register;
        button_of_register();
        wait_set_power(button_of_register);
        route(&acpi->event_line);
    }
}
