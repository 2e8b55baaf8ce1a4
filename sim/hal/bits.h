/* SPDX-License-Identifier: MIT */
/* Bit fields by mask, alignment, and MUST_USE: the few macros that everyone shares. */
#ifndef SIM_HAL_BITS_H
#define SIM_HAL_BITS_H

#include <stdint.h>

#define MUST_USE          __attribute__((warn_unused_result))

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))

/* Field of a word by its contiguous mask, as the ABI headers give it. */
#define FIELD_SHIFT(mask)       ((unsigned)__builtin_ctzll(mask))
#define FIELD_GET(mask, word)   (((word) & (mask)) >> FIELD_SHIFT(mask))
#define FIELD_PREP(mask, value) (((value) << FIELD_SHIFT(mask)) & (mask))

#define ALIGN_UP(value, to)     (((value) + ((to)-1)) & ~((to)-1))
#define IS_ALIGNED(value, to)   (((value) & ((to)-1)) == 0)

static inline uint32_t lower_32(uint64_t value)
{
    return (uint32_t)value;
}

static inline uint32_t upper_32(uint64_t value)
{
    return (uint32_t)(value >> 32);
}

static inline uint64_t make_64(uint32_t low, uint32_t high)
{
    return (uint64_t)high << 32 | low;
}

#endif
