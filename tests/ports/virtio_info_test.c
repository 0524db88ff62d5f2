/* SPDX-License-Identifier: ISC
 *
 * What the hypervisor tells at the start, and which memory is free after that. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <virtio/virtio_port.h>

#include <cmocka.h>

#define MIB (UINT64_C(1) << 20)
#define GIB (UINT64_C(1) << 30)

/* struct hvm_start_info of version 1, and an entry of its map. */
struct start {
    uint32_t magic, version, flags, modules;
    uint64_t modlist, cmdline, rsdp, map;
    uint32_t map_count, reserved;
};
struct entry {
    uint64_t at, len;
    uint32_t type, reserved;
};

static struct info info;

static struct start start_with(const char *cmdline, const struct entry *map, uint32_t count)
{
    return (struct start){.magic = 0x336ec578,
                          .version = 1,
                          .cmdline = (uintptr_t)cmdline,
                          .rsdp = 0xf5a0,
                          .map = (uintptr_t)map,
                          .map_count = count};
}

static void test_usable_memory_and_the_command_line_are_copied(void **state)
{
    (void)state;
    const struct entry map[] = {
        {0, 0x9fc00, 1, 0},       {0xf0000, 0x10000, 2, 0}, {MIB, 127 * MIB, 1, 0},
        {128 * MIB, 4096, 3, 0},  {5 * GIB, 0, 1, 0},       {UINT64_MAX - 10, 100, 1, 0},
        {4 * GIB, 2 * GIB, 1, 0},
    };
    char cmdline[] = "--ipv4=10.0.0.2/24";
    struct start start = start_with(cmdline, map, 7);
    assert_null(info_read(&info, &start));
    memset(cmdline, 'x', sizeof cmdline);
    assert_string_equal(info.cmdline, "--ipv4=10.0.0.2/24");
    assert_int_equal(info.rsdp, 0xf5a0);
    assert_int_equal(info.ram_count, 3);
    assert_int_equal(info.ram[1].at, MIB);
    assert_int_equal(info.ram[1].end, 128 * MIB);
    assert_int_equal(info.ram[2].end, 6 * GIB);
    start.cmdline = 0;
    assert_null(info_read(&info, &start));
    assert_string_equal(info.cmdline, "");
}

static void test_what_is_wrong_is_said(void **state)
{
    (void)state;
    static char cmdline[INFO_CMDLINE_MAX + 1];
    const struct entry map[] = {{MIB, MIB, 1, 0}};
    struct start start = start_with(cmdline, map, 1);
    memset(cmdline, 'x', INFO_CMDLINE_MAX - 1);
    assert_null(info_read(&info, &start));
    assert_int_equal(strlen(info.cmdline), INFO_CMDLINE_MAX - 1);
    cmdline[INFO_CMDLINE_MAX - 1] = 'x';
    assert_non_null(strstr(info_read(&info, &start), "4095"));
    start = start_with("", map, 1);
    start.magic++;
    assert_non_null(strstr(info_read(&info, &start), "PVH"));
    start = start_with("", map, 1);
    start.version = 0;
    assert_non_null(strstr(info_read(&info, &start), "memory map"));
    start = start_with("", NULL, 1);
    assert_non_null(strstr(info_read(&info, &start), "memory map"));
}

static void test_more_memory_than_can_be_noted_is_left(void **state)
{
    (void)state;
    static struct entry map[INFO_RAM_MAX + 5];
    for (unsigned i = 0; i < INFO_RAM_MAX + 5; i++)
        map[i] = (struct entry){i * GIB, MIB, 1, 0};
    struct start start = start_with("", map, INFO_RAM_MAX + 5);
    assert_null(info_read(&info, &start));
    assert_int_equal(info.ram_count, INFO_RAM_MAX);
}

static void expect_free(const struct info_range *taken, uint64_t limit, uint64_t at, uint64_t end)
{
    struct info_range range = info_free(&info, taken, limit);
    assert_int_equal(range.at, at);
    assert_int_equal(range.end, end);
}

static void test_the_largest_free_part_is_found(void **state)
{
    (void)state;
    const struct info_range image = {MIB, 2 * MIB}, high = {100 * MIB, 101 * MIB};
    memset(&info, 0, sizeof info);
    info.ram[0] = (struct info_range){0, 0xa0000};
    info.ram[1] = (struct info_range){MIB, 128 * MIB};
    info.ram_count = 2;
    expect_free(&image, 64 * GIB, 2 * MIB, 128 * MIB);
    expect_free(&high, 64 * GIB, MIB, 100 * MIB);
    expect_free(&image, 10 * MIB, 2 * MIB, 10 * MIB);
    info.ram[2] = (struct info_range){4 * GIB, 200 * GIB};
    info.ram_count = 3;
    expect_free(&image, 64 * GIB, 4 * GIB, 64 * GIB);
    /* Nothing: below 1 MiB is not for us, nor is the image. */
    info.ram[0] = (struct info_range){0, 2 * MIB};
    info.ram_count = 1;
    struct info_range range = info_free(&info, &image, 64 * GIB);
    assert_true(range.end <= range.at);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_usable_memory_and_the_command_line_are_copied),
        cmocka_unit_test(test_what_is_wrong_is_said),
        cmocka_unit_test(test_more_memory_than_can_be_noted_is_left),
        cmocka_unit_test(test_the_largest_free_part_is_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
