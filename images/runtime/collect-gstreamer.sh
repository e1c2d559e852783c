#!/bin/sh
# Puts into the folder $1, for each of `minimal` and `full`:
#   NAME/plugins/   the plugins that the agent uses
#   NAME/packages   the packages with the libraries that they are linked with
#   plugins.txt     which package and version each plugin comes from, for bills of materials
#
# The packages of plugins bring hundreds of megabytes of libraries that no session needs, and apt knows
# no smaller unit. Nothing is listed that the linker can say.
set -eu
target=$1

apt-get -qq update
DEBIAN_FRONTEND=noninteractive apt-get -qq --yes --no-install-recommends install \
  gstreamer1.0-plugins-base gstreamer1.0-plugins-good gstreamer1.0-plugins-bad gstreamer1.0-plugins-ugly >/dev/null
source=$(dirname "$(find /usr/lib -name libgstvideotestsrc.so)")

# Each must be there. videoconvertscale was two plugins before 1.22.
required="app audioconvert audioresample audiotestsrc opus videotestsrc
  rtp rtpmanager vpx ximagesrc videoparsersbad openh264 x264 audioparsers"
scaling="videoconvertscale videoconvert videoscale rawparse"
# What the newer distributions have; without one, the agent says which encoder it lacks.
optional="x265 aom svtav1 svthevcenc va nvcodec rsrtp"

# take NAME PLUGIN…
take() {
  into=$target/$1
  shift
  mkdir -p "$into/plugins"
  for plugin in "$@"; do
    file=$source/libgst$plugin.so
    [ -e "$file" ] || continue
    cp "$file" "$into/plugins/"
    package=$(dpkg -S "$file" | cut -d: -f1)
    printf '%s %s %s\n' "libgst$plugin.so" "$package" \
      "$(dpkg-query --show --showformat='${Version}' "$package")"
  done | LC_ALL=C sort >"$into/plugins.txt"
  ldd "$into"/plugins/*.so | awk '$2 == "=>" && $3 ~ /^\// { print $3 }' | LC_ALL=C sort -u |
    while read -r library; do
      # With a merged /usr, dpkg may know the file by its other name.
      dpkg -S "$library" 2>/dev/null || dpkg -S "/usr$library"
    done | cut -d: -f1 | LC_ALL=C sort -u >"$into/packages"
}

for plugin in $required; do
  [ -e "$source/libgst$plugin.so" ] || {
    echo "GStreamer has no plugin $plugin here" >&2
    exit 1
  }
done
# shellcheck disable=SC2086 # lists of words
take minimal $required $scaling
# shellcheck disable=SC2086
take full $required $scaling $optional
