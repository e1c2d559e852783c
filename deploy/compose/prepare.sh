#!/usr/bin/env bash
# Writes what compose.yaml reads, with random credentials: ./prepare.sh ADDRESS IMAGE
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

if [ "$#" -ne 2 ] || [ -z "$1" ] || [ -z "$2" ]; then
  printf 'usage: prepare.sh ADDRESS IMAGE: the address of this host that viewers reach, and the image of the session\n' >&2
  exit 78
fi
address=$1
image=$2
if [[ ! $address =~ ^[0-9A-Fa-f.:]+$ ]]; then
  printf 'error: %s is no address; a name does not do, for media goes to addresses\n' "$address" >&2
  exit 78
fi

# write FILE: standard input, for this user alone; a file that is there is left alone.
write() {
  if [ -e "$1" ]; then
    printf '%s is there already\n' "$1" >&2
    cat >/dev/null
  else
    (umask 077 && cat >"$1")
  fi
}

random() { head -c 24 /dev/urandom | od -An -v -tx1 | tr -d ' \n'; }

credential=$(random)
# Both files or none: they share the credential.
if [ -e turn.env ] && [ -e session.env ]; then
  printf 'turn.env and session.env are there already\n' >&2
else
  rm -f turn.env session.env
  host=$address
  [[ $address == *:* ]] && host="[$address]"
  write turn.env <<END
PUBLIC_ADDRESS=$address
TURN_USERNAME=streamspace
TURN_CREDENTIAL=$credential
END
  write session.env <<END
STREAMSPACE_ICE_SERVERS=[{"urls":"turn:$host:3478","username":"streamspace","credential":"$credential"}]
END
fi
random | write token
# The session is another user.
chmod 644 token
write .env <<END
STREAMSPACE_IMAGE=$image
PUBLIC_ADDRESS=$address
# Where the page can be opened from; 0.0.0.0 only behind a firewall, or with a proxy that speaks TLS.
STREAMSPACE_LISTEN=127.0.0.1
STREAMSPACE_MEMORY=2g
DISPLAY_WIDTH=1920
DISPLAY_HEIGHT=1080
TZ=Etc/UTC
END
