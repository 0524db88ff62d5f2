/* SPDX-License-Identifier: ISC
 *
 * Devices on the command line are read and taken out, whatever stands around them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <virtio/virtio.h>

#include <cmocka.h>

static void test_what_hypervisors_write(void **state)
{
    (void)state;
    static const struct {
        const char *line, *rest;
        struct cmdline_device device;
    } cases[] = {
        {"--ipv4=10.0.0.2/24 virtio_mmio.device=512@0xfeb02e00:12",
         "--ipv4=10.0.0.2/24 ",
         {0xfeb02e00, 512, 12}},
        {"virtio_mmio.device=4K@0xd0001000:6 -v", " -v", {0xd0001000, 4096, 6}},
        {"a virtio_mmio.device=0x200@4096:0x10:7 b", "a  b", {4096, 512, 16}},
        {"virtio_mmio.device=1M@0xFFFFFFFFFFFFFFFF:4294967295",
         "",
         {UINT64_MAX, 1 << 20, UINT32_MAX}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char line[128];
        struct cmdline_device device;
        const char *bad;
        snprintf(line, sizeof line, "%s", cases[i].line);
        assert_true(cmdline_take(line, &device, &bad));
        assert_null(bad);
        assert_string_equal(line, cases[i].rest);
        assert_true(device.at == cases[i].device.at);
        assert_int_equal(device.len, cases[i].device.len);
        assert_int_equal(device.line, cases[i].device.line);
        assert_false(cmdline_take(line, &device, &bad));
        assert_null(bad);
        assert_string_equal(line, cases[i].rest);
    }
}

static void test_what_cannot_be_read_is_taken_out_and_named(void **state)
{
    (void)state;
    static const char *const values[] = {
        "",           "512",
        "512@",       "512@0x",
        "512@0x10",   "512@16:",
        "512@16:1:",  "512@16:1:2:3",
        "512@16:1,",  "@16:1",
        "0@16:1",     "5G@16:1",
        "4096M@16:1", "512@16:4294967296",
        "-1@16:1",    "0x@16:1",
        "512 @16:1",  "512@0x1ffffffffffffffff:1",
        "512@16:1x",  "512@-16:1",
    };
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        char line[128];
        struct cmdline_device device;
        const char *bad;
        snprintf(line, sizeof line, "x virtio_mmio.device=%s y", values[i]);
        assert_true(cmdline_take(line, &device, &bad));
        assert_non_null(bad);
        assert_int_equal(strncmp(bad, values[i], strlen(bad)), 0);
        assert_null(strstr(line, "virtio_mmio"));
        assert_false(cmdline_take(line, &device, &bad));
    }
    char line[400] = "virtio_mmio.device=";
    struct cmdline_device device;
    const char *bad;
    memset(line + strlen(line), '1', 300);
    assert_true(cmdline_take(line, &device, &bad));
    assert_int_equal(strlen(bad), 127);
    assert_string_equal(line, "");
}

static void test_all_are_found_in_their_order_and_nothing_else(void **state)
{
    (void)state;
    char line[] = "--x=virtio_mmio.device=1@2:3 virtio_mmio.device=1@1:1 "
                  "virtio_mmio.device=1@2:2  virtio_mmio.devices=1@4:4 virtio_mmio.device=1@3:3";
    struct cmdline_device device;
    const char *bad;
    for (unsigned i = 1; i <= 3; i++) {
        assert_true(cmdline_take(line, &device, &bad));
        assert_int_equal(device.line, i);
    }
    assert_false(cmdline_take(line, &device, &bad));
    assert_string_equal(line, "--x=virtio_mmio.device=1@2:3    virtio_mmio.devices=1@4:4 ");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_hypervisors_write),
        cmocka_unit_test(test_what_cannot_be_read_is_taken_out_and_named),
        cmocka_unit_test(test_all_are_found_in_their_order_and_nothing_else),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
