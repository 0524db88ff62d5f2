/* SPDX-License-Identifier: ISC
 *
 * ports/virtio/info.c - struct hvm_start_info of the PVH convention: command line, memory map, and
 * where the tables of ACPI are. All of it is copied before anything else happens, because it may
 * lie in memory that is later given away. */
#include "virtio_port.h"
#include <string.h>

#define MAGIC 0x336ec578u
/* The first version that has a memory map. */
#define VERSION_MIN 1u
#define TYPE_RAM 1u
/* Below, firmware has its data and old devices their windows. */
#define LOW_END (UINT64_C(1) << 20)

struct start_info {
    uint32_t magic;
    uint32_t version;
    uint32_t flags;
    uint32_t module_count;
    uint64_t modules;
    uint64_t cmdline;
    uint64_t rsdp;
    uint64_t map;
    uint32_t map_count;
    uint32_t reserved;
};

struct map_entry {
    uint64_t at;
    uint64_t len;
    uint32_t type;
    uint32_t reserved;
};

static const char *copy_cmdline(struct info *info, const char *from)
{
    for (size_t i = 0; from && i < INFO_CMDLINE_MAX; i++) {
        info->cmdline[i] = from[i];
        if (!from[i])
            return NULL;
    }
    info->cmdline[0] = '\0';
    return from ? "the command line is longer than 4095 bytes" : NULL;
}

static void copy_map(struct info *info, const struct map_entry *map, uint32_t count)
{
    for (uint32_t i = 0; i < count && info->ram_count < INFO_RAM_MAX; i++) {
        if (map[i].type != TYPE_RAM || map[i].len == 0 || map[i].at + map[i].len < map[i].at)
            continue;
        info->ram[info->ram_count++] =
            (struct info_range){.at = map[i].at, .end = map[i].at + map[i].len};
    }
}

const char *info_read(struct info *info, const void *at)
{
    struct start_info start;
    memset(info, 0, sizeof *info);
    memcpy(&start, at, sizeof start);
    if (start.magic != MAGIC)
        return "this was not started by the PVH convention";
    if (start.version < VERSION_MIN || start.map == 0)
        return "the hypervisor gave no memory map";
    info->rsdp = start.rsdp;
    copy_map(info, (const void *)(uintptr_t)start.map, start.map_count);
    return copy_cmdline(info, (const void *)(uintptr_t)start.cmdline);
}

static uint64_t length(const struct info_range *range)
{
    return range->end > range->at ? range->end - range->at : 0;
}

struct info_range info_free(const struct info *info, const struct info_range *taken, uint64_t limit)
{
    struct info_range best = {0, 0};
    for (unsigned i = 0; i < info->ram_count; i++) {
        struct info_range below = info->ram[i];
        if (below.at < LOW_END)
            below.at = LOW_END;
        if (below.end > limit)
            below.end = limit;
        struct info_range above = below;
        if (below.at < taken->end && taken->at < below.end) {
            below.end = taken->at;
            above.at = taken->end;
        }
        if (length(&below) > length(&best))
            best = below;
        if (length(&above) > length(&best))
            best = above;
    }
    return best;
}
