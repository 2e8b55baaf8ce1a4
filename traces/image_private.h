/* SPDX-License-Identifier: MIT */
/* What the image printer's parts share. */
#ifndef TRACES_IMAGE_PRIVATE_H
#define TRACES_IMAGE_PRIVATE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#define EXIT_BAD_IMAGE 1
#define EXIT_TROUBLE   2

/* Do these first 8 bytes of a file begin a vGPU's image? */
bool image_is_vgpu(const uint8_t *bytes);
/* Prints one. Returns 0 good, EXIT_BAD_IMAGE, or EXIT_TROUBLE. */
int image_print_vgpu(FILE *in, const char *name);
/* The same for what went over a migration's link of a device. */
bool image_is_link(const uint8_t *bytes);
int image_print_link(FILE *in, const char *name);
/* Prints a device's data, a VF's or a vGPU's. */
int image_print_device(FILE *in, const char *name);

#endif
