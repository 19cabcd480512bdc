#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The fleet recipe against a real scheduler: slurmctld, slurmd and munged of the distribution, all on this machine.
# usage: slurm_test.sh CALIBRAM   (exit 77: not tried, and why)
set -euo pipefail
calibram=$1
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)

skip() { echo "skipped: $*"; exit 77; }
fail() {
  echo "failed: $*" >&2
  tail -n 20 "$work"/*.log "$work"/fleet/*.log "$work"/fleet/fleet.txt >&2 2>/dev/null || true
  exit 1
}

for program in slurmctld slurmd sbatch scontrol munged; do
  command -v "$program" >/dev/null || skip "no $program (packages slurmctld, slurmd, slurm-client and munge)"
done
[ "$(id -u)" -eq 0 ] || skip "slurmd must be started by root"

work=$(mktemp -d)
chmod 755 "$work"
pids=()
stop() {
  [ ${#pids[@]} -eq 0 ] || kill "${pids[@]}" 2>/dev/null || true
  wait
  rm -rf "$work"
}
trap stop EXIT

# Daemons of our own beside any that this machine has: own key, own socket, free ports.
node=$(hostname -s)
port=$((20000 + $$ % 20000))
dd if=/dev/urandom of="$work/munge.key" bs=1024 count=1 status=none
chmod 400 "$work/munge.key"
mkdir "$work/munge" "$work/state" "$work/spool"
chmod 755 "$work/munge"
munged --foreground --force --key-file="$work/munge.key" --socket="$work/munge/socket" --pid-file="$work/munge/pid" \
  --seed-file="$work/munge/seed" >"$work/munged.log" 2>&1 &
pids+=($!)
cat >"$work/slurm.conf" <<CONF
ClusterName=test
SlurmctldHost=$node(127.0.0.1)
SlurmUser=root
AuthType=auth/munge
AuthInfo=socket=$work/munge/socket
CredType=cred/munge
SlurmctldPort=$port
SlurmdPort=$((port + 1))
StateSaveLocation=$work/state
SlurmdSpoolDir=$work/spool
SlurmctldPidFile=$work/slurmctld.pid
SlurmdPidFile=$work/slurmd.pid
SlurmctldLogFile=$work/slurmctld.log
SlurmdLogFile=$work/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
MpiDefault=none
ReturnToService=2
NodeName=$node NodeAddr=127.0.0.1 CPUs=$(nproc) State=UNKNOWN
PartitionName=all Nodes=ALL Default=YES MaxTime=INFINITE State=UP
CONF
export SLURM_CONF=$work/slurm.conf

# Waits for a command to succeed: daemons start when they are ready.
until_true() {
  local tries=300
  until "$@" >/dev/null 2>&1; do
    [ $((tries -= 1)) -gt 0 ] || return 1
    sleep 0.2
  done
}
until_true test -S "$work/munge/socket" || fail "munged does not answer"
slurmctld -D -i -f "$SLURM_CONF" >>"$work/out.log" 2>&1 &
pids+=($!)
slurmd -D -N "$node" -f "$SLURM_CONF" >>"$work/out.log" 2>&1 &
pids+=($!)
idle() { sinfo --noheader --states=idle --format=%N | grep -q .; }
until_true idle || fail "the node does not become idle"

"$root/recipes/slurm/submit" --calibram "$calibram" --fleet "$work/fleet" --flags "--quick"
merged() { squeue --noheader | grep -q . && return 1; [ -e "$work/fleet/fleet.txt" ]; }
until_true merged || fail "the jobs do not end"

compgen -G "$work/fleet/$(hostname)/host/*.csv" >/dev/null || fail "the node has measured nothing"
[ "$(find "$work/fleet/profiles" -name profile.json | wc -l)" -eq 1 ] || fail "there is not one profile"
grep -q '^rss = ' "$work/fleet/fleet.txt" || fail "the merged fit says nothing"
echo "measured through Slurm $(slurmctld -V | sed 's/slurm.* //'), merged: $(grep '^rss = ' "$work/fleet/fleet.txt")"

# What a person gets wrong is said before anything is queued.
refuse() {
  local status=0
  "$root/recipes/slurm/submit" "$@" >/dev/null 2>"$work/refusal" || status=$?
  [ "$status" -eq 2 ] || fail "submit $*: exit status $status instead of 2"
}
refuse
refuse --calibram /nowhere --fleet "$work/fleet"
refuse --calibram "$calibram" --fleet "$work/fleet" --cards many
refuse --calibram "$calibram" --fleet
