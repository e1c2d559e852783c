# shellcheck shell=bash
# What run.sh and test.sh need on the machine. Sourced; call set_up with `run` or `test`.
#
# Each step first looks whether it is done already, so that a second start costs next to nothing,
# and says in one line what it does when it is not.

repository=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
readonly repository
readonly toolchain="$repository/.toolchain"
readonly node_version=24.21.0
readonly node_major=${node_version%%.*}
# The npm of a distribution is often too old for this Node, so the tool chain has its own.
readonly npm_version=11.21.2

readonly runtime_packages=(
  ca-certificates
  xvfb openbox xterm x11-xserver-utils x11-xkb-utils fonts-dejavu-core
  fonts-urw-base35 xfonts-base
  pulseaudio pulseaudio-utils
  gstreamer1.0-tools gstreamer1.0-x
  gstreamer1.0-plugins-base gstreamer1.0-plugins-good
  gstreamer1.0-plugins-bad gstreamer1.0-plugins-ugly
  tigervnc-scraping-server
  util-linux tzdata
)
readonly test_packages=(
  chromium firefox-esr
  tigervnc-standalone-server x11vnc coturn
  xdotool xclip x11-utils x11-apps xsettingsd imagemagick procps iproute2 shellcheck
  buildah podman skopeo docker-registry openssl git
)
readonly runtime_programs=(
  Xvfb openbox xterm pulseaudio pactl gst-launch-1.0 gst-inspect-1.0 X0tigervnc setpriv
)
readonly test_programs=(
  chromium firefox-esr Xtigervnc x11vnc turnserver xdotool xclip xwininfo dump_xsettings convert pgrep ss
  shellcheck
  buildah podman skopeo docker-registry openssl git
)

say() { printf '==> %s\n' "$*" >&2; }
give_up() {
  printf 'error: %s\n' "$*" >&2
  return 1
}

# Runs a command as root, by sudo where this is not root.
as_root() {
  if [ "$(id -u)" -eq 0 ]; then
    "$@"
  elif command -v sudo >/dev/null; then
    sudo "$@"
  else
    give_up "installing Debian packages needs root or sudo; as root run: $*"
  fi
}

# Installs the given packages without a question; only complaints are shown.
install_now() {
  as_root env DEBIAN_FRONTEND=noninteractive \
    apt-get -qq --yes --no-install-recommends install "$@" >/dev/null
}

# Prints those of the given packages that are not installed.
missing_packages() {
  local installed package
  installed=$(
    # It fails where it does not know one of them, which must not end a script that stops at failures.
    { dpkg-query --show --showformat='${Package} ${db:Status-Status}\n' "$@" 2>/dev/null || true; } |
      awk '$2 == "installed" { print $1 }'
  )
  for package in "$@"; do
    grep -qxF "$package" <<<"$installed" || printf '%s\n' "$package"
  done
}

# Installs those of the given Debian packages that are missing.
install_packages() {
  local missing
  mapfile -t missing < <(missing_packages "$@")
  [ "${#missing[@]}" -eq 0 ] && return 0
  command -v apt-get >/dev/null ||
    give_up "this is neither Debian nor Ubuntu; install by hand: ${missing[*]}" || return
  say "installing Debian packages: ${missing[*]}"
  as_root apt-get -qq update || return
  add_ubuntu_browsers "${missing[@]}" || return
  keep_registry_stopped "${missing[@]}"
  install_now "${missing[@]}"
}

# Whether apt has the package as an ordinary one, not as a stub that installs a snap.
is_installable() {
  local candidate
  candidate=$(apt-cache policy "$1" | awk '$1 == "Candidate:" { print $2 }')
  case "$candidate" in
    '' | '(none)' | *snap*) return 1 ;;
  esac
}

