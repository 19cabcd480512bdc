#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Packs this build as Debian packages and checks them.
#   usage: package_test.sh BUILD_FOLDER SCRATCH_FOLDER
set -euo pipefail
build=$1 scratch=$2
for tool in dpkg-deb dpkg-shlibdeps file; do
  command -v $tool >/dev/null || { echo "skipped: there is no $tool (packages dpkg-dev and file)"; exit 77; }
done
rm -rf "$scratch"
# For time: what is packed for others is compressed with xz.
said=$(cpack --config "$build/CPackConfig.cmake" -G DEB -B "$scratch" -D CPACK_DEBIAN_COMPRESSION_TYPE=gzip 2>&1) ||
  { echo "$said"; exit 1; }
"$(dirname "$0")/check_package.sh" "$scratch"/calibram_*.deb "$scratch"/libcalibram-dev_*.deb
