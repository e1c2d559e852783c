#!/usr/bin/env bash
# A session straight from the sources, which follows every change of the agent and of the page: ./scripts/dev.sh [options] [-- command …]
# What it needs is installed already: by ./scripts/run.sh, or in the image's target dev.
set -euo pipefail
# shellcheck source=scripts/setup.sh
. "$(dirname "${BASH_SOURCE[0]}")/setup.sh"

# Its own files have names with digests: there is no page until this one is written, which names them.
readonly page=dist/client/index.html
readonly build_seconds=60
# Of check-run.ts.
readonly would_start=100
children=()

end() {
  trap - EXIT HUP INT TERM
  [ "${#children[@]}" -eq 0 ] || kill "${children[@]}" 2>/dev/null || true
  wait
}

# wait_for_page PID: until the first build is there; fails where its program ended before.
wait_for_page() {
  local tries=$((build_seconds * 5))
  until [ -s "$page" ]; do
    tries=$((tries - 1))
    [ "$tries" -gt 0 ] && kill -0 "$1" 2>/dev/null || give_up "the page was not built" || return
    sleep 0.2
  done
}

cd "$repository"
provide_node
# Node, watching, waits for a change of the sources where the agent ends, also where only another command would help.
checked=0
node scripts/check-run.ts "$@" || checked=$?
[ "$checked" -eq "$would_start" ] || exit "$checked"
trap end EXIT
trap 'exit 143' HUP INT TERM
node node_modules/vite/bin/vite.js build --watch --logLevel warn &
children+=("$!")
wait_for_page "$!"
node --watch --watch-path=agent --watch-path=encoders --watch-path=signaling --watch-path=dist/client \
  agent/cli/main.ts run "$@" &
children+=("$!")
# Neither is of use without the other.
wait -n
