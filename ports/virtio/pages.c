/* SPDX-License-Identifier: ISC
 *
 * ports/virtio/pages.c - page tables: every address is its own physical address, if it is mapped.
 *
 * Mapped are: all memory, by pages of 2 MiB, to be written and not executed; the image and the
 * first 2 MiB by pages of 4 KiB, each part of the image with its own rights, the page at 0 not at
 * all; registers of devices once somebody asks for them, uncached. A wild pointer hits nothing in
 * most of the address space, a write to code or constants is a fault, and so is a jump into data.
 *
 * The tables for that come from a fixed pool. A guard below a stack needs a table of 4 KiB pages
 * for the 2 MiB around it; the first guard there becomes that table itself, since nobody may use
 * its memory anyway. It can then no longer be reached at its own address, but through a window.
 *
 * There are no global pages and there is one processor, so invlpg is all that a change needs. */
#include "../bare/bare.h"
#include "cpu.h"
#include "virtio_port.h"
#include <string.h>

#define PAGE UINT64_C(4096)
#define LARGE UINT64_C(0x200000)
#define ENTRIES 512u

#define PRESENT UINT64_C(0x01)
#define WRITE UINT64_C(0x02)
#define UNCACHED UINT64_C(0x18) /* PWT and PCD */
#define IS_LARGE UINT64_C(0x80)
#define IS_GUARD UINT64_C(0x200) /* the processor ignores it; in entries that are not present */
#define NO_EXECUTE (UINT64_C(1) << 63)
#define ADDRESS UINT64_C(0x000ffffffffff000)

/* The directories of 64 GiB of memory, the tables of an image of 64 MiB, and 28 GiB here and there
 * where there are devices. */
#define POOL 128u

extern char image_text[], image_rodata[], image_data[], image_end[];
extern char boot_stack_guard[], trap_stack_guard[];

static uint64_t pool[POOL][ENTRIES] __attribute__((aligned(4096), section(".bss..noinit.pool")));
static unsigned pool_used;
static uint64_t window[ENTRIES] __attribute__((aligned(4096), section(".bss..noinit")));
static uint64_t *window_entry; /* maps `window` */
static uint64_t *root;

static uint64_t *table_new(void)
{
    if (pool_used == POOL)
        end_panic("too much is mapped: there are no page tables left", NULL, NULL);
    memset(pool[pool_used], 0, sizeof pool[pool_used]);
    return pool[pool_used++];
}

static unsigned index_of(uint64_t at, unsigned shift)
{
    return (unsigned)(at >> shift) & (ENTRIES - 1);
}

static uint64_t *below(uint64_t *table, unsigned index, bool make)
{
    if (!(table[index] & PRESENT)) {
        if (!make)
            return NULL;
        table[index] = (uintptr_t)table_new() | PRESENT | WRITE;
    }
    return (uint64_t *)(uintptr_t)(table[index] & ADDRESS);
}

/* The entry for the 2 MiB around `at`; NULL if there is none and none is to be made. */
static uint64_t *large_entry(uint64_t at, bool make)
{
    uint64_t *table = below(root, index_of(at, 39), make);
    if (table)
        table = below(table, index_of(at, 30), make);
    return table ? &table[index_of(at, 21)] : NULL;
}

/* The table of 4 KiB pages at a physical address, for reading and writing until the next call. */
static uint64_t *small_table(uint64_t at)
{
    if (at >= (uintptr_t)pool && at < (uintptr_t)pool[POOL])
        return (uint64_t *)(uintptr_t)at;
    *window_entry = at | PRESENT | WRITE | NO_EXECUTE;
    cpu_forget_page((uintptr_t)window);
    /* The compiler must not know that the window is a variable: it shows something else now. */
    uint64_t *table = window;
    __asm__ volatile("" : "+r"(table) : : "memory");
    return table;
}

/* Cuts a large page into small ones with the same rights. */
static void split(uint64_t *large, uint64_t table_at)
{
    uint64_t *table = small_table(table_at);
    uint64_t rights = *large & ~ADDRESS & ~IS_LARGE;
    uint64_t at = *large & ADDRESS;
    for (unsigned i = 0; i < ENTRIES; i++)
        table[i] = (at + i * PAGE) | rights;
    *large = table_at | PRESENT | WRITE;
}

static void map_large(uint64_t at, uint64_t end, uint64_t rights)
{
    for (at &= ~(LARGE - 1); at < end; at += LARGE) {
        uint64_t *entry = large_entry(at, true);
        if (!(*entry & PRESENT))
            *entry = at | rights | PRESENT | IS_LARGE;
    }
}

/* Sets the rights of whole small pages, from a pool table; 0 unmaps them. */
static void set_small(uint64_t at, uint64_t end, uint64_t rights)
{
    for (at &= ~(PAGE - 1); at < end; at += PAGE) {
        uint64_t *large = large_entry(at, true);
        if (!(*large & PRESENT))
            *large = (at & ~(LARGE - 1)) | PRESENT | WRITE | NO_EXECUTE | IS_LARGE;
        if (*large & IS_LARGE)
            split(large, (uintptr_t)table_new());
        uint64_t *table = small_table(*large & ADDRESS);
        table[index_of(at, 12)] = rights & PRESENT ? at | rights : rights;
    }
}

void pages_init(const struct info *info)
{
    uint64_t end = (uintptr_t)image_end;
    root = table_new();
    for (unsigned i = 0; i < info->ram_count; i++) {
        uint64_t ram_end = info->ram[i].end < PAGES_RAM_MAX ? info->ram[i].end : PAGES_RAM_MAX;
        map_large(info->ram[i].at, ram_end, WRITE | NO_EXECUTE);
    }
    set_small((uintptr_t)image_text, (uintptr_t)image_rodata, PRESENT);
    set_small((uintptr_t)image_rodata, (uintptr_t)image_data, PRESENT | NO_EXECUTE);
    set_small((uintptr_t)image_data, end, PRESENT | WRITE | NO_EXECUTE);
    set_small(0, PAGE, 0);
    set_small((uintptr_t)boot_stack_guard, (uintptr_t)boot_stack_guard + PAGE, IS_GUARD);
    set_small((uintptr_t)trap_stack_guard, (uintptr_t)trap_stack_guard + PAGE, IS_GUARD);
    uint64_t *table = small_table(*large_entry((uintptr_t)window, false) & ADDRESS);
    window_entry = &table[index_of((uintptr_t)window, 12)];
    cpu_load_tables((uintptr_t)root);
}

void pages_map_device(uint64_t at, uint64_t len)
{
    map_large(at, at + len, WRITE | NO_EXECUTE | UNCACHED);
}

void bare_guard(void *page)
{
    uint64_t at = (uintptr_t)page;
    uint64_t *large = large_entry(at, false);
    if (*large & IS_LARGE)
        split(large, at);
    small_table(*large & ADDRESS)[index_of(at, 12)] = IS_GUARD;
    cpu_forget_page(at);
}

/* What the tables say about `at`; 0 if nothing. */
static uint64_t entry_of(uintptr_t at)
{
    const uint64_t *large = large_entry(at, false);
    if (!large || !(*large & PRESENT) || (*large & IS_LARGE))
        return large ? *large : 0;
    return small_table(*large & ADDRESS)[index_of(at, 12)];
}

bool pages_is_mapped(uintptr_t at)
{
    return root && (entry_of(at) & PRESENT);
}

bool pages_is_guard(uintptr_t at)
{
    return root && (entry_of(at) & (PRESENT | IS_GUARD)) == IS_GUARD;
}
