#!/usr/bin/env bash
# Builds images and holds them to the standard; `usage` below. The reports are in test-results/images.
set -euo pipefail
# shellcheck source=scripts/setup.sh
. "$(dirname "${BASH_SOURCE[0]}")/setup.sh"
# shellcheck source=scripts/containers.sh
. "$repository/scripts/containers.sh"

readonly results="$repository/test-results/images"
# The program that holds an image to the standard, while it runs.
tester=

usage() {
  cat <<END
Usage: scripts/test-images.sh [NAME… | --all]
Builds the runtime and the named images of images/, and holds each to the standard, which test-image.sh does alone;
runtime, desktop and chromium where none is named.
  --all        every image
  -h, --help
Exit codes: 0 all images meet the standard, 1 one does not, 2 the command is wrong, 3 this machine cannot have podman
and buildah, or runs no containers.
END
}

# refuse WORDS: one sentence about the command.
refuse() {
  printf 'error: %s; --help lists what is possible\n' "$1" >&2
  exit 2
}

# read_arguments "$@": sets names; empty where none is given.
read_arguments() {
  local word all=0
  names=()
  for word in "$@"; do
    case $word in
      -h | --help) usage && exit ;;
      --all) all=1 ;;
      -*) refuse "there is no option $word" ;;
      *)
        [ "$word" = runtime ] || { [[ $word =~ ^[a-z][a-z0-9-]*$ ]] && [ -e "images/$word/Dockerfile" ]; } ||
          refuse "there is no image \"$word\" in images/"
        names+=("$word")
        ;;
    esac
  done
  [ "$all" -eq 1 ] || return 0
  [ "${#names[@]}" -eq 0 ] || refuse "--all tests ${names[0]} too, so leave out one of them"
  mapfile -t names < <(all_images)
}

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
    --seccomp "$docker_seccomp" --pictures "$results/$1" --junit "$results/$1.xml" --report "$results/$1.json" &
  # In the background: a signal to this script alone would otherwise leave it running.
  tester=$!
  wait "$tester" || exit_code=$?
  tester=
  say "image $1: tested in $((SECONDS - started)) s"
  return "$exit_code"
}

# Nothing of an earlier run, and nothing after this one.
remove_leftovers() {
  local left
  mapfile -t left < <(podman ps --all --quiet --filter name=streamspace-test- 2>/dev/null)
  [ "${#left[@]}" -eq 0 ] || timeout 30 podman rm --force --volumes "${left[@]}" >/dev/null 2>&1 || true
  mapfile -t left < <(podman volume ls --quiet --filter name=streamspace-test- 2>/dev/null)
  [ "${#left[@]}" -eq 0 ] || timeout 30 podman volume rm --force "${left[@]}" >/dev/null 2>&1 || true
}

end() {
  # A second signal must not end the removal.
  trap '' HUP INT TERM
  if [ -n "$tester" ]; then
    # It removes what it has started, and knows what that is; timeout kills it 30 s later.
    kill -TERM "$tester" 2>/dev/null || true
    wait "$tester" || true
  fi
  remove_leftovers
}

cd "$repository"
read_arguments "$@"
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
trap end EXIT
remove_leftovers
get_docker_seccomp
install_packages chromium
provide_node
install_npm_packages

[ "${#names[@]}" -gt 0 ] || names=(runtime desktop chromium)
printf '%s\n' "${names[@]}" >"$results/planned"
make_image runtime
failed=0
for name in "${names[@]}"; do
  { [ "$name" = runtime ] || make_image "$name"; } && hold_to_the_standard "$name" || failed=1
done
[ "$failed" -eq 0 ]