# Ubuntu has both browsers only as snaps, which need a running snapd and confine the browser away
# from the tests. Two archives on Launchpad carry them as ordinary packages under Debian's names.
add_ubuntu_browsers() {
  # shellcheck source=/dev/null
  [ "$(. /etc/os-release && printf '%s' "${ID:-}")" = ubuntu ] || return 0
  local package archive
  for package in "$@"; do
    case "$package" in
      chromium) archive=ppa:xtradeb/apps ;;
      firefox-esr) archive=ppa:mozillateam/ppa ;;
      *) continue ;;
    esac
    is_installable "$package" && continue
    say "adding $archive, because Ubuntu itself has $package only as a snap"
    install_now software-properties-common gpg-agent || return
    as_root add-apt-repository --yes "$archive" >/dev/null || return
    is_installable "$package" ||
      give_up "$package is neither in Ubuntu nor in $archive for this release" || return
  done
}

# Debian's package starts a registry on every address of the machine; the tests start their own on the loopback.
keep_registry_stopped() {
  [[ " $* " == *" docker-registry "* && -d /run/systemd/system ]] || return 0
  as_root systemctl mask docker-registry.service >/dev/null 2>&1 || true
}

# Fails with one sentence when a program is not there although its package was installed.
require_programs() {
  local program missing=()
  for program in "$@"; do
    command -v "$program" >/dev/null || missing+=("$program")
  done
  [ "${#missing[@]}" -eq 0 ] ||
    give_up "these programs are still missing after the set-up: ${missing[*]}"
}

has_node() {
  local version
  version=$(node --version 2>/dev/null) || return 1
  version=${version#v}
  [ "${version%%.*}" -ge "$node_major" ] 2>/dev/null
}

# Puts Node first in the PATH: the machine's where it is new enough, else one in .toolchain.
provide_node() {
  has_node && command -v npm >/dev/null && return 0
  local machine architecture stamp
  machine=$(uname -m)
  case "$machine" in
    x86_64) architecture=x64 ;;
    aarch64) architecture=arm64 ;;
    *)
      give_up "no Node $node_major is known for $machine; install it by hand"
      return
      ;;
  esac
  stamp="node $node_version $architecture npm $npm_version"
  if [ "$(cat "$toolchain/stamp" 2>/dev/null)" != "$stamp" ]; then
    command -v npm >/dev/null || install_packages nodejs npm || return
    say "installing Node $node_version and npm $npm_version into .toolchain"
    rm -rf "$toolchain"
    mkdir -p "$toolchain"
    # An older npm warns that it does not know the engines of the newer one; installing works.
    npm install --prefix "$toolchain" --no-save --no-audit --no-fund --loglevel=error \
      "node-linux-$architecture@$node_version" "npm@$npm_version" >&2 || return
    printf '%s\n' "$stamp" >"$toolchain/stamp"
  fi
  export PATH="$toolchain/node_modules/.bin:$PATH"
  hash -r
  has_node || give_up "the Node in .toolchain does not run on this machine"
}

# npm writes the hidden lock file last, so it is newer than ours after a complete installation only.
install_npm_packages() {
  # A link leads to the packages of another checkout, which npm ci would delete under its feet.
  [ -L node_modules ] && return 0
  [ node_modules/.package-lock.json -nt package-lock.json ] && return 0
  say "installing npm packages"
  npm ci --no-audit --no-fund --loglevel=error >&2
}

# Prints a hash of everything that the build reads.
source_hash() {
  find agent encoders signaling client scripts/build-agent.ts \
    package-lock.json tsconfig.base.json tsconfig.json tsconfig.build.json vite.config.ts \
    -type f -print0 | LC_ALL=C sort --zero-terminated | xargs --null sha256sum | sha256sum
}

build() {
  local hash
  hash=$(source_hash) || return
  [ "$(cat dist/.source-hash 2>/dev/null)" = "$hash" ] && return 0
  say "building the agent and the client"
  npm run --silent build >&2 || return
  printf '%s\n' "$hash" >dist/.source-hash
}

# Everything up to a built program; $1 is `run` or `test`.
set_up() {
  cd "$repository" || return
  local packages=("${runtime_packages[@]}") programs=("${runtime_programs[@]}")
  if [ "$1" = test ]; then
    packages+=("${test_packages[@]}")
    programs+=("${test_programs[@]}")
  fi
  install_packages "${packages[@]}" &&
    require_programs "${programs[@]}" &&
    provide_node &&
    install_npm_packages
}
