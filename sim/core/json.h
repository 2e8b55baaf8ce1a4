/* SPDX-License-Identifier: MIT */
/* JSON text for the files of a run. */
#ifndef SIM_CORE_JSON_H
#define SIM_CORE_JSON_H

#include <string>

/* The text in quotes, escaped; bytes from 0x80 on pass as they are (UTF-8). */
std::string json_string(const std::string &text);

#endif
