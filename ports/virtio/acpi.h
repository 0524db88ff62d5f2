/* SPDX-License-Identifier: ISC
 *
 * ports/virtio/acpi.h - what the tables of ACPI tell about the machine. */
#ifndef MNET_VIRTIO_ACPI_H
#define MNET_VIRTIO_ACPI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ACPI_DEVICES_MAX 32u
#define ACPI_IO_MAX 4u

/* An interrupt line, and how it calls. */
struct acpi_line {
    uint32_t number;
    bool is_level, is_low;
};

struct acpi {
    /* PCI configuration in memory (MCFG); 0: there is none. */
    uint64_t ecam;
    uint8_t ecam_first_bus, ecam_last_bus;

    /* I/O APICs (MADT). */
    struct {
        uint64_t at;
        uint32_t first_line;
    } io[ACPI_IO_MAX];
    unsigned io_count;

    /* The power button that is part of the chipset, and switching off (FADT); ports, 0: none. */
    struct acpi_line power_line;
    uint16_t event_port, event_len, control_port;
    uint16_t enable_port; /* takes enable_value, if ACPI is to be switched on */
    uint8_t enable_value;
    /* Switching off without a chipset: a register in memory or, if is_sleep_port, a port. */
    uint64_t sleep_register;
    bool is_sleep_port;
    /* What to write in either case (_S5). */
    bool has_sleep_type;
    uint8_t sleep_type;

    /* A register in memory that tells of events, when there is no chipset (GED); 0: none. */
    uint64_t event_register;
    struct acpi_line event_line;

    /* virtio devices in memory. */
    struct {
        uint64_t at;
        struct acpi_line line;
    } virtio[ACPI_DEVICES_MAX];
    unsigned virtio_count;
};

/* How to reach physical memory: the bytes, or NULL. */
typedef const uint8_t *(*acpi_map)(uint64_t at, uint64_t len);

/* Fills `acpi` from the tables that the root pointer at `rsdp` leads to. What is not there, or
 * damaged, stays 0. */
void acpi_read(struct acpi *acpi, uint64_t rsdp, acpi_map map);
/* Looks for the root pointer where the firmware of a PC leaves it; 0: it is not there. */
uint64_t acpi_find(acpi_map map);

#endif
