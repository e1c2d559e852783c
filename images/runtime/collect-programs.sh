#!/bin/sh
# Collects what a session runs out of packages that bring far more than that: the plugins of GStreamer that
# the agent uses, Xvfb without Mesa (200 MB), openbox without a PDF renderer, PulseAudio without ffmpeg.
# Puts into the folder $1, for each of `minimal` and `full`:
#   NAME/root/      the files, at their places
#   NAME/packages   the packages with the libraries that these are linked with
#   NAME/files.txt  which package and version each file comes from, for people
#   NAME/collected  these packages as dpkg's database has installed ones, for bills of materials
# Nothing is listed here that the linker can say. Runs in a stage that is thrown away.
set -eu
target=$1

# The fallback for browsers without WebRTC: the packages, and the programs of theirs that are used.
vnc_packages="tigervnc-scraping-server x11vnc"
vnc_programs="X0tigervnc x11vnc"

# Libraries whose packages depend on hundreds of megabytes that the library itself does not need: they are
# copied like the programs. Every other library comes as its package.
copied_library_packages="libimlib2 libobrender32v5 libobt2v5 libgl1 libglx0 pulseaudio
  libgstreamer-plugins-bad1.0-0 libgstreamer-gl1.0-0"

apt-get -qq update
# shellcheck disable=SC2086 # lists of words
DEBIAN_FRONTEND=noninteractive apt-get -qq --yes --no-install-recommends install \
  xvfb openbox pulseaudio $vnc_packages \
  gstreamer1.0-plugins-base gstreamer1.0-plugins-good gstreamer1.0-plugins-bad gstreamer1.0-plugins-ugly >/dev/null
plugin_folder=$(dirname "$(find /usr/lib -name libgstvideotestsrc.so)")
module_folder=$(dirname "$(find /usr/lib -name module-native-protocol-unix.so)")

programs="Xvfb openbox pulseaudio"
data="/usr/share/themes/Clearlooks/openbox-3 /etc/xdg/openbox /etc/pulse/daemon.conf"
modules="cli cli-protocol-unix native-protocol-unix native-protocol-fd null-sink null-source pipe-sink
  pipe-source remap-sink remap-source loopback always-sink suspend-on-idle"
# videoconvertscale was two plugins before 1.22.
plugins="app audioconvert audioresample audiotestsrc opus rawparse videotestsrc
  videoconvertscale|videoconvert rtp rtpmanager vpx ximagesrc videoparsersbad x264"
# Where a distribution has none of one, the agent says which encoder it lacks.
optional_plugins="videoscale openh264"
full_optional_plugins="x265 aom svtav1 va nvcodec rsrtp"

fail() {
  echo "$*" >&2
  exit 1
}

# The package of a file; with a merged /usr, dpkg may know it by its other name.
package_of() {
  { dpkg -S "$1" || dpkg -S "${1#/usr}" || dpkg -S "/usr$1"; } 2>/dev/null | head -n 1 | sed "s/[:,].*//"
}

# put FILE: copies it, under the name that asks for it, to its place.
put() {
  place=$(realpath "$(dirname "$1")")
  mkdir -p "$root$place"
  cp -RL --preserve=mode "$1" "$root$place/"
  package=$(package_of "$1")
  [ -n "$package" ] || fail "no package has $1"
  printf '%s %s %s\n' "$place/$(basename "$1")" "$package" \
    "$(dpkg-query --show --showformat='${Version}' "$package")" >>"$root.files"
}

# put_plugins [required] PLUGIN…; a|b is whichever there is.
put_plugins() {
  is_required=$1
  shift
  for names in "$@"; do
    found=
    for name in $(echo "$names" | tr '|' ' '); do
      [ -e "$plugin_folder/libgst$name.so" ] || continue
      put "$plugin_folder/libgst$name.so"
      found=yes
      break
    done
    [ -n "$found" ] || [ "$is_required" = optional ] || fail "GStreamer has no plugin $names here"
  done
}

# Sorts the libraries that the collected files are linked with into copies and packages.
resolve_libraries() {
  find "$root" -type f \( -name '*.so*' -o -perm -u+x \) -exec ldd {} + 2>/dev/null |
    awk '$2 == "=>" && $3 ~ /^\// { print $3 }' | LC_ALL=C sort -u |
    while read -r library; do
      package=$(package_of "$library")
      # shellcheck disable=SC2086,SC2116 # a list over several lines becomes one
      case " $(echo $copied_library_packages) " in
        *" $package "*) put "$library" ;;
        *) echo "$package" ;;
      esac
    done | LC_ALL=C sort -u
}

# shellcheck disable=SC2086 # lists of words
collect() {
  kind=$1
  root=$target/$kind/root
  mkdir -p "$root"
  for program in $programs; do put "$(command -v "$program")"; done
  for module in $modules; do put "$module_folder/module-$module.so"; done
  for library in cli protocol-cli protocol-native; do put "$module_folder/lib$library.so"; done
  for place in $data; do put "$place"; done
  put_plugins required $plugins
  put_plugins optional $optional_plugins
  if [ "$kind" = full ]; then
    put_plugins optional $full_optional_plugins
    for program in $vnc_programs; do put "$(command -v "$program")"; done
  fi
  resolve_libraries >"$target/$kind/packages"
  LC_ALL=C sort -u "$root.files" >"$target/$kind/files.txt"
  # shellcheck disable=SC2046 # names of packages
  dpkg-query --show --showformat='Package: ${Package}\nStatus: install ok installed\nArchitecture: ${Architecture}\nSource: ${source:Package} (${source:Version})\nVersion: ${Version}\n\n' \
    $(cut -d ' ' -f 2 "$target/$kind/files.txt" | LC_ALL=C sort -u) >"$target/$kind/collected"
  rm "$root.files"
}

collect minimal
collect full
