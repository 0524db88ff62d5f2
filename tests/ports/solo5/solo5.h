/* SPDX-License-Identifier: ISC
 *
 * The calls of Solo5 that the port uses, so that it can be tested where Solo5 is not installed:
 * solo5_test.c is behind them. Written from Solo5's documentation; images are built with the real
 * one. */
#ifndef MN_TEST_SOLO5_H
#define MN_TEST_SOLO5_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SOLO5_EXIT_FAILURE 1
#define SOLO5_NET_ALEN 6
#define SOLO5_NET_HLEN 14

typedef enum { SOLO5_R_OK, SOLO5_R_AGAIN, SOLO5_R_EINVAL, SOLO5_R_EUNSPEC } solo5_result_t;
typedef uint64_t solo5_time_t, solo5_off_t, solo5_handle_t, solo5_handle_set_t;

struct solo5_start_info {
    const char *cmdline;
    uintptr_t heap_start;
    size_t heap_size;
};

struct solo5_net_info {
    uint8_t mac_address[SOLO5_NET_ALEN];
    size_t mtu;
};

struct solo5_block_info {
    solo5_off_t capacity, block_size;
};

int solo5_app_main(const struct solo5_start_info *info);
_Noreturn void solo5_exit(int status);
_Noreturn void solo5_abort(void);
void solo5_console_write(const char *text, size_t len);
solo5_time_t solo5_clock_monotonic(void);
solo5_time_t solo5_clock_wall(void);
void solo5_yield(solo5_time_t deadline, solo5_handle_set_t *ready);
solo5_result_t solo5_net_acquire(const char *name, solo5_handle_t *handle,
                                 struct solo5_net_info *info);
solo5_result_t solo5_net_read(solo5_handle_t handle, uint8_t *to, size_t room, size_t *len);
solo5_result_t solo5_net_write(solo5_handle_t handle, const uint8_t *from, size_t len);
solo5_result_t solo5_block_acquire(const char *name, solo5_handle_t *handle,
                                   struct solo5_block_info *info);
solo5_result_t solo5_block_read(solo5_handle_t handle, solo5_off_t offset, uint8_t *to, size_t len);
solo5_result_t solo5_block_write(solo5_handle_t handle, solo5_off_t offset, const uint8_t *from,
                                 size_t len);

#endif
