#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Whether Debian packages keep their promises: what they need is declared, what they hold is there and runs.
#   usage: check_package.sh PROGRAM.deb LIBRARY.deb
set -euo pipefail
program=$1 library=$2
fail() { echo "$*" >&2; exit 1; }

root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
for package in "$program" "$library"; do
  dpkg-deb -x "$package" "$root"
  for field in Package Version Architecture Section Maintainer Depends Description; do
    [ -n "$(dpkg-deb -f "$package" $field)" ] || fail "$package has no $field"
  done
  ! dpkg-deb --contents "$package" | grep -vE ' \./(usr/.*)?$' || fail "$package has files outside of /usr"
  ! dpkg-deb --contents "$package" | grep -vE '^.{10} root/root ' || fail "$package has files of a user"
done

# Every library that the program is linked with is of a package that it depends on.
depends=$(dpkg-deb -f "$program" Depends) checked=0
while read -r file; do
  owner=$(dpkg-query -S "$(realpath "$file")" 2>/dev/null | sed -n '1s/:.*//p' || true)
  [ -n "$owner" ] || continue  # the C library's own path, say
  ((++checked))
  grep -qE "(^|, )$owner( |,|$)" <<<"$depends" || [[ $owner = libstdc++* || $owner = libgcc* ]] ||
    fail "the program needs $file of $owner, and depends on $depends only"
done < <(ldd "$root/usr/bin/calibram" | awk '$2 == "=>" {print $3}' | grep ^/)
[ "$checked" -ge 3 ] || fail "of the libraries of the program only $checked are of the distribution"

for file in bin/calibram-launch share/man/man1/calibram.1 share/doc/calibram/copyright include/calibram.hpp \
  share/bash-completion/completions/calibram share/fish/vendor_completions.d/calibram.fish; do
  [ -s "$root/usr/$file" ] || fail "usr/$file is missing"
done
find "$root/usr/share/zsh" -name _calibram -size +0 | grep . >/dev/null || fail "zsh's completion is missing"
find "$root/usr/lib" -name libcalibram.a -size +0 | grep . >/dev/null || fail "libcalibram.a is missing"
env -i "$root/usr/bin/calibram" estimate qwen2-7b >/dev/null || fail "usr/bin/calibram does not run"
(cd "$root" && env -i PATH="$PATH" usr/bin/calibram watch -o watched.csv -- sleep 0.1 2>said) || fail "$(cat "$root/said")"
echo "$(dpkg-deb -f "$program" Package Version | xargs), needs $depends" >&2
