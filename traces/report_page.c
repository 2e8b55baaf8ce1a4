/* SPDX-License-Identifier: MIT */
/* The fixed parts of the page, taken into the program as they stand in their files. */
#include "traces/report_html.h"

#define TAKE_IN(symbol, file)                                                                      \
    __asm__(".section .rodata\n.global " #symbol "\n" #symbol ":\n.incbin \"" file                 \
            "\"\n.byte 0\n.previous\n")

TAKE_IN(report_body, "traces/report_page.html");
TAKE_IN(report_style, "traces/report_page.css");
TAKE_IN(report_script, "traces/report_page.js");

extern const char report_body[];
extern const char report_style[];
extern const char report_script[];

const char *report_part(enum report_part_name name)
{
    switch (name) {
    case REPORT_STYLE:
        return report_style;
    case REPORT_SCRIPT:
        return report_script;
    default:
        return report_body;
    }
}
