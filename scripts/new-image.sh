#!/usr/bin/env bash
# Makes a session image from the template: ./scripts/new-image.sh NAME [PACKAGE] ["TITLE"]
# PACKAGE is the Debian package and the program, NAME where it is left out.
set -euo pipefail
# shellcheck source=scripts/setup.sh
. "$(dirname "${BASH_SOURCE[0]}")/setup.sh"

case "${1:-}" in
  -h | --help)
    sed -n '2,3s/^# //p' "${BASH_SOURCE[0]}"
    exit 0
    ;;
esac
case "$#" in
  1 | 2 | 3) ;;
  *)
    printf 'error: name the image: ./scripts/new-image.sh NAME [PACKAGE] ["TITLE"]\n' >&2
    exit 2
    ;;
esac
name=$1
provide_node
(cd "$repository" && install_npm_packages)
exec node "$repository/scripts/test-image/new-image.ts" "$repository" "$name" "${2:-$name}" "${3:-${name^}}"
