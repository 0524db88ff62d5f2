/* SPDX-License-Identifier: ISC
 *
 * ports/linux-tap/wait.c - sleeping until a frame or a deadline: one ppoll over all devices.
 *
 * A wake-up of a sleeping process costs several microseconds. A device opened with `spin=`
 * therefore has its descriptor looked at over and over for that long before the process sleeps, but
 * only while it pays: if the last wait was longer than the spin would have been, the next one
 * sleeps at once. */
#define _GNU_SOURCE
#include "tap_port.h"
#include <mnet/port.h>
#include <poll.h>
#include <time.h>
#include <unistd.h>

/* The first entry is the request to end, the others are devices. */
static struct pollfd fds[1 + TAP_DEVICES_MAX];
static mnet_time spins[1 + TAP_DEVICES_MAX];
static nfds_t fd_count = 1;
static mnet_time spin_max;       /* the longest spin of all devices */
static mnet_time last_wait_took; /* how long the last wait was */

static void update_spin(void)
{
    spin_max = 0;
    for (nfds_t i = 1; i < fd_count; i++) {
        if (spins[i] > spin_max)
            spin_max = spins[i];
    }
}

bool tap_wait_add(int fd, mnet_time spin)
{
    if (fd_count > TAP_DEVICES_MAX)
        return false;
    fds[fd_count] = (struct pollfd){.fd = fd, .events = POLLIN};
    spins[fd_count] = spin;
    fd_count++;
    update_spin();
    return true;
}

void tap_wait_remove(int fd)
{
    for (nfds_t i = 1; i < fd_count; i++) {
        if (fds[i].fd != fd && fds[i].fd != ~fd)
            continue;
        fd_count--;
        fds[i] = fds[fd_count];
        spins[i] = spins[fd_count];
        break;
    }
    update_spin();
}

/* An interface that was deleted is an error for ever: it is no longer looked at, or every wait
 * would end at once. A negative descriptor is what poll passes over. */
static void forget_deleted(void)
{
    for (nfds_t i = 1; i < fd_count; i++) {
        if (fds[i].fd >= 0 && (fds[i].revents & (POLLERR | POLLNVAL))) {
            fds[i].fd = ~fds[i].fd;
            tap_warn("a network interface of this program was deleted");
        }
    }
}

/* Whether something came within `timeout`; NULL waits for ever. */
static bool wait_for(const struct timespec *timeout)
{
    if (ppoll(fds, fd_count, timeout, NULL) <= 0)
        return false;
    forget_deleted();
    if (fds[0].revents) {
        uint64_t count; /* taken out, so that the next wait sleeps again */
        (void)!read(fds[0].fd, &count, sizeof count);
    }
    return true;
}

static bool spin_until(mnet_time end)
{
    static const struct timespec no_time;
    do {
        if (wait_for(&no_time))
            return true;
    } while (mnet_port_clock() < end);
    return false;
}

void mnet_port_wait(mnet_time deadline)
{
    fds[0] = (struct pollfd){.fd = tap_ending_fd(), .events = POLLIN};
    mnet_time begin = mnet_port_clock();
    if (deadline <= begin)
        return;
    mnet_time now = begin;
    if (spin_max > 0 && last_wait_took <= spin_max) {
        mnet_time spin_end = begin + spin_max;
        if (spin_until(spin_end < deadline ? spin_end : deadline)) {
            last_wait_took = 0;
            return;
        }
        now = mnet_port_clock();
    }
    if (deadline == MNET_NEVER) {
        wait_for(NULL);
    } else if (now < deadline) {
        mnet_time left = deadline - now;
        struct timespec timeout = {.tv_sec = (time_t)(left / MNET_SEC(1)),
                                   .tv_nsec = (long)(left % MNET_SEC(1))};
        wait_for(&timeout);
    }
    if (spin_max > 0)
        last_wait_took = mnet_port_clock() - begin;
}
