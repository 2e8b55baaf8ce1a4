/* SPDX-License-Identifier: MIT */
/* Included in front of Verilator's VCD writer: how it prints numbers. It prints a time stamp a
 * dump, for which snprintf took an eighth of all that waves cost. */
#ifndef SIM_CORE_VCD_NUMBERS_H
#define SIM_CORE_VCD_NUMBERS_H

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <verilatedos.h>

/* A time, the only number of 64 bits. The writer's buffer has room for each. */
inline int vcd_print(char *to, size_t size, const char *, uint64_t number)
{
    char *const end = std::to_chars(to, to + size - 1, number).ptr;

    *end = '\0';
    return static_cast<int>(end - to);
}

template <typename... Values>
int vcd_print(char *to, size_t size, const char *format, Values... values)
{
    return std::snprintf(to, size, format, values...);
}

#undef VL_SNPRINTF
#define VL_SNPRINTF vcd_print

#endif
