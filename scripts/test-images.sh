#!/usr/bin/env bash
# Builds images and holds them to the standard: ./scripts/test-images.sh [NAME… | --all]; runtime, desktop and chromium
# where none is named. The runtime is built first. The reports are in test-results/images.
# Exit code 3 where this machine cannot have podman and buildah, or runs no containers.
set -euo pipefail
# shellcheck source=scripts/setup.sh
. "$(dirname "${BASH_SOURCE[0]}")/setup.sh"
# shellcheck source=scripts/containers.sh
. "$repository/scripts/containers.sh"

readonly results="$repository/test-results/images"

all_images() {
  local dockerfile
  printf 'runtime\n'
  for dockerfile in images/*/Dockerfile; do basename "$(dirname "$dockerfile")"; done
}

# make_image NAME: the end of the engine's output where it fails.
make_image() {
  local started=$SECONDS
  say "image $1: building"
  [ "$1" != chrome ] || [ -n "${CHROME_DEB_URL:-}" ] ||
    say "image chrome: CHROME_DEB_URL is not set, so Debian's Chromium stands in for Google's package"
  if ! build_image "$1" >"$results/$1.log" 2>&1; then
    tail -n 20 "$results/$1.log" >&2
    say "image $1: building FAILED after $((SECONDS - started)) s"
    return 1
  fi
  say "image $1: built in $((SECONDS - started)) s"
}

# hold_to_the_standard NAME
hold_to_the_standard() {
  local started=$SECONDS exit_code=0
  timeout --foreground --kill-after=30 400 node scripts/test-image/main.ts "localhost/streamspace/$1:dev" --engine podman \
    --seccomp "$docker_seccomp" --pictures "$results/$1" --junit "$results/$1.xml" --report "$results/$1.json" || exit_code=$?
  say "image $1: tested in $((SECONDS - started)) s"
  return "$exit_code"
}

# Nothing of an earlier run, and nothing after this one.
remove_containers() {
  local left
  mapfile -t left < <(podman ps --all --quiet --filter name=streamspace-test- 2>/dev/null)
  [ "${#left[@]}" -eq 0 ] || podman rm --force --volumes "${left[@]}" >/dev/null 2>&1 || true
}

cd "$repository"
for name in "$@"; do
  [[ $name =~ ^(--all|runtime)$ ]] || { [[ $name =~ ^[a-z][a-z0-9-]*$ ]] && [ -e "images/$name/Dockerfile" ]; } || {
    printf 'error: there is no image "%s" in images/\n' "$name" >&2
    exit 2
  }
done
exit_code=0
set_up_containers || exit_code=$?
if [ "$exit_code" -ne 0 ]; then
  # Reports of an earlier run would be taken for this one's.
  rm -rf "$results"
  exit "$exit_code"
fi
# One run at a time in one store.
exec 9>"$container_storage/lock"
flock --wait 600 9 || give_up "another run has held $container_storage for ten minutes"
# Not earlier: they may be another run's.
rm -rf "$results"
mkdir -p "$results"
trap remove_containers EXIT
remove_containers
get_docker_seccomp
install_packages chromium
provide_node
install_npm_packages

names=("$@")
if [ "${1:-}" = --all ]; then
  mapfile -t names < <(all_images)
fi
[ "${#names[@]}" -gt 0 ] || names=(runtime desktop chromium)
printf '%s\n' "${names[@]}" >"$results/planned"
make_image runtime
failed=0
for name in "${names[@]}"; do
  { [ "$name" = runtime ] || make_image "$name"; } && hold_to_the_standard "$name" || failed=1
done
exit "$failed"
