#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Fish's completion: what fish itself would offer.
#   usage: fish_test.sh CALIBRAM
set -euo pipefail
program=$1
command -v fish >/dev/null || { echo "skipped: there is no fish (package fish)"; exit 77; }
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
export HOME=$scratch XDG_CONFIG_HOME=$scratch
XDG_DATA_HOME=/home "$program" completion fish >"$scratch/calibram.fish"
fish --no-execute "$scratch/calibram.fish"
touch "$scratch/some_rows.csv"
cd "$scratch"

offered() { fish --no-config -c 'source calibram.fish; complete -C $argv[1]' "$1" | cut -f 1 | xargs; }
expect() { # LINE OFFERED
  local said
  said=$(offered "$1")
  [ "$said" = "$2" ] || { printf 'at "%s" it offers "%s", not "%s"\n' "$1" "$said" "$2"; exit 1; }
}

expect 'calibram estim' 'estimate'
expect 'calibram estimate --runt' '--runtime'
expect 'calibram estimate --runtime vl' 'vllm'
expect 'calibram estimate --runtime=vl' '--runtime=vllm'
expect 'calibram estimate --json llama-3.1-8' 'llama-3.1-8b'
expect 'calibram estimate --batch ' ''
expect 'calibram estimate qwen2-7b --split l' 'layers'
expect 'calibram evaluate some_' 'some_rows.csv'
expect 'calibram check --profile some_' 'some_rows.csv'
expect 'calibram import tor' 'torch'
expect 'calibram import torch some_' 'some_rows.csv'
expect 'calibram completion f' 'fish'
expect 'calibram evaluate check --lea' '--leave-one-batch-out --leave-one-model-out'  # a file named like a verb
