#!/bin/sh
# SPDX-License-Identifier: MIT
# Runs the include table over every C and C++ file.
set -eu

cd "$(dirname "$0")/../.."
# shellcheck disable=SC2046
awk -f tests/lint/include_table.awk $(tests/lint/sources.sh c h cpp hpp)
