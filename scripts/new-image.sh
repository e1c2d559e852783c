#!/usr/bin/env bash
# Makes a session image from the template: ./scripts/new-image.sh NAME [PACKAGE] ["TITLE"]
# PACKAGE is the Debian package and the program, NAME where it is left out.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

give_up() {
  printf 'error: %s\n' "$*" >&2
  exit 2
}

case "${1:-}" in
  -h | --help)
    sed -n '2,3s/^# //p' "${BASH_SOURCE[0]}"
    exit 0
    ;;
esac
case "$#" in 1 | 2 | 3) ;; *) give_up 'name the image: ./scripts/new-image.sh NAME [PACKAGE] ["TITLE"]' ;; esac
name=$1
package=${2:-$name}
title=${3:-${name^}}
[[ $name =~ ^[a-z][a-z0-9-]{1,39}$ ]] || give_up "a name has 2 to 40 of a-z, 0-9 and -, and begins with a letter; this is \"$name\""
[[ $package =~ ^[a-z0-9][a-z0-9.+-]+$ ]] || give_up "\"$package\" is no name of a Debian package"
[[ $title =~ ^[[:alnum:]\ .+-]{1,40}$ ]] || give_up "a title has up to 40 letters, digits, spaces and .+-"
[ ! -e "$root/images/$name" ] || give_up "images/$name is there already"

# shellcheck source=scripts/setup.sh
. "$root/scripts/setup.sh"
provide_node
(cd "$root" && install_npm_packages)
exec node "$root/scripts/test-image/new-image.ts" "$root" "$name" "$package" "$title"
