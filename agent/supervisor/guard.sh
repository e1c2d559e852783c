#!/bin/sh
# Ends what the agent left behind when the agent itself was killed.
#
# Usage: guard.sh MARK DIRECTORY PARENT
#
# Standard input is a pipe from the agent: "add GROUP" when a process group starts, "del GROUP" when
# it ended, "done" before an orderly end. When the pipe closes without "done", the agent is dead:
# every group is asked to end, then killed; then whatever carries MARK (NAME=value) in its environment,
# for programs that left their group; then DIRECTORY is removed, and PARENT where it is given and empty.
# A shell, because it must not cost the memory of another Node process for the length of a session.
set -u
trap '' INT TERM HUP
mark=$1
directory=$2
parent=$3
groups=' '

while read -r word group; do
  case "$word" in
    add) groups="$groups$group " ;;
    del) groups=$(printf '%s' "$groups" | sed "s/ $group / /") ;;
    done) exit 0 ;;
  esac
done

signal_all() {
  for group in $groups; do
    kill -s "$1" -- "-$group" 2>/dev/null
  done
}
any_left() {
  for group in $groups; do
    kill -s 0 -- "-$group" 2>/dev/null && return 0
  done
  return 1
}

signal_all TERM
tries=0
while any_left && [ "$tries" -lt 15 ]; do
  sleep 0.1
  tries=$((tries + 1))
done
signal_all KILL
grep -lszFx -e "$mark" /proc/[0-9]*/environ 2>/dev/null | while read -r file; do
  process=${file#/proc/}
  process=${process%/environ}
  [ "$process" = "$$" ] || kill -s KILL "$process" 2>/dev/null
done
rm -rf -- "$directory"
[ -z "$parent" ] || rmdir -- "$parent" 2>/dev/null
exit 0
