#!/bin/sh
# SPDX-License-Identifier: MIT
# The outside guest's world, in build/linux/: a Debian sid tree with QEMU, and the kernel's own
# packages beside it. Says what cannot be had, and exits 77 then (skipped).
set -eu

cd "$(dirname "$0")/../.."
dir=build/linux
tree=$dir/sid

skip()
{
    echo "test-linux: skipped: $1"
    exit 77
}

[ "$(id -u)" = 0 ] || skip "debootstrap needs root"
command -v debootstrap > /dev/null || apt-get install -y -qq debootstrap > /dev/null ||
    skip "debootstrap cannot be installed"
command -v cpio > /dev/null && command -v xz > /dev/null ||
    apt-get install -y -qq cpio xz-utils > /dev/null || skip "cpio and xz cannot be installed"
mkdir -p "$dir"
if [ ! -e "$tree/.ready" ]; then
    echo "test-linux: a Debian sid tree in $tree"
    rm -rf "$tree"
    debootstrap --variant=minbase sid "$tree" > "$dir/debootstrap.log" 2>&1 ||
        skip "no Debian sid ($dir/debootstrap.log)"
    # A mirror that stands still says that its list has expired; it is signed all the same.
    chroot "$tree" sh -euc '
        export DEBIAN_FRONTEND=noninteractive
        apt-get -o Acquire::Check-Valid-Until=false update
        apt-get install -y --no-install-recommends qemu-system-x86 seabios busybox-static \
            linux-libc-dev kmod xz-utils
    ' > "$dir/install.log" 2>&1 || skip "no QEMU ($dir/install.log)"
    # Unpacked, not installed: a kernel in a tree needs no boot loader and no initramfs of its own.
    chroot "$tree" sh -euc '
        cd /tmp
        image=$(apt-cache depends linux-image-amd64 | sed -n "s/.*Depends: \(linux-image-.*\)/\1/p" | head -n 1)
        version=${image#linux-image-}
        apt-get download "linux-binary-$version" "linux-modules-$version"
        for package in ./*.deb; do dpkg-deb -x "$package" /opt/kernel; done
        echo "$version" > /opt/kernel/version
    ' > "$dir/kernel.log" 2>&1 || skip "no kernel ($dir/kernel.log)"
    touch "$tree/.ready"
fi
chroot "$tree" qemu-system-x86_64 -device vfio-user-pci,help > /dev/null 2>&1 ||
    skip "this QEMU has no vfio-user-pci"
