# shellcheck shell=bash
# Container engines for the tests of images, beside the machine's own settings and images. Sourced after setup.sh,
# which knows the repository.
# shellcheck source=scripts/setup.sh
[ -n "${repository:-}" ] || . "$(dirname "${BASH_SOURCE[0]}")/setup.sh"

readonly container_packages=(podman buildah runc mmdebstrap netavark catatonit fuse-overlayfs)
readonly base_image=docker.io/library/debian:bookworm-slim
# Where the network intercepts TLS, npm needs the machine's certificates; they stay out of the layers.
readonly certificates=/etc/ssl/certs/ca-certificates.crt
readonly container_settings="$repository/test-results/containers"
readonly docker_seccomp="$container_settings/docker-seccomp.json"
# Images and layers of these tests; what is there already is not built again.
readonly container_storage=${STREAMSPACE_TEST_STORAGE:-${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/streamspace-containers}
# Three images and the stages they are built in have 5 GB, and the largest is taken apart beside them.
readonly needed_gigabytes=8

# One sentence about a machine that cannot do this; 3 tells it from a failure.
cannot_test() {
  give_up "$@" || return 3
}

# Installs podman and buildah, gets the base image and proves that a container runs.
# Returns 3 with one sentence where this machine cannot have that, 1 where something failed that should work.
set_up_containers() {
  [ "$(id -u)" -eq 0 ] || cannot_test "images are built and tested as root here, and this is user $(id -un)" || return
  install_packages "${container_packages[@]}" || cannot_test "podman and buildah cannot be installed" || return
  mkdir -p "$container_settings" "$container_storage" || return
  require_space || return
  configure_podman
  configure_storage || return
  if ! podman image exists "$base_image"; then
    say "getting the base image"
    timeout --foreground 60 podman pull --quiet "$base_image" >/dev/null 2>&1 || bootstrap_base || return
  fi
  local answer
  answer=$(podman run --rm --network=none --cap-drop=ALL --security-opt=no-new-privileges --read-only "$base_image" true 2>&1) ||
    cannot_test "this machine runs no containers: $(grep -v 'level=' <<<"$answer" | tail -n 1)"
}

require_space() {
  local free
  free=$(df --output=avail --block-size=1G "$container_storage" | tail -n 1)
  [ "$free" -ge "$needed_gigabytes" ] ||
    [ -d "$container_storage/overlay-images" ] ||
    cannot_test "the images need $needed_gigabytes GB in $container_storage, and $free GB are free"
}

# Without systemd, podman's defaults for cgroups, events and the runtime do not work.
configure_podman() {
  [ -d /run/systemd/system ] && return 0
  export CONTAINERS_CONF="$container_settings/containers.conf"
  cat >"$CONTAINERS_CONF" <<'END'
[engine]
cgroup_manager = "cgroupfs"
events_logger = "file"
runtime = "runc"
[containers]
default_ulimits = ["nofile=4096:4096", "nproc=4096:4096"]
END
}

# A store of its own, so that nothing of the machine's is used, changed or removed.
configure_storage() {
  local name answer program setting
  export CONTAINERS_STORAGE_CONF="$container_settings/storage.conf"
  name=$(cksum <<<"$container_storage" | cut -d ' ' -f 1)
  for program in '' /usr/bin/fuse-overlayfs; do
    # The second is for folders that are an overlay themselves, as in a container.
    setting=
    [ -z "$program" ] || setting="mount_program = \"$program\""
    cat >"$CONTAINERS_STORAGE_CONF" <<END
[storage]
driver = "overlay"
graphroot = "$container_storage"
runroot = "/run/streamspace-containers-$name"
[storage.options.overlay]
$setting
END
    answer=$(podman info 2>&1) && return 0
  done
  cannot_test "podman is installed and does not work: $(tail -n 1 <<<"$answer")"
}

# The base image from this machine's package archive, where no registry can be reached.
bootstrap_base() {
  local archive
  archive=$(mktemp --suffix=.tar) || return
  say "no registry can be reached: making the base image from the package archive"
  timeout --foreground 300 mmdebstrap --quiet --variant=minbase --include=usr-is-merged,ca-certificates \
    --hook-directory=/usr/share/mmdebstrap/hooks/merged-usr \
    --dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/locale/*' \
    --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-include=/usr/share/doc/*/copyright' \
    bookworm "$archive" &&
    podman import --quiet "$archive" "$base_image" >/dev/null
  local exit_code=$?
  rm -f "$archive"
  return "$exit_code"
}

# Docker's default seccomp profile, which refuses more than podman's. It is compiled into Docker; Debian's package of
# its sources has it as a file, and is taken apart here without being installed.
get_docker_seccomp() {
  [ -s "$docker_seccomp" ] && return 0
  local folder="$container_settings/docker-sources" package=golang-github-docker-docker-dev
  rm -rf "$folder"
  mkdir -p "$folder"
  (
    cd "$folder" || exit
    apt-get -qq download "$package" 2>/dev/null || { apt-get -qq update && apt-get -qq download "$package" 2>/dev/null; } || exit
    dpkg-deb --extract ./*.deb .
  ) && find "$folder" -path '*/profiles/seccomp/default.json' -exec cp {} "$docker_seccomp" \;
  rm -rf "$folder"
  [ -s "$docker_seccomp" ] || give_up "Docker's default seccomp profile cannot be had from the package $package"
}

# A package with the names of Google's, which starts Debian's Chromium: what can be tested of the image without the real one.
# The same bytes each time, so that the engine finds its layer again.
make_chrome_stand_in() {
  local folder="$container_settings/chrome"
  local root="$folder/root"
  rm -rf "$folder"
  mkdir -p "$root/DEBIAN" "$root/usr/bin" || return
  cat >"$root/DEBIAN/control" <<END
Package: google-chrome-stable
Version: 0
Architecture: $(dpkg --print-architecture)
Maintainer: nobody <nobody@example.invalid>
Depends: chromium
Description: stand-in for a test
END
  printf '#!/bin/sh\nexec chromium --class=Google-chrome "$@"\n' >"$root/usr/bin/google-chrome-stable"
  chmod -R u=rwX,go=rX "$root" && chmod 755 "$root/usr/bin/google-chrome-stable" || return
  SOURCE_DATE_EPOCH=0 dpkg-deb --root-owner-group --build "$root" "$folder/chrome.deb"
}

# build_image NAME: the runtime, or one of images/.
build_image() {
  local arguments=(--file "images/$1/Dockerfile")
  [ "$1" = runtime ] && arguments=(--target runtime)
  if [ "$1" = chrome ]; then
    local address=${CHROME_DEB_URL:-} digest=${CHROME_DEB_SHA256:-}
    if [ -z "$address" ]; then
      make_chrome_stand_in || return
      address=file:///stand-in/chrome.deb
      digest=$(sha256sum "$container_settings/chrome/chrome.deb" | cut -d ' ' -f 1)
      arguments+=(--volume "$container_settings/chrome:/stand-in:ro")
    fi
    arguments+=(--build-arg "CHROME_DEB_URL=$address" --build-arg "CHROME_DEB_SHA256=$digest")
  fi
  # Without git, the Dockerfile says what there is to say.
  local revision created
  if revision=$(git rev-parse HEAD 2>/dev/null) && created=$(git log -1 --format=%cI); then
    arguments+=(--build-arg "REVISION=$revision" --build-arg "CREATED=$created")
  fi
  [ -e "$certificates" ] && arguments+=(--secret "id=ca,src=$certificates")
  timeout --foreground --kill-after=30 1200 \
    buildah bud --layers --isolation chroot --network host --format docker --pull-never \
    --build-arg "VERSION=$(node -p 'require("./package.json").version')" \
    --tag "localhost/streamspace/$1:dev" "${arguments[@]}" .
}
