#!/bin/sh
# Installs what a session needs around the agent; $1 is `minimal` or `full`. Runs while the image is built,
# with what collect-programs.sh has put there already at its places.
set -eu
kind=$1
collected=/usr/share/streamspace

packages="ca-certificates curl tini tzdata util-linux
  x11-xkb-utils xkb-data fonts-dejavu-core pulseaudio-utils
  gstreamer1.0-tools libgstreamer1.0-0"
if [ "$kind" = full ]; then
  # A session without an application shows the demo desktop, which wants a terminal and its fonts.
  packages="$packages xterm xfonts-base"
fi

apt-get -qq update
# shellcheck disable=SC2046,SC2086 # lists of words
DEBIAN_FRONTEND=noninteractive apt-get -qq --yes --no-install-recommends install \
  $packages $(cat "$collected/packages") >/dev/null

ldconfig
mkdir -p /etc/streamspace
mv "$collected/files.txt" "$collected/collected-files.txt"
mv "$collected/collected" "$collected/collected-packages"
# The rules for windows are the session definition's.
ln -sf /etc/streamspace/session/openbox.xml /etc/xdg/openbox/rc.xml

# The session's user. The home is a volume; nothing else in the image is this user's.
groupadd --gid 1000 user
useradd --uid 1000 --gid 1000 --create-home --home-dir /home/user --shell /bin/bash user
rm -f /home/user/.bash_logout

streamspace-clean
