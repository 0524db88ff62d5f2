/* SPDX-License-Identifier: ISC
 *
 * ports/virtio/start.c - the order in which a machine comes up. First what is needed to say that
 * something is wrong, then memory, time, interrupts and devices; then ports/bare calls main.
 * Nothing is printed unless something is wrong. */
#include "../bare/bare.h"
#include "power.h"
#include "virtio.h"
#include <mnet/port.h>
#include <string.h>

extern char image_text[], image_bss[], image_bss_end[], image_end[];
extern void (*const image_init_array[])(void);
extern void (*const image_init_array_end[])(void);
_Noreturn void start(const void *start_info); /* boot.S calls it */

/* In .bss: too large for a stack. */
static struct info info;
static struct acpi acpi;

/* The end of the image is not in the file, so a hypervisor loads it into too little memory without
 * a word. */
static bool is_in_memory(void)
{
    volatile uint64_t *last = (uint64_t *)((uintptr_t)image_end - sizeof(uint64_t));
    uint64_t before = *last;
    *last = ~before;
    bool is_kept = *last == ~before;
    *last = before;
    return is_kept;
}

static const uint8_t *map_table(uint64_t at, uint64_t len)
{
    pages_map_device(at, len);
    return (const uint8_t *)(uintptr_t)at;
}

static void read_acpi(void)
{
    acpi_read(&acpi, info.rsdp ? info.rsdp : acpi_find(map_table), map_table);
    for (unsigned i = 0; i < acpi.io_count; i++)
        apic_add_io(acpi.io[i].at, acpi.io[i].first_line);
}

static void give_memory(void)
{
    struct info_range image = {(uintptr_t)image_text, (uintptr_t)image_end};
    struct info_range region = info_free(&info, &image, PAGES_RAM_MAX);
    if (region.end <= region.at)
        end_panic("the machine has no memory to use above 1 MiB", NULL, NULL);
    bare_memory_init((uintptr_t)region.at, (size_t)(region.end - region.at));
}

_Noreturn void start(const void *start_info)
{
    /* Loaders clear what is not in the file; not all promise it. */
    memset(image_bss, 0, (size_t)(image_bss_end - image_bss));
    console_init();
    const char *why = is_in_memory() ? info_read(&info, start_info)
                                     : "the machine has less memory than the image needs";
    if (why)
        end_panic(why, NULL, NULL);
    trap_init();
    pages_init(&info);
    apic_init();
    clock_init();
    read_acpi();
    power_init(&acpi);
    bus_init(&info, &acpi);
    give_memory();
    uint64_t random;
    if (mnet_port_entropy(&random, sizeof random) == sizeof random)
        bare_protect(random);
    for (void (*const *call)(void) = image_init_array; call < image_init_array_end; call++)
        (*call)();
    bare_main(info.cmdline);
}
