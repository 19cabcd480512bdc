#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Installs the build, builds the example project against what was installed and nothing else, and compares its answer
# with the installed program's.
#   usage: consumer_test.sh BUILD_FOLDER EXAMPLE_FOLDER SCRATCH_FOLDER COMPILER
set -euo pipefail
build=$1 example=$2 scratch=$(realpath "$3") compiler=$4
fail() { echo "$*" >&2; exit 1; }

rm -rf "$scratch"
cmake --install "$build" --prefix "$scratch/prefix" >/dev/null
for file in bin/calibram bin/calibram-launch share/man/man1/calibram.1 share/bash-completion/completions/calibram \
  share/fish/vendor_completions.d/calibram.fish share/doc/calibram/copyright include/calibram.hpp; do
  [ -s "$scratch/prefix/$file" ] || fail "$file was not installed"
done
ls "$scratch/prefix" | grep -vxE 'bin|include|lib.*|share' && fail "that does not belong into a prefix"
! grep -rlF "$build" "$scratch/prefix"/lib*/cmake || fail "the package names the folder that it was built in"

mkdir "$scratch/example" && cp "$example"/* "$scratch/example"  # away from the sources
cmake -G Ninja -S "$scratch/example" -B "$scratch/example/build" -D CMAKE_PREFIX_PATH="$scratch/prefix" -D CMAKE_BUILD_TYPE=Debug \
  -D CMAKE_CXX_COMPILER="$compiler" -D CMAKE_CXX_FLAGS="-Wall -Wextra -Werror" >"$scratch/log" || fail "$(cat "$scratch/log")"
cmake --build "$scratch/example/build" >"$scratch/log" || fail "$(cat "$scratch/log")"

program=$scratch/prefix/bin/calibram
library_total=$("$scratch/example/build/consumer" llama-3.1-8b | sed -n 's/^total //p')
program_total=$("$program" estimate llama-3.1-8b --runtime transformers@4.46.0 --prompt 4096 --estimator theory --json |
  sed -n 's/^  "total_bytes": \([0-9]*\),$/\1/p')
[ -n "$library_total" ] && [ "$library_total" = "$program_total" ] ||
  fail "the library says $library_total bytes, the program $program_total"
! said=$("$scratch/example/build/consumer" llama-3.1-9b 2>&1) || fail "a model that does not exist is answered: $said"
grep -q 'llama-3.1-8b' <<<"$said" || fail "of a model that does not exist it says: $said"

# A helper is found beside the program.
(cd "$scratch" && "$program" watch -o watched.csv -- sleep 0.1 2>watched.txt) || fail "$(cat "$scratch/watched.txt")"
