/* SPDX-License-Identifier: ISC
 *
 * ports/virtio/virtio_port.h - what the files of this port share, but for devices (virtio.h). */
#ifndef MNET_VIRTIO_PORT_H
#define MNET_VIRTIO_PORT_H

#include <mnet/time.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* ---- info.c: what the hypervisor tells at the start ---- */

#define INFO_CMDLINE_MAX 4096u
#define INFO_RAM_MAX 32u

struct info_range {
    uint64_t at, end; /* physical addresses; end is behind the last byte */
};

/* A copy: where the hypervisor put it may be memory that is ours to use. */
struct info {
    char cmdline[INFO_CMDLINE_MAX];
    struct info_range ram[INFO_RAM_MAX]; /* usable */
    unsigned ram_count;
    uint64_t rsdp; /* of ACPI; 0: not told */
};

/* Reads struct hvm_start_info at `at`. NULL, or what is wrong with it. */
const char *info_read(struct info *info, const void *at);
/* The largest part of all usable memory below `limit` that does not touch `taken` and lies above
 * 1 MiB. */
struct info_range info_free(const struct info *info, const struct info_range *taken,
                            uint64_t limit);

/* ---- console.c ---- */

void console_init(void);
void console_write(const char *text, size_t len);
void console_print(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* ---- pages.c ---- */

/* Memory above is not used: tables for 64 GiB are reserved. */
#define PAGES_RAM_MAX (UINT64_C(64) << 30)

/* Maps memory one to one with the rights that it needs, and nothing else. */
void pages_init(const struct info *info);
/* Makes registers or tables of the platform reachable where they are. What is mapped already stays
 * as it is. */
void pages_map_device(uint64_t at, uint64_t len);
/* Whether an access would fault, and whether because of a guard below a stack. */
bool pages_is_mapped(uintptr_t at);
bool pages_is_guard(uintptr_t at);

/* ---- trap.c ---- */

void trap_init(void);
/* Prints the return addresses of the frames above `frame`. */
void trap_print_calls(const uint64_t *frame);

/* ---- end.c ---- */

/* Prints "panic: ..." and what `more` prints, then ends with a status that is not 0. */
_Noreturn void end_panic(const char *message, void (*more)(const void *), const void *arg);
/* Switches the machine off, as acpi.c has found out how. */
void end_set_power_off(uint16_t port, uint16_t value);
void end_set_sleep_register(uint64_t at, bool is_port, uint8_t value);

/* ---- apic.c ---- */

enum apic_vector {
    APIC_TIMER = 0x40,
    APIC_DEVICE = 0x41,
    APIC_POWER = 0x42,
    APIC_SPURIOUS = 0xff,
};

void apic_init(void);
/* What a device writes, and where, to raise an interrupt. */
uint64_t apic_message_address(void);
/* Another I/O APIC than the usual one. */
void apic_add_io(uint64_t at, uint32_t first_line);
/* Routes a line to a vector. False: no I/O APIC has this line. */
bool apic_route(uint32_t line, enum apic_vector vector, bool is_level, bool is_low);
void apic_end_of_interrupt(void);
/* Raises APIC_TIMER once, after so many ns. */
void apic_timer(mnet_time after);
/* How fast the timer counts, unless it goes by the processor's counter: it is let run, and its
 * count is read when so much time has passed. */
bool apic_timer_needs_calibration(void);
void apic_timer_start_counting(void);
void apic_timer_calibrate(mnet_time took);

/* ---- clock.c ---- */

void clock_init(void);
/* Measures the processor's counter once more, if that is due. */
void clock_refine(mnet_time now);
/* So much time in cycles of the processor's counter. */
uint64_t clock_cycles(mnet_time ns);
bool clock_is_kvm(void);

/* ---- bus.c ---- */

/* Makes all devices that are open end their interrupts. */
void bus_acknowledge(void);

/* ---- wait.c ---- */

/* Registers somebody who may end a wait. `arm` asks for an interrupt with what comes next, and
 * returns true if there is something already. */
struct wait_source {
    bool (*arm)(struct wait_source *source);
    struct wait_source *next;
};
void wait_add(struct wait_source *source);
void wait_remove(struct wait_source *source);
/* Tells who knows, in the interrupt APIC_POWER, whether the power button was pressed. */
void wait_set_power(bool (*is_pressed)(void));

#endif
