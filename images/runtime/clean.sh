#!/bin/sh
# The end of every layer that installs packages: nothing that differs between two builds, nothing that
# gives a user more rights than he has.
set -eu
apt-get -qq clean
rm -rf /var/lib/apt/lists/* /var/cache/apt/* /var/cache/debconf/*-old /var/lib/dpkg/*-old
rm -rf /var/log/* /var/cache/ldconfig/aux-cache /var/cache/fontconfig/* /tmp/.[!.]* /tmp/* /root/.cache
rm -f /etc/machine-id /var/lib/dbus/machine-id /etc/passwd- /etc/group- /etc/shadow- /etc/gshadow- /etc/.pwd.lock /etc/subuid- /etc/subgid-
# No session needs su, mount or passwd as root, and no-new-privileges would make them useless anyway.
find / -xdev -type f -perm /6000 -exec chmod ug-s {} +
# Without /tmp/.X11-unix: podman copies it into a tmpfs with a mode that shuts the session's user out.
