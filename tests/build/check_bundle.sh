#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Whether a bundle keeps its promises: small, complete, in need of nothing but the C and C++ libraries, and runs
# elsewhere.
#   usage: check_bundle.sh ARCHIVE
set -euo pipefail
archive=$1
most_bytes=$((40 * 1000 * 1000))

fail() { echo "$archive: $*" >&2; exit 1; }

bytes=$(stat -c %s "$archive")
[ "$bytes" -le "$most_bytes" ] || fail "$bytes bytes, more than $most_bytes"

elsewhere=$(mktemp -d)
trap 'rm -rf "$elsewhere"' EXIT
tar -xzf "$archive" -C "$elsewhere"
cd "$elsewhere"/calibram-*

for file in bin/calibram bin/calibram-launch bin/calibram-cuda bin/cuda_tests bin/cuda_benchmarks dev tests/gpu/run \
  tests/gpu/transformers_witness.py; do
  [ -x "$file" ] || fail "$file is missing or cannot be run"
done
for file in LICENSE README.md; do [ -s "$file" ] || fail "$file is missing"; done

for program in bin/*; do
  foreign=$(ldd "$program" | grep -v "$PWD/" | grep -Ev '^\s*(linux-vdso|lib(c|m|dl|rt|pthread|stdc\+\+|gcc_s)\.so|/lib.*/ld-linux)' || true)
  [ -z "$foreign" ] || fail "$program needs more than the C and C++ libraries: $foreign"
done
env -i bin/calibram estimate qwen2-7b >/dev/null || fail "bin/calibram does not run"
# Not grep -q: it would close the pipe on a long list, and that is a failure of the program before it.
env -i bin/cuda_tests --gtest_list_tests | grep . >/dev/null || fail "bin/cuda_tests lists no test"
env -i bin/cuda_benchmarks --benchmark_list_tests >/dev/null || fail "bin/cuda_benchmarks does not start"
newest=$(objdump -T bin/* 2>/dev/null | grep -oE 'GLIBC_[0-9.]+' | sort -uV | tail -n 1)
echo "$(numfmt --to=si "$bytes")B, needs ${newest/_/ } or later" >&2
