/* SPDX-License-Identifier: ISC
 *
 * ports/virtio/power.h - the power button, and switching off. */
#ifndef MNET_VIRTIO_POWER_H
#define MNET_VIRTIO_POWER_H

#include "acpi.h"

/* Makes the button call, and tells end.c how to switch off. */
void power_init(const struct acpi *acpi);

#endif
