#!/usr/bin/env bash
# Writes what compose.yaml reads, with random credentials: ./prepare.sh ADDRESS IMAGE
# Only what is missing is written, and it fits what is there; what contradicts that is refused before anything is written.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

fail() {
  printf 'error: %s\n' "$1" >&2
  exit 78
}

is_ipv4() {
  local octet='(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])'
  [[ $1 =~ ^$octet(\.$octet){3}$ && $1 != 0.* ]]
}

is_ipv6() {
  local group='[0-9A-Fa-f]{1,4}' groups
  [[ $1 =~ ^($group:){7}$group$ ]] && return
  # One gap, which stands for one group at least. `::` alone is every address, and none to reach.
  read -ra groups <<<"${1//:/ }"
  [[ $1 =~ ^($group(:$group)*)?::($group(:$group)*)?$ ]] && [ "${#groups[@]}" -ge 1 ] && [ "${#groups[@]}" -le 7 ]
}

# value FILE NAME: what an env file sets it to, without quotes around it.
value() {
  local found
  found=$(sed -n "s/^[[:space:]]*$2=//p" "$1" | tail -n 1 | sed "s/[[:space:]]*\$//; s/^\(['\"]\)\(.*\)\1\$/\2/")
  printf '%s' "$found"
}

# member NAME: of the JSON object in standard input.
member() { sed -n "s/.*\"$1\"[[:space:]]*:[[:space:]]*\"\([^\"]*\)\".*/\1/p"; }

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

if [ "$#" -ne 2 ] || [ -z "$1" ] || [ -z "$2" ]; then
  printf 'usage: prepare.sh ADDRESS IMAGE: the address of this host that viewers reach, and the image of the session\n' >&2
  exit 78
fi
address=$1
image=$2
is_ipv4 "$address" || is_ipv6 "$address" ||
  fail "$address is no address; a name does not do, for media goes to addresses"
host=$address
if [[ $address == *:* ]]; then
  host="[$address]"
  printf 'note: the network of compose.yaml has IPv4 only, so no media gets to %s\n' "$address" >&2
fi

another="to move to another, change PUBLIC_ADDRESS in .env and turn.env and the URL in session.env, or remove the three to have new ones"
if [ -e .env ]; then
  # Media may have more than one.
  found=$(value .env PUBLIC_ADDRESS)
  [[ ,${found// /}, == *",$address,"* ]] || fail ".env has PUBLIC_ADDRESS=$found, not $address; $another"
  found=$(value .env STREAMSPACE_IMAGE)
  [ "$found" = "$image" ] || fail ".env has STREAMSPACE_IMAGE=$found, not $image; change it there"
fi
# The two share a credential, and the one that is there has it.
username=streamspace
credential=$(random)
if [ -e turn.env ]; then
  found=$(value turn.env PUBLIC_ADDRESS)
  [ "$found" = "$address" ] || fail "turn.env has PUBLIC_ADDRESS=$found, not $address; $another"
  username=$(value turn.env TURN_USERNAME)
  credential=$(value turn.env TURN_CREDENTIAL)
  if [ -z "$username" ] || [ -z "$credential" ]; then
    fail "turn.env has no TURN_USERNAME or no TURN_CREDENTIAL; write them there"
  fi
elif [ -e session.env ]; then
  server=$(value session.env STREAMSPACE_ICE_SERVERS | grep -o '{[^{}]*}' |
    grep -F -e "\"turn:$host:3478\"" -e "\"turn:$host:3478?" | head -n 1) ||
    fail "session.env has no server turn:$host:3478; $another"
  username=$(member username <<<"$server")
  credential=$(member credential <<<"$server")
  if [ -z "$username" ] || [ -z "$credential" ]; then
    fail "session.env has no username or no credential for turn:$host:3478; write them there"
  fi
fi

write turn.env <<END
PUBLIC_ADDRESS=$address
TURN_USERNAME=$username
TURN_CREDENTIAL=$credential
END
write session.env <<END
STREAMSPACE_ICE_SERVERS=[{"urls":"turn:$host:3478","username":"$username","credential":"$credential"}]
END
if [ -e token ]; then
  printf 'token is there already\n' >&2
else
  random | write token
  # The session is another user.
  chmod 644 token
fi
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
