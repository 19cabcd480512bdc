#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Bash's completion, sourced and asked as bash asks it: everything that the help names is offered, in its place.
#   usage: bash_test.sh CALIBRAM
set -euo pipefail
program=$1
export XDG_DATA_HOME=/home
source <("$program" completion bash)
complete -p calibram >/dev/null || { echo "nothing completes calibram"; exit 1; }

# What is offered for the last of these words, separated by blanks.
offered() {
  COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)) COMPREPLY=()
  _calibram
  echo "${COMPREPLY[*]}"
}
expect() { # EXPECTED WORD...
  local expected=$1 said
  shift
  said=$(offered "$@")
  [ "$said" = "$expected" ] || { printf 'at "%s" it offers "%s", not "%s"\n' "$*" "$said" "$expected"; exit 1; }
}
expect_among() {
  local expected=$1 said
  shift
  said=$(offered "$@")
  [[ " $said " = *" $expected "* ]] || { printf 'at "%s" it does not offer "%s": %s\n' "$*" "$expected" "$said"; exit 1; }
}

verbs=$("$program" --help | sed -n '/^Measure:/,$p' | sed -nE 's/^  ([a-z-]+) .*/\1/p')
[ "$(wc -w <<<"$verbs")" -ge 15 ] || { echo "the help names no verbs"; exit 1; }
for verb in $verbs; do
  expect_among "$verb" calibram ''
  for flag in $("$program" "$verb" --help | grep -oE '^  (-[a-z],)?--[a-z_-]+' | tr ',' ' '); do
    expect_among "$flag" calibram "$verb" -
  done
done
[[ " $(offered calibram '') " != *" measure-point "* ]] || { echo "a hidden verb is offered"; exit 1; }
for model in $("$program" models --json | sed -n 's/^    "name": "\(.*\)",$/\1/p'); do
  expect_among "$model" calibram estimate "$model"
done
for gpu in $(offered calibram advise --gpu ''); do  # they are offered without blanks
  "$program" estimate probe-mha --gpu "$gpu" >/dev/null 2>&1 || [ $? -eq 3 ] || { echo "no card is called $gpu"; exit 1; }
done

expect 'estimate' calibram est
expect 'rtx-4090-laptop' calibram advise qwen2-7b --gpu rtx-4090-l
expect 'vllm' calibram estimate --runtime v
expect 'vllm' calibram estimate --runtime = v
expect 'calibram llama.cpp transformers vllm' calibram estimate --runtime =
expect 'qwen2-7b' calibram estimate --runtime vllm qwen2-7b
expect 'qwen2-7b' calibram estimate --runtime = vllm --json qwen2-7b
expect '' calibram estimate --batch ''           # a number
expect '' calibram estimate --profile ''         # a file: left to bash
expect '' calibram estimate qwen2-7b ''          # one model is all
expect 'torch' calibram import t
expect '' calibram import torch ''               # files
expect '--markdown' calibram check --mark
expect 'layers' calibram watch --split l
expect 'bash zsh fish' calibram completion ''
offered calibram watch qwen2-7b -- ech | grep -qw echo || { echo "no command is offered behind --"; exit 1; }
