#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The gate for continuous integration as a job runs it: without a baseline, against a true one, against a drifted one.
# usage: gate_test.sh CALIBRAM
set -euo pipefail
calibram=$1
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

fail() { echo "failed: $*" >&2; tail -n 20 "$work"/*.txt >&2; exit 1; }

# gate EXPECTED_STATUS FLAGS...
gate() {
  local expected=$1 status=0
  shift
  "$root/recipes/ci/gate" --calibram "$calibram" --baselines "$work/baselines" --device host --quick "$@" \
    >"$work/out.txt" 2>"$work/err.txt" || status=$?
  [ "$status" -eq "$expected" ] || fail "gate $*: exit status $status instead of $expected"
}

mkdir -p "$work/baselines"
gate 0 --out "$work/first"
grep -q "there is nothing to hold this run against" "$work/out.txt" || fail "a missing baseline is not named"
[ -s "$work/first/report.html" ] || fail "no report without a baseline"

# What it says to commit is a baseline.
mkdir "$work/baselines/here"
cp "$work"/first/[0-9]*.csv "$work/first/profile.json" "$work/baselines/here/"
gate 0 --out "$work/second"
for file in check.txt check.md check.xml report.html profile.json calibrate.txt; do
  [ -s "$work/second/$file" ] || fail "the run leaves no $file"
done
grep -q "check passes" "$work/out.txt" || fail "the verdict does not show in the log"

# A baseline that took a fifth less: this run took more than it.
for sweep in "$work"/baselines/here/[0-9]*.csv; do
  awk -F, -v OFS=, '$12 == "rss" { $13 = int($13 * 0.8) } 1' "$sweep" >"$work/drifted" && mv "$work/drifted" "$sweep"
done
gate 3 --out "$work/third"
grep -q "check FAILS" "$work/out.txt" || fail "the verdict does not show in the log"
grep -q "<failure" "$work/third/check.xml" || fail "the JUnit file has no failure"
[ -s "$work/third/report.html" ] || fail "no report of a failed run"

# An earlier run may be replaced, another folder may not.
gate 3 --out "$work/third"
mkdir "$work/precious" && touch "$work/precious/file"
gate 2 --out "$work/precious"
[ -e "$work/precious/file" ] || fail "a folder of somebody's was removed"
echo "passed, failed and without a baseline: $(tail -n 1 "$work/third/check.txt")"
