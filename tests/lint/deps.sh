#!/bin/sh
# SPDX-License-Identifier: MIT
# Installs those of the Debian packages named as arguments that are not installed. With nothing to do it
# is silent and needs neither root nor apt. Called by 'make deps'.
set -eu

installed()
{
    [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null || true)" = installed ]
}

missing=
for package in "$@"; do
    installed "$package" || missing="$missing $package"
done
[ -n "$missing" ] || exit 0

as_root=
if [ "$(id -u)" -ne 0 ]; then
    if ! command -v sudo >/dev/null || ! sudo -n true 2>/dev/null; then
        echo "deps: these packages are missing and only root may install them:$missing" >&2
        echo "deps: as root, run: apt-get update && apt-get install --yes$missing" >&2
        exit 1
    fi
    # env: sudo drops variables, so they are set behind it.
    as_root="sudo -n"
fi

echo "deps: installing$missing" >&2
$as_root env DEBIAN_FRONTEND=noninteractive apt-get update -qq
# The list is meant to split into words.
# shellcheck disable=SC2086
$as_root env DEBIAN_FRONTEND=noninteractive apt-get install -qq --yes --no-install-recommends $missing
