#!/bin/sh
# SPDX-License-Identifier: MIT
# The headers of each abi folder must compile together, in any order, and both folders in one file: tools
# and outside checks include them all.
set -eu

cd "$(dirname "$0")/../.."
failed=0

# together NAME FILES...
together()
{
    name=$1
    shift
    if ! printf '#include "%s"\n' "$@" |
         gcc -std=c11 -fsyntax-only -Wall -Wextra -Werror -I. -Ibuild/gen -x c -; then
        echo "$name: headers do not compile together"
        failed=1
    fi
}

for folder in firmware/abi host/abi; do
    headers=$(find "$folder" -name '*.h' | LC_ALL=C sort)
    # shellcheck disable=SC2086
    together "$folder" $headers
    # shellcheck disable=SC2046,SC2086
    together "$folder (backwards)" $(printf '%s\n' $headers | tac)
done
# shellcheck disable=SC2046
together "firmware/abi with host/abi" $(find firmware/abi host/abi -name '*.h' | LC_ALL=C sort)

exit $failed
