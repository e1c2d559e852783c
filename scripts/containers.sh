# shellcheck shell=bash
# Container engines for the tests of images. Sourced after setup.sh, which knows the repository.
# shellcheck source=scripts/setup.sh
[ -n "${repository:-}" ] || . "$(dirname "${BASH_SOURCE[0]}")/setup.sh"

readonly container_packages=(podman buildah runc mmdebstrap netavark catatonit fuse-overlayfs)
readonly base_image=docker.io/library/debian:bookworm-slim
# Where the network intercepts TLS, npm needs the machine's certificates; they stay out of the layers.
readonly certificates=/etc/ssl/certs/ca-certificates.crt

# Installs podman and buildah and gets the base image. Fails with one sentence where that cannot be.
set_up_containers() {
  [ "$(id -u)" -eq 0 ] || give_up "images are built and tested as root here, and this is user $(id -un)" || return
  install_packages "${container_packages[@]}" || give_up "podman and buildah cannot be installed" || return
  configure_podman
  podman info >/dev/null 2>&1 || give_up "podman is installed and does not work: $(podman info 2>&1 | tail -n 1)" || return
  podman image exists "$base_image" && return 0
  say "getting the base image"
  timeout 120 podman pull --quiet "$base_image" >/dev/null 2>&1 || bootstrap_base
}

# Without systemd, podman's defaults for cgroups, events and the runtime do not work.
configure_podman() {
  [ -d /run/systemd/system ] && return 0
  export CONTAINERS_CONF="$repository/test-results/containers.conf"
  mkdir -p "$repository/test-results"
  cat >"$CONTAINERS_CONF" <<'END'
[engine]
cgroup_manager = "cgroupfs"
events_logger = "file"
runtime = "runc"
[containers]
default_ulimits = ["nofile=4096:4096", "nproc=4096:4096"]
END
}

# The base image from this machine's package archive, where no registry can be reached.
bootstrap_base() {
  local archive
  archive=$(mktemp --suffix=.tar) || return
  say "no registry can be reached: making the base image from the package archive"
  timeout 300 mmdebstrap --quiet --variant=minbase --include=usr-is-merged,ca-certificates \
    --hook-directory=/usr/share/mmdebstrap/hooks/merged-usr \
    --dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/locale/*' \
    --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-include=/usr/share/doc/*/copyright' \
    bookworm "$archive" &&
    podman import --quiet "$archive" "$base_image" >/dev/null
  local exit_code=$?
  rm -f "$archive"
  return "$exit_code"
}

# build_image NAME: the runtime, or one of images/.
build_image() {
  local arguments=(--file "images/$1/Dockerfile")
  [ "$1" = runtime ] && arguments=(--target runtime)
  [ -e "$certificates" ] && arguments+=(--secret "id=ca,src=$certificates")
  buildah bud --layers --isolation chroot --network host --format docker --pull-never \
    --build-arg "VERSION=$(node -p 'require("./package.json").version')" \
    --build-arg "REVISION=$(git rev-parse HEAD)" \
    --build-arg "CREATED=$(git log -1 --format=%cI)" \
    --tag "localhost/streamspace/$1:dev" "${arguments[@]}" .
}

# build_and_test_image NAME
build_and_test_image() {
  build_image "$1" >"test-results/image-$1.log" 2>&1 ||
    { tail -n 20 "test-results/image-$1.log" >&2; return 1; }
  node scripts/test-image/main.ts "localhost/streamspace/$1:dev" --engine podman \
    --junit "test-results/images/$1.xml"
}
