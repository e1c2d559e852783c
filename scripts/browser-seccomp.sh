#!/usr/bin/env bash
# Prints the seccomp profile for images with Chromium's sandbox: ./scripts/browser-seccomp.sh [PROFILE]
# PROFILE is the engine's default; podman's where it is left out. Give the result to --security-opt seccomp=FILE.
set -euo pipefail
# shellcheck source=scripts/setup.sh
. "$(dirname "${BASH_SOURCE[0]}")/setup.sh"

case "${1:-}" in
  -h | --help)
    sed -n '2,3s/^# //p' "${BASH_SOURCE[0]}"
    exit 0
    ;;
  -*)
    printf 'error: unknown option %s; see --help\n' "$1" >&2
    exit 2
    ;;
esac
if [ "$#" -gt 1 ]; then
  printf 'error: one profile is opened at a time; see --help\n' >&2
  exit 2
fi
# Node alone: it prints a profile in a fresh clone, too. What is said meanwhile goes to the standard error.
provide_node
exec node "$repository/scripts/test-image/print-seccomp.ts" "${1:-/usr/share/containers/seccomp.json}"
