#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Zsh's completion, in an interactive zsh that is typed into.
#   usage: zsh_test.sh CALIBRAM
set -euo pipefail
program=$1
command -v zsh >/dev/null || { echo "skipped: there is no zsh (package zsh)"; exit 77; }
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
mkdir "$scratch/functions"
XDG_DATA_HOME=/home "$program" completion zsh >"$scratch/functions/_calibram"
touch "$scratch/some_rows.csv"
zsh -n "$scratch/functions/_calibram"

# Types the words and a tab into a zsh with a terminal of its own; prints the line that it makes of them.
cat >"$scratch/type.zsh" <<'ZSH'
zmodload zsh/zpty
cd $1
zpty shell "TERM=dumb zsh -f -i"
answer() { local chunk; said=; while zpty -r shell chunk "*$1*"; do said+=$chunk; [[ $said = *$1* ]] && return; done }
zpty -w shell "unsetopt zle_bracketed_paste prompt_cr prompt_sp; stty -echo; PS1= PS2= fpath=($1/functions \$fpath)"
zpty -w shell "autoload -Uz compinit; compinit -u -d $1/dump; LISTMAX=0; print-line() { print -r -- \"<<\$BUFFER>>\"; BUFFER= }"
zpty -w shell "zle -N print-line; bindkey '^X' print-line; unsetopt auto_menu list_beep; print rea''dy"
answer ready
zpty -w -n shell "$2"$'\t\x18'
answer '>>'
print -r -- ${${said##*<<}%%>>*}
zpty -d shell
ZSH
expect() { # TYPED BECOMES
  local line
  line=$(timeout 60 zsh -f "$scratch/type.zsh" "$scratch" "$1")
  [ "$line" = "$2" ] || { printf '"%s" becomes "%s", not "%s"\n' "$1" "$line" "$2"; exit 1; }
}

expect 'calibram estim' 'calibram estimate '
expect 'calibram estimate --runt' 'calibram estimate --runtime='
expect 'calibram estimate --runtime=vl' 'calibram estimate --runtime=vllm '
expect 'calibram estimate --runtime vl' 'calibram estimate --runtime vllm '
expect 'calibram estimate llama-3.1-8' 'calibram estimate llama-3.1-8b '
expect 'calibram estimate --json llama-3.1-8' 'calibram estimate --json llama-3.1-8b '
expect 'calibram estimate --split l' 'calibram estimate --split layers '
expect 'calibram evaluate some_' 'calibram evaluate some_rows.csv '
expect 'calibram check --profile some_' 'calibram check --profile some_rows.csv '
expect 'calibram fit -o some_' 'calibram fit -o some_rows.csv '
expect 'calibram import tor' 'calibram import torch '
expect 'calibram completion fi' 'calibram completion fish '
expect 'calibram watch -- calibr' 'calibram watch -- calibr'  # a command, none of ours
