#!/bin/sh
# Installs what a session needs around the agent; $1 is `minimal` or `full`. Runs while the image is built,
# with the folder of collect-gstreamer.sh at /gstreamer.
set -eu
kind=$1

# The fallback for browsers without WebRTC. One list, because it grows with what the agent can fall back to.
vnc_packages="tigervnc-scraping-server x11vnc"

packages="ca-certificates curl tini tzdata util-linux
  xvfb openbox x11-xkb-utils xkb-data fonts-dejavu-core
  pulseaudio pulseaudio-utils
  gstreamer1.0-tools libgstreamer1.0-0"
if [ "$kind" = full ]; then
  # xterm, its fonts and those of the demo desktop: a session without an application shows itself.
  packages="$packages xterm xfonts-base x11-xserver-utils libgl1-mesa-dri $vnc_packages"
fi

apt-get -qq update
# shellcheck disable=SC2046,SC2086 # lists of words
DEBIAN_FRONTEND=noninteractive apt-get -qq --yes --no-install-recommends install \
  $packages $(cat "/gstreamer/$kind/packages") >/dev/null

plugins=$(dirname "$(find /usr/lib -name 'libgstcoreelements.so')")
cp /gstreamer/"$kind"/plugins/*.so "$plugins/"
mkdir -p /usr/share/streamspace
cp "/gstreamer/$kind/plugins.txt" /usr/share/streamspace/gstreamer-plugins.txt

# The session's user. The home is a volume; nothing else in the image is this user's.
groupadd --gid 1000 user
useradd --uid 1000 --gid 1000 --create-home --home-dir /home/user --shell /bin/bash user
rm -f /home/user/.bash_logout
# X clients expect it, and a read-only root has it on a tmpfs.
mkdir -p /tmp/.X11-unix /etc/streamspace
chmod 1777 /tmp/.X11-unix
# The rules for windows are the session definition's.
ln -sf /etc/streamspace/session/openbox.xml /etc/xdg/openbox/rc.xml

sh /setup/clean.sh
