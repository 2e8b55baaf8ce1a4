/* SPDX-License-Identifier: MIT */
/* What the image printer's two halves share. */
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

#endif
