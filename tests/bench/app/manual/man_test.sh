#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The manual page: complete, free of warnings, and of whoever built it.
#   usage: man_test.sh CALIBRAM
set -euo pipefail
program=$1
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
XDG_DATA_HOME=$scratch "$program" man >"$scratch/calibram.1"
! grep -F "$scratch" "$scratch/calibram.1" || { echo "the page names the folder of who made it"; exit 1; }
command -v groff >/dev/null || { echo "skipped: there is no groff (package groff-base)"; exit 77; }

warnings=$(groff -man -Tutf8 -P-cbou -ww -rHY=0 -rLL=100n "$scratch/calibram.1" 2>&1 >"$scratch/page")
[ -z "$warnings" ] || { echo "$warnings"; exit 1; }
page=$(tr -s ' \n' ' ' <"$scratch/page")

expect() { grep -qF -- "$1" <<<"$page" || { echo "the page does not say: $1"; exit 1; }; }
verbs=$("$program" --help | sed -n '/^Measure:/,$p' | sed -nE 's/^  ([a-z-]+) .*/\1/p')
for verb in $verbs; do
  expect "calibram $verb [OPTIONS]"
  for flag in $("$program" "$verb" --help | grep -oE '^  (-[a-z],)?--[a-z_-]+' | grep -oE -- '--.*' | grep -vx -- --help); do
    expect "$flag"
  done
done
expect 'calibram import [OPTIONS] KIND FILE...'
expect 'calibram watch [OPTIONS] [MODEL] -- COMMAND'
expect 'Done, but it does not fit, or something moved.'
if command -v mandoc >/dev/null; then  # the page has no date: it is of a version
  ! mandoc -T lint -W warning "$scratch/calibram.1" | grep -v 'missing date'
fi
